//! What does not come.

use bytes::Bytes;
use futures_util::{stream, StreamExt};
use http_body_util::BodyExt;
use hyper::{Response, Version};
use hyper_downstream::{cause, frames, listen, real_time, serve};
use tokio::io::AsyncReadExt;

use crate::{by, client, SHORT};

#[test]
fn a_head_that_does_not_come_times_out() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(|_| std::future::pending()).await;
            let request = by(protocol).get(server.http("/")).timeout(SHORT);
            let error = request.send().await.expect_err("no response");
            assert!(error.is_timeout(), "{error:?}");
        });
    }
}

#[test]
fn a_body_that_stalls_times_out_with_what_came_before() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(|_| async {
                let begun = stream::iter([Ok(hyper::body::Frame::data(Bytes::from("begun")))]);
                let body = http_body_util::StreamBody::new(begun.chain(stream::pending()));
                Response::new(BodyExt::boxed(body))
            })
            .await;
            let builder = match protocol {
                Version::HTTP_2 => client().http2_prior_knowledge(),
                _ => client(),
            };
            let client = builder.read_timeout(SHORT).build().expect("a client");
            let mut response = client.get(server.http("/")).send().await.expect("a head");
            let first = response.chunk().await.expect("no error");
            assert_eq!(first.expect("a chunk"), "begun");
            let error = response.chunk().await.expect_err("nothing more");
            assert!(error.is_timeout(), "{error:?}");
        });
    }
}

// Contract 9-7, 2.3-1: `hyper::Error::is_timeout`, found among the sources.
#[test]
fn pings_that_nobody_answers_are_a_timeout() {
    real_time(async {
        let (listener, address) = listen().await;
        let silent = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            frames::welcome(&mut stream).await.expect("a preface");
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
        });
        let client = client()
            .http2_prior_knowledge()
            .http2_keep_alive_interval(SHORT)
            .http2_keep_alive_timeout(SHORT)
            .build()
            .expect("a client");
        let error = client.get(format!("http://{address}/")).send().await;
        let error = error.expect_err("no response");
        assert!(error.is_timeout(), "{error:?}");
        let hypers = cause::<hyper::Error>(&error).expect("hyper's error");
        assert!(hypers.is_timeout());
        silent.await.expect("the connection is closed");
    });
}
