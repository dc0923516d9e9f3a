//! hudsucker: a proxy that looks into what passes, HTTPS included, on hyper's servers, hyper-util's client and
//! hyper-tungstenite.
//!
//! Contract 9-12, and with it 4.9, 5.6, 9-1, 9-3.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use hudsucker::certificate_authority::RcgenAuthority;
use hudsucker::rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use hudsucker::tokio_tungstenite::tungstenite::Message;
use hudsucker::tokio_tungstenite::{self, WebSocketStream};
use hudsucker::{HttpContext, HttpHandler, RequestOrResponse, WebSocketContext, WebSocketHandler};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, Version};
use hyper_downstream::bodies::pattern;
use hyper_downstream::tls::{trusting, Identity, H1, H2};
use hyper_downstream::{empty, full, listen, real_time, serve, serve_tls, Body, BoxError};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Marks what passes, and counts it.
#[derive(Clone, Default)]
struct Marking {
    intercepts: bool,
    requests: Arc<AtomicUsize>,
}

impl HttpHandler for Marking {
    async fn handle_request(
        &mut self,
        _: &HttpContext,
        mut request: Request<hudsucker::Body>,
    ) -> RequestOrResponse {
        if request.method() != Method::CONNECT {
            self.requests.fetch_add(1, Ordering::SeqCst);
            let mark = "by the proxy".parse().expect("a value");
            request.headers_mut().insert("x-marked", mark);
        }
        request.into()
    }

    async fn handle_response(
        &mut self,
        _: &HttpContext,
        mut response: Response<hudsucker::Body>,
    ) -> Response<hudsucker::Body> {
        let mark = "on the way back".parse().expect("a value");
        response.headers_mut().insert("x-marked", mark);
        response
    }

    async fn should_intercept_connect(
        &mut self,
        _: &HttpContext,
        _: &Request<hudsucker::Body>,
    ) -> bool {
        self.intercepts
    }
}

/// Says everything louder.
#[derive(Clone)]
struct Louder;

impl WebSocketHandler for Louder {
    async fn handle_message(&mut self, _: &WebSocketContext, message: Message) -> Option<Message> {
        Some(match message {
            Message::Text(text) => Message::text(format!("{text}!")),
            other => other,
        })
    }
}

struct Running {
    address: SocketAddr,
    /// Whom clients have to trust, since it signs for every host.
    authority: CertificateDer<'static>,
    requests: Arc<AtomicUsize>,
    shutdown: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), hudsucker::Error>>,
}

/// A proxy that trusts `origin`.
async fn start(origin: &Identity, intercepts: bool) -> Running {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = params.self_signed(&key).expect("a certificate").into();
    let issuer = Issuer::new(params, key);

    let marking = Marking {
        intercepts,
        ..Marking::default()
    };
    let requests = marking.requests.clone();
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(origin.client())
        .https_or_http()
        .enable_all_versions()
        .build();
    let (shutdown, asked) = oneshot::channel::<()>();
    let (listener, address) = listen().await;
    let proxy = hudsucker::Proxy::builder()
        .with_listener(listener)
        .with_ca(RcgenAuthority::new(issuer, 10, ring::default_provider()))
        .with_http_connector(connector)
        .with_http_handler(marking)
        .with_websocket_handler(Louder)
        .with_graceful_shutdown(async { drop(asked.await) })
        .build()
        .expect("a proxy");
    Running {
        address,
        authority,
        requests,
        shutdown,
        ended: tokio::spawn(proxy.start()),
    }
}

/// A client of one protocol that goes through `proxy` and trusts `certificate`.
fn client(proxy: &Running, certificate: &CertificateDer<'static>, alpn: &[u8]) -> reqwest::Client {
    let mut tls = trusting(&[certificate]);
    tls.alpn_protocols = vec![alpn.to_vec()];
    let through = reqwest::Proxy::all(format!("http://{}", proxy.address)).expect("a proxy");
    reqwest::Client::builder()
        .proxy(through)
        .tls_backend_preconfigured(tls)
        .build()
        .expect("a client")
}

/// Gives back the body, and in headers how it came.
async fn origin(request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let mark = head.headers.get("x-marked").cloned();
    let mut response = Response::new(body.map_err(BoxError::from).boxed());
    if let Some(mark) = mark {
        response.headers_mut().insert("x-arrived", mark);
    }
    response
}

// Contract 9-12: a request's body goes on as a client's, a response's as a server's.
#[test]
fn plain_requests_pass() {
    real_time(async {
        let identity = Identity::new();
        let proxy = start(&identity, true).await;
        let target = serve(origin).await;
        let client = client(&proxy, &proxy.authority, H1);
        let sent = pattern(2_000_000);
        for _ in 0..3 {
            let request = client.post(target.http("/")).body(sent.clone());
            let response = request.send().await.expect("a response");
            assert_eq!(response.headers()["x-arrived"], "by the proxy");
            assert_eq!(response.headers()["x-marked"], "on the way back");
            assert!(response.bytes().await.expect("a body") == sent);
        }
        assert_eq!(proxy.requests.load(Ordering::SeqCst), 3);
    });
}

// Contract 9-12, 3.1-2, 3.2-1: names keep their case across both connections.
#[test]
fn names_keep_their_case() {
    real_time(async {
        let identity = Identity::new();
        let proxy = start(&identity, true).await;
        let (listener, target) = listen().await;
        let arrived = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("the proxy");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.expect("a head"));
            }
            let response = "HTTP/1.1 204 No Content\r\nX-oRiGiN: b\r\nconnection: close\r\n\r\n";
            stream
                .write_all(response.as_bytes())
                .await
                .expect("a taker");
            String::from_utf8(head).expect("text")
        });
        let mut stream = TcpStream::connect(proxy.address).await.expect("the proxy");
        let request = format!(
            "GET http://{target}/ HTTP/1.1\r\nhost: a\r\nX-cLiEnT: a\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("a taker");
        let mut response = String::new();
        stream.read_to_string(&mut response).await.expect("all");
        assert!(response.contains("\r\nX-oRiGiN: b\r\n"), "{response}");
        let head = arrived.await.expect("no panic");
        assert!(head.contains("\r\nX-cLiEnT: a\r\n"), "{head}");
    });
}

// CONNECT, TLS in the tunnel, each protocol in TLS, and each on the way to the origin.
#[test]
fn https_is_looked_into() {
    for (near, protocol) in [(H1, Version::HTTP_11), (H2, Version::HTTP_2)] {
        for far in [H1, H2] {
            real_time(async move {
                let identity = Identity::new();
                let proxy = start(&identity, true).await;
                let target = serve_tls(identity.server(&[far]), origin).await;
                let client = client(&proxy, &proxy.authority, near);
                let sent = pattern(2_000_000);
                let exchanges: Vec<_> = (0..4)
                    .map(|_| {
                        let request = client.post(target.https("/")).body(sent.clone());
                        let sent = sent.clone();
                        tokio::spawn(async move {
                            let response = request.send().await.expect("a response");
                            assert_eq!(response.version(), protocol);
                            assert_eq!(response.headers()["x-arrived"], "by the proxy");
                            assert_eq!(response.headers()["x-marked"], "on the way back");
                            assert!(response.bytes().await.expect("a body") == sent);
                        })
                    })
                    .collect();
                for exchange in exchanges {
                    exchange.await.expect("no panic");
                }
                assert_eq!(proxy.requests.load(Ordering::SeqCst), 4);
            });
        }
    }
}

// The client sees the origin's own certificate, and trusts no other.
#[test]
fn a_tunnel_is_left_alone_where_that_is_asked() {
    for alpn in [H1, H2] {
        real_time(async move {
            let identity = Identity::new();
            let proxy = start(&identity, false).await;
            let target = serve_tls(identity.server(&[alpn]), origin).await;
            let client = client(&proxy, identity.certificate(), alpn);
            let sent = pattern(2_000_000);
            let request = client.post(target.https("/")).body(sent.clone());
            let response = request.send().await.expect("a response");
            assert!(response.headers().get("x-marked").is_none());
            assert!(response.bytes().await.expect("a body") == sent);
            assert_eq!(proxy.requests.load(Ordering::SeqCst), 0);
        });
    }
}

#[test]
fn an_origin_that_is_not_there_is_a_bad_gateway() {
    real_time(async {
        let identity = Identity::new();
        let proxy = start(&identity, true).await;
        let (listener, nowhere) = listen().await;
        drop(listener);
        let client = client(&proxy, &proxy.authority, H1);
        let response = client.get(format!("http://{nowhere}/")).send().await;
        assert_eq!(response.expect("a response").status(), 502);
    });
}

/// A tunnel to `target` by CONNECT.
async fn connect(proxy: &Running, target: SocketAddr) -> TokioIo<hyper::upgrade::Upgraded> {
    let stream = TcpStream::connect(proxy.address).await.expect("the proxy");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .expect("a client");
    tokio::spawn(connection.with_upgrades());
    let request = Request::connect(target.to_string()).body(empty());
    let response = sender.send_request(request.expect("a request")).await;
    let response = response.expect("a response");
    TokioIo::new(hyper::upgrade::on(response).await.expect("a tunnel"))
}

// Two upgrades in one tunnel: the proxy takes the client's WebSocket and opens its own.
#[test]
fn websockets_pass_and_are_looked_into() {
    real_time(async {
        let identity = Identity::new();
        let proxy = start(&identity, true).await;
        let (listener, target) = listen().await;
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("the proxy");
            let socket = tokio_tungstenite::accept_async(stream).await;
            let (sink, stream) = socket.expect("a socket").split();
            // Ends with the close, which is answered by itself.
            let _ = stream.forward(sink).await;
        });
        let io = connect(&proxy, target).await;
        let url = format!("ws://{target}/");
        let (mut socket, _): (WebSocketStream<_>, _) = tokio_tungstenite::client_async(url, io)
            .await
            .expect("a socket");
        for word in ["hello", "and", "so on"] {
            socket.send(Message::text(word)).await.expect("a taker");
            let answer = socket.next().await.expect("more").expect("no error");
            assert_eq!(answer, Message::text(format!("{word}!!")));
        }
        let large = Message::Binary(pattern(1_000_000));
        socket.send(large.clone()).await.expect("a taker");
        assert!(socket.next().await.expect("more").expect("no error") == large);
        socket.close(None).await.expect("a taker");
    });
}

// Contract 9-4.
#[test]
fn it_ends_when_its_clients_have() {
    real_time(async {
        let identity = Identity::new();
        let proxy = start(&identity, true).await;
        let (arrived, mut arrivals) = tokio::sync::mpsc::channel(1);
        let (open, opened) = tokio::sync::watch::channel(false);
        let target = serve(move |_| {
            let (arrived, mut opened) = (arrived.clone(), opened.clone());
            async move {
                arrived.send(()).await.expect("a taker");
                opened.wait_for(|open| *open).await.expect("a sender");
                Response::new(full("finished"))
            }
        })
        .await;
        let client = client(&proxy, &proxy.authority, H1);
        let request = tokio::spawn(client.get(target.http("/")).send());
        arrivals.recv().await.expect("a request");
        proxy.shutdown.send(()).expect("a receiver");
        assert!(!proxy.ended.is_finished());
        open.send(true).expect("receivers");
        let response = request.await.expect("no panic").expect("a response");
        assert_eq!(response.text().await.expect("a body"), "finished");
        proxy.ended.await.expect("no panic").expect("a clean end");
    });
}
