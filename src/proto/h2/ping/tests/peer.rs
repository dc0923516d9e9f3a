//! A real h2 connection whose peer speaks raw frames, driven as a connection task drives it.

use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

use crate::proto::h2::ping::ponger::{channel, Config, Ponged};
use crate::proto::h2::ping::recorder::Recorder;
use crate::rt::clock::Clock;
use crate::rt::{Sleep, Timer};

const PREFACE: usize = 24;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const ACK: u8 = 1;

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A timer over tokio's, which counts the sleeps it makes.
#[derive(Clone, Default)]
pub(super) struct TokioTimer {
    pub(super) sleeps: Arc<AtomicUsize>,
}

struct TokioSleep(Pin<Box<tokio::time::Sleep>>);

impl Future for TokioSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

impl Sleep for TokioSleep {}

impl Timer for TokioTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleeps.fetch_add(1, Ordering::Relaxed);
        Box::pin(TokioSleep(Box::pin(tokio::time::sleep(duration))))
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, deadline: std::time::Instant) {
        let sleep = sleep
            .as_mut()
            .downcast_mut_pin::<TokioSleep>()
            .expect("the sleep is the one this timer made");
        sleep.get_mut().0.as_mut().reset(deadline.into());
    }
}

/// What a test looks at: PINGs that reached the peer and what the ponger asked for, each with the time since the start.
pub(super) struct Observed {
    start: Instant,
    pub(super) recorder: Recorder,
    pings: Arc<Mutex<Vec<Duration>>>,
    events: Arc<Mutex<Vec<(Duration, Ponged)>>>,
}

impl Observed {
    pub(super) fn pings(&self) -> Vec<Duration> {
        self.pings.lock().unwrap().clone()
    }

    pub(super) fn take_events(&self) -> Vec<(Duration, Ponged)> {
        std::mem::take(&mut self.events.lock().unwrap())
    }

    /// Lets everything happen that happens up to and including this moment.
    pub(super) async fn run_to(&self, time: Duration) {
        // Half a millisecond behind the timers of the same moment, of which tokio keeps whole milliseconds.
        tokio::time::sleep_until(self.start + time + Duration::from_micros(500)).await;
    }
}

pub(super) async fn connection() -> (
    h2::client::Connection<DuplexStream, Bytes>,
    h2::client::SendRequest<Bytes>,
    DuplexStream,
) {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let (send_request, connection) = h2::client::Builder::new()
        .handshake(near)
        .await
        .expect("a preface fits the pipe");
    (connection, send_request, far)
}

/// Starts a connection whose peer acknowledges a PING `answer_after` its arrival, or never.
pub(super) async fn start(
    config: Config,
    clock: Clock,
    answer_after: Option<Duration>,
) -> Observed {
    let (mut connection, send_request, far) = connection().await;
    let ping_pong = connection.ping_pong().expect("taken once");
    let (recorder, mut ponger) = channel(ping_pong, config, clock);
    let start = Instant::now();

    let pings = Arc::new(Mutex::new(Vec::new()));
    tokio::spawn(answer_pings(far, answer_after, start, pings.clone()));

    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = events.clone();
    tokio::spawn(async move {
        // Without a handle h2 would see no use for the connection and close it.
        let _send_request = send_request;
        poll_fn(|cx| {
            if Pin::new(&mut connection).poll(cx).is_ready() {
                return Poll::Ready(());
            }
            match ponger.poll(cx) {
                Poll::Ready(event) => {
                    let over = event == Ponged::KeepAliveTimedOut;
                    seen.lock().unwrap().push((start.elapsed(), event));
                    // After a new window the task deliberately trusts in the wake-ups being in place.
                    if over {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
    });
    Observed {
        start,
        recorder,
        pings,
        events,
    }
}

pub(super) async fn answer_pings(
    io: DuplexStream,
    answer_after: Option<Duration>,
    start: Instant,
    pings: Arc<Mutex<Vec<Duration>>>,
) {
    let (mut read, mut write) = tokio::io::split(io);
    write.write_all(&frame(SETTINGS, 0, &[])).await.unwrap();
    read.read_exact(&mut [0; PREFACE]).await.unwrap();
    let mut head = [0; 9];
    while read.read_exact(&mut head).await.is_ok() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        read.read_exact(&mut payload).await.unwrap();
        match (head[3], head[4]) {
            (SETTINGS, 0) => write.write_all(&frame(SETTINGS, ACK, &[])).await.unwrap(),
            (PING, 0) => {
                pings.lock().unwrap().push(start.elapsed());
                if let Some(delay) = answer_after {
                    tokio::time::sleep(delay).await;
                    write.write_all(&frame(PING, ACK, &payload)).await.unwrap();
                }
            }
            _ => {}
        }
    }
}

fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("test frames are short");
    let mut bytes = vec![0, 0, length, kind, flags, 0, 0, 0, 0];
    bytes.extend_from_slice(payload);
    bytes
}

pub(super) fn keep_alive(interval: Duration, timeout: Duration, while_idle: bool) -> Config {
    Config {
        bdp_initial_window: None,
        keep_alive_interval: Some(interval),
        keep_alive_timeout: timeout,
        keep_alive_while_idle: while_idle,
    }
}

pub(super) fn adaptive() -> Config {
    Config {
        bdp_initial_window: Some(65_535),
        keep_alive_interval: None,
        keep_alive_timeout: secs(20),
        keep_alive_while_idle: false,
    }
}

pub(super) fn clock() -> Clock {
    Clock::new(TokioTimer::default())
}
