//! How the proxy ends.
//!
//! Invariants:
//! - First nothing new begins: no connection is accepted, connections say that they end (GOAWAY, or `Connection: close`), and
//!   requests that still come are refused. Tunnels go on.
//! - When the last has ended, or the deadline has come, whatever is left is reset, and the proxy is done.

use std::future::Future;
use std::time::Duration;

use tokio::time::{timeout, timeout_at, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[cfg(test)]
mod tests;

/// How long tasks may take to end once they were told to.
const LAST_WORDS: Duration = Duration::from_secs(3);

#[derive(Clone, Default)]
pub struct Drain {
    begun: CancellationToken,
    over: CancellationToken,
    tasks: TaskTracker,
}

impl Drain {
    /// Spawns a task that the end of the proxy waits for.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    pub fn is_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Ready when nothing new is to begin any more.
    pub async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// Ready when everything is to end at once.
    pub async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Ends everything; ready when it is done. `hurry` cuts the deadline short.
    pub async fn run(&self, patience: Duration, hurry: impl Future<Output = ()>) {
        let deadline = Instant::now() + patience;
        tracing::info!(
            seconds = patience.as_secs(),
            tasks = self.tasks.len(),
            "draining"
        );
        self.begun.cancel();
        self.tasks.close();
        tokio::select! {
            _ = timeout_at(deadline, self.tasks.wait()) => {}
            _ = hurry => tracing::warn!("asked again to end"),
        }
        let left = self.tasks.len();
        if left > 0 {
            tracing::warn!(tasks = left, "the time for draining is over");
        }
        self.over.cancel();
        if timeout(LAST_WORDS, self.tasks.wait()).await.is_err() {
            tracing::error!(tasks = self.tasks.len(), "left behind");
        }
        tracing::info!("drained");
    }
}
