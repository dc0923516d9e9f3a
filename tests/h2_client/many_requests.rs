//! Many requests at once, against the `h2` crate. Contract 6.3-2, 9-8.

use bytes::Bytes;
use h2::RecvStream;
use http_body_util::BodyExt;

use crate::client::{full, post};
use crate::support::bodies::Frames;
use crate::support::scripted_h2::{receive_to_end, send_all, H2Peer};
use crate::support::tunnels::{Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

/// Answers every request with its own body, each in a task, until `count` have come.
async fn echo(peer: &mut H2Peer, count: usize) -> Vec<tokio::task::JoinHandle<()>> {
    let mut tasks = Vec::new();
    for _ in 0..count {
        let (request, mut respond) = peer.accept().await;
        tasks.push(tokio::spawn(async move {
            let mut body: RecvStream = request.into_body();
            let received = receive_to_end(&mut body).await.expect("the request");
            let mut send = respond
                .send_response(http::Response::new(()), false)
                .expect("the stream is open");
            send_all(&mut send, received).await.expect("the response");
            send.send_data(Bytes::new(), true).expect("the end");
        }));
    }
    tasks
}

/// Sends `count` bodies of `len` bytes at once, each of its own byte, and expects each back.
async fn echo_in_parallel(options: Options, count: usize, len: usize) {
    let mut link = Link::h2(Role::Client, &options).await;
    let before = link.executor.live();
    let callers: Vec<_> = (0..count)
        .map(|number| {
            let mut requests = link.hyper.requests().clone();
            let mark = number as u8;
            tokio::spawn(async move {
                requests.ready().await.expect("open");
                let sent = match number % 2 {
                    0 => post(full(vec![mark; len])),
                    _ => post(Frames::repeat(2, vec![mark; len / 2])),
                };
                let response = requests.send_request(sent).await.expect("an echo");
                assert_eq!(response.status(), 200);
                let body = response.into_body().collect().await.expect("whole");
                let body = body.to_bytes();
                assert_eq!(body.len(), len);
                assert!(body.iter().all(|byte| *byte == mark));
            })
        })
        .collect();
    for task in echo(&mut link.peer, count).await {
        task.await.expect("the peer does not fail");
    }
    for caller in callers {
        expect_soon("a caller", caller).await.expect("no panic");
    }
    run_until_idle().await;
    assert_eq!(link.executor.live(), before);
    link.hyper.close();
    link.hyper.ended().await.expect("a graceful end");
}

// Contract 6.3-2.
#[tokio::test(start_paused = true)]
async fn five_hundred_requests_at_once_get_each_its_own_answer() {
    // A wide window, lest the peer takes the many small frames for an attack.
    let options = Options::new().connection_window(64 << 20);
    echo_in_parallel(options, 500, 8000).await;
}

// Contract 6.3-2.
#[tokio::test(start_paused = true)]
async fn requests_far_beyond_the_limit_are_all_answered() {
    let mut options = Options::new();
    options.peer.max_concurrent_streams = Some(3);
    echo_in_parallel(options, 200, 8000).await;
}

// Contract 6.1-3: bodies share windows that are too small for any of them.
#[tokio::test(start_paused = true)]
async fn large_bodies_share_small_windows() {
    let options = Options::new().stream_window(5000).socket_buffer(2000);
    echo_in_parallel(options, 20, 200_000).await;
}
