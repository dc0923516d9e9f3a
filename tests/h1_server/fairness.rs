//! Contract 4.8-9: connections that always have something to do still let others run, and those that have not, sleep.

use std::convert::Infallible;

use hyper::service::service_fn;

use crate::messages::{empty, with_body, Reading};
use crate::support::bodies::channel;
use crate::support::gate::wire;
use crate::support::scripted_h1::{Delivery, HyperIo, Peer, Server, ServerBuilder};
use crate::support::tokio_rt::CountingExecutor;
use crate::support::virtual_timer::run_until_idle;

/// Polls it takes to serve `count` requests that are all there at once.
async fn polls_for(count: usize) -> usize {
    let (far, near) = wire();
    let mut peer = Peer::new(far);
    peer.to_hyper().set_buffer(usize::MAX);
    peer.from_hyper().set_buffer(usize::MAX);
    peer.send("GET / HTTP/1.1\r\n\r\n".repeat(count)).await;
    let service = service_fn(|_| async { Ok::<_, Infallible>(empty()) });
    let executor = CountingExecutor::new();
    executor.spawn(ServerBuilder::new().serve_connection(HyperIo::new(near), service));
    let said = peer.settled_text().await;
    assert_eq!(said.matches("HTTP/1.1 200 OK").count(), count);
    executor.polls()
}

#[tokio::test(start_paused = true)]
async fn a_row_of_requests_is_not_served_in_a_single_poll() {
    let polls = polls_for(1_000).await;
    assert!(polls >= 20, "{polls}");
    assert!(polls <= 2_100, "{polls}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_with_nothing_to_do_sleeps() {
    let mut server = Server::start();
    // Idle, in a head, in a body nobody reads, while the service works, while the response's body waits.
    let assert_asleep = |polls_before: usize, polls_after: usize, state: &str| {
        assert_eq!(polls_before, polls_after, "awake {state}");
    };
    let quiet = |server: &Server| server.hyper.polls();

    run_until_idle().await;
    let before = quiet(&server);
    run_until_idle().await;
    assert_asleep(before, quiet(&server), "while idle");

    server.peer.deliver(Delivery::Whole, "POST / HT").await;
    let before = quiet(&server);
    run_until_idle().await;
    assert_asleep(before, quiet(&server), "in a head");

    server
        .peer
        .deliver(Delivery::Whole, "TP/1.1\r\ncontent-length: 10\r\n\r\nabc")
        .await;
    let call = server.hyper.next_call().await;
    run_until_idle().await;
    let before = quiet(&server);
    run_until_idle().await;
    assert_asleep(before, quiet(&server), "in a body nobody reads");

    let reading = Reading::start(call.request.into_body());
    run_until_idle().await;
    let before = quiet(&server);
    run_until_idle().await;
    assert_asleep(before, quiet(&server), "in a body that is read");

    server.peer.deliver(Delivery::Whole, "defghij").await;
    assert_eq!(reading.finish().await.whole(), "abcdefghij");
    let before = quiet(&server);
    run_until_idle().await;
    assert_asleep(before, quiet(&server), "while the service works");

    let (frames, body) = channel();
    call.answer.respond(with_body(body));
    run_until_idle().await;
    let before = quiet(&server);
    run_until_idle().await;
    assert_asleep(before, quiet(&server), "while the body has nothing");
    drop(frames);
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_peer_reads_nothing_sleeps() {
    let mut server = Server::start();
    server.peer.from_hyper().set_buffer(10);
    let (frames, body) = channel();
    server.get().await.respond(with_body(body));
    for _ in 0..100 {
        frames.send_data("x".repeat(10_000));
    }
    run_until_idle().await;
    let before = server.hyper.polls();
    for _ in 0..10 {
        run_until_idle().await;
    }
    assert_eq!(server.hyper.polls(), before);
}
