//! What an HTTP/2 client does otherwise than hyper 1.12.0, on purpose.

use crate::differences::{Difference, Divergence, How};
use crate::observation::{Actor, Event};
use crate::plan::CallPlan;
use crate::script::Step;

use super::scenario::ClientScenario;
use super::seen::{
    concerned, earlier_drops, ends_behind_trailers, errors, flushes, has_note, is_flush,
    plain_io_errors, same_credit, stripped_fields, tunnel_errors,
};

fn calls(scenario: &ClientScenario, holds: impl Fn(&CallPlan) -> bool) -> bool {
    scenario.calls.iter().any(holds)
}

fn is_connect(call: &CallPlan) -> bool {
    call.request.method == "CONNECT"
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
        id: "§2.3-7",
        what: "an error of the transport may be another `io::Error` that says the same",
        how: How::Rewrites(|_, ours, published| plain_io_errors(ours) | plain_io_errors(published)),
    },
    Difference {
        id: "T46",
        what: "a body is let go of when it has given its last frame, though that waits for window",
        how: How::Rewrites(|_, ours, published| earlier_drops(ours, published)),
    },
    Difference {
        id: "T25",
        what: "the failure of a tunnel is repeated, with its kind, by write, flush and shutdown",
        how: How::Rewrites(|_, ours, published| tunnel_errors(ours, published)),
    },
    Difference {
        id: "§7.1-3",
        what: "behind trailers comes the end, whatever has become of the connection",
        how: How::Rewrites(|_, ours, published| ends_behind_trailers(ours, published)),
    },
    Difference {
        id: "§6.1-5",
        what: "credit is given back in one update or in two",
        how: How::Rewrites(|_, ours, published| same_credit(ours, published)),
    },
    Difference {
        id: "§8.18",
        what: "what all lines of `connection` and `te` say is looked at",
        how: How::Rewrites(|_, ours, published| stripped_fields(ours, published)),
    },
    Difference {
        id: "§8.24",
        what: "a response to HEAD has an empty body, whose size is known to be 0",
        how: How::Rewrites(|scenario, ours, published| {
            let mut found = false;
            for (number, call) in scenario.calls.iter().enumerate() {
                let body = Actor::ReceivedBody(number);
                if call.request.method == "HEAD" && ours.of(body) != published.of(body) {
                    ours.0.remove(&body);
                    published.0.remove(&body);
                    found = true;
                }
            }
            found
        }),
    },
    Difference {
        id: "§3.3-1",
        what: "a window beyond 2^31-1 panics when the connection is made",
        how: How::Diverges(|scenario, _| {
            let common = &scenario.options.common;
            let sizes = [
                common.initial_stream_window_size,
                common.initial_connection_window_size,
            ];
            sizes.contains(&Some(Some(1 << 31)))
        }),
    },
    Difference {
        id: "T42",
        what: "any 2xx to CONNECT opens a tunnel",
        how: How::Diverges(|_, at| {
            at.ours
                .0
                .keys()
                .any(|actor| match (at.ours(*actor), at.published(*actor)) {
                    ([(_, Event::Head(ours)), ..], [(_, Event::Head(published)), ..]) => {
                        ours.contains(" 2")
                            && ours.replace("upgrade true", "upgrade false") == *published
                    }
                    _ => false,
                })
        }),
    },
    Difference {
        id: "§6.4-4",
        what: "CONNECT has no `content-length`, not even one that is none",
        how: How::Diverges(|_, at| told(at, "InvalidConnectWithBody")),
    },
    Difference {
        id: "T44",
        what: "an extended CONNECT is not sent to a peer that has not enabled it",
        how: How::Diverges(|_, at| told(at, "peer has not enabled extended CONNECT")),
    },
    Difference {
        id: "T8",
        what: "a flush of a tunnel waits for window",
        how: How::Diverges(|scenario, at| {
            calls(scenario, |call| flushes(&call.upgrade)) && is_flush(at)
        }),
    },
    Difference {
        id: "§2.4-7",
        what: "a transport that fails is noticed when something is written",
        how: How::Diverges(|scenario, at| {
            let mut steps = scenario.steps.iter().take(at.stamp.step);
            steps.any(|step| matches!(step, Step::WritesFail(_)))
        }),
    },
    Difference {
        id: "T29",
        what:
            "a tunnel that was dropped ends with END_STREAM, and is reset only when it has lingered",
        how: How::Diverges(|scenario, at| {
            let is_tunnel =
                |actor: &Actor| matches!(actor, Actor::Stream(_) | Actor::Wire | Actor::Connection);
            let is_reset = |actor: &Actor| {
                let is_reset = |entries| has_note(entries, "RST_STREAM");
                is_reset(at.ours(*actor)) != is_reset(at.published(*actor))
            };
            let actors = concerned(at);
            calls(scenario, is_connect)
                && actors.iter().all(is_tunnel)
                && actors.iter().any(is_reset)
        }),
    },
];
