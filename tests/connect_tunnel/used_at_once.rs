//! A tunnel is good from the moment it is handed out, though its own task has not run yet.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::io::AsyncWrite;
use tokio::sync::oneshot;

use super::pressure::{poll_write, Io, FRAME};
use super::traffic::{is_bare_end, payload_on};
use crate::support::gate::WireEnd;
use crate::support::own_service::serve;
use crate::support::scripted_h2::RawPeer;
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{
    both_roles, connect_request, empty_body, Link, Options, Role, AUTHORITY,
};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

both_roles!(
    a_shutdown_at_once_is_done_at_once,
    bytes_written_at_once_leave_at_once,
    bytes_written_at_once_wait_for_window,
);

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Polls a future within the very call that wakes it, as some executors do.
struct AtOnce(Mutex<Option<Task>>);

impl AtOnce {
    fn start(task: impl Future<Output = ()> + Send + 'static) {
        Arc::new(AtOnce(Mutex::new(Some(Box::pin(task))))).wake();
    }

    fn task(&self) -> Option<Task> {
        self.0.lock().expect("no panic").take()
    }
}

impl Wake for AtOnce {
    fn wake(self: Arc<Self>) {
        let Some(mut task) = self.task() else {
            panic!("woken while it runs, or after its end");
        };
        let waker = Waker::from(self.clone());
        if task
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
        {
            *self.0.lock().expect("no panic") = Some(task);
        }
    }
}

/// Opens a tunnel and has `first` use it in the call that hands it out. Returns it, with the peer and what else must live on.
async fn used_at_once<T: Send + 'static>(
    role: Role,
    options: &Options,
    first: impl FnOnce(&mut Io) -> T + Send + 'static,
) -> (Io, T, RawPeer<WireEnd>, u32, Box<dyn std::any::Any>) {
    let (done, used) = oneshot::channel();
    let first = |mut tunnel: Io| {
        let outcome = first(&mut tunnel);
        drop(done.send((tunnel, outcome)));
    };
    let (peer, stream, kept): (_, _, Box<dyn std::any::Any>) = match role {
        Role::Server => {
            let first = Mutex::new(Some(first));
            let service = service_fn(move |request: Request<Incoming>| {
                let first = first.lock().expect("no panic").take();
                let first = first.expect("one request");
                let on_upgrade = hyper::upgrade::on(request);
                AtOnce::start(async { first(TokioIo::new(on_upgrade.await.expect("open"))) });
                async { Ok::<_, Infallible>(Response::new(empty_body())) }
            });
            let mut served = serve(options, service).await;
            let stream = served.peer.send_connect(AUTHORITY, &[]).await;
            assert_eq!(served.peer.expect_headers(stream).await.status(), 200);
            (served.peer, stream, Box::new(served.executor))
        }
        Role::Client => {
            let mut link = Link::raw(role, options).await;
            let response = link.hyper.requests().send_request(connect_request());
            AtOnce::start(async {
                let on_upgrade = hyper::upgrade::on(response.await.expect("answered"));
                first(TokioIo::new(on_upgrade.await.expect("open")));
            });
            let (stream, _) = link.peer.expect_request().await;
            link.peer.send_headers(stream, &[(":status", "200")]).await;
            (link.peer, stream, Box::new(link.hyper))
        }
    };
    let (tunnel, outcome) = expect_soon("the tunnel", used).await.expect("no panic");
    (tunnel, outcome, peer, stream, kept)
}

/// Case 27, promise 6: an end with nothing before it waits for nobody.
async fn a_shutdown_at_once_is_done_at_once(role: Role) {
    let options = Options::new().stream_window(0);
    let shut_down = |tunnel: &mut Io| {
        Pin::new(tunnel)
            .poll_shutdown(&mut Context::from_waker(Waker::noop()))
            .map_err(|err| err.kind())
    };
    let (_tunnel, outcome, mut peer, _, _kept) = used_at_once(role, &options, shut_down).await;
    assert_eq!(outcome, Poll::Ready(Ok(())));
    let frames = peer.settled_frames().await;
    assert!(
        matches!(&frames[..], [end] if is_bare_end(end)),
        "{frames:?}"
    );
}

fn write_at_once(tunnel: &mut Io, bytes: &[u8]) -> usize {
    let mut cx = Context::from_waker(Waker::noop());
    match poll_write(tunnel, &mut cx, bytes) {
        Poll::Ready(accepted) => accepted.expect("the tunnel is open"),
        Poll::Pending => 0,
    }
}

/// Case 38: with window for them, bytes are on their way when the write returns, so the first does not keep the others waiting.
async fn bytes_written_at_once_leave_at_once(role: Role) {
    let write = |tunnel: &mut Io| [1, 2 * FRAME].map(|len| write_at_once(tunnel, &vec![1; len]));
    let (_tunnel, accepted, mut peer, stream, _kept) =
        used_at_once(role, &Options::new(), write).await;
    assert_eq!(accepted, [1, 2 * FRAME]);
    peer.expect_bytes(stream, 1 + 2 * FRAME).await;
}

/// Cases 1 and 8: what the task finds waiting on its first turn is what it waits for from then on.
async fn bytes_written_at_once_wait_for_window(role: Role) {
    let options = Options::new().stream_window(0);
    let write = |tunnel: &mut Io| write_at_once(tunnel, &[1; 2 * FRAME]);
    let (_tunnel, accepted, mut peer, stream, _kept) = used_at_once(role, &options, write).await;
    assert_eq!(accepted, FRAME);
    run_until_idle().await;
    peer.grant(stream, 100).await;
    let frames = peer.settled_frames().await;
    assert_eq!(payload_on(stream, &frames), &[1; 100][..]);
}
