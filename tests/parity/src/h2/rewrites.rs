//! Differences that are written out of both sides, so that the rest of a case is compared.

use super::frames::credit;
use super::seen::differing_streams;
use crate::differences::bytes;
use crate::observation::{Actor, Entry, Event, Observation};
use crate::seen::{errors, has_note};

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

/// The errors of a tunnel: that there is one is compared, and not what it is. Behind one, nothing that is written is said to
/// be on its way; and a peer that has ended its half has ended it, whatever comes of the connection.
pub fn tunnel_errors(ours: &mut Observation, published: &mut Observation, peer_ends: bool) -> bool {
    let mut found = false;
    for (actor, seen) in &mut ours.0 {
        let Some(others) = published.0.get_mut(actor) else {
            continue;
        };
        if !matches!(actor, Actor::Upgrade(_)) {
            continue;
        }
        let (mut has_ended, mut cut) = (false, None);
        for (at, (one, other)) in seen.iter_mut().zip(&mut *others).enumerate() {
            let is_end = has_ended || peer_ends;
            match (&one.1, &other.1) {
                _ if one == other => {}
                (Event::Error(_), Event::Error(_)) if one.0 == other.0 => {
                    one.1 = Event::Note("an error".to_owned());
                    other.1 = one.1.clone();
                    found = true;
                }
                (Event::Error(_), Event::Done) => cut = Some(at),
                // It has lingered.
                (Event::Error(error), Event::Error(_))
                    if error.debug.contains("Reason(CANCEL)") =>
                {
                    cut = Some(at);
                }
                (Event::End, Event::Error(_)) if one.0 == other.0 && is_end => cut = Some(at),
                _ => break,
            }
            if cut.is_some() {
                break;
            }
            has_ended |= one.1 == Event::End;
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
        let before = seen[..same].last();
        if let [(_, Event::End)] = &seen[same..] {
            if before.is_some_and(|(_, hint)| is_over(hint)) {
                seen.truncate(same);
                others.truncate(same);
                found = true;
                continue;
            }
        }
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
            (updates, others)
        };
        let sum = |updates: &[Entry]| -> u64 {
            updates.iter().filter_map(|(_, event)| credit(event)).sum()
        };
        let (one, other) = (split(ours.of(stream)), split(published.of(stream)));
        let is_moved = one.0 != other.0 || one.1 == other.1;
        if is_moved && sum(&one.0).abs_diff(sum(&other.0)) <= MOST_KEPT_BACK {
            ours.0.insert(stream, one.1);
            published.0.insert(stream, other.1);
            found = true;
        }
    }
    found
}

/// Fields that were sent, without those that may be named by `connection` and with `te` as it may be; their order is that of
/// what is left.
pub fn stripped_fields(ours: &mut Observation, published: &mut Observation) -> bool {
    let plain = |entry: &Entry| {
        let Event::Fields(fields) = &entry.1 else {
            return entry.clone();
        };
        let is_kept = |(name, _): &&(String, String)| !matches!(name.as_str(), "x-a" | "te");
        let mut fields: Vec<_> = fields.iter().filter(is_kept).cloned().collect();
        fields.sort_unstable();
        (entry.0, Event::Fields(fields))
    };
    let mut found = false;
    for stream in differing_streams(ours, published) {
        let one = ours.0.entry(stream).or_default();
        let other = published.0.entry(stream).or_default();
        for (one, other) in one.iter_mut().zip(other) {
            if one != other && plain(one) == plain(other) {
                *one = plain(one);
                other.clone_from(one);
                found = true;
            }
        }
    }
    found
}

/// What stands in both for the reset of a stream that comes earlier with this crate.
pub const RESET_EARLY: &str = "reset early";

/// A stream that nothing will come of is reset at once, and not when it is let go of.
pub fn earlier_resets(ours: &mut Observation, published: &mut Observation) -> bool {
    let mut found = false;
    for stream in differing_streams(ours, published) {
        let pairs = ours.of(stream).iter().zip(published.of(stream));
        let same = pairs.take_while(|(a, b)| a == b).count();
        let (rest, others) = (&ours.of(stream)[same..], &published.of(stream)[same..]);
        let [(at, reset)] = rest else { continue };
        let is_later = match others {
            [] => true,
            [sent @ .., (later, other)] => {
                let is_data = |entry: &Entry| matches!(entry.1, Event::Data(_));
                // The peer, who has not heard of it, may break a rule of the stream until then.
                let is_same = reset == other || is_violation_told(other);
                is_same && at < later && sent.iter().all(is_data)
            }
        };
        if is_later && has_note(rest, "RST_STREAM CANCEL") {
            let marker = (*at, Event::Note(RESET_EARLY.to_owned()));
            cut_stream(ours, published, stream);
            for observation in [&mut *ours, published] {
                let entries = observation.0.entry(stream).or_default();
                entries.push(marker.clone());
            }
            found = true;
        }
    }
    found
}

fn is_violation_told(reset: &Event) -> bool {
    let codes = ["FLOW_CONTROL_ERROR", "PROTOCOL_ERROR", "STREAM_CLOSED"];
    let told = |code: &&str| *reset == Event::Note(format!("RST_STREAM {code}"));
    codes.iter().any(told)
}

/// Takes out the reset of a request whose body failed as it was cancelled: CANCEL, or INTERNAL_ERROR with 1.12.0.
pub fn cancelled_failures(ours: &mut Observation, published: &mut Observation) -> bool {
    let mut found = false;
    for stream in differing_streams(ours, published) {
        let (Some((at, one)), Some((when, other))) =
            (ours.of(stream).last(), published.of(stream).last())
        else {
            continue;
        };
        let is = |event: &Event, text: &str| *event == Event::Note(text.to_owned());
        let is_cancelled = is(one, "RST_STREAM CANCEL") && is(other, "RST_STREAM INTERNAL_ERROR");
        if at == when && is_cancelled {
            for observation in [&mut *ours, published] {
                observation.0.entry(stream).or_default().pop();
            }
            found = true;
        }
    }
    found
}

/// A CONNECT that was refused ends, and is not reset when its response is let go of.
pub fn refused_ends(ours: &mut Observation, published: &mut Observation) -> bool {
    let mut found = false;
    for stream in differing_streams(ours, published) {
        let pairs = ours.of(stream).iter().zip(published.of(stream));
        let same = pairs.take_while(|(a, b)| a == b).count();
        let [(_, Event::End), rest @ ..] = &ours.of(stream)[same..] else {
            continue;
        };
        if rest.is_empty() {
            cut_stream(ours, published, stream);
        } else {
            ours.0.entry(stream).or_default().remove(same);
        }
        found = true;
    }
    found
}

/// Trailers on one of these tunnels are a violation.
pub fn tunnel_trailers(
    ours: &mut Observation,
    published: &mut Observation,
    streams: &[u32],
) -> bool {
    let mut found = false;
    for stream in streams {
        let stream = Actor::Stream(*stream);
        let is_open = ours
            .of(stream)
            .iter()
            .any(|(_, event)| matches!(event, Event::Fields(_)));
        let is_violation = is_open && has_note(ours.of(stream), "RST_STREAM PROTOCOL_ERROR");
        if is_violation && ours.of(stream) != published.of(stream) {
            cut_stream(ours, published, stream);
            found = true;
        }
    }
    for actor in ours.0.keys().copied().collect::<Vec<_>>() {
        let told =
            errors(ours.of(actor)).any(|error| error.debug.contains("Reason(PROTOCOL_ERROR)"));
        let is_tunnel = matches!(actor, Actor::Upgrade(_));
        if is_tunnel && told && ours.of(actor) != published.of(actor) {
            cut_stream(ours, published, actor);
            found = true;
        }
    }
    found
}

/// How much of what was written before a stream was reset is sent.
pub fn cut_short(ours: &mut Observation, published: &mut Observation) -> bool {
    let mut found = false;
    for stream in differing_streams(ours, published) {
        let is_reset = |entry: &Entry| has_note(std::slice::from_ref(entry), "RST_STREAM");
        let (seen, others) = (ours.of(stream), published.of(stream));
        let (Some(at), Some(when)) = (
            seen.iter().position(is_reset),
            others.iter().position(is_reset),
        ) else {
            continue;
        };
        let (sent, other) = (bytes(&seen[..at]), bytes(&others[..when]));
        let is_shorter = sent.starts_with(&other) || other.starts_with(&sent);
        if seen[..at] != others[..when] && is_shorter && seen[at] == others[when] {
            let pairs = seen.iter().zip(others);
            let same = pairs.take_while(|(one, other)| one == other).count();
            let is_written =
                |event: &Event| matches!(event, Event::Data(_) | Event::Fields(_) | Event::End);
            for (observation, at) in [(&mut *ours, at), (&mut *published, when)] {
                let entries = observation.0.entry(stream).or_default();
                let (mut rest, behind) = (entries.split_off(same), at - same);
                let mut place = 0;
                rest.retain(|(_, event)| {
                    place += 1;
                    place > behind || !is_written(event)
                });
                entries.append(&mut rest);
            }
            found = true;
        }
    }
    found
}
