//! hyper-rustls: hyper-util's client behind TLS, where ALPN (RFC 7301) tells HTTP/1 from HTTP/2.

use std::io;
use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response, Uri, Version};
use hyper_downstream::bodies::pattern;
use hyper_downstream::tls::{Identity, H1, H2};
use hyper_downstream::{
    cause, collect, empty, full, listen, real_time, serve, serve_tls, text, Body, BoxError, Serving,
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

type HttpsClient = Client<HttpsConnector<HttpConnector>, Body>;

/// Offers both protocols.
fn client(identity: &Identity) -> HttpsClient {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(identity.client())
        .https_or_http()
        .enable_all_versions()
        .build();
    Client::builder(TokioExecutor::new()).build(connector)
}

/// Offers one protocol.
fn client_of(identity: &Identity, protocol: Version) -> HttpsClient {
    let builder = HttpsConnectorBuilder::new()
        .with_tls_config(identity.client())
        .https_only();
    let connector = match protocol {
        Version::HTTP_2 => builder.enable_http2().build(),
        _ => builder.enable_http1().build(),
    };
    Client::builder(TokioExecutor::new()).build(connector)
}

fn https(server: &Serving) -> Uri {
    server.https("/").parse().expect("a URI")
}

async fn greet(request: Request<Incoming>) -> Response<Body> {
    Response::new(full(format!("hello by {:?}", request.version())))
}

async fn echo(request: Request<Incoming>) -> Response<Body> {
    Response::new(request.into_body().map_err(BoxError::from).boxed())
}

#[test]
fn both_sides_agree_on_a_protocol() {
    let cases: [(&[&[u8]], Version); 4] = [
        (&[H2, H1], Version::HTTP_2),
        (&[H1], Version::HTTP_11),
        (&[H2], Version::HTTP_2),
        (&[], Version::HTTP_11),
    ];
    for (offered, protocol) in cases {
        real_time(async move {
            let identity = Identity::new();
            let server = serve_tls(identity.server(offered), greet).await;
            let response = client(&identity).get(https(&server)).await;
            let response = response.expect("a response");
            assert_eq!(response.version(), protocol);
            let said = text(response.into_body()).await;
            assert_eq!(said, format!("hello by {protocol:?}"));
        });
    }
}

#[test]
fn a_client_of_one_protocol_gets_that() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let identity = Identity::new();
            let server = serve_tls(identity.server(&[H2, H1]), greet).await;
            let response = client_of(&identity, protocol).get(https(&server)).await;
            assert_eq!(response.expect("a response").version(), protocol);
        });
    }
}

#[test]
fn without_a_protocol_in_common_nothing_is_sent() {
    real_time(async {
        let identity = Identity::new();
        let server = serve_tls(identity.server(&[H1]), greet).await;
        let error = client_of(&identity, Version::HTTP_2)
            .get(https(&server))
            .await;
        let error = error.expect_err("no protocol");
        assert!(error.is_connect(), "{error:?}");
    });
}

#[test]
fn a_certificate_of_somebody_else_is_not_trusted() {
    real_time(async {
        let (identity, other) = (Identity::new(), Identity::new());
        let server = serve_tls(identity.server(&[H2, H1]), greet).await;
        let error = client(&other).get(https(&server)).await;
        let error = error.expect_err("no trust");
        assert!(error.is_connect(), "{error:?}");
    });
}

#[test]
fn the_same_client_does_without_tls_where_it_may() {
    real_time(async {
        let identity = Identity::new();
        let server = serve(greet).await;
        let plain: Uri = server.http("/").parse().expect("a URI");
        let response = client(&identity).get(plain.clone()).await;
        let said = text(response.expect("a response").into_body()).await;
        assert_eq!(said, "hello by HTTP/1.1");
        let error = client_of(&identity, Version::HTTP_11).get(plain).await;
        assert!(error.expect_err("TLS alone").is_connect());
    });
}

// Records of TLS are of other sizes than what hyper writes and reads.
#[test]
fn large_bodies_arrive_whole() {
    for (alpn, protocol) in [(H1, Version::HTTP_11), (H2, Version::HTTP_2)] {
        real_time(async move {
            let identity = Identity::new();
            let server = serve_tls(identity.server(&[alpn]), echo).await;
            let client = client(&identity);
            let exchanges: Vec<_> = (0..4)
                .map(|number| {
                    let sent = pattern(2_000_000 + number);
                    let request = Request::post(https(&server)).body(full(sent.clone()));
                    let request = client.request(request.expect("a request"));
                    tokio::spawn(async move {
                        let response = request.await.expect("a response");
                        assert_eq!(response.version(), protocol);
                        assert!(collect(response.into_body()).await == sent);
                    })
                })
                .collect();
            for exchange in exchanges {
                exchange.await.expect("no panic");
            }
        });
    }
}

// Contract 9-1: ALPN found out for one is known to all who wait for the connection.
#[test]
fn requests_share_the_connection_that_turned_out_to_be_http2() {
    real_time(async {
        let identity = Identity::new();
        let server = serve_tls(identity.server(&[H2, H1]), greet).await;
        let client = client(&identity);
        let first = client.get(https(&server)).await.expect("a response");
        assert_eq!(first.version(), Version::HTTP_2);
        let requests: Vec<_> = (0..20)
            .map(|_| tokio::spawn(client.get(https(&server))))
            .collect();
        for request in requests {
            request.await.expect("no panic").expect("a response");
        }
        assert_eq!(server.connections(), 1);
    });
}

/// A server that answers with `response` and ends TLS properly, or not.
async fn ending(identity: &Identity, response: &'static str, properly: bool) -> Uri {
    let (listener, address) = listen().await;
    let acceptor = TlsAcceptor::from(Arc::new(identity.server(&[H1])));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let mut stream = acceptor.accept(stream).await.expect("a handshake");
        let _ = stream.read(&mut [0; 4096]).await.expect("a request");
        stream
            .write_all(response.as_bytes())
            .await
            .expect("a taker");
        stream.flush().await.expect("a taker");
        match properly {
            true => stream.shutdown().await.expect("an end"),
            false => stream.get_mut().0.shutdown().await.expect("an end"),
        }
        // Nothing of the client's stays unread, or the kernel would throw away what was written.
        let _ = stream.get_mut().0.read(&mut [0; 4096]).await;
    });
    let uri = format!("https://localhost:{}/", address.port());
    uri.parse().expect("a URI")
}

// Contract 5.4-8, 2.4-9: an end without close_notify is an error of the transport, and so of a body that ends with it.
#[test]
fn a_body_that_ends_with_its_connection_needs_a_proper_end() {
    const RESPONSE: &str = "HTTP/1.1 200 OK\r\n\r\nhalf or whole?";
    real_time(async {
        let identity = Identity::new();
        let uri = ending(&identity, RESPONSE, true).await;
        let response = client(&identity).get(uri).await.expect("a response");
        assert_eq!(text(response.into_body()).await, "half or whole?");

        let uri = ending(&identity, RESPONSE, false).await;
        let response = client(&identity).get(uri).await.expect("a response");
        let mut body = response.into_body();
        let mut received = Vec::new();
        let error = loop {
            match body.frame().await.expect("an error before the end") {
                Ok(frame) => received.extend(frame.into_data().expect("data")),
                Err(error) => break error,
            }
        };
        assert_eq!(received, b"half or whole?");
        let transport = cause::<io::Error>(&error).expect("the transport's error");
        assert_eq!(transport.kind(), io::ErrorKind::UnexpectedEof);
    });
}

// Contract 5.4-7: a body of known length does not.
#[test]
fn a_body_of_known_length_needs_no_end() {
    const RESPONSE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole";
    real_time(async {
        let identity = Identity::new();
        let uri = ending(&identity, RESPONSE, false).await;
        let request = Request::get(uri).body(empty()).expect("a request");
        let response = client(&identity)
            .request(request)
            .await
            .expect("a response");
        assert_eq!(text(response.into_body()).await, "whole");
    });
}
