//! What a server connection spawns its streams on.

use std::future::Future;

use http_body::Body;

use crate::proto::h2::server::stream::H2Stream;
use crate::rt::Executor;

/// An executor that can run the streams of an HTTP/2 server connection.
///
/// Sealed: it holds for every cloneable [`Executor`] that takes this crate's stream futures. Those
/// are `Send` when the service's future and the response's body are, so both kinds of
/// executor fit, those that want `Send` and those that do not.
pub trait Http2ServerConnExec<F, B: Body>: sealed::Sealed<(F, B)> + Clone {
    #[doc(hidden)]
    fn execute_h2stream(&mut self, stream: H2Stream<F, B>);
}

impl<E, F, B> Http2ServerConnExec<F, B> for E
where
    E: Clone + Executor<H2Stream<F, B>>,
    H2Stream<F, B>: Future<Output = ()>,
    B: Body,
{
    fn execute_h2stream(&mut self, stream: H2Stream<F, B>) {
        self.execute(stream);
    }
}

impl<E, F, B> sealed::Sealed<(F, B)> for E
where
    E: Clone + Executor<H2Stream<F, B>>,
    H2Stream<F, B>: Future<Output = ()>,
    B: Body,
{
}

mod sealed {
    pub trait Sealed<T> {}
}
