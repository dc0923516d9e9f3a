//! What differences are recognised by, on either side.

use std::collections::BTreeMap;

use crate::differences::{find, Divergence};
use crate::observation::{Actor, Entry, ErrorView, Event, Observation};
use crate::plan::{TunnelAction, UpgradePlan};
use crate::script::Step;

use super::frames::credit;
use super::wire_format::frame::PREFACE;

pub fn errors(entries: &[Entry]) -> impl Iterator<Item = &ErrorView> {
    entries.iter().filter_map(|(_, event)| match event {
        Event::Error(error) => Some(error),
        _ => None,
    })
}

pub fn has_note(entries: &[Entry], text: &str) -> bool {
    entries
        .iter()
        .any(|(_, event)| matches!(event, Event::Note(note) if note.contains(text)))
}

/// What the peer sent contains `text`. Header blocks are not compressed.
pub fn has_sent(steps: &[Step], text: &[u8]) -> bool {
    let sent = steps.iter().flat_map(|step| match step {
        Step::Send(pieces) => &pieces[..],
        _ => &[],
    });
    let sent = sent.map(|piece| &piece[..]).collect::<Vec<_>>().concat();
    find(&sent, text).is_some()
}

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

/// Who saw a difference at that time.
pub fn concerned(at: &Divergence<'_>) -> Vec<Actor> {
    let actors = at.ours.0.keys().chain(at.published.0.keys());
    let mut concerned: Vec<_> = actors
        .copied()
        .filter(|actor| !at.ours(*actor).is_empty() || !at.published(*actor).is_empty())
        .collect();
    concerned.sort_unstable();
    concerned.dedup();
    concerned
}

/// The streams whose HEADERS ask for a tunnel, as far as the peer's frames are whole.
pub fn connect_streams(steps: &[Step]) -> Vec<u32> {
    streams_with(steps, b"\x07CONNECT")
}

/// The streams that begin with HEADERS that contain `text`.
pub fn streams_with(steps: &[Step], text: &[u8]) -> Vec<u32> {
    let sent = steps.iter().flat_map(|step| match step {
        Step::Send(pieces) => &pieces[..],
        _ => &[],
    });
    let sent = sent.map(|piece| &piece[..]).collect::<Vec<_>>().concat();
    let mut rest = sent.strip_prefix(PREFACE).unwrap_or(&sent);
    let mut blocks: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    while let Some((head, behind)) = rest.split_at_checked(HEAD_LEN) {
        let len = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let Some((payload, behind)) = behind.split_at_checked(len) else {
            break;
        };
        if HEADERS.contains(&head[3]) {
            blocks.entry(stream).or_default().extend_from_slice(payload);
        }
        rest = behind;
    }
    blocks.retain(|_, block| find(block, text).is_some());
    blocks.into_keys().collect()
}

/// Length of a frame's head, and the kinds of HEADERS and CONTINUATION (RFC 9113, sections 4.1, 6.2 and 6.10).
const HEAD_LEN: usize = 9;
const HEADERS: [u8; 2] = [1, 9];

/// Takes out what was seen on `stream` from where the two differ on.
pub fn cut_stream(ours: &mut Observation, published: &mut Observation, stream: Actor) {
    let pairs = ours.of(stream).iter().zip(published.of(stream));
    let same = pairs.take_while(|(a, b)| a == b).count();
    for observation in [ours, published] {
        observation.0.entry(stream).or_default().truncate(same);
    }
}

/// A body is asked for more while less than a frame waits, and dropped when it has given its last frame, not only when that
/// has left.
pub fn earlier_drops(ours: &mut Observation, published: &mut Observation) -> bool {
    let mut found = false;
    for (actor, seen) in &mut ours.0 {
        let Some(others) = published.0.get_mut(actor) else {
            continue;
        };
        if !matches!(actor, Actor::SentBody(_)) || seen == others {
            continue;
        }
        let is_kept = |entry: &Entry| entry.1 != Event::Dropped;
        seen.retain(is_kept);
        others.retain(is_kept);
        let mut pairs = seen.iter().zip(&*others);
        if pairs.all(|(one, other)| one.1 == other.1) {
            seen.clear();
            others.clear();
            found = true;
        }
    }
    found
}

/// The errors of a tunnel: that there is one is compared, and not what it is. One is repeated, and so
/// is the end.
pub fn tunnel_errors(ours: &mut Observation, published: &mut Observation) -> bool {
    let mut found = false;
    for (actor, seen) in &mut ours.0 {
        let Some(others) = published.0.get_mut(actor) else {
            continue;
        };
        if !matches!(actor, Actor::Upgrade(_)) {
            continue;
        }
        let (mut has_failed, mut has_ended, mut cut) = (false, false, None);
        for (at, (one, other)) in seen.iter_mut().zip(&mut *others).enumerate() {
            if one.0 == other.0 && one != other {
                let is_repeated = has_failed && other.1 == Event::Done;
                if has_ended && matches!(other.1, Event::Error(_)) && one.1 == Event::End {
                    cut = Some(at);
                    break;
                }
                if matches!(one.1, Event::Error(_))
                    && (is_repeated || matches!(other.1, Event::Error(_)))
                {
                    one.1 = Event::Note("an error".to_owned());
                    other.1 = one.1.clone();
                    found = true;
                }
            }
            has_ended |= one.1 == Event::End;
            has_failed |= match &one.1 {
                Event::Error(_) => true,
                Event::Note(note) => note == "an error",
                _ => false,
            };
        }
        if let Some(at) = cut {
            seen.truncate(at);
            others.truncate(at);
            found = true;
        }
    }
    found
}

/// Requests without content, for whoever reads them when their stream is reset already.
pub fn empty_requests(ours: &mut Observation, published: &mut Observation) -> bool {
    let mut found = false;
    for (actor, seen) in &mut ours.0 {
        let is_empty =
            matches!(&seen[..], [(_, Event::Hint(hint)), ..] if hint == "0..Some(0) end true");
        let Some(others) = published.0.get_mut(actor) else {
            continue;
        };
        if matches!(actor, Actor::ReceivedBody(_)) && is_empty && seen != others {
            seen.clear();
            others.clear();
            found = true;
        }
    }
    found
}

/// Behind trailers, and the last of the data, comes the end, whatever has become of the connection.
pub fn ends_behind_trailers(ours: &mut Observation, published: &mut Observation) -> bool {
    let mut found = false;
    for (actor, seen) in &mut ours.0 {
        let Some(others) = published.0.get_mut(actor) else {
            continue;
        };
        if !matches!(actor, Actor::ReceivedBody(_)) || seen == others {
            continue;
        }
        let pairs = seen.iter().zip(&*others);
        let same = pairs.take_while(|(a, b)| a == b).count();
        let is_over =
            |event: &Event| matches!(event, Event::Hint(hint) if hint.ends_with("end true"));
        if let [(_, hint)] | [(_, hint), (_, Event::End)] = &seen[same..] {
            if is_over(hint) {
                seen.truncate(same);
                others.truncate(same);
                found = true;
                continue;
            }
        }
        let is_trailers = |entry: &Entry| matches!(entry.1, Event::Trailers(_));
        let at = seen.iter().position(is_trailers);
        if at.is_some() && at == others.iter().position(is_trailers) {
            let len = at.map_or(0, |at| at + 1);
            seen.truncate(len);
            others.truncate(len);
            found = true;
        }
    }
    found
}

/// Where nothing differs but when credit is given back, and no more than may be kept back: half of the largest window.
pub fn same_credit(ours: &mut Observation, published: &mut Observation) -> bool {
    const MOST_KEPT_BACK: u64 = 3 << 20;
    let mut found = false;
    let streams = ours
        .0
        .keys()
        .copied()
        .filter(|actor| matches!(actor, Actor::Stream(_)));
    for stream in streams.collect::<Vec<_>>() {
        if ours.of(stream) == published.of(stream) {
            continue;
        }
        let split = |entries: &[Entry]| {
            let (updates, others): (Vec<Entry>, Vec<Entry>) = entries
                .iter()
                .cloned()
                .partition(|(_, event)| credit(event).is_some());
            let sum: u64 = updates.iter().filter_map(|(_, event)| credit(event)).sum();
            (sum, others)
        };
        let (one, other) = (split(ours.of(stream)), split(published.of(stream)));
        if one.1 == other.1 && one.0.abs_diff(other.0) <= MOST_KEPT_BACK {
            ours.0.insert(stream, one.1);
            published.0.insert(stream, other.1);
            found = true;
        }
    }
    found
}

pub fn flushes(plan: &UpgradePlan) -> bool {
    matches!(plan, UpgradePlan::Use(actions) if actions.contains(&TunnelAction::Flush))
}

/// A tunnel goes on with 1.12.0 only.
pub fn is_flush(at: &Divergence<'_>) -> bool {
    at.published.0.keys().any(|actor| {
        let is_done = |(_, event): &Entry| *event == Event::Done;
        matches!(actor, Actor::Upgrade(_))
            && at.published(*actor).first().is_some_and(is_done)
            && at.ours(*actor).is_empty()
    })
}

/// Fields that were sent, without those that may be named by `connection` and with `te` as it may be; their order is that of
/// what is left.
pub fn stripped_fields(ours: &mut Observation, published: &mut Observation) -> bool {
    let mut found = false;
    for stream in differing_streams(ours, published) {
        let plain = |observation: &Observation| {
            let mut entries = observation.of(stream).to_vec();
            for (_, event) in &mut entries {
                if let Event::Fields(fields) = event {
                    fields.retain(|(name, _)| !matches!(name.as_str(), "x-a" | "te"));
                    fields.sort_unstable();
                }
            }
            entries
        };
        let (one, other) = (plain(ours), plain(published));
        if one == other {
            ours.0.insert(stream, one);
            published.0.insert(stream, other);
            found = true;
        }
    }
    found
}
