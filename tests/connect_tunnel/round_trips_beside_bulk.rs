//! Case 21 for latency: a tunnel that asks and answers is not kept waiting by those that take all they can get.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::pressure::FRAME;
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::expect_soon;

const OPEN: u32 = 1 << 30;
const BULK: usize = 8;
const TRIPS: usize = 50;

both_roles!(
    a_round_trip_waits_for_a_few_frames_of_each_other_at_a_slow_socket,
    a_round_trip_waits_for_a_few_batches_at_a_fast_socket,
);

/// The most bytes of other tunnels that come between a question and its answer.
async fn longest_wait(role: Role, socket: usize) -> usize {
    let options = Options::new()
        .stream_window(OPEN)
        .connection_window(OPEN)
        .socket_buffer(socket);
    let mut link = Link::raw(role, &options).await;
    let mut bulk = Vec::new();
    for _ in 0..BULK {
        bulk.push(link.tunnel().await);
    }
    let mut echo = link.tunnel().await;
    let mut tasks = Vec::new();
    for mut tunnel in bulk {
        tasks.push(tokio::spawn(async move {
            while tunnel.upgraded.write_all(&[7; 60_000]).await.is_ok() {
                // A task that always has room would never let the others run.
                tokio::task::yield_now().await;
            }
        }));
    }
    let stream = echo.stream;
    tasks.push(tokio::spawn(async move {
        let mut byte = [0];
        while echo.upgraded.read_exact(&mut byte).await.is_ok() {
            if echo.upgraded.write_all(&byte).await.is_err() {
                return;
            }
        }
    }));

    let (mut others, mut longest, mut trips) = (0, 0, 0);
    let mut is_asked = false;
    while trips < TRIPS {
        let frame = expect_soon("DATA", link.peer.next()).await;
        let Some(Frame::Data {
            stream: from,
            payload,
            ..
        }) = frame
        else {
            panic!("{frame:?} where DATA was due")
        };
        if from == stream {
            assert_eq!(payload.len(), 1);
            longest = longest.max(others);
            trips += 1;
        } else {
            others += payload.len();
        }
        // The first question comes when the others are in full swing.
        if from == stream || (!is_asked && others > 4 << 20) {
            is_asked = true;
            others = 0;
            link.peer.send_data(stream, "?").await;
        }
        assert!(others < 64 << 20, "no answer");
    }
    tasks.iter().for_each(|task| task.abort());
    longest
}

/// One frame of each other tunnel stands before the answer in h2, and two are staged.
async fn a_round_trip_waits_for_a_few_frames_of_each_other_at_a_slow_socket(role: Role) {
    const SOCKET: usize = 4 << 10;
    let longest = longest_wait(role, SOCKET).await;
    assert!(
        longest <= (BULK + 3) * FRAME + 2 * SOCKET,
        "{longest} bytes"
    );
}

/// One frame of each other tunnel stands before the answer in h2, and a batch of 128 KiB is staged.
async fn a_round_trip_waits_for_a_few_batches_at_a_fast_socket(role: Role) {
    const SOCKET: usize = 64 << 10;
    let longest = longest_wait(role, SOCKET).await;
    assert!(
        longest <= (BULK + 2) * FRAME + (128 << 10) + 2 * SOCKET,
        "{longest} bytes"
    );
}
