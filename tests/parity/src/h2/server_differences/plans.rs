//! What a scenario has, and who is told what.

use crate::observation::{Actor, Event, Observation};
use crate::plan::ResponsePlan;

/// Whether a response has none whatever its body is (RFC 9110, section 6.4.1).
pub fn has_no_content(plan: &ResponsePlan) -> bool {
    plan.status < 200 || matches!(plan.status, 204 | 304)
}

/// Whether the response on `stream` is to HEAD, or has a status without content.
pub fn is_without_content(ours: &Observation, stream: Actor, heads: &[u32]) -> bool {
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
