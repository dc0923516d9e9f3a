//! Options of an HTTP/2 server connection.
//!
//! Invariants: setters only record, so the one that a caller sees panic is
//! [`Builder::max_send_buf_size`]; and a connection keeps a copy of the options.

use std::error::Error as StdError;
use std::time::Duration;

use http_body::Body;

use crate::body::Incoming;
use crate::proto::h2::server::accept::Server;
use crate::proto::h2::server::config::Config;
use crate::proto::h2::window::{assert_in_range, SPEC_WINDOW_SIZE};
use crate::rt::bounds::Http2ServerConnExec;
use crate::rt::clock::Clock;
use crate::rt::{Read, Timer, Write};
use crate::server::conn::http2::connection::Connection;
use crate::service::HttpService;

#[cfg(test)]
mod tests;

/// Options for HTTP/2 server connections.
///
/// A builder may serve any number of connections, and be changed in between: a connection keeps
/// the options as they were when it was made.
#[derive(Clone, Debug)]
pub struct Builder<E> {
    executor: E,
    clock: Clock,
    config: Config,
}

impl<E> Builder<E> {
    /// Options at their defaults, with the executor that connections spawn their tasks on.
    ///
    /// The executor gets a task per request.
    pub fn new(exec: E) -> Self {
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
    pub fn timer<M>(&mut self, timer: M) -> &mut Self
    where
        M: Timer + Send + Sync + 'static,
    {
        self.clock = Clock::new(timer);
        self
    }

    /// How many bytes of a request body the peer may send ahead of the reader, for each stream:
    /// SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 §6.5.2 and §6.9.2).
    ///
    /// In bytes. Default: 1 MiB. `None` changes nothing; a value switches
    /// [`adaptive_window`](Self::adaptive_window) off.
    ///
    /// # Panics
    ///
    /// [`serve_connection`](Self::serve_connection) panics for more than 2^31 - 1.
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
    /// In bytes. Default: 1 MiB. `None` changes nothing; a value switches
    /// [`adaptive_window`](Self::adaptive_window) off.
    ///
    /// The protocol starts every connection at 65,535 (RFC 9113 §6.9.2); a larger value is
    /// granted at once, a smaller one is come to by withholding credit.
    ///
    /// # Panics
    ///
    /// [`serve_connection`](Self::serve_connection) panics for more than 2^31 - 1.
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

    /// The largest frame payload that we accept: SETTINGS_MAX_FRAME_SIZE (RFC 9113 §4.2
    /// and §6.5.2).
    ///
    /// In bytes. Default: 16,384. `None` changes nothing.
    ///
    /// # Panics
    ///
    /// [`serve_connection`](Self::serve_connection) panics for anything outside 16,384 to
    /// 16,777,215.
    pub fn max_frame_size(&mut self, size: impl Into<Option<u32>>) -> &mut Self {
        if let Some(size) = size.into() {
            self.config.max_frame_size = size;
        }
        self
    }

    /// The largest head or trailers that we accept: SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113
    /// §6.5.2).
    ///
    /// In bytes, uncompressed, where each field counts 32 more than its name and value. Default:
    /// 16 KiB. A request beyond it is answered with 431 and does not reach the service.
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

    /// How many requests the peer may have open at a time: SETTINGS_MAX_CONCURRENT_STREAMS (RFC
    /// 9113 §5.1.2 and §6.5.2).
    ///
    /// In streams. Default: 200. `None` leaves the setting out, which means no limit: a peer can
    /// then make the server hold any number of requests. A request above the limit is reset with
    /// REFUSED_STREAM. A tunnel counts for as long as it lives.
    pub fn max_concurrent_streams(&mut self, max: impl Into<Option<u32>>) -> &mut Self {
        self.config.max_concurrent_streams = max.into();
        self
    }

    /// How many streams the peer may have opened and reset again before we looked at them; a guard
    /// against CVE-2023-44487, "rapid reset".
    ///
    /// In streams. Default: `None`, h2's own limit of 20. Beyond it the connection fails with
    /// GOAWAY ENHANCE_YOUR_CALM.
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

    /// How often to check with a PING (RFC 9113 §6.7) that a quiet peer is still there.
    ///
    /// Counted from the last sign of life of a request: a head, body bytes or trailers that the
    /// program took, or an answered ping; whether streams are open or not. Default: `None`, no
    /// checks.
    ///
    /// # Panics
    ///
    /// The [`Connection`] panics, with `You must supply a timer.`, when the peer's preface has
    /// arrived, for an interval without a [`timer`](Self::timer).
    pub fn keep_alive_interval(&mut self, interval: impl Into<Option<Duration>>) -> &mut Self {
        self.config.keep_alive_interval = interval.into();
        self
    }

    /// How long the peer may take to answer a keep-alive ping.
    ///
    /// Default: 20 seconds. Beyond it the connection fails with an error whose
    /// [`is_timeout`](crate::Error::is_timeout) is true. No effect without
    /// [`keep_alive_interval`](Self::keep_alive_interval).
    pub fn keep_alive_timeout(&mut self, timeout: Duration) -> &mut Self {
        self.config.keep_alive_timeout = timeout;
        self
    }

    /// How much may wait to be sent, for each stream.
    ///
    /// In bytes. Default: 400 KiB. A response body is not polled, and a tunnel takes no more from
    /// its writer, while this much has been accepted and the transport has not taken it.
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

    /// Lets the peer use extended CONNECT, the `:protocol` pseudo-header: announces
    /// SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 §3).
    ///
    /// Default: off, and there is no way back. Ordinary CONNECT needs no setting.
    pub fn enable_connect_protocol(&mut self) -> &mut Self {
        self.config.enable_connect_protocol = true;
        self
    }

    /// Whether to add a `date` field (RFC 9110 §6.6.1) to responses that have none.
    ///
    /// Default: true.
    pub fn auto_date_header(&mut self, enabled: bool) -> &mut Self {
        self.config.auto_date_header = enabled;
        self
    }

    /// How long a CONNECT tunnel that is finished on our side waits for the peer.
    ///
    /// A tunnel that was shut down or dropped may still hold bytes that the peer has not given
    /// window for, or wait for the peer to end its own side. If this much time passes without any
    /// progress, the stream is reset with CANCEL (RFC 9113 §7), and its task, its memory
    /// and its place among the concurrent streams are free again.
    ///
    /// Default: 30 seconds. Acts only if there is a [`timer`](Self::timer); without one a tunnel
    /// waits until its stream or its connection ends.
    ///
    /// An addition of this crate, which the released hyper does not have.
    pub fn tunnel_linger(&mut self, linger: Duration) -> &mut Self {
        self.config.tunnel_linger = linger;
        self
    }

    /// Serves a transport, with a service that is called for each request.
    ///
    /// Nothing is read or written before the returned [`Connection`] is polled.
    ///
    /// # Panics
    ///
    /// If a window or the frame size is out of its range; the options say when.
    pub fn serve_connection<S, I, Bd>(&self, io: I, service: S) -> Connection<I, S, E>
    where
        S: HttpService<Incoming, ResBody = Bd>,
        S::Error: Into<Box<dyn StdError + Send + Sync>>,
        Bd: Body + 'static,
        Bd::Error: Into<Box<dyn StdError + Send + Sync>>,
        I: Read + Write + Unpin,
        E: Http2ServerConnExec<S::Future, Bd>,
    {
        assert_in_range([
            self.config.initial_stream_window_size,
            self.config.initial_connection_window_size,
        ]);
        Connection {
            server: Server::new(
                io,
                service,
                &self.config,
                self.executor.clone(),
                self.clock.clone(),
            ),
        }
    }
}
