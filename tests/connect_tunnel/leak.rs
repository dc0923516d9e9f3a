//! What a run leaves behind.

use std::future::Future;

use crate::support::heap;

/// Does `run`, and asserts that it leaves no heap behind.
///
/// What is made once, or grows once, is no leak: a run that leaves something behind has a second chance.
pub async fn without_a_leak<F: Future>(run: impl Fn() -> F) -> F::Output {
    let mark = heap::mark();
    let output = run().await;
    if mark.grown() <= 0 {
        return output;
    }
    let mark = heap::mark();
    let output = run().await;
    let grown = mark.grown();
    assert!(grown <= 0, "{grown} bytes are left behind");
    output
}
