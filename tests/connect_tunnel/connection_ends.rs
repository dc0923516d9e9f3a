//! Case 32: when the connection fails, everybody who waits on one of its tunnels is told, with the cause.

use std::io::{self, ErrorKind};
use std::time::Duration;

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use crate::cause::{assert_reset_with, kind_for, reason_inside};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role, Tunnel};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::traffic::write_until_error;

both_roles!(
    a_failing_read_of_the_socket_wakes_both_with_its_kind,
    a_failing_write_to_the_socket_wakes_both_with_its_kind,
    a_socket_that_ends_is_no_end_of_the_tunnel,
    a_peer_that_breaks_the_protocol_wakes_both_with_the_reason,
    an_unanswered_keep_alive_wakes_both,
    an_io_error_is_told_again_by_every_call,
    data_that_arrived_before_the_failure_is_read_first,
    a_dropped_tunnel_does_not_outlive_its_connection,
    a_tunnel_dropped_at_a_stuck_socket_does_not_outlive_its_connection,
    a_goaway_that_covers_the_tunnel_leaves_it_alone,
);

/// A writer waiting for window and a reader waiting for data, each in a task of its own.
struct Waiting {
    read: JoinHandle<io::Result<usize>>,
    write: JoinHandle<io::Error>,
}

impl Waiting {
    async fn on(tunnel: Tunnel<u32>) -> Self {
        let (mut reader, mut writer) = tokio::io::split(tunnel.upgraded);
        let read = tokio::spawn(async move { reader.read(&mut [0]).await });
        let write = tokio::spawn(async move { write_until_error(&mut writer).await });
        run_until_idle().await;
        assert!(!read.is_finished() && !write.is_finished());
        Waiting { read, write }
    }

    /// The errors of the reader and the writer.
    async fn woken(self) -> (io::Error, io::Error) {
        let read = expect_soon("the reader wakes", self.read).await;
        let write = expect_soon("the writer wakes", self.write).await;
        let read = read
            .expect("no panic")
            .expect_err("no data, and no clean end");
        (read, write.expect("no panic"))
    }
}

fn zero_window() -> Options {
    Options::new().stream_window(0)
}

// Case 32.
async fn a_failing_read_of_the_socket_wakes_both_with_its_kind(role: Role) {
    for kind in [ErrorKind::ConnectionReset, ErrorKind::TimedOut] {
        let mut link = Link::raw(role, &zero_window()).await;
        let waiting = Waiting::on(link.tunnel().await).await;
        link.to_hyper.fail_reads(kind);
        let (read, write) = waiting.woken().await;
        assert_eq!((read.kind(), write.kind()), (kind, kind));
        run_until_idle().await;
        link.hyper.close();
        run_until_idle().await;
        assert_eq!(link.executor.live(), 0);
    }
}

// Case 32.
async fn a_failing_write_to_the_socket_wakes_both_with_its_kind(role: Role) {
    let mut link = Link::raw(role, &zero_window()).await;
    let waiting = Waiting::on(link.tunnel().await).await;
    link.to_peer.fail_writes(ErrorKind::ConnectionAborted);
    link.peer.ping(*b"anything").await;
    let (read, write) = waiting.woken().await;
    let kind = ErrorKind::ConnectionAborted;
    assert_eq!((read.kind(), write.kind()), (kind, kind));
}

// Case 32: without END_STREAM what was read so far may be a part of the whole.
async fn a_socket_that_ends_is_no_end_of_the_tunnel(role: Role) {
    let mut link = Link::raw(role, &zero_window()).await;
    let waiting = Waiting::on(link.tunnel().await).await;
    link.peer.eof().await;
    let (read, write) = waiting.woken().await;
    let kind = ErrorKind::BrokenPipe;
    assert_eq!((read.kind(), write.kind()), (kind, kind));
}

// Case 32.
async fn a_peer_that_breaks_the_protocol_wakes_both_with_the_reason(role: Role) {
    let mut link = Link::raw(role, &zero_window()).await;
    let waiting = Waiting::on(link.tunnel().await).await;
    // DATA belongs to a stream (RFC 9113, section 6.1).
    link.peer.send_data(0, "to nobody").await;
    let (read, write) = waiting.woken().await;
    assert_eq!(read.kind(), kind_for(Reason::PROTOCOL_ERROR));
    assert_eq!(reason_inside(&read), Some(Reason::PROTOCOL_ERROR));
    assert_reset_with(&write, Reason::PROTOCOL_ERROR);
    assert_eq!(link.peer.expect_goaway().await.1, Reason::PROTOCOL_ERROR);
}

// Case 32.
async fn an_unanswered_keep_alive_wakes_both(role: Role) {
    const INTERVAL: Duration = Duration::from_secs(10);
    const TIMEOUT: Duration = Duration::from_secs(5);
    let options = zero_window().tune(
        |server| {
            server.keep_alive_interval(INTERVAL);
            server.keep_alive_timeout(TIMEOUT);
        },
        |client| {
            client.keep_alive_interval(INTERVAL);
            client.keep_alive_timeout(TIMEOUT);
        },
    );
    let mut link = Link::raw(role, &options).await;
    let waiting = Waiting::on(link.tunnel().await).await;
    link.peer.answer_pings(false);
    waiting.woken().await;
    let ended = link.hyper.ended().await;
    assert!(ended.expect_err("no answer came").is_timeout());
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
}

// Cases 25 and 32.
async fn an_io_error_is_told_again_by_every_call(role: Role) {
    let mut link = Link::raw(role, &zero_window()).await;
    let mut tunnel = link.tunnel().await;
    link.to_hyper.fail_reads(ErrorKind::ConnectionReset);
    run_until_idle().await;
    let io = &mut tunnel.upgraded;
    for _ in 0..2 {
        let written = expect_soon("an error", write_until_error(io)).await;
        assert_eq!(written.kind(), ErrorKind::ConnectionReset);
        let flushed = io.flush().await.expect_err("the connection is gone");
        assert_eq!(flushed.kind(), ErrorKind::ConnectionReset);
        let ended = io.shutdown().await.expect_err("the connection is gone");
        assert_eq!(ended.kind(), ErrorKind::ConnectionReset);
        let read = io.read(&mut [0]).await.expect_err("the connection is gone");
        assert_eq!(read.kind(), ErrorKind::ConnectionReset);
    }
}

// Case 32.
async fn data_that_arrived_before_the_failure_is_read_first(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "made it").await;
    run_until_idle().await;
    link.to_hyper.fail_reads(ErrorKind::ConnectionReset);
    run_until_idle().await;
    let mut read = Vec::new();
    let ended = tunnel.upgraded.read_to_end(&mut read).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(read, b"made it");
}

// Case 32: whatever the tunnel waited for when it was dropped, it waits no longer.
async fn a_dropped_tunnel_does_not_outlive_its_connection(role: Role) {
    for window in [0, 1 << 20] {
        let mut link = Link::raw(role, &Options::new().stream_window(window)).await;
        let mut tunnel = link.tunnel().await;
        tunnel.upgraded.write_all(b"rest").await.expect("open");
        drop(tunnel);
        run_until_idle().await;
        link.to_hyper.fail_reads(ErrorKind::ConnectionReset);
        run_until_idle().await;
        link.hyper.close();
        run_until_idle().await;
        assert_eq!(link.executor.live(), 0, "window {window}");
    }
}

// Case 32: nor with all of it queued behind a socket that takes nothing.
async fn a_tunnel_dropped_at_a_stuck_socket_does_not_outlive_its_connection(role: Role) {
    let options = Options::new()
        .stream_window(1 << 20)
        .connection_window(1 << 20)
        .socket_buffer(1000);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    link.to_peer.stop_reading();
    tunnel
        .upgraded
        .write_all(&[7; 100_000])
        .await
        .expect("open");
    drop(tunnel);
    run_until_idle().await;
    link.to_peer.fail_writes(ErrorKind::TimedOut);
    link.to_hyper.fail_reads(ErrorKind::TimedOut);
    run_until_idle().await;
    link.hyper.close();
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
}

// Case 32: GOAWAY up to this stream is about streams to come (RFC 9113, section 6.8).
async fn a_goaway_that_covers_the_tunnel_leaves_it_alone(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.goaway(tunnel.stream, Reason::NO_ERROR).await;
    run_until_idle().await;
    tunnel
        .upgraded
        .write_all(b"still here")
        .await
        .expect("open");
    assert_eq!(
        link.peer.expect_bytes(tunnel.stream, 10).await,
        "still here"
    );
    link.peer.send_last_data(tunnel.stream, "me too").await;
    let mut read = Vec::new();
    let ended = tunnel.upgraded.read_to_end(&mut read).await;
    ended.expect("a clean end");
    assert_eq!(read, b"me too");
    tunnel.upgraded.shutdown().await.expect("open");
    link.peer.expect_end(tunnel.stream).await;
    drop(tunnel);
    link.hyper.close();
    link.hyper.ended().await.expect("a graceful end");
}

// Case 32: a server that never looked at the tunnel says so.
#[tokio::test(start_paused = true)]
async fn a_goaway_short_of_the_tunnel_wakes_both_with_the_reason() {
    let mut link = Link::raw(Role::Client, &zero_window()).await;
    let kept = link.tunnel().await;
    let waiting = Waiting::on(link.tunnel().await).await;
    link.peer
        .goaway(kept.stream, Reason::ENHANCE_YOUR_CALM)
        .await;
    let (read, write) = waiting.woken().await;
    assert_eq!(reason_inside(&read), Some(Reason::ENHANCE_YOUR_CALM));
    assert_reset_with(&write, Reason::ENHANCE_YOUR_CALM);

    let mut kept = kept;
    kept.upgraded.write_all(b"kept").await.expect("open");
    link.peer.grant(kept.stream, 4).await;
    assert_eq!(link.peer.expect_bytes(kept.stream, 4).await, "kept");
}

// Case 32: whoever runs the server drops its connection.
#[tokio::test(start_paused = true)]
async fn a_connection_dropped_by_its_owner_wakes_both() {
    let mut link = Link::raw(Role::Server, &zero_window()).await;
    let waiting = Waiting::on(link.tunnel().await).await;
    link.hyper.abort();
    waiting.woken().await;
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
    let last = expect_soon("the transport's end", link.peer.next()).await;
    assert!(!matches!(last, Some(Frame::Data { .. })), "{last:?}");
}

// Case 32: a client's transport is not run by the future that takes requests, and goes on without it.
#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_more_requests_keeps_its_tunnels() {
    let mut link = Link::raw(Role::Client, &zero_window()).await;
    let mut tunnel = link.tunnel().await;
    link.hyper.abort();
    run_until_idle().await;
    tunnel
        .upgraded
        .write_all(b"still here")
        .await
        .expect("open");
    link.peer.grant(tunnel.stream, 100).await;
    tunnel.upgraded.shutdown().await.expect("open");
    assert_eq!(link.peer.read_to_end(tunnel.stream).await, "still here");
    link.peer.send_last_data(tunnel.stream, "me too").await;
    let mut read = Vec::new();
    let ended = tunnel.upgraded.read_to_end(&mut read).await;
    ended.expect("a clean end");
    assert_eq!(read, b"me too");
}
