//! Changes to observations, for differences that are written away.

use crate::differences::find;
use crate::observation::{Actor, Event, Observation, Stamp};

/// The bytes that `actor` saw, each with its time.
#[derive(Clone, PartialEq, Eq)]
pub struct Stream {
    actor: Actor,
    pub bytes: Vec<u8>,
    stamps: Vec<Stamp>,
}

impl Stream {
    pub fn of(observation: &Observation, actor: Actor) -> Self {
        let mut stream = Stream {
            actor,
            bytes: Vec::new(),
            stamps: Vec::new(),
        };
        for (stamp, event) in observation.of(actor) {
            if let Event::Data(data) = event {
                stream.bytes.extend_from_slice(data);
                stream.stamps.resize(stream.bytes.len(), *stamp);
            }
        }
        stream
    }

    /// When the byte at `at` was seen.
    pub fn stamp(&self, at: usize) -> Stamp {
        self.stamps[at]
    }

    /// Puts the bytes back, in front of what else was seen at each time.
    pub fn put(self, observation: &mut Observation) {
        let Some(entries) = observation.0.get_mut(&self.actor) else {
            return;
        };
        entries.retain(|(_, event)| !matches!(event, Event::Data(_)));
        let mut rest = &self.bytes[..];
        let mut stamps = &self.stamps[..];
        while let Some(first) = stamps.first() {
            let count = stamps.iter().take_while(|stamp| *stamp == first).count();
            let at = entries.partition_point(|(stamp, _)| stamp < first);
            entries.insert(at, (*first, Event::Data(rest[..count].to_vec())));
            (rest, stamps) = (&rest[count..], &stamps[count..]);
        }
    }

    fn replace(&mut self, at: usize, len: usize, text: &[u8]) {
        let last = self.stamps.len().saturating_sub(1);
        let stamp = self.stamps.get(at.min(last)).copied();
        self.bytes.splice(at..at + len, text.iter().copied());
        let stamps = text.iter().filter_map(|_| stamp);
        self.stamps.splice(at..at + len, stamps);
    }

    /// The line that the byte at `at` stands in, its end included.
    fn line(&self, at: usize) -> (usize, &[u8]) {
        let start = self.bytes[..at].iter().rposition(|byte| *byte == b'\n');
        let start = start.map_or(0, |feed| feed + 1);
        let rest = &self.bytes[start..];
        let end = rest.iter().position(|byte| *byte == b'\n');
        (start, &rest[..end.map_or(rest.len(), |feed| feed + 1)])
    }
}

/// The first line in which two streams differ.
pub struct Lines<'a> {
    /// All that was seen with this crate.
    pub all: &'a Observation,
    pub ours: &'a [u8],
    pub published: &'a [u8],
    /// The last line before that looks like the first of a response or request.
    pub start: &'a [u8],
    /// How many such lines there are before.
    pub heads: usize,
    /// This crate's lines from that one on to here.
    pub head: &'a [u8],
}

/// What is done to the published stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The line becomes this crate's.
    Replace,
    /// This crate's line is put before it.
    Insert,
    /// The line is taken out.
    Remove,
    /// The line becomes this one.
    Become(Vec<u8>),
}

/// Where `ours` and `published` differ first, and both lines there.
pub fn first_difference<'a>(
    all: &'a Observation,
    ours: &'a Stream,
    published: &'a Stream,
) -> Option<Lines<'a>> {
    let pairs = ours.bytes.iter().zip(&published.bytes);
    let same = pairs.take_while(|(a, b)| a == b).count();
    if same == ours.bytes.len() && same == published.bytes.len() {
        return None;
    }
    let (start, line) = ours.line(same);
    let before = &ours.bytes[..start];
    let starts = || {
        let lines = before.split_inclusive(|byte| *byte == b'\n');
        lines.filter_map(start_of_head)
    };
    let (start, head) = match starts().next_back() {
        Some(first) => {
            let at = first.as_ptr() as usize - before.as_ptr() as usize;
            (first, &before[at..])
        }
        None => (&b""[..], &b""[..]),
    };
    Some(Lines {
        all,
        ours: line,
        published: published.line(same).1,
        start,
        heads: starts().count(),
        head,
    })
}

/// The line, if it looks like the first of a message; behind a body that did not end with a line.
pub fn start_of_head(line: &[u8]) -> Option<&[u8]> {
    let is_request = [&b" HTTP/1.1\r\n"[..], b" HTTP/1.0\r\n"]
        .iter()
        .any(|end| line.ends_with(end));
    match find(line, b"HTTP/1.") {
        Some(_) if is_request => Some(line),
        Some(at) => Some(&line[at..]),
        None => None,
    }
}

impl Edit {
    pub fn apply(self, ours: &Stream, published: &mut Stream) {
        let pairs = ours.bytes.iter().zip(&published.bytes);
        let same = pairs.take_while(|(a, b)| a == b).count();
        let line = ours.line(same).1.to_vec();
        let (start, len) = {
            let (start, line) = published.line(same);
            (start, line.len())
        };
        match self {
            Edit::Replace => {
                // What both have keeps its time.
                let old = &published.bytes[start..start + len];
                let pairs = old.iter().zip(&line);
                let before = pairs.take_while(|(a, b)| a == b).count();
                let pairs = old[before..].iter().rev().zip(line[before..].iter().rev());
                let behind = pairs.take_while(|(a, b)| a == b).count();
                let text = &line[before..line.len() - behind];
                published.replace(start + before, len - before - behind, text);
            }
            Edit::Insert => published.replace(start, 0, &line),
            Edit::Remove => published.replace(start, len, b""),
            Edit::Become(line) => published.replace(start, len, &line),
        }
    }
}
