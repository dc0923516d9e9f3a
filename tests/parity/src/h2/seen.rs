//! What differences are recognised by, on either side.

use std::collections::BTreeMap;

use super::rewrites::RESET_EARLY;
use super::wire_format::frame::PREFACE;
use crate::differences::{bytes, find, Divergence};
use crate::observation::{Actor, Entry, Event, Observation};
use crate::plan::{TunnelAction, UpgradePlan};
use crate::script::Step;
use crate::seen::{has_note, sent};

/// The streams on which something else was sent.
pub fn differing_streams(ours: &Observation, published: &Observation) -> Vec<Actor> {
    let actors = ours.0.keys().chain(published.0.keys());
    let mut streams: Vec<_> = actors
        .copied()
        .filter(|actor| matches!(actor, Actor::Stream(1..)))
        .filter(|actor| ours.of(*actor) != published.of(*actor))
        .collect();
    streams.sort_unstable();
    streams.dedup();
    streams
}

/// Gives errors of a transport one form.
pub fn plain_io_errors(observation: &mut Observation) -> bool {
    let mut found = false;
    for entries in observation.0.values_mut() {
        for (_, event) in entries {
            let Event::Error(error) = event else { continue };
            for (kind, text) in [
                ("ConnectionReset", "connection reset"),
                ("TimedOut", "timed out"),
            ] {
                let custom = format!("Custom {{ kind: {kind}, error: \"{text}\" }}");
                if error.debug.contains(&custom) {
                    error.debug = error.debug.replace(&custom, &format!("Kind({kind})"));
                    found = true;
                }
            }
        }
    }
    found
}

/// The streams whose HEADERS ask for a tunnel, as far as the peer's frames are whole.
pub fn connect_streams(steps: &[Step]) -> Vec<u32> {
    streams_with(steps, b"\x07CONNECT")
}

/// The streams that begin with HEADERS that contain `text`.
pub fn streams_with(steps: &[Step], text: &[u8]) -> Vec<u32> {
    let mut blocks: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    each_frame(steps, |head, stream, payload| {
        if HEADERS.contains(&head[3]) {
            blocks.entry(stream).or_default().extend_from_slice(payload);
        }
    });
    blocks.retain(|_, block| find(block, text).is_some());
    blocks.into_keys().collect()
}

/// Length of a frame's head, and the kinds of HEADERS and CONTINUATION (RFC 9113, sections 4.1, 6.2 and 6.10).
const HEAD_LEN: usize = 9;
const HEADERS: [u8; 2] = [1, 9];
/// The kinds of frame that may have END_STREAM, and that flag (sections 6.1 and 6.2).
const ENDING: [u8; 2] = [0, 1];
const END_STREAM: u8 = 1;
/// The kind of GOAWAY (section 6.8).
const GOAWAY: u8 = 7;

/// Whether the peer has sent a frame with END_STREAM on one of these streams.
pub fn peer_ends(steps: &[Step], streams: &[u32]) -> bool {
    let mut ends = false;
    each_frame(steps, |head, stream, _| {
        ends |= ENDING.contains(&head[3]) && head[4] & END_STREAM != 0 && streams.contains(&stream);
    });
    ends
}

/// Whether the peer has sent GOAWAY.
pub fn has_sent_goaway(steps: &[Step]) -> bool {
    let mut sent = false;
    each_frame(steps, |head, _, _| sent |= head[3] == GOAWAY);
    sent
}

/// Gives the frames that the peer has sent, as far as they are whole: head, stream and payload.
fn each_frame(steps: &[Step], mut look: impl FnMut(&[u8], u32, &[u8])) {
    let sent = sent(steps);
    let mut rest = sent.strip_prefix(PREFACE).unwrap_or(&sent);
    while let Some((head, behind)) = rest.split_at_checked(HEAD_LEN) {
        let len = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let Some((payload, behind)) = behind.split_at_checked(len) else {
            break;
        };
        look(head, stream, payload);
        rest = behind;
    }
}

/// Whether a tunnel is written to or flushed.
pub fn writes(plan: &UpgradePlan) -> bool {
    let is_write = |action: &TunnelAction| {
        matches!(
            action,
            TunnelAction::Flush | TunnelAction::Shutdown | TunnelAction::Write(_)
        )
    };
    matches!(plan, UpgradePlan::Use(actions) if actions.iter().any(is_write))
}

/// A tunnel goes on with 1.12.0 only.
pub fn goes_on(at: &Divergence<'_>) -> bool {
    let mut actors = at.published.0.keys();
    actors.any(|actor| goes_on_alone(actor, at.published(*actor), at.ours(*actor)))
}

/// A tunnel goes on with this crate only.
pub fn goes_on_here(at: &Divergence<'_>) -> bool {
    let mut actors = at.ours.0.keys();
    actors.any(|actor| goes_on_alone(actor, at.ours(*actor), at.published(*actor)))
}

fn goes_on_alone(actor: &Actor, entries: &[Entry], others: &[Entry]) -> bool {
    let is_done = |(_, event): &Entry| *event == Event::Done;
    matches!(actor, Actor::Upgrade(_)) && entries.first().is_some_and(is_done) && others.is_empty()
}

/// Whether only the connection, and not a stream or a user, saw a difference.
pub fn is_house(actor: &Actor) -> bool {
    matches!(actor, Actor::Wire | Actor::Connection | Actor::Stream(0))
}

/// One of the two has seen a violation on streams that the other does not look at any more, or not yet.
pub fn is_violation(at: &Divergence<'_>) -> bool {
    at.concerned().iter().all(|actor| {
        let codes = ["RST_STREAM PROTOCOL_ERROR", "RST_STREAM STREAM_CLOSED"];
        let is_reset = |entries| codes.iter().any(|code| has_note(entries, code));
        // What is sent goes on with the other.
        let goes_on = |entries: &[Entry]| entries.iter().all(is_sent);
        let (ours, published) = (at.ours(*actor), at.published(*actor));
        let is_known = is_reset(ours) && goes_on(published) || is_reset(published) && goes_on(ours);
        let is_overflow = |entries| has_note(entries, "RST_STREAM FLOW_CONTROL_ERROR");
        matches!(actor, Actor::Stream(1..))
            && (is_known || is_overflow(ours) != is_overflow(published))
    })
}

/// A `body` that was received is over to 1.12.0, and to this crate cut short by what ended the connection: a violation, or
/// the transport.
pub fn is_over_to_published_only(at: &Divergence<'_>, body: Actor, is_cut_off: bool) -> bool {
    let says_so = |(_, event): &Entry| matches!(event, Event::Note(note) if note.starts_with("GoAway") && !note.contains("NO_ERROR"));
    let is_over = |entries: &[Entry]| matches!(entries, [(_, Event::Hint(hint)), ..] if hint.ends_with("end true"));
    let is_failed = is_cut_off || at.before(Actor::Stream(0)).iter().any(says_so);
    is_failed && is_over(at.published(body)) && !is_over(at.ours(body))
}

/// 1.12.0 has given the connection up for streams that it had to reset, and this crate has not.
pub fn is_calmer(at: &Divergence<'_>) -> bool {
    let says_calm = |entries| has_note(entries, "too_many_internal_resets");
    says_calm(at.published(Actor::Stream(0))) && !says_calm(at.ours(Actor::Stream(0)))
}

/// A stream is over, by its end or a reset, with one of the two only.
pub fn ends_apart(at: &Divergence<'_>) -> bool {
    let is_over = |entries: &[Entry]| {
        has_note(entries, "RST_STREAM") || entries.iter().any(|(_, event)| *event == Event::End)
    };
    at.concerned().iter().any(|actor| {
        let is_stream = matches!(actor, Actor::Stream(1..));
        is_stream && is_over(at.ours(*actor)) != is_over(at.published(*actor))
    })
}

/// A read of a tunnel has taken more with this crate.
pub fn reads_more(at: &Divergence<'_>) -> bool {
    at.ours
        .0
        .keys()
        .any(|actor| match (at.ours(*actor), at.published(*actor)) {
            ([(_, Event::Data(ours)), ..], [(_, Event::Data(published)), ..]) => {
                matches!(actor, Actor::Upgrade(_)) && ours.starts_with(published)
            }
            _ => false,
        })
}

/// A part of content, or its end. A response that is whole may be followed by NO_ERROR (RFC 9113, section 8.1).
fn is_sent((_, event): &Entry) -> bool {
    match event {
        Event::Note(note) => note == "RST_STREAM NO_ERROR",
        event => matches!(event, Event::Data(_) | Event::End),
    }
}

/// Nothing differs but which of several streams has had how much of the connection's window, to the last byte.
pub fn shares_window(at: &Divergence<'_>) -> bool {
    let actors = at.concerned();
    let sum =
        |data: &dyn Fn(Actor) -> usize| actors.iter().map(|actor| data(*actor)).sum::<usize>();
    let ours = sum(&|actor| bytes(at.ours(actor)).len());
    let published = sum(&|actor| bytes(at.published(actor)).len());
    ours == published
        && actors.len() > 1
        && actors.iter().all(|actor| {
            let mut entries = at.ours(*actor).iter().chain(at.published(*actor));
            matches!(actor, Actor::Stream(1..)) && entries.all(is_sent)
        })
}

/// A stream was reset before.
pub fn was_reset(at: &Divergence<'_>) -> bool {
    let mut streams = at.ours.0.keys();
    streams.any(|actor| {
        matches!(actor, Actor::Stream(1..)) && has_note(at.before(*actor), "RST_STREAM")
    })
}

/// A stream was reset before, and not yet with 1.12.0.
pub fn was_reset_early(at: &Divergence<'_>) -> bool {
    let mut streams = at.ours.0.keys();
    streams.any(|actor| has_note(at.before(*actor), RESET_EARLY))
}

/// Of nothing but bodies, and with none of them less, more was sent.
pub fn gives_more(at: &Divergence<'_>) -> bool {
    at.concerned().iter().all(|actor| {
        let (ours, published) = (bytes(at.ours(*actor)), bytes(at.published(*actor)));
        match actor {
            Actor::SentBody(_) => true,
            Actor::Stream(1..) => ours.len() > published.len() && ours.starts_with(&published),
            _ => false,
        }
    })
}
