//! Contract 6.4-1, 6.4-2, 6.4-3: CONNECT up to the tunnel. What passes through a tunnel is the business of another suite.

use h2::Reason;
use hyper::body::Body;
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::messages::{connect_head, empty, kind, text, with_body, with_field, with_status};
use crate::server::{server, Call, Server};
use crate::support::bodies::channel;
use crate::support::scripted_h2::Frame;
use crate::support::tokio_rt::TokioIo;
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

type Tunnel = TokioIo<hyper::upgrade::Upgraded>;

fn on_upgrade(call: &mut Call) -> OnUpgrade {
    hyper::upgrade::on(&mut call.request)
}

async fn tunnel(on_upgrade: OnUpgrade) -> Tunnel {
    let upgraded = expect_soon("the upgrade", on_upgrade).await;
    TokioIo::new(upgraded.expect("a 2xx answer opens a tunnel"))
}

/// Bytes pass in both directions, and both ends end.
async fn assert_tunnel_works(server: &mut Server, stream: u32, mut tunnel: Tunnel) {
    server.peer.send_data(stream, "ping").await;
    let mut read = [0; 4];
    tunnel.read_exact(&mut read).await.expect("bytes arrive");
    assert_eq!(&read, b"ping");
    tunnel.write_all(b"pong").await.expect("bytes are taken");
    assert_eq!(server.peer.expect_bytes(stream, 4).await, "pong");
    server.peer.send_last_data(stream, "").await;
    assert_eq!(tunnel.read(&mut read).await.expect("no error"), 0);
    tunnel.shutdown().await.expect("the end is sent");
    server.peer.expect_end(stream).await;
}

// Contract 6.4-1.
#[tokio::test(start_paused = true)]
async fn a_connect_request_has_an_empty_body_and_an_upgrade() {
    let mut server = server().await;
    let call = server.connect(1, &[]).await;
    assert!(call.request.body().is_end_stream());
    assert_eq!(call.request.body().size_hint().exact(), Some(0));
    assert_eq!(call.request.uri(), "target.example:443");
    assert!(call.request.extensions().get::<OnUpgrade>().is_some());
    assert!(call.request.extensions().get::<Protocol>().is_none());
}

// Contract 6.4-1, 2.4-16: other requests have none.
#[tokio::test(start_paused = true)]
async fn an_ordinary_request_has_no_upgrade() {
    let mut server = server().await;
    let mut call = server.get(1).await;
    let error = on_upgrade(&mut call).await.expect_err("nothing to upgrade");
    assert_eq!(kind(&error), "User(NoUpgrade)");
}

// Contract 6.4-2.
#[tokio::test(start_paused = true)]
async fn the_upgrade_waits_for_the_answer() {
    let mut server = server().await;
    let mut call = server.connect(1, &[]).await;
    let mut on_upgrade = on_upgrade(&mut call);
    assert!(settle(&mut on_upgrade).await.is_pending());
    call.respond(empty());
    let frames = server.peer.settled_frames().await;
    let [Frame::Headers { end_stream, .. }] = &frames[..] else {
        panic!("HEADERS alone, not {frames:?}")
    };
    assert!(!end_stream);
    let tunnel = tunnel(on_upgrade).await;
    assert_tunnel_works(&mut server, 1, tunnel).await;
}

// Contract 6.4-2: any 2xx opens a tunnel.
#[tokio::test(start_paused = true)]
async fn any_successful_status_opens_a_tunnel() {
    let mut server = server().await;
    for (stream, status) in [(1, 200), (3, 201), (5, 204), (7, 206), (9, 299)] {
        let mut call = server.connect(stream, &[]).await;
        let on_upgrade = on_upgrade(&mut call);
        call.respond(with_status(status, empty()));
        let fields = server.peer.expect_headers(stream).await;
        assert_eq!(fields.status(), status);
        let tunnel = tunnel(on_upgrade).await;
        assert_tunnel_works(&mut server, stream, tunnel).await;
    }
}

// Contract 6.4-2.
#[tokio::test(start_paused = true)]
async fn a_length_of_zero_is_taken_out_of_the_answer() {
    let mut server = server().await;
    let mut call = server.connect(1, &[]).await;
    let on_upgrade = on_upgrade(&mut call);
    call.respond(with_field(empty(), "content-length", "0"));
    let fields = server.peer.expect_headers(1).await;
    assert_eq!(fields.get("content-length"), None);
    let tunnel = tunnel(on_upgrade).await;
    assert_tunnel_works(&mut server, 1, tunnel).await;
}

// Contract 6.4-2.
#[tokio::test(start_paused = true)]
async fn the_body_of_a_successful_answer_is_ignored() {
    let mut server = server().await;
    let mut call = server.connect(1, &[]).await;
    let on_upgrade = on_upgrade(&mut call);
    call.respond(text("not sent"));
    let fields = server.peer.expect_headers(1).await;
    assert_eq!(fields.get("content-length"), None);
    assert!(server.peer.settled_frames().await.is_empty());
    let tunnel = tunnel(on_upgrade).await;
    assert_tunnel_works(&mut server, 1, tunnel).await;
}

// Contract 6.4-2.
#[tokio::test(start_paused = true)]
async fn a_successful_answer_with_a_length_resets_the_stream() {
    let mut server = server().await;
    for (stream, length) in [(1, "5"), (3, "nonsense")] {
        let mut call = server.connect(stream, &[]).await;
        let on_upgrade = on_upgrade(&mut call);
        call.respond(with_field(empty(), "content-length", length));
        let reset = server.peer.expect_reset(stream).await;
        assert_eq!(reset, Reason::INTERNAL_ERROR);
        let error = expect_soon("the failure", on_upgrade).await;
        assert!(error.expect_err("no tunnel").is_canceled());
    }
    server.assert_usable(5).await;
}

fn assert_no_tunnel(upgrade: hyper::Result<hyper::upgrade::Upgraded>) {
    let error = upgrade.expect_err("no tunnel was agreed on");
    assert_eq!(kind(&error), "Canceled");
    let cause = std::error::Error::source(&error).expect("a cause");
    assert_eq!(cause.to_string(), "upgrade expected but not completed");
}

// Contract 6.4-2, 2.4-5 (d).
#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_ordinary_answer_and_no_tunnel() {
    let mut server = server().await;
    for (stream, status) in [(1, 301), (3, 407), (5, 502)] {
        let mut call = server.connect(stream, &[]).await;
        let on_upgrade = on_upgrade(&mut call);
        call.respond(with_status(status, text("no")));
        let fields = server.peer.expect_headers(stream).await;
        assert_eq!(fields.status(), status);
        assert_eq!(fields.get("content-length"), Some("2"));
        assert_eq!(server.peer.read_to_end(stream).await, "no");
        assert_no_tunnel(expect_soon("the failure", on_upgrade).await);
    }
}

// Contract 6.4-2: it is settled with the head, however long the body takes.
#[tokio::test(start_paused = true)]
async fn a_refusal_fails_the_upgrade_before_its_body_has_ended() {
    let mut server = server().await;
    let mut call = server.connect(1, &[]).await;
    let on_upgrade = on_upgrade(&mut call);
    let (body, frames) = channel();
    call.respond(with_status(407, with_body(frames)));
    assert_eq!(server.peer.expect_headers(1).await.status(), 407);
    assert_no_tunnel(expect_soon("the failure", on_upgrade).await);
    body.send_data("no");
    assert_eq!(server.peer.expect_bytes(1, 2).await, "no");
}

// Contract 6.4-2, 2.4-5 (d).
#[tokio::test(start_paused = true)]
async fn the_upgrade_fails_with_the_service_the_stream_or_the_connection() {
    let mut server = server().await;
    let mut failing = server.connect(1, &[]).await;
    let on_failing = on_upgrade(&mut failing);
    failing.answer.fail("boom");
    assert_no_tunnel(expect_soon("the failure", on_failing).await);

    let mut reset = server.connect(3, &[]).await;
    let on_reset = on_upgrade(&mut reset);
    server.peer.reset(3, Reason::CANCEL).await;
    assert_no_tunnel(expect_soon("the failure", on_reset).await);
    assert!(reset.answer.is_abandoned());

    let mut dropped = server.connect(5, &[]).await;
    let on_dropped = on_upgrade(&mut dropped);
    server.hyper.abort();
    assert_no_tunnel(expect_soon("the failure", on_dropped).await);
}

// Contract 6.4-3, ODD 21: the connection lives, and so do its streams.
#[tokio::test(start_paused = true)]
async fn a_connect_request_with_a_length_costs_its_own_stream_only() {
    let mut server = server().await;
    let mut sibling = server.post(1, &[]).await;
    for (stream, length) in [(3, "5"), (5, "9000000000000000000")] {
        let fields = connect_head(&[("content-length", length)]);
        server.peer.send_headers(stream, &fields).await;
        let reset = server.peer.expect_reset(stream).await;
        assert_eq!(reset, Reason::INTERNAL_ERROR);
    }
    assert!(!server.hyper.has_calls() && !server.hyper.has_ended());
    server.peer.send_last_data(1, "alive").await;
    assert_eq!(sibling.read().await, "alive");
    sibling.respond(text("yes"));
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    server.assert_usable(7).await;
}

// Contract 6.4-3: zero is no length.
#[tokio::test(start_paused = true)]
async fn a_connect_request_with_a_length_of_zero_is_served() {
    let mut server = server().await;
    let mut call = server.connect(1, &[("content-length", "0")]).await;
    let on_upgrade = on_upgrade(&mut call);
    call.respond(empty());
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    let mut tunnel = tunnel(on_upgrade).await;
    tunnel.write_all(b"hi").await.expect("bytes are taken");
    assert_eq!(server.peer.expect_bytes(1, 2).await, "hi");
}

// Contract 6.4-2: a tunnel that nobody took is neither a task nor a stream for ever.
#[tokio::test(start_paused = true)]
async fn a_tunnel_that_nobody_takes_is_given_up() {
    let mut server = server().await;
    let mut call = server.connect(1, &[]).await;
    let on_upgrade = on_upgrade(&mut call);
    call.respond(empty());
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    assert!(server.peer.settled_frames().await.is_empty());
    drop(on_upgrade);
    assert_eq!(server.peer.expect_reset(1).await, Reason::CANCEL);
    run_until_idle().await;
    assert_eq!(server.hyper.executor.live(), 1, "the connection alone");
    server.assert_usable(3).await;
}

// Contract 6.4-2: nor does a service have to know that CONNECT makes tunnels.
#[tokio::test(start_paused = true)]
async fn a_service_that_forgets_the_upgrade_leaves_nothing_behind() {
    let mut server = server().await;
    server.connect(1, &[]).await.respond(text("hello"));
    let last = server.peer.settled_frames().await.pop();
    let cancel = Frame::Reset {
        stream: 1,
        code: Reason::CANCEL,
    };
    assert_eq!(last, Some(cancel));
    assert_eq!(server.hyper.executor.live(), 1, "the connection alone");
}
