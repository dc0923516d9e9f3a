//! What differences of both protocols are recognised by.

use crate::differences::{find, Divergence};
use crate::observation::{Actor, Entry, ErrorView, Event};
use crate::plan::{Answer, ResponsePlan, ServicePlan};
use crate::script::Step;

pub fn errors(entries: &[Entry]) -> impl Iterator<Item = &ErrorView> {
    entries.iter().filter_map(|(_, event)| match event {
        Event::Error(error) => Some(error),
        _ => None,
    })
}

pub fn has(entries: &[Entry], wanted: &Event) -> bool {
    entries.iter().any(|(_, event)| event == wanted)
}

/// Whether a note contains `text`.
pub fn has_note(entries: &[Entry], text: &str) -> bool {
    entries
        .iter()
        .any(|(_, event)| matches!(event, Event::Note(note) if note.contains(text)))
}

/// Whether what the peer sent contains `text`. No header block of HTTP/2 is compressed.
pub fn has_sent(steps: &[Step], text: &[u8]) -> bool {
    find(&sent(steps), text).is_some()
}

/// All that the peer sent.
pub fn sent(steps: &[Step]) -> Vec<u8> {
    let sent = steps.iter().flat_map(|step| match step {
        Step::Send(pieces) => &pieces[..],
        _ => &[],
    });
    sent.map(|piece| &piece[..]).collect::<Vec<_>>().concat()
}

/// Whether somebody is told of an error of that kind at that time, and with this crate only.
pub fn told(at: &Divergence<'_>, kind: &str) -> bool {
    at.ours.0.keys().any(|actor| {
        let has = |entries| errors(entries).any(|error| error.debug.contains(kind));
        has(at.ours(*actor)) && !has(at.published(*actor))
    })
}

/// Whether somebody is told so by 1.12.0.
pub fn told_published(at: &Divergence<'_>, kind: &str) -> bool {
    let actors = at.published.0.keys();
    let mut errors = actors.flat_map(|actor| errors(at.published(*actor)));
    errors.any(|error| error.debug.contains(kind))
}

/// Whether a service gives such a response.
pub fn answers_with(services: &[ServicePlan], holds: impl Fn(&ResponsePlan) -> bool) -> bool {
    services.iter().any(|plan| match &plan.answer {
        Answer::Response(plan) | Answer::Echo(plan) => holds(plan),
        _ => false,
    })
}

/// Whether the transport takes nothing any more by then.
pub fn writes_have_failed(steps: &[Step], at: &Divergence<'_>) -> bool {
    let mut steps = steps.iter().take(at.stamp.step);
    steps.any(|step| matches!(step, Step::WritesFail(_)))
}

/// Whether one direction of the transport has ended or failed by then.
pub fn is_cut_off(steps: &[Step], at: &Divergence<'_>) -> bool {
    let mut steps = steps.iter().take(at.stamp.step);
    steps.any(|step| matches!(step, Step::WritesFail(_) | Step::ReadsFail(_) | Step::End))
}

/// Whether somebody is told of a failure at that time, or the transport let go of, by either of the two.
pub fn notices_failure(at: &Divergence<'_>) -> bool {
    at.concerned().into_iter().any(|actor| {
        let both = [at.ours(actor), at.published(actor)];
        both.into_iter().any(|entries| {
            errors(entries).next().is_some()
                || actor == Actor::Wire && has(entries, &Event::Dropped)
        })
    })
}

/// Whether the connection panics with this crate, and says so.
pub fn panics(at: &Divergence<'_>, why: &str) -> bool {
    let mut seen = at.ours(Actor::Connection).iter();
    seen.any(|(_, event)| matches!(event, Event::Panicked(text) if text.contains(why)))
}
