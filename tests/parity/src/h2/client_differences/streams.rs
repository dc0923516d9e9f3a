//! What is sent and received on a stream otherwise.

use super::plans::{calls, is_goaway};
use crate::differences::{bytes, Difference, How};
use crate::h2::rewrites::{
    cancelled_failures, cut_short, earlier_drops, earlier_resets, empty_requests,
    ends_behind_trailers, same_credit, stripped_fields,
};
use crate::h2::scenario::ClientScenario;
use crate::h2::seen::{
    ends_apart, gives_more, has_sent_goaway, is_over_to_published_only, is_violation,
    plain_io_errors, shares_window, was_reset_early,
};
use crate::observation::{Actor, Entry, ErrorView, Event};
use crate::plan::Piece;
use crate::seen::{errors, has_note, is_cut_off};

pub const STREAMS: &[Difference<ClientScenario>] = &[
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
        id: "§6.2-7",
        what: "a stream of which nothing will come is reset at once, and not when its response is let go of",
        how: How::Rewrites(|_, ours, published| earlier_resets(ours, published)),
    },
    Difference {
        id: "§6.2-7 after",
        what: "what still comes for such a stream is nobody's concern",
        how: How::Diverges(|_, at| {
            was_reset_early(at)
                && has_note(at.published(Actor::Stream(0)), "GoAway { last: 0, code: PROTOCOL_ERROR")
                && at.ours(Actor::Stream(0)).is_empty()
        }),
    },
    Difference {
        id: "§6.3-6",
        what: "a request that is cancelled while its body fails is cancelled",
        how: How::Rewrites(|scenario, ours, published| {
            calls(scenario, |call| call.cancel.is_some()) && cancelled_failures(ours, published)
        }),
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
        id: "§7.1-1",
        what: "a response without content is that also when its stream is reset",
        how: How::Rewrites(|_, ours, published| empty_requests(ours, published)),
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
        id: "§8.19",
        what: "a body or a tunnel that is cut short by a GOAWAY is not complete, whatever its code",
        how: How::Diverges(|_, at| {
            at.ours.0.keys().any(|actor| {
                let mut told = errors(at.ours(*actor));
                let ends = at.published(*actor).iter().any(|(_, event)| *event == Event::End);
                matches!(actor, Actor::ReceivedBody(_) | Actor::Upgrade(_))
                    && told.any(|error| error.debug.contains("GoAway(") && error.debug.contains(", Remote)"))
                    && ends
            })
        }),
    },
    Difference {
        id: "T1 response",
        what: "nothing is handed to h2 without window, so to h2 a request that waits for it is not over when its connection \
               fails, and neither is a response without content that came in the same read",
        how: How::Diverges(|scenario, at| {
            let has = |entries, kind: &str| {
                let is_it = |error: &ErrorView| error.debug.contains(kind) && error.debug.contains(", Library)");
                errors(entries).any(is_it)
            };
            let is_cut_off = is_cut_off(&scenario.steps, at);
            at.concerned().iter().all(|actor| match actor {
                Actor::ReceivedBody(_) => is_over_to_published_only(at, *actor, is_cut_off),
                Actor::Exchange(_) => has(at.ours(*actor), "GoAway(") && has(at.published(*actor), "Reset("),
                _ => false,
            })
        }),
    },
    Difference {
        id: "§6.2-1",
        what: "a violation is seen before what is in the same read behind it, and may cut short what was before",
        how: How::Diverges(|_, at| {
            at.ours.0.keys().any(|actor| {
                let has = |text: &str| errors(at.ours(*actor)).any(|error| error.debug.contains(text));
                let mut published = at.published(*actor).iter();
                published.any(|(_, event)| match event {
                    Event::Error(error) => has(", Library)") && error.debug.contains(", Remote)"),
                    event => has(", Library)") && *event == Event::End,
                })
            })
        }),
    },
    Difference {
        id: "T28",
        what: "what a body has given is sent, also where the response is let go of",
        how: How::Diverges(|scenario, at| {
            let is_over = |entries: &[Entry]| {
                has_note(entries, "RST_STREAM") || entries.iter().any(|(_, event)| *event == Event::End)
            };
            // Streams are opened in the order of the calls.
            let was_cancelled = |stream: u32| {
                let exchange = Actor::Exchange(stream as usize / 2);
                has_note(at.before(exchange), "canceled")
            };
            calls(scenario, |call| !call.request.body.is_absent())
                && at.concerned().iter().any(|actor| {
                    matches!(actor, Actor::Stream(stream @ 1..) if !was_cancelled(*stream))
                        && has_note(at.published(*actor), "RST_STREAM CANCEL")
                        && !is_over(at.ours(*actor))
                        && bytes(at.published(*actor)).is_empty()
                })
        }),
    },
    Difference {
        id: "T46 more",
        what: "a body that takes time is asked for more while less than a frame waits, and gives it earlier",
        how: How::Diverges(|scenario, at| {
            let takes_time = |piece: &Piece| matches!(piece, Piece::Pause(_));
            calls(scenario, |call| call.request.body.pieces.iter().any(takes_time)) && gives_more(at)
        }),
    },
    Difference {
        id: "T46 end",
        what: "a body is asked for more while less than a frame waits, so what its end does may come earlier",
        how: How::Diverges(|scenario, at| {
            let is_failing = |piece: &Piece| !matches!(piece, Piece::Data(_));
            calls(scenario, |call| call.request.body.pieces.iter().any(is_failing)) && ends_apart(at)
        }),
    },
    Difference {
        id: "§6.2-1 goaway",
        what: "what is in the same read behind a GOAWAY is seen after it",
        how: How::Diverges(|scenario, at| {
            let mut published = errors(at.published(Actor::Connection));
            let is_told = !at.ours(Actor::Connection).is_empty()
                && published.any(|error| error.debug.contains(", Library)"));
            let is_violation = |entries| has_note(entries, "GoAway { last: 0, code: PROTOCOL_ERROR");
            let is_sent = is_goaway(at.ours(Actor::Stream(0)))
                && is_violation(at.published(Actor::Stream(0)));
            has_sent_goaway(&scenario.steps) && (is_told || is_sent)
        }),
    },
    Difference {
        id: "§6.2-1 open",
        what: "a request that waits to be opened is so before what is in the same read is seen",
        how: How::Diverges(|_, at| {
            let opens = |entries: &[Entry]| entries.iter().any(|(_, event)| matches!(event, Event::Fields(_)));
            at.ours.0.keys().any(|actor| {
                let is_stream = matches!(actor, Actor::Stream(1..));
                is_stream && opens(at.ours(*actor)) && !opens(at.published(*actor))
            })
        }),
    },
    Difference {
        id: "§6.1 violation",
        what: "a violation on a stream of which nobody reads any more is still one, and told when it is read",
        how: How::Diverges(|_, at| is_violation(at)),
    },
];
