//! What an HTTP/2 server does otherwise than hyper 1.12.0, on purpose.

use crate::differences::{bytes, Difference, How};
use crate::observation::{Actor, Event, Observation};
use crate::plan::{Answer, Piece, ResponsePlan, UpgradePlan};
use crate::script::Step;

use super::scenario::ServerScenario;
use super::seen::{
    concerned, connect_streams, cut_stream, differing_streams, earlier_drops, empty_requests,
    ends_behind_trailers, errors, flushes, has_note, has_sent, is_flush, plain_io_errors,
    same_credit, streams_with, stripped_fields, tunnel_errors,
};

fn answers_with(scenario: &ServerScenario, holds: impl Fn(&ResponsePlan) -> bool) -> bool {
    scenario.services.iter().any(|plan| match &plan.answer {
        Answer::Response(plan) | Answer::Echo(plan) => holds(plan),
        _ => false,
    })
}

/// Whether the response on `stream` is to HEAD, or has a status without content.
fn is_without_content(ours: &Observation, stream: Actor, heads: &[u32]) -> bool {
    let Actor::Stream(id) = stream else {
        return false;
    };
    let has_status = |event: &Event| match event {
        Event::Fields(fields) => fields.iter().any(|(name, value)| {
            name == ":status" && (value.starts_with('1') || value == "204" || value == "304")
        }),
        Event::Note(note) => note.starts_with("RST_STREAM INTERNAL_ERROR"),
        _ => false,
    };
    heads.contains(&id) || ours.of(stream).iter().any(|(_, event)| has_status(event))
}

pub const SERVER: &[Difference<ServerScenario>] = &[
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
                && at.ours(Actor::Connection).is_empty();
            let is_malformed = !streams.is_empty() && has_sent(&scenario.steps, b"content-length");
            let serves_nowhere = at.published.0.keys().any(|actor| {
                let mut seen = at.published(*actor).iter();
                seen.any(|(_, event)| matches!(event, Event::Head(head) if head.starts_with("CONNECT  ")))
            });
            is_reset || serves_nowhere || ends && is_malformed
        }),
    },
    Difference {
        id: "§2.3-7",
        what: "an error of the transport may be another `io::Error` that says the same",
        how: How::Rewrites(|_, ours, published| plain_io_errors(ours) | plain_io_errors(published)),
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
        id: "§8.17",
        what: "no content is sent to HEAD and with 204 and 304, and no 1xx in place of a response",
        how: How::Rewrites(|scenario, ours, published| {
            let has_none = |plan: &ResponsePlan| plan.status < 200 || matches!(plan.status, 204 | 304);
            if !has_sent(&scenario.steps, b"\x04HEAD") && !answers_with(scenario, has_none) {
                return false;
            }
            let heads = streams_with(&scenario.steps, b"\x04HEAD");
            let mut found = false;
            for stream in differing_streams(ours, published) {
                let has_data = |event: &Event| matches!(event, Event::Data(_));
                let mut sent = ours.of(stream).iter();
                if !sent.any(|(_, event)| has_data(event)) && is_without_content(ours, stream, &heads) {
                    ours.0.remove(&stream);
                    published.0.remove(&stream);
                    found = true;
                }
            }
            for actor in ours.0.keys().copied().collect::<Vec<_>>() {
                let is_told = [&*ours, published].into_iter().any(|observation| {
                    let mut told = errors(observation.of(actor));
                    told.any(|error| error.debug.contains("INTERNAL_ERROR, User"))
                });
                if matches!(actor, Actor::ReceivedBody(_)) && is_told {
                    cut_stream(ours, published, actor);
                }
            }
            // Nobody asks for the content either.
            let is_body = |actor: &Actor| matches!(actor, Actor::SentBody(_));
            for observation in [ours, published] {
                observation.0.retain(|actor, _| !is_body(actor));
            }
            found
        }),
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
        id: "§7.1-1",
        what: "a request without content is that also when its stream is reset",
        how: How::Rewrites(|_, ours, published| empty_requests(ours, published)),
    },
    Difference {
        id: "§7.1-3",
        what: "behind trailers comes the end, whatever has become of the connection",
        how: How::Rewrites(|_, ours, published| ends_behind_trailers(ours, published)),
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
                    let is_reset = |event: &Event| {
                        matches!(event, Event::Note(note) if note.starts_with("RST_STREAM"))
                    };
                    if let [.., (_, Event::End), (_, last)] = &seen[..] {
                        if is_reset(last) {
                            seen.pop();
                            found = true;
                        }
                    }
                }
            }
            found
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
                if is_refused && ours.of(stream) != published.of(stream) && answers_with(scenario, has_length) {
                    cut_stream(ours, published, stream);
                    found = true;
                }
            }
            for actor in ours.0.keys().copied().collect::<Vec<_>>() {
                let is_told = errors(ours.of(actor)).any(|error| error.is.contains(&"canceled"));
                let is_tunnel = matches!(actor, Actor::Upgrade(_)) && answers_with(scenario, has_length);
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
            let mut found = false;
            for stream in connect_streams(&scenario.steps) {
                let stream = Actor::Stream(stream);
                let is_open = ours.of(stream).iter().any(|(_, event)| matches!(event, Event::Fields(_)));
                let is_violation = is_open && has_note(ours.of(stream), "RST_STREAM PROTOCOL_ERROR");
                if is_violation && ours.of(stream) != published.of(stream) {
                    cut_stream(ours, published, stream);
                    found = true;
                }
            }
            for actor in ours.0.keys().copied().collect::<Vec<_>>() {
                let told = errors(ours.of(actor)).any(|error| error.debug.contains("Reason(PROTOCOL_ERROR)"));
                let is_tunnel = matches!(actor, Actor::Upgrade(_));
                if is_tunnel && told && ours.of(actor) != published.of(actor) {
                    cut_stream(ours, published, actor);
                    found = true;
                }
            }
            found
        }),
    },
    Difference {
        id: "T29 end",
        what: "so a connection that was told to go waits for the peer's end of such a tunnel",
        how: How::Diverges(|scenario, at| {
            let is_end = |actor: &Actor| {
                matches!(actor, Actor::Wire | Actor::Connection | Actor::Stream(0))
            };
            !connect_streams(&scenario.steps).is_empty()
                && concerned(at).iter().all(is_end)
                && !at.published(Actor::Connection).is_empty()
                && at.ours(Actor::Connection).is_empty()
        }),
    },
    Difference {
        id: "T39",
        what: "a read from a tunnel takes as many DATA frames as its buffer has room for",
        how: How::Diverges(|_, at| {
            at.ours.0.keys().any(|actor| match (at.ours(*actor), at.published(*actor)) {
                ([(_, Event::Data(ours)), ..], [(_, Event::Data(published)), ..]) => {
                    matches!(actor, Actor::Upgrade(_)) && ours.starts_with(published)
                }
                _ => false,
            })
        }),
    },
    Difference {
        id: "§8.19",
        what: "a request that is cut short by our own GOAWAY is an error",
        how: How::Diverges(|_, at| {
            concerned(at).iter().all(|actor| {
                let mut told = errors(at.ours(*actor));
                matches!(actor, Actor::ReceivedBody(_) | Actor::Upgrade(_))
                    && told.any(|error| error.debug.contains("NO_ERROR, User"))
            })
        }),
    },
    Difference {
        id: "§6.1-5",
        what: "credit is given back in one update or in two",
        how: How::Rewrites(|_, ours, published| same_credit(ours, published)),
    },
    Difference {
        id: "T46 end",
        what: "so what its end does to the stream may come earlier",
        how: How::Diverges(|scenario, at| {
            let is_failing = |piece: &Piece| !matches!(piece, Piece::Data(_) | Piece::Pause(_));
            let mut plans = scenario.services.iter();
            let fails = plans.any(|plan| match &plan.answer {
                Answer::Response(plan) => plan.body.pieces.iter().any(is_failing),
                _ => false,
            });
            let is_stream = |actor: &Actor| matches!(actor, Actor::Stream(1..));
            let is_earlier = |actor: &Actor| {
                let is_reset = |entries| has_note(entries, "RST_STREAM");
                is_reset(at.ours(*actor)) != is_reset(at.published(*actor))
            };
            let actors = concerned(at);
            fails && actors.iter().any(|actor| is_stream(actor) && is_earlier(actor))
        }),
    },
    Difference {
        id: "T29 slot",
        what: "and has its place among the concurrent streams until then",
        how: How::Diverges(|scenario, at| {
            let refuses = at.ours.0.keys().any(|actor| has_note(at.ours(*actor), "REFUSED_STREAM"));
            refuses && !connect_streams(&scenario.steps).is_empty()
        }),
    },
    Difference {
        id: "§6.5-1",
        what: "that a request without content has come to its end is no sign of life",
        how: How::Diverges(|scenario, at| {
            let is_timeout = |entries| errors(entries).any(|error| error.is.contains(&"timeout"));
            let is_house = |actor: &Actor| {
                matches!(actor, Actor::Wire | Actor::Connection | Actor::Stream(0))
            };
            let is_late = scenario.services.iter().any(|plan| plan.read.pause > 0 || plan.read.between > 0);
            let common = &scenario.options.common;
            common.keep_alive_interval.is_some()
                && is_late
                && concerned(at).iter().all(is_house)
                && is_timeout(at.ours.of(Actor::Connection))
                && is_timeout(at.published.of(Actor::Connection))
        }),
    },
    Difference {
        id: "T8",
        what: "a flush of a tunnel waits for window",
        how: How::Diverges(|scenario, at| {
            let mut plans = scenario.services.iter();
            plans.any(|plan| flushes(&plan.upgrade)) && is_flush(at)
        }),
    },
    Difference {
        id: "§8.18",
        what: "what all lines of `connection` and `te` say is looked at",
        how: How::Rewrites(|_, ours, published| stripped_fields(ours, published)),
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
        id: "§8.17 echo",
        what: "so a request that would be sent back is not read",
        how: How::Diverges(|scenario, _| {
            scenario.services.iter().any(|plan| match &plan.answer {
                Answer::Echo(plan) => {
                    plan.status < 200
                        || matches!(plan.status, 204 | 304)
                        || has_sent(&scenario.steps, b"\x04HEAD")
                }
                _ => false,
            })
        }),
    },
    Difference {
        id: "§6.2-7",
        what: "a stream whose service or response is gone is reset at once, and not when its request is let go of",
        how: How::Rewrites(|_, ours, published| {
            let mut found = false;
            for stream in differing_streams(ours, published) {
                let is_reset = has_note(ours.of(stream), "RST_STREAM CANCEL");
                let mut cut = (ours.clone(), published.clone());
                cut_stream(&mut cut.0, &mut cut.1, stream);
                let rest = &ours.of(stream)[cut.0.of(stream).len()..];
                let others = &published.of(stream)[cut.1.of(stream).len()..];
                let is_later = match (rest, others) {
                    ([_], []) => true,
                    ([(at, one)], [(later, other)]) => one == other && at < later,
                    _ => false,
                };
                if is_reset && is_later {
                    (*ours, *published) = cut;
                    found = true;
                }
            }
            found
        }),
    },
    Difference {
        id: "§8.9",
        what: "how much of what was written before a body failed is sent",
        how: How::Rewrites(|_, ours, published| {
            let mut found = false;
            for stream in differing_streams(ours, published) {
                let is_shorter = match (ours.of(stream), published.of(stream)) {
                    ([sent @ .., last], [others @ .., reset]) => {
                        last == reset
                            && has_note(std::slice::from_ref(reset), "RST_STREAM")
                            && (bytes(sent).starts_with(&bytes(others))
                                || bytes(others).starts_with(&bytes(sent)))
                    }
                    _ => false,
                };
                if is_shorter {
                    cut_stream(ours, published, stream);
                    found = true;
                }
            }
            found
        }),
    },
    Difference {
        id: "§6.2-1 goaway",
        what: "what is in the same read behind a GOAWAY is seen after it",
        how: How::Diverges(|scenario, at| {
            let ended = at.ours(Actor::Connection).iter().any(|(_, event)| *event == Event::Done);
            let goes = ended || has_note(at.ours(Actor::Stream(0)), "GoAway");
            goes && has_sent(&scenario.steps, b"\x00\x00\x08\x07\x00")
        }),
    },
    Difference {
        id: "§3.3-1",
        what: "a window beyond 2^31-1 panics when the connection is made",
        how: How::Diverges(|scenario, _| {
            let common = &scenario.options.common;
            let sizes = [common.initial_stream_window_size, common.initial_connection_window_size];
            sizes.contains(&Some(Some(1 << 31)))
        }),
    },
    Difference {
        id: "§6.2-1",
        what: "a request is served also where a violation is in the same read behind it",
        how: How::Diverges(|_, at| {
            let is_over = errors(at.before(Actor::Connection)).next().is_some();
            let only_ours = |actor: &Actor| {
                let ours = at.ours(*actor);
                at.published(*actor).iter().all(|entry| ours.contains(entry))
            };
            is_over && concerned(at).iter().all(only_ours)
        }),
    },
    Difference {
        id: "§2.4-7",
        what: "a transport that fails is noticed when something is written",
        how: How::Diverges(|scenario, at| {
            let mut steps = scenario.steps.iter().take(at.stamp.step);
            steps.any(|step| matches!(step, Step::WritesFail(_)))
                && errors(at.published(Actor::Connection)).next().is_some()
                && at.ours(Actor::Connection).is_empty()
        }),
    },
];
