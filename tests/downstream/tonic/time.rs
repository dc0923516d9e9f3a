//! Deadlines, keep-alive, limits and the end, in virtual time.

use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper_downstream::{frames, settle, virtual_time};
use tokio::io::AsyncReadExt;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tonic::transport::{Endpoint, Server};
use tonic::{Code, Request};

use crate::service::{Talk, ECHO, WAIT};
use crate::{all, Client};

const SECOND: Duration = Duration::from_secs(1);

fn endpoint() -> Endpoint {
    Endpoint::from_static("http://server.example")
}

fn wait(duration: Duration) -> Request<String> {
    Request::new(duration.as_millis().to_string())
}

// The deadline goes along as a header, and both sides keep it.
#[test]
fn a_deadline_ends_the_call_on_both_sides() {
    virtual_time(async {
        let talk = Talk::default();
        let client = Client::over_a_pipe(Server::builder(), endpoint(), talk.clone()).await;
        let start = Instant::now();
        let mut request = wait(3600 * SECOND);
        request.set_timeout(2 * SECOND);
        let status = client.unary(WAIT, request).await.expect_err("too late");
        let codes = [Code::DeadlineExceeded, Code::Cancelled];
        assert!(codes.contains(&status.code()), "{status:?}");
        assert_eq!(start.elapsed().as_secs(), 2);
        settle().await;
        assert_eq!(talk.running.load(Ordering::SeqCst), 0);
        let mut request = wait(SECOND);
        request.set_timeout(2 * SECOND);
        client.unary(WAIT, request).await.expect("in time");
    });
}

#[test]
fn the_servers_own_deadline_counts_too() {
    virtual_time(async {
        let server = Server::builder().timeout(5 * SECOND);
        let client = Client::over_a_pipe(server, endpoint(), Talk::default()).await;
        let start = Instant::now();
        let status = client
            .unary(WAIT, wait(3600 * SECOND))
            .await
            .expect_err("too late");
        let codes = [Code::DeadlineExceeded, Code::Cancelled];
        assert!(codes.contains(&status.code()), "{status:?}");
        assert_eq!(start.elapsed().as_secs(), 5);
    });
}

// Contract 9-9: the timer that tonic gives hyper's server measures heads, not services.
#[test]
fn an_answer_may_take_an_hour() {
    virtual_time(async {
        for http1 in [false, true] {
            let server = Server::builder().accept_http1(http1);
            let client = Client::over_a_pipe(server, endpoint(), Talk::default()).await;
            let response = client.unary(WAIT, wait(3600 * SECOND)).await;
            assert_eq!(response.expect("an answer").into_inner(), "waited");
        }
    });
}

// Contract 2.3-5, 6.5-3, 9-8: a ping without an answer is UNAVAILABLE.
#[test]
fn a_silent_server_is_unavailable() {
    virtual_time(async {
        let (near, mut far) = tokio::io::duplex(64 * 1024);
        let silent = tokio::spawn(async move {
            frames::welcome(&mut far).await.expect("a client");
            let mut rest = Vec::new();
            let _ = far.read_to_end(&mut rest).await;
        });
        let endpoint = endpoint()
            .http2_keep_alive_interval(10 * SECOND)
            .keep_alive_timeout(3 * SECOND);
        let client = Client::connect(endpoint, near).await;
        let start = Instant::now();
        let status = client
            .unary(WAIT, wait(SECOND))
            .await
            .expect_err("no answer");
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        assert_eq!(start.elapsed().as_secs(), 13);
        silent.await.expect("no panic");
    });
}

// Contract 6.5-1: pings that are answered keep a call alive for as long as it takes, in both directions.
#[test]
fn pings_that_are_answered_end_nothing() {
    virtual_time(async {
        let server = Server::builder()
            .http2_keepalive_interval(Some(7 * SECOND))
            .http2_keepalive_timeout(Some(2 * SECOND));
        let endpoint = endpoint()
            .http2_keep_alive_interval(5 * SECOND)
            .keep_alive_timeout(2 * SECOND)
            .keep_alive_while_idle(true);
        let client = Client::over_a_pipe(server, endpoint, Talk::default()).await;
        client
            .unary(WAIT, wait(600 * SECOND))
            .await
            .expect("an answer");
        tokio::time::sleep(600 * SECOND).await;
        client.unary(WAIT, wait(SECOND)).await.expect("an answer");
    });
}

// Contract 9-8, 6.3-2: calls beyond the server's limit wait for their turn.
#[test]
fn calls_over_the_limit_wait() {
    virtual_time(async {
        let talk = Talk::default();
        let server = Server::builder().max_concurrent_streams(3);
        let client = Client::over_a_pipe(server, endpoint(), talk.clone()).await;
        // The limit is known once the server's SETTINGS are, which an answer follows.
        client.unary(WAIT, wait(SECOND)).await.expect("an answer");
        let start = Instant::now();
        let calls: Vec<_> = (0..12)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.unary(WAIT, wait(10 * SECOND)).await })
            })
            .collect();
        for call in calls {
            call.await.expect("no panic").expect("an answer");
        }
        assert_eq!(talk.most.load(Ordering::SeqCst), 3);
        assert_eq!(start.elapsed().as_secs(), 40);
    });
}

// Contract 9-4 by way of `serve_with_shutdown`: streams under way go on until they end.
#[test]
fn a_server_ends_when_its_streams_have() {
    virtual_time(async {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let (shutdown, asked) = oneshot::channel::<()>();
        let mut server = Server::builder();
        let router = server.add_service(Talk::default());
        let incoming = tokio_stream::once(Ok::<_, std::io::Error>(far));
        let incoming = tokio_stream::StreamExt::chain(incoming, tokio_stream::pending());
        let server = tokio::spawn(router.serve_with_incoming_shutdown(incoming, async {
            drop(asked.await);
        }));
        let client = Client::connect(endpoint(), near).await;
        let (sender, requests) = tokio::sync::mpsc::channel(1);
        let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
        let stream = client.streaming(ECHO, requests).await.expect("a stream");
        shutdown.send(()).expect("a receiver");
        settle().await;
        assert!(!server.is_finished());
        sender
            .send("still there".to_owned())
            .await
            .expect("a taker");
        drop(sender);
        let ended = all(stream.into_inner()).await;
        assert_eq!(ended, (vec!["still there".to_owned()], Code::Ok));
        drop(client);
        server.await.expect("no panic").expect("a clean end");
    });
}
