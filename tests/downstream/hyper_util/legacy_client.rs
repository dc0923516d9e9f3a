//! The client with a pool: which connections it uses again, and what goes through them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_downstream::bodies::pattern;
use hyper_downstream::pipe::connector;
use hyper_downstream::{
    collect, connection, empty, full, real_time, serve, settle, text, virtual_time, Body, BoxError,
    Serving,
};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;

fn builder(protocol: Version) -> Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .http2_only(protocol == Version::HTTP_2)
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new());
    builder
}

fn client(protocol: Version) -> Client<HttpConnector, Body> {
    builder(protocol).build_http()
}

fn uri(server: &Serving, path: &str) -> Uri {
    server.http(path).parse().expect("a URI")
}

fn anywhere() -> Uri {
    Uri::from_static("http://server.example/")
}

async fn greet(request: Request<Incoming>) -> Response<Body> {
    Response::new(full(format!("hello by {:?}", request.version())))
}

// Contract 9-1, 5.2-2.
#[test]
fn a_connection_is_used_again_once_its_response_was_read() {
    virtual_time(async {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = made.clone();
        let client = builder(Version::HTTP_11).build::<_, Body>(connector(move |_, far| {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(connection(TokioIo::new(far), greet));
        }));
        for _ in 0..5 {
            let response = client.get(anywhere()).await.expect("a response");
            assert_eq!(text(response.into_body()).await, "hello by HTTP/1.1");
            settle().await;
        }
        assert_eq!(made.load(Ordering::SeqCst), 1);
    });
}

// Contract 9-1, 5.2-2.
#[test]
fn a_connection_whose_response_is_unread_is_nobody_elses() {
    virtual_time(async {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = made.clone();
        let client = builder(Version::HTTP_11).build::<_, Body>(connector(move |_, far| {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(connection(TokioIo::new(far), |_| async {
                Response::new(full(pattern(1 << 20)))
            }));
        }));
        let first = client.get(anywhere()).await.expect("a response");
        settle().await;
        let second = client.get(anywhere()).await.expect("a response");
        assert_eq!(made.load(Ordering::SeqCst), 2);
        assert_eq!(collect(second.into_body()).await, pattern(1 << 20));
        assert_eq!(collect(first.into_body()).await, pattern(1 << 20));
        settle().await;
        client.get(anywhere()).await.expect("a response");
        assert_eq!(made.load(Ordering::SeqCst), 2);
    });
}

// Contract 9-1. An idle connection that its server closes is gone from the pool before anybody asks for it.
#[test]
fn an_idle_connection_that_was_closed_is_not_used() {
    virtual_time(async {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = made.clone();
        let client = builder(Version::HTTP_11).build::<_, Body>(connector(move |_, mut far| {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut head = [0; 1024];
                let _ = far.read(&mut head).await.expect("a request");
                far.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                    .await
                    .expect("a response");
            });
        }));
        for number in 1..4 {
            let response = client.get(anywhere()).await.expect("a response");
            assert_eq!(response.status(), StatusCode::OK);
            settle().await;
            assert_eq!(made.load(Ordering::SeqCst), number);
        }
    });
}

// Contract 9-1. Over loopback nobody says when a connection is back in the pool; but it gets there.
#[test]
fn connections_over_loopback_are_used_again() {
    real_time(async {
        let server = serve(greet).await;
        let client = client(Version::HTTP_11);
        for _ in 0..30 {
            let response = client.get(uri(&server, "/")).await.expect("a response");
            assert_eq!(text(response.into_body()).await, "hello by HTTP/1.1");
        }
        assert!(server.connections() < 30);
    });
}

// Contract 9-2.
#[test]
fn requests_at_the_same_time_share_an_http2_connection() {
    real_time(async {
        const AT_ONCE: usize = 40;
        let all_there = Arc::new(Barrier::new(AT_ONCE));
        let server = serve(move |request| {
            let all_there = all_there.clone();
            async move {
                if request.uri().path() == "/together" {
                    all_there.wait().await;
                }
                greet(request).await
            }
        })
        .await;
        let client = client(Version::HTTP_2);
        let response = client.get(uri(&server, "/")).await.expect("a response");
        assert_eq!(text(response.into_body()).await, "hello by HTTP/2.0");
        let requests: Vec<_> = (0..AT_ONCE)
            .map(|_| tokio::spawn(client.get(uri(&server, "/together"))))
            .collect();
        for request in requests {
            let response = request.await.expect("no panic").expect("a response");
            assert_eq!(text(response.into_body()).await, "hello by HTTP/2.0");
        }
        assert_eq!(server.connections(), 1);
    });
}

async fn echo(request: Request<Incoming>) -> Response<Body> {
    Response::new(request.into_body().map_err(BoxError::from).boxed())
}

// Contract 9-12: a request's body is a response's, as it comes.
#[test]
fn bodies_go_both_ways_at_once() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(echo).await;
            let (mut sender, body) = Channel::<Bytes, BoxError>::new(1);
            let request = Request::post(uri(&server, "/")).body(body.boxed());
            let request = client(protocol).request(request.expect("a request"));
            let mut received = request.await.expect("a response").into_body();
            for round in 0..20 {
                let piece = pattern(1 + round * 3000);
                sender.send_data(piece.clone()).await.expect("a taker");
                let mut echoed = Vec::new();
                while echoed.len() < piece.len() {
                    let frame = received.frame().await.expect("more").expect("no error");
                    echoed.extend_from_slice(&frame.into_data().expect("data"));
                }
                assert!(echoed == piece, "round {round} of {protocol:?}");
            }
            drop(sender);
            assert!(collect(received).await.is_empty());
        });
    }
}

#[test]
fn large_bodies_arrive_whole() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(echo).await;
            let sent = pattern(5_000_000);
            let request = Request::post(uri(&server, "/")).body(full(sent.clone()));
            let request = client(protocol).request(request.expect("a request"));
            let response = request.await.expect("a response");
            assert_eq!(response.version(), protocol);
            assert!(collect(response.into_body()).await == sent);
        });
    }
}

/// A proxy that knows CONNECT and nothing else.
async fn connect(mut request: Request<Incoming>) -> Response<Body> {
    let target = match (request.method(), request.uri().authority()) {
        (&Method::CONNECT, Some(target)) => target.to_string(),
        _ => {
            let mut refusal = Response::new(empty());
            *refusal.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            return refusal;
        }
    };
    let mut upstream = TcpStream::connect(target).await.expect("a target");
    tokio::spawn(async move {
        let tunnel = hyper::upgrade::on(&mut request).await.expect("a tunnel");
        let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(tunnel), &mut upstream).await;
    });
    Response::new(empty())
}

/// Says in a tunnel what it is told there.
async fn echo_in_tunnel(mut request: Request<Incoming>) -> Response<Body> {
    assert_eq!(request.method(), Method::CONNECT);
    tokio::spawn(async move {
        let tunnel = hyper::upgrade::on(&mut request).await.expect("a tunnel");
        let (mut read, mut write) = tokio::io::split(TokioIo::new(tunnel));
        tokio::io::copy(&mut read, &mut write)
            .await
            .expect("an echo");
        write.shutdown().await.expect("an end");
    });
    Response::new(empty())
}

// Contract 9-1: the client drives its connections with upgrades.
#[test]
fn a_tunnel_is_taken_from_the_clients_response() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let proxy = serve(echo_in_tunnel).await;
            let request = Request::connect(proxy.address.to_string()).body(empty());
            let request = client(protocol).request(request.expect("a request"));
            let response = request.await.expect("a response");
            assert_eq!(response.version(), protocol);
            let tunnel = hyper::upgrade::on(response).await.expect("a tunnel");
            let (mut read, mut write) = tokio::io::split(TokioIo::new(tunnel));
            let sent = pattern(1_000_000);
            let sending = sent.clone();
            tokio::spawn(async move {
                write.write_all(&sending).await.expect("a taker");
                write.shutdown().await.expect("an end");
            });
            let mut received = Vec::new();
            read.read_to_end(&mut received).await.expect("the echo");
            assert!(received == sent);
        });
    }
}

// The connector that goes through a proxy, which speaks CONNECT by itself and leaves the connection to hyper.
#[test]
fn a_request_goes_through_a_proxys_tunnel() {
    real_time(async {
        let (target, proxy) = (serve(greet).await, serve(connect).await);
        let tunnel = Tunnel::new(uri(&proxy, "/"), HttpConnector::new());
        let client = builder(Version::HTTP_11).build::<_, Body>(tunnel);
        let response = client.get(uri(&target, "/")).await.expect("a response");
        assert_eq!(text(response.into_body()).await, "hello by HTTP/1.1");
        assert_eq!((proxy.connections(), target.connections()), (1, 1));
    });
}
