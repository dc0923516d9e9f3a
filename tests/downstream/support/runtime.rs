//! Runtimes that end.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::timeout;

/// Longest a test may take over loopback.
const REAL: Duration = Duration::from_secs(60);

/// Longest a test may take where time is skipped.
const VIRTUAL: Duration = Duration::from_secs(24 * 60 * 60);

/// Runs `test` on two threads; panics where it takes more than a minute.
pub fn real_time<F: Future>(test: F) -> F::Output {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let done = runtime.block_on(async { timeout(REAL, test).await });
    runtime.shutdown_background();
    done.expect("the test ends within a minute")
}

/// Runs `test` on one thread, skipping the time in which nothing happens; panics where it takes more than a day of that time.
pub fn virtual_time<F: Future>(test: F) -> F::Output {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime
        .block_on(async { timeout(VIRTUAL, test).await })
        .expect("the test ends within a day of virtual time")
}

/// Lets every task run until it waits for another or for time. Only in [`virtual_time`].
pub async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
