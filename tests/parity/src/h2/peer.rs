//! Strategies for what the peer sends: frames of well-formed, odd and hostile messages, mixed and cut anywhere.

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::acts::{write, Act, Fields};
use crate::generate::{data, once_in, script, Cut, Cuts};
use crate::script::Step;

pub fn window() -> impl Strategy<Value = Option<u32>> {
    proptest::option::weighted(
        0.9,
        prop_oneof![
            8 => 0u32..200,
            8 => 60_000u32..70_000,
            8 => Just(1 << 20),
            1 => Just(1 << 31),
        ],
    )
}

fn line() -> impl Strategy<Value = (&'static str, String)> {
    let usual = select(vec![
        ("x-a", "1"),
        ("x-a", "2"),
        ("cookie", "a=b"),
        ("cookie", "c=d"),
        ("content-type", "text/plain"),
        ("te", "trailers"),
        ("trailer", "x-t"),
        ("expect", "100-continue"),
        ("host", "b"),
    ]);
    let odd = select(vec![
        ("X-A", "1"),
        ("connection", "close"),
        ("te", "gzip"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "x"),
        ("keep-alive", "1"),
        ("content-length", "0"),
        ("content-length", "5"),
        ("content-length", "x"),
        ("content-length", "18446744073709551615"),
        (":x", "1"),
        (":path", "/b"),
        ("", "x"),
        ("x y", "1"),
        ("x-empty", ""),
        ("x-ctl", "\u{1}"),
        ("x-latin", "\u{e9}"),
        ("date", "x"),
    ]);
    let long = (1_000usize..20_000).prop_map(|len| ("x-long", "l".repeat(len)));
    let known = prop_oneof![12 => usual, 1 => odd];
    let known = known.prop_map(|(name, value)| (name, value.to_owned()));
    prop_oneof![30 => known, 1 => long]
}

pub fn request_fields() -> impl Strategy<Value = Fields> {
    let owned = |fields: &[(&'static str, &str)]| -> Fields {
        fields
            .iter()
            .map(|(name, value)| (*name, value.to_string()))
            .collect()
    };
    let with = move |method: &str| {
        owned(&[
            (":method", method),
            (":scheme", "https"),
            (":authority", "a"),
            (":path", "/p?q"),
        ])
    };
    let start = prop_oneof![
        10 => select(vec![with("GET"), with("POST")]),
        3 => select(vec![with("HEAD"), with("PUT"), with("DELETE"), with("OPTIONS"), with("M-SEARCH")]),
        5 => Just(owned(&[(":method", "CONNECT"), (":authority", "a:443")])),
        3 => Just(owned(&[
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https"),
            (":authority", "a"),
            (":path", "/"),
        ])),
        2 => select(vec![
            owned(&[(":method", "GET"), (":scheme", "https"), (":path", "/")]),
            owned(&[(":method", "GET"), (":authority", "a"), (":path", "/")]),
            owned(&[(":method", "GET"), (":scheme", "https"), (":authority", "a")]),
            owned(&[(":scheme", "https"), (":authority", "a"), (":path", "/")]),
            owned(&[(":method", "CONNECT")]),
            owned(&[(":method", "CONNECT"), (":authority", "a"), (":path", "/")]),
            owned(&[(":method", "GET"), (":scheme", "x y"), (":authority", "a"), (":path", "/")]),
            owned(&[(":method", "GET"), (":scheme", "https"), (":authority", "a b"), (":path", "/")]),
            owned(&[(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "*")]),
            owned(&[(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "")]),
            owned(&[(":method", "G T"), (":scheme", "https"), (":authority", "a"), (":path", "/")]),
            owned(&[(":status", "200")]),
            owned(&[(":method", "GET"), (":protocol", "x"), (":scheme", "https"), (":path", "/")]),
            owned(&[]),
        ]),
    ];
    (start, vec(line(), 0..4)).prop_map(|(mut fields, lines)| {
        fields.extend(lines);
        fields
    })
}

pub fn response_fields() -> impl Strategy<Value = Fields> {
    let status = prop_oneof![
        12 => Just("200"),
        6 => select(vec!["204", "304", "404", "500", "201"]),
        2 => select(vec!["101", "999", "000", "20", "x", ""]),
    ];
    let start = status.prop_map(|status| vec![(":status", status.to_owned())]);
    let odd = select(vec![
        Vec::new(),
        vec![(":method", "GET".to_owned())],
        vec![(":status", "200".to_owned()), (":status", "200".to_owned())],
    ]);
    (prop_oneof![20 => start, 1 => odd], vec(line(), 0..4)).prop_map(|(mut fields, lines)| {
        fields.extend(lines);
        fields
    })
}

pub fn code() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(0u32), 3 => Just(8u32), 3 => 0u32..14, 1 => Just(77u32)]
}

/// The frames of one message, with what happens to its stream. `heads` come before the last one.
pub fn message(
    stream: usize,
    heads: BoxedStrategy<Vec<Fields>>,
    fields: BoxedStrategy<Fields>,
) -> impl Strategy<Value = Vec<Act>> {
    let piece = (data(), proptest::option::weighted(0.1, any::<u8>()));
    let pieces = prop_oneof![2 => Just(Vec::new()).boxed(), 3 => vec(piece, 0..5).boxed()];
    let length = prop_oneof![3 => Just(None), 2 => Just(Some(0i8)), 1 => (-5i8..5).prop_map(Some)];
    let trailers = prop_oneof![
        4 => Just(None),
        1 => vec(line(), 0..3).prop_map(Some),
    ];
    let end = prop_oneof![
        8 => Just(End::Stream),
        2 => Just(End::Open),
        2 => code().prop_map(End::Reset),
    ];
    let windows = vec(
        (
            any::<u16>(),
            prop_oneof![1u32..100, Just(70_000u32), Just(0u32), Just(1 << 30)],
        ),
        0..3,
    );
    (
        heads,
        fields,
        pieces,
        length,
        trailers,
        end,
        windows,
        once_in(8),
    )
        .prop_map(
            move |(heads, mut fields, pieces, length, trailers, end, windows, splits)| {
                let len: usize = pieces.iter().map(|(data, _)| data.len()).sum();
                if let Some(delta) = length.filter(|_| !pieces.is_empty()) {
                    let length = (len as u64).saturating_add_signed(delta.into());
                    fields.push(("content-length", length.to_string()));
                }
                let mut acts: Vec<_> = heads
                    .into_iter()
                    .map(|fields| Act::Headers {
                        stream,
                        fields,
                        ends: false,
                        splits: false,
                    })
                    .collect();
                let ends = end == End::Stream;
                let last = pieces.len();
                let ends_with_head = ends && pieces.is_empty() && trailers.is_none();
                acts.push(Act::Headers {
                    stream,
                    fields,
                    ends: ends_with_head,
                    splits,
                });
                for (number, (data, padding)) in pieces.into_iter().enumerate() {
                    let ends = ends && trailers.is_none() && number + 1 == last;
                    acts.push(Act::Data {
                        stream,
                        data,
                        padding,
                        ends,
                    });
                }
                if let Some(fields) = trailers {
                    acts.push(Act::Headers {
                        stream,
                        fields,
                        ends,
                        splits: false,
                    });
                }
                if let End::Reset(code) = end {
                    acts.push(Act::Reset { stream, code });
                }
                for (at, increment) in windows {
                    let at = 1 + acts.len() * usize::from(at) / (usize::from(u16::MAX) + 1);
                    acts.insert(
                        at.min(acts.len()),
                        Act::Window {
                            stream: Some(stream),
                            increment,
                        },
                    );
                }
                acts
            },
        )
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Stream,
    Open,
    Reset(u32),
}

/// Frames that concern the connection.
pub fn other() -> impl Strategy<Value = Act> {
    let entry = prop_oneof![
        Just((1u16, 0u32)),
        (0u32..5).prop_map(|streams| (3, streams)),
        prop_oneof![
            Just(0u32),
            1u32..100,
            Just(65_535),
            Just(1 << 20),
            Just(1 << 31)
        ]
        .prop_map(|size| (4, size)),
        prop_oneof![Just(16_384u32), Just(20_000), Just(100)].prop_map(|size| (5, size)),
        (0u32..20_000).prop_map(|size| (6, size)),
        (0u32..3).prop_map(|on| (8, on)),
        (0u32..3).prop_map(|on| (2, on)),
        Just((99u16, 1u32)),
    ];
    let raw = (0u8..12, any::<u8>(), 0u32..8, vec(any::<u8>(), 0..20)).prop_map(
        |(kind, flags, stream, payload)| Act::Raw {
            kind,
            flags,
            stream,
            payload: payload.into(),
        },
    );
    prop_oneof![
        6 => prop_oneof![1u32..100, Just(70_000u32), Just(0u32)].prop_map(|increment| Act::Window { stream: None, increment }),
        4 => vec(entry, 0..3).prop_map(Act::Settings),
        2 => Just(Act::SettingsAck),
        3 => any::<bool>().prop_map(Act::Ping),
        1 => (0u32..6, code()).prop_map(|(last, code)| Act::GoAway { last, code }),
        1 => raw,
        1 => vec(any::<u8>(), 1..30).prop_map(|bytes| Act::Bytes(bytes.into())),
    ]
}

/// How a connection opens: SETTINGS, mostly.
pub fn opening() -> impl Strategy<Value = Vec<Act>> {
    let settings = prop_oneof![
        6 => Just(Vec::new()),
        1 => prop_oneof![Just(0u32), 1u32..100, Just(1 << 20)].prop_map(|size| vec![(4u16, size)]),
        1 => (0u32..3).prop_map(|streams| vec![(3u16, streams)]),
        1 => Just(vec![(8u16, 1u32)]),
    ];
    let usual = settings.prop_map(|entries| vec![Act::Settings(entries), Act::SettingsAck]);
    prop_oneof![
        30 => usual,
        1 => Just(Vec::new()),
        1 => other().prop_map(|act| vec![act]),
    ]
}

/// The acts of all streams, one after the other or interleaved, in the steps of a script.
pub fn steps(
    preface: Vec<u8>,
    opening: Vec<Act>,
    streams: Vec<Vec<Act>>,
    others: Vec<(u8, Act)>,
    picks: &[u8],
    cuts: Vec<Cuts>,
) -> Vec<Step> {
    let mut queues: Vec<_> = streams.into_iter().map(Vec::into_iter).collect();
    let mut acts = opening;
    let mut picks = picks.iter().copied().cycle();
    // No stream begins before those with smaller numbers.
    let mut begun = 1;
    while queues.iter().any(|queue| queue.len() > 0) {
        let pick = usize::from(picks.next().unwrap_or(0));
        let open = begun.min(queues.len());
        let first = (0..queues.len()).find(|at| queues[*at].len() > 0);
        let at = match queues[pick % open].len() {
            0 => first.expect("one has something"),
            _ => pick % open,
        };
        acts.extend(queues[at].next());
        begun = begun.max(at + 2);
    }
    for (at, act) in others {
        let at = acts.len() * usize::from(at) / 256;
        acts.insert(at, act);
    }
    let mut messages = vec![(preface, (Vec::new(), None))];
    let mut cuts = cuts.into_iter();
    for act in acts {
        let mut bytes = BytesMut::new();
        write(&act, &mut bytes);
        let cuts = cuts.next().unwrap_or((Vec::new(), Some(Cut::Rest)));
        messages.push((bytes.to_vec(), cuts));
    }
    script(messages)
}
