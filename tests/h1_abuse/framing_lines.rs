//! Every sequence of framing lines, up to three, in both versions.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Old,
    Current,
}

/// A line that says where a message ends, with its value.
#[derive(Clone, Copy, Debug)]
pub enum Line {
    Length(&'static str),
    Codings(&'static str),
}
use Line::{Codings, Length};

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Length(value) => write!(f, "Content-Length: {value}\r\n"),
            Codings(value) => write!(f, "Transfer-Encoding: {value}\r\n"),
        }
    }
}

impl Line {
    /// Whether `chunked` is the last coding of a list.
    pub fn ends_chunked(codings: &str) -> bool {
        let last = codings.rsplit(',').next().expect("one at least");
        last.trim().eq_ignore_ascii_case("chunked")
    }
}

/// The lines of which the sequences are made; `other` is a length that contradicts 3.
pub fn lines(other: &'static str) -> [Line; 8] {
    [
        Length("3"),
        Length(other),
        Length("+3"),
        Length("3, 3"),
        Codings("chunked"),
        Codings("gzip, Chunked"),
        Codings("chunked, gzip"),
        Codings("xchunked"),
    ]
}

/// All sequences of up to three of `lines`, in both versions.
pub fn every_sequence(lines: &[Line]) -> Vec<(Version, Vec<Line>)> {
    let mut sequences = vec![vec![]];
    let mut longest = sequences.clone();
    for _ in 0..3 {
        let longer = |sequence: &Vec<Line>| {
            let sequence = sequence.clone();
            let add = move |line: &Line| [&sequence[..], &[*line]].concat();
            lines.iter().map(add).collect::<Vec<_>>()
        };
        longest = longest.iter().flat_map(longer).collect();
        sequences.extend(longest.clone());
    }
    let in_both = |sequence: Vec<Line>| {
        [Version::Old, Version::Current].map(|version| (version, sequence.clone()))
    };
    sequences.into_iter().flat_map(in_both).collect()
}

#[test]
fn every_sequence_is_there_once() {
    let all = every_sequence(&lines("4"));
    assert_eq!(all.len(), 2 * (1 + 8 + 64 + 512));
    let texts = all.iter().map(|sequence| format!("{sequence:?}"));
    let different: std::collections::HashSet<_> = texts.collect();
    assert_eq!(different.len(), all.len());
}
