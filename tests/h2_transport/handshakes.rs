//! Contract 6.2-1, 6.2-9, 6.3-1: transports that are slow or fail before the connection is open.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::task::Poll;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::io::AsyncWriteExt;

use crate::support::gate::{wire, Flow, WireEnd};
use crate::support::scripted_h2::PREFACE;
use crate::support::shaped::{Failure, Handle, Operation, Shape, Shaped};
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::{empty_body, ClientBuilder, ServerBuilder, TestBody};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

/// Nothing in between would make up this one.
const KIND: ErrorKind = ErrorKind::AddrNotAvailable;

/// The bytes of an empty SETTINGS frame.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

/// The peer's end of the wire, what it gets, hyper's end, and the hold on that.
fn ends(shape: Shape) -> (WireEnd, Flow, TokioIo<Shaped<WireEnd>>, Handle) {
    let (near, far) = wire();
    let to_peer = near.outgoing();
    let (near, transport) = Shaped::new(near, shape);
    (far, to_peer, TokioIo::new(near), transport)
}

fn client(executor: &CountingExecutor) -> ClientBuilder {
    let mut builder = ClientBuilder::new(executor.clone());
    builder.timer(TokioTimer);
    builder
}

fn serve(
    io: TokioIo<Shaped<WireEnd>>,
    executor: &CountingExecutor,
) -> impl Future<Output = hyper::Result<()>> + Send + Unpin + 'static {
    let service = service_fn(|_: Request<Incoming>| async {
        Ok::<Response<TestBody>, Infallible>(Response::new(empty_body()))
    });
    ServerBuilder::new(executor.clone())
        .timer(TokioTimer)
        .serve_connection(io, service)
}

#[track_caller]
fn assert_io(error: &hyper::Error, kind: ErrorKind) {
    let cause = error.source().expect("the error has a cause");
    let cause: &io::Error = cause.downcast_ref().expect("an I/O error");
    assert_eq!(cause.kind(), kind);
}

// Contract 6.3-1: the preface is out when the handshake is over.
#[tokio::test(start_paused = true)]
async fn a_clients_handshake_waits_until_the_preface_is_taken() {
    for (buffer, shape) in [
        (0, Shape::default()),
        (10, Shape::default()),
        (
            PREFACE.len() - 1,
            Shape {
                writes: &[1],
                ..Shape::default()
            },
        ),
    ] {
        let (_far, to_peer, io, transport) = ends(shape);
        to_peer.set_buffer(buffer);
        let executor = CountingExecutor::new();
        let mut handshake = Box::pin(client(&executor).handshake::<_, TestBody>(io));
        assert!(settle(&mut handshake).await.is_pending());
        assert_eq!(transport.counts().written, buffer as u64);
        to_peer.set_buffer(1000);
        let done = expect_soon("the handshake", handshake).await;
        let (_requests, _connection) = done.expect("the transport takes the preface");
        assert!(to_peer.taken() >= PREFACE.len() as u64);
    }
}

// Contract 6.3-1.
#[tokio::test(start_paused = true)]
async fn a_clients_handshake_waits_until_the_preface_is_flushed() {
    let (_far, to_peer, io, transport) = ends(Shape {
        buffers: true,
        ..Shape::default()
    });
    transport.hold_flush();
    let executor = CountingExecutor::new();
    let mut handshake = Box::pin(client(&executor).handshake::<_, TestBody>(io));
    assert!(settle(&mut handshake).await.is_pending());
    transport.release_flush();
    let done = expect_soon("the handshake", handshake).await;
    let (_requests, _connection) = done.expect("the transport takes the preface");
    assert!(to_peer.taken() >= PREFACE.len() as u64);
}

// Contract 6.3-1, 6.3-10: one that fails before that is the handshake's failure.
#[tokio::test(start_paused = true)]
async fn a_clients_handshake_fails_with_the_transports_error() {
    for hesitates in [false, true] {
        for (operation, number) in [
            (Operation::Write, 0),
            (Operation::Write, 1),
            (Operation::Write, 4),
            (Operation::Flush, 0),
        ] {
            let (_far, _, io, transport) = ends(Shape {
                writes: &[5],
                hesitates,
                ..Shape::default()
            });
            transport.fail(operation, number, Failure::Error(KIND));
            let executor = CountingExecutor::new();
            let handshake = client(&executor).handshake::<_, TestBody>(io);
            let failed = expect_soon("the failure", handshake).await;
            let failed = failed.map(drop).expect_err("nothing was written");
            assert_io(&failed, KIND);
            run_until_idle().await;
            assert_eq!(executor.live(), 0);
            assert!(transport.is_alone());
        }
    }
}

// Contract 6.2-1: a client that says nothing does not keep the server from noticing.
#[tokio::test(start_paused = true)]
async fn a_server_whose_settings_cannot_be_sent_fails_before_its_client_says_a_word() {
    for hesitates in [false, true] {
        for (operation, number) in [
            (Operation::Write, 0),
            (Operation::Write, 1),
            (Operation::Flush, 0),
        ] {
            let (_far, _, io, transport) = ends(Shape {
                writes: &[5],
                hesitates,
                ..Shape::default()
            });
            transport.fail(operation, number, Failure::Error(KIND));
            let executor = CountingExecutor::new();
            let ended = expect_soon("the failure", serve(io, &executor)).await;
            assert_io(&ended.expect_err("nothing was written"), KIND);
        }
    }
}

/// Runs a server whose client opens the connection and asks nothing, with a failure planned; `None` where it did not happen.
async fn server_fails_at(operation: Operation, number: usize, shape: Shape) -> Option<()> {
    let (mut far, _, io, transport) = ends(shape);
    transport.fail(operation, number, Failure::Error(KIND));
    let executor = CountingExecutor::new();
    let mut connection = serve(io, &executor);
    far.write_all(PREFACE).await.expect("room");
    far.write_all(SETTINGS).await.expect("room");
    match settle(&mut connection).await {
        Poll::Ready(ended) => assert_io(&ended.expect_err("it failed"), KIND),
        Poll::Pending => assert!(!transport.has_failed(), "call {number}"),
    }
    transport.has_failed().then_some(())
}

/// The same for a client.
async fn client_fails_at(operation: Operation, number: usize, shape: Shape) -> Option<()> {
    let (mut far, _, io, transport) = ends(shape);
    transport.fail(operation, number, Failure::Error(KIND));
    let executor = CountingExecutor::new();
    far.write_all(SETTINGS).await.expect("room");
    let handshake = client(&executor).handshake::<_, TestBody>(io);
    let ended = match expect_soon("the handshake", handshake).await {
        Ok((requests, mut connection)) => {
            let ended = settle(&mut connection).await;
            drop((requests, connection));
            ended
        }
        Err(failed) => Poll::Ready(Err(failed)),
    };
    match ended {
        Poll::Ready(ended) => assert_io(&ended.expect_err("it failed"), KIND),
        Poll::Pending => assert!(!transport.has_failed(), "call {number}"),
    }
    if transport.has_failed() {
        run_until_idle().await;
        assert_eq!(executor.live(), 0);
        assert!(transport.is_alone());
    }
    transport.has_failed().then_some(())
}

// Contract 6.2-9, 6.3-10.
#[tokio::test(start_paused = true)]
async fn a_transport_that_fails_anywhere_while_it_opens_ends_the_connection_with_its_error() {
    for operation in [Operation::Read, Operation::Write, Operation::Flush] {
        for hesitates in [false, true] {
            let shape = Shape {
                most_read: 10,
                writes: &[7],
                hesitates,
                ..Shape::default()
            };
            let mut served = 0;
            while server_fails_at(operation, served, shape).await.is_some() {
                served += 1;
            }
            let mut asked = 0;
            while client_fails_at(operation, asked, shape).await.is_some() {
                asked += 1;
            }
            assert!(served > 0 && asked > 0);
        }
    }
}
