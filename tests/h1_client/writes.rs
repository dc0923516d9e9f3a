//! Contract 3.2-2, 4.7-15: how requests are handed to the transport.

use bytes::Bytes;

use crate::messages::{post, sized};
use crate::support::bodies::{channel, test_body, Frames};
use crate::support::scripted_h1::{ClientBuilder, HeldClient, HyperIo};
use crate::support::virtual_timer::{run_until_idle, CountPolls};

type Transport = fn(HyperIo) -> HyperIo;

fn vectored(io: HyperIo) -> HyperIo {
    io
}

const TRANSPORTS: [(Transport, &str); 2] =
    [(vectored, "vectored"), (HyperIo::not_vectored, "flat")];

/// Most slices any write had while a request of ten large frames was sent.
async fn slices(transport: Transport, tune: fn(&mut ClientBuilder)) -> usize {
    let mut client = HeldClient::on(transport, tune).drive();
    let body = Frames::repeat(10, "x".repeat(5_000));
    let _exchange = client.send(post(test_body(body)));
    let said = client.peer.settled_text().await;
    assert!(said.ends_with("\r\n0\r\n\r\n"));
    client.io.most_slices()
}

// Contract 3.2-2.
#[tokio::test(start_paused = true)]
async fn writev_follows_the_transport_unless_it_is_set() {
    fn on(builder: &mut ClientBuilder) {
        builder.writev(true);
    }
    fn off(builder: &mut ClientBuilder) {
        builder.writev(false);
    }
    assert!(slices(vectored, |_| {}).await > 1);
    assert_eq!(slices(HyperIo::not_vectored, |_| {}).await, 1);
    assert!(slices(HyperIo::not_vectored, on).await > 1);
    assert_eq!(slices(vectored, off).await, 1);
}

// Contract 4.7-15.
#[tokio::test(start_paused = true)]
async fn the_head_and_a_body_that_is_there_share_a_write() {
    for (transport, name) in TRANSPORTS {
        let mut client = HeldClient::on(transport, |_| {}).drive();
        let _exchange = client.send(post(sized("hello")));
        run_until_idle().await;
        let writes = client.io.writes();
        assert_eq!(writes.len(), 1, "{name}: {writes:?}");
    }
}

// Contract 4.7-15: a peer that reads nothing stops the body.
#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_nothing_stops_the_body() {
    for (transport, name) in TRANSPORTS {
        let mut client = HeldClient::on(transport, |_| {}).drive();
        client.peer.from_hyper().set_buffer(0);
        let (frames, body) = channel();
        let (body, polls) = CountPolls::new(body);
        for _ in 0..1_000 {
            frames.send_data(Bytes::from_static(&[b'x'; 10_000]));
        }
        let _exchange = client.send(post(test_body(body)));
        run_until_idle().await;
        let taken = polls.get() * 10_000;
        assert!(taken <= 450_000, "{name}: {taken}");
    }
}
