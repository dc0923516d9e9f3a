//! What a connection does otherwise: pings, and how it ends.

use crate::differences::{Difference, How};
use crate::h2::scenario::ServerScenario;
use crate::h2::seen::is_house;
use crate::observation::{Actor, Event, Observation};
use crate::seen::{errors, panics, writes_have_failed};

pub const CONNECTION: &[Difference<ServerScenario>] = &[
    Difference {
        id: "§6.5-1",
        what: "that a request without content has come to its end is no sign of life",
        how: How::Diverges(|scenario, at| {
            let is_timeout = |entries| errors(entries).any(|error| error.is.contains(&"timeout"));
            let is_late = scenario
                .services
                .iter()
                .any(|plan| plan.read.pause > 0 || plan.read.between > 0);
            let both_time_out = is_timeout(at.ours.of(Actor::Connection))
                && is_timeout(at.published.of(Actor::Connection));
            let is_ping = |observation: &Observation| {
                let mut seen = observation.of(Actor::Stream(0)).iter();
                seen.any(|(stamp, event)| {
                    let is_ping =
                        matches!(event, Event::Note(note) if note.starts_with("Ping { ack: false"));
                    is_ping && *stamp == at.stamp
                })
            };
            let common = &scenario.options.common;
            common.keep_alive_interval.is_some()
                && is_late
                && at.concerned().iter().all(is_house)
                && (is_ping(at.ours) || is_ping(at.published) || both_time_out)
        }),
    },
    Difference {
        id: "§6.5-3",
        what: "of a GOAWAY that was received and a ping that was not answered the later is told",
        how: How::Diverges(|_, at| {
            let told = |entries| errors(entries).next().cloned();
            let ours = told(at.ours(Actor::Connection));
            let published = told(at.published(Actor::Connection));
            ours.is_some_and(|error| error.is.contains(&"timeout"))
                && published.is_some_and(|error| error.debug.contains("Remote"))
        }),
    },
    Difference {
        id: "§3.3-1",
        what: "a window beyond 2^31-1 panics when the connection is made",
        how: How::Diverges(|scenario, at| {
            let common = &scenario.options.common;
            let sizes = [
                common.initial_stream_window_size,
                common.initial_connection_window_size,
            ];
            sizes.contains(&Some(Some(1 << 31))) && panics(at, "a window must not exceed")
        }),
    },
    Difference {
        id: "§2.4-7",
        what: "a transport that fails is noticed when something is written",
        how: How::Diverges(|scenario, at| {
            let has_failed = writes_have_failed(&scenario.steps, at);
            let is_told = at.published.0.keys().any(|actor| {
                let is_user = matches!(actor, Actor::Connection | Actor::Upgrade(_));
                is_user
                    && errors(at.published(*actor)).next().is_some()
                    && !matches!(at.ours(*actor), [(_, Event::Error(_)), ..])
            });
            // And before what is in the same read behind what had to be answered.
            let is_earlier = |actor: &Actor| {
                let mut ours = errors(at.ours(*actor));
                matches!(actor, Actor::ReceivedBody(_))
                    && ours.any(|error| error.debug.contains("BrokenPipe"))
            };
            has_failed && (is_told || at.concerned().iter().any(is_earlier))
        }),
    },
];
