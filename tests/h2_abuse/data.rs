//! DATA that costs more to keep than to send (contract 6.1-5; RFC 9113, section 10.5).
//!
//! RUSTSEC-2026-0258: its text could not be had when this was written. h2 releases from that year fix, in the order of their
//! versions: heads that are way too large, padding of 255 bytes and heads of an absurd number of fields (0.4.15), small DATA
//! frames in excess (0.4.16 to 0.4.19), encoding tables beyond 4 KiB (0.4.17), refused streams that were not counted (0.4.20).
//! The tests that carry the number are about the DATA frames, which is what h2 limited under most attention; heads and refused
//! streams are in [`header_blocks`](crate::header_blocks) and [`resets`](crate::resets).

use std::iter::repeat_n;

use bytes::Bytes;
use h2::Reason;

use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Role};
use crate::victim::{burst, data, head_for, headers, Victim};

/// Most heap for DATA of any shape that nobody reads, in bytes: as much as the largest window here, 5 MiB, and as much again
/// for what h2 keeps beside each frame.
const MOST_HEAP: usize = 10 << 20;

both_roles!(
    rustsec_2026_0258_data_of_any_size_that_nobody_reads_is_bounded,
    rustsec_2026_0258_small_data_on_many_streams_shares_one_budget,
    padding_of_every_length_is_endured_while_there_is_window,
);

static PAYLOAD: [u8; 16_384] = [b'x'; 16_384];

/// Every size of frame, as many as the windows let through, on a stream whose reader sleeps.
async fn rustsec_2026_0258_data_of_any_size_that_nobody_reads_is_bounded(role: Role) {
    for size in [1, 2, 16, 64, 128, 255, 256, 257, 512, 1024, 4096, 16_384] {
        let mut victim = Victim::new(role).await.with_open_stream().await;
        let window = match role {
            Role::Server => 1 << 20,
            Role::Client => 2 << 20,
        };
        let count = window / size;
        let frames = repeat_n(data(1, &PAYLOAD[..size], false), count);
        let toll = victim.meet(&burst(frames)).await;
        let said = victim.goodbye().await;
        println!("{size}: {toll:?} {said:?}");
        assert!(toll.peak <= MOST_HEAP, "{size}: {toll:?}");
        // Small ones are an attack from some ten thousand on; others are what the window is for.
        let due = (size < 256 && count > 20_000).then_some(Reason::ENHANCE_YOUR_CALM);
        assert!(
            said == due || size == 255 || size == 128,
            "{size}: {said:?}"
        );
    }
}

/// The budget is the connection's, so more streams do not make it more.
async fn rustsec_2026_0258_small_data_on_many_streams_shares_one_budget(role: Role) {
    const STREAMS: u32 = 50;
    let mut victim = Victim::new(role).await;
    let mut frames = Vec::new();
    for n in 0..STREAMS {
        let stream = 1 + 2 * n;
        match role {
            Role::Server => frames.push(headers(stream, &head_for("POST", "/held"), false)),
            Role::Client => {
                let answer = victim.request("/held");
                victim.peer.expect_request().await;
                frames.push(headers(stream, &[(":status", "200")], false));
                tokio::spawn(async move {
                    let response = answer.await;
                    std::future::pending::<()>().await;
                    drop(response);
                });
            }
        }
    }
    victim.meet(&burst(frames)).await;
    let frames = (0..2000).flat_map(|_| (0..STREAMS).map(|n| data(1 + 2 * n, b"x", false)));
    let toll = victim.meet(&burst(frames)).await;
    println!("{toll:?}");
    assert!(toll.peak <= MOST_HEAP, "{toll:?}");
    victim.assert_given_up(Reason::ENHANCE_YOUR_CALM).await;
}

/// h2 0.4.15: padding of 255 bytes was more than its length has room for.
async fn padding_of_every_length_is_endured_while_there_is_window(role: Role) {
    let mut victim = Victim::new(role).await.with_open_stream().await;
    let padded = (0..=255).map(|padding| Frame::Data {
        stream: 1,
        payload: Bytes::from_static(b"x"),
        padding: Some(padding),
        end_stream: false,
    });
    let toll = victim.meet(&burst(padded)).await;
    assert!(toll.peak <= 512 << 10, "{toll:?}");
    assert_eq!(victim.goodbye().await, None);
    victim.assert_usable(1001).await;
}
