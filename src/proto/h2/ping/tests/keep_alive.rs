//! When PINGs leave to keep a connection alive, and what follows where no answer comes.

use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use crate::proto::h2::ping::ponger::{channel, Ponged, Ponger};
use crate::proto::h2::ping::tests::peer::{
    clock, connection, keep_alive, millis, secs, start, TokioTimer,
};
use crate::rt::clock::Clock;

#[tokio::test(start_paused = true)]
#[should_panic(expected = "You must supply a timer.")]
async fn an_interval_without_a_timer_panics() {
    start(keep_alive(secs(1), secs(1), true), Clock::default(), None).await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_server_is_pinged_once_per_interval_after_each_answer() {
    let peer = start(
        keep_alive(secs(2), secs(1), true),
        clock(),
        Some(millis(500)),
    )
    .await;
    peer.run_to(secs(8)).await;
    assert_eq!(peer.pings(), [secs(2), millis(4_500), secs(7)]);
    assert_eq!(peer.take_events(), []);
}

#[tokio::test(start_paused = true)]
async fn activity_puts_the_next_ping_off() {
    let peer = start(
        keep_alive(secs(2), secs(1), true),
        clock(),
        Some(Duration::ZERO),
    )
    .await;
    peer.run_to(millis(1_500)).await;
    peer.recorder.record_data(1);
    peer.run_to(secs(3)).await;
    peer.recorder.record_non_data();
    peer.run_to(millis(4_990)).await;
    assert_eq!(peer.pings(), []);
    peer.run_to(millis(5_010)).await;
    assert_eq!(peer.pings().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_ping_times_the_connection_out_despite_activity() {
    let peer = start(keep_alive(secs(2), secs(1), true), clock(), None).await;
    peer.run_to(millis(2_900)).await;
    assert!(peer.recorder.ensure_not_timed_out().is_ok());
    peer.recorder.record_data(1);
    peer.run_to(secs(60)).await;
    assert_eq!(peer.pings(), [secs(2)]);
    assert_eq!(
        peer.take_events(),
        [(secs(3), Ponged::KeepAliveTimedOut)],
        "at interval and timeout"
    );
    for _ in 0..2 {
        let error = peer.recorder.ensure_not_timed_out().unwrap_err();
        assert!(error.is_timeout());
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_out_is_repeated_on_later_polls() {
    let (mut connection, _send_request, _far) = connection().await;
    let ping_pong = connection.ping_pong().expect("taken once");
    let config = keep_alive(secs(2), secs(1), true);
    let (_recorder, mut ponger) = channel(ping_pong, config, clock());
    for _ in 0..3 {
        let ponged = poll_fn(|cx| ponger.poll(cx)).await;
        assert_eq!(ponged, Ponged::KeepAliveTimedOut);
    }
}

#[tokio::test(start_paused = true)]
async fn without_streams_an_idle_client_sends_no_ping() {
    let peer = start(
        keep_alive(secs(2), secs(1), false),
        clock(),
        Some(Duration::ZERO),
    )
    .await;
    peer.run_to(secs(3_600)).await;
    assert_eq!(peer.pings(), []);
}

#[tokio::test(start_paused = true)]
async fn a_stream_opened_by_another_task_starts_the_pings_and_its_end_stops_them() {
    let peer = start(
        keep_alive(secs(2), secs(1), false),
        clock(),
        Some(Duration::ZERO),
    )
    .await;
    // Silent for longer than the interval, so the peer is asked at once.
    peer.run_to(secs(10)).await;
    let stream = peer.recorder.open_stream();
    peer.run_to(secs(11)).await;
    assert_eq!(peer.pings().len(), 1);
    peer.run_to(secs(13)).await;
    assert_eq!(peer.pings().len(), 2);

    let other = peer.recorder.open_stream();
    drop(stream);
    peer.run_to(secs(15)).await;
    assert_eq!(peer.pings().len(), 3, "one stream is still open");

    drop(other);
    peer.run_to(secs(3_600)).await;
    assert_eq!(peer.pings().len(), 3);

    let _stream = peer.recorder.open_stream();
    peer.run_to(secs(3_601)).await;
    assert_eq!(peer.pings().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_open_from_the_start_is_watched() {
    let (mut connection, _send_request, _far) = connection().await;
    let ping_pong = connection.ping_pong().expect("taken once");
    let config = keep_alive(secs(2), secs(1), false);
    let (recorder, mut ponger) = channel(ping_pong, config, clock());
    let _stream = recorder.open_stream();
    let start = Instant::now();
    let ponged = poll_fn(|cx| ponger.poll(cx)).await;
    assert_eq!(ponged, Ponged::KeepAliveTimedOut);
    assert_eq!(start.elapsed(), secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_still_awaited_when_the_last_stream_has_ended() {
    let peer = start(keep_alive(secs(2), secs(2), false), clock(), None).await;
    let stream = peer.recorder.open_stream();
    peer.run_to(secs(3)).await;
    assert_eq!(peer.pings().len(), 1);
    drop(stream);
    peer.run_to(secs(10)).await;
    assert_eq!(peer.take_events().len(), 1);
    assert!(peer.recorder.ensure_not_timed_out().is_err());
}

#[tokio::test(start_paused = true)]
async fn one_sleep_serves_every_wait() {
    let timer = TokioTimer::default();
    let sleeps = timer.sleeps.clone();
    let peer = start(
        keep_alive(secs(1), secs(1), true),
        Clock::new(timer),
        Some(Duration::ZERO),
    )
    .await;
    peer.run_to(secs(100)).await;
    assert!(peer.pings().len() > 90);
    assert_eq!(sleeps.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn the_longest_durations_overflow_nothing() {
    let never = keep_alive(Duration::MAX, Duration::MAX, true);
    let peer = start(never, clock(), Some(Duration::ZERO)).await;
    peer.recorder.record_data(1);
    peer.run_to(secs(3_600)).await;
    assert_eq!(peer.pings(), []);

    let soon = keep_alive(secs(1), Duration::MAX, true);
    let peer = start(soon, clock(), None).await;
    peer.run_to(secs(3_600)).await;
    assert_eq!(peer.pings().len(), 1);
    assert_eq!(peer.take_events(), []);
}

#[tokio::test(start_paused = true)]
async fn an_ended_connection_leaves_the_ponger_pending() {
    let (mut connection, send_request, far) = connection().await;
    let ping_pong = connection.ping_pong().expect("taken once");
    let config = keep_alive(secs(1), secs(1), true);
    let (recorder, mut ponger) = channel(ping_pong, config, clock());
    drop((connection, send_request, far));
    recorder.record_data(1);
    let polled = tokio::time::timeout(secs(60), poll_fn(|cx| Ponger::poll(&mut ponger, cx))).await;
    assert!(polled.is_err(), "nothing is left to time out");
    assert!(recorder.ensure_not_timed_out().is_ok());
}
