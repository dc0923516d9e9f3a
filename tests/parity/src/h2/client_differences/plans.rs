//! What a scenario has, and who is told what.

use crate::differences::Divergence;
use crate::h2::scenario::ClientScenario;
use crate::observation::{Actor, Entry, Event};
use crate::plan::CallPlan;
use crate::seen::has_note;

pub fn calls(scenario: &ClientScenario, holds: impl Fn(&CallPlan) -> bool) -> bool {
    scenario.calls.iter().any(holds)
}

pub fn is_connect(call: &CallPlan) -> bool {
    call.request.method == "CONNECT"
}

/// The streams that the calls may have.
pub fn streams(scenario: &ClientScenario) -> Vec<u32> {
    let numbers = (0..).map(|number| 2 * number + 1);
    numbers.take(scenario.calls.len()).collect()
}

pub fn is_goaway(entries: &[Entry]) -> bool {
    has_note(entries, "GoAway { last: 0, code: NO_ERROR")
}

/// This crate has dropped the transport, and 1.12.0 has not noticed anything.
pub fn gives_up_alone(at: &Divergence<'_>) -> bool {
    let is_dropped = at
        .ours(Actor::Wire)
        .iter()
        .any(|(_, event)| *event == Event::Dropped);
    is_dropped
        && at
            .published
            .0
            .keys()
            .all(|actor| at.published(*actor).is_empty())
}
