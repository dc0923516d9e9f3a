//! Errors, seen with all predicates.

use std::error::Error as _;

use super::hyper::Error;
use crate::observation::{ErrorView, Event};

pub fn view(error: &Error) -> ErrorView {
    let mut view = ErrorView::of(error);
    view.is = predicates(error);
    let mut next = error.source();
    for text in &mut view.sources {
        let Some(source) = next else { break };
        if let Some(inner) = source.downcast_ref::<Error>() {
            text.push_str(&format!(" ({inner:?} {:?})", predicates(inner)));
        }
        next = source.source();
    }
    view
}

fn predicates(error: &Error) -> Vec<&'static str> {
    let all = [
        ("body_write_aborted", error.is_body_write_aborted()),
        ("canceled", error.is_canceled()),
        ("closed", error.is_closed()),
        ("incomplete_message", error.is_incomplete_message()),
        ("parse", error.is_parse()),
        ("parse_status", error.is_parse_status()),
        ("parse_too_large", error.is_parse_too_large()),
        ("parse_version_h2", error.is_parse_version_h2()),
        ("shutdown", error.is_shutdown()),
        ("timeout", error.is_timeout()),
        ("user", error.is_user()),
    ];
    let holding = all.into_iter().filter(|(_, holds)| *holds);
    holding.map(|(name, _)| name).collect()
}

pub fn outcome<T>(result: &Result<T, Error>) -> Event {
    match result {
        Ok(_) => Event::Done,
        Err(error) => Event::Error(view(error)),
    }
}
