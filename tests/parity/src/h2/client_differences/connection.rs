//! What a connection does otherwise: pings, and how it ends.

use super::plans::{calls, gives_up_alone, is_goaway};
use crate::differences::{Difference, How};
use crate::h2::scenario::ClientScenario;
use crate::h2::seen::{has_sent_goaway, is_house};
use crate::observation::{Actor, Entry, Event, Observation};
use crate::plan::Piece;
use crate::script::Step;
use crate::seen::{errors, has_note, notices_failure, panics, writes_have_failed};

pub const CONNECTION: &[Difference<ClientScenario>] = &[
    Difference {
        id: "§6.3-11",
        what: "a request that waits to be opened is told how the connection ended",
        how: How::Rewrites(|_, ours, published| {
            let mut found = false;
            for (actor, seen) in &mut ours.0 {
                let Some(others) = published.0.get_mut(actor) else {
                    continue;
                };
                if let ([.., (at, Event::Error(error))], [.., (when, Event::Error(gone))]) = (&seen[..], &others[..]) {
                    let is_gone = gone.debug.contains("runtime dropped the dispatch task");
                    if matches!(actor, Actor::Exchange(_)) && is_gone && at == when && error != gone {
                        seen.pop();
                        others.pop();
                        found = true;
                    }
                }
            }
            found
        }),
    },
    Difference {
        id: "§6.3-10 end",
        what: "a transport that ends without GOAWAY is a good end where no stream is open",
        how: How::Rewrites(|_, ours, published| {
            let entries = published.0.entry(Actor::Connection).or_default();
            let at = entries.iter().rposition(|(_, event)| match event {
                Event::Error(error) => error.debug.starts_with("hyper::Error(Io, Custom { kind: BrokenPipe"),
                _ => false,
            });
            let is_good = |at: &usize| ours.of(Actor::Connection).get(*at) == Some(&(entries[*at].0, Event::Done));
            let Some(at) = at.filter(is_good) else {
                return false;
            };
            entries[at].1 = Event::Done;
            true
        }),
    },
    Difference {
        id: "§3.3-1",
        what: "a window beyond 2^31-1 panics when the connection is made",
        how: How::Diverges(|scenario, at| {
            let common = &scenario.options.common;
            let sizes = [common.initial_stream_window_size, common.initial_connection_window_size];
            sizes.contains(&Some(Some(1 << 31))) && panics(at, "a window must not exceed")
        }),
    },
    Difference {
        id: "§6.3-10",
        what: "a connection that nobody uses any more does not wait for a response that has arrived to be read",
        how: How::Diverges(|_, at| {
            is_goaway(at.ours(Actor::Stream(0)))
                && !is_goaway(at.published(Actor::Stream(0)))
                && at.concerned().iter().all(is_house)
        }),
    },
    Difference {
        id: "§6.3-11 dropped",
        what: "a request that waits is opened also where the connection's future was dropped meanwhile",
        how: How::Diverges(|scenario, at| {
            scenario.steps.contains(&Step::DropConnection)
                && is_goaway(at.published(Actor::Stream(0)))
                && !is_goaway(at.ours(Actor::Stream(0)))
                && at.concerned().iter().all(is_house)
        }),
    },
    Difference {
        id: "§6.3-11 ready",
        what: "who waits for a connection to be ready learns that it is over when it sends, or before",
        how: How::Rewrites(|_, ours, published| {
            let mut found = false;
            for (actor, seen) in &mut ours.0 {
                let Some(others) = published.0.get_mut(actor) else {
                    continue;
                };
                let same = seen.iter().zip(&*others).take_while(|(a, b)| a == b).count();
                let has_ended = |entry: &Entry| match &entry.1 {
                    Event::Error(error) => error.is.contains(&"canceled") || error.is.contains(&"closed"),
                    Event::Note(note) => note == "canceled" || note.starts_with("given back"),
                    event => *event == Event::Done,
                };
                let (rest, others_rest) = (&seen[same..], &others[same..]);
                let mut both = rest.iter().chain(others_rest);
                let is_over = both.clone().all(has_ended);
                let at_once = both.all(|entry| Some(entry.0) == rest.first().map(|first| first.0));
                if matches!(actor, Actor::Exchange(_)) && !rest.is_empty() && is_over && at_once {
                    seen.truncate(same);
                    others.truncate(same);
                    found = true;
                }
            }
            found
        }),
    },
    Difference {
        id: "§6.3-11 polled",
        what: "how often the connection's future is polled, and so when new limits are seen",
        how: How::Rewrites(|scenario, ours, published| {
            let is_limit = |entry: &Entry| has_note(std::slice::from_ref(entry), "streams to send");
            let texts = |observation: &Observation| {
                let limits = observation.of(Actor::Connection).iter().filter(|entry| is_limit(entry));
                limits.map(|(_, event)| event.clone()).collect::<Vec<_>>()
            };
            let (one, other) = (texts(ours), texts(published));
            let (longer, shorter) = if one.len() < other.len() { (other, one) } else { (one, other) };
            let mut rest = longer.iter();
            let is_part = shorter.iter().all(|limit| rest.any(|other| other == limit));
            // One that has noticed the failure of its transport sees no more of them.
            let may_miss = scenario.steps.iter().any(|step| matches!(step, Step::WritesFail(_)));
            if !is_part && !may_miss || ours.of(Actor::Connection) == published.of(Actor::Connection) {
                return false;
            }
            for observation in [ours, published] {
                let entries = observation.0.entry(Actor::Connection).or_default();
                entries.retain(|entry| !is_limit(entry));
            }
            true
        }),
    },
    Difference {
        id: "§6.5-2",
        what: "a stream that is open is pinged for, whoever holds a handle, and one that will never be is not",
        how: How::Diverges(|scenario, at| {
            let pings = |entries| has_note(entries, "Ping { ack: false");
            let was_cancelled = at.ours.0.keys().any(|actor| has_note(at.before(*actor), "canceled"));
            let is_pinged = pings(at.ours(Actor::Stream(0)))
                || was_cancelled && pings(at.published(Actor::Stream(0)));
            scenario.options.common.keep_alive_interval.is_some()
                && (is_pinged && at.concerned().iter().all(is_house) || gives_up_alone(at))
        }),
    },
    Difference {
        id: "§6.3-11",
        what: "a request that waits to be opened is opened yet, if the connection goes on",
        how: How::Diverges(|_, at| {
            at.published.0.keys().any(|actor| {
                let mut told = errors(at.published(*actor));
                let is_gone = told.any(|error| error.debug.contains("runtime dropped the dispatch task"));
                matches!(actor, Actor::Exchange(_)) && is_gone && errors(at.ours(*actor)).next().is_none()
            })
        }),
    },
    Difference {
        id: "§6.3-5",
        what: "how a request is reset that waits to be opened while its body fails and its connection ends",
        how: How::Diverges(|scenario, at| {
            let is_reset = |actor: &Actor| {
                let is_reset = |entries| has_note(entries, "RST_STREAM");
                is_reset(at.ours(*actor)) && is_reset(at.published(*actor))
            };
            let fails = |piece: &Piece| matches!(piece, Piece::Fail(_));
            calls(scenario, |call| call.request.body.pieces.iter().any(fails))
                && at.concerned().iter().all(is_reset)
        }),
    },
    Difference {
        id: "§6.3-10 polled",
        what: "how often the connection's future is polled, and so when a goodbye is noticed while streams are open",
        how: How::Diverges(|scenario, at| {
            let ends = at.published(Actor::Connection).iter().any(|(_, event)| matches!(event, Event::Done | Event::Error(_)));
            ends && at.concerned() == [Actor::Connection]
                && at.ours(Actor::Connection).is_empty()
                && has_sent_goaway(&scenario.steps)
        }),
    },
    Difference {
        id: "§6.3-11 cancelled",
        what: "a request that is cancelled while it waits to be opened keeps no connection that was told to go",
        how: How::Diverges(|scenario, at| {
            let is_end = |(_, event): &Entry| matches!(event, Event::Done | Event::Error(_));
            let was_cancelled = at.ours.0.keys().any(|actor| {
                matches!(actor, Actor::Exchange(_)) && has_note(at.before(*actor), "canceled")
            });
            // Who waits behind it is told, too.
            let is_told = |actor: &Actor| {
                let mut told = errors(at.ours(*actor));
                matches!(actor, Actor::Exchange(_)) && told.all(|error| error.is.contains(&"canceled"))
            };
            let mut others = at.concerned().into_iter().filter(|actor| *actor != Actor::Connection);
            was_cancelled
                && others.all(|actor| is_told(&actor))
                && at.ours(Actor::Connection).iter().any(is_end)
                && at.published(Actor::Connection).is_empty()
                && has_sent_goaway(&scenario.steps)
        }),
    },
    Difference {
        id: "§6.3-11 body",
        what: "a request whose body fails while it waits to be opened is told at once",
        how: How::Diverges(|_, at| {
            at.ours.0.keys().any(|actor| {
                let mut told = errors(at.ours(*actor));
                matches!(actor, Actor::Exchange(_))
                    && told.any(|error| error.debug.contains("INTERNAL_ERROR, User"))
                    && at.published(*actor).is_empty()
            })
        }),
    },
    Difference {
        id: "§2.4-7",
        what: "a transport that fails is noticed when something is written",
        how: How::Diverges(|scenario, at| {
            writes_have_failed(&scenario.steps, at) && notices_failure(at)
        }),
    },
];
