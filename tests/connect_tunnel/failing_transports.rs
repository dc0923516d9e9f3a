//! Case 32, wherever the transport fails: everybody who waits is woken with the transport's own kind, and nothing is left.

use std::error::Error;
use std::io::{self, ErrorKind};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use crate::leak::without_a_leak;
use crate::support::gate::WireEnd;
use crate::support::scripted_h2::RawPeer;
use crate::support::shaped::{Failure, Operation, Shape};
use crate::support::tunnels::{both_roles, Link, Options, Role, Tunnel};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::traffic::write_until_error;

/// Nothing in between would make up this one.
const KIND: ErrorKind = ErrorKind::AddrNotAvailable;

both_roles!(
    a_write_that_fails_wakes_everybody,
    a_write_that_takes_nothing_wakes_everybody,
    a_flush_that_fails_wakes_everybody,
    a_read_that_fails_wakes_everybody,
    a_shutdown_that_fails_is_the_connections_result,
    a_flush_that_fails_loses_what_was_shut_down_before,
);

type RawLink = Link<RawPeer<WireEnd>>;
type Waiter = (&'static str, JoinHandle<io::Result<()>>);

fn zero_window() -> Options {
    Options::new().stream_window(0)
}

/// Tunnels that wait, each for something else.
async fn waiters(link: &mut RawLink) -> Vec<Waiter> {
    let [mut writer, mut reader, mut flusher, mut closer] = [
        link.tunnel().await.upgraded,
        link.tunnel().await.upgraded,
        link.tunnel().await.upgraded,
        link.tunnel().await.upgraded,
    ];
    let write = async move { Err(write_until_error(&mut writer).await) };
    let read = async move { reader.read(&mut [0]).await.map(drop) };
    let flush = async move {
        flusher.write_all(b"waits").await?;
        flusher.flush().await
    };
    let shutdown = async move {
        closer.write_all(b"waits").await?;
        closer.shutdown().await
    };
    let waiters = vec![
        ("write", tokio::spawn(write)),
        ("read", tokio::spawn(read)),
        ("flush", tokio::spawn(flush)),
        ("shutdown", tokio::spawn(shutdown)),
    ];
    run_until_idle().await;
    assert!(waiters.iter().all(|(_, waiter)| !waiter.is_finished()));
    waiters
}

/// One thing after another that makes hyper read and write, until the transport has failed; says whether it has.
async fn keep_busy(link: &mut RawLink, mut tunnel: Tunnel<u32>) -> bool {
    let stream = tunnel.stream;
    let echo = tokio::spawn(async move {
        let mut buffer = [0; 100];
        loop {
            match tunnel.upgraded.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(read) if tunnel.upgraded.write(&buffer[..read]).await.is_err() => return,
                Ok(_) => {}
            }
        }
    });
    for round in 0..8 {
        match round % 4 {
            0 => link.peer.ping(*b"are you?").await,
            1 => link.peer.send_data(stream, "what comes back").await,
            2 => link.peer.grant(stream, 10).await,
            _ => link.peer.settings(&[]).await,
        }
        run_until_idle().await;
        if link.transport.has_failed() {
            break;
        }
    }
    echo.abort();
    link.transport.has_failed()
}

/// The kind of the transport's error that a connection ended with.
fn io_kind(ended: hyper::Result<()>) -> Option<ErrorKind> {
    let ended = ended.err()?;
    let cause = ended.source()?.downcast_ref::<io::Error>()?;
    Some(cause.kind())
}

/// Fails call after call of `operation`, until all that happens happens before that.
async fn fails_anywhere(role: Role, operation: Operation, failure: Failure, kind: ErrorKind) {
    let plain = Shape::default();
    let piecemeal = Shape {
        writes: &[5],
        most_read: 10,
        ..plain
    };
    let hesitant = Shape {
        hesitates: true,
        ..plain
    };
    let buffering = Shape {
        buffers: true,
        ..plain
    };
    for shape in [plain, piecemeal, hesitant, buffering] {
        let mut number = 0;
        let run = |number| fails_at(role, shape, operation, number, failure, kind);
        while without_a_leak(|| run(number)).await {
            number += 1;
        }
        assert!(number >= 3, "only {number} calls failed");
    }
}

async fn fails_at(
    role: Role,
    shape: Shape,
    operation: Operation,
    number: usize,
    failure: Failure,
    kind: ErrorKind,
) -> bool {
    let mut link = Link::raw(role, &zero_window()).await;
    let waiters = waiters(&mut link).await;
    let busy = link.tunnel().await;
    link.transport.reshape(shape);
    link.transport.fail(operation, number, failure);
    if !keep_busy(&mut link, busy).await {
        return false;
    }
    for (what, waiter) in waiters {
        let ended = expect_soon(what, waiter).await.expect("no panic");
        let err = ended.expect_err("the connection is gone");
        assert_eq!(err.kind(), kind, "{what} after call {number}: {err:?}");
    }
    let ended = link.hyper.ended().await;
    assert_eq!(io_kind(ended), Some(kind), "call {number}");
    link.hyper.close();
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
    assert!(link.transport.is_alone());
    drop(link);
    run_until_idle().await;
    true
}

async fn a_write_that_fails_wakes_everybody(role: Role) {
    fails_anywhere(role, Operation::Write, Failure::Error(KIND), KIND).await;
}

async fn a_write_that_takes_nothing_wakes_everybody(role: Role) {
    let kind = ErrorKind::WriteZero;
    fails_anywhere(role, Operation::Write, Failure::Nothing, kind).await;
}

async fn a_flush_that_fails_wakes_everybody(role: Role) {
    fails_anywhere(role, Operation::Flush, Failure::Error(KIND), KIND).await;
}

async fn a_read_that_fails_wakes_everybody(role: Role) {
    fails_anywhere(role, Operation::Read, Failure::Error(KIND), KIND).await;
}

async fn a_shutdown_that_fails_is_the_connections_result(role: Role) {
    for hesitates in [false, true] {
        let mut link = Link::raw(role, &zero_window()).await;
        let waiters = waiters(&mut link).await;
        link.transport.reshape(Shape {
            hesitates,
            ..Shape::default()
        });
        let failure = Failure::Error(KIND);
        link.transport.fail(Operation::Shutdown, 0, failure);
        link.peer.eof().await;
        assert_eq!(io_kind(link.hyper.ended().await), Some(KIND));
        for (what, waiter) in waiters {
            let ended = expect_soon(what, waiter).await.expect("no panic");
            ended.expect_err("the connection is gone");
        }
        link.hyper.close();
        run_until_idle().await;
        assert_eq!(link.executor.live(), 0);
        assert!(link.transport.is_alone());
    }
}

// Case 25: a stream that both sides have ended is none to h2 any more, but its last bytes were not out.
async fn a_flush_that_fails_loses_what_was_shut_down_before(role: Role) {
    let shape = Shape {
        buffers: true,
        ..Shape::default()
    };
    let options = Options::new().shape(shape);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_last_data(tunnel.stream, "").await;
    run_until_idle().await;
    link.transport.hold_flush();
    let io = &mut tunnel.upgraded;
    io.write_all(b"never out").await.expect("open");
    io.shutdown().await.expect("open");
    run_until_idle().await;
    link.transport
        .fail(Operation::Flush, 0, Failure::Error(KIND));
    link.transport.release_flush();
    run_until_idle().await;
    assert!(link.transport.has_failed());
    for _ in 0..2 {
        io.flush().await.expect_err("the bytes are lost");
        io.shutdown().await.expect_err("the bytes are lost");
    }
}
