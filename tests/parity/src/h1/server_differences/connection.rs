//! What a server's connection does otherwise: which requests it serves, and how it ends.

use super::plans::input_is_over;
use crate::differences::{bytes, Difference, How};
use crate::h1::scenario::ServerScenario;
use crate::h1::seen::{drop_flushes, is_unread_rest, is_upgraded, refused_upgrades, serves_more};
use crate::observation::{Actor, Event};
use crate::script::Step;
use crate::seen::{errors, has_note, has_sent, writes_have_failed};

pub const CONNECTION: &[Difference<ServerScenario>] = &[
    Difference {
        id: "§4.8-1 flush",
        what: "answers that leave together are flushed together",
        how: How::Rewrites(|scenario, ours, published| {
            scenario.transport.room.is_some() && drop_flushes(ours, published)
        }),
    },
    Difference {
        id: "§8.6",
        what: "an upgrade that is refused fails when it is refused",
        how: How::Rewrites(|_, ours, published| refused_upgrades(ours, published)),
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
                && !has_note(published, "shutdown");
            let waits = scenario.transport.room.is_some() && at.ours(Actor::Connection).is_empty();
            let offers = has_sent(&scenario.steps, b"CONNECT ") || has_sent(&scenario.steps, b"upgrade: ");
            let wire = at.published.of(Actor::Wire);
            let is_narrow = scenario.transport.room.is_some()
                && at.concerns_only(&[Actor::Wire])
                && offers
                && !has_note(wire, "shutdown");
            is_narrow
                || is_dropped && (at.concerns_only(&[Actor::Wire]) && has_note(ours, "shutdown") || waits && offers)
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
            writes_have_failed(&scenario.steps, at)
                && (serves_more || is_earlier || is_told)
        }),
    },
    Difference {
        id: "§4.8-1 gathered",
        what: "answers to requests that came together leave together, and a transport that fails is noticed then",
        how: How::Diverges(|scenario, at| {
            let has_failed = writes_have_failed(&scenario.steps, at);
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
        id: "§8.3",
        what: "a rest of a request that nobody reads is read and thrown away",
        how: How::Diverges(|_, at| is_unread_rest(at)),
    },
];
