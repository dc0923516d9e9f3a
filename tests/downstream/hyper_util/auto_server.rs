//! The server that reads the first bytes itself, to tell HTTP/1 from HTTP/2, and rewinds.

use hyper::body::Incoming;
use hyper::header::{CONNECTION, UPGRADE};
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode, Version};
use hyper_downstream::frames::{self, PREFACE, SETTINGS};
use hyper_downstream::{empty, full, listen, real_time, serve, Body};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::{self, upgrade};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn greet(request: Request<Incoming>) -> Response<Body> {
    Response::new(full(format!("hello by {:?}", request.version())))
}

// Contract 9-3, 4.2-4. However the preface is split, and whatever comes with it.
#[test]
fn a_preface_is_known_however_it_is_split() {
    real_time(async {
        let server = serve(greet).await;
        for split in 1..PREFACE.len() {
            let mut stream = TcpStream::connect(server.address).await.expect("a server");
            stream.set_nodelay(true).expect("a socket");
            stream.write_all(&PREFACE[..split]).await.expect("a taker");
            tokio::task::yield_now().await;
            stream.write_all(&PREFACE[split..]).await.expect("a taker");
            let settings = frames::read(&mut stream).await.expect("a frame");
            assert_eq!((settings.kind, settings.flags), (SETTINGS, 0));
        }
    });
}

// Contract 9-3. `PRI` is a method like another until more is known.
#[test]
fn what_only_begins_as_a_preface_is_http1() {
    real_time(async {
        let server = serve(greet).await;
        for head in [
            "PRIVATE /a HTTP/1.1\r\n",
            "PRI /a HTTP/1.1\r\n",
            "P /a HTTP/1.1\r\n",
        ] {
            let mut stream = TcpStream::connect(server.address).await.expect("a server");
            let request = format!("{head}host: server\r\nconnection: close\r\n\r\n");
            for byte in request.as_bytes() {
                stream.write_all(&[*byte]).await.expect("a taker");
            }
            let mut response = String::new();
            stream.read_to_string(&mut response).await.expect("all");
            assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
            assert!(response.ends_with("hello by HTTP/1.1"), "{response}");
        }
    });
}

/// Takes one connection and gives what its first request was upgraded to.
async fn take_upgraded(listener: TcpListener) -> Upgraded {
    let (stream, _) = listener.accept().await.expect("a client");
    let (sender, mut upgraded) = tokio::sync::mpsc::channel(1);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let sender = sender.clone();
        async move {
            assert_eq!(request.version(), Version::HTTP_11);
            let pending = hyper::upgrade::on(&mut request);
            tokio::spawn(async move { sender.send(pending.await.expect("an upgrade")).await });
            Response::builder()
                .status(StatusCode::SWITCHING_PROTOCOLS)
                .header(CONNECTION, "upgrade")
                .header(UPGRADE, "echo")
                .body(empty())
        }
    });
    auto::Builder::new(TokioExecutor::new())
        .serve_connection_with_upgrades(TokioIo::new(stream), service)
        .await
        .expect("the connection");
    upgraded.recv().await.expect("what it became")
}

/// A client that asks for an upgrade and does not wait to say `early`.
async fn upgrade_early(address: std::net::SocketAddr) -> TcpStream {
    let mut client = TcpStream::connect(address).await.expect("a server");
    let request =
        "GET / HTTP/1.1\r\nhost: server\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nearly";
    client.write_all(request.as_bytes()).await.expect("a taker");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.expect("a response"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    client
}

// Contract 9-3, 7.3-2. What is inside is hyper-util's own `Rewind`, by exactly that type, with exactly the bytes that were not
// HTTP.
#[test]
fn an_upgraded_is_downcast_through_the_rewinding_transport() {
    real_time(async {
        let (listener, address) = listen().await;
        let (upgraded, mut client) = tokio::join!(take_upgraded(listener), upgrade_early(address));
        let parts = upgrade::downcast::<TokioIo<TcpStream>>(upgraded).expect("its own type");
        assert_eq!(parts.read_buf, "early");
        let mut server = parts.io.into_inner();
        server.write_all(b"from server").await.expect("a taker");
        client.write_all(b"late").await.expect("a taker");
        drop((server.shutdown().await, client.shutdown().await));
        let (mut by_client, mut by_server) = (String::new(), String::new());
        client.read_to_string(&mut by_client).await.expect("all");
        server.read_to_string(&mut by_server).await.expect("all");
        assert_eq!(
            (by_client.as_str(), by_server.as_str()),
            ("from server", "late")
        );
    });
}

// Contract 7.3-1, 7.3-2.
#[test]
fn an_upgraded_that_is_of_another_type_is_unchanged() {
    real_time(async {
        let (listener, address) = listen().await;
        let (upgraded, mut client) = tokio::join!(take_upgraded(listener), upgrade_early(address));
        let upgraded = upgrade::downcast::<TokioIo<tokio::io::DuplexStream>>(upgraded)
            .map(|_| ())
            .expect_err("another type");
        client.write_all(b" and late").await.expect("a taker");
        client.shutdown().await.expect("an end");
        let mut said = String::new();
        let mut upgraded = TokioIo::new(upgraded);
        upgraded.read_to_string(&mut said).await.expect("all");
        assert_eq!(said, "early and late");
    });
}
