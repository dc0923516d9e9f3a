//! What a run of HTTP/2 is made of.

use crate::plan::{CallPlan, ServicePlan};
use crate::script::Step;
use crate::wire::Transport;

/// Options that both builders have; what is `None` is left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub adaptive_window: Option<bool>,
    pub header_table_size: Option<Option<u32>>,
    pub initial_connection_window_size: Option<Option<u32>>,
    pub initial_stream_window_size: Option<Option<u32>>,
    /// Milliseconds; the inner `None` sets none.
    pub keep_alive_interval: Option<Option<u64>>,
    pub keep_alive_timeout: Option<u64>,
    pub max_concurrent_streams: Option<Option<u32>>,
    pub max_frame_size: Option<Option<u32>>,
    pub max_header_list_size: Option<u32>,
    pub max_local_error_reset_streams: Option<Option<usize>>,
    pub max_pending_accept_reset_streams: Option<Option<usize>>,
    pub max_send_buf_size: Option<usize>,
    pub timer: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerOptions {
    pub common: Options,
    pub auto_date_header: Option<bool>,
    pub enable_connect_protocol: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerScenario {
    pub options: ServerOptions,
    pub transport: Transport,
    pub services: Vec<ServicePlan>,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientOptions {
    pub common: Options,
    pub initial_max_send_streams: Option<Option<usize>>,
    pub keep_alive_while_idle: Option<bool>,
    pub max_concurrent_reset_streams: Option<usize>,
    /// Milliseconds.
    pub reset_stream_duration: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientScenario {
    pub options: ClientOptions,
    pub transport: Transport,
    pub calls: Vec<CallPlan>,
    pub keeps_handle: bool,
    pub steps: Vec<Step>,
}
