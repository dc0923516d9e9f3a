//! Contract 4.7-15, 3.1-9, 3.1-10, 3.1-11: how responses are handed to the transport.

use std::convert::Infallible;

use bytes::Bytes;
use hyper::service::service_fn;

use crate::messages::{empty, text, with_body, OK};
use crate::support::bodies::{channel, Frames};
use crate::support::gate::wire;
use crate::support::scripted_h1::{HeldServer, HyperIo, Peer, Server, ServerBuilder};
use crate::support::virtual_timer::run_until_idle;

const GET: &str = "GET / HTTP/1.1\r\n\r\n";

fn server(transport: fn(HyperIo) -> HyperIo, tune: fn(&mut ServerBuilder)) -> Server {
    HeldServer::on(transport, tune).drive()
}

fn vectored(io: HyperIo) -> HyperIo {
    io
}

/// Most slices any write had while a response of ten large frames was sent.
async fn slices(transport: fn(HyperIo) -> HyperIo, tune: fn(&mut ServerBuilder)) -> usize {
    let mut server = server(transport, tune);
    let body = Frames::repeat(10, "x".repeat(5_000));
    server.request(GET).await.respond(with_body(body));
    let said = server.peer.settled_text().await;
    assert!(said.ends_with("\r\n0\r\n\r\n"));
    assert_eq!(said.matches('x').count(), 50_000);
    server.hyper.io.most_slices()
}

// Contract 3.1-9, 4.7-15.
#[tokio::test(start_paused = true)]
async fn writes_are_vectored_if_the_transport_likes_it() {
    let most = slices(vectored, |_| {}).await;
    assert!(most > 1 && most <= 64, "{most}");
}

// Contract 3.1-9.
#[tokio::test(start_paused = true)]
async fn writes_are_flat_if_the_transport_does_not_care() {
    assert_eq!(slices(HyperIo::not_vectored, |_| {}).await, 1);
}

// Contract 3.1-9.
#[tokio::test(start_paused = true)]
async fn writev_overrides_the_transport() {
    fn on(builder: &mut ServerBuilder) {
        builder.writev(true);
    }
    fn off(builder: &mut ServerBuilder) {
        builder.writev(false);
    }
    assert_eq!(slices(vectored, off).await, 1);
    let most = slices(HyperIo::not_vectored, on).await;
    assert!(most > 1, "{most}");
}

// Contract 4.7-15.
#[tokio::test(start_paused = true)]
async fn the_head_and_a_body_that_is_there_share_a_write() {
    for (transport, name) in [
        (vectored as fn(HyperIo) -> HyperIo, "vectored"),
        (HyperIo::not_vectored, "flat"),
    ] {
        let mut server = server(transport, |_| {});
        server.request(GET).await.respond(text("hello"));
        run_until_idle().await;
        let writes = server.hyper.io.writes();
        assert_eq!(writes.len(), 1, "{name}: {writes:?}");
        assert!(writes[0].starts_with("HTTP/1.1 200 OK\r\n") && writes[0].ends_with("hello"));
    }
}

// Contract 4.7-15: a body that is not there yet does not keep the head.
#[tokio::test(start_paused = true)]
async fn the_head_does_not_wait_for_the_body() {
    let mut server = Server::start();
    let (frames, body) = channel();
    server.request(GET).await.respond(with_body(body));
    run_until_idle().await;
    assert_eq!(server.hyper.io.writes().len(), 1);
    drop(frames);
}

/// How many bytes of a body are taken from it while the peer reads nothing, in frames of `len` bytes.
async fn taken(
    transport: fn(HyperIo) -> HyperIo,
    tune: fn(&mut ServerBuilder),
    len: usize,
) -> usize {
    let mut server = server(transport, tune);
    server.peer.from_hyper().set_buffer(0);
    let (frames, body) = channel();
    let chunk = Bytes::from(vec![b'x'; len]);
    let (body, polls) = crate::support::virtual_timer::CountPolls::new(body);
    server.request(GET).await.respond(with_body(body));
    for _ in 0..1_000 {
        frames.send_data(chunk.clone());
    }
    run_until_idle().await;
    polls.get() * len
}

// Contract 4.7-15, 3.1-10.
#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_nothing_stops_the_body() {
    // A queue of 16 buffers, or `max_buf_size` bytes that are copied, and not much more.
    for len in [100, 1_000, 10_000] {
        let queued = taken(vectored, |_| {}, len).await;
        assert!(queued <= 40 * len, "{queued} for {len}");
    }
    let flat = taken(HyperIo::not_vectored, |_| {}, 10_000).await;
    assert!(flat <= 417_792 + 20_000, "{flat}");
}

// Contract 3.1-10.
#[tokio::test(start_paused = true)]
async fn max_buf_size_is_where_writing_stops() {
    fn small(builder: &mut ServerBuilder) {
        builder.max_buf_size(8192);
    }
    let flat = taken(HyperIo::not_vectored, small, 1_000).await;
    assert!((8_000..=11_000).contains(&flat), "{flat}");
    let queued = taken(vectored, small, 1_000).await;
    assert!(queued <= 11_000, "{queued}");
}

/// What was written for three requests in a row that are answered at once.
async fn writes_for_three(tune: fn(&mut ServerBuilder)) -> Vec<String> {
    let (far, near) = wire();
    let mut peer = Peer::new(far);
    let io = HyperIo::new(near);
    let record = io.record();
    let mut builder = ServerBuilder::new();
    tune(&mut builder);
    peer.send(GET.repeat(3)).await;
    let service = service_fn(|_| async { Ok::<_, Infallible>(empty()) });
    tokio::spawn(builder.serve_connection(io, service));
    peer.expect_text(&OK.repeat(3)).await;
    record.writes()
}

// Contract 3.1-11.
#[tokio::test(start_paused = true)]
async fn pipelined_responses_share_a_write_if_the_option_is_on() {
    let together = writes_for_three(|builder| {
        builder.pipeline_flush(true);
    });
    assert_eq!(together.await.len(), 1);
}

// Contract 3.1-11: without it each response leaves by itself.
#[tokio::test(start_paused = true)]
async fn pipelined_responses_leave_one_by_one_by_default() {
    let mut server = Server::start();
    server.peer.send(GET.repeat(3)).await;
    for _ in 0..3 {
        server.hyper.next_call().await.respond(empty());
        server.peer.expect_text(OK).await;
    }
    assert_eq!(server.hyper.io.writes().len(), 3);
}

// Contract 4.7-15: what the socket takes is what decides, byte by byte.
#[tokio::test(start_paused = true)]
async fn a_socket_that_takes_a_byte_at_a_time_gets_every_byte_in_order() {
    for transport in [vectored, HyperIo::not_vectored as fn(HyperIo) -> HyperIo] {
        let mut server = server(transport, |_| {});
        server.peer.from_hyper().set_buffer(1);
        let frames = ["one", "two", "three"].map(Bytes::from);
        server
            .request("GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
            .await
            .respond(with_body(Frames::of(frames)));
        let said = server.peer.read_to_end().await;
        let end = b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n";
        assert!(said.ends_with(end), "{said:?}");
        server.assert_ends_well().await;
    }
}
