//! The half that reports: what streams do, towards keep-alive and the adaptive window.
//!
//! Invariants: recording takes a lock for a few instructions, never waits for anything else, and never fails. The count
//! of open streams equals the number of living [`OpenStream`] values.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::body::h2_stream::ReceiveObserver;
use crate::proto::h2::ping::shared::Shared;
use crate::rt::clock::Clock;

/// Reports the activity of one connection. Clones report to the same connection.
#[derive(Clone)]
pub(crate) struct Recorder(Option<Arc<Link>>);

/// What the recorders and the ponger of a connection hold in common.
pub(super) struct Link {
    clock: Clock,
    shared: Mutex<Shared>,
}

/// The recorder of a connection that neither keeps itself alive nor adapts its window.
pub(crate) fn disabled() -> Recorder {
    Recorder(None)
}

impl Recorder {
    pub(super) fn new(link: Arc<Link>) -> Recorder {
        Recorder(Some(link))
    }

    /// `len` bytes of DATA were taken by the user: activity, and part of a bandwidth measurement.
    pub(crate) fn record_data(&self, len: usize) {
        if let Some(link) = &self.0 {
            let now = link.clock.now();
            link.lock().note_data(len, now);
        }
    }

    /// A head or trailers were taken: activity.
    pub(crate) fn record_non_data(&self) {
        if let Some(link) = &self.0 {
            let now = link.clock.now();
            link.lock().note_activity(now);
        }
    }

    /// Counts a stream as open until the returned value and all its clones are dropped.
    ///
    /// Opening one is not activity by itself: on a connection that was idle for longer than the keep-alive interval
    /// the peer is asked for a sign of life at once, before anyone has to wait for it in vain.
    pub(crate) fn open_stream(&self) -> StreamActivity {
        let Some(link) = &self.0 else {
            return StreamActivity(None);
        };
        let awaiting = link.lock().open_stream();
        if let Some(task) = awaiting {
            task.wake();
        }
        StreamActivity(Some(Arc::new(OpenStream {
            recorder: self.clone(),
        })))
    }

    /// Fails, from the moment on that a keep-alive PING went unanswered, with the error the connection ends with.
    #[cfg(any(feature = "client", test))]
    pub(crate) fn ensure_not_timed_out(&self) -> crate::Result<()> {
        match &self.0 {
            Some(link) if link.lock().is_timed_out() => Err(crate::Error::keep_alive_timed_out()),
            _ => Ok(()),
        }
    }
}

impl Link {
    pub(super) fn new(clock: Clock, shared: Shared) -> Link {
        Link {
            clock,
            shared: Mutex::new(shared),
        }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        // A user's timer may panic under the lock; the state is complete between any two of its calls.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports the activity of one open stream; nothing, where nobody wants to know.
#[derive(Clone)]
pub(crate) struct StreamActivity(Option<Arc<OpenStream>>);

/// A [`Recorder`] that stands for one open stream.
struct OpenStream {
    recorder: Recorder,
}

impl StreamActivity {
    /// See [`Recorder::record_non_data`].
    pub(crate) fn record_non_data(&self) {
        if let Some(stream) = &self.0 {
            stream.recorder.record_non_data();
        }
    }

    /// See [`Recorder::ensure_not_timed_out`].
    #[cfg(feature = "client")]
    pub(crate) fn ensure_not_timed_out(&self) -> crate::Result<()> {
        self.0
            .as_ref()
            .map_or(Ok(()), |stream| stream.recorder.ensure_not_timed_out())
    }

    /// For a reader of the stream.
    pub(crate) fn observer(&self) -> Option<Arc<dyn ReceiveObserver>> {
        let stream = self.0.clone()?;
        Some(stream)
    }
}

impl ReceiveObserver for OpenStream {
    fn data_received(&self, len: usize) {
        self.recorder.record_data(len);
    }

    fn end_received(&self) {
        self.recorder.record_non_data();
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        if let Some(link) = &self.recorder.0 {
            link.lock().close_stream();
        }
    }
}
