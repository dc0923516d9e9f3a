//! reqwest: a client on hyper-util's pool, with redirects, timeouts, proxies and retries of its own.
//!
//! Contract 9-7, and 9-1 by way of hyper-util.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{stream, StreamExt};
use http_body_util::channel::Channel;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::header::{CONTENT_TYPE, HOST, LOCATION, PROXY_AUTHORIZATION};
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_downstream::bodies::pattern;
use hyper_downstream::frames::{self, Frame};
use hyper_downstream::tls::{Identity, H1, H2};
use hyper_downstream::{
    cause, empty, full, listen, real_time, serve, serve_tls, Body, BoxError, Serving,
};
use hyper_util::rt::TokioIo;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Long enough for an answer that is on its way, short enough to wait for one that is not.
const SHORT: Duration = Duration::from_millis(200);

fn builder(identity: &Identity) -> ClientBuilder {
    let mut tls = identity.client();
    tls.alpn_protocols = vec![H2.to_vec(), H1.to_vec()];
    Client::builder().no_proxy().tls_backend_preconfigured(tls)
}

fn client() -> ClientBuilder {
    builder(&Identity::new())
}

fn by(protocol: Version) -> Client {
    let builder = match protocol {
        Version::HTTP_2 => client().http2_prior_knowledge(),
        _ => client().http1_only(),
    };
    builder.build().expect("a client")
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = status;
    response
}

async fn whole(request: Request<Incoming>) -> Bytes {
    hyper_downstream::collect(request.into_body()).await
}

// Contract 9-7: the length is that of the body's size hint.
#[test]
fn a_response_has_version_length_and_text() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(|request: Request<Incoming>| async move {
                let said = whole(request).await;
                Response::new(full([b"you said ", &*said].concat()))
            })
            .await;
            let request = by(protocol).post(server.http("/")).body("hello");
            let response = request.send().await.expect("a response");
            assert_eq!(response.version(), protocol);
            assert_eq!(response.content_length(), Some(14));
            assert_eq!(response.text().await.expect("a body"), "you said hello");
        });
    }
}

#[test]
fn json_goes_both_ways() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(|request: Request<Incoming>| async move {
                assert_eq!(request.headers()[CONTENT_TYPE], "application/json");
                let mut value: serde_json::Value =
                    serde_json::from_slice(&whole(request).await).expect("JSON");
                value["answer"] = 42.into();
                Response::new(full(value.to_string()))
            })
            .await;
            let request = by(protocol)
                .put(server.http("/"))
                .json(&serde_json::json!({"question": "?"}));
            let response = request.send().await.expect("a response");
            let value: serde_json::Value = response.json().await.expect("JSON");
            assert_eq!(value, serde_json::json!({"question": "?", "answer": 42}));
        });
    }
}

// Contract 9-7, 1.4-2.
#[test]
fn a_reason_phrase_of_the_servers_own_is_there() {
    real_time(async {
        let server = serve(|_| async {
            let mut response = status(StatusCode::IM_A_TEAPOT);
            let phrase = ReasonPhrase::from_static(b"Short And Stout");
            response.extensions_mut().insert(phrase);
            response
        })
        .await;
        let client = by(Version::HTTP_11);
        let response = client
            .get(server.http("/"))
            .send()
            .await
            .expect("a response");
        let phrase = response.extensions().get::<ReasonPhrase>();
        assert_eq!(phrase.expect("a phrase").as_bytes(), b"Short And Stout");
    });
}

/// `/n` redirects to `/n-1`, and `/0` tells what arrived there.
async fn redirecting(code: StatusCode) -> Serving {
    serve(move |request: Request<Incoming>| async move {
        let number: u32 = request.uri().path()[1..].parse().expect("a number");
        let Some(next) = number.checked_sub(1) else {
            let method = request.method().clone();
            let said = String::from_utf8(whole(request).await.to_vec()).expect("text");
            return Response::new(full(format!("{method} {said}")));
        };
        let mut response = status(code);
        let location = format!("/{next}").parse().expect("a value");
        response.headers_mut().insert(LOCATION, location);
        response
    })
    .await
}

#[test]
fn redirects_are_followed_on_the_same_host() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        for (code, arrives) in [
            (302, "GET "),
            (303, "GET "),
            (307, "POST hello"),
            (308, "POST hello"),
        ] {
            real_time(async move {
                let server = redirecting(StatusCode::from_u16(code).expect("a code")).await;
                let request = by(protocol).post(server.http("/4")).body("hello");
                let response = request.send().await.expect("a response");
                assert_eq!(response.url().path(), "/0");
                let said = response.text().await.expect("a body");
                assert_eq!(said, arrives, "{code} by {protocol:?}");
            });
        }
    }
}

#[test]
fn redirects_are_as_many_as_the_policy_allows() {
    real_time(async {
        let server = redirecting(StatusCode::FOUND).await;
        let limited = client()
            .redirect(Policy::limited(3))
            .build()
            .expect("a client");
        let error = limited.get(server.http("/9")).send().await;
        assert!(error.expect_err("too many").is_redirect());
        let none = client().redirect(Policy::none()).build().expect("a client");
        let response = none.get(server.http("/9")).send().await;
        assert_eq!(response.expect("a response").status(), StatusCode::FOUND);
    });
}

#[test]
fn a_head_that_does_not_come_times_out() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(|_| std::future::pending()).await;
            let request = by(protocol).get(server.http("/")).timeout(SHORT);
            let error = request.send().await.expect_err("no response");
            assert!(error.is_timeout(), "{error:?}");
        });
    }
}

#[test]
fn a_body_that_stalls_times_out_with_what_came_before() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(|_| async {
                let begun = stream::iter([Ok(hyper::body::Frame::data(Bytes::from("begun")))]);
                let body = http_body_util::StreamBody::new(begun.chain(stream::pending()));
                Response::new(BodyExt::boxed(body))
            })
            .await;
            let builder = match protocol {
                Version::HTTP_2 => client().http2_prior_knowledge(),
                _ => client(),
            };
            let client = builder.read_timeout(SHORT).build().expect("a client");
            let mut response = client.get(server.http("/")).send().await.expect("a head");
            let first = response.chunk().await.expect("no error");
            assert_eq!(first.expect("a chunk"), "begun");
            let error = response.chunk().await.expect_err("nothing more");
            assert!(error.is_timeout(), "{error:?}");
        });
    }
}

// Contract 9-7, 2.3-1: `hyper::Error::is_timeout`, found among the sources.
#[test]
fn pings_that_nobody_answers_are_a_timeout() {
    real_time(async {
        let (listener, address) = listen().await;
        let silent = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            frames::welcome(&mut stream).await.expect("a preface");
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
        });
        let client = client()
            .http2_prior_knowledge()
            .http2_keep_alive_interval(SHORT)
            .http2_keep_alive_timeout(SHORT)
            .build()
            .expect("a client");
        let error = client.get(format!("http://{address}/")).send().await;
        let error = error.expect_err("no response");
        assert!(error.is_timeout(), "{error:?}");
        let hypers = cause::<hyper::Error>(&error).expect("hyper's error");
        assert!(hypers.is_timeout());
        silent.await.expect("the connection is closed");
    });
}

// Contract 9-7: reqwest's messages are those of hyper's, one behind the other.
#[test]
fn errors_say_what_hyper_says() {
    real_time(async {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
            }
        });
        let client = by(Version::HTTP_11);
        let error = client.post(format!("http://{address}/")).send().await;
        let error = error.expect_err("no response");
        let mut said = Vec::new();
        let mut next: Option<&dyn Error> = Some(&error);
        while let Some(error) = next {
            said.push(error.to_string());
            next = error.source();
        }
        let last = "connection closed before message completed";
        assert_eq!(said.last().expect("some"), last, "{said:?}");
    });
}

/// Answers by HTTP/2, all but the first `refused` requests. Gives how many there were when the client is gone.
async fn by_h2(stream: TcpStream, refused: usize) -> usize {
    let mut connection = h2::server::handshake(stream).await.expect("a client");
    let mut requests = 0;
    while let Some(Ok((_, mut respond))) = connection.accept().await {
        requests += 1;
        match requests <= refused {
            true => respond.send_reset(h2::Reason::REFUSED_STREAM),
            false => drop(respond.send_response(Response::new(()), true)),
        }
    }
    requests
}

// Contract 9-7, 2.3-4: reqwest finds h2's own error among the sources, and tries again.
#[test]
fn a_refused_stream_is_tried_again() {
    real_time(async {
        let (listener, address) = listen().await;
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a client");
            by_h2(stream, 1).await
        });
        let request = by(Version::HTTP_2).post(format!("http://{address}/"));
        let response = request.body("once").send().await;
        let status = response.expect("a response").status();
        assert_eq!(status, StatusCode::OK);
        assert_eq!(server.await.expect("no panic"), 2);
    });
}

// Contract 9-7, 2.3-4: GOAWAY with NO_ERROR, and a last stream before the request's.
#[test]
fn a_request_is_tried_again_where_the_server_went_away_in_peace() {
    const HEADERS: u8 = 1;
    const GOAWAY: Frame = Frame {
        kind: 7,
        flags: 0,
        stream: 0,
        payload: Vec::new(),
    };
    real_time(async {
        let (listener, address) = listen().await;
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            frames::welcome(&mut stream).await.expect("a preface");
            while frames::read(&mut stream).await.expect("a frame").kind != HEADERS {}
            let none_nor_error = vec![0; 8];
            let goaway = Frame {
                payload: none_nor_error,
                ..GOAWAY
            };
            frames::write(&mut stream, &goaway).await.expect("a taker");
            let (stream, _) = listener.accept().await.expect("the client again");
            by_h2(stream, 0).await
        });
        let request = by(Version::HTTP_2).post(format!("http://{address}/"));
        let response = request.body("once").send().await;
        let status = response.expect("a response").status();
        assert_eq!(status, StatusCode::OK);
        assert_eq!(server.await.expect("no panic"), 1);
    });
}

async fn echo(request: Request<Incoming>) -> Response<Body> {
    Response::new(request.into_body().map_err(BoxError::from).boxed())
}

// Contract 5.5-1, 9-12. Each piece comes back before the next is sent.
#[test]
fn bodies_stream_up_and_down_at_once() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(echo).await;
            let (sender, receiver) = mpsc::channel::<Result<Bytes, BoxError>>(1);
            let body = reqwest::Body::wrap_stream(ReceiverStream::new(receiver));
            let request = by(protocol).post(server.http("/")).body(body);
            let mut response = request.send().await.expect("an early response");
            for round in 0..10 {
                let piece = pattern(1 + round * 5000);
                sender.send(Ok(piece.clone())).await.expect("a taker");
                let mut echoed = Vec::new();
                while echoed.len() < piece.len() {
                    let chunk = response.chunk().await.expect("no error");
                    echoed.extend_from_slice(&chunk.expect("more"));
                }
                assert!(echoed == piece, "round {round} of {protocol:?}");
            }
            drop(sender);
            while let Some(chunk) = response.chunk().await.expect("no error") {
                assert!(chunk.is_empty());
            }
        });
    }
}

#[test]
fn a_long_download_is_taken_as_it_comes() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            const PIECES: usize = 200;
            let server = serve(|_| async {
                let (mut sender, body) = Channel::<Bytes, BoxError>::new(1);
                tokio::spawn(async move {
                    for _ in 0..PIECES {
                        sender.send_data(pattern(40_000)).await.expect("a taker");
                    }
                });
                Response::new(body.boxed())
            })
            .await;
            let response = by(protocol).get(server.http("/")).send().await;
            let response = response.expect("a response");
            assert_eq!(response.content_length(), None);
            let mut chunks = response.bytes_stream();
            let (mut received, piece) = (0, pattern(40_000));
            while let Some(chunk) = chunks.next().await {
                for byte in chunk.expect("no error") {
                    assert_eq!(byte, piece[received % piece.len()]);
                    received += 1;
                }
            }
            assert_eq!(received, PIECES * piece.len());
        });
    }
}

/// Tells what became of a request's body; that of itself, where a service is dropped with its request.
struct Fate(mpsc::UnboundedSender<&'static str>);

impl Fate {
    fn tell(&self, fate: &'static str) {
        // Nobody asks for the second.
        let _ = self.0.send(fate);
    }
}

impl Drop for Fate {
    fn drop(&mut self) {
        self.tell("dropped");
    }
}

// Contract 5.5-3, 6.3-7.
#[test]
fn an_upload_that_fails_fails_the_request() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let (sender, mut fates) = mpsc::unbounded_channel();
            let server = serve(move |request: Request<Incoming>| {
                let fate = Fate(sender.clone());
                async move {
                    match request.into_body().collect().await {
                        Ok(_) => fate.tell("whole"),
                        Err(_) => fate.tell("cut short"),
                    }
                    status(StatusCode::BAD_REQUEST)
                }
            })
            .await;
            let pieces = [Ok(Bytes::from("begun")), Err(BoxError::from("no more"))];
            let body = reqwest::Body::wrap_stream(stream::iter(pieces));
            let sent = by(protocol).post(server.http("/")).body(body).send().await;
            // A server that saw it cut short may have been quick to say so.
            match sent {
                Err(error) => assert!(error.is_request(), "{error:?}"),
                Ok(response) => assert_eq!(response.status(), StatusCode::BAD_REQUEST),
            }
            // Nothing at all may have reached it, if the error did so first.
            let fate = tokio::time::timeout(SHORT, fates.recv()).await;
            assert_ne!(fate, Ok(Some("whole")), "by {protocol:?}");
        });
    }
}

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
