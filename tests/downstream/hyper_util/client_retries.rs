//! The client with a pool, when a connection from it turns out to be closed.
//!
//! The peers are pipes in memory on one thread, so that it is certain what a connection's task has seen of its transport
//! when a request reaches it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::{Request, Response, StatusCode, Uri, Version};
use hyper_downstream::pipe::connector;
use hyper_downstream::{cause, empty, settle, virtual_time, Body};
use hyper_util::client::legacy::{Builder, Client, Error, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

fn builder() -> Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder.timer(TokioTimer::new());
    builder
}

fn request() -> Request<Body> {
    Request::put("http://server.example/")
        .body(empty())
        .expect("a request")
}

/// Answers one request with 204.
async fn answer(far: &mut DuplexStream) {
    let mut head = [0; 1024];
    let length = far.read(&mut head).await.expect("a request");
    assert!(head[..length].ends_with(b"\r\n\r\n"));
    far.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
        .await
        .expect("a response");
}

type FarEnds = Arc<Mutex<Vec<DuplexStream>>>;

/// A client, and the far ends of the connections it has made, each after one answer.
fn with_far_ends(builder: &Builder) -> (impl Fn(Request<Body>) -> ResponseFuture, FarEnds) {
    let far_ends = Arc::new(Mutex::new(Vec::new()));
    let kept = far_ends.clone();
    let client = builder.build::<_, Body>(connector(move |_, mut far| {
        let kept = kept.clone();
        tokio::spawn(async move {
            answer(&mut far).await;
            kept.lock().expect("no panic").push(far);
        });
    }));
    (move |request| client.request(request), far_ends)
}

fn hypers_error(error: &Error) -> &hyper::Error {
    cause::<hyper::Error>(error).expect("hyper's error among the sources")
}

// Contract 9-1, 2.5-1, 5.3-2. PUT, which is not safe to repeat once it was begun.
#[test]
fn a_request_is_sent_again_when_its_pooled_connection_was_closed() {
    virtual_time(async {
        let (send, far_ends) = with_far_ends(&builder());
        send(request()).await.expect("a response");
        settle().await;
        // Nobody but this task runs from here until the request is in the connection's queue.
        drop(far_ends.lock().expect("no panic").pop().expect("one"));
        let response = send(request()).await.expect("a response");
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        settle().await;
        assert_eq!(far_ends.lock().expect("no panic").len(), 1);
    });
}

// Contract 9-1, 2.4-5.
#[test]
fn it_is_canceled_where_that_is_forbidden() {
    virtual_time(async {
        let (send, far_ends) = with_far_ends(builder().retry_canceled_requests(false));
        send(request()).await.expect("a response");
        settle().await;
        drop(far_ends.lock().expect("no panic").pop().expect("one"));
        let error = send(request()).await.expect_err("the connection is closed");
        assert!(format!("{error:?}").contains("Canceled"), "{error:?}");
        assert!(hypers_error(&error).is_canceled(), "{error:?}");
    });
}

// Contract 9-1, 2.5-1.
#[test]
fn a_request_that_was_begun_is_not_sent_again() {
    virtual_time(async {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = made.clone();
        let client = builder().build::<_, Body>(connector(move |_, mut far| {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                answer(&mut far).await;
                let mut head = [0; 1024];
                let _ = far.read(&mut head).await.expect("a request");
            });
        }));
        client.request(request()).await.expect("a response");
        settle().await;
        let error = client.request(request()).await.expect_err("it was closed");
        assert!(hypers_error(&error).is_incomplete_message(), "{error:?}");
        assert_eq!(made.load(Ordering::SeqCst), 1);
    });
}

// Contract 9-1: `ready` fails with `is_closed`, and the connection's result says why.
#[test]
fn a_connection_that_is_closed_at_once_says_why() {
    virtual_time(async {
        let client = builder().build::<_, Body>(connector(|_, far| drop(far)));
        let error = client.request(request()).await.expect_err("it is closed");
        assert!(hypers_error(&error).is_incomplete_message(), "{error:?}");
    });
}

// Contract 9-1, 2.4-3.
#[test]
fn a_peer_that_speaks_first_is_told_of() {
    virtual_time(async {
        let client = builder().build::<_, Body>(connector(|_, mut far| {
            tokio::spawn(async move { far.write_all(b"220 ready\r\n").await });
        }));
        let error = client.request(request()).await.expect_err("not HTTP");
        assert!(!hypers_error(&error).is_closed(), "{error:?}");
    });
}

/// Takes one connection over HTTP/2, answers one request and says goodbye. Ends when the client has closed.
async fn answer_and_go_away(far: DuplexStream) {
    let mut connection = h2::server::handshake(far).await.expect("a client");
    let (_, mut respond) = connection
        .accept()
        .await
        .expect("a request")
        .expect("no error");
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::NO_CONTENT;
    respond.send_response(response, true).expect("a taker");
    connection.graceful_shutdown();
    assert!(connection.accept().await.is_none());
}

// Contract 9-1, 6.3-3, 6.3-10.
#[test]
fn an_http2_connection_that_went_away_is_replaced() {
    virtual_time(async {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = made.clone();
        let client = builder()
            .http2_only(true)
            .build::<_, Body>(connector(move |_, far| {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer_and_go_away(far));
            }));
        for number in 1..4 {
            let response = client.get(Uri::from_static("http://server.example/"));
            let response = response.await.expect("a response");
            assert_eq!(response.version(), Version::HTTP_2);
            settle().await;
            assert_eq!(made.load(Ordering::SeqCst), number);
        }
    });
}

/// Lets one request in at a time. Answers the first, and goes away with the second unanswered until `settled`.
async fn let_one_in_and_go_away(far: DuplexStream) {
    let mut connection = h2::server::Builder::new()
        .max_concurrent_streams(1)
        .handshake::<_, bytes::Bytes>(far)
        .await
        .expect("a client");
    for number in 0..2 {
        let request = connection.accept().await.expect("a request");
        let (_, mut respond) = request.expect("no error");
        if number == 1 {
            connection.graceful_shutdown();
            // The connection works while the second waits for its answer.
            let answer_later = tokio::time::sleep(Duration::from_secs(1));
            tokio::select! {
                () = answer_later => {}
                more = connection.accept() => assert!(more.is_none()),
            }
        }
        let response = Response::new(());
        respond.send_response(response, true).expect("a taker");
    }
    assert!(connection.accept().await.is_none());
}

/// Answers everything.
async fn answer_all(far: DuplexStream) {
    let mut connection = h2::server::handshake(far).await.expect("a client");
    while let Some(request) = connection.accept().await {
        let (_, mut respond) = request.expect("no error");
        let response = Response::new(());
        respond.send_response(response, true).expect("a taker");
    }
}

// Contract 9-1, 6.3-11, 2.5-1. Of the requests at the same time one is on its way and one waits inside h2 for its place; those
// behind them come back, and are sent on another connection.
#[test]
fn http2_requests_that_were_not_begun_are_sent_again() {
    virtual_time(async {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = made.clone();
        let client = builder()
            .http2_only(true)
            .build::<_, Body>(connector(move |number, far| {
                counted.fetch_add(1, Ordering::SeqCst);
                match number {
                    0 => tokio::spawn(let_one_in_and_go_away(far)),
                    _ => tokio::spawn(answer_all(far)),
                };
            }));
        client.request(request()).await.expect("a response");
        settle().await;
        let requests: Vec<_> = (0..6)
            .map(|_| tokio::spawn(client.request(request())))
            .collect();
        let mut answered = Vec::new();
        for request in requests {
            answered.push(request.await.expect("no panic").is_ok());
        }
        assert_eq!(answered, [true, false, true, true, true, true]);
        assert_eq!(made.load(Ordering::SeqCst), 2);
    });
}
