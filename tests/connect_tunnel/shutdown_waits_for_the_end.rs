//! A shutdown is done when END_STREAM is on its way; what happens on the way there is not its matter.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use super::pressure::{offer, Io, FRAME};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{run_until_idle, CountingWaker};

both_roles!(
    a_shutdown_sleeps_until_its_last_byte_has_window,
    a_shutdown_sleeps_while_the_socket_is_full,
);

fn poll_shutdown(tunnel: &mut Io, cx: &mut Context<'_>) -> bool {
    match Pin::new(tunnel).poll_shutdown(cx) {
        Poll::Ready(shut_down) => {
            shut_down.expect("the tunnel is open");
            true
        }
        Poll::Pending => false,
    }
}

/// Case 28, promise 9.
async fn a_shutdown_sleeps_until_its_last_byte_has_window(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    assert_eq!(offer(&mut tunnel.upgraded, &[1; 100]).await, Some(100));
    let (wakes, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    assert!(!poll_shutdown(&mut tunnel.upgraded, &mut cx));

    for granted in [1, 49, 49] {
        link.peer.grant(tunnel.stream, granted).await;
        let moved = granted as usize;
        link.peer.expect_bytes(tunnel.stream, moved).await;
        assert_eq!(wakes.wakes(), 0, "woken for {granted} bytes of many");
    }
    link.peer.grant(tunnel.stream, 1).await;
    link.peer.expect_bytes(tunnel.stream, 1).await;
    assert_eq!(wakes.wakes(), 1);
    assert!(poll_shutdown(&mut tunnel.upgraded, &mut cx));
}

/// Case 28, promise 9: the send buffer has room for one frame beside the one that waits, and the socket takes neither.
async fn a_shutdown_sleeps_while_the_socket_is_full(role: Role) {
    let options = Options::new()
        .stream_window(FRAME as u32)
        .max_send_buf_size(2 * FRAME);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    run_until_idle().await;
    link.to_peer.set_buffer(0);
    for _ in 0..2 {
        let accepted = offer(&mut tunnel.upgraded, &[1; FRAME]).await;
        assert_eq!(accepted, Some(FRAME));
    }
    let (wakes, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    assert!(!poll_shutdown(&mut tunnel.upgraded, &mut cx));

    link.peer.grant(tunnel.stream, 1 << 20).await;
    run_until_idle().await;
    assert_eq!(wakes.wakes(), 0, "woken for window");
    link.to_peer.set_buffer(1 << 20);
    run_until_idle().await;
    assert_eq!(wakes.wakes(), 1);
    assert!(poll_shutdown(&mut tunnel.upgraded, &mut cx));
}
