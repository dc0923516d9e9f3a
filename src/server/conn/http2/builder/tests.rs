use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};

use super::*;
use crate::proto::h2::window::MAX_WINDOW_SIZE;
use crate::rt::{Executor, ReadBufCursor};
use crate::service::service_fn;

/// Runs nothing, which is enough for a connection that is never polled to its end.
#[derive(Clone)]
struct Idle;

impl<F> Executor<F> for Idle {
    fn execute(&self, _task: F) {}
}

/// A transport whose peer says nothing and takes everything.
struct Silent;

impl Read for Silent {
    fn poll_read(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl Write for Silent {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn builder() -> Builder<()> {
    Builder::new(())
}

fn windows(builder: &Builder<()>) -> (u32, u32, bool) {
    (
        builder.config.initial_stream_window_size,
        builder.config.initial_connection_window_size,
        builder.config.adaptive_window,
    )
}

#[test]
fn defaults_are_the_documented_ones() {
    let config = builder().config;

    assert_eq!(config.initial_stream_window_size, 1024 * 1024);
    assert_eq!(config.initial_connection_window_size, 1024 * 1024);
    assert!(!config.adaptive_window);
    assert_eq!(config.max_frame_size, 16_384);
    assert_eq!(config.max_header_list_size, 16 * 1024);
    assert_eq!(config.header_table_size, None);
    assert_eq!(config.max_concurrent_streams, Some(200));
    assert_eq!(config.max_pending_accept_reset_streams, None);
    assert_eq!(config.max_local_error_reset_streams, Some(1_024));
    assert_eq!(config.keep_alive_interval, None);
    assert_eq!(config.keep_alive_timeout, Duration::from_secs(20));
    assert_eq!(config.max_send_buffer_size, 400 * 1024);
    assert!(!config.enable_connect_protocol);
    assert!(config.auto_date_header);
    assert_eq!(config.tunnel_linger, Duration::from_secs(30));
}

#[test]
fn adaptive_window_takes_both_windows_to_the_protocols_own() {
    let mut builder = builder();
    builder.adaptive_window(true);
    assert_eq!(windows(&builder), (65_535, 65_535, true));

    builder.adaptive_window(false);
    assert_eq!(windows(&builder), (65_535, 65_535, false));
}

#[test]
fn a_window_ends_adaptive_mode_and_none_changes_nothing() {
    let mut builder = builder();
    builder
        .adaptive_window(true)
        .initial_stream_window_size(None)
        .initial_connection_window_size(None);
    assert_eq!(windows(&builder), (65_535, 65_535, true));

    builder.initial_stream_window_size(70_000);
    assert_eq!(windows(&builder), (70_000, 65_535, false));

    builder
        .adaptive_window(true)
        .initial_connection_window_size(80_000);
    assert_eq!(windows(&builder), (65_535, 80_000, false));
}

#[test]
fn none_leaves_the_frame_size_and_clears_the_settings() {
    let mut builder = builder();
    builder
        .max_frame_size(20_000)
        .max_frame_size(None)
        .header_table_size(1)
        .header_table_size(None)
        .max_concurrent_streams(None)
        .max_pending_accept_reset_streams(1)
        .max_pending_accept_reset_streams(None)
        .max_local_error_reset_streams(None)
        .keep_alive_interval(Duration::from_secs(1))
        .keep_alive_interval(None);

    let config = builder.config;
    assert_eq!(config.max_frame_size, 20_000);
    assert_eq!(config.header_table_size, None);
    assert_eq!(config.max_concurrent_streams, None);
    assert_eq!(config.max_pending_accept_reset_streams, None);
    assert_eq!(config.max_local_error_reset_streams, None);
    assert_eq!(config.keep_alive_interval, None);
}

#[test]
fn each_setter_reaches_its_own_option() {
    let mut builder = builder();
    builder
        .max_header_list_size(3)
        .header_table_size(4)
        .max_concurrent_streams(5)
        .max_pending_accept_reset_streams(6)
        .max_local_error_reset_streams(7)
        .keep_alive_interval(Duration::from_secs(8))
        .keep_alive_timeout(Duration::from_secs(9))
        .max_send_buf_size(10)
        .enable_connect_protocol()
        .auto_date_header(false)
        .tunnel_linger(Duration::from_secs(11));

    let config = builder.config;
    assert_eq!(config.max_header_list_size, 3);
    assert_eq!(config.header_table_size, Some(4));
    assert_eq!(config.max_concurrent_streams, Some(5));
    assert_eq!(config.max_pending_accept_reset_streams, Some(6));
    assert_eq!(config.max_local_error_reset_streams, Some(7));
    assert_eq!(config.keep_alive_interval, Some(Duration::from_secs(8)));
    assert_eq!(config.keep_alive_timeout, Duration::from_secs(9));
    assert_eq!(config.max_send_buffer_size, 10);
    assert!(config.enable_connect_protocol);
    assert!(!config.auto_date_header);
    assert_eq!(config.tunnel_linger, Duration::from_secs(11));
}

#[test]
fn the_largest_send_buffer_is_accepted() {
    let mut builder = builder();
    builder.max_send_buf_size(u32::MAX as usize);
    assert_eq!(builder.config.max_send_buffer_size, u32::MAX as usize);
}

#[cfg(target_pointer_width = "64")]
#[test]
#[should_panic(expected = "max_send_buf_size must not exceed u32::MAX")]
fn a_send_buffer_beyond_32_bits_panics_in_the_setter() {
    builder().max_send_buf_size(u32::MAX as usize + 1);
}

fn serve(builder: &Builder<Idle>) {
    let service = service_fn(|_request: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new(Incoming::empty()))
    });
    drop(builder.serve_connection(Silent, service));
}

#[test]
fn the_largest_windows_are_accepted() {
    let mut builder = Builder::new(Idle);
    builder
        .initial_stream_window_size(MAX_WINDOW_SIZE)
        .initial_connection_window_size(MAX_WINDOW_SIZE);
    serve(&builder);
}

#[test]
#[should_panic(expected = "a window must not exceed 2^31 - 1")]
fn a_stream_window_out_of_range_panics_when_a_connection_is_made() {
    let mut builder = Builder::new(Idle);
    builder.initial_stream_window_size(MAX_WINDOW_SIZE + 1);
    serve(&builder);
}

#[test]
#[should_panic(expected = "a window must not exceed 2^31 - 1")]
fn a_connection_window_out_of_range_panics_when_a_connection_is_made() {
    let mut builder = Builder::new(Idle);
    builder.initial_connection_window_size(MAX_WINDOW_SIZE + 1);
    serve(&builder);
}
