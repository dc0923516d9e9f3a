//! Contract 6.4-1, 1.4-1, 1.4-3: which requests can be upgraded, and what they carry.

use hyper::body::Body;
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, StatusCode, Version};

use crate::exchange::{response, serve};
use crate::support::scripted_h2::setting;
use crate::support::virtual_timer::expect_soon;

// Contract 1.4-1, 6.4-1.
#[tokio::test(start_paused = true)]
async fn a_connect_request_offers_an_upgrade_and_has_no_body() {
    let mut served = serve().await;
    let (_, asked) = served.connect().await;
    let request = &asked.request;
    assert_eq!(request.method(), Method::CONNECT);
    assert_eq!(request.uri(), "target.example:443");
    assert_eq!(request.version(), Version::HTTP_2);
    assert!(request.extensions().get::<OnUpgrade>().is_some());
    assert!(request.extensions().get::<Protocol>().is_none());
    assert!(request.body().is_end_stream());
    assert_eq!(request.body().size_hint().exact(), Some(0));
    assert_eq!(format!("{:?}", request.body()), "Body(Empty)");
}

// Contract 1.4-1.
#[tokio::test(start_paused = true)]
async fn any_other_request_offers_none() {
    let mut served = serve().await;
    let fields = [
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", "server.example"),
        (":path", "/"),
    ];
    served.peer.send_last_headers(1, &fields).await;
    let mut asked = served.next().await;
    assert!(asked.request.extensions().get::<OnUpgrade>().is_none());
    let none = hyper::upgrade::on(&mut asked.request).await;
    crate::exchange::assert_none_expected(&none.expect_err("no upgrade"));
}

// Contract 6.4-1, 1.4-3; axum and warp look for it (9-10).
#[tokio::test(start_paused = true)]
async fn an_extended_connect_names_its_protocol() {
    let mut served = serve().await;
    assert_eq!(
        served.peer.setting(setting::ENABLE_CONNECT_PROTOCOL),
        Some(1)
    );
    let fields = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":authority", "chat.example"),
        (":path", "/room"),
        ("sec-websocket-version", "13"),
    ];
    served.peer.send_headers(1, &fields).await;
    let mut asked = served.next().await;
    let protocol = asked.request.extensions().get::<Protocol>();
    assert_eq!(protocol.expect("a protocol").as_str(), "websocket");
    assert_eq!(asked.request.uri(), "https://chat.example/room");
    assert_eq!(asked.request.headers()["sec-websocket-version"], "13");

    // The h2 crate's own type does not show.
    let theirs = asked.request.extensions().get::<h2::ext::Protocol>();
    assert!(theirs.is_none());

    let on_upgrade = hyper::upgrade::on(&mut asked.request);
    asked.answer(response(StatusCode::OK));
    assert_eq!(served.peer.expect_headers(1).await.status(), 200);
    let tunnel = expect_soon("the tunnel", on_upgrade).await;
    tunnel.expect("a tunnel");
}
