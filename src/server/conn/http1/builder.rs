//! Options of an HTTP/1 server connection.
//!
//! Invariant: a connection works on a copy of the options, taken when it is made.

use std::error::Error as StdError;
use std::time::Duration;

use http_body::Body;

use crate::body::Incoming;
use crate::proto::date;
use crate::proto::h1::config::{Config, DEFAULT_MAX_BUF_SIZE};
use crate::proto::h1::dispatch::server::{Server, ServerOptions};
use crate::proto::h1::io::read_buf::{ReadSize, MIN_READ};
use crate::proto::h1::io::transport::TransportOptions;
use crate::proto::h1::io::write_buf::WriteStrategy;
use crate::rt::clock::Clock;
use crate::rt::{Read, Timer, Write};
use crate::server::conn::http1::connection::Connection;
use crate::service::HttpService;

#[cfg(test)]
mod tests;

const DEFAULT_HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Options for HTTP/1 server connections.
///
/// A builder may serve any number of connections, and be changed in between: a connection keeps the options as they were
/// when it was made.
#[derive(Clone, Debug)]
pub struct Builder {
    config: Config,
    options: ServerOptions,
    /// Whether the timeout was asked for, and is not merely the default.
    is_timeout_set: bool,
    clock: Clock,
    max_buf_size: usize,
    write_strategy: Option<WriteStrategy>,
}

impl Builder {
    /// Options at their defaults.
    #[allow(
        clippy::new_without_default,
        reason = "the interface of hyper has none"
    )]
    pub fn new() -> Self {
        Builder {
            config: Config {
                date: Some(date::header_value),
                ..Config::default()
            },
            options: ServerOptions {
                half_close: false,
                pipeline_flush: false,
                header_read_timeout: Some(DEFAULT_HEADER_READ_TIMEOUT),
            },
            is_timeout_set: false,
            clock: Clock::default(),
            max_buf_size: DEFAULT_MAX_BUF_SIZE,
            write_strategy: None,
        }
    }

    /// Whether to go on with the answer to a client that has ended its own direction.
    ///
    /// Default: false. A client that closes while its request is being answered is taken for gone: the service's future
    /// is dropped, and the connection ends with an error that
    /// [`is_incomplete_message`](crate::Error::is_incomplete_message). With true, the answer is sent, and a client that
    /// is gone indeed is noticed only when writing fails.
    pub fn half_close(&mut self, enabled: bool) -> &mut Self {
        self.options.half_close = enabled;
        self
    }

    /// Whether a connection serves more than one request (RFC 9112, section 9.3).
    ///
    /// Default: true. With false the first response says `connection: close`.
    pub fn keep_alive(&mut self, enabled: bool) -> &mut Self {
        self.config.keep_alive = enabled;
        self
    }

    /// Whether to write field names with the first letter of each word in upper case: `Content-Length`.
    ///
    /// Default: false, which writes them in lower case. Names are the same either way (RFC 9110, section 5.1), but
    /// some peers think otherwise.
    pub fn title_case_headers(&mut self, enabled: bool) -> &mut Self {
        self.config.case.title = enabled;
        self
    }

    /// Whether to accept any number of spaces between the parts of a request line.
    ///
    /// Default: false, exactly one (RFC 9112, section 3); a request with more is answered with 400.
    pub fn allow_multiple_spaces_in_request_line_delimiters(&mut self, enabled: bool) -> &mut Self {
        self.config.leniency.multiple_spaces_in_request_line = enabled;
        self
    }

    /// Whether to leave out field lines that are none, instead of answering the request with 400.
    ///
    /// Default: false. A line without a colon, or with bytes in its name or value that RFC 9110, section 5.5, does not
    /// allow, is such a line. A NUL byte is answered with 400 in any case. Peers may disagree about what such a line
    /// means, so true is for servers that no other HTTP server stands before.
    pub fn ignore_invalid_headers(&mut self, enabled: bool) -> &mut Builder {
        self.config.leniency.ignore_invalid_headers = enabled;
        self
    }

    /// Whether to keep the spelling of field names.
    ///
    /// Default: false. With true, received requests carry the spelling of their names in their extensions, and
    /// responses whose extensions have such a record, from a client connection with the same option, are written
    /// with it. A recorded spelling goes before [`title_case_headers`](Self::title_case_headers).
    pub fn preserve_header_case(&mut self, enabled: bool) -> &mut Self {
        self.config.case.preserve = enabled;
        self
    }

    /// The largest number of fields in the head of a request, and again in its trailer section.
    ///
    /// Default: 100. A request with more is answered with 431 (RFC 6585, section 5).
    pub fn max_headers(&mut self, max: usize) -> &mut Self {
        self.config.limits.max_headers = max;
        self
    }

    /// The largest head of a request, from its request line to its empty line.
    ///
    /// In bytes. Default: none but [`max_buf_size`](Self::max_buf_size). A request with a larger one is answered with
    /// 431 (RFC 6585, section 5). Where it is set it limits a trailer section too, in place of 16 KiB.
    pub fn max_header_size(&mut self, max: usize) -> &mut Self {
        self.config.limits.max_header_size = Some(max);
        self
    }

    /// How long a request head may take to arrive.
    ///
    /// Default: 30 seconds. Counted from when the connection begins to wait for it, so this limits the time that a
    /// connection may be idle as well. Beyond it the connection ends with an error that
    /// [`is_timeout`](crate::Error::is_timeout), and nothing is written. `None` sets no limit, and so does a time
    /// that the timer's clock cannot reach.
    ///
    /// It needs a [`timer`](Self::timer). The default has no effect without one.
    ///
    /// # Panics
    ///
    /// [`serve_connection`](Self::serve_connection) panics for a time that was set here without a timer.
    pub fn header_read_timeout(&mut self, read_timeout: impl Into<Option<Duration>>) -> &mut Self {
        self.options.header_read_timeout = read_timeout.into();
        self.is_timeout_set = true;
        self
    }

    /// How data gets on the wire: `true` gives the transport the buffers as they are, in vectored writes; `false` copies
    /// them into one.
    ///
    /// Default: what [`Write::is_write_vectored`] says about the transport.
    pub fn writev(&mut self, enabled: bool) -> &mut Self {
        self.write_strategy = Some(WriteStrategy::vectored(enabled));
        self
    }

    /// How much is received ahead of the parser, and how much may wait to be written before a body is polled for more.
    ///
    /// In bytes. Default: 417,792 (408 KiB). A request whose head is larger is answered with 431 (RFC 6585, section 5).
    ///
    /// # Panics
    ///
    /// For less than 8192, at once.
    pub fn max_buf_size(&mut self, max: usize) -> &mut Self {
        assert!(
            max >= MIN_READ,
            "the max_buf_size cannot be smaller than the minimum that h1 specifies."
        );
        self.max_buf_size = max;
        self
    }

    /// Whether to add a `date` field (RFC 9110, section 6.6.1) to responses that have none.
    ///
    /// Default: true.
    pub fn auto_date_header(&mut self, enabled: bool) -> &mut Self {
        self.config.date = enabled.then_some(date::header_value);
        self
    }

    /// Whether responses to requests that arrived together wait for each other, to leave in one write.
    ///
    /// Default: false. Responses that are there at once leave together even so; none waits for a service that has to
    /// wait itself. With true it does, while a further request is there, and responses are copied into one buffer, whatever
    /// [`writev`](Self::writev) says, which is written at the latest when it is full
    /// ([`max_buf_size`](Self::max_buf_size)).
    pub fn pipeline_flush(&mut self, enabled: bool) -> &mut Self {
        self.options.pipeline_flush = enabled;
        self
    }

    /// Lends the connections a source of time.
    ///
    /// Default: none. Without one [`header_read_timeout`](Self::header_read_timeout) does not act.
    pub fn timer<M>(&mut self, timer: M) -> &mut Self
    where
        M: Timer + Send + Sync + 'static,
    {
        self.clock = Clock::new(timer);
        self
    }

    /// Serves a transport, with a service that is called for each request.
    ///
    /// Nothing is read or written before the returned [`Connection`] is polled.
    ///
    /// # Panics
    ///
    /// If a [`header_read_timeout`](Self::header_read_timeout) was set and no [`timer`](Self::timer).
    pub fn serve_connection<I, S>(&self, io: I, service: S) -> Connection<I, S>
    where
        S: HttpService<Incoming>,
        S::Error: Into<Box<dyn StdError + Send + Sync>>,
        S::ResBody: 'static,
        <S::ResBody as Body>::Error: Into<Box<dyn StdError + Send + Sync>>,
        I: Read + Write + Unpin,
    {
        let asks_for_timeout = self.is_timeout_set && self.options.header_read_timeout.is_some();
        assert!(
            self.clock.is_set() || !asks_for_timeout,
            "timeout `header_read_timeout` set, but no timer set"
        );
        let mut config = self.config;
        config.limits.max_buffered = self.max_buf_size;
        let transport = TransportOptions {
            read_size: ReadSize::UpTo(self.max_buf_size),
            write_strategy: match self.options.pipeline_flush {
                true => Some(WriteStrategy::Flatten),
                false => self.write_strategy,
            },
            write_limit: self.max_buf_size,
        };
        Connection {
            server: Server::new(
                io,
                service,
                config,
                &transport,
                self.options,
                self.clock.clone(),
            ),
        }
    }
}
