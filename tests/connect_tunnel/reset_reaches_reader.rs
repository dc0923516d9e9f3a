//! Case 24: what arrived before a reset is read in full; what follows depends on the code.

use std::io::ErrorKind;

use h2::Reason;
use tokio::io::AsyncReadExt;

use crate::cause::{all_codes, kind_for, reason_inside};
use crate::support::tunnels::{both_roles, Link, Options, Role, Tunnel};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};
use crate::traffic::{pattern, write_until_error};

both_roles!(
    all_data_is_read_before_a_reset_ends_it,
    a_waiting_read_is_woken_by_a_reset,
    a_reset_read_in_small_bites_keeps_its_place,
    a_writer_that_failed_leaves_the_data_to_the_reader,
    unread_bytes_of_a_reset_tunnel_return_their_credit,
);

/// The end of reading after a reset with `code`: EOF where the peer only lost interest, an error elsewhere.
async fn assert_read_ends_for(code: Reason, tunnel: &mut Tunnel<u32>) {
    let mut byte = [0];
    // Twice: what a reader was told, it is told again.
    for _ in 0..2 {
        let read = expect_soon("the reader's end", tunnel.upgraded.read(&mut byte)).await;
        match code {
            Reason::NO_ERROR | Reason::CANCEL => assert_eq!(read.expect("EOF"), 0),
            _ => {
                let err = read.expect_err("the peer broke off");
                assert_eq!(err.kind(), kind_for(code), "{err:?}");
                // STREAM_CLOSED came without its `h2::Error` in released versions; the kind says all there is.
                if code != Reason::STREAM_CLOSED {
                    assert_eq!(reason_inside(&err), Some(code), "{err:?}");
                }
            }
        }
    }
}

// Case 24.
async fn all_data_is_read_before_a_reset_ends_it(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let bytes = pattern(40_000);
    for code in all_codes() {
        let mut tunnel = link.tunnel().await;
        for piece in bytes.chunks(10_000) {
            link.peer.send_data(tunnel.stream, piece.to_vec()).await;
        }
        link.peer.reset(tunnel.stream, code).await;
        run_until_idle().await;

        let mut read = vec![0; bytes.len()];
        let all = tunnel.upgraded.read_exact(&mut read);
        let all = expect_soon("all the data", all).await;
        all.expect("data that arrived is not lost");
        assert!(read == bytes);
        assert_read_ends_for(code, &mut tunnel).await;
    }
}

// Case 24.
async fn a_waiting_read_is_woken_by_a_reset(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    for code in all_codes() {
        let mut tunnel = link.tunnel().await;
        let mut byte = [0];
        let mut read = Box::pin(tunnel.upgraded.read(&mut byte));
        assert!(settle(&mut read).await.is_pending());
        link.peer.reset(tunnel.stream, code).await;
        let first = expect_soon("the waiting read's end", read).await;
        let is_end = matches!(code, Reason::NO_ERROR | Reason::CANCEL);
        assert_eq!(first.is_ok(), is_end, "{code:?}");
        assert_read_ends_for(code, &mut tunnel).await;
    }
}

// Case 24: a DATA frame half read when the reset comes.
async fn a_reset_read_in_small_bites_keeps_its_place(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "half and half").await;
    let mut half = [0; 8];
    let read = tunnel.upgraded.read_exact(&mut half).await;
    read.expect("the data is there");
    link.peer.reset(tunnel.stream, Reason::INTERNAL_ERROR).await;
    run_until_idle().await;

    let mut rest = Vec::new();
    let ended = tunnel.upgraded.read_to_end(&mut rest).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Other);
    assert_eq!((&half[..], &rest[..]), (&b"half and"[..], &b" half"[..]));
}

// Case 24: the writer learns of the reset first, and that ends nothing for the reader.
async fn a_writer_that_failed_leaves_the_data_to_the_reader(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "last words").await;
    let mut write = Box::pin(write_until_error(&mut tunnel.upgraded));
    assert!(settle(&mut write).await.is_pending());
    link.peer.reset(tunnel.stream, Reason::CANCEL).await;
    expect_soon("the writer's error", write).await;
    run_until_idle().await;
    let mut read = Vec::new();
    let ended = tunnel.upgraded.read_to_end(&mut read).await;
    ended.expect("the peer only lost interest");
    assert_eq!(read, b"last words");
}

// Case 24: the connection's window is everybody's, and a reset tunnel must not keep a part of it.
async fn unread_bytes_of_a_reset_tunnel_return_their_credit(role: Role) {
    const WINDOW: u64 = 65_535;
    const BURST: usize = 16_000;
    let tight = Options::new().tune(
        |server| {
            server.initial_connection_window_size(65_535);
        },
        |client| {
            client.initial_connection_window_size(65_535);
        },
    );
    let mut link = Link::raw(role, &tight).await;
    let mut sent = 0;
    for round in 0..20 {
        let mut tunnel = link.tunnel().await;
        let owed = sent - link.peer.credit(0);
        assert!(owed + BURST as u64 <= WINDOW, "round {round}: {owed} owed");
        link.peer.send_data(tunnel.stream, vec![1; BURST]).await;
        sent += BURST as u64;
        if round % 2 == 0 {
            let read = tunnel.upgraded.read_exact(&mut [0; 100]).await;
            read.expect("the data is there");
        }
        link.peer.reset(tunnel.stream, Reason::CANCEL).await;
        run_until_idle().await;
        drop(tunnel);
        link.peer.settled_frames().await;
    }
    assert!(link.peer.credit(0) <= sent);
}
