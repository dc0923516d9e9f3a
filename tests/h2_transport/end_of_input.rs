//! Contract 6.2-9, 6.3-10: a peer says its last and is gone, all in one read, or piece by piece.

use http_body_util::BodyExt;

use crate::exchange::{exchange, pattern, post, RawLink, SERVER};
use crate::support::scripted_h2::{Frame, PREFACE};
use crate::support::shaped::Shape;
use crate::support::tunnels::{both_roles, empty_body, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use bytes::BytesMut;
use h2::Reason;

both_roles!(
    a_goaway_and_the_end_in_one_read_are_a_graceful_end,
    a_goaway_and_the_end_after_an_exchange_are_a_graceful_end,
    a_goaway_and_the_end_byte_by_byte_are_a_graceful_end,
    an_end_without_a_goaway_is_one_too,
    a_tunnels_last_bytes_are_read_though_the_peer_is_gone,
);

/// Ends the connection from the peer's side: its transport is gone before hyper looks.
async fn say_goodbye(link: RawLink) -> RawLinkRest {
    let RawLink {
        mut hyper,
        peer,
        transport,
        executor,
        ..
    } = link;
    let writes = transport.counts().writes;
    drop(peer);
    let ended = hyper.ended().await;
    ended.expect("a graceful end");
    hyper.close();
    run_until_idle().await;
    assert_eq!(executor.live(), 0);
    assert!(transport.is_alone());
    RawLinkRest {
        more_writes: transport.counts().writes - writes,
    }
}

struct RawLinkRest {
    more_writes: usize,
}

async fn a_goaway_and_the_end_in_one_read_are_a_graceful_end(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    run_until_idle().await;
    link.peer.goaway(0, Reason::NO_ERROR).await;
    assert_eq!(say_goodbye(link).await.more_writes, 0);
}

async fn a_goaway_and_the_end_after_an_exchange_are_a_graceful_end(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    exchange(&mut link, 1, &pattern(50_000)).await;
    run_until_idle().await;
    link.peer.goaway(1, Reason::NO_ERROR).await;
    assert_eq!(say_goodbye(link).await.more_writes, 0);
}

async fn an_end_without_a_goaway_is_one_too(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    exchange(&mut link, 1, &pattern(50_000)).await;
    run_until_idle().await;
    assert_eq!(say_goodbye(link).await.more_writes, 0);
}

/// The peer still reads, as a kernel does for a process that has closed: hyper may answer, and must end all the same.
async fn a_goaway_and_the_end_byte_by_byte_are_a_graceful_end(role: Role) {
    for most_read in 1..=17 {
        let mut link = Link::raw(role, &Options::new()).await;
        run_until_idle().await;
        link.transport.reshape(Shape {
            most_read,
            hesitates: true,
            ..Shape::default()
        });
        link.peer.goaway(0, Reason::NO_ERROR).await;
        link.peer.eof().await;
        link.hyper.ended().await.expect("a graceful end");
        link.hyper.close();
        run_until_idle().await;
        assert_eq!(link.executor.live(), 0);
        assert_eq!(link.transport.trespasses(), [""; 0]);
    }
}

/// What stands in front of the end is delivered, whatever becomes of the connection.
async fn a_tunnels_last_bytes_are_read_though_the_peer_is_gone(role: Role) {
    use tokio::io::AsyncReadExt;
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    run_until_idle().await;
    link.peer.send_data(tunnel.stream, "the last ").await;
    link.peer.send_last_data(tunnel.stream, "words").await;
    link.peer.goaway(tunnel.stream, Reason::NO_ERROR).await;
    drop(link.peer);
    run_until_idle().await;
    let mut read = [0; 100];
    let len = tunnel.upgraded.read(&mut read).await;
    assert_eq!(&read[..len.expect("it came")], b"the last words");
    let ended = link.hyper.ended().await;
    ended.expect("a graceful end");
}

// Contract 6.3-10.
#[tokio::test(start_paused = true)]
async fn a_response_that_came_with_the_end_is_delivered() {
    for has_goaway in [false, true] {
        let mut link = Link::raw(Role::Client, &Options::new()).await;
        let answer = link.hyper.requests().send_request(post(empty_body()));
        let (stream, _) = link.peer.expect_request().await;
        run_until_idle().await;
        let body = pattern(10_000);
        link.peer.send_headers(stream, &[(":status", "200")]).await;
        link.peer.send_data(stream, body.clone()).await;
        link.peer
            .send_last_headers(stream, &[("trailer", "here")])
            .await;
        if has_goaway {
            link.peer.goaway(stream, Reason::NO_ERROR).await;
        }
        assert_eq!(say_goodbye(link).await.more_writes, 0);
        let answer = expect_soon("the answer", answer).await.expect("it came");
        let collected = answer.into_body().collect().await.expect("it came whole");
        let trailers = collected.trailers().expect("they came, too");
        assert_eq!(trailers["trailer"], "here");
        assert!(collected.to_bytes() == body);
    }
}

// Contract 6.2-9: nobody waits for the answer.
#[tokio::test(start_paused = true)]
async fn a_request_that_came_with_the_end_ends_without_an_answer() {
    let mut link = Link::raw(Role::Server, &Options::new()).await;
    run_until_idle().await;
    let head = [
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", SERVER),
        (":path", "/"),
    ];
    link.peer.send_last_headers(1, &head).await;
    say_goodbye(link).await;
}

// Contract 6.2-9: the whole of a client's life in one read.
#[tokio::test(start_paused = true)]
async fn a_client_that_opens_and_is_gone_is_a_graceful_end() {
    use crate::support::gate::wire;
    use crate::support::shaped::Shaped;
    use crate::support::tokio_rt::{CountingExecutor, TokioIo};
    use crate::support::tunnels::{ServerBuilder, TestBody};
    use tokio::io::AsyncWriteExt;

    let (mut far, near) = wire();
    let mut said = BytesMut::from(PREFACE);
    let settings = Frame::Settings {
        ack: false,
        entries: Vec::new(),
    };
    settings.encode(&mut said);
    far.write_all(&said).await.expect("room");
    far.shutdown().await.expect("it takes no more");
    let (near, transport) = Shaped::new(near, Shape::default());
    let service = hyper::service::service_fn(|_| async {
        Ok::<_, std::convert::Infallible>(hyper::Response::<TestBody>::new(empty_body()))
    });
    let connection =
        ServerBuilder::new(CountingExecutor::new()).serve_connection(TokioIo::new(near), service);
    let ended = expect_soon("the end", connection).await;
    ended.expect("a graceful end");
    assert!(transport.is_alone());
    drop(far);
}
