//! ODD 12: a client of HTTP/2 is told apart from one that makes a mistake, however its preface arrives.

use crate::support::errors::kind;
use crate::support::scripted_h1::{Delivery, Server};

const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// ODD 12.
#[tokio::test(start_paused = true)]
async fn the_preface_is_recognised_in_whatever_pieces() {
    for how in Delivery::all(PREFACE.len()) {
        let mut server = Server::start();
        server.peer.deliver(how, PREFACE).await;
        server.peer.expect_eof().await;
        let error = server.hyper.ended().await.expect_err("another protocol");
        assert!(error.is_parse_version_h2(), "{how:?}");
        assert_eq!(kind(&error), "Parse(VersionH2)");
        assert!(!server.hyper.has_calls());
    }
}

// ODD 12: what only begins like it is refused as any other version, as soon as it differs.
#[tokio::test(start_paused = true)]
async fn what_only_begins_like_the_preface_is_refused() {
    for len in "PRI * HTTP/2".len()..PREFACE.len() {
        let input = format!("{}X", &PREFACE[..len]);
        for how in Delivery::EXTREMES {
            let mut server = Server::start();
            server.peer.deliver(how, &input).await;
            let head = server.peer.expect_head().await;
            assert_eq!(head.status(), 400, "{input:?}, {how:?}");
            let error = server.hyper.ended().await.expect_err("a refusal");
            assert_eq!(kind(&error), "Parse(Version)");
        }
    }
}

// ODD 12: nor is one taken for the preface that comes after a request.
#[tokio::test(start_paused = true)]
async fn a_preface_behind_a_request_is_recognised_too() {
    for how in Delivery::EXTREMES {
        let mut server = Server::start();
        server.assert_usable().await;
        server.peer.deliver(how, PREFACE).await;
        server.peer.expect_eof().await;
        let error = server.hyper.ended().await.expect_err("another protocol");
        assert!(error.is_parse_version_h2(), "{how:?}");
    }
}
