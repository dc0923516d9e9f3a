//! Field lines on their way out.

use bytes::BytesMut;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::ext::header_case::HeaderCase;

/// How names are spelt. A recorded spelling wins over title case.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spelling<'a> {
    pub(crate) recorded: Option<&'a HeaderCase>,
    pub(crate) title: bool,
    /// Whether a space follows the colon where there is no value. Some peers want their fields back
    /// as they were.
    pub(crate) empty_values: EmptyValues,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum EmptyValues {
    #[default]
    Spaced,
    Bare,
}

/// What is written of the lines of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// Each as it is.
    Lines,
    /// The first, for all.
    First,
    /// All as one list, with one more member where there is one.
    List { and: Option<&'static str> },
    /// Nothing.
    Nothing,
}

pub(crate) struct FieldWriter<'a> {
    dst: &'a mut BytesMut,
    spelling: Spelling<'a>,
}

impl<'a> FieldWriter<'a> {
    pub(crate) fn new(dst: &'a mut BytesMut, spelling: Spelling<'a>) -> FieldWriter<'a> {
        FieldWriter { dst, spelling }
    }

    /// Writes all fields in the map's order.
    pub(crate) fn all(
        &mut self,
        headers: &HeaderMap,
        mut treatment: impl FnMut(&HeaderName) -> Treatment,
    ) {
        let mut nth = 0;
        let mut previous = None;
        let mut treated = Treatment::Lines;
        for (name, value) in headers {
            // The lines of one name stand together.
            if previous == Some(name) {
                nth += 1;
            } else {
                nth = 0;
                previous = Some(name);
                treated = treatment(name);
            }
            match treated {
                Treatment::Lines => self.line_nth(name, nth, value.as_bytes()),
                Treatment::First if nth == 0 => self.line(name, value.as_bytes()),
                Treatment::List { and } if nth == 0 => {
                    let values = headers.get_all(name);
                    self.list(name, values.iter().map(HeaderValue::as_bytes), and);
                }
                Treatment::First | Treatment::List { .. } | Treatment::Nothing => {}
            }
        }
    }

    /// Writes a line that is the first of its name.
    pub(crate) fn line(&mut self, name: &HeaderName, value: &[u8]) {
        self.line_nth(name, 0, value);
    }

    fn line_nth(&mut self, name: &HeaderName, nth: usize, value: &[u8]) {
        self.name(name, nth);
        if value.is_empty() && self.spelling.empty_values == EmptyValues::Bare {
            self.dst.extend_from_slice(b":\r\n");
            return;
        }
        self.dst.extend_from_slice(b": ");
        self.dst.extend_from_slice(value);
        self.dst.extend_from_slice(b"\r\n");
    }

    fn list<'v>(
        &mut self,
        name: &HeaderName,
        values: impl Iterator<Item = &'v [u8]>,
        and: Option<&'static str>,
    ) {
        self.name(name, 0);
        self.dst.extend_from_slice(b": ");
        let members = values
            .filter(|value| !value.is_empty())
            .chain(and.map(str::as_bytes));
        for (nth, member) in members.enumerate() {
            if nth > 0 {
                self.dst.extend_from_slice(b", ");
            }
            self.dst.extend_from_slice(member);
        }
        self.dst.extend_from_slice(b"\r\n");
    }

    fn name(&mut self, name: &HeaderName, nth: usize) {
        let recorded = self.spelling.recorded;
        if let Some(spelling) = recorded.and_then(|recorded| recorded.spelling(name, nth)) {
            self.dst.extend_from_slice(spelling);
        } else if self.spelling.title {
            title_case(name.as_str(), self.dst);
        } else {
            self.dst.extend_from_slice(name.as_str().as_bytes());
        }
    }

    /// Writes the empty line behind the last field.
    pub(crate) fn end(self) {
        self.dst.extend_from_slice(b"\r\n");
    }
}

/// Capitalises the first letter, and each one behind a hyphen.
fn title_case(name: &str, dst: &mut BytesMut) {
    let start = dst.len();
    dst.extend_from_slice(name.as_bytes());
    let mut capital = true;
    for byte in &mut dst[start..] {
        if capital {
            byte.make_ascii_uppercase();
        }
        capital = *byte == b'-';
    }
}

#[cfg(test)]
mod tests;
