//! Writers that all want all of a connection get about the same.

use std::collections::HashMap;

use super::pattern::bytes_at;
use super::pressure::write;
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::expect_soon;

const OPEN: u32 = 1 << 30;
const WRITERS: usize = 64;

both_roles!(
    the_slowest_of_sixty_four_writers_has_half_of_the_fastest,
    a_scarce_connection_window_is_shared_as_well,
);

/// Case 21, where the socket is what they share.
async fn the_slowest_of_sixty_four_writers_has_half_of_the_fastest(role: Role) {
    let options = Options::new().stream_window(OPEN).connection_window(OPEN);
    shares(role, &options, Grants::None).await;
}

/// Case 21, where the connection's window is.
async fn a_scarce_connection_window_is_shared_as_well(role: Role) {
    shares(role, &Options::new().stream_window(OPEN), Grants::Scarce).await;
}

#[derive(PartialEq)]
enum Grants {
    None,
    /// The connection gets back what it spent, in lots of ten frames.
    Scarce,
}

async fn shares(role: Role, options: &Options, grants: Grants) {
    const LEN: usize = WRITERS * 256 * 1024;
    let mut link = Link::raw(role, options).await;
    let mut tunnels = Vec::new();
    for _ in 0..WRITERS {
        tunnels.push(link.tunnel().await);
    }
    let writers = tunnels.into_iter().map(|mut tunnel| {
        tokio::spawn(async move {
            while write(&mut tunnel.upgraded, bytes_at(0, 8 << 10))
                .await
                .is_ok()
            {
                // A task that always has room would never let the others run.
                tokio::task::yield_now().await;
            }
        })
    });
    let writers: Vec<_> = writers.collect();

    let mut received = HashMap::new();
    let (mut total, mut owed) = (0, 0);
    while total < LEN {
        let frame = expect_soon("DATA", link.peer.next()).await;
        let Some(Frame::Data {
            stream, payload, ..
        }) = frame
        else {
            panic!("{frame:?} where DATA was due")
        };
        *received.entry(stream).or_insert(0) += payload.len();
        total += payload.len();
        owed += payload.len() as u32;
        if grants == Grants::Scarce && owed >= 50_000 {
            link.peer.grant(0, owed).await;
            owed = 0;
        }
    }
    writers.iter().for_each(|writer| writer.abort());
    assert_eq!(received.len(), WRITERS, "some never came to send");
    let (slowest, fastest) = (received.values().min(), received.values().max());
    let (slowest, fastest) = slowest.zip(fastest).expect("some sent");
    assert!(2 * slowest >= *fastest, "{slowest} and {fastest} bytes");
}
