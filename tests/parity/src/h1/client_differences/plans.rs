//! What a scenario has, and who is told what.

use crate::differences::Divergence;
use crate::h1::scenario::ClientScenario;
use crate::plan::RequestPlan;
use crate::seen::errors;

pub fn sends(scenario: &ClientScenario, holds: impl Fn(&RequestPlan) -> bool) -> bool {
    scenario.calls.iter().any(|call| holds(&call.request))
}

pub fn has_field(plan: &RequestPlan, name: &str) -> bool {
    plan.fields.iter().any(|(known, _)| *known == name)
}

/// A length that is none, several, or one beside a body without content.
pub fn has_illegal_length(plan: &RequestPlan) -> bool {
    let lines = plan
        .fields
        .iter()
        .filter(|(name, _)| *name == "content-length");
    let lengths: Vec<_> = lines.map(|(_, value)| value.parse::<u64>()).collect();
    lengths.len() > 1
        || lengths.iter().any(Result::is_err)
        || plan.body.is_absent() && !lengths.is_empty()
}

/// Whether a body of the caller's has failed by then, in both.
pub fn a_body_failed(at: &Divergence<'_>) -> bool {
    let kinds = ["User(Body)", "User(BodyWriteAborted)"];
    at.ours.0.keys().any(|actor| {
        let mut errors = errors(at.before(*actor));
        errors.any(|error| kinds.iter().any(|kind| error.debug.contains(kind)))
    })
}
