//! What a server sends otherwise, and what comes of a response that cannot be sent.

use http::Version;

use super::plans::lengths;
use crate::differences::{Difference, How};
use crate::h1::scenario::{Mode, ServerScenario};
use crate::h1::seen::{concerns_only_sent_bodies, writes_less};
use crate::observation::{Actor, ErrorView, Event};
use crate::plan::ResponsePlan;
use crate::seen::{answers_with, errors, writes_have_failed};

pub const SENT: &[Difference<ServerScenario>] = &[
    Difference {
        id: "§3.1-10 exact",
        what: "what counts against `max_buf_size` may be some bytes more or fewer",
        how: How::Diverges(|scenario, at| {
            scenario.options.max_buf_size.is_some()
                && scenario.transport.room.is_some()
                && concerns_only_sent_bodies(at)
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
            let has_failed = writes_have_failed(&scenario.steps, at);
            let is_shutdown_error =
                errors(at.published(Actor::Connection)).any(|error| error.is.contains(&"shutdown"));
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
        id: "§8.15",
        what: "a `content-length` that contradicts the body fails the message",
        how: How::Diverges(|scenario, at| {
            let refused = errors(at.ours(Actor::Connection));
            let mut refused = refused.filter(|error| error.debug.contains("UnexpectedHeader"));
            refused.next().is_some()
                && answers_with(&scenario.services, |plan| {
                    plan.fields
                        .iter()
                        .any(|(name, _)| *name == "content-length")
                })
        }),
    },
    Difference {
        id: "§8.15 repeated",
        what: "lines of `content-length` that say the same are one",
        how: How::Diverges(|scenario, at| {
            let published = errors(at.published(Actor::Connection));
            let mut refused = published.filter(|error| error.debug.contains("UnexpectedHeader"));
            refused.next().is_some()
                && answers_with(&scenario.services, |plan| lengths(plan).len() > 1)
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
                plan.fields
                    .iter()
                    .any(|(name, _)| *name == "content-length")
            };
            gave_less && answers_with(&scenario.services, has_length)
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
            let is_of_0_9 =
                answers_with(&scenario.services, |plan| plan.version == Version::HTTP_09);
            let ours = at.before(Actor::Connection);
            let ends = ours.iter().any(|(_, event)| *event == Event::Done);
            panicked.next().is_some() || is_of_0_9 && ends
        }),
    },
];
