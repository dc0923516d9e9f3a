//! What a server connection is set up with.

use std::time::Duration;

use h2::server::Builder;

use crate::proto::h2::ping::ponger;
use crate::proto::h2::window::{DATA_FRAME_BUDGET, SPEC_WINDOW_SIZE};

#[derive(Clone, Debug)]
pub(crate) struct Config {
    // What the peer is told in SETTINGS.
    pub(crate) max_concurrent_streams: Option<u32>,
    pub(crate) max_header_list_size: u32,
    pub(crate) header_table_size: Option<u32>,
    pub(crate) max_frame_size: u32,
    pub(crate) enable_connect_protocol: bool,
    pub(crate) initial_stream_window_size: u32,
    pub(crate) initial_connection_window_size: u32,
    pub(crate) adaptive_window: bool,
    // What a stream may hold, and for how long.
    pub(crate) max_send_buffer_size: usize,
    pub(crate) tunnel_linger: Duration,
    // Signs of life.
    pub(crate) keep_alive_interval: Option<Duration>,
    pub(crate) keep_alive_timeout: Duration,
    // Defences.
    pub(crate) max_local_error_reset_streams: Option<usize>,
    pub(crate) max_pending_accept_reset_streams: Option<usize>,
    // What is added to messages.
    pub(crate) auto_date_header: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            max_concurrent_streams: Some(200),
            max_header_list_size: 16 << 10,
            header_table_size: None,
            max_frame_size: 16_384,
            enable_connect_protocol: false,
            initial_stream_window_size: 1 << 20,
            initial_connection_window_size: 1 << 20,
            adaptive_window: false,
            max_send_buffer_size: 400 << 10,
            tunnel_linger: Duration::from_secs(30),
            keep_alive_interval: None,
            keep_alive_timeout: Duration::from_secs(20),
            max_local_error_reset_streams: Some(1024),
            max_pending_accept_reset_streams: None,
            auto_date_header: true,
        }
    }
}

impl Config {
    /// Panics where an option is out of h2's range.
    pub(crate) fn h2_builder(&self) -> Builder {
        let mut builder = Builder::new();
        builder
            .initial_window_size(self.initial_stream_window_size)
            .initial_connection_window_size(self.initial_connection_window_size)
            .max_frame_size(self.max_frame_size)
            .max_header_list_size(self.max_header_list_size)
            .max_local_error_reset_streams(self.max_local_error_reset_streams)
            .max_send_buffer_size(self.max_send_buffer_size)
            .data_frame_budget(DATA_FRAME_BUDGET);
        if let Some(max) = self.max_concurrent_streams {
            builder.max_concurrent_streams(max);
        }
        if let Some(size) = self.header_table_size {
            builder.header_table_size(size);
        }
        if let Some(max) = self.max_pending_accept_reset_streams {
            builder.max_pending_accept_reset_streams(max);
        }
        if self.enable_connect_protocol {
            builder.enable_connect_protocol();
        }
        builder
    }

    /// A server keeps its connections alive while they are idle, too: the client may be waiting for
    /// nothing yet.
    pub(crate) fn ping(&self) -> ponger::Config {
        ponger::Config {
            bdp_initial_window: self.adaptive_window.then_some(SPEC_WINDOW_SIZE),
            keep_alive_interval: self.keep_alive_interval,
            keep_alive_timeout: self.keep_alive_timeout,
            keep_alive_while_idle: true,
        }
    }
}
