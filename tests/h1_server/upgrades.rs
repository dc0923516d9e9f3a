//! Contract 4.9, 7.3, 1.4-1, 2.4-16, 2.4-17: from a request to a stream of bytes.

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::messages::{empty, kind, text, with_body, with_field, with_status, OK};
use crate::support::bodies::{Frames, TestBody};
use crate::support::scripted_h1::{Delivery, HeldServer, HyperIo, Server};
use crate::support::tokio_rt::TokioIo;
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

const UPGRADE: &str = "GET /chat HTTP/1.1\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n";
const CONNECT: &str = "CONNECT a.example:443 HTTP/1.1\r\n\r\n";
const SWITCHED: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: chat\r\nconnection: upgrade\r\ndate: <date>\r\n\r\n";

fn switching() -> Response<TestBody> {
    let response = with_field(with_status(101, empty()), "upgrade", "chat");
    with_field(response, "connection", "upgrade")
}

async fn upgraded(on_upgrade: OnUpgrade) -> Upgraded {
    let upgraded = expect_soon("the upgrade", on_upgrade).await;
    upgraded.expect("the upgrade was agreed on")
}

fn offers_upgrade(request: &Request<Incoming>) -> bool {
    request.extensions().get::<OnUpgrade>().is_some()
}

/// Bytes pass both ways.
async fn assert_connected(server: &mut Server, upgraded: Upgraded) {
    let mut io = TokioIo::new(upgraded);
    io.write_all(b"from hyper").await.expect("written");
    io.flush().await.expect("flushed");
    server.peer.expect_text("from hyper").await;
    server.peer.send("to hyper").await;
    let mut read = [0; 8];
    io.read_exact(&mut read).await.expect("read");
    assert_eq!(&read, b"to hyper");
    server.peer.eof().await;
    assert_eq!(io.read(&mut read).await.expect("the end"), 0);
    io.shutdown().await.expect("shut down");
    server.peer.expect_eof().await;
}

// Contract 4.9-1, 4.9-2, 4.9-4.
#[tokio::test(start_paused = true)]
async fn a_101_turns_the_connection_into_bytes() {
    for how in Delivery::EXTREMES {
        let mut server = Server::upgradeable();
        server.peer.deliver(how, UPGRADE).await;
        let mut call = server.hyper.next_call().await;
        let on_upgrade = hyper::upgrade::on(&mut call.request);
        call.respond(switching());
        server.peer.expect_text(SWITCHED).await;
        server.hyper.ended().await.expect("handed over");
        assert_connected(&mut server, upgraded(on_upgrade).await).await;
    }
}

// Contract 4.9-2.
#[tokio::test(start_paused = true)]
async fn any_2xx_to_connect_opens_a_tunnel_without_framing() {
    for (status, line) in [
        (200, "200 OK"),
        (204, "204 No Content"),
        (299, "299 <none>"),
    ] {
        for response in [
            empty(),
            text("dropped"),
            with_body(Frames::repeat(1, "dropped")),
        ] {
            let mut server = Server::upgradeable();
            let mut call = server.request(CONNECT).await;
            let on_upgrade = hyper::upgrade::on(&mut call.request);
            call.respond(with_status(status, response));
            let expected = format!("HTTP/1.1 {line}\r\ndate: <date>\r\n\r\n");
            server.peer.expect_text(&expected).await;
            server.hyper.ended().await.expect("handed over");
            assert_connected(&mut server, upgraded(on_upgrade).await).await;
        }
    }
}

// Contract 4.9-1: CONNECT of any version.
#[tokio::test(start_paused = true)]
async fn connect_of_http_1_0_opens_a_tunnel() {
    let mut server = Server::upgradeable();
    let mut call = server.request("CONNECT a:1 HTTP/1.0\r\n\r\n").await;
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    call.respond(empty());
    let said = server.peer.settled_text().await;
    assert!(said.starts_with("HTTP/1.0 200 OK\r\n"), "{said}");
    assert_connected(&mut server, upgraded(on_upgrade).await).await;
}

// Contract 4.9-1, 1.4-1, 2.4-16.
#[tokio::test(start_paused = true)]
async fn requests_that_cannot_upgrade_offer_none() {
    for input in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nconnection: upgrade\r\n\r\n",
        "GET / HTTP/1.0\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n",
    ] {
        let mut server = Server::upgradeable();
        let mut call = server.request(input).await;
        assert!(!offers_upgrade(&call.request), "{input:?}");
        let error = hyper::upgrade::on(&mut call.request)
            .await
            .expect_err("none");
        assert_eq!(kind(&error), "User(NoUpgrade)");
        assert_eq!(error.to_string(), "no upgrade available");
    }
}

// Contract 4.9-1: `Connection: upgrade` is not asked for.
#[tokio::test(start_paused = true)]
async fn an_upgrade_field_is_offer_enough() {
    let mut server = Server::upgradeable();
    let mut call = server
        .request("GET / HTTP/1.1\r\nupgrade: chat\r\n\r\n")
        .await;
    assert!(offers_upgrade(&call.request));
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    assert!(!offers_upgrade(&call.request), "it is taken once");
    let error = hyper::upgrade::on(&mut call.request)
        .await
        .expect_err("gone");
    assert_eq!(kind(&error), "User(NoUpgrade)");
    call.respond(switching());
    server.peer.expect_text(SWITCHED).await;
    upgraded(on_upgrade).await;
}

// Contract 4.9-2, 4.9-4, 7.3-1.
#[tokio::test(start_paused = true)]
async fn bytes_behind_the_request_belong_to_the_upgrade() {
    let mut server = Server::upgradeable();
    let mut call = server.request(format!("{UPGRADE}early bytes")).await;
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    call.respond(switching());
    let mut io = TokioIo::new(upgraded(on_upgrade).await);
    server.peer.send(", later bytes").await;
    server.peer.eof().await;
    // A read takes part of what was read early, and leaves the rest.
    let mut few = [0; 3];
    io.read_exact(&mut few).await.expect("read");
    assert_eq!(&few, b"ear");
    let mut rest = String::new();
    io.read_to_string(&mut rest).await.expect("read");
    assert_eq!(rest, "ly bytes, later bytes");
}

// Contract 7.3-2, 9-3.
#[tokio::test(start_paused = true)]
async fn downcasting_gives_the_transport_and_the_unread_bytes() {
    let mut server = Server::upgradeable();
    let mut call = server.request(format!("{UPGRADE}early")).await;
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    call.respond(switching());
    let upgraded = upgraded(on_upgrade).await;
    let same = upgraded.downcast::<TokioIo<tokio::io::DuplexStream>>();
    let upgraded = same.expect_err("that is another type");
    let parts = upgraded.downcast::<HyperIo>().expect("the type it has");
    assert_eq!(parts.read_buf, "early");
    let mut io = TokioIo::new(parts.io);
    io.write_all(b"raw").await.expect("written");
    server.peer.expect_text(&format!("{SWITCHED}raw")).await;
}

// Contract 7.3-2: what was read of it already is not unread.
#[tokio::test(start_paused = true)]
async fn downcasting_after_a_read_gives_the_rest() {
    let mut server = Server::upgradeable();
    let mut call = server.request(format!("{UPGRADE}early")).await;
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    call.respond(switching());
    let mut io = TokioIo::new(upgraded(on_upgrade).await);
    let mut few = [0; 2];
    io.read_exact(&mut few).await.expect("read");
    let parts = io.into_inner().downcast::<HyperIo>();
    assert_eq!(parts.expect("the type it has").read_buf, "rly");
}

// Contract 7.3-1.
#[tokio::test(start_paused = true)]
async fn vectored_writes_pass_through() {
    let mut server = Server::upgradeable();
    let mut call = server.request(CONNECT).await;
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    call.respond(empty());
    run_until_idle().await;
    let mut io = TokioIo::new(upgraded(on_upgrade).await);
    assert!(io.is_write_vectored());
    server.hyper.io.forget_writes();
    let slices = [std::io::IoSlice::new(b"one"), std::io::IoSlice::new(b"two")];
    assert_eq!(io.write_vectored(&slices).await.expect("written"), 6);
    assert_eq!(server.hyper.io.writes(), ["onetwo"]);
}

// Contract 4.9-5.
#[tokio::test(start_paused = true)]
async fn a_refused_upgrade_leaves_http_as_it_was() {
    for (input, status) in [(UPGRADE, 200), (UPGRADE, 400), (CONNECT, 403)] {
        let mut server = Server::upgradeable();
        let mut call = server.request(input).await;
        let _on_upgrade = hyper::upgrade::on(&mut call.request);
        call.respond(with_status(status, text("no")));
        let said = server.peer.settled_text().await;
        assert!(
            said.ends_with("content-length: 2\r\ndate: <date>\r\n\r\nno"),
            "{said}"
        );
        server.assert_usable().await;
    }
}

// Contract 4.9-5: nobody having looked at it.
#[tokio::test(start_paused = true)]
async fn an_ignored_upgrade_leaves_http_as_it_was() {
    let mut server = Server::upgradeable();
    server.request(UPGRADE).await.respond(empty());
    server.peer.expect_text(OK).await;
    server.assert_usable().await;
}

// Contract 4.9-3.
#[tokio::test(start_paused = true)]
async fn a_101_nobody_asked_for_ends_the_connection() {
    for start in [Server::start as fn() -> Server, Server::upgradeable] {
        let mut server = start();
        server.get().await.respond(switching());
        server.peer.expect_last_text(SWITCHED).await;
        server.hyper.ended().await.expect("a clean end");
    }
}

// Contract 4.9-4, 2.4-17.
#[tokio::test(start_paused = true)]
async fn a_plain_connection_leaves_the_upgrade_to_its_owner() {
    for (input, response) in [(UPGRADE, switching()), (CONNECT, empty())] {
        let mut held = HeldServer::new(|_| {});
        held.peer.send(format!("{input}early")).await;
        assert!(settle(&mut held.connection).await.is_pending());
        let mut call = held.calls.recv().await.expect("a request");
        let on_upgrade = hyper::upgrade::on(&mut call.request);
        call.respond(response);
        let ended = expect_soon("the end", &mut held.connection).await;
        ended.expect("a clean end");
        let error = on_upgrade.await.expect_err("not by this connection");
        assert_eq!(kind(&error), "User(ManualUpgrade)");
        assert_eq!(
            error.to_string(),
            "upgrade expected but low level API in use"
        );
        assert_eq!(held.io.shutdowns(), 0);
        let parts = held.connection.into_parts();
        assert_eq!(parts.read_buf, "early");
        let mut io = TokioIo::new(parts.io);
        io.write_all(b"raw").await.expect("still open");
        let said = held.peer.settled_text().await;
        assert!(said.ends_with("\r\n\r\nraw"), "{said}");
    }
}

// Contract 4.9-5.
#[tokio::test(start_paused = true)]
async fn the_parts_are_gone_after_an_upgrade() {
    let held = HeldServer::new(|_| {});
    let (mut peer, mut calls) = (held.peer, held.calls);
    let mut connection = held.connection.with_upgrades();
    peer.send(UPGRADE).await;
    assert!(settle(&mut connection).await.is_pending());
    let mut call = calls.recv().await.expect("a request");
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    call.respond(switching());
    let ended = expect_soon("the end", &mut connection).await;
    ended.expect("handed over");
    upgraded(on_upgrade).await;
    // Polled again, it says so again; and a shutdown comes too late to matter.
    std::pin::Pin::new(&mut connection).graceful_shutdown();
    (&mut connection).await.expect("handed over");
    assert!(connection.into_parts().is_none());
}

// Contract 4.9-5.
#[tokio::test(start_paused = true)]
async fn the_parts_are_there_without_an_upgrade() {
    let mut held = HeldServer::new(|_| {});
    held.peer.send("GET /").await;
    let mut connection = held.connection.with_upgrades();
    assert!(settle(&mut connection).await.is_pending());
    let parts = connection.into_parts().expect("nothing was handed over");
    assert_eq!(parts.read_buf, "GET /");
}

// Contract 4.9-2: a body that came with the request is read before the bytes are.
#[tokio::test(start_paused = true)]
async fn a_request_body_comes_before_the_upgrade() {
    let mut server = Server::upgradeable();
    let input = "POST / HTTP/1.1\r\nupgrade: chat\r\ncontent-length: 4\r\n\r\nbodybytes";
    let mut call = server.request(input).await;
    assert_eq!(call.read().await, "body");
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    call.respond(switching());
    let mut io = TokioIo::new(upgraded(on_upgrade).await);
    server.peer.eof().await;
    let mut rest = String::new();
    io.read_to_string(&mut rest).await.expect("read");
    assert_eq!(rest, "bytes");
}

// Contract 2.4-5 (d), 4.9-4.
#[tokio::test(start_paused = true)]
async fn an_upgrade_whose_connection_is_lost_is_canceled() {
    let mut server = Server::upgradeable();
    let mut call = server.request(UPGRADE).await;
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    server.hyper.abort();
    let error = expect_soon("the failure", on_upgrade).await;
    let error = error.expect_err("there is no connection");
    assert!(error.is_canceled());
    let cause = crate::messages::cause_text(&error);
    assert_eq!(cause, "upgrade expected but not completed");
}
