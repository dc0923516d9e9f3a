//! Contract 3.3: values out of range panic, each at its place.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::Duration;

use hyper::service::service_fn;
use tokio::task::JoinError;

use crate::messages::ok;
use crate::server::builder;
use crate::support::gate::wire;
use crate::support::scripted_h2::{PeerSettings, RawPeer};
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::{Options, ServerBuilder};
use crate::support::virtual_timer::run_until_idle;

/// Whether `serve_connection` panics with these options. The setters do not.
fn serving_panics(tune: fn(&mut ServerBuilder)) -> bool {
    let mut builder = builder(&Options::new(), &CountingExecutor::new());
    tune(&mut builder);
    let (_far, near) = wire();
    let serve = || drop(builder.serve_connection(TokioIo::new(near), service_fn(ok)));
    catch_unwind(AssertUnwindSafe(serve)).is_err()
}

// Contract 3.3-1.
#[test]
fn a_stream_window_over_the_protocols_limit_panics_when_serving() {
    assert!(!serving_panics(|builder| {
        builder.initial_stream_window_size((1 << 31) - 1);
    }));
    assert!(serving_panics(|builder| {
        builder.initial_stream_window_size(1 << 31);
    }));
}

// Contract 3.3-1.
#[test]
fn a_connection_window_over_the_protocols_limit_panics_when_serving() {
    assert!(!serving_panics(|builder| {
        builder.initial_connection_window_size((1 << 31) - 1);
    }));
    assert!(serving_panics(|builder| {
        builder.initial_connection_window_size(1 << 31);
    }));
}

// Contract 3.3-3.
#[test]
fn a_frame_size_out_of_the_protocols_range_panics_when_serving() {
    assert!(serving_panics(|builder| {
        builder.max_frame_size(16_383);
    }));
    assert!(!serving_panics(|builder| {
        builder.max_frame_size(16_777_215);
    }));
    assert!(serving_panics(|builder| {
        builder.max_frame_size(16_777_216);
    }));
}

// Contract 3.3-4.
#[cfg(target_pointer_width = "64")]
#[test]
fn the_largest_send_buffer_is_accepted() {
    ServerBuilder::new(CountingExecutor::new()).max_send_buf_size(u32::MAX as usize);
}

// Contract 3.3-4.
#[cfg(target_pointer_width = "64")]
#[test]
#[should_panic]
fn a_larger_send_buffer_panics_in_the_setter() {
    ServerBuilder::new(CountingExecutor::new()).max_send_buf_size(u32::MAX as usize + 1);
}

/// Serves until the handshake is complete, and gives the panic that brought the connection down, if one did.
async fn handshake_panic(tune: fn(&mut ServerBuilder)) -> Option<String> {
    let options = Options::new().without_timer();
    let mut builder = builder(&options, &CountingExecutor::new());
    tune(&mut builder);
    let (client, near) = wire();
    let connection = tokio::spawn(builder.serve_connection(TokioIo::new(near), service_fn(ok)));
    run_until_idle().await;
    assert!(!connection.is_finished(), "no preface has arrived yet");

    // Fails to see SETTINGS acknowledged where the server panics instead.
    let peer = tokio::spawn(async move { RawPeer::client(client, &PeerSettings::default()).await });
    run_until_idle().await;
    peer.abort();
    if !connection.is_finished() {
        return None;
    }
    let ended = connection.await;
    Some(panic_text(ended.expect_err("a panic, not an end")))
}

fn panic_text(error: JoinError) -> String {
    match error.into_panic().downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic
            .downcast::<&str>()
            .map_or_else(|_| String::new(), |text| (*text).to_owned()),
    }
}

// Contract 3.3-6: not at build time, but when the handshake completes.
#[tokio::test(start_paused = true)]
async fn keep_alive_without_a_timer_panics_when_the_handshake_completes() {
    let without = handshake_panic(|builder| {
        builder.keep_alive_interval(Duration::from_secs(1));
    });
    assert_eq!(without.await.as_deref(), Some("You must supply a timer."));
}

// Contract 3.3-6.
#[tokio::test(start_paused = true)]
async fn keep_alive_with_a_timer_or_switched_off_does_not_panic() {
    let with = handshake_panic(|builder| {
        builder
            .keep_alive_interval(Duration::from_secs(1))
            .timer(TokioTimer);
    });
    assert_eq!(with.await, None);
    let switched_off = handshake_panic(|builder| {
        builder
            .keep_alive_interval(Duration::from_secs(1))
            .keep_alive_interval(None);
    });
    assert_eq!(switched_off.await, None);
}

// Contract 3.3-6: neither does a timeout alone need a timer, nor an adaptive window.
#[tokio::test(start_paused = true)]
async fn an_adaptive_window_without_a_timer_does_not_panic() {
    let adaptive = handshake_panic(|builder| {
        builder
            .adaptive_window(true)
            .keep_alive_timeout(Duration::from_secs(1));
    });
    assert_eq!(adaptive.await, None);
}
