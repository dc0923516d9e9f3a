//! Contract 4.8-6, 4.8-10, 2.4-11: services that fail or panic.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;

use crate::messages::{cause_text, kind, text, with_body, OK};
use crate::support::bodies::TestBody;
use crate::support::gate::wire;
use crate::support::scripted_h1::{HyperIo, Peer, Server, ServerBuilder};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

// Contract 4.8-6, 2.4-11, 2.2.
#[tokio::test(start_paused = true)]
async fn a_service_that_fails_ends_the_connection_without_an_answer() {
    let mut server = Server::start();
    server.get().await.answer.fail("boom");
    server.peer.expect_eof().await;
    let error = server.hyper.ended().await.expect_err("the service's error");
    assert_eq!(kind(&error), "User(Service)");
    assert_eq!(
        format!("{error:?}"),
        "hyper::Error(User(Service), \"boom\")"
    );
    assert_eq!(error.to_string(), "error from user's Service");
    assert_eq!(cause_text(&error), "boom");
    assert!(error.is_user());
    assert_eq!(server.hyper.io.shutdowns(), 0);
}

// Contract 4.8-6: what was answered before has been sent.
#[tokio::test(start_paused = true)]
async fn a_service_that_fails_takes_no_earlier_answer_with_it() {
    let mut server = Server::start();
    server.get().await.respond(crate::messages::empty());
    server.peer.expect_text(OK).await;
    server.get().await.answer.fail("boom");
    server.peer.expect_eof().await;
    server.hyper.ended().await.expect_err("the service's error");
}

/// Whether a connection panics with a service that panics where the path says so.
async fn outcome_of(path: &str) -> bool {
    let (far, near) = wire();
    let mut peer = Peer::new(far);
    let service = service_fn(|request: Request<Incoming>| {
        assert_ne!(request.uri().path(), "/call", "a panic on purpose");
        answer(request)
    });
    let connection = ServerBuilder::new().serve_connection(HyperIo::new(near), service);
    let connection = tokio::spawn(connection);
    peer.send(format!("GET {path} HTTP/1.1\r\n\r\n")).await;
    run_until_idle().await;
    let panicked = match expect_soon("the end", connection).await {
        Ok(ended) => panic!("it ended with {ended:?}"),
        Err(error) => error.is_panic(),
    };
    peer.settled_bytes().await;
    assert!(peer.has_ended(), "the transport was dropped");
    panicked
}

async fn answer(request: Request<Incoming>) -> Result<Response<TestBody>, Infallible> {
    match request.uri().path() {
        "/future" => panic!("a panic on purpose"),
        "/later" => {
            tokio::task::yield_now().await;
            panic!("a panic on purpose")
        }
        "/body" => Ok(with_body(Panicking)),
        _ => Ok(text("fine")),
    }
}

// Contract 4.8-10: and takes no answer with it that was given before.
#[tokio::test(start_paused = true)]
async fn answers_before_a_panic_are_sent() {
    for path in ["/call", "/future", "/later", "/body"] {
        let (far, near) = wire();
        let mut peer = Peer::new(far);
        let service = service_fn(|request: Request<Incoming>| {
            assert_ne!(request.uri().path(), "/call", "a panic on purpose");
            answer(request)
        });
        let connection = ServerBuilder::new().serve_connection(HyperIo::new(near), service);
        let connection = tokio::spawn(connection);
        let pipelined = format!(
            "{}GET {path} HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n".repeat(2)
        );
        peer.send(pipelined).await;
        let said = peer.settled_text().await;
        assert_eq!(said.matches("\r\n\r\nfine").count(), 2, "{path}: {said}");
        let ended = expect_soon("the end", connection).await;
        assert!(ended.is_err_and(|error| error.is_panic()), "{path}");
    }
}

/// A body that panics when it is polled.
struct Panicking;

impl Body for Panicking {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("a panic on purpose")
    }
}

// Contract 4.8-10: HTTP/1 has one task, and the panic is its own.
#[tokio::test(start_paused = true)]
async fn a_panic_anywhere_unwinds_out_of_the_connection() {
    for path in ["/call", "/future", "/later", "/body"] {
        assert!(outcome_of(path).await, "{path}");
    }
}
