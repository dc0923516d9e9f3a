use std::io::ErrorKind;
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::gate::wire;
use crate::support::virtual_timer::{settle, CountingWaker};

#[tokio::test(start_paused = true)]
async fn writer_stops_at_the_socket_buffer_and_goes_on_when_reading_resumes() {
    let (mut client, mut server) = wire();
    let flow = client.outgoing();
    flow.set_buffer(10);
    flow.stop_reading();

    let writer = tokio::spawn(async move {
        client.write_all(&[7; 25]).await.expect("the reader lives");
    });
    let mut read = Vec::new();
    let mut reading = Box::pin(server.read_to_end(&mut read));
    assert!(settle(&mut reading).await.is_pending());
    assert_eq!(
        (flow.taken(), flow.delivered(), flow.buffered()),
        (10, 0, 10)
    );

    flow.resume();
    assert_eq!(reading.await.expect("no error"), 25);
    writer.await.expect("the writer ends");
    assert_eq!((flow.taken(), flow.delivered()), (25, 25));
    assert_eq!(read, [7; 25]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_is_woken_once_and_not_while_it_is_stopped() {
    let (mut client, mut server) = wire();
    let (wakes, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    let flow = client.outgoing();
    flow.stop_reading();

    let mut byte = [0];
    let mut read = pin!(server.read_exact(&mut byte));
    assert!(read.as_mut().as_mut().poll_is_pending(&mut cx));
    client.write_all(b"x").await.expect("there is room");
    assert_eq!(wakes.wakes(), 0);
    flow.resume();
    assert_eq!(wakes.wakes(), 1);
    assert!(!read.as_mut().poll_is_pending(&mut cx));
}

#[tokio::test(start_paused = true)]
async fn injected_errors_and_the_end_reach_both_sides() {
    let (mut client, mut server) = wire();
    client.outgoing().fail_writes(ErrorKind::ConnectionReset);
    let failed = client.write_all(b"x").await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::ConnectionReset);

    server.outgoing().fail_reads(ErrorKind::TimedOut);
    let failed = client.read(&mut [0; 4]).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::TimedOut);

    client.outgoing().end();
    assert_eq!(server.read(&mut [0; 4]).await.expect("a clean end"), 0);
    drop(client);
    let failed = server.write_all(b"x").await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::BrokenPipe);
}

trait PollOnce: std::future::Future {
    fn poll_is_pending(self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        matches!(self.poll(cx), Poll::Pending)
    }
}

impl<F: std::future::Future> PollOnce for F {}
