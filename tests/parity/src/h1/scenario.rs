//! What a run of HTTP/1 is made of.

use crate::plan::{CallPlan, ServicePlan};
use crate::script::Step;
use crate::wire::Transport;

/// How the connection is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Plain,
    WithUpgrades,
    WithoutShutdown,
}

/// Options of the builders; what is `None` is left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerOptions {
    pub half_close: Option<bool>,
    pub keep_alive: Option<bool>,
    pub title_case_headers: Option<bool>,
    pub preserve_header_case: Option<bool>,
    pub ignore_invalid_headers: Option<bool>,
    pub allow_multiple_spaces_in_request_line_delimiters: Option<bool>,
    pub max_headers: Option<usize>,
    pub max_header_size: Option<usize>,
    /// Milliseconds; the inner `None` sets none.
    pub header_read_timeout: Option<Option<u64>>,
    pub timer: bool,
    pub writev: Option<bool>,
    pub max_buf_size: Option<usize>,
    pub auto_date_header: Option<bool>,
    pub pipeline_flush: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerScenario {
    pub options: ServerOptions,
    pub mode: Mode,
    pub transport: Transport,
    pub services: Vec<ServicePlan>,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientOptions {
    pub http09_responses: Option<bool>,
    pub allow_spaces_after_header_name_in_responses: Option<bool>,
    pub allow_obsolete_multiline_headers_in_responses: Option<bool>,
    pub ignore_invalid_headers_in_responses: Option<bool>,
    pub title_case_headers: Option<bool>,
    pub preserve_header_case: Option<bool>,
    pub max_headers: Option<usize>,
    pub max_header_size: Option<usize>,
    pub writev: Option<bool>,
    pub read_buf_exact_size: Option<Option<usize>>,
    pub max_buf_size: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientScenario {
    pub options: ClientOptions,
    pub mode: Mode,
    pub transport: Transport,
    pub calls: Vec<CallPlan>,
    /// Whether the handle outlives the last call.
    pub keeps_handle: bool,
    pub steps: Vec<Step>,
}
