//! Contract 3.4: values out of range panic, each at its place.

use std::time::Duration;

use crate::support::gate::wire;
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::{ClientBuilder, TestBody};

/// Makes a connection with `tune`d options and tells what `handshake` panicked with, if it did.
async fn handshake_panic(tune: fn(&mut ClientBuilder)) -> Option<String> {
    let (near, _far) = wire();
    // Out of the task: setters are not to panic.
    let mut builder = ClientBuilder::new(CountingExecutor::new());
    tune(&mut builder);
    let handshake = tokio::spawn(async move {
        let opened = builder.handshake::<_, TestBody>(TokioIo::new(near)).await;
        drop(opened.expect("the transport takes the preface"));
    });
    let panic = handshake.await.err()?.into_panic();
    let text = match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic
            .downcast::<&str>()
            .map_or_else(|_| String::new(), |text| (*text).to_owned()),
    };
    Some(text)
}

// Contract 3.4-1.
#[tokio::test(start_paused = true)]
async fn a_stream_window_over_the_protocols_limit_panics_in_the_handshake() {
    let legal = handshake_panic(|builder| {
        builder.initial_stream_window_size((1 << 31) - 1);
    });
    assert_eq!(legal.await, None);
    let illegal = handshake_panic(|builder| {
        builder.initial_stream_window_size(1 << 31);
    });
    assert!(illegal.await.is_some());
}

// Contract 3.4-1.
#[tokio::test(start_paused = true)]
async fn a_connection_window_over_the_protocols_limit_panics_in_the_handshake() {
    let legal = handshake_panic(|builder| {
        builder.initial_connection_window_size((1 << 31) - 1);
    });
    assert_eq!(legal.await, None);
    let illegal = handshake_panic(|builder| {
        builder.initial_connection_window_size(1 << 31);
    });
    assert!(illegal.await.is_some());
}

// Contract 3.4-1, 3.4-2.
#[tokio::test(start_paused = true)]
async fn a_frame_size_out_of_the_protocols_range_panics_in_the_handshake() {
    let too_small = handshake_panic(|builder| {
        builder.max_frame_size(16_383);
    });
    assert!(too_small.await.is_some());
    let too_large = handshake_panic(|builder| {
        builder.max_frame_size(16_777_216);
    });
    assert!(too_large.await.is_some());
    let largest = handshake_panic(|builder| {
        builder.max_frame_size(16_777_215);
    });
    assert_eq!(largest.await, None);
}

// Contract 3.4-5, 3.3-6.
#[tokio::test(start_paused = true)]
async fn keep_alive_without_a_timer_panics_in_the_handshake() {
    let without = handshake_panic(|builder| {
        builder.keep_alive_interval(Duration::from_secs(1));
    });
    assert_eq!(without.await.as_deref(), Some("You must supply a timer."));
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

// Contract 3.4-5, 3.3-6: an adaptive window needs none.
#[tokio::test(start_paused = true)]
async fn an_adaptive_window_without_a_timer_does_not_panic() {
    let adaptive = handshake_panic(|builder| {
        builder.adaptive_window(true);
    });
    assert_eq!(adaptive.await, None);
}

// Contract 3.4-4.
#[cfg(target_pointer_width = "64")]
#[test]
fn the_largest_send_buffer_is_accepted() {
    ClientBuilder::new(CountingExecutor::new()).max_send_buf_size(u32::MAX as usize);
}

// Contract 3.4-4.
#[cfg(target_pointer_width = "64")]
#[test]
#[should_panic]
fn a_larger_send_buffer_panics_in_the_setter() {
    ClientBuilder::new(CountingExecutor::new()).max_send_buf_size(u32::MAX as usize + 1);
}
