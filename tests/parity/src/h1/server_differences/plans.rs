//! What a scenario has.

use crate::differences::Divergence;
use crate::h1::scenario::ServerScenario;
use crate::plan::ResponsePlan;
use crate::script::Step;

/// Whether the input was over or failed by then.
pub fn input_is_over(scenario: &ServerScenario, at: &Divergence<'_>) -> bool {
    let mut steps = scenario.steps.iter().take(at.stamp.step);
    // Behind the script come room, time, the end, and time.
    let end = scenario.steps.len() + 3;
    at.stamp.step >= end || steps.any(|step| matches!(step, Step::End | Step::ReadsFail(_)))
}

/// The lines of `content-length` that a response is given.
pub fn lengths(plan: &ResponsePlan) -> Vec<&str> {
    let lines = plan
        .fields
        .iter()
        .filter(|(name, _)| *name == "content-length");
    lines.map(|(_, value)| value.as_str()).collect()
}
