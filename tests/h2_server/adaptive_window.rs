//! Contract 6.5-4, 6.5-5: windows that follow what a round trip brings.

use std::time::Duration;

use futures_util::FutureExt;
use http_body_util::BodyExt;
use tokio::time::sleep;

use crate::server::{server, server_with, tuned, Call, Server};
use crate::support::scripted_h2::{setting, Frame};
use crate::support::tunnels::Options;
use crate::support::virtual_timer::{expect_soon, run_until_idle};

const STREAM: u32 = 1;
const SPEC_WINDOW: u32 = 65_535;
const LARGEST: u32 = 16 << 20;
const ROUND_TRIP: Duration = Duration::from_millis(20);
/// Longer than the first delay between two measurements.
const LATER: Duration = Duration::from_millis(150);

/// An adaptive server in the middle of an upload.
struct Upload {
    server: Server,
    call: Call,
    /// PINGs seen and not yet answered.
    pings: Vec<[u8; 8]>,
    stream_window: u32,
    /// What WINDOW_UPDATE added to the connection's window, less what was sent.
    connection_window: i64,
}

impl Upload {
    async fn start() -> Self {
        let mut server = tuned(|builder| {
            builder.adaptive_window(true);
        })
        .await;
        server.peer.answer_pings(false);
        let call = server.post(STREAM, &[]).await;
        let mut upload = Upload {
            server,
            call,
            pings: Vec::new(),
            stream_window: SPEC_WINDOW,
            connection_window: i64::from(SPEC_WINDOW),
        };
        upload.look().await;
        upload
    }

    /// Sends `len` bytes and has the service take them all.
    async fn transfer(&mut self, len: u32) {
        let mut left = len as usize;
        while left > 0 {
            let piece = left.min(16_384);
            self.server.peer.send_data(STREAM, vec![0; piece]).await;
            left -= piece;
            let mut taken = 0;
            while taken < piece {
                let frame = expect_soon("data", self.call.request.body_mut().frame()).await;
                let frame = frame.expect("the body goes on").expect("no error");
                taken += frame.into_data().expect("data").len();
            }
        }
        self.connection_window -= i64::from(len);
        self.look().await;
    }

    /// Reads what hyper sent: PINGs, windows.
    async fn look(&mut self) {
        run_until_idle().await;
        while let Some(Some(frame)) = self.server.peer.next_raw().now_or_never() {
            match frame {
                Frame::Ping {
                    ack: false,
                    payload,
                } => self.pings.push(payload),
                Frame::Settings {
                    ack: false,
                    entries,
                } => {
                    for (id, value) in entries {
                        assert_eq!(id, setting::INITIAL_WINDOW_SIZE);
                        self.stream_window = value;
                    }
                    self.server
                        .peer
                        .send(Frame::Settings {
                            ack: true,
                            entries: Vec::new(),
                        })
                        .await;
                }
                Frame::WindowUpdate {
                    stream: 0,
                    increment,
                } => self.connection_window += i64::from(increment),
                _ => {}
            }
        }
    }

    /// Answers the one PING that is due.
    async fn answer(&mut self) {
        let payload = self.pings.pop().expect("a measurement is under way");
        assert!(self.pings.is_empty(), "one measurement at a time");
        self.server
            .peer
            .send(Frame::Ping { ack: true, payload })
            .await;
        self.look().await;
    }

    /// A measurement from its PING to the answer, with `len` bytes between them.
    async fn measure(&mut self, len: u32) {
        sleep(LATER).await;
        self.transfer(len).await;
        sleep(ROUND_TRIP).await;
        self.answer().await;
    }
}

// Contract 6.5-4.
#[tokio::test(start_paused = true)]
async fn data_taken_starts_one_measurement() {
    let mut upload = Upload::start().await;
    assert!(upload.pings.is_empty());
    upload.transfer(50_000).await;
    assert_eq!(upload.pings.len(), 1);
    upload.transfer(10_000).await;
    assert_eq!(upload.pings.len(), 1);
}

// Contract 6.5-4: the connection's window follows as well as the streams'.
#[tokio::test(start_paused = true)]
async fn the_windows_grow_to_twice_what_a_round_trip_brought() {
    let mut upload = Upload::start().await;
    upload.measure(50_000).await;
    assert_eq!(upload.stream_window, 100_000);
    // Give the connection reason to say what it has room for.
    upload.transfer(50_000).await;
    upload.look().await;
    assert!(upload.connection_window > SPEC_WINDOW.into());
    assert!(upload.connection_window <= 100_000);
}

// Contract 6.5-4: two thirds of the window make a measurement worth following.
#[tokio::test(start_paused = true)]
async fn a_round_trip_that_brought_little_changes_nothing() {
    let mut upload = Upload::start().await;
    upload.measure(43_000).await;
    assert_eq!(upload.stream_window, SPEC_WINDOW);
    upload.measure(45_000).await;
    assert_eq!(upload.stream_window, 90_000);
}

// Contract 6.5-4.
#[tokio::test(start_paused = true)]
async fn the_windows_never_shrink() {
    let mut upload = Upload::start().await;
    upload.measure(60_000).await;
    assert_eq!(upload.stream_window, 120_000);
    for _ in 0..4 {
        sleep(Duration::from_secs(11)).await;
        upload.measure(1000).await;
    }
    assert_eq!(upload.stream_window, 120_000);
}

// Contract 6.5-4: fewer bytes a second than before are no reason to grow.
#[tokio::test(start_paused = true)]
async fn a_slower_round_trip_changes_nothing() {
    let mut upload = Upload::start().await;
    upload.measure(60_000).await;
    assert_eq!(upload.stream_window, 120_000);
    sleep(LATER).await;
    upload.transfer(90_000).await;
    sleep(Duration::from_secs(5)).await;
    upload.answer().await;
    assert_eq!(upload.stream_window, 120_000);
}

// Contract 6.5-4, 6.5-5.
#[tokio::test(start_paused = true)]
async fn growth_ends_at_sixteen_mebibytes() {
    let mut upload = Upload::start().await;
    while upload.stream_window < LARGEST {
        let before = upload.stream_window;
        upload.measure(before - 100).await;
        assert!(upload.stream_window > before);
    }
    assert_eq!(upload.stream_window, LARGEST);
    sleep(Duration::from_secs(60)).await;
    upload.transfer(LARGEST - 100).await;
    sleep(ROUND_TRIP).await;
    if !upload.pings.is_empty() {
        upload.answer().await;
    }
    assert_eq!(upload.stream_window, LARGEST);
}

// Contract 6.5-5.
#[tokio::test(start_paused = true)]
async fn the_next_measurement_waits_for_the_delay() {
    let mut upload = Upload::start().await;
    upload.transfer(1000).await;
    upload.answer().await;
    sleep(Duration::from_millis(80)).await;
    upload.transfer(1000).await;
    assert!(upload.pings.is_empty());
    sleep(Duration::from_millis(30)).await;
    upload.transfer(1000).await;
    assert_eq!(upload.pings.len(), 1);
}

// Contract 6.5-5: growth halves the delay, so that it can go on.
#[tokio::test(start_paused = true)]
async fn growth_halves_the_delay() {
    let mut upload = Upload::start().await;
    upload.measure(60_000).await;
    sleep(Duration::from_millis(30)).await;
    upload.transfer(1000).await;
    assert!(upload.pings.is_empty());
    sleep(Duration::from_millis(30)).await;
    upload.transfer(1000).await;
    assert_eq!(upload.pings.len(), 1);
}

// Contract 6.5-5.
#[tokio::test(start_paused = true)]
async fn two_measurements_without_growth_make_the_delay_four_times_as_long() {
    let mut upload = Upload::start().await;
    upload.transfer(1000).await;
    upload.answer().await;
    sleep(LATER).await;
    upload.transfer(1000).await;
    upload.answer().await;
    sleep(Duration::from_millis(300)).await;
    upload.transfer(1000).await;
    assert!(upload.pings.is_empty());
    sleep(Duration::from_millis(150)).await;
    upload.transfer(1000).await;
    assert_eq!(upload.pings.len(), 1);
}

// Contract 6.5-4, 3.3-2: windows that are not adaptive are not measured.
#[tokio::test(start_paused = true)]
async fn a_fixed_window_is_not_measured() {
    let mut server = server().await;
    let mut call = server.post(STREAM, &[]).await;
    server.peer.send_data(STREAM, vec![0; 16_384]).await;
    let frame = expect_soon("data", call.request.body_mut().frame()).await;
    frame.expect("the body goes on").expect("no error");
    assert!(server.peer.settled_frames().await.is_empty());
    assert_eq!(server.peer.pings(), 0);
}

// Contract 3.3-1, 3.3-2: a size of one's own ends the measuring.
#[tokio::test(start_paused = true)]
async fn a_window_set_after_adaptive_is_not_measured() {
    let mut server = tuned(|builder| {
        builder
            .adaptive_window(true)
            .initial_stream_window_size(100_000);
    })
    .await;
    let mut call = server.post(STREAM, &[]).await;
    server.peer.send_data(STREAM, vec![0; 16_384]).await;
    let frame = expect_soon("data", call.request.body_mut().frame()).await;
    frame.expect("the body goes on").expect("no error");
    assert!(server.peer.settled_frames().await.is_empty());
    assert_eq!(server.peer.pings(), 0);
}

// Contract 3.3-6: measuring needs no timer; what it measures without one is real time.
#[tokio::test(start_paused = true)]
async fn measuring_works_without_a_timer() {
    let options = Options::new().without_timer().tune(
        |builder| {
            builder.adaptive_window(true);
        },
        |_| {},
    );
    let mut server = server_with(&options).await;
    let mut call = server.post(STREAM, &[]).await;
    server.peer.send_data(STREAM, vec![0; 16_384]).await;
    let frame = expect_soon("data", call.request.body_mut().frame()).await;
    frame.expect("the body goes on").expect("no error");
    assert!(server.peer.settled_frames().await.is_empty());
    assert_eq!(server.peer.pings(), 1);
}
