//! Window or a reset arrives, and the user's call comes to it before the tunnel's own task has run.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{poll_fn, Future};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use h2::Reason;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::io::AsyncWrite;

use super::pressure::{poll_write, Io, FRAME};
use crate::support::gate::{wire, WireEnd};
use crate::support::scripted_h2::{PeerSettings, RawPeer};
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::AUTHORITY;
use crate::support::virtual_timer::CountingWaker;

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Runs a task when the test says so, and not before.
#[derive(Clone, Default)]
struct ByHand(Rc<RefCell<Vec<Task>>>);

impl<F: Future<Output = ()> + 'static> Executor<F> for ByHand {
    fn execute(&self, task: F) {
        self.0.borrow_mut().push(Box::pin(task));
    }
}

impl ByHand {
    fn run(&self, cx: &mut Context<'_>) {
        let tasks = self.0.take();
        let open = tasks.into_iter().filter_map(|mut task| {
            let is_open = task.as_mut().poll(cx).is_pending();
            is_open.then_some(task)
        });
        let open: Vec<Task> = open.collect();
        self.0.borrow_mut().extend(open);
    }
}

/// A tunnel at zero window, its server's connection and tasks polled by hand.
struct ByHandServer {
    peer: RawPeer<WireEnd>,
    stream: u32,
    tunnel: Io,
    connection: Pin<Box<dyn Future<Output = hyper::Result<()>>>>,
    tasks: ByHand,
}

impl ByHandServer {
    async fn open() -> Self {
        let (client, server) = wire();
        let upgrades = Rc::new(RefCell::new(Vec::new()));
        let tasks = ByHand::default();
        let service = service_fn({
            let upgrades = upgrades.clone();
            move |request: Request<Incoming>| {
                upgrades.borrow_mut().push(hyper::upgrade::on(request));
                let response = Response::new(http_body_util::Empty::<bytes::Bytes>::new());
                async { Ok::<_, Infallible>(response) }
            }
        });
        let builder = hyper::server::conn::http2::Builder::new(tasks.clone());
        let mut connection = Box::pin(builder.serve_connection(TokioIo::new(server), service));

        let settings = PeerSettings {
            stream_window: 0,
            ..PeerSettings::default()
        };
        let mut opening = Box::pin(async {
            let mut peer = RawPeer::client(client, &settings).await;
            let stream = peer.send_connect(AUTHORITY, &[]).await;
            assert_eq!(peer.expect_headers(stream).await.status(), 200);
            (peer, stream)
        });
        let (peer, stream) = poll_fn(|cx| {
            let _ = connection.as_mut().poll(cx);
            tasks.run(cx);
            opening.as_mut().poll(cx)
        })
        .await;
        let on_upgrade = upgrades.borrow_mut().pop().expect("CONNECT was served");
        ByHandServer {
            peer,
            stream,
            tunnel: TokioIo::new(on_upgrade.await.expect("the answer was 200")),
            connection,
            tasks,
        }
    }
}

/// Case 9, promise 9: what the writer itself moved makes room for the writer itself, of which nobody else would tell it.
#[tokio::test(start_paused = true)]
async fn a_writer_that_moves_bytes_itself_writes_on() {
    let mut server = ByHandServer::open().await;
    let (wakes, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    let accepted = poll_write(&mut server.tunnel, &mut cx, &[1; 2 * FRAME]);
    assert!(matches!(accepted, Poll::Ready(Ok(FRAME))));
    assert!(poll_write(&mut server.tunnel, &mut cx, &[1; 100]).is_pending());
    server.tasks.run(&mut cx);
    assert_eq!(wakes.wakes(), 0);

    server.peer.grant(server.stream, 100).await;
    assert!(server.connection.as_mut().poll(&mut cx).is_pending());
    let accepted = poll_write(&mut server.tunnel, &mut cx, &[1; 200]);
    assert!(matches!(accepted, Poll::Ready(Ok(100))), "{accepted:?}");
}

/// Case 23: the reset is there, so a shutdown has nothing to wait for.
#[tokio::test(start_paused = true)]
async fn a_shutdown_finds_the_reset_itself() {
    let mut server = ByHandServer::open().await;
    let mut cx = Context::from_waker(Waker::noop());
    let accepted = poll_write(&mut server.tunnel, &mut cx, b"never granted");
    assert!(matches!(accepted, Poll::Ready(Ok(13))));
    server.tasks.run(&mut cx);

    server.peer.reset(server.stream, Reason::CANCEL).await;
    assert!(server.connection.as_mut().poll(&mut cx).is_pending());
    let shut_down = Pin::new(&mut server.tunnel).poll_shutdown(&mut cx);
    let shut_down = shut_down.map_err(|err| err.kind());
    assert_eq!(shut_down, Poll::Ready(Err(io::ErrorKind::BrokenPipe)));
}

/// Case 36, promise 9: a task is free to move, and its latest waker is the one to wake.
#[tokio::test(start_paused = true)]
async fn a_task_that_moved_is_woken_where_it_is() {
    let mut server = ByHandServer::open().await;
    let (wakes, waker) = CountingWaker::new();
    server.tasks.run(&mut Context::from_waker(&waker));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(poll_write(&mut server.tunnel, &mut cx, b"x").is_ready());
    assert_eq!(wakes.wakes(), 0);
    server.peer.grant(server.stream, 1).await;
    assert!(server.connection.as_mut().poll(&mut cx).is_pending());
    assert_eq!(wakes.wakes(), 1);
}
