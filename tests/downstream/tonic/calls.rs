//! The four kinds of calls, over loopback.

use hyper_downstream::real_time;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::StreamExt;
use tonic::transport::Server;
use tonic::{Code, Request};

use crate::service::{Talk, COUNT, ECHO, GREET, JOIN};
use crate::{all, Client};

async fn client() -> Client {
    Client::over_loopback(Server::builder(), Talk::default()).await
}

// Contract 9-8: and `te: trailers` arrives, or the service would refuse.
#[test]
fn a_unary_call_is_answered_with_its_metadata() {
    real_time(async {
        let mut request = Request::new("you".to_owned());
        let asked = "politely".parse().expect("a value");
        request.metadata_mut().insert("asked", asked);
        let response = client()
            .await
            .unary(GREET, request)
            .await
            .expect("an answer");
        assert_eq!(
            response.metadata().get("asked").expect("metadata"),
            "politely"
        );
        assert_eq!(
            response.metadata().get("grpc-status").expect("trailers"),
            "0"
        );
        assert_eq!(response.into_inner(), "hello you");
    });
}

// As large as tonic takes by default, but for a greeting.
#[test]
fn large_messages_go_both_ways() {
    real_time(async {
        let large = "ü".repeat((4 * 1024 * 1024 - 16) / 2);
        let response = client().await.unary(GREET, large.clone()).await;
        let said = response.expect("an answer").into_inner();
        assert!(said.strip_prefix("hello ") == Some(&large));
    });
}

#[test]
fn a_stream_of_requests_has_one_answer() {
    real_time(async {
        let client = client().await;
        let requests = tokio_stream::iter((0..1000).map(|number| format!("{number},")));
        let response = client.client_streaming(JOIN, requests).await;
        let expected: String = (0..1000).map(|number| format!("{number},")).collect();
        assert!(response.expect("an answer").into_inner() == expected);
        let response = client.client_streaming(JOIN, tokio_stream::empty()).await;
        assert_eq!(response.expect("an answer").into_inner(), "");
    });
}

#[test]
fn a_request_has_a_stream_of_answers() {
    real_time(async {
        let client = client().await;
        let stream = client.server_streaming(COUNT, "1000".to_owned()).await;
        let (messages, code) = all(stream.expect("a stream").into_inner()).await;
        let expected: Vec<_> = (1..=1000).map(|number| number.to_string()).collect();
        assert_eq!((messages, code), (expected, Code::Ok));
    });
}

// Contract 9-8: trailers after no data frame at all, and after some.
#[test]
fn a_stream_of_answers_ends_with_a_status() {
    real_time(async {
        let client = client().await;
        let stream = client.server_streaming(COUNT, "0".to_owned()).await;
        let ended = all(stream.expect("a stream").into_inner()).await;
        assert_eq!(ended, (vec![], Code::Ok));
        let stream = client.server_streaming(COUNT, "-2".to_owned()).await;
        let ended = all(stream.expect("a stream").into_inner()).await;
        assert_eq!(ended, (vec!["1".into(), "2".into()], Code::OutOfRange));
    });
}

// Each message is answered before the next is sent.
#[test]
fn two_streams_go_both_ways_at_once() {
    real_time(async {
        let (sender, requests) = mpsc::channel(1);
        let stream = client()
            .await
            .streaming(ECHO, ReceiverStream::new(requests))
            .await;
        let mut stream = stream.expect("a stream").into_inner();
        for length in [0, 1, 100, 70_000, 1_000_000] {
            let message = "x".repeat(length);
            sender.send(message.clone()).await.expect("a taker");
            let answer = stream.next().await.expect("more").expect("no error");
            assert!(answer == message, "{length}");
        }
        drop(sender);
        assert!(stream.next().await.is_none());
        let trailers = stream.trailers().await.expect("no error");
        assert!(trailers.is_some());
    });
}

// One connection, a hundred streams that take turns.
#[test]
fn calls_share_a_connection() {
    real_time(async {
        let client = client().await;
        let calls: Vec<_> = (0..100)
            .map(|number| {
                let client = client.clone();
                tokio::spawn(async move {
                    let requests =
                        tokio_stream::iter((0..50).map(move |part| format!("{number}.{part}")));
                    let stream = client.streaming(ECHO, requests).await;
                    let (messages, code) = all(stream.expect("a stream").into_inner()).await;
                    assert_eq!((messages.len(), code), (50, Code::Ok));
                    assert_eq!(messages[49], format!("{number}.49"));
                })
            })
            .collect();
        for call in calls {
            call.await.expect("no panic");
        }
    });
}
