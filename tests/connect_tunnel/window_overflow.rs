//! A WINDOW_UPDATE that makes a window too large is that stream's error, and no other's (RFC 9113, section 6.9.1).

use h2::Reason;

use super::cause::reason_behind;
use super::pressure::{fill, write, Io, FRAME};
use crate::support::scripted_h2::{setting::INITIAL_WINDOW_SIZE, Frame};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::expect_soon;

const LARGEST_WINDOW: u32 = (1 << 31) - 1;

both_roles!(
    an_overflown_window_resets_its_stream_and_fails_its_writer,
    settings_that_overflow_a_window_end_the_connection,
);

/// Case 13.
async fn an_overflown_window_resets_its_stream_and_fails_its_writer(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let mut sibling = link.tunnel().await;
    fill(&mut tunnel.upgraded, &[1; 1000], 4 * FRAME).await;
    let writer = tokio::spawn(write_for_long(tunnel.upgraded));

    link.peer.grant(tunnel.stream, LARGEST_WINDOW).await;
    link.peer.grant(tunnel.stream, LARGEST_WINDOW).await;
    loop {
        let next = expect_soon("RST_STREAM", link.peer.next_on(tunnel.stream)).await;
        match next.expect("the connection lives") {
            // The first grant is spent as far as the connection's window goes.
            Frame::Data { .. } => {}
            Frame::Reset { code, .. } => {
                assert_eq!(code, Reason::FLOW_CONTROL_ERROR);
                break;
            }
            other => panic!("{other:?} where RST_STREAM was due"),
        }
    }
    let written = expect_soon("the writer's end", writer).await;
    let error = written.expect("no panic").expect_err("the stream is over");
    assert_eq!(reason_behind(&error), Some(Reason::FLOW_CONTROL_ERROR));

    link.peer.grant(0, 5).await;
    link.peer.grant(sibling.stream, 5).await;
    assert!(write(&mut sibling.upgraded, b"alive").await.is_ok());
    assert_eq!(
        &link.peer.expect_bytes(sibling.stream, 5).await[..],
        b"alive"
    );
}

/// Case 13, by the other road: here the RFC makes it the connection's error, and every writer hears of it.
async fn settings_that_overflow_a_window_end_the_connection(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let idle = link.tunnel().await;
    let mut tunnel = link.tunnel().await;
    fill(&mut tunnel.upgraded, &[1; 1000], 4 * FRAME).await;
    let writer = tokio::spawn(write_for_long(tunnel.upgraded));

    link.peer.grant(idle.stream, 1).await;
    link.peer
        .settings(&[(INITIAL_WINDOW_SIZE, LARGEST_WINDOW)])
        .await;
    let written = expect_soon("the writer's end", writer).await;
    written
        .expect("no panic")
        .expect_err("the connection is over");
    let (_, code) = loop {
        match expect_soon("GOAWAY", link.peer.next()).await {
            Some(Frame::Data { .. }) => {}
            Some(Frame::GoAway { last, code, .. }) => break (last, code),
            other => panic!("{other:?} where GOAWAY was due"),
        }
    };
    assert_eq!(code, Reason::FLOW_CONTROL_ERROR);
    let ended = link.hyper.ended().await;
    ended.expect_err("the connection failed");
}

/// Writes until told not to; bounded, so that a writer that is never told ends the test all the same.
async fn write_for_long(mut tunnel: Io) -> std::io::Result<()> {
    for _ in 0..1000 {
        write(&mut tunnel, &[1; 1000]).await?;
    }
    Ok(())
}
