//! CONNECT: what a tunnel does otherwise.

use super::plans::{calls, is_connect, is_goaway, streams};
use crate::differences::{Difference, How};
use crate::h2::rewrites::{cut_stream, refused_ends, tunnel_errors, tunnel_trailers};
use crate::h2::scenario::ClientScenario;
use crate::h2::seen::{
    differing_streams, goes_on, goes_on_here, is_house, peer_ends, reads_more, writes,
};
use crate::observation::{Actor, Entry, Event};
use crate::plan::UpgradePlan;
use crate::seen::{errors, has_note, told};

pub const TUNNELS: &[Difference<ClientScenario>] = &[
    Difference {
        id: "T25",
        what: "the failure of a tunnel is repeated, with its kind, by write, flush and shutdown",
        how: How::Rewrites(|scenario, ours, published| {
            tunnel_errors(ours, published, peer_ends(&scenario.steps, &streams(scenario)))
        }),
    },
    Difference {
        id: "T34",
        what: "a tunnel that nobody takes is reset with CANCEL",
        how: How::Rewrites(|scenario, ours, published| {
            let forgets = calls(scenario, |call| {
                let forgets = matches!(call.upgrade, UpgradePlan::Ignore | UpgradePlan::Forget);
                is_connect(call) && forgets
            });
            let mut found = false;
            for stream in differing_streams(ours, published) {
                let is_reset = |entries| has_note(entries, "RST_STREAM CANCEL");
                if forgets && is_reset(ours.of(stream)) && !is_reset(published.of(stream)) {
                    cut_stream(ours, published, stream);
                    found = true;
                }
            }
            found
        }),
    },
    Difference {
        id: "T41",
        what: "trailers on a tunnel are a violation",
        how: How::Rewrites(|scenario, ours, published| {
            calls(scenario, is_connect) && tunnel_trailers(ours, published, &streams(scenario))
        }),
    },
    Difference {
        id: "T42 refused",
        what: "a CONNECT that was refused ends, and is not reset when its response is let go of",
        how: How::Rewrites(|scenario, ours, published| {
            calls(scenario, is_connect) && refused_ends(ours, published)
        }),
    },
    Difference {
        id: "T42",
        what: "any 2xx to CONNECT opens a tunnel",
        how: How::Diverges(|_, at| {
            at.ours.0.keys().any(|actor| match (at.ours(*actor), at.published(*actor)) {
                ([(_, Event::Head(ours)), ..], [(_, Event::Head(published)), ..]) => {
                    ours.contains(" 2") && ours.replace("upgrade true", "upgrade false") == *published
                }
                _ => false,
            })
        }),
    },
    Difference {
        id: "T42 length",
        what: "what opens a tunnel has no `content-length`",
        how: How::Diverges(|scenario, at| calls(scenario, is_connect) && told(at, "Reason(INTERNAL_ERROR)")),
    },
    Difference {
        id: "T29 end",
        what: "a connection that nobody uses any more waits for the peer's end of a tunnel that was dropped",
        how: How::Diverges(|scenario, at| {
            calls(scenario, is_connect)
                && is_goaway(at.published(Actor::Stream(0)))
                && !is_goaway(at.ours(Actor::Stream(0)))
                && at.concerned().iter().all(is_house)
        }),
    },
    Difference {
        id: "T29 slot",
        what: "a tunnel that was dropped has its place among the concurrent streams until it has ended",
        how: How::Diverges(|scenario, at| {
            let opens = |entries: &[Entry]| entries.iter().any(|(_, event)| matches!(event, Event::Fields(_)));
            calls(scenario, is_connect)
                && at.published.0.keys().any(|actor| {
                    let is_stream = matches!(actor, Actor::Stream(_));
                    is_stream && opens(at.published(*actor)) && !opens(at.ours(*actor))
                })
        }),
    },
    Difference {
        id: "T29 violation",
        what: "what is wrong on a tunnel that was dropped counts against the connection until it has ended",
        how: How::Diverges(|scenario, at| {
            calls(scenario, is_connect)
                && told(at, "too_many_internal_resets")
                && at.published(Actor::Connection).is_empty()
        }),
    },
    Difference {
        id: "T39",
        what: "a read from a tunnel takes as many DATA frames as its buffer has room for",
        how: How::Diverges(|_, at| reads_more(at)),
    },
    Difference {
        id: "T42 refused",
        what: "what is wrong with the window of a CONNECT that was refused is nobody's concern",
        how: How::Diverges(|scenario, at| {
            let is_told = at.published.0.keys().any(|actor| {
                let mut told = errors(at.published(*actor));
                told.any(|error| error.debug.contains("FLOW_CONTROL_ERROR, Library"))
            });
            calls(scenario, is_connect) && is_told && !told(at, "FLOW_CONTROL_ERROR")
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
        what: "a tunnel takes no more than there is room for, and a flush waits for window",
        how: How::Diverges(|scenario, at| {
            calls(scenario, |call| writes(&call.upgrade)) && goes_on(at)
        }),
    },
    Difference {
        id: "T37",
        what: "a tunnel takes any number of small writes, as long as there is room for their bytes",
        how: How::Diverges(|scenario, at| {
            calls(scenario, |call| writes(&call.upgrade)) && goes_on_here(at)
        }),
    },
    Difference {
        id: "T29",
        what: "a tunnel that was dropped ends with END_STREAM, and is reset only when it has lingered",
        how: How::Diverges(|scenario, at| {
            let is_tunnel = |actor: &Actor| {
                matches!(actor, Actor::Stream(_) | Actor::Wire | Actor::Connection)
            };
            let is_reset = |actor: &Actor| {
                let is_reset = |entries| has_note(entries, "RST_STREAM");
                is_reset(at.ours(*actor)) != is_reset(at.published(*actor))
            };
            let actors = at.concerned();
            calls(scenario, is_connect)
                && actors.iter().all(is_tunnel)
                && actors.iter().any(is_reset)
        }),
    },
];
