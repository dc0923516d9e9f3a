//! Tasks that report: what they achieved, or why they could not.

use std::error::Error;
use std::fmt;
use std::future::Future;

use tokio::sync::mpsc;

use crate::pattern::Fingerprint;

pub type Result<T> = std::result::Result<T, Failure>;

/// Why the run cannot go on, with every cause spelt out.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(text: impl Into<String>) -> Failure {
        Failure(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failure {}

/// Says what was being done when an error came.
pub trait Context<T> {
    fn context_with(self, what: impl FnOnce() -> String) -> Result<T>;

    fn context(self, what: &str) -> Result<T>
    where
        Self: Sized,
    {
        self.context_with(|| what.to_owned())
    }
}

impl<T, E: Error> Context<T> for std::result::Result<T, E> {
    fn context_with(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| {
            let mut text = format!("{}: {error}", what());
            let mut cause = error.source();
            while let Some(error) = cause {
                let error_text = error.to_string();
                // Some errors already print their cause.
                if !text.ends_with(&error_text) {
                    text.push_str(": ");
                    text.push_str(&error_text);
                }
                cause = error.source();
            }
            Failure(text)
        })
    }
}

/// What the run loop is told by the tasks.
#[derive(Debug)]
pub enum Event {
    /// The client has all its tunnels open.
    Opened,
    /// The upstream of a tunnel has sent everything, and has seen the end of the client's stream.
    Sent {
        tunnel: usize,
        all: Fingerprint,
    },
    /// The client has read a tunnel to its end.
    Received {
        tunnel: usize,
        all: Fingerprint,
    },
    /// The proxy has copied a tunnel to its end, and counts these bytes towards the client.
    Relayed {
        tunnel: usize,
        bytes: u64,
    },
    Failed(Failure),
}

/// Spawns tasks, and carries what they report to the run loop.
#[derive(Clone)]
pub struct Crew {
    events: mpsc::UnboundedSender<Event>,
}

impl Crew {
    pub fn new() -> (Crew, mpsc::UnboundedReceiver<Event>) {
        let (events, reports) = mpsc::unbounded_channel();
        (Crew { events }, reports)
    }

    pub fn report(&self, event: Event) {
        // No one listens any more once the run is over, and then nothing matters.
        let _ = self.events.send(event);
    }

    /// Runs `work` as a task of its own. Its failure, or a panic, ends the run.
    pub fn spawn(&self, work: impl Future<Output = Result<()>> + Send + 'static) {
        let crew = self.clone();
        let task = tokio::spawn(work);
        tokio::spawn(async move {
            match task.await {
                Ok(Ok(())) => {}
                Ok(Err(failure)) => crew.report(Event::Failed(failure)),
                Err(error) if error.is_panic() => {
                    crew.report(Event::Failed(Failure::new("a task panicked")));
                }
                Err(_) => {}
            }
        });
    }
}
