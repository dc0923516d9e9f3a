//! What a client's connection does otherwise: when it is ready, and how it ends.

use crate::differences::{bytes, Difference, How};
use crate::h1::scenario::ClientScenario;
use crate::h1::seen::has_unread_body;
use crate::observation::{Actor, Event};
use crate::script::Step;
use crate::seen::{errors, has_note, notices_failure, told_published, writes_have_failed};

pub const CONNECTION: &[Difference<ClientScenario>] = &[
    Difference {
        id: "§8.1",
        what: "a connection whose response is complete does not wait for a body that stalls",
        how: How::Diverges(|scenario, at| {
            let ours = match scenario.transport.room {
                Some(_) => at.ours.of(Actor::Connection),
                None => at.before(Actor::Connection),
            };
            let is_end = |event: &Event| match event {
                // What is written yet may fail.
                Event::Error(_) => scenario.transport.room.is_some(),
                event => *event == Event::Done,
            };
            let ends = ours.iter().any(|(_, event)| is_end(event));
            let stalls = at.ours.0.keys().any(|actor| {
                let seen = at.before(*actor);
                let has = |what: Event| seen.iter().any(|(_, event)| *event == what);
                matches!(actor, Actor::SentBody(_)) && has(Event::Dropped) && !has(Event::End)
            });
            let mut published = errors(at.published(Actor::Connection));
            let is_missed = published.any(|error| {
                error.is.contains(&"incomplete_message") || error.debug.contains("Error(Io")
            });
            let is_narrow = scenario.transport.room.is_some();
            let is_dropped = is_narrow
                && at.ours.0.keys().all(|actor| {
                    matches!(actor, Actor::SentBody(_))
                        || at.ours(*actor).is_empty() && at.published(*actor).is_empty()
                });
            let both = [at.ours(Actor::Connection), at.published(Actor::Connection)];
            let ends_too = ends && both.iter().all(|seen| seen.is_empty());
            let is_later = is_missed || at.published(Actor::Wire).is_empty();
            stalls && (is_dropped || ends_too || ends && is_later)
        }),
    },
    Difference {
        id: "§5.3-1",
        what: "a transport that fails as the last handle goes is not shut down",
        how: How::Diverges(|scenario, at| {
            let mut steps = scenario.steps.iter().take(at.stamp.step);
            let failed = steps.any(|step| matches!(step, Step::ReadsFail(_)));
            let mut told = errors(at.before(Actor::Connection));
            let is_told = told.any(|error| error.debug.contains("Error(Io"));
            failed
                && is_told
                && at.concerns_only(&[Actor::Wire])
                && has_note(at.published(Actor::Wire), "shutdown")
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
                let mut others = at.published(*actor).iter();
                // Where it was begun, its body may have failed already.
                let is_begun = |event: &Event| matches!(event, Event::Error(error) if error.debug.contains("User(Body)"));
                told.any(|error| error.debug.contains("connection was not ready"))
                    && others.all(|(_, event)| is_begun(event))
            });
            let is_early = ours.is_empty() && (is_next || has_note(published, ready));
            let is_late = scenario.transport.vectored
                && at.ours.0.keys().any(|actor| {
                    let done = at
                        .ours(*actor)
                        .iter()
                        .any(|(_, event)| *event == Event::Done);
                    matches!(actor, Actor::Exchange(1..)) && done && at.published(*actor).is_empty()
                });
            let is_never = has_note(ours, ready) && published.is_empty();
            let is_unexpected = ours.is_empty()
                && errors(published).any(|error| error.debug.contains("UnexpectedMessage"));
            scenario.transport.room.is_some()
                && (is_early || is_late || is_never || is_refused || is_unexpected)
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
        id: "§8.27",
        what: "a response that arrives is received also where writing has failed",
        how: How::Diverges(|scenario, at| {
            writes_have_failed(&scenario.steps, at) && notices_failure(at)
        }),
    },
    Difference {
        id: "§5.3-2",
        what: "a request whose exchange has failed is not written any more",
        how: How::Diverges(|scenario, at| {
            let dropped = at
                .ours(Actor::Wire)
                .iter()
                .any(|(_, event)| *event == Event::Dropped);
            let waits = at
                .published(Actor::Wire)
                .iter()
                .all(|(_, event)| matches!(event, Event::Note(_)));
            scenario.transport.room.is_some() && dropped && waits
        }),
    },
    Difference {
        id: "T42",
        what: "any 2xx to CONNECT opens a tunnel, and what has no head does not",
        how: How::Diverges(|_, at| {
            at.ours
                .0
                .keys()
                .any(|actor| match (at.ours(*actor), at.published(*actor)) {
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
                || has_note(at.published(Actor::Wire), "shutdown")
                || at
                    .published(Actor::Connection)
                    .iter()
                    .any(|(_, event)| *event == Event::Done);
            ended && has_unread_body(at.ours, Some(at.stamp))
        }),
    },
];
