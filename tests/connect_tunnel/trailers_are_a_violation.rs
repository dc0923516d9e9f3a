//! Case 41: a tunnel has no trailers (RFC 9113, section 8.5). A peer that sends some does not get its truncated stream taken
//! for a whole one.

use std::io;

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::cause::{assert_reset_with, kind_for, reason_inside};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::traffic::write_until_error;

const TRAILERS: &[(&str, &str)] = &[("checksum", "0")];

both_roles!(
    trailers_after_data_are_an_error_after_the_data,
    trailers_alone_are_an_error,
    trailers_end_the_writing_too,
    trailers_are_no_matter_for_siblings,
    a_field_section_without_the_end_is_an_error_too,
    a_violation_ends_the_task_though_the_tunnel_is_kept,
);

fn assert_violation(read: io::Result<usize>) {
    let err = read.expect_err("no clean end");
    assert_eq!(err.kind(), kind_for(Reason::PROTOCOL_ERROR), "{err:?}");
    assert_eq!(reason_inside(&err), Some(Reason::PROTOCOL_ERROR), "{err:?}");
}

// Case 41.
async fn trailers_after_data_are_an_error_after_the_data(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "data ").await;
    link.peer.send_data(tunnel.stream, "first").await;
    link.peer.send_last_headers(tunnel.stream, TRAILERS).await;
    run_until_idle().await;
    let mut read = [0; 10];
    let exact = tunnel.upgraded.read_exact(&mut read).await;
    exact.expect("data that arrived is not lost");
    assert_eq!(&read, b"data first");
    for _ in 0..2 {
        let next = expect_soon("the end", tunnel.upgraded.read(&mut read)).await;
        assert_violation(next);
    }
    let reset = link.peer.expect_reset(tunnel.stream).await;
    assert_eq!(reset, Reason::PROTOCOL_ERROR);
    drop(tunnel);
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 41.
async fn trailers_alone_are_an_error(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_last_headers(tunnel.stream, TRAILERS).await;
    let next = expect_soon("the end", tunnel.upgraded.read(&mut [0])).await;
    assert_violation(next);
    let reset = link.peer.expect_reset(tunnel.stream).await;
    assert_eq!(reset, Reason::PROTOCOL_ERROR);
}

// Case 41: a write that waits is not left waiting.
async fn trailers_end_the_writing_too(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let (mut read, mut write) = tokio::io::split(tunnel.upgraded);
    let writer = tokio::spawn(async move {
        let err = write_until_error(&mut write).await;
        (err, write)
    });
    run_until_idle().await;
    assert!(!writer.is_finished());
    link.peer.send_last_headers(stream, TRAILERS).await;
    assert_violation(expect_soon("the end", read.read(&mut [0])).await);
    let (err, mut write) = expect_soon("the writer", writer).await.expect("no panic");
    assert_reset_with(&err, Reason::PROTOCOL_ERROR);
    let flushed = write.flush().await;
    assert_reset_with(&flushed.expect_err("lost"), Reason::PROTOCOL_ERROR);
    let ended = write.shutdown().await;
    assert_reset_with(&ended.expect_err("lost"), Reason::PROTOCOL_ERROR);
    let code = Reason::PROTOCOL_ERROR;
    let frames = link.peer.settled_frames().await;
    assert_eq!(frames, [Frame::Reset { stream, code }]);
}

// Case 41.
async fn trailers_are_no_matter_for_siblings(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut doomed = link.tunnel().await;
    let mut sibling = link.tunnel().await;
    link.peer.send_last_headers(doomed.stream, TRAILERS).await;
    let next = expect_soon("the end", doomed.upgraded.read(&mut [0])).await;
    assert_violation(next);
    drop(doomed);
    sibling.upgraded.write_all(b"fine").await.expect("open");
    assert_eq!(link.peer.expect_bytes(sibling.stream, 4).await, "fine");
}

// Case 41: HEADERS in the middle are malformed in any stream (RFC 9113, section 8.1).
async fn a_field_section_without_the_end_is_an_error_too(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "data").await;
    link.peer.send_headers(tunnel.stream, TRAILERS).await;
    let reset = link.peer.expect_reset(tunnel.stream).await;
    assert_eq!(reset, Reason::PROTOCOL_ERROR);
    let mut read = [0; 4];
    let exact = tunnel.upgraded.read_exact(&mut read).await;
    exact.expect("data that arrived is not lost");
    let next = expect_soon("the end", tunnel.upgraded.read(&mut read)).await;
    assert_violation(next);
    let err = expect_soon("the error", write_until_error(&mut tunnel.upgraded)).await;
    assert_reset_with(&err, Reason::PROTOCOL_ERROR);
}

// Cases 6 and 41: the stream was reset, so there is nothing left to serve.
async fn a_violation_ends_the_task_though_the_tunnel_is_kept(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut tunnel = link.tunnel().await;
    link.peer.send_last_headers(tunnel.stream, TRAILERS).await;
    let next = expect_soon("the end", tunnel.upgraded.read(&mut [0])).await;
    assert_violation(next);
    run_until_idle().await;
    assert_eq!(link.executor.live(), without_tunnel);
}
