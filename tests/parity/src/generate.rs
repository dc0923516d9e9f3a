//! Strategies for what both protocols have: bodies, services, transports, scripts.

use std::io::ErrorKind;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use crate::plan::{
    Answer, BodyPlan, CallPlan, Hint, Lines, Order, Piece, ReadPlan, RequestPlan, ServicePlan,
    TunnelAction, UpgradePlan, Usage, Wait,
};
use crate::script::Step;
use crate::wire::Transport;

/// Set in one case of seven.
pub fn rarely<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Clone,
{
    weighted(0.15, strategy)
}

pub fn once_in(cases: u32) -> impl Strategy<Value = bool> {
    proptest::bool::weighted(1.0 / f64::from(cases))
}

pub fn milliseconds() -> impl Strategy<Value = u64> {
    prop_oneof![3 => Just(0u64), 3 => 1u64..50, 1 => Just(5_000u64), 1 => Just(40_000u64)]
}

/// How long an answer takes: seldom as long as anything else, as what comes of two timers that end together is of no interest.
fn delay() -> impl Strategy<Value = u64> {
    prop_oneof![3 => Just(0u64), 1 => milliseconds().prop_map(|time| time + 60)]
}

/// Bytes that look like what stands around them.
pub fn data() -> impl Strategy<Value = Bytes> {
    let byte = prop_oneof![
        6 => Just(b'a'),
        1 => Just(b'\r'),
        1 => Just(b'\n'),
        1 => Just(b'0'),
        1 => any::<u8>(),
    ];
    prop_oneof![
        30 => vec(byte, 1..20).prop_map(Bytes::from),
        4 => (1usize..10_000).prop_map(|len| Bytes::from(vec![b'x'; len])),
        1 => (10_000usize..40_000).prop_map(|len| Bytes::from(vec![b'y'; len])),
    ]
}

pub fn trailers() -> impl Strategy<Value = Lines> {
    let line = select(vec![
        ("x-t", "1"),
        ("x-t", "2"),
        ("x-u", ""),
        ("content-length", "3"),
        ("host", "a"),
        ("set-cookie", "a=b"),
        ("te", "x"),
    ]);
    vec(
        line.prop_map(|(name, value)| (name, value.to_owned())),
        0..4,
    )
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        12 => data().prop_map(Piece::Data),
        3 => milliseconds().prop_map(Piece::Pause),
        1 => Just(Piece::Data(Bytes::new())),
    ]
}

/// How a body of many frames ends.
fn last_piece() -> impl Strategy<Value = Option<Piece>> {
    prop_oneof![
        10 => Just(None),
        3 => trailers().prop_map(|lines| Some(Piece::Trailers(lines))),
        1 => Just(Some(Piece::Fail(None))),
        1 => Just(Some(Piece::Never)),
    ]
}

pub fn body() -> impl Strategy<Value = BodyPlan> {
    let hint = prop_oneof![
        8 => Just(Hint::Unknown),
        4 => Just(Hint::True),
        1 => (0u64..30).prop_map(Hint::Exact),
        1 => (0u64..30).prop_map(Hint::AtMost),
    ];
    let frames = (hint, any::<bool>(), vec(piece(), 0..5), last_piece()).prop_map(
        |(hint, says_end, mut pieces, last)| {
            pieces.extend(last);
            BodyPlan {
                hint,
                says_end,
                pieces,
            }
        },
    );
    prop_oneof![
        4 => Just(BodyPlan::empty()),
        4 => data().prop_map(BodyPlan::full),
        8 => frames,
    ]
}

fn reading() -> impl Strategy<Value = ReadPlan> {
    let usage = prop_oneof![
        8 => Just(Usage::All),
        2 => (1usize..3).prop_map(Usage::Frames),
        3 => Just(Usage::Drop),
        1 => Just(Usage::Keep),
    ];
    (
        prop_oneof![4 => Just(0), 1 => milliseconds()],
        prop_oneof![4 => Just(0), 1 => milliseconds()],
        usage,
    )
        .prop_map(|(pause, between, usage)| ReadPlan {
            pause,
            between,
            usage,
        })
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        3 => Just(Order::ReadThenAnswer),
        1 => Just(Order::AnswerBesideReading),
    ]
}

fn upgrade() -> impl Strategy<Value = UpgradePlan> {
    let action = prop_oneof![
        (1usize..30).prop_map(TunnelAction::Read),
        Just(TunnelAction::ReadToEnd),
        data().prop_map(TunnelAction::Write),
        Just(TunnelAction::Flush),
        Just(TunnelAction::Shutdown),
        milliseconds().prop_map(TunnelAction::Pause),
    ];
    prop_oneof![
        2 => Just(UpgradePlan::Ignore),
        1 => Just(UpgradePlan::Forget),
        4 => vec(action, 0..6).prop_map(UpgradePlan::Use),
        1 => Just(UpgradePlan::Downcast),
    ]
}

pub fn service(answer: impl Strategy<Value = Answer>) -> impl Strategy<Value = ServicePlan> {
    (reading(), order(), delay(), answer, upgrade()).prop_map(
        |(read, order, delay, answer, upgrade)| ServicePlan {
            read,
            order,
            delay,
            answer,
            upgrade,
        },
    )
}

/// A call, one in `beside` of which the next does not wait for.
pub fn call(
    request: impl Strategy<Value = RequestPlan>,
    beside: u32,
) -> impl Strategy<Value = CallPlan> {
    let wait = prop_oneof![
        10 => Just(Wait::Ready),
        4 => Just(Wait::Go),
        1 => Just(Wait::No),
        1 => milliseconds().prop_map(Wait::Pause),
    ];
    // Not as long as anything else, either.
    let patience = milliseconds().prop_map(|time| if time == 0 { 0 } else { time + 131 });
    let cancel = weighted(0.1, patience);
    (
        (wait, request, any::<bool>(), once_in(3)),
        (cancel, once_in(beside), reading(), upgrade()),
    )
        .prop_map(
            |((wait, request, tries, informational), (cancel, background, read, upgrade))| {
                CallPlan {
                    wait,
                    request,
                    tries,
                    informational,
                    cancel,
                    background,
                    read,
                    upgrade,
                }
            },
        )
}

pub fn transport() -> impl Strategy<Value = Transport> {
    let room = weighted(0.15, prop_oneof![0usize..200, 200usize..20_000]);
    let most = prop_oneof![6 => Just(usize::MAX), 1 => 1usize..10, 1 => 10usize..2_000];
    (room, most, any::<bool>()).prop_map(|(room, most_per_write, vectored)| Transport {
        room,
        most_per_write,
        vectored,
    })
}

// ----- scripts -----

/// What stands between two bytes of the peer's.
#[derive(Clone, Debug)]
pub enum Cut {
    /// They do not come in the same read.
    Read,
    /// hyper comes to rest.
    Rest,
    /// Something happens.
    Step(Step),
}

pub fn kind() -> impl Strategy<Value = ErrorKind> {
    select(vec![ErrorKind::ConnectionReset, ErrorKind::TimedOut])
}

/// Events that are fit for `role`.
pub fn cut(role: BoxedStrategy<Step>) -> impl Strategy<Value = Cut> {
    let step = prop_oneof![
        12 => milliseconds().prop_map(Step::Pause),
        3 => (1usize..5_000).prop_map(Step::Grant),
        1 => Just(Step::End),
        1 => kind().prop_map(Step::ReadsFail),
        1 => kind().prop_map(Step::WritesFail),
        1 => Just(Step::DropConnection),
        4 => role,
    ];
    prop_oneof![
        4 => Just(Cut::Read),
        4 => Just(Cut::Rest),
        3 => step.prop_map(Cut::Step),
    ]
}

/// A message with the cuts in it, as fractions of what is left, and that behind it.
pub type Cuts = (Vec<(u16, Cut)>, Option<Cut>);

pub fn cuts(role: BoxedStrategy<Step>) -> impl Strategy<Value = Cuts> {
    let inner = prop_oneof![
        3 => Just(Vec::new()).boxed(),
        2 => vec((any::<u16>(), cut(role.clone())), 1..4).boxed(),
    ];
    (inner, weighted(0.8, cut(role)))
}

/// The steps in which messages arrive.
pub fn script(messages: Vec<(Vec<u8>, Cuts)>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut pieces = Vec::new();
    let mut divide = |steps: &mut Vec<Step>, piece: Option<Bytes>, cut: Cut| {
        pieces.extend(piece);
        match cut {
            Cut::Read => {}
            Cut::Rest if pieces.is_empty() => {}
            Cut::Rest => steps.push(Step::Send(std::mem::take(&mut pieces))),
            Cut::Step(step) => {
                if !pieces.is_empty() {
                    steps.push(Step::Send(std::mem::take(&mut pieces)));
                }
                steps.push(step);
            }
        }
    };
    // What no cut divides is read in one go.
    let mut joined: Vec<u8> = Vec::new();
    for (message, (inner, last)) in messages {
        let mut rest = Bytes::from(message);
        for (at, cut) in inner {
            let at = rest.len() * usize::from(at) / usize::from(u16::MAX);
            joined.extend(rest.split_to(at));
            divide(&mut steps, Some(std::mem::take(&mut joined).into()), cut);
        }
        joined.extend(rest);
        if let Some(cut) = last {
            divide(&mut steps, Some(std::mem::take(&mut joined).into()), cut);
        }
    }
    divide(&mut steps, Some(joined.into()), Cut::Rest);
    steps
}
