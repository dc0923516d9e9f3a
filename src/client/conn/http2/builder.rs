//! Options of an HTTP/2 client connection, and its handshake.
//!
//! Invariants: setters only record, so the one that a caller sees panic is
//! [`Builder::max_send_buf_size`]; and a handshake works on a copy of the options, taken when it
//! is called.

use std::error::Error as StdError;
use std::future::Future;
use std::time::Duration;

use http_body::Body;

use crate::client::conn::http2::connection::Connection;
use crate::client::conn::http2::sender::SendRequest;
use crate::error::Result;
use crate::proto::exchange;
use crate::proto::h2::client::config::Config;
use crate::proto::h2::client::dispatch;
use crate::proto::h2::window::{assert_in_range, SPEC_WINDOW_SIZE};
use crate::rt::bounds::Http2ClientConnExec;
use crate::rt::clock::Clock;
use crate::rt::{Read, Timer, Write};

#[cfg(test)]
mod tests;

/// Opens a client's side of an HTTP/2 connection with the default options.
///
/// Short for `Builder::new(exec).handshake(io)`; see [`Builder::handshake`].
///
/// # Errors
///
/// As those of [`Builder::handshake`].
pub async fn handshake<E, T, B>(exec: E, io: T) -> Result<(SendRequest<B>, Connection<T, B, E>)>
where
    T: Read + Write + Unpin,
    B: Body + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    E: Http2ClientConnExec<B, T> + Unpin + Clone,
{
    // In two steps, so that the builder is gone before the wait and `E` need not be `Sync`.
    let opening = Builder::new(exec).handshake(io);
    opening.await
}

/// Options for HTTP/2 client connections.
///
/// A builder may open any number of connections, and be changed in between: a handshake keeps
/// the options as they were when it was called.
#[derive(Clone, Debug)]
pub struct Builder<Ex> {
    executor: Ex,
    clock: Clock,
    config: Config,
}

impl<Ex> Builder<Ex>
where
    Ex: Clone,
{
    /// Options at their defaults, with the executor that connections spawn their tasks on.
    ///
    /// The executor gets a task per connection during the handshake, and one per request later,
    /// which also serves the tunnel that a CONNECT may become.
    pub fn new(exec: Ex) -> Builder<Ex> {
        Builder {
            executor: exec,
            clock: Clock::default(),
            config: Config::default(),
        }
    }

    /// Lends the connections a source of time.
    ///
    /// Default: none. [`keep_alive_interval`](Self::keep_alive_interval) cannot do without one,
    /// and without one [`tunnel_linger`](Self::tunnel_linger) does not act.
    pub fn timer<M>(&mut self, timer: M) -> &mut Builder<Ex>
    where
        M: Timer + Send + Sync + 'static,
    {
        self.clock = Clock::new(timer);
        self
    }

    /// How many bytes of a response body the peer may send ahead of the reader, for each stream:
    /// SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 §6.5.2 and §6.9.2).
    ///
    /// In bytes. Default: 2 MiB. `None` changes nothing; a value switches
    /// [`adaptive_window`](Self::adaptive_window) off.
    ///
    /// # Panics
    ///
    /// [`handshake`](Self::handshake) panics for more than 2^31 - 1.
    pub fn initial_stream_window_size(&mut self, size: impl Into<Option<u32>>) -> &mut Self {
        if let Some(size) = size.into() {
            self.config.initial_stream_window_size = size;
            self.config.adaptive_window = false;
        }
        self
    }

    /// How many bytes the peer may send ahead of all readers of the connection together (RFC 9113
    /// §6.9.1).
    ///
    /// In bytes. Default: 5 MiB. `None` changes nothing; a value switches
    /// [`adaptive_window`](Self::adaptive_window) off.
    ///
    /// The protocol starts every connection at 65,535 (RFC 9113 §6.9.2); a larger value is
    /// granted at once, a smaller one is come to by withholding credit.
    ///
    /// # Panics
    ///
    /// [`handshake`](Self::handshake) panics for more than 2^31 - 1.
    pub fn initial_connection_window_size(&mut self, size: impl Into<Option<u32>>) -> &mut Self {
        if let Some(size) = size.into() {
            self.config.initial_connection_window_size = size;
            self.config.adaptive_window = false;
        }
        self
    }

    /// Sizes the receive windows by measuring the path.
    ///
    /// Default: false. `true` sets both windows to 65,535 bytes and lets them grow, never beyond
    /// 16 MiB, with the product of bandwidth and round-trip time that PING frames (RFC 9113
    /// §6.7) show while data arrives. `false` stops the measuring and leaves both windows
    /// as they were last set. No timer is needed.
    pub fn adaptive_window(&mut self, enabled: bool) -> &mut Self {
        self.config.adaptive_window = enabled;
        if enabled {
            self.config.initial_stream_window_size = SPEC_WINDOW_SIZE;
            self.config.initial_connection_window_size = SPEC_WINDOW_SIZE;
        }
        self
    }

    /// How many requests may be under way before the peer has said how many it takes.
    ///
    /// In streams. Default: 100, the least that RFC 9113 §6.5.2 recommends to a peer.
    /// `None` changes nothing. The peer's first SETTINGS frame replaces it. A peer that turns
    /// out to take fewer may refuse those above its limit.
    pub fn initial_max_send_streams(&mut self, max: impl Into<Option<usize>>) -> &mut Self {
        if let Some(max) = max.into() {
            self.config.initial_max_send_streams = max;
        }
        self
    }

    /// The largest frame payload that we accept: SETTINGS_MAX_FRAME_SIZE (RFC 9113 §4.2
    /// and §6.5.2).
    ///
    /// In bytes. Default: 16,384. `None` leaves the setting out, so that the protocol's own
    /// default holds, which is 16,384 too.
    ///
    /// # Panics
    ///
    /// [`handshake`](Self::handshake) panics for anything outside 16,384 to 16,777,215.
    pub fn max_frame_size(&mut self, size: impl Into<Option<u32>>) -> &mut Self {
        self.config.max_frame_size = size.into();
        self
    }

    /// The largest head or trailers that we accept: SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113
    /// §6.5.2).
    ///
    /// In bytes, uncompressed, where each field counts 32 more than its name and value. Default:
    /// 16 KiB. A response beyond it fails, and the connection goes on.
    pub fn max_header_list_size(&mut self, max: u32) -> &mut Self {
        self.config.max_header_list_size = max;
        self
    }

    /// The largest table that the peer's header compression may ask us to keep:
    /// SETTINGS_HEADER_TABLE_SIZE (RFC 9113 §6.5.2, RFC 7541 §4.2).
    ///
    /// In bytes. Default: `None`, which leaves the setting out, so that the protocol's own 4,096
    /// holds.
    pub fn header_table_size(&mut self, size: impl Into<Option<u32>>) -> &mut Self {
        self.config.header_table_size = size.into();
        self
    }

    /// How many streams the peer may have open: SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113 §5.1.2
    /// and §6.5.2).
    ///
    /// In streams. Default: `None`, which leaves the setting out.
    ///
    /// It does not limit our own requests; the peer does that. Only pushed responses would count
    /// here, and those are refused.
    pub fn max_concurrent_streams(&mut self, max: impl Into<Option<u32>>) -> &mut Self {
        self.config.max_concurrent_streams = max.into();
        self
    }

    /// How often to check with a PING (RFC 9113 §6.7) that a quiet peer is still there.
    ///
    /// Counted from the last sign of life of a request: a head, body bytes or trailers that the
    /// program took, or an answered ping. Default: `None`, no checks.
    ///
    /// # Panics
    ///
    /// [`handshake`](Self::handshake) panics, with `You must supply a timer.`, for an interval
    /// without a [`timer`](Self::timer).
    pub fn keep_alive_interval(&mut self, interval: impl Into<Option<Duration>>) -> &mut Self {
        self.config.keep_alive_interval = interval.into();
        self
    }

    /// How long the peer may take to answer a keep-alive ping.
    ///
    /// Default: 20 seconds. Beyond it the connection fails, and so does every request on it, with
    /// an error whose [`is_timeout`](crate::Error::is_timeout) is true. No effect without
    /// [`keep_alive_interval`](Self::keep_alive_interval).
    pub fn keep_alive_timeout(&mut self, timeout: Duration) -> &mut Self {
        self.config.keep_alive_timeout = timeout;
        self
    }

    /// Whether to send keep-alive pings while no stream is open.
    ///
    /// Default: false. A stream whose body is unfinished counts as open. No effect without
    /// [`keep_alive_interval`](Self::keep_alive_interval).
    pub fn keep_alive_while_idle(&mut self, enabled: bool) -> &mut Self {
        self.config.keep_alive_while_idle = enabled;
        self
    }

    /// How many streams that we have reset are remembered, so that frames of theirs which were
    /// under way can be told from errors (RFC 9113 §5.1, "closed").
    ///
    /// In streams. Default: 50, which is h2's. A stream that is reset while this many are
    /// remembered is forgotten at once.
    pub fn max_concurrent_reset_streams(&mut self, max: usize) -> &mut Self {
        self.config.max_concurrent_reset_streams = Some(max);
        self
    }

    /// How long a stream that we have reset is remembered.
    ///
    /// Default: 1 second, which is h2's. See
    /// [`max_concurrent_reset_streams`](Self::max_concurrent_reset_streams), whichever ends first.
    pub fn reset_stream_duration(&mut self, duration: Duration) -> &mut Self {
        self.config.reset_stream_duration = Some(duration);
        self
    }

    /// How many streams the peer may have opened and reset again before we looked at them; a guard
    /// against CVE-2023-44487, "rapid reset".
    ///
    /// In streams. Default: `None`, h2's own limit of 20. Beyond it the connection fails with
    /// GOAWAY ENHANCE_YOUR_CALM. A client sees this at most from a peer that tries to push.
    pub fn max_pending_accept_reset_streams(&mut self, max: impl Into<Option<usize>>) -> &mut Self {
        self.config.max_pending_accept_reset_streams = max.into();
        self
    }

    /// How many streams the peer may make us reset by its own mistakes; a guard against
    /// CVE-2025-8671, "made you reset".
    ///
    /// In streams, over the life of the connection. Default: 1,024. Beyond it the connection fails
    /// with GOAWAY ENHANCE_YOUR_CALM. `None` sets no limit.
    pub fn max_local_error_reset_streams(&mut self, max: impl Into<Option<usize>>) -> &mut Self {
        self.config.max_local_error_reset_streams = max.into();
        self
    }

    /// How much may wait to be sent, for each stream.
    ///
    /// In bytes. Default: 1 MiB. A request body is not polled, and a tunnel takes no more from its
    /// writer, while this much has been accepted and the transport has not taken it.
    /// Of this, a tunnel and a body's small frames let 16 KiB, or half where that is less, wait for
    /// window (RFC 9113 §5.2); less than 2 counts as 2.
    ///
    /// # Panics
    ///
    /// For more than `u32::MAX`, at once.
    pub fn max_send_buf_size(&mut self, max: usize) -> &mut Self {
        assert!(
            u32::try_from(max).is_ok(),
            "max_send_buf_size must not exceed u32::MAX"
        );
        self.config.max_send_buffer_size = max;
        self
    }

    /// How long a CONNECT tunnel that is finished on our side waits for the peer.
    ///
    /// A tunnel that was shut down or dropped may still hold bytes that the peer has not given
    /// window for, or wait for the peer to end its own side. If this much time passes without any
    /// progress, the stream is reset with CANCEL (RFC 9113 §7), and its memory and its
    /// place among the concurrent streams are free again.
    ///
    /// Default: 30 seconds. Acts only if there is a [`timer`](Self::timer); without one a tunnel
    /// waits until its stream or its connection ends.
    ///
    /// An addition of this crate, which the released hyper does not have.
    pub fn tunnel_linger(&mut self, linger: Duration) -> &mut Self {
        self.config.tunnel_linger = linger;
        self
    }

    /// Opens a client's side of an HTTP/2 connection on a transport (RFC 9113 §3.4).
    ///
    /// Writes the connection preface with our SETTINGS and gives the task that drives the
    /// transport to the executor. It does not wait for anything from the peer, so a peer that does
    /// not speak HTTP/2 shows only later, as an error of the [`Connection`] and of its requests.
    ///
    /// The future holds a copy of the options and does not borrow the builder. Dropping it drops
    /// the transport, which may have a part of the preface written to it.
    ///
    /// # Errors
    ///
    /// The transport failed while the preface was written; the `std::io::Error` is the source.
    ///
    /// # Panics
    ///
    /// The future panics if an option is out of its range, or a timer is missing; the options say
    /// when.
    pub fn handshake<T, B>(
        &self,
        io: T,
    ) -> impl Future<Output = Result<(SendRequest<B>, Connection<T, B, Ex>)>>
    where
        T: Read + Write + Unpin,
        B: Body + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
        Ex: Http2ClientConnExec<B, T> + Unpin,
    {
        let options = self.clone();
        async move {
            assert_in_range([
                options.config.initial_stream_window_size,
                options.config.initial_connection_window_size,
            ]);
            let (requests, queue) = exchange::channel();
            let dispatcher =
                dispatch::handshake(io, queue, &options.config, options.executor, options.clock)
                    .await?;
            Ok((SendRequest { requests }, Connection { dispatcher }))
        }
    }
}
