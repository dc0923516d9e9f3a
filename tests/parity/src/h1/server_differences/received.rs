//! What a server makes of requests otherwise.

use crate::differences::{bytes, find, Difference, How};
use crate::h1::scenario::ServerScenario;
use crate::h1::seen::{
    cuts_bodies_apart, data_of_chunks, drop_rest, drop_trailers, has_unread_body,
    is_error_in_unfinished_head, late_ends, merge_frames, parse_error, serves_less, serves_more,
};
use crate::observation::{Actor, Entry, Event, Observation};
use crate::plan::Answer;
use crate::seen::{answers_with, errors, has_sent};

pub const RECEIVED: &[Difference<ServerScenario>] = &[
    Difference {
        id: "§8.5",
        what: "received trailers come without fields that may not be among them",
        how: How::Rewrites(|_, _, published| drop_trailers(published)),
    },
    Difference {
        id: "§4.1-9",
        what: "how much is read at once, and so the frames of a body, is not the same",
        how: How::Rewrites(|_, ours, published| merge_frames(ours, published)),
    },
    Difference {
        id: "§4.8-11",
        what: "what `into_parts` gives after a failure may begin at another byte",
        how: How::Rewrites(|_, ours, published| drop_rest(ours, published)),
    },
    Difference {
        id: "§7.1-3",
        what: "a request that is read behind its answer comes to its end",
        how: How::Rewrites(|_, ours, published| late_ends(ours, published)),
    },
    Difference {
        id: "§4.2-3",
        what: "a rejection stands behind the answer before it, and not within",
        how: How::Diverges(|scenario, at| {
            let (mut ours, mut published) =
                (bytes(at.ours(Actor::Wire)), bytes(at.published(Actor::Wire)));
            let is_last = parse_error(at.before(Actor::Connection)).is_some();
            ours.sort_unstable();
            published.sort_unstable();
            scenario.transport.room.is_some()
                && is_last
                && at.concerns_only(&[Actor::Wire])
                && ours == published
        }),
    },
    Difference {
        id: "§3.1-10",
        what: "`max_buf_size` is a limit, whatever was read at once",
        how: How::Diverges(|scenario, at| {
            let ours = parse_error(at.ours.of(Actor::Connection));
            scenario.options.max_buf_size.is_some()
                && ours.is_some_and(|error| error.debug.contains("TooLarge"))
                && (parse_error(at.published.of(Actor::Connection)).is_none() || serves_less(at))
        }),
    },
    Difference {
        id: "§8.12",
        what: "the preface of HTTP/2 is recognised however it arrives",
        how: How::Diverges(|scenario, at| {
            let ours = parse_error(at.ours.of(Actor::Connection));
            let published = parse_error(at.published.of(Actor::Connection));
            let mut errors = ours.iter().chain(&published);
            let is_told = has_sent(&scenario.steps, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                && errors.any(|error| error.is.contains(&"parse_version_h2"));
            let is_later = has_sent(&scenario.steps, b"PRI * HTTP/2")
                && parse_error(at.published(Actor::Connection)).is_some()
                && parse_error(at.ours(Actor::Connection)).is_none();
            is_told || is_later
        }),
    },
    Difference {
        id: "§8.13",
        what: "a content-length of 2^64-1 or 2^64-2 is answered 400",
        how: How::Diverges(|scenario, at| {
            let ours = parse_error(at.ours(Actor::Connection));
            let published = parse_error(at.published(Actor::Connection));
            has_sent(&scenario.steps, b"1844674407370955161")
                && (ours.is_some_and(|error| error.debug.contains("ContentLengthInvalid"))
                    && published.is_some()
                    || scenario.transport.room.is_some()
                        && at.concerns_only(&[Actor::Wire, Actor::Connection]))
        }),
    },
    Difference {
        id: "§4.1-9",
        what: "the pieces that a passed-on body comes in are what was read at once",
        how: How::Diverges(|scenario, at| {
            let mut plans = scenario.services.iter();
            let (ours, published) = (bytes(at.ours(Actor::Wire)), bytes(at.published(Actor::Wire)));
            plans.any(|plan| matches!(plan.answer, Answer::Echo(_)))
                && at.concerns_only(&[Actor::Wire])
                && data_of_chunks(&ours) == data_of_chunks(&published)
        }),
    },
    Difference {
        id: "§2.4-15",
        what: "who reads a request whose answer cannot be sent gets an error",
        how: How::Diverges(|scenario, at| {
            let refused = errors(at.before(Actor::Connection));
            let why = ["UnsupportedStatusCode", "UnexpectedHeader"];
            let mut refused =
                refused.filter(|error| why.iter().any(|why| error.debug.contains(why)));
            let is_due = scenario.transport.room.is_some()
                && answers_with(&scenario.services, |plan| plan.status < 200);
            (is_due || refused.next().is_some())
                && at.ours.0.keys().any(|actor| {
                    errors(at.ours(*actor)).any(|error| error.debug.contains("connection error"))
                        || *actor == Actor::Connection && at.published(*actor).is_empty()
                })
        }),
    },
    Difference {
        id: "§4.4-3",
        what: "a line of a trailer section that ends with a bare LF is an error at once",
        how: How::Diverges(|scenario, at| {
            let is_told = at.ours.0.keys().any(|actor| {
                errors(at.ours.of(*actor)).any(|error| error.debug.contains("bare LF"))
            });
            let ended = |entries: &[Entry]| entries.iter().any(|(_, event)| *event == Event::Done);
            let ends_first = ended(at.ours(Actor::Connection)) && !ended(at.published(Actor::Connection));
            let is_unread = has_unread_body(at.ours, Some(at.stamp));
            let lines: [&[u8]; 2] = [b"x-t: 1\n", b"0\r\n\n"];
            let is_sent = lines.iter().any(|line| has_sent(&scenario.steps, line));
            is_told || ends_first && is_unread && is_sent
        }),
    },
    Difference {
        id: "§3.1-6",
        what: "which of two errors a head beyond a limit has does not depend on how it was split",
        how: How::Diverges(|scenario, at| {
            let ours = parse_error(at.ours.of(Actor::Connection));
            let published = parse_error(at.published.of(Actor::Connection));
            let is_other = ours.zip(published).is_some_and(|(ours, published)| {
                ours.debug.contains("TooLarge") != published.debug.contains("TooLarge")
            });
            let says_431 = |observation: &Observation| {
                find(&bytes(observation.of(Actor::Wire)), b"HTTP/1.1 431 ").is_some()
            };
            let is_limited = scenario.options.max_header_size.is_some();
            // A connection whose answer waits for room has not told its error yet.
            let told_later = [Actor::Wire, Actor::Connection];
            let untold = if scenario.transport.room.is_some() { 2 } else { 1 };
            is_other
                || is_limited
                    && at.concerns_only(&told_later[..untold])
                    && says_431(at.ours) != says_431(at.published)
        }),
    },
    Difference {
        id: "§8.8 limits",
        what: "empty lines before a request count against no limit",
        how: How::Diverges(|scenario, at| {
            let published = parse_error(at.published(Actor::Connection));
            (has_sent(&scenario.steps, b"\n\r\n") || has_sent(&scenario.steps, b"\n\n"))
                && scenario.options.max_header_size.is_some()
                && parse_error(at.published.of(Actor::Connection))
                    .is_some_and(|error| error.debug.contains("TooLarge"))
                && (published.is_some() || serves_more(at))
        }),
    },
    Difference {
        id: "§4.1-9 ahead",
        what: "what had arrived when a service or a body failed may be read a frame further, or less far",
        how: How::Diverges(|_, at| {
            let is_lost = |entries| {
                let why = ["\"connection error\"", "IncompleteMessage"];
                let mut errors = errors(entries);
                errors.any(|error| why.iter().any(|why| error.debug.contains(why)))
            };
            let is_over = !at.before(Actor::Connection).is_empty();
            is_over && at.ours.0.keys().all(|actor| {
                let (ours, published) = (at.ours(*actor), at.published(*actor));
                let same = ours.is_empty() && published.is_empty();
                same || match actor {
                    Actor::ReceivedBody(_) => {
                        is_lost(ours) && !published.is_empty() || is_lost(published) && !ours.is_empty()
                    }
                    Actor::Wire => bytes(ours).starts_with(&bytes(published)),
                    _ => false,
                }
            })
        }),
    },
    Difference {
        id: "§4.1-9 time",
        what: "and so somebody who takes time between frames takes longer, or less long",
        how: How::Diverges(|scenario, at| {
            let is_slow = scenario.services.iter().any(|plan| plan.read.between > 0);
            scenario.options.max_buf_size.is_some() && is_slow && cuts_bodies_apart(at)
        }),
    },
    Difference {
        id: "§8.5 time",
        what: "who takes time between frames takes none for trailers that do not come",
        how: How::Diverges(|scenario, at| {
            let slow = scenario.services.iter().any(|plan| plan.read.between > 0);
            let is_earlier = at.published.0.keys().all(|actor| {
                let mut seen = at.published(*actor).iter();
                let written = bytes(at.published(*actor));
                seen.all(|(_, event)| *event == Event::Dropped)
                    || *actor == Actor::Wire && bytes(at.ours(*actor)).starts_with(&written)
            });
            slow && is_earlier && has_sent(&scenario.steps, b"0\r\nhost: b\r\n\r\n")
        }),
    },
    Difference {
        id: "§4.1-7",
        what: "when an error in an unfinished head is found does not depend on how it was split",
        how: How::Diverges(|_, at| is_error_in_unfinished_head(at)),
    },
];
