//! What an HTTP/1 server does otherwise than hyper 1.12.0, on purpose.

use http::Version;

use crate::differences::{bytes, find, Difference, Divergence, How};
use crate::edit::{start_of_head, Edit};
use crate::observation::{Actor, Entry, ErrorView, Event, Observation};
use crate::plan::{Answer, ResponsePlan};
use crate::script::Step;

use super::scenario::{Mode, ServerScenario};
use super::seen::{
    a_request_failed, close_is_ours, close_is_published, data_of_chunks, drop_flushes, drop_rest,
    drop_trailers, errors, has_sent, has_unread_body, is_error_in_unfinished_head, is_rejection,
    is_unread_rest, is_upgraded, late_ends, members, merge_frames, note, parse_error,
    refused_upgrades, serves_less, serves_more, status, value, writes_less,
};

fn answers_with(scenario: &ServerScenario, holds: impl Fn(&ResponsePlan) -> bool) -> bool {
    scenario.services.iter().any(|plan| match &plan.answer {
        Answer::Response(plan) | Answer::Echo(plan) => holds(plan),
        _ => false,
    })
}

/// Whether the input was over or failed by then.
fn input_is_over(scenario: &ServerScenario, at: &Divergence<'_>) -> bool {
    let mut steps = scenario.steps.iter().take(at.stamp.step);
    // Behind the script come room, time, the end, and time.
    let end = scenario.steps.len() + 3;
    at.stamp.step >= end || steps.any(|step| matches!(step, Step::End | Step::ReadsFail(_)))
}

/// The lines of `content-length` that a response is given.
fn lengths(plan: &ResponsePlan) -> Vec<&str> {
    let lines = plan
        .fields
        .iter()
        .filter(|(name, _)| *name == "content-length");
    lines.map(|(_, value)| value.as_str()).collect()
}

pub const SERVER: &[Difference<ServerScenario>] = &[
    Difference {
        id: "§8.15 no content",
        what: "204 and 1xx carry no `content-length`",
        how: How::Edits(|_, lines| {
            let has_none = matches!(status(lines.start), 101 | 204);
            let is_length = value(lines.published, "content-length").is_some();
            (has_none && is_length).then_some(Edit::Remove)
        }),
    },
    Difference {
        id: "§8.15 304",
        what: "304 keeps the caller's `content-length` whatever the body is",
        how: How::Edits(|_, lines| {
            let kept = value(lines.ours, "content-length").is_some();
            (status(lines.start) == 304 && kept).then_some(Edit::Insert)
        }),
    },
    Difference {
        id: "§8.15 illegal",
        what: "a `content-length` that is none is not written",
        how: How::Edits(|scenario, lines| {
            let illegal = value(lines.published, "content-length")?;
            let is_number = !illegal.is_empty() && illegal.iter().all(u8::is_ascii_digit);
            let is_one_of_many = answers_with(scenario, |plan| {
                let lengths = lengths(plan);
                lengths.iter().any(|length| *length != lengths[0])
            });
            let is_here = value(lines.ours, "connection").is_none()
                || has_sent(&scenario.steps, b"HEAD ");
            (is_here && (!is_number || is_one_of_many)).then_some(match value(lines.ours, "content-length") {
                Some(_) => Edit::Replace,
                None => Edit::Remove,
            })
        }),
    },
    Difference {
        id: "§8.15 illegal",
        what: "and what the length is, is written in its place",
        how: How::Edits(|scenario, lines| {
            let is_ours = value(lines.ours, "content-length").is_some()
                && value(lines.published, "content-length").is_none();
            let was_illegal = answers_with(scenario, |plan| {
                let lengths = lengths(plan);
                let illegal = |length: &&str| length.parse::<u64>().is_err();
                lengths.iter().any(|length| illegal(length) || *length != lengths[0])
            });
            let is_due = value(lines.published, "connection").is_none();
            (is_ours && was_illegal && is_due).then_some(Edit::Insert)
        }),
    },
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
        id: "§4.7-9 stray",
        what: "no `, chunked` behind `connection` or `trailer`",
        how: How::Edits(|_, lines| {
            let names = ["connection", "trailer"];
            let is_list = |name: &&str| value(lines.published, name).is_some();
            names.iter().find(|name| is_list(name))?;
            let rest = lines.published.strip_suffix(b", chunked\r\n")?;
            Some(Edit::Become([rest, b"\r\n"].concat()))
        }),
    },
    Difference {
        id: "§8.25",
        what: "the 500 in place of a 1xx, and an answer to a request that failed, say `close`",
        how: How::Edits(|scenario, lines| {
            let is_in_place = answers_with(scenario, |plan| plan.status < 200);
            let due = status(lines.start) == 500 && is_in_place
                || a_request_failed(lines.all)
                || has_unread_body(lines.all, None);
            let promised = value(lines.published, "connection");
            let promised = promised.and_then(|said| said.strip_suffix(b"keep-alive"));
            let ours = value(lines.ours, "connection");
            match promised.filter(|_| due) {
                Some(b"") if ours.is_none() => Some(Edit::Remove),
                Some(said) if ours.is_some() && said.strip_suffix(b", ") == ours => Some(Edit::Replace),
                _ => due.then(|| close_is_ours(lines)).flatten(),
            }
        }),
    },
    Difference {
        id: "§8.28",
        what: "a response of HTTP/1.0 that ends with the connection says `close`",
        how: How::Edits(|scenario, lines| {
            let due = answers_with(scenario, |plan| plan.version != Version::HTTP_11)
                && lines.start.starts_with(b"HTTP/1.0");
            due.then(|| close_is_ours(lines)).flatten()
        }),
    },
    Difference {
        id: "§8.28",
        what: "a response that ends with the connection says so to a client of 1.0 that asked for more",
        how: How::Edits(|_, lines| {
            let ours = value(lines.ours, "connection").and_then(|value| value.strip_suffix(b"close"));
            let published = value(lines.published, "connection");
            let published = published.and_then(|value| value.strip_suffix(b"keep-alive"));
            let replaced = ours.is_some()
                && ours == published
                && lines.start.starts_with(b"HTTP/1.0");
            let said = value(lines.published, "connection").unwrap_or_default();
            let asked = said.to_ascii_lowercase();
            match replaced {
                true => Some(Edit::Replace),
                false if find(&asked, b"keep-alive").is_some() => close_is_ours(lines),
                false => None,
            }
        }),
    },
    Difference {
        id: "§8.28",
        what: "and no `keep-alive` follows a `close` that the caller gave",
        how: How::Edits(|_, lines| {
            let published = value(lines.published, "connection")?;
            let said = published.strip_suffix(b", keep-alive")?;
            let closes = members(said).iter().any(|said| said.eq_ignore_ascii_case(b"close"));
            (closes && value(lines.ours, "connection") == Some(said)).then_some(Edit::Replace)
        }),
    },
    Difference {
        id: "§8.14 keep-alive",
        what: "a response of HTTP/2 is one of 1.1 also to a client of 1.0 that keeps the connection",
        how: How::Edits(|scenario, lines| {
            let due = answers_with(scenario, |plan| plan.version > Version::HTTP_11)
                && lines.start.starts_with(b"HTTP/1.0");
            let ours = value(lines.ours, "connection")?;
            let rest = ours.strip_suffix(b", keep-alive");
            let is_missing = value(lines.published, "connection").is_none();
            match rest == value(lines.published, "connection") {
                true if due && rest.is_some() => Some(Edit::Replace),
                _ if due && ours == b"keep-alive" && is_missing => Some(Edit::Insert),
                _ => None,
            }
        }),
    },
    Difference {
        id: "§4.9-2",
        what: "what agrees to an upgrade says neither `close` nor `keep-alive`",
        how: How::Edits(|scenario, lines| {
            let agrees = match status(lines.start) {
                101 => true,
                200..=299 => has_sent(&scenario.steps, b"CONNECT "),
                _ => false,
            };
            let published = value(lines.published, "connection")?;
            let rest = published.strip_suffix(b"keep-alive");
            let rest = rest.filter(|_| agrees && lines.start.starts_with(b"HTTP/1.0"));
            match rest {
                Some(b"") => Some(Edit::Remove),
                Some(rest) if rest.strip_suffix(b", ") == value(lines.ours, "connection") => {
                    Some(Edit::Replace)
                }
                _ => agrees.then(|| close_is_published(lines)).flatten(),
            }
        }),
    },
    Difference {
        id: "§8.3 said",
        what: "where the rest of a request is read, the answer does not say `close`",
        how: How::Edits(|_, lines| {
            let unread = has_unread_body(lines.all, None);
            unread.then(|| close_is_published(lines)).flatten()
        }),
    },
    Difference {
        id: "§4.2-2",
        what: "a rejection is of HTTP/1.1 and says `close`, also after an exchange in 1.0",
        how: How::Edits(|_, lines| {
            let (ours, published) = (start_of_head(lines.ours), start_of_head(lines.published));
            if let (Some(ours @ [..]), Some(published)) = (ours, published) {
                let same = ours.get(8..) == published.get(8..) && is_rejection(ours);
                return (same && published.starts_with(b"HTTP/1.0")).then_some(Edit::Replace);
            }
            is_rejection(lines.start).then(|| close_is_ours(lines)).flatten()
        }),
    },
    Difference {
        id: "§4.8-1 flush",
        what: "answers that leave together are flushed together",
        how: How::Rewrites(|scenario, ours, published| {
            scenario.transport.room.is_some() && drop_flushes(ours, published)
        }),
    },
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
        id: "§8.6",
        what: "an upgrade that is refused fails when it is refused",
        how: How::Rewrites(|_, ours, published| refused_upgrades(ours, published)),
    },
    Difference {
        id: "§7.1-3",
        what: "a request that is read behind its answer comes to its end",
        how: How::Rewrites(|_, ours, published| late_ends(ours, published)),
    },
    Difference {
        id: "§8.6 done",
        what: "no upgrade is had over a connection that is over",
        how: How::Diverges(|_, at| {
            at.published.0.keys().any(|actor| {
                let done = at.published(*actor).first().is_some_and(is_upgraded);
                matches!(actor, Actor::Upgrade(_)) && done && at.ours.of(*actor).is_empty()
            })
        }),
    },
    Difference {
        id: "§8.6 shutdown",
        what: "the transport is flushed and shut down also where an upgrade was refused",
        how: How::Diverges(|scenario, at| {
            let (ours, published) = (at.ours(Actor::Wire), at.published(Actor::Wire));
            let is_dropped = published.last().is_some_and(|(_, event)| *event == Event::Dropped)
                && !note(published, "shutdown");
            let waits = scenario.transport.room.is_some() && at.ours(Actor::Connection).is_empty();
            let offers = has_sent(&scenario.steps, b"CONNECT ") || has_sent(&scenario.steps, b"upgrade: ");
            let wire = at.published.of(Actor::Wire);
            let is_narrow = scenario.transport.room.is_some()
                && at.concerns_only(&[Actor::Wire])
                && offers
                && !note(wire, "shutdown");
            is_narrow
                || is_dropped && (at.concerns_only(&[Actor::Wire]) && note(ours, "shutdown") || waits && offers)
        }),
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
        id: "§3.1-10 exact",
        what: "what counts against `max_buf_size` may be some bytes more or fewer",
        how: How::Diverges(|scenario, at| {
            let mut actors = at.ours.0.keys();
            scenario.options.max_buf_size.is_some()
                && scenario.transport.room.is_some()
                && actors.all(|actor| {
                    matches!(actor, Actor::SentBody(_))
                        || at.ours(*actor).is_empty() && at.published(*actor).is_empty()
                })
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
        id: "§3.1-11",
        what: "with `pipeline_flush` nothing that was written stays behind at the end",
        how: How::Diverges(|scenario, at| {
            let has_ended = !at.published(Actor::Connection).is_empty();
            let still_writes = at.ours(Actor::Connection).is_empty();
            let fails = errors(at.ours(Actor::Connection));
            let mut fails = fails.filter(|error| error.debug.contains("BodyWrite"));
            let mut steps = scenario.steps.iter().take(at.stamp.step);
            let has_failed = steps.any(|step| matches!(step, Step::WritesFail(_)));
            let is_shutdown_error = errors(at.published(Actor::Connection))
                .any(|error| error.is.contains(&"shutdown"));
            scenario.options.pipeline_flush == Some(true)
                && (writes_less(at)
                    || scenario.transport.room.is_some() && has_ended && still_writes
                    || fails.next().is_some() && (!has_ended || is_shutdown_error)
                    || has_failed)
        }),
    },
    Difference {
        id: "§3.1-11 stall",
        what: "with `pipeline_flush` a write that waits is woken",
        how: How::Diverges(|scenario, at| {
            scenario.options.pipeline_flush == Some(true)
                && at.published.of(Actor::Connection).is_empty()
                && !at.ours(Actor::Connection).is_empty()
        }),
    },
    Difference {
        id: "§3.1-11 limit",
        what: "with `pipeline_flush` the write buffer has its limit, too",
        how: How::Diverges(|scenario, at| {
            let takes_more = at.published.0.keys().any(|actor| {
                matches!(actor, Actor::Exchange(_) | Actor::SentBody(_))
                    && !at.published(*actor).is_empty()
                    && at.ours(*actor).is_empty()
            });
            scenario.options.pipeline_flush == Some(true)
                && scenario.transport.room.is_some()
                && takes_more
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
                && answers_with(scenario, |plan| plan.status < 200);
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
        id: "§4.8-10",
        what: "what was written before a panic may be sent",
        how: How::Diverges(|_, at| {
            let mut seen = at.before(Actor::Connection).iter();
            seen.any(|(_, event)| matches!(event, Event::Panicked(_))) && writes_less(at)
        }),
    },
    Difference {
        id: "§4.7-11",
        what: "a body that is too short fails also where its last frame says that it is the last",
        how: How::Diverges(|scenario, at| {
            let aborts = |entries| {
                let mut errors = errors(entries);
                errors.any(|error: &ErrorView| error.is.contains(&"body_write_aborted"))
            };
            let mut published = errors(at.published(Actor::Connection));
            let is_told = at.ours.0.keys().any(|actor| {
                let mut told = errors(at.ours(*actor));
                matches!(actor, Actor::ReceivedBody(_))
                    && told.any(|error| error.debug.contains("\"connection error\""))
            });
            let is_on_its_way = scenario.transport.room.is_some()
                && is_told
                && aborts(at.ours.of(Actor::Connection))
                && !aborts(at.published.of(Actor::Connection));
            aborts(at.ours(Actor::Connection))
                && published.all(|error| error.debug.contains("BodyWrite,"))
                || is_on_its_way
        }),
    },
    Difference {
        id: "§8.9",
        what: "what was written before a body or a service failed is sent",
        how: How::Diverges(|scenario, at| {
            let kinds = ["User(Body)", "User(BodyWriteAborted)", "User(Service)"];
            let failed = |entries| {
                let mut errors = errors(entries);
                errors.any(|error| kinds.iter().any(|kind| error.debug.contains(kind)))
            };
            let still_writes = scenario.transport.room.is_some()
                && at.ours(Actor::Connection).is_empty()
                && failed(at.published(Actor::Connection));
            failed(at.before(Actor::Connection)) && writes_less(at) || still_writes
        }),
    },
    Difference {
        id: "§4.8-11 flush",
        what: "what was written is sent also where the transport is not shut down",
        how: How::Diverges(|scenario, at| {
            scenario.mode == Mode::WithoutShutdown
                && scenario.transport.room.is_some()
                && !at.published(Actor::Connection).is_empty()
                && at.ours(Actor::Connection).is_empty()
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
            is_other
                || is_limited
                    && at.concerns_only(&[Actor::Wire])
                    && says_431(at.ours) != says_431(at.published)
        }),
    },
    Difference {
        id: "§4.8-1",
        what: "a request that has arrived is served while answers wait for the transport",
        how: How::Diverges(|scenario, at| {
            let earlier = at.ours.0.keys().any(|actor| {
                let later = at.published(*actor).is_empty() && !at.published.of(*actor).is_empty();
                matches!(actor, Actor::Exchange(_)) && !at.ours(*actor).is_empty() && later
            });
            let reads_more = at.ours.0.keys().all(|actor| match actor {
                Actor::ReceivedBody(_) => at.published(*actor).is_empty(),
                _ => at.ours(*actor).is_empty() && at.published(*actor).is_empty(),
            });
            scenario.transport.room.is_some() && (earlier || reads_more || serves_more(at))
        }),
    },
    Difference {
        id: "§4.8-3",
        what: "a complete request is served also where the end of the input is behind it",
        how: How::Diverges(|scenario, at| {
            let missed = |entries| {
                let mut errors = errors(entries);
                errors.any(|error| {
                    error.is.contains(&"incomplete_message") || error.debug.contains("Error(Io")
                })
            };
            let is_lost = missed(at.published(Actor::Connection))
                && !missed(at.ours(Actor::Connection));
            let is_begun = serves_more(at) && missed(at.before(Actor::Connection));
            let sees_more = missed(at.before(Actor::Connection))
                && at.published.0.keys().all(|actor| match actor {
                    Actor::Wire => true,
                    Actor::ReceivedBody(_) => {
                        bytes(at.ours(*actor)).starts_with(&bytes(at.published(*actor)))
                    }
                    _ => at.published(*actor).iter().all(|(_, event)| *event == Event::Dropped),
                });
            input_is_over(scenario, at) && (is_lost || is_begun || sees_more)
        }),
    },
    Difference {
        id: "§8.8",
        what: "graceful shutdown waits for no request where only empty lines have come",
        how: How::Diverges(|scenario, at| {
            let step = at.stamp.step.checked_sub(1).and_then(|at| scenario.steps.get(at));
            let ours = at.ours(Actor::Connection);
            step == Some(&Step::Graceful)
                && ours.iter().any(|(_, event)| *event == Event::Done)
                && at.published(Actor::Connection).is_empty()
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
        id: "§4.8-8",
        what: "graceful shutdown lets any request that has begun to arrive be served",
        how: How::Diverges(|scenario, at| {
            let mut steps = scenario.steps.iter().take(at.stamp.step);
            let published = at.published(Actor::Connection);
            let ended = published.iter().any(|(_, event)| *event == Event::Done);
            let is_read_on = at.ours.0.keys().any(|actor| {
                let mut lost = errors(at.published.of(*actor));
                matches!(actor, Actor::ReceivedBody(_))
                    && lost.any(|error| error.is.contains(&"incomplete_message"))
                    && !at.ours(*actor).is_empty()
            });
            steps.any(|step| *step == Step::Graceful) && (ended || is_read_on || serves_more(at))
        }),
    },
    Difference {
        id: "§8.15",
        what: "a `content-length` that contradicts the body fails the message",
        how: How::Diverges(|scenario, at| {
            let refused = errors(at.ours(Actor::Connection));
            let mut refused = refused.filter(|error| error.debug.contains("UnexpectedHeader"));
            refused.next().is_some()
                && answers_with(scenario, |plan| {
                    plan.fields.iter().any(|(name, _)| *name == "content-length")
                })
        }),
    },
    Difference {
        id: "§8.15 repeated",
        what: "lines of `content-length` that say the same are one",
        how: How::Diverges(|scenario, at| {
            let published = errors(at.published(Actor::Connection));
            let mut refused = published.filter(|error| error.debug.contains("UnexpectedHeader"));
            refused.next().is_some() && answers_with(scenario, |plan| lengths(plan).len() > 1)
        }),
    },
    Difference {
        id: "§4.9-1",
        what: "CONNECT of HTTP/1.0 may be answered with a tunnel also where it has an `upgrade` field",
        how: How::Diverges(|_, at| {
            at.ours.0.keys().any(|actor| match (at.ours(*actor), at.published(*actor)) {
                ([(_, Event::Head(ours)), ..], [(_, Event::Head(published)), ..]) => {
                    ours.starts_with("CONNECT ")
                        && ours.replace("upgrade true", "upgrade false") == *published
                }
                _ => false,
            })
        }),
    },
    Difference {
        id: "§2.4-7",
        what: "a transport that fails is noticed when something is written, and no request is served then",
        how: How::Diverges(|scenario, at| {
            let mut steps = scenario.steps.iter().take(at.stamp.step);
            let serves_more = at.published.0.keys().any(|actor| {
                matches!(actor, Actor::Exchange(_)) && at.ours.of(*actor).is_empty()
            });
            let mut noticed = errors(at.published(Actor::Connection));
            let is_noticed = noticed.any(|error| error.debug.contains("BodyWrite,"));
            let is_earlier = is_noticed && at.ours(Actor::Connection).is_empty();
            let is_told = at.ours.0.keys().any(|actor| {
                let mut told = errors(at.ours(*actor));
                matches!(actor, Actor::ReceivedBody(_))
                    && told.any(|error| error.debug.contains("\"connection error\""))
            });
            steps.any(|step| matches!(step, Step::WritesFail(_)))
                && (serves_more || is_earlier || is_told)
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
        id: "§4.8-1 gathered",
        what: "answers to requests that came together leave together, and a transport that fails is noticed then",
        how: How::Diverges(|scenario, at| {
            let mut steps = scenario.steps.iter().take(at.stamp.step);
            let has_failed = steps.any(|step| matches!(step, Step::WritesFail(_)));
            let noticed = |entries| {
                let mut errors = errors(entries);
                errors.any(|error| error.debug.contains("BodyWrite,"))
            };
            let ours = noticed(at.ours.of(Actor::Connection));
            let published = noticed(at.published.of(Actor::Connection));
            has_failed && (published && serves_more(at) || ours != published)
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
        id: "§8.15",
        what: "and its body is not asked for anything",
        how: How::Diverges(|scenario, at| {
            let gave_less = at.ours.0.keys().all(|actor| match actor {
                Actor::SentBody(_) => true,
                _ => at.ours(*actor).is_empty() && at.published(*actor).is_empty(),
            });
            let has_length = |plan: &ResponsePlan| {
                plan.fields.iter().any(|(name, _)| *name == "content-length")
            };
            gave_less && answers_with(scenario, has_length)
        }),
    },
    Difference {
        id: "§4.8-7",
        what: "when an idle connection begins to count does not depend on the transport taking the answer",
        how: How::Diverges(|scenario, at| {
            let is_timeout = |entries| errors(entries).any(|error| error.is.contains(&"timeout"));
            let ours = at.ours.of(Actor::Connection);
            let is_later = at.ours(Actor::Connection).is_empty();
            scenario.transport.room.is_some()
                && (is_timeout(ours) || is_later)
                && is_timeout(at.published.of(Actor::Connection))
                && at.concerns_only(&[Actor::Wire, Actor::Connection])
        }),
    },
    Difference {
        id: "§8.14",
        what: "no version of a response panics; HTTP/0.9 is one of 1.0",
        how: How::Diverges(|scenario, at| {
            let panicked = at.published(Actor::Connection).iter();
            let mut panicked = panicked.filter(|(_, event)| {
                matches!(event, Event::Panicked(text) if text.starts_with("unexpected response version"))
            });
            let is_of_0_9 = answers_with(scenario, |plan| plan.version == Version::HTTP_09);
            let ours = at.before(Actor::Connection);
            let ends = ours.iter().any(|(_, event)| *event == Event::Done);
            panicked.next().is_some() || is_of_0_9 && ends
        }),
    },
    Difference {
        id: "§8.3",
        what: "a rest of a request that nobody reads is read and thrown away",
        how: How::Diverges(|_, at| is_unread_rest(at)),
    },
    Difference {
        id: "§4.1-7",
        what: "when an error in an unfinished head is found does not depend on how it was split",
        how: How::Diverges(|_, at| is_error_in_unfinished_head(at)),
    },
];
