//! When PINGs leave to measure bandwidth, what grows from their answers, and how one PING serves keep-alive as well.

use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::proto::h2::ping::ponger::{channel, Config, Ponged};
use crate::proto::h2::ping::recorder::disabled;
use crate::proto::h2::ping::tests::peer::{
    adaptive, answer_pings, clock, connection, keep_alive, millis, secs, start,
};
use crate::rt::clock::Clock;

#[test]
fn config_is_enabled_by_either_use() {
    let off = Config {
        bdp_initial_window: None,
        ..adaptive()
    };
    assert!(!off.is_enabled());
    assert!(adaptive().is_enabled());
    assert!(keep_alive(secs(1), secs(1), false).is_enabled());
}

#[test]
fn a_disabled_recorder_does_nothing() {
    let recorder = disabled();
    recorder.record_data(1);
    recorder.record_non_data();
    drop(recorder.open_stream());
    assert!(recorder.ensure_not_timed_out().is_ok());
}

#[tokio::test(start_paused = true)]
async fn data_consumed_until_the_answer_grows_the_window() {
    let peer = start(adaptive(), clock(), Some(millis(20))).await;
    for at in [0, 5, 10] {
        peer.run_to(millis(at)).await;
        peer.recorder.record_data(20_000);
    }
    peer.run_to(millis(19)).await;
    assert_eq!(peer.take_events(), []);
    peer.run_to(millis(30)).await;
    let windows: Vec<_> = peer.take_events().into_iter().map(|(_, it)| it).collect();
    assert_eq!(windows, [Ponged::WindowUpdate(120_000)]);
    assert_eq!(peer.pings().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_next_measurement_waits_for_the_delay_after_the_answer() {
    let peer = start(adaptive(), clock(), Some(millis(20))).await;
    // A sample this small brings no growth, which leaves the first delay of 100 ms as it is.
    peer.recorder.record_data(10);
    peer.run_to(millis(50)).await;
    assert_eq!(peer.pings().len(), 1);
    peer.recorder.record_data(10);
    peer.run_to(millis(110)).await;
    peer.recorder.record_data(10);
    peer.run_to(millis(115)).await;
    assert_eq!(peer.pings().len(), 1);
    peer.run_to(millis(125)).await;
    peer.recorder.record_data(0);
    peer.run_to(millis(130)).await;
    assert_eq!(peer.pings().len(), 1, "no data, no measurement");
    peer.recorder.record_data(10);
    peer.run_to(millis(135)).await;
    assert_eq!(peer.pings().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn heads_start_no_measurement() {
    let peer = start(adaptive(), clock(), Some(Duration::ZERO)).await;
    peer.recorder.record_non_data();
    drop(peer.recorder.open_stream());
    peer.run_to(secs(10)).await;
    assert_eq!(peer.pings(), []);
}

#[tokio::test]
async fn a_window_grows_without_a_timer() {
    let (mut connection, _send_request, far) = connection().await;
    let ping_pong = connection.ping_pong().expect("taken once");
    let (recorder, mut ponger) = channel(ping_pong, adaptive(), Clock::default());
    let start = Instant::now();
    tokio::spawn(answer_pings(
        far,
        Some(Duration::ZERO),
        start,
        Arc::default(),
    ));
    recorder.record_data(50_000);
    let ponged = poll_fn(|cx| {
        assert!(Pin::new(&mut connection).poll(cx).is_pending());
        ponger.poll(cx)
    })
    .await;
    assert_eq!(ponged, Ponged::WindowUpdate(100_000));
}

#[tokio::test(start_paused = true)]
async fn a_measuring_ping_under_way_is_the_keep_alive_ping_as_well() {
    let both = Config {
        bdp_initial_window: Some(65_535),
        ..keep_alive(secs(2), secs(2), true)
    };
    let peer = start(both, clock(), Some(secs(3))).await;
    peer.recorder.record_data(50_000);
    // Due at 2 s, but one is under way; answered at 3 s, before the 4 s at which it would have timed out.
    peer.run_to(millis(4_900)).await;
    assert_eq!(peer.pings().len(), 1);
    assert_eq!(
        peer.take_events(),
        [(secs(3), Ponged::WindowUpdate(100_000))]
    );
    peer.run_to(secs(5)).await;
    assert_eq!(peer.pings().len(), 2, "2 s after the answer");
}

#[tokio::test(start_paused = true)]
async fn a_measuring_ping_that_stays_unanswered_times_out() {
    let both = Config {
        bdp_initial_window: Some(65_535),
        ..keep_alive(secs(2), secs(1), true)
    };
    let peer = start(both, clock(), None).await;
    peer.recorder.record_data(10);
    peer.run_to(secs(10)).await;
    assert_eq!(peer.pings().len(), 1);
    assert_eq!(peer.take_events(), [(secs(3), Ponged::KeepAliveTimedOut)]);
}

#[tokio::test(start_paused = true)]
async fn keep_alive_pings_without_data_are_no_samples() {
    let both = Config {
        bdp_initial_window: Some(65_535),
        ..keep_alive(secs(1), secs(1), true)
    };
    let peer = start(both, clock(), Some(Duration::ZERO)).await;
    peer.run_to(millis(4_500)).await;
    assert_eq!(peer.pings().len(), 4);
    peer.recorder.record_data(10);
    peer.run_to(millis(4_550)).await;
    assert_eq!(peer.pings().len(), 5, "the delay is past");
    // Had the idle answers counted, the delay were 1.6 s by now.
    peer.run_to(millis(4_650)).await;
    peer.recorder.record_data(10);
    peer.run_to(millis(4_660)).await;
    assert_eq!(peer.pings().len(), 6, "the delay is 100 ms still");
}
