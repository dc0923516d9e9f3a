//! What a client connection is set up with.

use std::time::Duration;

use h2::client::Builder;

use crate::proto::h2::ping::ponger;
use crate::proto::h2::window::{DATA_FRAME_BUDGET, SPEC_WINDOW_SIZE};

#[derive(Clone, Debug)]
pub(crate) struct Config {
    // What the peer is told in SETTINGS.
    pub(crate) max_concurrent_streams: Option<u32>,
    pub(crate) max_header_list_size: u32,
    pub(crate) header_table_size: Option<u32>,
    pub(crate) max_frame_size: Option<u32>,
    pub(crate) initial_stream_window_size: u32,
    pub(crate) initial_connection_window_size: u32,
    pub(crate) adaptive_window: bool,
    // What is assumed of the peer before its SETTINGS.
    pub(crate) initial_max_send_streams: usize,
    // What a stream may hold, and for how long.
    pub(crate) max_send_buffer_size: usize,
    pub(crate) tunnel_linger: Duration,
    // Signs of life.
    pub(crate) keep_alive_interval: Option<Duration>,
    pub(crate) keep_alive_timeout: Duration,
    pub(crate) keep_alive_while_idle: bool,
    // Defences.
    pub(crate) max_local_error_reset_streams: Option<usize>,
    pub(crate) max_pending_accept_reset_streams: Option<usize>,
    pub(crate) max_concurrent_reset_streams: Option<usize>,
    pub(crate) reset_stream_duration: Option<Duration>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            max_concurrent_streams: None,
            max_header_list_size: 16 << 10,
            header_table_size: None,
            max_frame_size: Some(16_384),
            initial_stream_window_size: 2 << 20,
            initial_connection_window_size: 5 << 20,
            adaptive_window: false,
            initial_max_send_streams: 100,
            max_send_buffer_size: 1 << 20,
            tunnel_linger: Duration::from_secs(30),
            keep_alive_interval: None,
            keep_alive_timeout: Duration::from_secs(20),
            keep_alive_while_idle: false,
            max_local_error_reset_streams: Some(1024),
            max_pending_accept_reset_streams: None,
            max_concurrent_reset_streams: None,
            reset_stream_duration: None,
        }
    }
}

impl Config {
    /// Panics where an option is out of h2's range.
    pub(crate) fn h2_builder(&self) -> Builder {
        let mut builder = Builder::new();
        builder
            .initial_max_send_streams(self.initial_max_send_streams)
            .initial_window_size(self.initial_stream_window_size)
            .initial_connection_window_size(self.initial_connection_window_size)
            .max_header_list_size(self.max_header_list_size)
            .max_send_buffer_size(self.max_send_buffer_size)
            .max_local_error_reset_streams(self.max_local_error_reset_streams)
            .data_frame_budget(DATA_FRAME_BUDGET)
            .enable_push(false);
        if let Some(max) = self.max_frame_size {
            builder.max_frame_size(max);
        }
        if let Some(size) = self.header_table_size {
            builder.header_table_size(size);
        }
        if let Some(max) = self.max_concurrent_streams {
            builder.max_concurrent_streams(max);
        }
        if let Some(max) = self.max_concurrent_reset_streams {
            builder.max_concurrent_reset_streams(max);
        }
        if let Some(duration) = self.reset_stream_duration {
            builder.reset_stream_duration(duration);
        }
        if let Some(max) = self.max_pending_accept_reset_streams {
            builder.max_pending_accept_reset_streams(max);
        }
        builder
    }

    pub(crate) fn ping(&self) -> ponger::Config {
        ponger::Config {
            bdp_initial_window: self.adaptive_window.then_some(SPEC_WINDOW_SIZE),
            keep_alive_interval: self.keep_alive_interval,
            keep_alive_timeout: self.keep_alive_timeout,
            keep_alive_while_idle: self.keep_alive_while_idle,
        }
    }
}
