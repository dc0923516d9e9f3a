//! tower-http: layers around services that hyper runs by way of `TowerToHyperService`, and around hyper-util's client.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{stream, StreamExt};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{
    HeaderValue, ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_RANGE, IF_MODIFIED_SINCE, LAST_MODIFIED, ORIGIN, RANGE, SERVER,
};
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_downstream::bodies::pattern;
use hyper_downstream::{collect, empty, full, listen, real_time, text, Body, BoxError};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tower::{service_fn, Service, ServiceBuilder, ServiceExt};
use tower_http::body::Limited;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::decompression::DecompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::{ResponseBodyTimeoutLayer, TimeoutLayer};
use tower_http::trace::TraceLayer;

const BOTH: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

/// Long enough for an answer that is on its way, short enough to wait for one that is not.
const SHORT: Duration = Duration::from_millis(200);

async fn start<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let mut builder = auto::Builder::new(TokioExecutor::new());
                builder.http1().timer(TokioTimer::new());
                // How it ends is for the client to see.
                let _ = builder
                    .serve_connection_with_upgrades(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
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

async fn echo(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let body = request.into_body().map_err(BoxError::from).boxed();
    Ok(Response::new(body))
}

#[test]
fn what_is_compressed_here_is_decompressed_there() {
    for protocol in BOTH {
        real_time(async move {
            let service = ServiceBuilder::new()
                .layer(CompressionLayer::new())
                .service_fn(echo);
            let address = start(service).await;
            let sent = Bytes::from("again and ".repeat(100_000));

            let request = Request::post(uri(address, "/"))
                .header(ACCEPT_ENCODING, "gzip")
                .body(full(sent.clone()));
            let request = client(protocol).request(request.expect("a request"));
            let response = request.await.expect("a response");
            assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
            assert!(!response.headers().contains_key(CONTENT_LENGTH));
            let compressed = collect(response.into_body()).await;
            assert!(compressed.starts_with(b"\x1f\x8b") && compressed.len() < sent.len() / 50);

            let decompressing = ServiceBuilder::new()
                .layer(DecompressionLayer::new())
                .service(client(protocol));
            let request = Request::post(uri(address, "/")).body(full(sent.clone()));
            let response = decompressing.oneshot(request.expect("a request")).await;
            let body = response.expect("a response").into_body();
            assert!(body.collect().await.expect("all of it").to_bytes() == sent);
        });
    }
}

#[test]
fn a_service_that_takes_too_long_is_answered_for() {
    for protocol in BOTH {
        real_time(async move {
            let layer = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, SHORT);
            let service = ServiceBuilder::new().layer(layer).service_fn(
                |request: Request<Incoming>| async move {
                    match request.uri().path() {
                        "/slow" => std::future::pending().await,
                        _ => echo(request).await,
                    }
                },
            );
            let (address, client) = (start(service).await, client(protocol));
            for (path, status) in [("/slow", 504), ("/", 200), ("/slow", 504), ("/", 200)] {
                let response = client.get(uri(address, path)).await.expect("a response");
                assert_eq!(response.status(), status, "{path} by {protocol:?}");
            }
        });
    }
}

// Contract 4.7-12, 6.2-5: a response that was begun and fails does not look whole.
#[test]
fn a_body_that_stalls_ends_in_an_error() {
    for protocol in BOTH {
        real_time(async move {
            let layer = ResponseBodyTimeoutLayer::new(SHORT);
            let service = ServiceBuilder::new().layer(layer).service_fn(|_| async {
                let begun = stream::iter([Ok::<_, BoxError>(Frame::data(Bytes::from("begun")))]);
                let body = StreamBody::new(begun.chain(stream::pending()));
                Ok::<_, Infallible>(Response::new(BodyExt::boxed_unsync(body)))
            });
            let address = start(service).await;
            let response = client(protocol).get(uri(address, "/")).await;
            let mut body = response.expect("a head").into_body();
            let first = body.frame().await.expect("a frame").expect("no error");
            assert_eq!(first.into_data().expect("data"), "begun");
            assert!(body.frame().await.expect("an error").is_err());
        });
    }
}

// Contract 4.8-5, 6.2-7. By its announced length, or by what comes.
#[test]
fn a_request_over_the_limit_is_refused() {
    for protocol in BOTH {
        real_time(async move {
            let service = ServiceBuilder::new()
                .layer(RequestBodyLimitLayer::new(10_000))
                .service_fn(|request: Request<Limited<Incoming>>| async move {
                    let mut response = Response::new(empty());
                    match request.into_body().collect().await {
                        Ok(body) => *response.body_mut() = full(body.to_bytes().len().to_string()),
                        Err(_) => *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE,
                    }
                    Ok::<_, Infallible>(response)
                });
            let (address, client) = (start(service).await, client(protocol));
            for (length, status) in [(10_000, 200), (10_001, 413), (10_000, 200)] {
                let pieces = pattern(length);
                let pieces = (0..length)
                    .step_by(1000)
                    .map(move |at| pieces.slice(at..length.min(at + 1000)));
                let pieces = pieces.map(|piece| Ok::<_, BoxError>(Frame::data(piece)));
                let streamed = BodyExt::boxed(StreamBody::new(stream::iter(pieces)));
                for body in [full(pattern(length)), streamed] {
                    let request = Request::post(uri(address, "/")).body(body);
                    let request = client.request(request.expect("a request"));
                    let response = request.await.expect("a response");
                    assert_eq!(response.status(), status, "{length} by {protocol:?}");
                }
            }
        });
    }
}

#[test]
fn a_panic_is_an_answer_and_not_the_end() {
    for protocol in BOTH {
        real_time(async move {
            let service = ServiceBuilder::new()
                .layer(CatchPanicLayer::new())
                .service_fn(|request: Request<Incoming>| async move {
                    assert_ne!(request.uri().path(), "/panic", "as asked");
                    echo(request).await
                });
            let (address, client) = (start(service).await, client(protocol));
            for (path, status) in [("/", 200), ("/panic", 500), ("/", 200)] {
                let response = client.get(uri(address, path)).await.expect("a response");
                assert_eq!(response.status(), status);
            }
        });
    }
}

// Contract 9-11: a file's length for HEAD, and none of it.
#[test]
fn files_are_served_whole_in_part_and_by_head() {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock");
    for protocol in BOTH {
        real_time(async move {
            let file = std::fs::read(FILE).expect("this file");
            let directory = ServeDir::new(env!("CARGO_MANIFEST_DIR"));
            let (address, client) = (start(directory).await, client(protocol));
            let ask = |method, name, value: &str| {
                let request = Request::builder()
                    .method(method)
                    .uri(uri(address, "/Cargo.lock"))
                    .header(name, value)
                    .body(empty());
                client.request(request.expect("a request"))
            };

            let response = ask(Method::GET, SERVER, "").await.expect("a response");
            let modified = response.headers()[LAST_MODIFIED].clone();
            assert!(collect(response.into_body()).await == file);

            let response = ask(Method::HEAD, SERVER, "").await.expect("a response");
            assert_eq!(response.headers()[CONTENT_LENGTH], file.len().to_string());
            assert!(collect(response.into_body()).await.is_empty());

            let response = ask(Method::GET, RANGE, "bytes=10-19")
                .await
                .expect("a response");
            assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
            let range = format!("bytes 10-19/{}", file.len());
            assert_eq!(response.headers()[CONTENT_RANGE], range);
            assert_eq!(collect(response.into_body()).await, file[10..20]);

            let response = ask(Method::GET, RANGE, "bytes=99999999-")
                .await
                .expect("a response");
            assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);

            let modified = modified.to_str().expect("text");
            let response = ask(Method::GET, IF_MODIFIED_SINCE, modified).await;
            let response = response.expect("a response");
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
            assert!(collect(response.into_body()).await.is_empty());

            let response = client
                .get(uri(address, "/nothing"))
                .await
                .expect("a response");
            assert_eq!(response.status(), StatusCode::NOT_FOUND);
        });
    }
}

#[test]
fn headers_are_set_passed_on_and_traced() {
    for protocol in BOTH {
        real_time(async move {
            let traced = Arc::new(AtomicUsize::new(0));
            let counted = traced.clone();
            let service = ServiceBuilder::new()
                .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                .layer(TraceLayer::new_for_http().on_response(
                    move |_: &Response<_>, _: Duration, _: &_| {
                        counted.fetch_add(1, Ordering::SeqCst);
                    },
                ))
                .layer(PropagateRequestIdLayer::x_request_id())
                .layer(CorsLayer::permissive())
                .layer(SetResponseHeaderLayer::overriding(
                    SERVER,
                    HeaderValue::from_static("layered"),
                ))
                .service(service_fn(echo));
            let (address, client) = (start(service).await, client(protocol));
            for (method, said) in [(Method::POST, "said"), (Method::OPTIONS, "")] {
                let request = Request::builder()
                    .method(&method)
                    .uri(uri(address, "/"))
                    .header(ORIGIN, "http://elsewhere.example")
                    .header("access-control-request-method", "PUT")
                    .body(full("said"));
                let request = client.request(request.expect("a request"));
                let response = request.await.expect("a response");
                assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
                // CORS answers OPTIONS by itself, before the innermost layer.
                let innermost = method == Method::POST;
                assert_eq!(response.headers().contains_key(SERVER), innermost);
                assert_eq!(response.headers()["x-request-id"].len(), 36);
                assert_eq!(text(response.into_body()).await, said);
            }
            assert_eq!(traced.load(Ordering::SeqCst), 2);
        });
    }
}
