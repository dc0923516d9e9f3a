//! CONNECT: what a tunnel does otherwise.

use std::time::Duration;

use crate::differences::{Difference, How};
use crate::h2::rewrites::{cut_stream, tunnel_errors, tunnel_trailers};
use crate::h2::scenario::ServerScenario;
use crate::h2::seen::{
    connect_streams, differing_streams, goes_on, goes_on_here, is_house, peer_ends, reads_more,
    writes,
};
use crate::observation::{Actor, Event};
use crate::plan::{ResponsePlan, UpgradePlan};
use crate::seen::{answers_with, errors, has_note, has_sent};

/// The default of `tunnel_linger`.
const LINGER: Duration = Duration::from_secs(30);

pub const TUNNELS: &[Difference<ServerScenario>] = &[
    Difference {
        id: "§8.21",
        what: "a malformed CONNECT resets its own stream and leaves the connection alone",
        how: How::Diverges(|scenario, at| {
            let streams = connect_streams(&scenario.steps);
            let is_reset = streams.iter().any(|stream| {
                let ours = at.ours(Actor::Stream(*stream));
                has_note(ours, "RST_STREAM INTERNAL_ERROR") || has_note(ours, "RST_STREAM PROTOCOL_ERROR")
            });
            let published = at.published(Actor::Connection);
            let ends = published.iter().any(|(_, event)| *event == Event::Done)
                && !at.ours(Actor::Connection).iter().any(|(_, event)| *event == Event::Done);
            let is_malformed = !streams.is_empty() && has_sent(&scenario.steps, b"content-length");
            let serves_nowhere = at.published.0.keys().any(|actor| {
                let mut seen = at.published(*actor).iter();
                seen.any(|(_, event)| matches!(event, Event::Head(head) if head.starts_with("CONNECT  ")))
            });
            let says_goodbye = |entries| has_note(entries, "GoAway");
            let names_other = at.concerned() == [Actor::Stream(0)]
                && says_goodbye(at.ours(Actor::Stream(0)))
                && says_goodbye(at.published(Actor::Stream(0)));
            is_reset || serves_nowhere || is_malformed && (ends || names_other)
        }),
    },
    Difference {
        id: "T34",
        what: "a tunnel that nobody takes is reset with CANCEL",
        how: How::Rewrites(|scenario, ours, published| {
            let mut plans = scenario.services.iter().map(|plan| &plan.upgrade);
            let forgets = plans.any(|plan| matches!(plan, UpgradePlan::Ignore | UpgradePlan::Forget));
            if !forgets || !has_sent(&scenario.steps, b"\x07CONNECT") {
                return false;
            }
            let mut found = false;
            for stream in differing_streams(ours, published) {
                let is_reset = has_note(ours.of(stream), "RST_STREAM CANCEL");
                if is_reset && !has_note(published.of(stream), "RST_STREAM CANCEL") {
                    ours.0.remove(&stream);
                    published.0.remove(&stream);
                    found = true;
                }
            }
            found
        }),
    },
    Difference {
        id: "T25",
        what: "the failure of a tunnel is repeated, with its kind, by write, flush and shutdown",
        how: How::Rewrites(|scenario, ours, published| {
            let streams = connect_streams(&scenario.steps);
            tunnel_errors(ours, published, peer_ends(&scenario.steps, &streams))
        }),
    },
    Difference {
        id: "T29",
        what: "a tunnel that was dropped ends with END_STREAM, and is reset only when it has lingered",
        how: How::Rewrites(|scenario, ours, published| {
            let mut found = false;
            for stream in connect_streams(&scenario.steps) {
                for observation in [&mut *ours, published] {
                    let Some(seen) = observation.0.get_mut(&Actor::Stream(stream)) else {
                        continue;
                    };
                    // Lingering, it gives credit for what nobody will read.
                    let is_linger = |event: &Event| {
                        matches!(event, Event::Note(note) if note.starts_with("RST_STREAM")
                            || note.starts_with("WINDOW_UPDATE"))
                    };
                    let end = seen.iter().position(|(_, event)| *event == Event::End);
                    let Some(end) = end.filter(|end| end + 1 < seen.len()) else {
                        continue;
                    };
                    if seen[end + 1..].iter().all(|(_, event)| is_linger(event)) {
                        seen.truncate(end + 1);
                        found = true;
                    }
                }
            }
            found
        }),
    },
    Difference {
        id: "T29 patience",
        what: "what a tunnel that was dropped cannot send while it lingers is given up",
        how: How::Diverges(|scenario, at| {
            let mut streams = connect_streams(&scenario.steps).into_iter();
            let is_given_up = |stream| has_note(at.ours(Actor::Stream(stream)), "RST_STREAM CANCEL");
            at.stamp.time >= LINGER && streams.any(is_given_up)
        }),
    },
    Difference {
        id: "§6.4-2",
        what: "a response that opens a tunnel has no `content-length`, not even one that is none",
        how: How::Rewrites(|scenario, ours, published| {
            let has_length = |plan: &ResponsePlan| {
                plan.fields.iter().any(|(name, _)| *name == "content-length")
            };
            let mut found = false;
            for stream in connect_streams(&scenario.steps) {
                let stream = Actor::Stream(stream);
                let is_refused = has_note(ours.of(stream), "RST_STREAM INTERNAL_ERROR");
                if is_refused && ours.of(stream) != published.of(stream) && answers_with(&scenario.services, has_length) {
                    cut_stream(ours, published, stream);
                    found = true;
                }
            }
            for actor in ours.0.keys().copied().collect::<Vec<_>>() {
                let is_told = errors(ours.of(actor)).any(|error| error.is.contains(&"canceled"));
                let is_tunnel = matches!(actor, Actor::Upgrade(_)) && answers_with(&scenario.services, has_length);
                if is_tunnel && is_told && ours.of(actor) != published.of(actor) {
                    cut_stream(ours, published, actor);
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
            tunnel_trailers(ours, published, &connect_streams(&scenario.steps))
        }),
    },
    Difference {
        id: "T29 end",
        what: "a connection that was told to go waits for the peer's end of a tunnel that was dropped",
        how: How::Diverges(|scenario, at| {
            !connect_streams(&scenario.steps).is_empty()
                && at.concerned().iter().all(is_house)
                && !at.published(Actor::Connection).is_empty()
                && at.ours(Actor::Connection).is_empty()
        }),
    },
    Difference {
        id: "T39",
        what: "a read from a tunnel takes as many DATA frames as its buffer has room for",
        how: How::Diverges(|_, at| reads_more(at)),
    },
    Difference {
        id: "T29 slot",
        what: "a tunnel that was dropped has its place among the concurrent streams until it has ended, and a malformed one none",
        how: How::Diverges(|scenario, at| {
            let actors = at.ours.0.keys().chain(at.published.0.keys());
            let is_refused = |entries| has_note(entries, "REFUSED_STREAM");
            let mut actors = actors.map(|actor| (at.ours(*actor), at.published(*actor)));
            let refuses = actors.any(|(ours, published)| is_refused(ours) != is_refused(published));
            let serves = scenario.options.common.max_concurrent_streams.is_some()
                && at.ours.0.keys().any(|actor| {
                    let is_exchange = matches!(actor, Actor::Exchange(_));
                    is_exchange && at.ours(*actor).is_empty() != at.published(*actor).is_empty()
                });
            (refuses || serves) && !connect_streams(&scenario.steps).is_empty()
        }),
    },
    Difference {
        id: "T8",
        what: "a tunnel takes no more than there is room for, and a flush waits for window",
        how: How::Diverges(|scenario, at| {
            let mut plans = scenario.services.iter();
            plans.any(|plan| writes(&plan.upgrade)) && goes_on(at)
        }),
    },
    Difference {
        id: "T37",
        what: "a tunnel takes any number of small writes, as long as there is room for their bytes",
        how: How::Diverges(|scenario, at| {
            let mut plans = scenario.services.iter();
            plans.any(|plan| writes(&plan.upgrade)) && goes_on_here(at)
        }),
    },
];
