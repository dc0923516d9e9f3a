//! ODD 8: a graceful shutdown does not wait for a request of which nothing has arrived.

use crate::support::scripted_h1::Server;
use crate::support::virtual_timer::run_until_idle;

// ODD 8.
#[tokio::test(start_paused = true)]
async fn empty_lines_are_no_request_to_wait_for() {
    for lines in ["\r\n", "\r\n\r\n", "\n", "\r"] {
        let mut server = Server::start();
        server.peer.send(lines).await;
        run_until_idle().await;
        server.hyper.graceful_shutdown();
        server.assert_ends_well().await;
    }
}
