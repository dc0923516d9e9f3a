//! A flush is done when nothing accepted waits for window; what the socket does is not its matter.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use super::pressure::{offer, Io};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{run_until_idle, CountingWaker};

both_roles!(
    a_flush_waits_for_window_and_wakes_on_it,
    a_flush_does_not_wait_for_the_socket,
    a_flush_wakes_on_window_though_the_socket_is_full,
);

fn poll_flush(tunnel: &mut Io, cx: &mut Context<'_>) -> bool {
    match Pin::new(tunnel).poll_flush(cx) {
        Poll::Ready(flushed) => {
            flushed.expect("the tunnel is open");
            true
        }
        Poll::Pending => false,
    }
}

/// Promise 8.
async fn a_flush_waits_for_window_and_wakes_on_it(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let (wakes, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    assert!(poll_flush(&mut tunnel.upgraded, &mut cx));
    assert_eq!(offer(&mut tunnel.upgraded, &[1; 100]).await, Some(100));
    assert!(!poll_flush(&mut tunnel.upgraded, &mut cx));
    run_until_idle().await;
    assert_eq!(wakes.wakes(), 0);

    link.peer.grant(tunnel.stream, 99).await;
    link.peer.expect_bytes(tunnel.stream, 99).await;
    assert_eq!(wakes.wakes(), 0, "woken for 99 bytes of 100");
    assert!(!poll_flush(&mut tunnel.upgraded, &mut cx));
    link.peer.grant(tunnel.stream, 1).await;
    link.peer.expect_bytes(tunnel.stream, 1).await;
    assert!(wakes.wakes() > 0);
    assert!(poll_flush(&mut tunnel.upgraded, &mut cx));
}

/// Promise 8.
async fn a_flush_does_not_wait_for_the_socket(role: Role) {
    let options = Options::new().stream_window(1 << 20);
    let mut link = Link::raw(role, &options.connection_window(1 << 20)).await;
    let mut tunnel = link.tunnel().await;
    run_until_idle().await;
    link.to_peer.set_buffer(0);
    let (_, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    for size in [1, 100, 1, 10_000, 3] {
        assert!(offer(&mut tunnel.upgraded, &vec![1; size]).await.is_some());
        run_until_idle().await;
        assert!(poll_flush(&mut tunnel.upgraded, &mut cx));
    }
}

/// Promises 8 and 9: the small bytes that wait here are held back by the socket, and yet the flush waits for window alone.
async fn a_flush_wakes_on_window_though_the_socket_is_full(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(1)).await;
    let mut tunnel = link.tunnel().await;
    run_until_idle().await;
    link.to_peer.set_buffer(0);
    for _ in 0..2 {
        offer(&mut tunnel.upgraded, &[1; 100]).await;
    }
    let (wakes, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    assert!(!poll_flush(&mut tunnel.upgraded, &mut cx));
    link.peer.grant(tunnel.stream, 1 << 20).await;
    run_until_idle().await;
    assert!(wakes.wakes() > 0, "nobody told the flush");
    assert!(poll_flush(&mut tunnel.upgraded, &mut cx));
}
