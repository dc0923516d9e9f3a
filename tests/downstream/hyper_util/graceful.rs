//! Servers that let their clients finish. Contract 9-4.

use std::convert::Infallible;
use std::future::{poll_fn, Future};
use std::pin::pin;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_downstream::frames::PREFACE;
use hyper_downstream::{empty, full, settle, text, virtual_time, Body, BoxError};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

type Ended = JoinHandle<Result<(), BoxError>>;

/// A client's end of a connection that `graceful` watches, whose requests are answered once `open` is true.
fn watched(graceful: &GracefulShutdown, open: &watch::Sender<bool>) -> (DuplexStream, Ended) {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let open = open.subscribe();
    let service = service_fn(move |_: Request<Incoming>| {
        let mut open = open.clone();
        async move {
            open.wait_for(|open| *open).await.expect("a sender");
            Ok::<_, Infallible>(Response::new(full("finished")))
        }
    });
    let connection = auto::Builder::new(TokioExecutor::new())
        .serve_connection_with_upgrades(TokioIo::new(near), service)
        .into_owned();
    (far, tokio::spawn(graceful.watch(connection)))
}

async fn h1_request(far: DuplexStream) -> JoinHandle<String> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(far))
        .await
        .expect("a client");
    tokio::spawn(connection);
    tokio::spawn(async move {
        let response = sender.send_request(Request::new(empty())).await;
        text(response.expect("a response").into_body()).await
    })
}

async fn h2_requests(far: DuplexStream) -> [JoinHandle<String>; 3] {
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(far))
            .await
            .expect("a client");
    tokio::spawn(connection);
    [(); 3].map(|()| {
        let mut sender = sender.clone();
        tokio::spawn(async move {
            let request = Request::get("http://server.example/").body(empty());
            let response = sender.send_request(request.expect("a request")).await;
            text(response.expect("a response").into_body()).await
        })
    })
}

// Contract 9-4, 4.8-8, 6.2-8. At any state: nothing sent, a preface in part, all of it, a head in part, requests in progress.
#[test]
fn connections_of_every_state_end_well() {
    virtual_time(async {
        let (open, _) = watch::channel(false);
        let graceful = GracefulShutdown::new();

        let (silent, silent_end) = watched(&graceful, &open);
        let (mut hesitant, hesitant_end) = watched(&graceful, &open);
        hesitant.write_all(&PREFACE[..9]).await.expect("a taker");
        let (mut mute, mute_end) = watched(&graceful, &open);
        mute.write_all(PREFACE).await.expect("a taker");
        mute.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0])
            .await
            .expect("a taker");
        let (mut slow, slow_end) = watched(&graceful, &open);
        slow.write_all(b"GET / HTTP/1.1\r\nhost: ")
            .await
            .expect("a taker");
        let (h1, h1_end) = watched(&graceful, &open);
        let h1 = h1_request(h1).await;
        let (h2, h2_end) = watched(&graceful, &open);
        let h2 = h2_requests(h2).await;
        settle().await;
        assert_eq!(graceful.count(), 6);

        let shutdown = tokio::spawn(graceful.shutdown());
        settle().await;
        // Of these nobody waits for anything.
        drop((silent, hesitant));
        for end in [silent_end, hesitant_end] {
            let _ = end.await.expect("no panic");
        }
        // A client of HTTP/2 is told with a ping that has to be answered: this one does not, and goes.
        drop(mute);
        let _ = mute_end.await.expect("no panic");
        settle().await;
        assert!(!shutdown.is_finished());
        assert!(!h1.is_finished() && !h1_end.is_finished() && !h2_end.is_finished());

        open.send(true).expect("receivers");
        slow.write_all(b"server\r\n\r\n").await.expect("a taker");
        let mut response = String::new();
        slow.read_to_string(&mut response).await.expect("all");
        assert!(response.contains("\r\nconnection: close\r\n"), "{response}");
        assert!(response.ends_with("finished"), "{response}");
        assert_eq!(h1.await.expect("no panic"), "finished");
        for request in h2 {
            assert_eq!(request.await.expect("no panic"), "finished");
        }
        for end in [slow_end, h1_end, h2_end] {
            end.await.expect("no panic").expect("a clean end");
        }
        shutdown.await.expect("no panic");
    });
}

// Contract 9-4: again and again, before the first poll, during a request and after the end.
#[test]
fn a_shutdown_that_is_asked_for_again_changes_nothing() {
    for http2 in [false, true] {
        virtual_time(async move {
            let (near, far) = tokio::io::duplex(64 * 1024);
            let (open, opened) = watch::channel(false);
            let service = service_fn(move |_: Request<Incoming>| {
                let mut opened = opened.clone();
                async move {
                    opened.wait_for(|open| *open).await.expect("a sender");
                    Ok::<Response<Body>, Infallible>(Response::new(full("finished")))
                }
            });
            let builder = auto::Builder::new(TokioExecutor::new());
            let mut connection =
                pin!(builder.serve_connection_with_upgrades(TokioIo::new(near), service));
            let request = match http2 {
                false => h1_request(far).await,
                true => {
                    let [one, ..] = h2_requests(far).await;
                    one
                }
            };
            for _ in 0..50 {
                let polled = poll_fn(|cx| std::task::Poll::Ready(connection.as_mut().poll(cx)));
                assert!(polled.await.is_pending());
                tokio::task::yield_now().await;
            }
            for _ in 0..3 {
                connection.as_mut().graceful_shutdown();
                let polled = poll_fn(|cx| std::task::Poll::Ready(connection.as_mut().poll(cx)));
                assert!(polled.await.is_pending());
            }
            open.send(true).expect("a receiver");
            connection.as_mut().await.expect("a clean end");
            connection.as_mut().graceful_shutdown();
            assert_eq!(request.await.expect("no panic"), "finished");
        });
    }
}
