//! Options of plans, set on builders.

/// Calls the setters of those options that have a value.
macro_rules! set {
    ($builder:ident, $options:expr, $($name:ident),* $(,)?) => {
        $(if let Some(value) = $options.$name {
            $builder.$name(value);
        })*
    };
}

/// Sets what the builders of both roles of HTTP/2 have.
macro_rules! set_common {
    ($builder:ident, $options:expr, $clock:expr) => {{
        let options: &$crate::h2::scenario::Options = $options;
        super::options::set!(
            $builder,
            options,
            adaptive_window,
            header_table_size,
            initial_connection_window_size,
            initial_stream_window_size,
            max_concurrent_streams,
            max_frame_size,
            max_header_list_size,
            max_local_error_reset_streams,
            max_pending_accept_reset_streams,
            max_send_buf_size,
        );
        if let Some(interval) = options.keep_alive_interval {
            $builder.keep_alive_interval(interval.map(Duration::from_millis));
        }
        if let Some(timeout) = options.keep_alive_timeout {
            $builder.keep_alive_timeout(Duration::from_millis(timeout));
        }
        if options.timer {
            $builder.timer(SimTimer($clock));
        }
    }};
}

pub(super) use {set, set_common};
