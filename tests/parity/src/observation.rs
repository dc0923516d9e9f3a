//! What a run of hyper comes to, as plain data.
//!
//! Everything is noted by the one who saw it, with the [`Stamp`] of when: two builds that differ in the order of what happens
//! at the same time, seen by different actors, are the same.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// When: after which step of the script, and at which time of the virtual clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    pub step: usize,
    pub time: Duration,
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{:?}", self.step, self.time)
    }
}

/// Who saw it. Numbers count requests from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// The peer, on the wire.
    Wire,
    /// Who drives the connection.
    Connection,
    /// The caller of a client, or what a service saw of a request.
    Exchange(usize),
    /// The body that hyper was given to send.
    SentBody(usize),
    /// The body that hyper delivered.
    ReceivedBody(usize),
    /// Who waits for an upgrade, and then uses it.
    Upgrade(usize),
    /// The peer, on a stream of HTTP/2; 0 for what concerns the connection.
    Stream(u32),
}

pub type Fields = Vec<(String, String)>;

#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// Bytes: on the wire, or of a body, or of a tunnel.
    Data(Vec<u8>),
    /// The head of a message, without its fields: what stands on its first line, and what was found beside it.
    Head(String),
    Fields(Fields),
    Trailers(Fields),
    /// Size hint and end of a body, as far as known.
    Hint(String),
    /// A body's, a tunnel's, the input's end.
    End,
    Error(ErrorView),
    /// Success of what has no other result.
    Done,
    Dropped,
    Panicked(String),
    /// Wakes itself without end.
    Spins,
    /// Something else worth knowing.
    Note(String),
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Data(data) if data.len() > 2_000 => {
                let (first, last) = (&data[..500], &data[data.len() - 500..]);
                let (first, last) = (first.escape_ascii(), last.escape_ascii());
                write!(f, "Data({} bytes: \"{first}\" .. \"{last}\")", data.len())
            }
            Event::Data(data) => write!(f, "Data(\"{}\")", data.escape_ascii()),
            Event::Head(text) => write!(f, "Head({text})"),
            Event::Fields(fields) => write!(f, "Fields({fields:?})"),
            Event::Trailers(fields) => write!(f, "Trailers({fields:?})"),
            Event::Hint(text) => write!(f, "Hint({text})"),
            Event::End => f.write_str("End"),
            Event::Error(error) => write!(f, "Error({error:?})"),
            Event::Done => f.write_str("Done"),
            Event::Dropped => f.write_str("Dropped"),
            Event::Panicked(text) => write!(f, "Panicked({text:?})"),
            Event::Spins => f.write_str("Spins"),
            Event::Note(text) => write!(f, "Note({text})"),
        }
    }
}

/// An error, with all that its user can tell.
#[derive(Clone, PartialEq, Eq)]
pub struct ErrorView {
    pub display: String,
    pub debug: String,
    /// Names of the predicates that hold.
    pub is: Vec<&'static str>,
    /// What each source says, outermost first.
    pub sources: Vec<String>,
}

impl fmt::Debug for ErrorView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {:?}", self.display, self.debug, self.is)?;
        for source in &self.sources {
            write!(f, " <- {source}")?;
        }
        Ok(())
    }
}

impl ErrorView {
    /// An error without predicates.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut sources = Vec::new();
        let mut next = error.source();
        while let Some(source) = next {
            sources.push(describe(source));
            next = source.source();
        }
        ErrorView {
            display: error.to_string(),
            debug: format!("{error:?}"),
            is: Vec::new(),
            sources,
        }
    }
}

fn describe(error: &(dyn Error + 'static)) -> String {
    if let Some(io) = error.downcast_ref::<std::io::Error>() {
        return format!("{io} (io {:?})", io.kind());
    }
    if let Some(h2) = error.downcast_ref::<h2::Error>() {
        return format!("{h2} (h2 {:?})", h2.reason());
    }
    error.to_string()
}

pub type Entry = (Stamp, Event);

/// Everything that was seen in a run.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Observation(pub BTreeMap<Actor, Vec<Entry>>);

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (actor, entries) in &self.0 {
            writeln!(f, "{actor:?}")?;
            for (stamp, event) in entries {
                writeln!(f, "    {stamp:?} {event:?}")?;
            }
        }
        Ok(())
    }
}

impl Observation {
    pub fn of(&self, actor: Actor) -> &[Entry] {
        self.0.get(&actor).map_or(&[], Vec::as_slice)
    }
}

/// Where actors note what they see.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    step: usize,
    time: Duration,
    closed: bool,
    seen: Observation,
}

impl Log {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        let noted = self.0.lock();
        noted.unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn note(&self, actor: Actor, event: Event) {
        let mut noted = self.noted();
        if noted.closed {
            return;
        }
        let stamp = Stamp {
            step: noted.step,
            time: noted.time,
        };
        let entries = noted.seen.0.entry(actor).or_default();
        if let (Actor::Wire, Event::Data(more)) = (actor, &event) {
            if let Some((last, Event::Data(data))) = entries.last_mut() {
                if *last == stamp {
                    data.extend_from_slice(more);
                    return;
                }
            }
        }
        entries.push((stamp, event));
    }

    pub fn text(&self, actor: Actor, text: impl Into<String>) {
        self.note(actor, Event::Note(text.into()));
    }

    pub fn next_step(&self) {
        self.noted().step += 1;
    }

    pub fn set_time(&self, time: Duration) {
        self.noted().time = time;
    }

    pub fn close(&self) {
        self.noted().closed = true;
    }

    pub fn take(&self) -> Observation {
        std::mem::take(&mut self.noted().seen)
    }
}
