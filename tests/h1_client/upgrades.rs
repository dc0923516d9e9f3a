//! Contract 5.6, 5.4-5, 7.3: from a response to a stream of bytes.

use hyper::upgrade::{OnUpgrade, Upgraded};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::messages::{cause_text, get, kind, request, with_field};
use crate::support::bodies::{empty_body, TestBody};
use crate::support::reading::Reading;
use crate::support::scripted_h1::{Client, Delivery, HeldClient, HyperIo};
use crate::support::tokio_rt::TokioIo;
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

const SWITCHING: &str =
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n";

fn upgrade() -> http::Request<TestBody> {
    with_field(
        with_field(get(), "connection", "upgrade"),
        "upgrade",
        "chat",
    )
}

fn connect() -> http::Request<TestBody> {
    let mut request = request(http::Method::CONNECT, empty_body());
    *request.uri_mut() = "a.example:443".parse().expect("an authority");
    request
}

async fn upgraded(on_upgrade: OnUpgrade) -> Upgraded {
    let upgraded = expect_soon("the upgrade", on_upgrade).await;
    upgraded.expect("the upgrade was agreed on")
}

/// Bytes pass both ways, those behind the response first.
async fn assert_connected(client: &mut Client, upgraded: Upgraded, early: &str) {
    let mut io = TokioIo::new(upgraded);
    let mut read = vec![0; early.len()];
    io.read_exact(&mut read).await.expect("read");
    assert_eq!(read, early.as_bytes());
    io.write_all(b"from hyper").await.expect("written");
    client.peer.expect_text("from hyper").await;
    client.peer.send("to hyper").await;
    client.peer.eof().await;
    let mut rest = String::new();
    io.read_to_string(&mut rest).await.expect("read");
    assert_eq!(rest, "to hyper");
    io.shutdown().await.expect("shut down");
    client.peer.expect_eof().await;
}

// Contract 5.6-1, 5.4-5, 1.4-1.
#[tokio::test(start_paused = true)]
async fn a_101_turns_the_connection_into_bytes() {
    for how in Delivery::EXTREMES {
        for early in ["", "early"] {
            let mut client = Client::upgradeable();
            let exchange = client.send(upgrade());
            client.peer.settled_text().await;
            client
                .peer
                .deliver(how, format!("{SWITCHING}{early}"))
                .await;
            let mut response = exchange.response().await;
            assert_eq!(response.status(), 101);
            assert!(response.extensions().get::<OnUpgrade>().is_some());
            let on_upgrade = hyper::upgrade::on(&mut response);
            assert_eq!(Reading::of(response.into_body()).await.whole(), "");
            client.ended().await.expect("handed over");
            assert!(client.requests().is_closed());
            assert_connected(&mut client, upgraded(on_upgrade).await, early).await;
        }
    }
}

// Contract 5.6-1, 5.4-5: neither length nor coding counts.
#[tokio::test(start_paused = true)]
async fn any_2xx_to_connect_opens_a_tunnel() {
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 299 Odd\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.0 200 Connection established\r\n\r\n",
    ] {
        for how in Delivery::EXTREMES {
            let mut client = Client::upgradeable();
            let exchange = client.send(connect());
            client
                .peer
                .expect_text("CONNECT a.example:443 HTTP/1.1\r\n\r\n")
                .await;
            client.peer.deliver(how, format!("{head}early")).await;
            let on_upgrade = hyper::upgrade::on(exchange.response().await);
            assert_connected(&mut client, upgraded(on_upgrade).await, "early").await;
        }
    }
}

// Contract 5.6-1.
#[tokio::test(start_paused = true)]
async fn a_refused_upgrade_is_an_ordinary_response() {
    for request in [upgrade(), connect()] {
        let mut client = Client::upgradeable();
        let exchange = client.send(request);
        client.peer.settled_text().await;
        client
            .peer
            .send("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno")
            .await;
        let mut response = exchange.response().await;
        assert!(response.extensions().get::<OnUpgrade>().is_none());
        let error = hyper::upgrade::on(&mut response)
            .await
            .expect_err("refused");
        assert_eq!(kind(&error), "User(NoUpgrade)");
        assert_eq!(Reading::of(response.into_body()).await.whole(), "no");
        client.assert_usable().await;
    }
}

// Contract 5.6-1, 7.3-2.
#[tokio::test(start_paused = true)]
async fn downcasting_gives_the_transport_and_the_unread_bytes() {
    let mut client = Client::upgradeable();
    let exchange = client.send(upgrade());
    client.peer.settled_text().await;
    client.peer.send(format!("{SWITCHING}early")).await;
    let upgraded = upgraded(hyper::upgrade::on(exchange.response().await)).await;
    let parts = upgraded.downcast::<HyperIo>().expect("the type it has");
    assert_eq!(parts.read_buf, "early");
}

// Contract 5.6-1.
#[tokio::test(start_paused = true)]
async fn a_plain_connection_leaves_the_upgrade_to_its_owner() {
    for (request, head) in [
        (upgrade(), SWITCHING),
        (connect(), "HTTP/1.1 200 OK\r\n\r\n"),
    ] {
        let mut held = HeldClient::new(|_| {});
        let answer = held.requests.send_request(request);
        let mut connection = held.connection;
        assert!(settle(&mut connection).await.is_pending());
        held.peer.settled_text().await;
        held.peer.send(format!("{head}early")).await;
        expect_soon("the end", &mut connection)
            .await
            .expect("a clean end");
        let response = expect_soon("the response", answer)
            .await
            .expect("a response");
        let error = hyper::upgrade::on(response)
            .await
            .expect_err("not by this connection");
        assert_eq!(kind(&error), "User(ManualUpgrade)");
        assert_eq!(held.io.shutdowns(), 0);
        let parts = connection.into_parts();
        assert_eq!(parts.read_buf, "early");
        let mut io = TokioIo::new(parts.io);
        io.write_all(b"raw").await.expect("still open");
        held.peer.expect_text("raw").await;
    }
}

// Contract 5.6-2.
#[tokio::test(start_paused = true)]
async fn a_handle_waits_after_the_upgrade_until_the_connection_is_gone() {
    let mut held = HeldClient::new(|_| {});
    let answer = held.requests.send_request(upgrade());
    let mut connection = held.connection;
    assert!(settle(&mut connection).await.is_pending());
    held.peer.settled_text().await;
    held.peer.send(SWITCHING).await;
    expect_soon("the end", &mut connection)
        .await
        .expect("a clean end");
    let _response = expect_soon("the response", answer)
        .await
        .expect("a response");
    {
        let mut ready = Box::pin(held.requests.ready());
        assert!(settle(&mut ready).await.is_pending());
    }
    drop(connection.into_parts());
    let ready = expect_soon("the refusal", held.requests.ready()).await;
    assert!(ready.expect_err("the connection is gone").is_closed());
}

// Contract 5.4-5: a 101 nobody asked for is one all the same.
#[tokio::test(start_paused = true)]
async fn a_101_nobody_asked_for_is_an_upgrade() {
    let mut client = Client::upgradeable();
    let response = client.answer(SWITCHING).await.expect("a response");
    assert_eq!(response.status(), 101);
    upgraded(hyper::upgrade::on(response)).await;
}

// Contract 2.4-5 (d).
#[tokio::test(start_paused = true)]
async fn an_upgrade_whose_connection_is_lost_is_canceled() {
    let mut held = HeldClient::new(|_| {});
    let answer = held.requests.send_request(upgrade());
    let mut connection = Box::pin(held.connection.with_upgrades());
    assert!(settle(&mut connection).await.is_pending());
    held.peer.settled_text().await;
    held.peer
        .send("HTTP/1.1 101 Switching Protocols\r\n\r\n")
        .await;
    run_until_idle().await;
    drop(connection);
    let outcome = expect_soon("the outcome", answer).await;
    match outcome {
        Ok(response) => {
            let error = expect_soon("the failure", hyper::upgrade::on(response)).await;
            let error = error.expect_err("the connection was dropped");
            assert_eq!(cause_text(&error), "upgrade expected but not completed");
        }
        Err(error) => assert!(error.is_user() || error.is_canceled(), "{error:?}"),
    }
}
