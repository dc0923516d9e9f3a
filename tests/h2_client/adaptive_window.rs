//! Contract 6.5-4, 6.5-5: windows that follow what a round trip brings.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::Response;
use tokio::time::sleep;

use crate::client::{get, link_with, response, tuned, RawLink};
use crate::support::scripted_h2::{setting, Frame};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

const SPEC_WINDOW: u32 = 65_535;
const LARGEST: u32 = 16 << 20;
const ROUND_TRIP: Duration = Duration::from_millis(20);
/// Longer than the first delay between two measurements.
const LATER: Duration = Duration::from_millis(150);

/// An adaptive client in the middle of a download.
struct Download {
    link: RawLink,
    stream: u32,
    response: Response<Incoming>,
    /// PINGs seen and not yet answered.
    pings: Vec<[u8; 8]>,
    stream_window: u32,
    /// What the connection's window started with and WINDOW_UPDATE added, less what was sent.
    connection_window: i64,
}

impl Download {
    async fn start() -> Self {
        let mut link = link_with(&tuned(|builder| {
            builder.adaptive_window(true);
        }))
        .await;
        link.peer.answer_pings(false);
        let answer = link.hyper.requests().send_request(get());
        let (stream, _) = link.peer.expect_request().await;
        link.peer.send_headers(stream, &[(":status", "200")]).await;
        let response = response(answer).await;
        let mut download = Download {
            link,
            stream,
            response,
            pings: Vec::new(),
            stream_window: SPEC_WINDOW,
            connection_window: SPEC_WINDOW.into(),
        };
        download.look().await;
        download
    }

    /// Sends `len` bytes and has the caller take them all.
    async fn transfer(&mut self, len: u32) {
        let mut left = len as usize;
        while left > 0 {
            let piece = left.min(16_384);
            self.link.peer.send_data(self.stream, vec![0; piece]).await;
            left -= piece;
            let mut taken = 0;
            while taken < piece {
                let frame = expect_soon("data", self.response.frame()).await;
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
        use futures_util::FutureExt;
        while let Some(Some(frame)) = self.link.peer.next_raw().now_or_never() {
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
                    self.link
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
        self.link
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
    let mut download = Download::start().await;
    assert!(download.pings.is_empty());
    download.transfer(50_000).await;
    assert_eq!(download.pings.len(), 1);
    download.transfer(10_000).await;
    assert_eq!(download.pings.len(), 1);
}

// Contract 6.5-4: the connection's window follows as well as the streams'.
#[tokio::test(start_paused = true)]
async fn the_windows_grow_to_twice_what_a_round_trip_brought() {
    let mut download = Download::start().await;
    download.measure(50_000).await;
    assert_eq!(download.stream_window, 100_000);
    // Give the connection reason to say what it has room for.
    download.transfer(50_000).await;
    download.look().await;
    assert!(download.connection_window > SPEC_WINDOW.into());
    assert!(download.connection_window <= 100_000);
}

// Contract 6.5-4: two thirds of the window make a measurement worth following.
#[tokio::test(start_paused = true)]
async fn a_round_trip_that_brought_little_changes_nothing() {
    let mut download = Download::start().await;
    download.measure(43_000).await;
    assert_eq!(download.stream_window, SPEC_WINDOW);
    download.measure(45_000).await;
    assert_eq!(download.stream_window, 90_000);
}

// Contract 6.5-4.
#[tokio::test(start_paused = true)]
async fn the_windows_never_shrink() {
    let mut download = Download::start().await;
    download.measure(60_000).await;
    assert_eq!(download.stream_window, 120_000);
    for _ in 0..4 {
        sleep(Duration::from_secs(11)).await;
        download.measure(1000).await;
    }
    assert_eq!(download.stream_window, 120_000);
}

// Contract 6.5-4: fewer bytes a second than before are no reason to grow.
#[tokio::test(start_paused = true)]
async fn a_slower_round_trip_changes_nothing() {
    let mut download = Download::start().await;
    download.measure(60_000).await;
    assert_eq!(download.stream_window, 120_000);
    sleep(LATER).await;
    download.transfer(90_000).await;
    sleep(Duration::from_secs(5)).await;
    download.answer().await;
    assert_eq!(download.stream_window, 120_000);
}

// Contract 6.5-4, 6.5-5.
#[tokio::test(start_paused = true)]
async fn growth_ends_at_sixteen_mebibytes() {
    let mut download = Download::start().await;
    while download.stream_window < LARGEST {
        let before = download.stream_window;
        download.measure(before - 100).await;
        assert!(download.stream_window > before);
    }
    assert_eq!(download.stream_window, LARGEST);
    sleep(Duration::from_secs(60)).await;
    download.transfer(LARGEST - 100).await;
    sleep(ROUND_TRIP).await;
    if !download.pings.is_empty() {
        download.answer().await;
    }
    assert_eq!(download.stream_window, LARGEST);
}

// Contract 6.5-5.
#[tokio::test(start_paused = true)]
async fn the_next_measurement_waits_for_the_delay() {
    let mut download = Download::start().await;
    download.transfer(1000).await;
    download.answer().await;
    sleep(Duration::from_millis(80)).await;
    download.transfer(1000).await;
    assert!(download.pings.is_empty());
    sleep(Duration::from_millis(30)).await;
    download.transfer(1000).await;
    assert_eq!(download.pings.len(), 1);
}

// Contract 6.5-5: growth halves the delay, so that it can go on.
#[tokio::test(start_paused = true)]
async fn growth_halves_the_delay() {
    let mut download = Download::start().await;
    download.measure(60_000).await;
    sleep(Duration::from_millis(30)).await;
    download.transfer(1000).await;
    assert!(download.pings.is_empty());
    sleep(Duration::from_millis(30)).await;
    download.transfer(1000).await;
    assert_eq!(download.pings.len(), 1);
}

// Contract 6.5-5.
#[tokio::test(start_paused = true)]
async fn two_measurements_without_growth_make_the_delay_four_times_as_long() {
    let mut download = Download::start().await;
    download.transfer(1000).await;
    download.answer().await;
    sleep(LATER).await;
    download.transfer(1000).await;
    download.answer().await;
    sleep(Duration::from_millis(300)).await;
    download.transfer(1000).await;
    assert!(download.pings.is_empty());
    sleep(Duration::from_millis(150)).await;
    download.transfer(1000).await;
    assert_eq!(download.pings.len(), 1);
}

// Contract 6.5-4: windows that are not adaptive are not measured.
#[tokio::test(start_paused = true)]
async fn a_fixed_window_is_not_measured() {
    let mut link = crate::client::link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut response = response(answer).await;
    link.peer.send_data(stream, vec![0; 16_384]).await;
    response.frame().await.expect("a frame").expect("no error");
    assert!(link.peer.settled_frames().await.is_empty());
    assert_eq!(link.peer.pings(), 0);
}
