//! `TokioTimer`, and what hyper does with it. Contract 9-5, 9-9.

use std::convert::Infallible;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::rt::Timer;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_downstream::bodies::pattern;
use hyper_downstream::frames::{self, Frame, ACK, PING};
use hyper_downstream::{cause, empty, full, text, virtual_time, Body, BoxError};
use hyper_util::rt::tokio::{WithHyperIo, WithTokioIo};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, Instant};

const SECOND: Duration = Duration::from_secs(1);

// Contract 9-5, 1.2-2. The sleep is reset where it is, which works by `dyn Sleep::downcast_mut_pin`.
#[test]
fn a_sleep_is_reset_forwards_and_back() {
    virtual_time(async {
        let timer = TokioTimer::new();
        for seconds in [5, 500] {
            let start = Instant::now();
            let mut asleep = timer.sleep(50 * SECOND);
            let before: *const _ = &*asleep;
            timer.reset(&mut asleep, (start + seconds * SECOND).into_std());
            assert!(std::ptr::addr_eq(before, &*asleep));
            asleep.await;
            let late = start.elapsed() - seconds * SECOND;
            assert!(late < SECOND / 10, "{late:?}");
        }
    });
}

/// The pings among the frames that arrive until the connection ends, each with its time since `start`, in seconds. The first
/// `answered` are acknowledged.
async fn pings(mut far: DuplexStream, start: Instant, answered: usize) -> Vec<u64> {
    frames::welcome(&mut far).await.expect("a client");
    let mut pings = Vec::new();
    while let Ok(frame) = frames::read(&mut far).await {
        if (frame.kind, frame.flags) == (PING, 0) {
            pings.push(start.elapsed().as_secs());
            if pings.len() <= answered {
                let acknowledged = Frame {
                    flags: ACK,
                    ..frame
                };
                frames::write(&mut far, &acknowledged)
                    .await
                    .expect("a taker");
            }
        }
    }
    pings
}

// Contract 9-5, 6.5-1, 7.2-4: one sleep for all of them, reset for each. Were it not reset, the pings would follow one another
// without a pause.
#[test]
fn pings_keep_their_distance() {
    virtual_time(async {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let peer = tokio::spawn(pings(far, Instant::now(), 5));
        let (_sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(10 * SECOND)
            .keep_alive_timeout(3 * SECOND)
            .keep_alive_while_idle(true)
            .handshake::<_, Body>(TokioIo::new(near))
            .await
            .expect("a client");
        let error = connection.await.expect_err("the sixth is not answered");
        assert!(error.is_timeout(), "{error:?}");
        assert_eq!(peer.await.expect("no panic"), [10, 20, 30, 40, 50, 60]);
    });
}

type Ended = JoinHandle<Result<(), BoxError>>;

/// The client's end of a connection to a server by hyper-util's auto builder, whose service takes `takes`.
fn serve_slowly(takes: Duration) -> (DuplexStream, Ended) {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let connection = tokio::spawn(async move {
        let service = service_fn(move |_: Request<Incoming>| async move {
            sleep(takes).await;
            Ok::<Response<Body>, Infallible>(Response::new(full("at last")))
        });
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new());
        builder.serve_connection(TokioIo::new(near), service).await
    });
    (far, connection)
}

// Contract 9-9, 3.1-7, 4.8-7. 30 seconds is what there is without asking.
#[test]
fn a_head_has_thirty_seconds() {
    virtual_time(async {
        let (mut far, connection) = serve_slowly(SECOND);
        let start = Instant::now();
        far.write_all(b"GET / HTTP/1.1\r\nhost: server\r\nslow: ")
            .await
            .expect("a taker");
        let error = connection.await.expect("no panic").expect_err("too late");
        assert_eq!(start.elapsed().as_secs(), 30);
        let error = cause::<hyper::Error>(&*error).expect("hyper's error");
        assert!(error.is_timeout(), "{error:?}");
    });
}

// Contract 9-9.
#[test]
fn a_service_has_all_the_time_it_takes() {
    virtual_time(async {
        let (far, connection) = serve_slowly(3600 * SECOND);
        let (mut sender, client) = hyper::client::conn::http1::handshake(TokioIo::new(far))
            .await
            .expect("a client");
        tokio::spawn(client);
        let response = sender.send_request(Request::new(empty())).await;
        let body = response.expect("a response").into_body();
        assert_eq!(text(body).await, "at last");
        drop(sender);
        connection.await.expect("no panic").expect("a clean end");
    });
}

// Contract 9-6: what hyper-util reads into is a buffer of hyper's made from one of tokio's, or the other way round.
#[test]
fn adapters_of_adapters_pass_every_byte() {
    virtual_time(async {
        let (near, mut far) = tokio::io::duplex(100);
        let sent = pattern(10_000);
        let sending = sent.clone();
        tokio::spawn(async move { far.write_all(&sending).await });
        let hypers = WithHyperIo::new(WithTokioIo::new(TokioIo::new(near)));
        let mut received = Vec::new();
        let mut near = TokioIo::new(hypers);
        near.read_to_end(&mut received).await.expect("all of it");
        assert!(received == sent);
    });
}
