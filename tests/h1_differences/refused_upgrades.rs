//! ODD 6: whoever waits for an upgrade is told when the answer refuses it, not when the connection ends.

use hyper::upgrade;

use crate::support::errors::{cause_text, kind};
use crate::support::responses;
use crate::support::scripted_h1::{Server, ServerBuilder};
use crate::support::virtual_timer::expect_soon;

const UPGRADE: &str = "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n";
const CONNECT: &str = "CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n";

// ODD 6.
#[tokio::test(start_paused = true)]
async fn a_refusal_fails_the_upgrade_at_once_and_the_connection_goes_on() {
    for (request, status) in [
        (UPGRADE, 200),
        (UPGRADE, 426),
        (CONNECT, 403),
        (CONNECT, 502),
    ] {
        for start in [Server::start, Server::upgradeable] {
            let mut server = start();
            let mut call = server.request(request).await;
            let on_upgrade = upgrade::on(&mut call.request);
            call.respond(responses::with_status(status, responses::empty()));
            let error = expect_soon("the refusal", on_upgrade)
                .await
                .expect_err("nothing was agreed on");
            assert_eq!(kind(&error), "Canceled");
            assert_eq!(cause_text(&error), "upgrade expected but not completed");
            server.peer.expect_head().await;
            server.assert_usable().await;
        }
    }
}

// ODD 6: and the transport is shut down as that of any other connection.
#[tokio::test(start_paused = true)]
async fn a_refusal_that_ends_the_connection_shuts_the_transport_down() {
    let no_keep_alive = |builder: &mut ServerBuilder| {
        builder.keep_alive(false);
    };
    let mut server = Server::tuned(no_keep_alive);
    let mut call = server.request(UPGRADE).await;
    let on_upgrade = upgrade::on(&mut call.request);
    call.respond(responses::empty());
    server.peer.settled_text().await;
    server.assert_ends_well().await;
    on_upgrade.await.expect_err("nothing was agreed on");
}
