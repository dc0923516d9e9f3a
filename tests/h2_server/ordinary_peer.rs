//! Contract 6.1-1, 9-8: the `h2` crate as client, with much going on at a time.

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;

use crate::messages::{empty, with_body};
use crate::server::Hyper;
use crate::support::bodies::Frames;
use crate::support::gate::wire;
use crate::support::scripted_h2::{receive_to_end, H2Peer, PeerSettings};
use crate::support::tunnels::Options;
use crate::support::virtual_timer::expect_soon;

async fn connect() -> (Hyper, H2Peer) {
    let (client, near) = wire();
    let hyper = Hyper::serve(near, &Options::new());
    (
        hyper,
        H2Peer::client(client, &PeerSettings::default()).await,
    )
}

fn post() -> Request<()> {
    let request = Request::post("http://server.example/echo").body(());
    request.expect("the parts are valid")
}

/// Answers each request with its own body.
fn echo(mut hyper: Hyper) -> tokio::task::JoinHandle<Hyper> {
    tokio::spawn(async move {
        for _ in 0..STREAMS {
            let call = hyper.next_call().await;
            call.answer.respond(with_body(call.request.into_body()));
        }
        hyper
    })
}

const STREAMS: usize = 20;

// Contract 6.1-1, 6.1-3, 7.1-8.
#[tokio::test(start_paused = true)]
async fn many_large_bodies_pass_in_both_directions_at_once() {
    const SIZE: usize = 300_000;
    let (hyper, mut peer) = connect().await;
    let echo = echo(hyper);
    let mut streams = Vec::new();
    for n in 0..STREAMS {
        let requests = peer.requests().clone();
        streams.push(tokio::spawn(async move {
            let mut requests = requests.ready().await.expect("open");
            let (response, mut send) = requests.send_request(post(), false).expect("well-formed");
            let upload = Bytes::from(vec![n as u8; SIZE]);
            let download = async {
                let response = response.await.expect("an answer");
                receive_to_end(&mut response.into_body()).await
            };
            let upload = async {
                let sent = crate::support::scripted_h2::send_all(&mut send, upload).await;
                sent.expect("taken");
                send.send_data(Bytes::new(), true).expect("taken");
            };
            let ((), echoed) = tokio::join!(upload, download);
            let echoed = echoed.expect("the whole echo");
            assert_eq!(echoed.len(), SIZE);
            assert!(echoed.iter().all(|byte| *byte == n as u8));
        }));
    }
    for stream in streams {
        let done = expect_soon("the echo", stream).await;
        done.expect("no panic");
    }
    let mut hyper = echo.await.expect("no panic");
    hyper.graceful_shutdown();
    hyper.ended().await.expect("a graceful end");
    peer.ended().await.expect("a graceful end");
}

// Contract 6.1-4, 9-8: the shape of a gRPC answer.
#[tokio::test(start_paused = true)]
async fn trailers_arrive_after_the_data_and_without_any() {
    let (mut hyper, mut peer) = connect().await;
    let status = HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]);
    for body in [Frames::repeat(2, "message"), Frames::of([])] {
        let (response, mut send) = peer
            .requests()
            .send_request(post(), false)
            .expect("well-formed");
        let mut call = hyper.next_call().await;
        send.send_trailers(status.clone()).expect("taken");
        let received = call.request.body_mut().collect().await.expect("no error");
        assert_eq!(received.trailers(), Some(&status));

        call.respond(with_body(body.with_trailers(status.clone())));
        let mut body = response.await.expect("an answer").into_body();
        let data = receive_to_end(&mut body).await.expect("no error");
        assert!(data.is_empty() || data == "messagemessage");
        let trailers = body.trailers().await.expect("no error");
        assert_eq!(trailers.as_ref(), Some(&status));
    }
}

// Contract 6.2-4, 9-8: a "trailers-only" answer is a head that ends the stream.
#[tokio::test(start_paused = true)]
async fn an_answer_may_be_a_head_alone() {
    let (mut hyper, mut peer) = connect().await;
    let (response, _) = peer.requests().send_request(post(), true).expect("taken");
    hyper.next_call().await.respond(empty());
    let response = expect_soon("the answer", response).await.expect("no error");
    assert!(response.body().is_end_stream());
    assert!(!response.headers().contains_key("content-length"));
}
