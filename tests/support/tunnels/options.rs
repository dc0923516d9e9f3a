//! How a link is set up.

use http::StatusCode;

use crate::support::gate::DEFAULT_BUFFER;
use crate::support::scripted_h2::PeerSettings;
use crate::support::shaped::Shape;
use crate::support::tokio_rt::CountingExecutor;

#[cfg(feature = "server")]
pub type ServerBuilder = hyper::server::conn::http2::Builder<CountingExecutor>;
#[cfg(feature = "client")]
pub type ClientBuilder = hyper::client::conn::http2::Builder<CountingExecutor>;

// Nothing to tune, where hyper is built without the role.
#[cfg(not(feature = "server"))]
pub enum ServerBuilder {}
#[cfg(not(feature = "client"))]
pub enum ClientBuilder {}

/// How a [`Link`](super::Link) is set up. Defaults: hyper's own limits, the HTTP/2 windows, a timer, and 200 as the answer to CONNECT.
#[derive(Clone, Debug)]
pub struct Options {
    pub peer: PeerSettings,
    pub max_send_buf_size: Option<usize>,
    pub timer: Timer,
    pub socket_buffer: usize,
    pub shape: Shape,
    pub connect_status: StatusCode,
    pub tune_server: fn(&mut ServerBuilder),
    pub tune_client: fn(&mut ClientBuilder),
}

/// Whether hyper's builder gets a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    Tokio,
    Absent,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            peer: PeerSettings::default(),
            max_send_buf_size: None,
            timer: Timer::Tokio,
            socket_buffer: DEFAULT_BUFFER,
            shape: Shape::default(),
            connect_status: StatusCode::OK,
            tune_server: |_| {},
            tune_client: |_| {},
        }
    }
}

impl Options {
    pub fn new() -> Self {
        Self::default()
    }

    /// Window hyper has for each stream, in bytes.
    pub fn stream_window(mut self, bytes: u32) -> Self {
        self.peer.stream_window = bytes;
        self
    }

    /// Window hyper has for the connection, in bytes; 65 535 at least.
    pub fn connection_window(mut self, bytes: u32) -> Self {
        self.peer.connection_window = bytes;
        self
    }

    /// Largest frame hyper may send, in bytes.
    pub fn max_frame_size(mut self, bytes: u32) -> Self {
        self.peer.max_frame_size = Some(bytes);
        self
    }

    /// hyper's `max_send_buf_size`, in bytes.
    pub fn max_send_buf_size(mut self, bytes: usize) -> Self {
        self.max_send_buf_size = Some(bytes);
        self
    }

    pub fn without_timer(mut self) -> Self {
        self.timer = Timer::Absent;
        self
    }

    /// Bytes the socket accepts in each direction while nobody reads.
    pub fn socket_buffer(mut self, bytes: usize) -> Self {
        self.socket_buffer = bytes;
        self
    }

    /// What hyper's transport is like, apart from its buffer.
    pub fn shape(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// The answer to CONNECT, whichever side gives it; a 2xx if `Link::tunnel` is to succeed.
    pub fn connect_status(mut self, status: StatusCode) -> Self {
        self.connect_status = status;
        self
    }

    /// Any other option of hyper's builders.
    pub fn tune(mut self, server: fn(&mut ServerBuilder), client: fn(&mut ClientBuilder)) -> Self {
        self.tune_server = server;
        self.tune_client = client;
        self
    }
}
