//! What differences are recognised by, on either side.

use crate::differences::{bytes, Divergence};
use crate::edit::{Edit, Lines};
use crate::observation::{Actor, Entry, ErrorView, Event, Observation, Stamp};
use crate::seen::{errors, has_note};

// ----- on the wire -----

/// The value of a field line with that name.
pub fn value<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b": ")?.strip_suffix(b"\r\n")?;
    start.eq_ignore_ascii_case(name.as_bytes()).then_some(value)
}

pub fn status(start: &[u8]) -> u16 {
    let code = start
        .get(9..12)
        .and_then(|code| std::str::from_utf8(code).ok());
    code.and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// How `more` is `connection: close` beside `less`, which has no such line or one without `close`.
pub fn adds_close(more: &[u8], less: &[u8]) -> Option<bool> {
    let more = value(more, "connection")?;
    if more == b"close" {
        return Some(value(less, "connection").is_some());
    }
    let rest = more.strip_suffix(b", close")?;
    (value(less, "connection") == Some(rest)).then_some(true)
}

/// This crate says `close`, and 1.12.0 does not.
pub fn close_is_ours(lines: &Lines<'_>) -> Option<Edit> {
    match adds_close(lines.ours, lines.published)? {
        true => Some(Edit::Replace),
        false => Some(Edit::Insert),
    }
}

/// 1.12.0 says `close`, and this crate does not.
pub fn close_is_published(lines: &Lines<'_>) -> Option<Edit> {
    match adds_close(lines.published, lines.ours)? {
        true => Some(Edit::Replace),
        false => Some(Edit::Remove),
    }
}

/// The members of a list that are not empty.
pub fn members(list: &[u8]) -> Vec<&[u8]> {
    let members = list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    members.filter(|member| !member.is_empty()).collect()
}

/// This crate writes the codings of 1.12.0 without an empty member.
pub fn without_empty_coding(lines: &Lines<'_>) -> Option<Edit> {
    let ours = value(lines.ours, "transfer-encoding")?;
    let published = value(lines.published, "transfer-encoding")?;
    (members(published) == members(ours)).then_some(Edit::Replace)
}

pub fn is_rejection(start: &[u8]) -> bool {
    matches!(status(start), 400 | 414 | 431)
}

// ----- what was seen -----

/// What differs is when bodies were asked for more, or let go of.
pub fn concerns_only_sent_bodies(at: &Divergence<'_>) -> bool {
    let concerned = at.concerned();
    concerned
        .iter()
        .all(|actor| matches!(actor, Actor::SentBody(_)))
}

pub fn a_request_failed(observation: &Observation) -> bool {
    let actors = observation.0.iter();
    let mut bodies = actors.filter(|(actor, _)| matches!(actor, Actor::ReceivedBody(_)));
    bodies.any(|(_, entries)| errors(entries).next().is_some())
}

pub fn parse_error(entries: &[Entry]) -> Option<&ErrorView> {
    errors(entries).find(|error| error.is.contains(&"parse"))
}

/// Field names that have no place in a trailer section (RFC 9110, section 6.5.1).
pub const NOT_IN_TRAILERS: &[&str] = &[
    "authorization",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "host",
    "max-forwards",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
];

pub fn drop_trailers(observation: &mut Observation) -> bool {
    let mut dropped = false;
    for (actor, entries) in &mut observation.0 {
        if !matches!(actor, Actor::ReceivedBody(_)) {
            continue;
        }
        let mut emptied = None;
        for (at, (_, event)) in entries.iter_mut().enumerate() {
            if let Event::Trailers(fields) = event {
                let before = fields.len();
                fields.retain(|(name, _)| !NOT_IN_TRAILERS.contains(&name.as_str()));
                dropped |= fields.len() < before;
                if fields.is_empty() {
                    emptied = Some(at);
                }
            }
        }
        if let Some(at) = emptied {
            // The hint behind it goes with it.
            entries.drain(at..(at + 2).min(entries.len()));
        }
    }
    dropped
}

/// What is left over of a connection that has failed depends on how far a malformed message was looked at, and what of
/// a body that nobody reads on how much of it was thrown away.
pub fn drop_rest(ours: &mut Observation, published: &mut Observation) -> bool {
    let (one, other) = (rest(ours), rest(published));
    let is_part = one.ends_with(&other) || other.ends_with(&one);
    let (longer, shorter) = (one.len().max(other.len()), one.len().min(other.len()));
    let longest = if one.len() == longer { &one } else { &other };
    let failed = [&*ours, published].into_iter().any(|observation| {
        let actors = observation.0.iter();
        let mut told = actors.filter(|(actor, _)| {
            matches!(
                actor,
                Actor::Connection | Actor::Exchange(_) | Actor::ReceivedBody(_)
            )
        });
        told.any(|(_, entries)| errors(entries).next().is_some())
    });
    let mut lead = longest[..longer - shorter].iter();
    let is_blank = lead.all(|byte| matches!(byte, b'\r' | b'\n'));
    let may_be = failed || has_unread_body(ours, None) || is_blank;
    if one == other || !is_part || !may_be {
        return false;
    }
    for observation in [ours, published] {
        let entries = observation.0.entry(Actor::Connection).or_default();
        entries.retain(|(_, event)| !matches!(event, Event::Data(_)));
    }
    true
}

/// Takes out when a transport was too full to flush, if that is all there is on the wire.
pub fn drop_flushes(ours: &mut Observation, published: &mut Observation) -> bool {
    let [one, other] = [&*ours, &*published].map(|observation| {
        let entries = observation.of(Actor::Wire).iter();
        let flushed = entries.filter(|(_, event)| *event != Event::Note("unflushed".to_owned()));
        flushed.cloned().collect::<Vec<_>>()
    });
    if one != other || ours.of(Actor::Wire) == published.of(Actor::Wire) {
        return false;
    }
    ours.0.insert(Actor::Wire, one);
    published.0.insert(Actor::Wire, other);
    true
}

pub fn rest(observation: &Observation) -> Vec<u8> {
    bytes(observation.of(Actor::Connection))
}

pub fn is_upgraded((_, event): &Entry) -> bool {
    match event {
        Event::Done => true,
        Event::Note(note) => note == "taken apart",
        _ => false,
    }
}

/// The upgrades that were refused: this crate says so at once.
pub fn refused_upgrades(ours: &mut Observation, published: &mut Observation) -> bool {
    let actors: Vec<_> = ours.0.keys().copied().collect();
    let mut refused = false;
    for actor in actors {
        let is_refused = matches!(actor, Actor::Upgrade(_))
            && errors(ours.of(actor)).any(|error| error.is.contains(&"canceled"));
        if !is_refused || ours.of(actor) == published.of(actor) {
            continue;
        }
        let late = match published.of(actor) {
            [] => true,
            [(stamp, Event::Error(error)), ..] => {
                let earlier = ours.of(actor)[0].0 <= *stamp;
                let not_done = ["UpgradeExpected", "ManualUpgrade"];
                earlier && not_done.iter().any(|why| error.debug.contains(why))
            }
            _ => false,
        };
        let done = published.of(actor).first().is_some_and(is_upgraded);
        if late || done {
            ours.0.remove(&actor);
            refused = true;
        }
        if late {
            published.0.remove(&actor);
        }
    }
    refused
}

/// Makes one of the frames that came at the same time, where the two differ in them.
pub fn merge_frames(ours: &mut Observation, published: &mut Observation) -> bool {
    let actors: Vec<_> = ours.0.keys().copied().collect();
    let mut found = false;
    for actor in actors {
        if !matches!(actor, Actor::ReceivedBody(_)) || ours.of(actor) == published.of(actor) {
            continue;
        }
        let (one, other) = (merged(ours.of(actor)), merged(published.of(actor)));
        found |= one == other;
        ours.0.insert(actor, one);
        published.0.insert(actor, other);
    }
    found
}

pub fn merged(entries: &[Entry]) -> Vec<Entry> {
    let mut merged: Vec<Entry> = Vec::new();
    for (stamp, event) in entries {
        if let [.., (first, Event::Data(data)), (last, hint @ Event::Hint(_))] = &mut merged[..] {
            match event {
                Event::Data(more) if first == stamp && last == stamp => {
                    data.extend_from_slice(more);
                    *hint = Event::Note("merged".to_owned());
                    continue;
                }
                _ => {}
            }
        }
        if let [.., (_, note @ Event::Note(_))] = &mut merged[..] {
            if *note == Event::Note("merged".to_owned()) {
                *note = event.clone();
                continue;
            }
        }
        merged.push((*stamp, event.clone()));
    }
    merged
}

/// This crate goes on where 1.12.0 has ended the connection, as the rest of a request was unread.
pub fn is_unread_rest(at: &Divergence<'_>) -> bool {
    let (ours, published) = (at.ours(Actor::Connection), at.published(Actor::Connection));
    let ended = has_note(at.published(Actor::Wire), "shutdown") && ours.is_empty()
        || published.iter().any(|(_, event)| *event == Event::Done);
    let is_missed = published.is_empty()
        && errors(ours).any(|error| {
            let kinds = ["Error(Io", "Error(BodyWrite"];
            error.is.contains(&"incomplete_message")
                || kinds.iter().any(|kind| error.debug.contains(kind))
        });
    let is_tunnel = at
        .ours
        .0
        .keys()
        .any(|actor| matches!(actor, Actor::Upgrade(_)) && !at.published(*actor).is_empty());
    (is_tunnel || ended || is_missed || serves_more(at)) && has_unread_body(at.ours, Some(at.stamp))
}

/// Whether this crate has received a request that 1.12.0 never does.
pub fn serves_more(at: &Divergence<'_>) -> bool {
    at.ours.0.keys().any(|actor| {
        matches!(actor, Actor::Exchange(_))
            && !at.ours(*actor).is_empty()
            && at.published.of(*actor).is_empty()
    })
}

/// Whether 1.12.0 has received a request that this crate never does.
pub fn serves_less(at: &Divergence<'_>) -> bool {
    at.published.0.keys().any(|actor| {
        matches!(actor, Actor::Exchange(_))
            && !at.published(*actor).is_empty()
            && at.ours.of(*actor).is_empty()
    })
}

/// Whether somebody has received a request and not, until `stamp`, read all of it.
pub fn has_unread_body(observation: &Observation, stamp: Option<Stamp>) -> bool {
    observation.0.iter().any(|(actor, seen)| {
        let until = seen
            .iter()
            .take_while(|(at, _)| stamp.is_none_or(|stamp| *at <= stamp));
        let over = until.clone().any(|(_, event)| match event {
            Event::End | Event::Error(_) => true,
            Event::Hint(hint) => hint == "0..Some(0) end true",
            _ => false,
        });
        matches!(actor, Actor::ReceivedBody(_)) && until.count() > 0 && !over
    })
}

fn begins_as_rejection(text: &[u8]) -> bool {
    let rejection = b"HTTP/1.1 4";
    rejection.starts_with(text) || text.starts_with(rejection)
}

/// One of the two has found an error in a head that is not complete, and the other not yet.
pub fn is_error_in_unfinished_head(at: &Divergence<'_>) -> bool {
    let (ours, published) = (at.ours(Actor::Connection), at.published(Actor::Connection));
    let (wire, other) = (
        bytes(at.ours(Actor::Wire)),
        bytes(at.published(Actor::Wire)),
    );
    if at.concerns_only(&[Actor::Wire]) {
        // What says so is on its way, through a narrow transport.
        let published = errors(at.published.of(Actor::Connection)).next();
        let is_known = |error: &ErrorView| {
            let is = ["parse", "incomplete_message", "timeout"];
            let failed = ["Error(Io", "Error(BodyWrite"];
            is.iter().any(|is| error.is.contains(is))
                || failed.iter().any(|kind| error.debug.contains(kind))
        };
        let ours = errors(at.ours.of(Actor::Connection)).next();
        let is_told = ours.is_none_or(is_known) && published.is_none_or(is_known);
        let extra = wire
            .strip_prefix(&other[..])
            .or_else(|| other.strip_prefix(&wire[..]));
        return is_told && extra.is_some_and(begins_as_rejection);
    }
    match (parse_error(ours), parse_error(published)) {
        (Some(_), None) => match errors(published).next() {
            None => published.is_empty() && wire.starts_with(&other),
            Some(error) => error.is.contains(&"incomplete_message"),
        },
        (None, Some(_)) => ours.is_empty() && other.starts_with(&wire),
        _ => false,
    }
}

/// A body that is complete comes to its end, also when it is read behind the answer.
pub fn late_ends(ours: &mut Observation, published: &mut Observation) -> bool {
    let mut found = false;
    for (actor, seen) in &mut ours.0 {
        let Actor::ReceivedBody(_) = actor else {
            continue;
        };
        let others = published.0.entry(*actor).or_default();
        let pairs = seen.iter().zip(&*others);
        let same = pairs.take_while(|(a, b)| a == b).count();
        let ends = matches!(
            &seen[same..],
            [(_, Event::End)]
                | [(_, Event::Trailers(_)), _]
                | [(_, Event::Trailers(_)), _, (_, Event::End)]
        );
        let events = |entries: &[Entry]| {
            let events = entries.iter().map(|(_, event)| event.clone());
            events.collect::<Vec<_>>()
        };
        let hangs = match &others[same..] {
            [] => true,
            rest if events(rest) == events(&seen[same..]) => true,
            [(_, Event::Error(error)), ..] => {
                let why = ["\"connection error\"", "IncompleteMessage"];
                why.iter().any(|why| error.debug.contains(why))
            }
            _ => false,
        };
        if ends && hangs {
            seen.truncate(same);
            others.truncate(same);
            found = true;
        }
    }
    found
}

/// 1.12.0 has written less at that time, at the beginning or at the end, and there is no other difference.
pub fn writes_less(at: &Divergence<'_>) -> bool {
    let (ours, published) = (
        bytes(at.ours(Actor::Wire)),
        bytes(at.published(Actor::Wire)),
    );
    let is_part = ours.starts_with(&published) || ours.ends_with(&published);
    at.concerns_only(&[Actor::Wire]) && ours.len() > published.len() && is_part
}

/// A text without its lines of hexadecimal digits.
pub fn data_of_chunks(text: &[u8]) -> Vec<u8> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let is_size = |line: &[u8]| {
        line.strip_suffix(b"\r\n")
            .is_some_and(|line| !line.is_empty() && line.iter().all(u8::is_ascii_hexdigit))
    };
    let data = lines
        .filter(|line| !is_size(line))
        .map(|line| line.strip_suffix(b"\r\n").unwrap_or(line));
    data.collect::<Vec<_>>().concat()
}

/// More of a body has come in one frame with one of the two.
pub fn cuts_bodies_apart(at: &Divergence<'_>) -> bool {
    at.ours.0.keys().any(|actor| {
        let (ours, published) = (bytes(at.ours(*actor)), bytes(at.published(*actor)));
        let is_part = ours.starts_with(&published) || published.starts_with(&ours);
        matches!(actor, Actor::ReceivedBody(_)) && ours != published && is_part
    })
}
