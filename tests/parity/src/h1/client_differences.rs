//! What an HTTP/1 client does otherwise than hyper 1.12.0, on purpose.

use http::Version;

use crate::differences::{bytes, find, Difference, Divergence, How};
use crate::edit::Edit;
use crate::observation::{Actor, Entry, Event};
use crate::plan::RequestPlan;
use crate::script::Step;

use super::scenario::{ClientScenario, Mode};
use super::seen::{
    drop_rest, drop_trailers, errors, has_sent, has_unread_body, members, note, parse_error, value,
};

fn sends(scenario: &ClientScenario, holds: impl Fn(&RequestPlan) -> bool) -> bool {
    scenario.calls.iter().any(|call| holds(&call.request))
}

fn has_field(plan: &RequestPlan, name: &str) -> bool {
    plan.fields.iter().any(|(known, _)| *known == name)
}

/// A length that is none, several, or one beside a body without content.
fn has_illegal_length(plan: &RequestPlan) -> bool {
    let lines = plan
        .fields
        .iter()
        .filter(|(name, _)| *name == "content-length");
    let lengths: Vec<_> = lines.map(|(_, value)| value.parse::<u64>()).collect();
    lengths.len() > 1
        || lengths.iter().any(Result::is_err)
        || plan.body.is_absent() && !lengths.is_empty()
}

/// Whether a body of the caller's has failed by then, in both.
fn a_body_failed(at: &Divergence<'_>) -> bool {
    let kinds = ["User(Body)", "User(BodyWriteAborted)"];
    at.ours.0.keys().any(|actor| {
        let mut errors = errors(at.before(*actor));
        errors.any(|error| kinds.iter().any(|kind| error.debug.contains(kind)))
    })
}

/// Whether somebody is told so by 1.12.0.
fn told_published(at: &Divergence<'_>, kind: &str) -> bool {
    let actors = at.published.0.keys();
    let mut errors = actors.flat_map(|actor| errors(at.published(*actor)));
    errors.any(|error| error.debug.contains(kind))
}

/// Whether somebody is told of an error of that kind at that time, and with this crate only.
fn told(at: &Divergence<'_>, kind: &str) -> bool {
    at.ours.0.keys().any(|actor| {
        let has = |entries| errors(entries).any(|error| error.debug.contains(kind));
        has(at.ours(*actor)) && !has(at.published(*actor))
    })
}

pub const CLIENT: &[Difference<ClientScenario>] = &[
    Difference {
        id: "§4.7-9",
        what: "an empty `transfer-encoding` leaves no empty member",
        how: How::Edits(|_, lines| {
            let ours = value(lines.ours, "transfer-encoding")?;
            let published = value(lines.published, "transfer-encoding")?;
            (members(published) == members(ours)).then_some(Edit::Replace)
        }),
    },
    Difference {
        id: "§4.7-2",
        what: "several lines of `transfer-encoding` become one",
        how: How::Edits(|_, lines| {
            let published = value(lines.published, "transfer-encoding")?;
            match value(lines.ours, "transfer-encoding") {
                Some(ours) if members(ours).starts_with(&members(published)) => Some(Edit::Replace),
                None if find(&lines.head.to_ascii_lowercase(), b"transfer-encoding").is_some() => {
                    Some(Edit::Remove)
                }
                _ => None,
            }
        }),
    },
    Difference {
        id: "§8.16",
        what: "a length that is never sent is 0",
        how: How::Edits(|scenario, lines| {
            let is_absent = sends(scenario, |plan| plan.body.is_absent());
            let published = value(lines.published, "content-length")?;
            match value(lines.ours, "content-length") {
                Some(b"0") if is_absent => Some(Edit::Replace),
                None if is_absent && published != b"0" => Some(Edit::Remove),
                _ => None,
            }
        }),
    },
    Difference {
        id: "§8.15 illegal",
        what: "a `content-length` that is none is not written, and one that is repeated once",
        how: How::Edits(|_, lines| {
            let published = value(lines.published, "content-length")?;
            let is_number = !published.is_empty() && published.iter().all(u8::is_ascii_digit);
            let ours = value(lines.ours, "content-length");
            let is_repeated = find(lines.head, lines.published).is_some();
            match ours {
                Some(_) if !is_number => Some(Edit::Replace),
                None if !is_number || is_repeated => Some(Edit::Remove),
                _ => None,
            }
        }),
    },
    Difference {
        id: "§8.14 keep-alive",
        what: "a request of HTTP/2 is one of 1.1 also where the server is of 1.0",
        how: How::Edits(|scenario, lines| {
            let due = sends(scenario, |plan| plan.version > Version::HTTP_11);
            let is_ours = value(lines.ours, "connection") == Some(b"keep-alive");
            (due && is_ours).then_some(Edit::Insert)
        }),
    },
    Difference {
        id: "§8.5",
        what: "received trailers come without fields that may not be among them",
        how: How::Rewrites(|_, _, published| drop_trailers(published)),
    },
    Difference {
        id: "§4.8-11",
        what: "what `into_parts` gives after a failure may begin at another byte",
        how: How::Rewrites(|_, ours, published| drop_rest(ours, published)),
    },
    Difference {
        id: "§8.14",
        what: "no version of a request panics, and codings of one of HTTP/2 are kept",
        how: How::Diverges(|scenario, at| {
            let mut seen = at.published(Actor::Connection).iter();
            let panics = seen.any(|(_, event)| {
                matches!(event, Event::Panicked(text) if text.starts_with("unexpected request version"))
            });
            let may_be_chunked = |plan: &RequestPlan| {
                let is_unknown = plan.body.exact_size().is_none();
                plan.version > Version::HTTP_11
                    && (has_field(plan, "transfer-encoding") || is_unknown)
            };
            let wire = bytes(at.ours(Actor::Wire)).to_ascii_lowercase();
            let is_asked = at.ours.0.keys().any(|actor| {
                matches!(actor, Actor::SentBody(_)) && !at.published(*actor).is_empty()
            });
            let is_chunked = find(&wire, b"chunked").is_some() || is_asked;
            panics || is_chunked && sends(scenario, may_be_chunked)
        }),
    },
    Difference {
        id: "§8.9",
        what: "what was written before a body failed is sent",
        how: How::Diverges(|_, at| {
            let (ours, published) = (bytes(at.ours(Actor::Wire)), bytes(at.published(Actor::Wire)));
            let is_longer = ours.len() > published.len() && ours.starts_with(&published);
            let is_shut_down = at.concerns_only(&[Actor::Wire]) && note(at.ours(Actor::Wire), "shutdown");
            a_body_failed(at) && (is_longer || is_shut_down)
        }),
    },
    Difference {
        id: "§8.15",
        what: "a `content-length` that contradicts the body fails the message",
        how: How::Diverges(|scenario, at| {
            told(at, "UnexpectedHeader")
                && sends(scenario, |plan| has_field(plan, "content-length"))
        }),
    },
    Difference {
        id: "§4.7-11",
        what: "a body that is too short fails also where its last frame says that it is the last",
        how: How::Diverges(|_, at| told(at, "BodyWriteAborted")),
    },
    Difference {
        id: "§8.1",
        what: "a connection whose response is complete does not wait for a body that stalls",
        how: How::Diverges(|_, at| {
            let ours = at.ours(Actor::Connection);
            let ends = ours.iter().any(|(_, event)| *event == Event::Done);
            let stalls = at.ours.0.keys().any(|actor| {
                let seen = at.before(*actor);
                let has = |what: Event| seen.iter().any(|(_, event)| *event == what);
                matches!(actor, Actor::SentBody(_)) && has(Event::Dropped) && !has(Event::End)
            });
            let mut published = errors(at.published(Actor::Connection));
            let is_missed = published.any(|error| {
                error.is.contains(&"incomplete_message") || error.debug.contains("Error(Io")
            });
            ends && stalls && (is_missed || at.published(Actor::Wire).is_empty())
        }),
    },
    Difference {
        id: "§4.1-7",
        what: "when an error in an unfinished head is found does not depend on how it was split",
        how: How::Diverges(|_, at| {
            at.ours.0.keys().any(|actor| {
                let (ours, published) = (at.ours(*actor), at.published(*actor));
                let is_error = parse_error(ours).is_some() || parse_error(published).is_some();
                let mut errors = errors(published);
                let is_at_end = errors.any(|error| error.is.contains(&"incomplete_message"));
                matches!(actor, Actor::Exchange(_))
                    && is_error
                    && (ours.is_empty() || published.is_empty() || is_at_end)
            })
        }),
    },
    Difference {
        id: "§8.15 illegal",
        what: "and what the length is, is written at the end, and the body not cut",
        how: How::Diverges(|scenario, _| sends(scenario, has_illegal_length)),
    },
    Difference {
        id: "§5.1-3",
        what: "a coding that is not written leaves the order of the other fields",
        how: How::Diverges(|scenario, at| {
            let lines = |actor: &[Entry]| {
                let bytes = bytes(actor);
                let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec);
                let is_other = |line: &Vec<u8>| !line.starts_with(b"transfer-encoding: ");
                let mut lines: Vec<_> = lines.filter(is_other).collect();
                lines.sort_unstable();
                lines
            };
            at.concerns_only(&[Actor::Wire])
                && lines(at.ours.of(Actor::Wire)) == lines(at.published.of(Actor::Wire))
                && sends(scenario, |plan| has_field(plan, "transfer-encoding"))
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
        id: "§5.2-2",
        what: "a connection is ready again when all of the request is written",
        how: How::Diverges(|scenario, at| {
            let ready = "Some(\"ready true closed false\")";
            let is_next = at.published.0.keys().any(|actor| {
                let published = at.published(*actor);
                let is_done = published.iter().any(|(_, event)| *event == Event::Done);
                matches!(actor, Actor::Exchange(1..)) && is_done && at.ours(*actor).is_empty()
            });
            let (ours, published) = (at.ours(Actor::Connection), at.published(Actor::Connection));
            let is_refused = at.ours.0.keys().any(|actor| {
                let mut told = errors(at.ours(*actor));
                told.any(|error| error.debug.contains("connection was not ready"))
                    && at.published(*actor).is_empty()
            });
            let is_early = ours.is_empty() && (is_next || note(published, ready));
            let is_never = note(ours, ready) && published.is_empty();
            scenario.transport.room.is_some() && (is_early || is_never || is_refused)
        }),
    },
    Difference {
        id: "§4.8-11 flush",
        what: "what was written is sent also where the transport is not shut down",
        how: How::Diverges(|scenario, at| {
            scenario.mode == Mode::WithoutShutdown
                && scenario.transport.room.is_some()
                && !at.published(Actor::Connection).is_empty()
        }),
    },
    Difference {
        id: "§5.6-1",
        what: "a transport is given over to an upgrade when all of the request is written",
        how: How::Diverges(|scenario, at| {
            let is_upgraded = at.ours.0.keys().any(|actor| {
                let mut seen = at.before(*actor).iter();
                seen.any(|(_, event)| matches!(event, Event::Head(head) if head.ends_with("upgrade true")))
            });
            scenario.transport.room.is_some()
                && is_upgraded
                && !at.published(Actor::Connection).is_empty()
                && bytes(at.published(Actor::Wire)).is_empty()
        }),
    },
    Difference {
        id: "§4.4-3",
        what: "a line of a trailer section that ends with a bare LF is an error at once, and of two errors \
               that a section has the first is told",
        how: How::Diverges(|scenario, at| {
            let has = |entries, text: &str| errors(entries).any(|error| error.debug.contains(text));
            at.ours.0.keys().any(|actor| {
                let is_limited = scenario.options.max_headers.is_some()
                    && has(at.published(*actor), "count overflow");
                matches!(actor, Actor::ReceivedBody(_))
                    && (has(at.ours.of(*actor), "bare LF") || is_limited)
            })
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
    Difference {
        id: "§8.27",
        what: "a response that arrives is received also where writing has failed",
        how: How::Diverges(|scenario, at| {
            let mut steps = scenario.steps.iter().take(at.stamp.step);
            steps.any(|step| matches!(step, Step::WritesFail(_)))
        }),
    },
    Difference {
        id: "§5.3-2",
        what: "a request whose exchange has failed is not written any more",
        how: How::Diverges(|scenario, at| {
            let dropped = at.ours(Actor::Wire).iter().any(|(_, event)| *event == Event::Dropped);
            let waits = at.published(Actor::Wire).iter().all(|(_, event)| matches!(event, Event::Note(_)));
            scenario.transport.room.is_some() && dropped && waits
        }),
    },
    Difference {
        id: "T42",
        what: "any 2xx to CONNECT opens a tunnel, and what has no head does not",
        how: How::Diverges(|_, at| {
            at.ours.0.keys().any(|actor| match (at.ours(*actor), at.published(*actor)) {
                ([(_, Event::Head(ours)), ..], [(_, Event::Head(published)), ..]) => {
                    let refused = ours.replace("upgrade true", "upgrade false");
                    let is_of_0_9 = ours.starts_with("HTTP/0.9")
                        && *ours == published.replace("upgrade true", "upgrade false");
                    ours.contains(" 2") && refused == *published || is_of_0_9
                }
                _ => false,
            })
        }),
    },
    Difference {
        id: "§8.3",
        what: "a rest of a response that is there already is thrown away, and the connection kept",
        how: How::Diverges(|_, at| {
            let is_told = told_published(at, "ChannelClosed");
            let ended = is_told
                || note(at.published(Actor::Wire), "shutdown")
                || at.published(Actor::Connection).iter().any(|(_, event)| *event == Event::Done);
            ended && has_unread_body(at.ours, Some(at.stamp))
        }),
    },
];
