//! What every stream of a connection is served with.

use std::sync::Arc;
use std::time::Duration;

use h2::SendStream;

use crate::proto::h2::linger::Patience;
use crate::proto::h2::ping::recorder::Recorder;
use crate::proto::h2::send_buf::SendBuf;
use crate::proto::h2::transport::outlet::Outlet;
use crate::proto::h2::windowed_sender::WindowedSender;
use crate::rt::clock::Clock;
use crate::trace;

/// The connection, as far as its streams know it.
pub(crate) struct Streams {
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) recorder: Recorder,
    pub(crate) clock: Clock,
    /// Bytes that one stream may hold.
    pub(crate) max_send_buffer_size: usize,
    pub(crate) tunnel_linger: Duration,
    pub(crate) trace: trace::Connection,
}

impl Streams {
    pub(crate) fn sender(&self, stream: SendStream<SendBuf>) -> WindowedSender {
        WindowedSender::new(stream, self.outlet.clone(), self.max_send_buffer_size)
    }

    pub(crate) fn patience(&self) -> Patience {
        Patience::new(self.clock.clone(), self.tunnel_linger)
    }
}
