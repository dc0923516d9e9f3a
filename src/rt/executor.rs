//! Where connections put their background tasks.

/// Runs futures to their end, as tasks of their own.
///
/// HTTP/2 needs one: streams make progress independently of each other, and of whoever awaits the
/// connection. Implement it for the future types your runtime can spawn. An executor that asks for
/// `Fut: Send` works for connections whose services and bodies are `Send`; one that spawns on the
/// current thread works for all.
///
/// # Example
///
/// ```
/// # use std::future::Future;
/// # fn spawn_on_my_runtime<F: Future + Send + 'static>(_: F) {}
/// use hyper::rt::Executor;
///
/// #[derive(Clone)]
/// struct MyExecutor;
///
/// impl<Fut> Executor<Fut> for MyExecutor
/// where
///     Fut: Future + Send + 'static,
///     Fut::Output: Send,
/// {
///     fn execute(&self, fut: Fut) {
///         spawn_on_my_runtime(fut);
///     }
/// }
/// ```
pub trait Executor<Fut> {
    /// Hands `fut` over to be polled until it is ready.
    ///
    /// Called while a connection is being polled, so it must not block, and must not poll `fut` to
    /// its end before returning. A future that is dropped unfinished takes its stream down with it.
    fn execute(&self, fut: Fut);
}
