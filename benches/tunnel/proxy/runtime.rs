//! The runtime that the proxies of a scenario run on.

use std::io;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A tokio runtime of one thread (`current_thread`) or of several workers. Ends when dropped.
pub struct Runtime {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Runtime {
    pub fn new(threads: usize) -> io::Result<Runtime> {
        let runtime = match threads {
            1 => Builder::new_current_thread().enable_all().build()?,
            _ => Builder::new_multi_thread()
                .worker_threads(threads)
                .enable_all()
                .build()?,
        };
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        // Parked all the while where there are workers.
        let thread = std::thread::spawn(move || {
            let _ = runtime.block_on(stopped);
        });
        Ok(Runtime {
            handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
