//! Proxies, tunnels and upgrades.

use hyper::body::Incoming;
use hyper::header::{HOST, PROXY_AUTHORIZATION};
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_downstream::bodies::pattern;
use hyper_downstream::tls::{Identity, H1, H2};
use hyper_downstream::{empty, full, real_time, serve, serve_tls, Body};
use hyper_util::rt::TokioIo;
use reqwest::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{builder, by, client, echo, status};

/// A forward proxy of hyper's server: tunnels for CONNECT, and an answer of its own to what has an absolute URI.
async fn proxy(mut request: Request<Incoming>) -> Response<Body> {
    if request.headers().get(PROXY_AUTHORIZATION).is_none() {
        return status(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
    }
    let authority = request.uri().authority().map(ToString::to_string);
    let Some(target) = authority else {
        return status(StatusCode::BAD_REQUEST);
    };
    if request.method() != Method::CONNECT {
        let host = request.headers()[HOST].to_str().expect("text");
        return Response::new(full(format!("{} for {host}", request.uri())));
    }
    tokio::spawn(async move {
        let mut upstream = TcpStream::connect(target).await.expect("a target");
        let tunnel = hyper::upgrade::on(&mut request).await.expect("a tunnel");
        let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(tunnel), &mut upstream).await;
    });
    Response::new(empty())
}

// Contract 4.9, 9-1. TLS inside the tunnel, HTTP/1 and HTTP/2 inside TLS.
#[test]
fn https_goes_through_a_proxys_tunnel() {
    for (alpn, protocol) in [(H1, Version::HTTP_11), (H2, Version::HTTP_2)] {
        real_time(async move {
            let identity = Identity::new();
            let target = serve_tls(identity.server(&[alpn]), echo).await;
            let server = serve(proxy).await;
            let through = Proxy::https(server.http("")).expect("a proxy");
            let client = builder(&identity)
                .proxy(through.basic_auth("user", "password"))
                .build()
                .expect("a client");
            let sent = pattern(1_000_000);
            for _ in 0..3 {
                let request = client.post(target.https("/")).body(sent.clone());
                let response = request.send().await.expect("a response");
                assert_eq!(response.version(), protocol);
                assert!(response.bytes().await.expect("a body") == sent);
            }
            assert_eq!(server.connections(), target.connections());
            assert!(server.connections() < 3);
        });
    }
}

#[test]
fn a_proxy_that_refuses_is_an_error() {
    real_time(async {
        let identity = Identity::new();
        let target = serve_tls(identity.server(&[H1]), echo).await;
        let server = serve(proxy).await;
        let through = Proxy::https(server.http("")).expect("a proxy");
        let client = builder(&identity).proxy(through).build().expect("a client");
        let error = client.get(target.https("/")).send().await;
        assert!(error.expect_err("no password").is_connect());
        assert_eq!(target.connections(), 0);
    });
}

// Contract 5.1-1: the URI is written as it is given.
#[test]
fn plain_http_goes_to_a_proxy_by_its_absolute_uri() {
    real_time(async {
        let server = serve(proxy).await;
        let through = Proxy::http(server.http("")).expect("a proxy");
        let client = client()
            .proxy(through.basic_auth("user", "password"))
            .build()
            .expect("a client");
        let response = client.get("http://server.example/path?query").send().await;
        let said = response.expect("a response").text().await.expect("a body");
        assert_eq!(said, "http://server.example/path?query for server.example");
    });
}

// Contract 4.9, 5.6: an upgrade from both sides.
#[test]
fn a_response_is_upgraded() {
    real_time(async {
        let server = serve(|mut request: Request<Incoming>| async move {
            let upgrade = request.headers()["upgrade"].clone();
            tokio::spawn(async move {
                let io = hyper::upgrade::on(&mut request).await.expect("an upgrade");
                let (mut read, mut write) = tokio::io::split(TokioIo::new(io));
                tokio::io::copy(&mut read, &mut write)
                    .await
                    .expect("an echo");
                write.shutdown().await.expect("an end");
            });
            let mut response = status(StatusCode::SWITCHING_PROTOCOLS);
            response
                .headers_mut()
                .insert("connection", "upgrade".parse().expect("a value"));
            response.headers_mut().insert("upgrade", upgrade);
            response
        })
        .await;
        let request = by(Version::HTTP_11)
            .get(server.http("/"))
            .header("connection", "upgrade")
            .header("upgrade", "echo");
        let response = request.send().await.expect("a response");
        assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
        let mut io = response.upgrade().await.expect("an upgrade");
        io.write_all(b"to and fro").await.expect("a taker");
        io.shutdown().await.expect("an end");
        let mut echoed = String::new();
        io.read_to_string(&mut echoed).await.expect("all");
        assert_eq!(echoed, "to and fro");
    });
}
