//! What is sent and received on a stream otherwise.

use super::plans::{has_no_content, is_without_content};
use crate::differences::{bytes, Difference, How};
use crate::h2::rewrites::{
    cut_short, cut_stream, earlier_drops, earlier_resets, empty_requests, ends_behind_trailers,
    same_credit, stripped_fields,
};
use crate::h2::scenario::ServerScenario;
use crate::h2::seen::{
    differing_streams, ends_apart, has_sent_goaway, is_calmer, is_house, is_over_to_published_only,
    is_violation, plain_io_errors, shares_window, streams_with, was_reset, was_reset_early,
};
use crate::observation::{Actor, Event};
use crate::plan::{Answer, Piece};
use crate::seen::{answers_with, errors, has_note, has_sent, is_cut_off};

pub const STREAMS: &[Difference<ServerScenario>] = &[
    Difference {
        id: "§2.3-7",
        what: "an error of the transport may be another `io::Error` that says the same",
        how: How::Rewrites(|_, ours, published| plain_io_errors(ours) | plain_io_errors(published)),
    },
    Difference {
        id: "§8.17",
        what: "no content is sent to HEAD and with 204 and 304, and no 1xx in place of a response",
        how: How::Rewrites(|scenario, ours, published| {
            if !has_sent(&scenario.steps, b"\x04HEAD") && !answers_with(&scenario.services, has_no_content) {
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
                    told.any(|error| {
                        error.debug.contains("INTERNAL_ERROR, User")
                            || error.debug.contains("FLOW_CONTROL_ERROR, Library")
                    })
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
        id: "§8.19",
        what: "a request that is cut short by our own GOAWAY is an error",
        how: How::Diverges(|_, at| {
            at.concerned().iter().any(|actor| {
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
        what: "a body is asked for more while less than a frame waits, so what its end does may come earlier",
        how: How::Diverges(|scenario, at| {
            let is_failing = |piece: &Piece| !matches!(piece, Piece::Data(_));
            let mut plans = scenario.services.iter();
            let fails = plans.any(|plan| match &plan.answer {
                Answer::Response(plan) => plan.body.pieces.iter().any(is_failing),
                _ => false,
            });
            fails && ends_apart(at)
        }),
    },
    Difference {
        id: "T46 alive",
        what: "and so what is read of a request that is sent back is a sign of life, whether it can be sent or not",
        how: How::Diverges(|scenario, at| {
            let looks = |house, connection| {
                let mut told = errors(connection);
                has_note(house, "Ping { ack: false") || told.any(|error| error.is.contains(&"timeout"))
            };
            scenario.options.common.keep_alive_interval.is_some()
                && scenario.services.iter().any(|plan| matches!(plan.answer, Answer::Echo(_)))
                && looks(at.published(Actor::Stream(0)), at.published(Actor::Connection))
                && !looks(at.ours(Actor::Stream(0)), at.ours(Actor::Connection))
        }),
    },
    Difference {
        id: "§8.18",
        what: "what all lines of `connection` and `te` say is looked at",
        how: How::Rewrites(|_, ours, published| stripped_fields(ours, published)),
    },
    Difference {
        id: "§8.17 share",
        what: "content that is not sent takes no window from other streams, and no slot, and is no sign of life",
        how: How::Diverges(|scenario, at| {
            let is_due = has_sent(&scenario.steps, b"\x04HEAD") || answers_with(&scenario.services, has_no_content);
            let common = &scenario.options.common;
            let actors = at.concerned();
            let is_further = actors.iter().all(|actor| {
                let (ours, published) = (bytes(at.ours(*actor)), bytes(at.published(*actor)));
                matches!(actor, Actor::Stream(1..)) && ours.starts_with(&published)
            });
            let pings = common.adaptive_window == Some(true) || common.keep_alive_interval.is_some();
            let is_later = !at.published(Actor::Connection).is_empty() && at.ours(Actor::Connection).is_empty();
            let is_ping = (pings || is_later) && actors.iter().all(is_house);
            let is_served = common.max_concurrent_streams.is_some()
                && actors.iter().any(|actor| matches!(actor, Actor::Exchange(_)));
            is_due && (is_further || is_ping || is_served)
        }),
    },
    Difference {
        id: "§6.1 violation",
        what: "a violation on a stream of which nobody reads any more is still one, and told when it is read",
        how: How::Diverges(|_, at| is_violation(at)),
    },
    Difference {
        id: "§8.17 echo",
        what: "a request that would be sent back where nothing is sent is not read",
        how: How::Diverges(|scenario, at| {
            let is_unread = |actor: &Actor| {
                is_house(actor) || matches!(actor, Actor::Stream(_) | Actor::ReceivedBody(_))
            };
            let echoes = scenario.services.iter().any(|plan| match &plan.answer {
                Answer::Echo(plan) => {
                    has_no_content(plan) || has_sent(&scenario.steps, b"\x04HEAD")
                }
                _ => false,
            });
            echoes && at.concerned().iter().all(is_unread)
        }),
    },
    Difference {
        id: "§8.17 resets",
        what: "what comes for a stream that is over without content breaks no rule, and no reset is counted for it",
        how: How::Diverges(|scenario, at| {
            let may_be_over = has_sent(&scenario.steps, b"\x04HEAD")
                || answers_with(&scenario.services, has_no_content)
                || was_reset_early(at);
            let is_limited = scenario.options.common.max_local_error_reset_streams.is_some();
            is_limited && may_be_over && is_calmer(at)
        }),
    },
    Difference {
        id: "§6.2-1 accepted",
        what: "how many requests were accepted before their reset was seen depends on what was read at once",
        how: How::Diverges(|scenario, at| {
            let gives_up = |entries| has_note(entries, "too_many_resets");
            let house = Actor::Stream(0);
            scenario.options.common.max_pending_accept_reset_streams.is_some()
                && gives_up(at.published(house)) != gives_up(at.ours(house))
        }),
    },
    Difference {
        id: "T1 request",
        what: "nothing is handed to h2 without window, so to h2 a response that waits for it is not over when its connection \
               fails, and what has come of the request is cut short",
        how: How::Diverges(|scenario, at| {
            let is_cut_off = is_cut_off(&scenario.steps, at);
            let is_cut = |actor: &Actor| {
                matches!(actor, Actor::ReceivedBody(_)) && is_over_to_published_only(at, *actor, is_cut_off)
            };
            at.concerned().iter().all(is_cut)
        }),
    },
    Difference {
        id: "§6.2-7",
        what: "a stream whose service or response is gone is reset at once, and not when its request is let go of",
        how: How::Rewrites(|_, ours, published| earlier_resets(ours, published)),
    },
    Difference {
        id: "§6.2-7 slot",
        what: "such a stream, or one that is wrong in itself, leaves its place among the concurrent ones then",
        how: How::Diverges(|scenario, at| {
            scenario.options.common.max_concurrent_streams.is_some()
                && (was_reset_early(at) || was_reset(at))
                && at.concerned().iter().any(|actor| {
                    let is_refused = |entries| has_note(entries, "REFUSED_STREAM");
                    is_refused(at.published(*actor)) && !is_refused(at.ours(*actor))
                })
        }),
    },
    Difference {
        id: "§6.2-7 whole",
        what: "a response that is complete is not followed by NO_ERROR where the request is complete, too",
        how: How::Rewrites(|_, ours, published| {
            let mut found = false;
            for stream in differing_streams(ours, published) {
                let Some(others) = published.0.get_mut(&stream) else {
                    continue;
                };
                if let [rest @ .., (_, Event::End), (_, Event::Note(note))] = &others[..] {
                    let len = rest.len() + 1;
                    if note == "RST_STREAM NO_ERROR" && ours.of(stream) == &others[..len] {
                        others.truncate(len);
                        found = true;
                    }
                }
            }
            found
        }),
    },
    Difference {
        id: "§6.1-3",
        what: "which stream has the last of the connection's window is not the same",
        how: How::Diverges(|_, at| shares_window(at)),
    },
    Difference {
        id: "§8.9",
        what: "how much of what was written before a body failed is sent",
        how: How::Rewrites(|_, ours, published| cut_short(ours, published)),
    },
    Difference {
        id: "§6.2-1 goaway",
        what: "what is in the same read behind a GOAWAY is seen after it",
        how: How::Diverges(|scenario, at| {
            let ended = at.ours(Actor::Connection).iter().any(|(_, event)| *event == Event::Done);
            let goes = ended || has_note(at.ours(Actor::Stream(0)), "GoAway");
            let serves = at.ours.0.keys().any(|actor| {
                let is_exchange = matches!(actor, Actor::Exchange(_));
                is_exchange && !at.ours(*actor).is_empty() && at.published.of(*actor).is_empty()
            });
            // It may have been refused, where it was seen.
            let refuses = at.published.0.keys().any(|actor| {
                has_note(at.published(*actor), "REFUSED_STREAM") && at.ours(*actor).is_empty()
            });
            (goes || serves || refuses) && has_sent_goaway(&scenario.steps)
        }),
    },
    Difference {
        id: "§6.2-1",
        what: "a request is served also where a violation is in the same read behind it, and its body may be cut short by it",
        how: How::Diverges(|_, at| {
            let is_over = errors(at.before(Actor::Connection)).next().is_some();
            let only_ours = |actor: &Actor| {
                let ours = at.ours(*actor);
                at.published(*actor).iter().all(|entry| ours.contains(entry))
            };
            let mut told = at.ours.0.keys().flat_map(|actor| errors(at.ours(*actor)));
            let is_violation = is_over || told.any(|error| error.debug.contains(", Library)"));
            let is_cut = at.ours.0.keys().any(|actor| {
                let mut told = errors(at.ours(*actor));
                let ends = at.published(*actor).iter().any(|(_, event)| *event == Event::End);
                matches!(actor, Actor::ReceivedBody(_))
                    && told.any(|error| error.debug.contains(", Library)"))
                    && ends
            });
            is_cut || is_violation && at.concerned().iter().all(only_ours)
        }),
    },
];
