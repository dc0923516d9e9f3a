//! axum: routes, server-sent events, WebSockets by both protocols, and `serve`.
//!
//! Contract 9-10, 9-11.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::response::sse::{Event, Sse};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use bytes::Bytes;
use futures_util::{SinkExt, Stream, StreamExt};
use http_body_util::BodyExt;
use hyper::client::conn::http2::SendRequest;
use hyper::ext::Protocol;
use hyper::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::{Method, Response, StatusCode, Uri, Version};
use hyper_downstream::bodies::pattern;
use hyper_downstream::{collect, empty, full, listen, real_time, text, Body};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, Mutex, Notify};
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::WebSocketStream;

const BOTH: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

async fn start(routes: Router) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

fn client(protocol: Version) -> Client<HttpConnector, Body> {
    Client::builder(TokioExecutor::new())
        .http2_only(protocol == Version::HTTP_2)
        .build_http()
}

fn uri(address: SocketAddr, path: &str) -> Uri {
    format!("http://{address}{path}").parse().expect("a URI")
}

async fn send(
    client: &Client<HttpConnector, Body>,
    method: Method,
    uri: Uri,
    body: Body,
) -> Response<hyper::body::Incoming> {
    let mut request = Request::new(body);
    (*request.method_mut(), *request.uri_mut()) = (method, uri);
    let json = "application/json".parse().expect("a value");
    request.headers_mut().insert(CONTENT_TYPE, json);
    client.request(request).await.expect("a response")
}

fn routes() -> Router {
    #[derive(Clone)]
    struct Greeting(&'static str);

    Router::new()
        .route(
            "/hello/{name}",
            get(
                |State(Greeting(greeting)), Path(name): Path<String>, version: Version| async move {
                    format!("{greeting} {name} by {version:?}")
                },
            ),
        )
        .route(
            "/sum",
            get(|Query(terms): Query<Vec<(String, i64)>>| async move {
                let sum: i64 = terms.iter().map(|(_, term)| term).sum();
                sum.to_string()
            }),
        )
        .route(
            "/json",
            post(|Json(mut value): Json<serde_json::Value>| async move {
                value["seen"] = true.into();
                Json(value)
            }),
        )
        .route("/large", get(|| async { pattern(3_000_000) }))
        .route(
            "/count",
            post(|body: Bytes| async move { body.len().to_string() })
                .layer(DefaultBodyLimit::max(100_000)),
        )
        .with_state(Greeting("hello"))
}

#[test]
fn routes_extract_and_answer() {
    for protocol in BOTH {
        real_time(async move {
            let (address, client) = (start(routes()).await, client(protocol));
            let to = |path| uri(address, path);

            let response = send(&client, Method::GET, to("/hello/you"), empty()).await;
            assert_eq!(
                text(response.into_body()).await,
                format!("hello you by {protocol:?}")
            );
            let response = send(&client, Method::GET, to("/sum?a=40&b=2"), empty()).await;
            assert_eq!(text(response.into_body()).await, "42");
            let response = send(&client, Method::POST, to("/json"), full(r#"{"a":1}"#)).await;
            assert_eq!(text(response.into_body()).await, r#"{"a":1,"seen":true}"#);
            let response = send(&client, Method::GET, to("/large"), empty()).await;
            assert!(collect(response.into_body()).await == pattern(3_000_000));

            let response = send(&client, Method::GET, to("/nowhere"), empty()).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND);
            let response = send(&client, Method::GET, to("/json"), empty()).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
            assert_eq!(response.headers()[ALLOW], "POST");
            let response = send(&client, Method::POST, to("/json"), full("{")).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        });
    }
}

// Contract 4.8-5, 6.2-7: the connection outlives a body that the handler does not want.
#[test]
fn a_body_over_the_limit_is_refused_and_the_next_is_not() {
    for protocol in BOTH {
        real_time(async move {
            let (address, client) = (start(routes()).await, client(protocol));
            for (length, expected) in [(100_001, 413), (100_000, 200), (200_000, 413), (1, 200)] {
                let body = full(pattern(length));
                let response = send(&client, Method::POST, uri(address, "/count"), body).await;
                assert_eq!(response.status(), expected, "{length} by {protocol:?}");
                if expected == 200 {
                    assert_eq!(text(response.into_body()).await, length.to_string());
                }
            }
        });
    }
}

// Contract 9-11.
#[test]
fn head_has_the_length_and_no_body() {
    for protocol in BOTH {
        real_time(async move {
            let (address, client) = (start(routes()).await, client(protocol));
            for path in ["/large", "/hello/you"] {
                let response = send(&client, Method::HEAD, uri(address, path), empty()).await;
                assert_eq!(response.status(), StatusCode::OK);
                assert!(
                    response.headers().contains_key(CONTENT_LENGTH),
                    "{protocol:?}"
                );
                assert!(collect(response.into_body()).await.is_empty());
            }
        });
    }
    // And on the wire.
    real_time(async {
        let address = start(routes()).await;
        let mut stream = TcpStream::connect(address).await.expect("a server");
        let request = "HEAD /large HTTP/1.1\r\nhost: a\r\n\r\nHEAD /large HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.expect("a taker");
        let mut said = String::new();
        stream.read_to_string(&mut said).await.expect("all");
        let heads: Vec<_> = said.split_terminator("\r\n\r\n").collect();
        assert_eq!(heads.len(), 2, "{said}");
        for head in heads {
            assert!(head.contains("content-length: 3000000"), "{head}");
        }
    });
}

/// Events as the test sends them.
async fn events(
    State(events): State<Arc<Mutex<mpsc::Receiver<String>>>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut events = events.lock_owned().await;
    Sse::new(futures_util::stream::poll_fn(move |cx| {
        events
            .poll_recv(cx)
            .map(|event| event.map(|event| Ok(Event::default().data(event))))
    }))
}

// Each event is there before the next is made.
#[test]
fn events_arrive_one_by_one() {
    for protocol in BOTH {
        real_time(async move {
            let (sender, receiver) = mpsc::channel(1);
            let routes = Router::new().route("/events", get(events));
            let routes = routes.with_state(Arc::new(Mutex::new(receiver)));
            let address = start(routes).await;
            let response = client(protocol).get(uri(address, "/events")).await;
            let response = response.expect("a response");
            assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
            let mut body = response.into_body();
            for number in 0..20 {
                sender
                    .send(format!("event {number}"))
                    .await
                    .expect("a taker");
                let frame = body.frame().await.expect("more").expect("no error");
                let data = frame.into_data().expect("data");
                assert_eq!(data, format!("data: event {number}\n\n"), "{protocol:?}");
            }
            drop(sender);
            assert!(collect(body).await.is_empty());
        });
    }
}

// A handler's stream is dropped when nobody listens any more.
#[test]
fn events_end_when_their_listener_goes() {
    for protocol in BOTH {
        real_time(async move {
            let (sender, receiver) = mpsc::channel(1);
            let routes = Router::new().route("/events", get(events));
            let routes = routes.with_state(Arc::new(Mutex::new(receiver)));
            let address = start(routes).await;
            let client = client(protocol);
            let response = client
                .get(uri(address, "/events"))
                .await
                .expect("a response");
            drop(response);
            // The lock goes with the stream, the receiver with the routes: the next listener gets what is sent then.
            let response = client
                .get(uri(address, "/events"))
                .await
                .expect("a response");
            sender
                .send("for the second".to_owned())
                .await
                .expect("a taker");
            let frame = response.into_body().frame().await.expect("more");
            let data = frame.expect("no error").into_data().expect("data");
            assert_eq!(data, "data: for the second\n\n");
        });
    }
}

/// Says what it is told, until it is told to close.
async fn echo(upgrade: WebSocketUpgrade) -> axum::response::Response {
    upgrade
        .protocols(["echo"])
        .on_upgrade(|mut socket: WebSocket| async move {
            while let Some(Ok(message)) = socket.recv().await {
                if matches!(message, Message::Text(_) | Message::Binary(_)) {
                    socket.send(message).await.expect("a taker");
                }
            }
        })
}

/// Texts and bytes of many sizes, a ping, and the end.
async fn converse<T>(mut socket: WebSocketStream<T>)
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    for length in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
        let sent = tungstenite::Message::Binary(pattern(length));
        socket.send(sent.clone()).await.expect("a taker");
        assert!(socket.next().await.expect("more").expect("no error") == sent);
    }
    let ping = tungstenite::Message::Ping(Bytes::from("there?"));
    socket.send(ping).await.expect("a taker");
    let pong = socket.next().await.expect("more").expect("no error");
    assert_eq!(pong, tungstenite::Message::Pong(Bytes::from("there?")));
    let sent = tungstenite::Message::text("to and fro");
    socket.send(sent.clone()).await.expect("a taker");
    assert_eq!(socket.next().await.expect("more").expect("no error"), sent);
    socket.close(None).await.expect("a taker");
    let last = socket.next().await.expect("more").expect("no error");
    assert!(last.is_close());
    assert!(socket.next().await.is_none());
}

// Contract 9-10: `OnUpgrade` is among the request's extensions, 101 completes it.
#[test]
fn a_websocket_opens_by_upgrade() {
    real_time(async {
        let address = start(Router::new().route("/socket", any(echo))).await;
        let url = format!("ws://{address}/socket");
        let (socket, response) = tokio_tungstenite::connect_async(url)
            .await
            .expect("a socket");
        assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
        converse(socket).await;
    });
}

async fn http2(address: SocketAddr) -> SendRequest<Body> {
    let stream = TcpStream::connect(address).await.expect("a server");
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("a client");
    tokio::spawn(connection);
    // That the server takes extended CONNECT is known from its SETTINGS, which an answer follows.
    let ask = Request::get(uri(address, "/")).body(empty());
    sender
        .send_request(ask.expect("a request"))
        .await
        .expect("an answer");
    sender
}

// Contract 9-10, 6.4-1, 1.4-3 (RFC 8441): 200 completes it, and the protocol's name is read by axum.
#[test]
fn websockets_open_by_extended_connect() {
    real_time(async {
        let address = start(Router::new().route("/socket", any(echo))).await;
        let sender = http2(address).await;
        let conversations: Vec<_> = (0..5)
            .map(|_| {
                let mut sender = sender.clone();
                tokio::spawn(async move {
                    let request = Request::connect(uri(address, "/socket"))
                        .extension(Protocol::from_static("websocket"))
                        .header("sec-websocket-version", "13")
                        .header("sec-websocket-protocol", "other, echo")
                        .body(empty());
                    let response = sender.send_request(request.expect("a request")).await;
                    let response = response.expect("a response");
                    assert_eq!(response.status(), StatusCode::OK);
                    assert_eq!(response.headers()["sec-websocket-protocol"], "echo");
                    let io = hyper::upgrade::on(response).await.expect("a tunnel");
                    let io = TokioIo::new(io);
                    converse(WebSocketStream::from_raw_socket(io, Role::Client, None).await).await;
                })
            })
            .collect();
        for conversation in conversations {
            conversation.await.expect("no panic");
        }
    });
}

// Contract 6.4-2: what axum refuses is an ordinary response.
#[test]
fn a_protocol_that_is_no_websocket_is_refused() {
    real_time(async {
        let address = start(Router::new().route("/socket", any(echo))).await;
        let mut sender = http2(address).await;
        let request = Request::connect(uri(address, "/socket"))
            .extension(Protocol::from_static("smoke-signals"))
            .header("sec-websocket-version", "13")
            .body(empty());
        let response = sender.send_request(request.expect("a request")).await;
        assert_eq!(
            response.expect("a response").status(),
            StatusCode::BAD_REQUEST
        );
    });
}

// Contract 9-4 by way of `serve`: who is being answered is answered, who asks later finds nobody.
#[test]
fn serve_ends_when_all_are_answered() {
    for protocol in BOTH {
        real_time(async move {
            let (arrived, open) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let (at, until) = (arrived.clone(), open.clone());
            let slow = move || async move {
                at.notify_one();
                until.notified().await;
                "answered"
            };
            let (shutdown, asked) = oneshot::channel::<()>();
            let (listener, address) = listen().await;
            let routes = Router::new().route("/slow", get(slow));
            let routes = routes.route("/", get(|| async { "at once" }));
            let server = tokio::spawn(async move {
                axum::serve(listener, routes)
                    .with_graceful_shutdown(async { drop(asked.await) })
                    .await
            });

            let client = client(protocol);
            // This connection is idle when the end comes.
            let idle = client.get(uri(address, "/")).await.expect("a response");
            assert_eq!(text(idle.into_body()).await, "at once");
            let slow = tokio::spawn(client.get(uri(address, "/slow")));
            arrived.notified().await;
            shutdown.send(()).expect("a receiver");
            while TcpStream::connect(address).await.is_ok() {
                tokio::task::yield_now().await;
            }
            assert!(!server.is_finished() && !slow.is_finished());
            open.notify_one();
            let response = slow.await.expect("no panic").expect("a response");
            assert_eq!(text(response.into_body()).await, "answered");
            server.await.expect("no panic").expect("a clean end");
        });
    }
}
