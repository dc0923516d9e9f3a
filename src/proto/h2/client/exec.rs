//! What a client connection spawns, and on what.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::Body;
use pin_project_lite::pin_project;

use crate::proto::h2::client::connection_task::ConnectionTask;
use crate::proto::h2::client::stream::StreamTask;
use crate::rt::{Executor, Read, Write};

/// An executor that can run the tasks of an HTTP/2 client connection.
///
/// Sealed: it holds for every cloneable [`Executor`] that takes this crate's task futures. Those
/// are `Send` when the transport and the body are, so both kinds of executor fit, those that
/// want `Send` and those that do not.
pub trait Http2ClientConnExec<B, T>: sealed::Sealed<(B, T)> + Clone
where
    B: Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    T: Read + Write + Unpin,
{
    #[doc(hidden)]
    fn execute_h2_future(&mut self, future: ClientTask<B, T>);
}

impl<E, B, T> Http2ClientConnExec<B, T> for E
where
    E: Clone + Executor<ClientTask<B, T>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    ClientTask<B, T>: Future<Output = ()>,
    T: Read + Write + Unpin,
{
    fn execute_h2_future(&mut self, future: ClientTask<B, T>) {
        self.execute(future);
    }
}

impl<E, B, T> sealed::Sealed<(B, T)> for E
where
    E: Clone + Executor<ClientTask<B, T>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    T: Read + Write + Unpin,
{
}

mod sealed {
    pub trait Sealed<T> {}
}

pin_project! {
    /// One of a client connection's tasks.
    #[project = ClientTaskProj]
    #[must_use = "tasks do nothing unless polled"]
    pub enum ClientTask<B, T>
    where
        T: Read,
        T: Write,
        T: Unpin,
    {
        Connection { #[pin] task: ConnectionTask<T> },
        Stream { #[pin] task: StreamTask<B> },
    }
}

impl<B, T> Future for ClientTask<B, T>
where
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    T: Read + Write + Unpin,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.project() {
            ClientTaskProj::Connection { task } => task.poll(cx),
            ClientTaskProj::Stream { task } => task.poll(cx),
        }
    }
}
