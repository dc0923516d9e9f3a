//! Frames a client might send. hyper never panics, sends well-formed frames only, holds a bounded amount, and is gone, with all
//! its tasks, once its peer is.

use std::convert::Infallible;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use crate::frames::{encode_frame, Input, Peer, SETTINGS};
use crate::server::on_paused_clock;
use crate::support::bodies::{empty_body, test_body, TestBody};
use crate::support::gate::wire;
use crate::support::heap::mark;
use crate::support::scripted_h2::PREFACE;
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::ServerBuilder;
use crate::support::virtual_timer::{expect_soon, run_until_idle};

/// Most heap at any time, in bytes: inputs are small, windows a mebibyte.
pub const MOST_HEAP: usize = 8 << 20;

/// Answers with what was asked, or with what a tunnel says.
async fn answer(mut request: Request<Incoming>) -> Result<Response<TestBody>, Infallible> {
    if request.method() == Method::CONNECT {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async {
            if let Ok(upgraded) = upgrade.await {
                let mut io = TokioIo::new(upgraded);
                let mut chunk = [0; 100];
                while let Ok(1..) = io.read(&mut chunk).await {
                    if io.write_all(&chunk).await.is_err() {
                        break;
                    }
                }
                let _ = io.shutdown().await;
            }
        });
        return Ok(Response::new(empty_body()));
    }
    let mut count = 0;
    while let Some(Ok(frame)) = request.body_mut().frame().await {
        count += frame.data_ref().map_or(0, Bytes::len);
    }
    let body = Full::new(Bytes::from(vec![b'x'; 10_000 + count]));
    Ok(Response::new(test_body(body)))
}

pub fn run(input: &[u8]) {
    on_paused_clock(serve(input));
}

async fn serve(input: &[u8]) {
    let mark = mark();
    let (client, server) = wire();
    let executor = CountingExecutor::new();
    let mut builder = ServerBuilder::new(executor.clone());
    builder
        .timer(TokioTimer)
        .max_concurrent_streams(4)
        .enable_connect_protocol();
    let connection = builder.serve_connection(TokioIo::new(server), service_fn(answer));
    let connection = executor.spawn(connection);
    let mut peer = Peer::client(client);

    let mut input = Input::new(input);
    if input.small() & 1 == 0 {
        peer.say(PREFACE);
        peer.say_frame(&SETTINGS);
    }
    while let Some(step) = input.byte() {
        match step {
            0xfb..=0xff => peer.pass_time(step).await,
            kind => {
                let mut bytes = BytesMut::new();
                encode_frame(kind, &mut input, &mut bytes);
                peer.say(&bytes);
            }
        }
    }
    peer.hear_all().await;
    peer.hang_up();
    drop(peer);
    assert_gone(connection, &executor).await;
    assert!(mark.peak() <= MOST_HEAP, "{} bytes", mark.peak());
}

/// hyper's connection ends now that its peer is gone, and its tasks do within a minute.
pub async fn assert_gone(connection: JoinHandle<hyper::Result<()>>, executor: &CountingExecutor) {
    let ended = expect_soon("the end of the connection", connection).await;
    let _ = ended.expect("hyper's connection does not panic");
    tokio::time::sleep(Duration::from_secs(60)).await;
    run_until_idle().await;
    assert_eq!(executor.live(), 0, "tasks are left");
}
