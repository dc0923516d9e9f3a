use std::io;
use std::pin::{pin, Pin};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::body::Incoming;
use crate::proto::h2::window::MAX_WINDOW_SIZE;
use crate::rt::{Executor, ReadBufCursor};

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

    assert_eq!(config.initial_stream_window_size, 2 * 1024 * 1024);
    assert_eq!(config.initial_connection_window_size, 5 * 1024 * 1024);
    assert!(!config.adaptive_window);
    assert_eq!(config.initial_max_send_streams, 100);
    assert_eq!(config.max_frame_size, Some(16_384));
    assert_eq!(config.max_header_list_size, 16 * 1024);
    assert_eq!(config.header_table_size, None);
    assert_eq!(config.max_concurrent_streams, None);
    assert_eq!(config.keep_alive_interval, None);
    assert_eq!(config.keep_alive_timeout, Duration::from_secs(20));
    assert!(!config.keep_alive_while_idle);
    assert_eq!(config.max_concurrent_reset_streams, None);
    assert_eq!(config.reset_stream_duration, None);
    assert_eq!(config.max_pending_accept_reset_streams, None);
    assert_eq!(config.max_local_error_reset_streams, Some(1_024));
    assert_eq!(config.max_send_buffer_size, 1024 * 1024);
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
fn none_leaves_the_first_send_limit_and_clears_the_settings() {
    let mut builder = builder();
    builder
        .initial_max_send_streams(7)
        .initial_max_send_streams(None)
        .max_frame_size(None)
        .header_table_size(1)
        .header_table_size(None)
        .max_concurrent_streams(1)
        .max_concurrent_streams(None)
        .max_pending_accept_reset_streams(1)
        .max_pending_accept_reset_streams(None)
        .max_local_error_reset_streams(None)
        .keep_alive_interval(Duration::from_secs(1))
        .keep_alive_interval(None);

    let config = builder.config;
    assert_eq!(config.initial_max_send_streams, 7);
    assert_eq!(config.max_frame_size, None);
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
        .initial_max_send_streams(1)
        .max_frame_size(20_000)
        .max_header_list_size(3)
        .header_table_size(4)
        .max_concurrent_streams(5)
        .keep_alive_interval(Duration::from_secs(6))
        .keep_alive_timeout(Duration::from_secs(7))
        .keep_alive_while_idle(true)
        .max_concurrent_reset_streams(8)
        .reset_stream_duration(Duration::from_secs(9))
        .max_pending_accept_reset_streams(10)
        .max_local_error_reset_streams(11)
        .max_send_buf_size(12)
        .tunnel_linger(Duration::from_secs(13));

    let config = builder.config;
    assert_eq!(config.initial_max_send_streams, 1);
    assert_eq!(config.max_frame_size, Some(20_000));
    assert_eq!(config.max_header_list_size, 3);
    assert_eq!(config.header_table_size, Some(4));
    assert_eq!(config.max_concurrent_streams, Some(5));
    assert_eq!(config.keep_alive_interval, Some(Duration::from_secs(6)));
    assert_eq!(config.keep_alive_timeout, Duration::from_secs(7));
    assert!(config.keep_alive_while_idle);
    assert_eq!(config.max_concurrent_reset_streams, Some(8));
    assert_eq!(config.reset_stream_duration, Some(Duration::from_secs(9)));
    assert_eq!(config.max_pending_accept_reset_streams, Some(10));
    assert_eq!(config.max_local_error_reset_streams, Some(11));
    assert_eq!(config.max_send_buffer_size, 12);
    assert_eq!(config.tunnel_linger, Duration::from_secs(13));
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

/// Whether the handshake is complete after one poll.
fn opens(builder: &Builder<Idle>) -> bool {
    let opening = pin!(builder.handshake::<Silent, Incoming>(Silent));
    opening
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_ready()
}

#[test]
fn the_largest_windows_are_accepted() {
    let mut builder = Builder::new(Idle);
    builder
        .initial_stream_window_size(MAX_WINDOW_SIZE)
        .initial_connection_window_size(MAX_WINDOW_SIZE);
    assert!(opens(&builder));
}

#[test]
#[should_panic(expected = "a window must not exceed 2^31 - 1")]
fn a_stream_window_out_of_range_panics_in_the_handshake() {
    let mut builder = Builder::new(Idle);
    builder.initial_stream_window_size(MAX_WINDOW_SIZE + 1);
    opens(&builder);
}

#[test]
#[should_panic(expected = "a window must not exceed 2^31 - 1")]
fn a_connection_window_out_of_range_panics_in_the_handshake() {
    let mut builder = Builder::new(Idle);
    builder.initial_connection_window_size(MAX_WINDOW_SIZE + 1);
    opens(&builder);
}

#[test]
fn a_handshake_keeps_the_options_it_was_called_with() {
    let mut builder = Builder::new(Idle);
    let opening = builder.handshake::<Silent, Incoming>(Silent);
    builder.initial_stream_window_size(MAX_WINDOW_SIZE + 1);

    let opened = pin!(opening).poll(&mut Context::from_waker(Waker::noop()));
    assert!(opened.is_ready());
}
