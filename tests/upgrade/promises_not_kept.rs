//! Contract 6.4-2, 2.4-5 (d): upgrades that were offered and did not happen.

use hyper::upgrade::on;
use hyper::StatusCode;
use tokio::io::AsyncWriteExt;

use crate::exchange::{assert_not_kept, response, response_with_body, serve};
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

// Contract 6.4-2, 2.4-5 (d).
#[tokio::test(start_paused = true)]
async fn a_refusal_fails_the_upgrade_at_once_and_is_delivered() {
    let refusals = [
        StatusCode::FOUND,
        StatusCode::FORBIDDEN,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        StatusCode::BAD_GATEWAY,
    ];
    let mut served = serve().await;
    for status in refusals {
        let (stream, mut asked) = served.connect().await;
        let on_upgrade = on(&mut asked.request);
        asked.answer(response_with_body(status, "denied"));
        let failed = expect_soon("the refusal", on_upgrade).await;
        assert_not_kept(&failed.expect_err("refused"));

        let head = served.peer.expect_headers(stream).await;
        assert_eq!(head.status(), status.as_u16());
        assert_eq!(head.get("content-length"), Some("6"));
        assert_eq!(served.peer.read_to_end(stream).await, "denied");
    }
    assert!(!served.connection.is_finished());
    run_until_idle().await;
    assert_eq!(served.executor.live(), 0);
}

// Contract 2.4-5 (d).
#[tokio::test(start_paused = true)]
async fn a_service_that_fails_fails_the_upgrade() {
    let mut served = serve().await;
    let (stream, mut asked) = served.connect().await;
    let on_upgrade = on(&mut asked.request);
    drop(asked.answer);
    let failed = expect_soon("the failure", on_upgrade).await;
    assert_not_kept(&failed.expect_err("no answer"));
    assert_eq!(
        served.peer.expect_reset(stream).await,
        h2::Reason::INTERNAL_ERROR
    );
}

// Contract 2.4-5 (d).
#[tokio::test(start_paused = true)]
async fn a_peer_that_gives_up_fails_the_upgrade() {
    let mut served = serve().await;
    let (stream, mut asked) = served.connect().await;
    let on_upgrade = on(&mut asked.request);
    served.peer.reset(stream, h2::Reason::CANCEL).await;
    let failed = expect_soon("the failure", on_upgrade).await;
    assert_not_kept(&failed.expect_err("given up"));
}

// Contract 2.4-5 (d).
#[tokio::test(start_paused = true)]
async fn a_lost_connection_fails_the_upgrade() {
    let mut served = serve().await;
    let (_, mut asked) = served.connect().await;
    let on_upgrade = on(&mut asked.request);
    served.connection.abort();
    let failed = expect_soon("the failure", on_upgrade).await;
    assert_not_kept(&failed.expect_err("lost"));
}

// Contract 2.4-5 (d): every clone learns of it, and as often as it asks.
#[tokio::test(start_paused = true)]
async fn a_failure_is_told_to_every_clone_again_and_again() {
    let mut served = serve().await;
    let (_, mut asked) = served.connect().await;
    let mut on_upgrade = on(&mut asked.request);
    let clone = on_upgrade.clone();
    asked.answer(response(StatusCode::FORBIDDEN));
    let failed = expect_soon("the refusal", &mut on_upgrade).await;
    assert_not_kept(&failed.expect_err("refused"));
    expect_soon("the refusal", &mut on_upgrade)
        .await
        .expect_err("refused");
    expect_soon("the refusal", clone)
        .await
        .expect_err("refused");
}

// Contract 6.4-2: content is not for a tunnel, whatever the response brings.
#[tokio::test(start_paused = true)]
async fn the_body_of_an_accepting_response_is_left_out() {
    let mut served = serve().await;
    let (stream, mut asked) = served.connect().await;
    let on_upgrade = on(&mut asked.request);
    let mut accepting = response(StatusCode::OK);
    let body = crate::support::bodies::Frames::repeat(3, "ignored");
    *accepting.body_mut() = crate::support::tunnels::test_body(body);
    asked.answer(accepting);
    let head = served.peer.expect_headers(stream).await;
    assert_eq!(head.status(), 200);
    assert_eq!(head.get("content-length"), None);
    let tunnel = expect_soon("the tunnel", on_upgrade).await;
    let mut tunnel = TokioIo::new(tunnel.expect("a tunnel"));
    tunnel.write_all(b"first").await.expect("open");
    assert_eq!(served.peer.expect_bytes(stream, 5).await, "first");
}

both_roles!(a_tunnel_nobody_takes_is_ended);

// Contract 7.3-3: an upgrade that is not wanted does not hold its stream open.
async fn a_tunnel_nobody_takes_is_ended(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let before = link.executor.live();
    let stream = match role {
        Role::Server => {
            let stream = link.peer.send_connect("target.example:443", &[]).await;
            drop(link.hyper.next_upgrade().await);
            stream
        }
        Role::Client => {
            let connect = crate::support::tunnels::connect_request();
            let answer = link.hyper.requests().send_request(connect);
            let (stream, _) = link.peer.expect_request().await;
            link.peer.send_headers(stream, &[(":status", "200")]).await;
            drop(expect_soon("the answer", answer).await.expect("a tunnel"));
            stream
        }
    };
    let frames = link.peer.settled_frames().await;
    use crate::support::scripted_h2::Frame;
    let ended = frames.iter().any(|frame| {
        frame.stream() == stream
            && matches!(
                frame,
                Frame::Reset { .. }
                    | Frame::Data {
                        end_stream: true,
                        ..
                    }
            )
    });
    assert!(ended, "{frames:?}");
    run_until_idle().await;
    // As a server the peer's half may still be open.
    link.peer.reset(stream, h2::Reason::CANCEL).await;
    run_until_idle().await;
    assert_eq!(link.executor.live(), before);
}
