//! What a client makes of responses otherwise.

use crate::differences::{Difference, How};
use crate::h1::scenario::{ClientOptions, ClientScenario};
use crate::h1::seen::{
    cuts_bodies_apart, drop_rest, drop_trailers, has_unread_body, merge_frames, parse_error,
};
use crate::observation::{Actor, Entry, Event, Observation};
use crate::seen::{errors, has_sent, told, told_published};

pub const RECEIVED: &[Difference<ClientScenario>] = &[
    Difference {
        id: "§8.5",
        what: "received trailers come without fields that may not be among them",
        how: How::Rewrites(|_, _, published| drop_trailers(published)),
    },
    Difference {
        id: "§4.1-9",
        what: "what is read at once of a body may be another number of frames",
        how: How::Rewrites(|_, ours, published| merge_frames(ours, published)),
    },
    Difference {
        id: "§7.1-3",
        what: "a response that has arrived comes to its end, whatever becomes of the request",
        how: How::Rewrites(|_, ours, published| ends_beside_a_failure(ours, published)),
    },
    Difference {
        id: "§4.8-11",
        what: "what `into_parts` gives after a failure may begin at another byte",
        how: How::Rewrites(|_, ours, published| drop_rest(ours, published)),
    },
    Difference {
        id: "§4.1-7",
        what: "when an error in an unfinished head is found does not depend on how it was split",
        how: How::Diverges(|_, at| {
            at.ours.0.keys().any(|actor| {
                let (ours, published) = (at.ours(*actor), at.published(*actor));
                let is_of_0_9 = |(_, event): &Entry| {
                    matches!(event, Event::Head(head) if head.starts_with("HTTP/0.9"))
                };
                let is_error = parse_error(ours).is_some()
                    || parse_error(published).is_some()
                    || ours.iter().chain(published).any(is_of_0_9);
                let mut errors = errors(published);
                let is_at_end = errors.any(|error| error.is.contains(&"incomplete_message"));
                matches!(actor, Actor::Exchange(_))
                    && is_error
                    && (ours.is_empty() || published.is_empty() || is_at_end)
            })
        }),
    },
    Difference {
        id: "§3.1-6",
        what: "which of two errors a head beyond a limit has does not depend on how it was split",
        how: How::Diverges(|_, at| {
            at.ours.0.keys().any(|actor| {
                let ours = parse_error(at.ours(*actor));
                let published = parse_error(at.published(*actor));
                ours.zip(published).is_some_and(|(ours, published)| {
                    ours.debug.contains("TooLarge") != published.debug.contains("TooLarge")
                })
            })
        }),
    },
    Difference {
        id: "§3.1-10",
        what: "`max_buf_size` is a limit, whatever was read at once",
        how: How::Diverges(|scenario, at| {
            scenario.options.max_buf_size.is_some()
                && told(at, "TooLarge")
                && !told_published(at, "TooLarge")
        }),
    },
    Difference {
        id: "§4.1-9 time",
        what: "and so somebody who takes time between frames takes longer, or less long",
        how: How::Diverges(|scenario, at| {
            let options = &scenario.options;
            let is_limited = options.max_buf_size.is_some()
                || options.read_buf_exact_size.is_some()
                || options.http09_responses == Some(true);
            let is_slow = scenario.calls.iter().any(|call| call.read.between > 0);
            is_limited && is_slow && cuts_bodies_apart(at)
        }),
    },
    Difference {
        id: "§8.5 time",
        what: "who takes time between frames takes none for trailers that do not come",
        how: How::Diverges(|scenario, at| {
            let ends = |entries: &[Entry]| entries.iter().any(|(_, event)| *event == Event::End);
            let is_earlier = at.ours.0.keys().any(|actor| {
                let is_body = matches!(actor, Actor::ReceivedBody(_));
                is_body && ends(at.ours(*actor)) && !ends(at.published(*actor))
            });
            is_earlier && has_sent(&scenario.steps, b"0\r\nhost: b\r\n\r\n")
        }),
    },
    Difference {
        id: "§8.8 limits",
        what: "empty lines before a response count against no limit",
        how: How::Diverges(|scenario, at| {
            (has_sent(&scenario.steps, b"\n\r\n") || has_sent(&scenario.steps, b"\r\nHTTP/"))
                && is_limited(&scenario.options)
                && told_published(at, "TooLarge")
                && !told(at, "TooLarge")
        }),
    },
    Difference {
        id: "§4.4-3",
        what: "a line of a trailer section that ends with a bare LF is an error at once, and of two errors \
               that a section has the first is told",
        how: How::Diverges(|scenario, at| {
            let has = |entries, text: &str| errors(entries).any(|error| error.debug.contains(text));
            let lines: [&[u8]; 2] = [b"x-t: 1\n", b"0\r\n\n"];
            at.ours.0.keys().any(|actor| {
                let is_limited = scenario.options.max_headers.is_some()
                    && has(at.published(*actor), "count overflow");
                matches!(actor, Actor::ReceivedBody(_))
                    && (has(at.ours.of(*actor), "bare LF") || is_limited)
            }) || lines.iter().any(|line| has_sent(&scenario.steps, line))
                && has_unread_body(at.ours, Some(at.stamp))
        }),
    },
    Difference {
        id: "§8.13",
        what: "a content-length of 2^64-1 or 2^64-2 is none",
        how: How::Diverges(|scenario, at| {
            has_sent(&scenario.steps, b"1844674407370955161")
                && told(at, "ContentLengthInvalid")
        }),
    },
];

/// Whether a head may not be as large as usual.
fn is_limited(options: &ClientOptions) -> bool {
    options.max_header_size.is_some()
        || options.max_buf_size.is_some()
        || options.read_buf_exact_size.is_some()
}

/// Takes out the end of a response where 1.12.0 has an error in its place.
fn ends_beside_a_failure(ours: &mut Observation, published: &mut Observation) -> bool {
    let mut found = false;
    for (actor, seen) in &mut ours.0 {
        let Some(others) = published.0.get_mut(actor) else {
            continue;
        };
        let [same @ .., (at, Event::End)] = &seen[..] else {
            continue;
        };
        let Some((before, [(when, Event::Error(error)), _])) = others.split_at_checked(same.len())
        else {
            continue;
        };
        let is_late = at == when && error.debug.contains("\"connection error\"");
        if matches!(actor, Actor::ReceivedBody(_)) && before == same && is_late {
            let len = same.len();
            seen.truncate(len);
            others.truncate(len);
            found = true;
        }
    }
    found
}
