//! ODD 26: a time that no clock can show.

use std::time::Duration;

use crate::support::scripted_h1::Server;
use crate::support::tokio_rt::TokioTimer;

// ODD 26.
#[tokio::test(start_paused = true)]
async fn the_longest_timeout_is_none() {
    let mut server = Server::tuned(|builder| {
        builder.timer(TokioTimer).header_read_timeout(Duration::MAX);
    });
    server.peer.expect_nothing().await;
    tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    server.assert_usable().await;
}
