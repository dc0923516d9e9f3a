//! What hyper says of a failure, and what reqwest makes of it.

use std::error::Error;

use hyper::{Response, StatusCode, Version};
use hyper_downstream::frames::Frame;
use hyper_downstream::{frames, listen, real_time};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::by;

// Contract 9-7: reqwest's messages are those of hyper's, one behind the other.
#[test]
fn errors_say_what_hyper_says() {
    real_time(async {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
            }
        });
        let client = by(Version::HTTP_11);
        let error = client.post(format!("http://{address}/")).send().await;
        let error = error.expect_err("no response");
        let mut said = Vec::new();
        let mut next: Option<&dyn Error> = Some(&error);
        while let Some(error) = next {
            said.push(error.to_string());
            next = error.source();
        }
        let last = "connection closed before message completed";
        assert_eq!(said.last().expect("some"), last, "{said:?}");
    });
}

/// Answers by HTTP/2, all but the first `refused` requests. Gives how many there were when the client is gone.
async fn by_h2(stream: TcpStream, refused: usize) -> usize {
    let mut connection = h2::server::handshake(stream).await.expect("a client");
    let mut requests = 0;
    while let Some(Ok((_, mut respond))) = connection.accept().await {
        requests += 1;
        match requests <= refused {
            true => respond.send_reset(h2::Reason::REFUSED_STREAM),
            false => drop(respond.send_response(Response::new(()), true)),
        }
    }
    requests
}

// Contract 9-7, 2.3-4: reqwest finds h2's own error among the sources, and tries again.
#[test]
fn a_refused_stream_is_tried_again() {
    real_time(async {
        let (listener, address) = listen().await;
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a client");
            by_h2(stream, 1).await
        });
        let request = by(Version::HTTP_2).post(format!("http://{address}/"));
        let response = request.body("once").send().await;
        let status = response.expect("a response").status();
        assert_eq!(status, StatusCode::OK);
        assert_eq!(server.await.expect("no panic"), 2);
    });
}

// Contract 9-7, 2.3-4: GOAWAY with NO_ERROR, and a last stream before the request's.
#[test]
fn a_request_is_tried_again_where_the_server_went_away_in_peace() {
    const HEADERS: u8 = 1;
    const GOAWAY: Frame = Frame {
        kind: 7,
        flags: 0,
        stream: 0,
        payload: Vec::new(),
    };
    real_time(async {
        let (listener, address) = listen().await;
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            frames::welcome(&mut stream).await.expect("a preface");
            while frames::read(&mut stream).await.expect("a frame").kind != HEADERS {}
            let none_nor_error = vec![0; 8];
            let goaway = Frame {
                payload: none_nor_error,
                ..GOAWAY
            };
            frames::write(&mut stream, &goaway).await.expect("a taker");
            let (stream, _) = listener.accept().await.expect("the client again");
            by_h2(stream, 0).await
        });
        let request = by(Version::HTTP_2).post(format!("http://{address}/"));
        let response = request.body("once").send().await;
        let status = response.expect("a response").status();
        assert_eq!(status, StatusCode::OK);
        assert_eq!(server.await.expect("no panic"), 1);
    });
}
