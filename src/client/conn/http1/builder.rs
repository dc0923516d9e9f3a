//! Options of an HTTP/1 client connection, and its handshake.
//!
//! Invariant: a handshake works on a copy of the options, taken when it is called.

use std::error::Error as StdError;
use std::future::Future;

use http_body::Body;

use crate::client::conn::http1::connection::Connection;
use crate::client::conn::http1::sender::SendRequest;
use crate::error::Result;
use crate::proto::exchange;
use crate::proto::h1::config::{Config, DEFAULT_MAX_BUF_SIZE};
use crate::proto::h1::dispatch::client::Client;
use crate::proto::h1::dispatch::turn::turns;
use crate::proto::h1::io::read_buf::{ReadSize, MIN_READ};
use crate::proto::h1::io::transport::TransportOptions;
use crate::proto::h1::io::write_buf::WriteStrategy;
use crate::rt::{Read, Write};

#[cfg(test)]
mod tests;

/// Opens a client's side of an HTTP/1 connection with the default options.
///
/// Short for `Builder::new().handshake(io)`; see [`Builder::handshake`].
pub async fn handshake<T, B>(io: T) -> Result<(SendRequest<B>, Connection<T, B>)>
where
    T: Read + Write + Unpin,
    B: Body + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    Builder::new().handshake(io).await
}

/// Options for HTTP/1 client connections.
///
/// A builder may open any number of connections, and be changed in between: a handshake keeps the options as they were
/// when it was called.
#[derive(Clone, Debug)]
pub struct Builder {
    config: Config,
    read_size: ReadSize,
    max_buf_size: usize,
    write_strategy: Option<WriteStrategy>,
}

impl Builder {
    /// Options at their defaults.
    #[allow(
        clippy::new_without_default,
        reason = "the interface of hyper has none"
    )]
    pub fn new() -> Builder {
        Builder {
            config: Config::default(),
            read_size: ReadSize::UpTo(DEFAULT_MAX_BUF_SIZE),
            max_buf_size: DEFAULT_MAX_BUF_SIZE,
            write_strategy: None,
        }
    }

    /// Whether a response may do without a head, as those of HTTP/0.9 do.
    ///
    /// Default: false. With true, input that does not begin like a response is the body of one: status 200,
    /// [`Version::HTTP_09`](http::Version::HTTP_09), no fields, until the peer closes. Only the first response of a
    /// connection can be one.
    pub fn http09_responses(&mut self, enabled: bool) -> &mut Builder {
        self.config.leniency.http09_responses = enabled;
        self
    }

    /// Whether to accept whitespace between a field's name and its colon, and drop it.
    ///
    /// Default: false. RFC 9112, section 5.1, lets proxies do this for responses; with false the response fails, with an
    /// error that [`is_parse`](crate::Error::is_parse).
    pub fn allow_spaces_after_header_name_in_responses(&mut self, enabled: bool) -> &mut Builder {
        self.config.leniency.spaces_after_header_name = enabled;
        self
    }

    /// Whether to accept field values that go on in the next line, and join the lines with a space.
    ///
    /// Default: false. RFC 9112, section 5.2, calls this line folding obsolete and lets user agents accept it; with
    /// false the response fails, with an error that [`is_parse`](crate::Error::is_parse).
    pub fn allow_obsolete_multiline_headers_in_responses(&mut self, enabled: bool) -> &mut Builder {
        self.config.leniency.obsolete_multiline_headers = enabled;
        self
    }

    /// Whether to leave out field lines that are none, instead of failing the response.
    ///
    /// Default: false. A line without a colon, or with bytes in its name or value that RFC 9110, section 5.5, does not
    /// allow, is such a line. A NUL byte fails the response in any case.
    pub fn ignore_invalid_headers_in_responses(&mut self, enabled: bool) -> &mut Builder {
        self.config.leniency.ignore_invalid_headers = enabled;
        self
    }

    /// How data gets on the wire: `true` gives the transport the buffers as they are, in vectored writes; `false` copies
    /// them into one.
    ///
    /// Default: what [`Write::is_write_vectored`] says about the transport.
    pub fn writev(&mut self, enabled: bool) -> &mut Builder {
        self.write_strategy = Some(WriteStrategy::vectored(enabled));
        self
    }

    /// Whether to write field names with the first letter of each word in upper case: `Content-Length`.
    ///
    /// Default: false, which writes them in lower case. Names are the same either way (RFC 9110, section 5.1), but
    /// some peers think otherwise.
    pub fn title_case_headers(&mut self, enabled: bool) -> &mut Builder {
        self.config.case.title = enabled;
        self
    }

    /// Whether to keep the spelling of field names.
    ///
    /// Default: false. With true, received responses carry the spelling of their names in their extensions, and
    /// requests whose extensions have such a record, from a server connection with the same option, are written
    /// with it. A recorded spelling goes before [`title_case_headers`](Self::title_case_headers).
    pub fn preserve_header_case(&mut self, enabled: bool) -> &mut Builder {
        self.config.case.preserve = enabled;
        self
    }

    /// The largest number of fields in the head of a response, and again in its trailer section.
    ///
    /// Default: 100. A response with more fails, with an error that [`is_parse`](crate::Error::is_parse).
    pub fn max_headers(&mut self, max: usize) -> &mut Self {
        self.config.limits.max_headers = max;
        self
    }

    /// The largest head of a response, from its status line to its empty line.
    ///
    /// In bytes. Default: none but [`max_buf_size`](Self::max_buf_size). A response with a larger one fails, with an
    /// error that [`is_parse`](crate::Error::is_parse). Where it is set it limits a trailer section too, in place of
    /// 16 KiB.
    pub fn max_header_size(&mut self, max: usize) -> &mut Self {
        self.config.limits.max_header_size = Some(max);
        self
    }

    /// How much every read asks the transport for, in place of a size that adapts to the peer's pace.
    ///
    /// In bytes; 0 counts as 1. Default: `None`, reads between 8 KiB and [`max_buf_size`](Self::max_buf_size). No more
    /// than this is received ahead of the parser, so a response with a larger head fails.
    ///
    /// Whatever is set here, `max_buf_size` is at its default again.
    pub fn read_buf_exact_size(&mut self, size: Option<usize>) -> &mut Builder {
        self.max_buf_size = DEFAULT_MAX_BUF_SIZE;
        self.read_size = match size {
            Some(size) => ReadSize::Exactly(size.max(1)),
            None => ReadSize::UpTo(DEFAULT_MAX_BUF_SIZE),
        };
        self
    }

    /// How much is received ahead of the parser, and how much may wait to be written before a body is polled for more.
    ///
    /// In bytes. Default: 417,792 (408 KiB). A response fails whose head is larger. Replaces a
    /// [`read_buf_exact_size`](Self::read_buf_exact_size).
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
        self.read_size = ReadSize::UpTo(max);
        self
    }

    /// Joins a transport with these options, and returns the two halves of a client connection.
    ///
    /// Nothing is read or written before the returned [`Connection`] is polled, and the future never fails and is ready
    /// at once; both are so for the symmetry with HTTP/2.
    pub fn handshake<T, B>(
        &self,
        io: T,
    ) -> impl Future<Output = Result<(SendRequest<B>, Connection<T, B>)>>
    where
        T: Read + Write + Unpin,
        B: Body + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let options = self.clone();
        async move { Ok(options.connect(io)) }
    }

    fn connect<T, B>(mut self, io: T) -> (SendRequest<B>, Connection<T, B>)
    where
        T: Read + Write + Unpin,
        B: Body + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let (ReadSize::UpTo(max_buffered) | ReadSize::Exactly(max_buffered)) = self.read_size;
        self.config.limits.max_buffered = max_buffered;
        let transport = TransportOptions {
            read_size: self.read_size,
            write_strategy: self.write_strategy,
            write_limit: self.max_buf_size,
        };
        let (sender, requests) = exchange::channel();
        let (offer, turns) = turns();
        let client = Client::new(io, requests, offer, self.config, &transport);
        let sender = SendRequest {
            requests: sender,
            turns,
        };
        (sender, Connection { client })
    }
}
