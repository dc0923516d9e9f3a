//! Case 34: a tunnel nobody ever takes is reset, and gives back what it had.

use std::convert::Infallible;

use h2::Reason;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{upgrade, Request, Response};

use crate::support::gate::WireEnd;
use crate::support::own_service::{serve, Served};
use crate::support::scripted_h2::{Frame, RawPeer};
use crate::support::tunnels::{
    both_roles, connect_request, empty_body, Link, Options, Role, AUTHORITY,
};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

type RawLink = Link<RawPeer<WireEnd>>;

both_roles!(
    an_upgrade_dropped_at_once_cancels_the_stream,
    an_upgrade_dropped_after_its_completion_cancels_the_stream,
    the_bytes_sent_to_a_tunnel_nobody_took_return_their_credit,
);

/// Opens a CONNECT stream up to the promise of a tunnel.
async fn promise(link: &mut RawLink) -> (upgrade::OnUpgrade, u32) {
    match link.hyper.role() {
        Role::Server => {
            let stream = link.peer.send_connect(AUTHORITY, &[]).await;
            (link.hyper.next_upgrade().await, stream)
        }
        Role::Client => {
            let response = link.hyper.requests().send_request(connect_request());
            let peer = &mut link.peer;
            let answer = async move {
                let (stream, _) = peer.expect_request().await;
                peer.send_headers(stream, &[(":status", "200")]).await;
                stream
            };
            let (response, stream) = tokio::join!(response, answer);
            (upgrade::on(response.expect("an answer")), stream)
        }
    }
}

async fn expect_cancelled(link: &mut RawLink, stream: u32) {
    let mut frames = link.peer.settled_frames().await;
    if link.hyper.role() == Role::Server {
        assert!(matches!(frames.remove(0), Frame::Headers { .. }));
    }
    let is_cancel = |frame: &Frame| {
        *frame
            == Frame::Reset {
                stream,
                code: Reason::CANCEL,
            }
    };
    assert!(
        matches!(&frames[..], [frame] if is_cancel(frame)),
        "{frames:?}"
    );
}

// Case 34.
async fn an_upgrade_dropped_at_once_cancels_the_stream(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let (on_upgrade, stream) = promise(&mut link).await;
    drop(on_upgrade);
    expect_cancelled(&mut link, stream).await;
    assert_eq!(link.executor.live(), without_tunnel);
}

// Case 34: the tunnel stands, and waits for somebody to ask.
async fn an_upgrade_dropped_after_its_completion_cancels_the_stream(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let (on_upgrade, stream) = promise(&mut link).await;
    run_until_idle().await;
    assert_eq!(link.executor.live(), without_tunnel + 1);
    drop(on_upgrade);
    expect_cancelled(&mut link, stream).await;
    assert_eq!(link.executor.live(), without_tunnel);
}

// Case 34.
async fn the_bytes_sent_to_a_tunnel_nobody_took_return_their_credit(role: Role) {
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
        let (on_upgrade, stream) = promise(&mut link).await;
        let owed = sent - link.peer.credit(0);
        assert!(owed + BURST as u64 <= WINDOW, "round {round}: {owed} owed");
        link.peer.send_data(stream, vec![1; BURST]).await;
        sent += BURST as u64;
        run_until_idle().await;
        drop(on_upgrade);
        expect_cancelled(&mut link, stream).await;
    }
}

// Case 34: a service that says yes and never looks at the tunnel.
#[tokio::test(start_paused = true)]
async fn a_service_that_drops_the_request_cancels_the_stream() {
    let service = service_fn(|request: Request<Incoming>| {
        drop(request);
        async { Ok::<_, Infallible>(Response::new(empty_body())) }
    });
    let Served {
        mut peer, executor, ..
    } = serve(&Options::new(), service).await;
    let without_stream = executor.live();
    let stream = peer.send_connect(AUTHORITY, &[]).await;
    let frames = peer.settled_frames().await;
    let code = Reason::CANCEL;
    // Whether the answer goes out first makes no difference: there is no tunnel.
    assert_eq!(frames.last(), Some(&Frame::Reset { stream, code }));
    assert_eq!(executor.live(), without_stream);
}

// Case 34: the caller went before there was an answer.
#[tokio::test(start_paused = true)]
async fn a_request_given_up_before_its_answer_cancels_the_stream() {
    let mut link = Link::raw(Role::Client, &Options::new()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut response = Box::pin(link.hyper.requests().send_request(connect_request()));
    assert!(settle(&mut response).await.is_pending());
    let (stream, _) = link.peer.expect_request().await;
    drop(response);
    assert_eq!(link.peer.expect_reset(stream).await, Reason::CANCEL);
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    assert!(link.peer.settled_frames().await.is_empty());
    assert_eq!(link.executor.live(), without_tunnel);
}

// Case 34: the caller has the answer, and no use for it.
#[tokio::test(start_paused = true)]
async fn a_response_dropped_whole_cancels_the_stream() {
    let mut link = Link::raw(Role::Client, &Options::new()).await;
    let mut response = Box::pin(link.hyper.requests().send_request(connect_request()));
    assert!(settle(&mut response).await.is_pending());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let response = expect_soon("the answer", response).await;
    drop(response.expect("an answer"));
    assert_eq!(link.peer.expect_reset(stream).await, Reason::CANCEL);
}

// Case 34: of several clones one is enough to keep the tunnel.
#[tokio::test(start_paused = true)]
async fn a_clone_that_stays_keeps_the_tunnel() {
    use tokio::io::AsyncWriteExt;

    let mut link = Link::raw(Role::Server, &Options::new()).await;
    let (on_upgrade, stream) = promise(&mut link).await;
    let clone = on_upgrade.clone();
    drop(on_upgrade);
    link.peer.expect_headers(stream).await;
    assert!(link.peer.settled_frames().await.is_empty());
    let upgraded = clone.await.expect("the promise holds");
    let mut tunnel = crate::support::tokio_rt::TokioIo::new(upgraded);
    tunnel.write_all(b"kept").await.expect("open");
    assert_eq!(link.peer.expect_bytes(stream, 4).await, "kept");
}
