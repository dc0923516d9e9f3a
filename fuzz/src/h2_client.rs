//! Frames a server might send. Every request comes to an end with its connection, hyper never panics, sends well-formed frames
//! only, holds a bounded amount, and is gone, with all its tasks, once its peer is.

use bytes::{Bytes, BytesMut};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};

use crate::frames::{encode_frame, Input, Peer, SETTINGS};
use crate::h2_server::{assert_gone, MOST_HEAP};
use crate::server::on_paused_clock;
use crate::support::bodies::{channel, empty_body, test_body};
use crate::support::gate::wire;
use crate::support::heap::mark;
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::ClientBuilder;
use crate::support::virtual_timer::expect_soon;

pub fn run(input: &[u8]) {
    on_paused_clock(ask(input));
}

async fn ask(input: &[u8]) {
    let mark = mark();
    let (client, server) = wire();
    let executor = CountingExecutor::new();
    let mut builder = ClientBuilder::new(executor.clone());
    builder.timer(TokioTimer);
    let handshake = builder.handshake(TokioIo::new(client)).await;
    let (mut requests, connection) = handshake.expect("the transport works");
    let connection = executor.spawn(connection);
    let mut peer = Peer::server(server);

    let mut input = Input::new(input);
    if input.small() & 1 == 0 {
        peer.say_frame(&SETTINGS);
    }
    let mut asked = Vec::new();
    let mut bodies = Vec::new();
    while let Some(step) = input.byte() {
        match step {
            0xfb..=0xff => peer.pass_time(step).await,
            0xf0..=0xf7 if asked.len() < 20 => {
                let mut request = Request::new(match step & 3 {
                    0 | 3 => empty_body(),
                    1 => test_body(Full::new(Bytes::from(vec![b'x'; 100_000]))),
                    _ => {
                        let (sender, body) = channel();
                        sender.send_data("begun");
                        bodies.push(sender);
                        test_body(body)
                    }
                });
                *request.method_mut() = match step & 3 {
                    0 => Method::GET,
                    3 => Method::CONNECT,
                    _ => Method::POST,
                };
                *request.uri_mut() = match step & 3 {
                    3 => "a:1".parse().expect("an authority"),
                    _ => "http://a/".parse().expect("a uri"),
                };
                let answer = requests.send_request(request);
                asked.push(tokio::spawn(async {
                    let mut response = answer.await?;
                    if let Ok(upgraded) = hyper::upgrade::on(&mut response).await {
                        let mut io = TokioIo::new(upgraded);
                        let mut rest = Vec::new();
                        let _ = tokio::io::AsyncReadExt::read_to_end(&mut io, &mut rest).await;
                    }
                    while let Some(frame) = response.body_mut().frame().await {
                        frame?;
                    }
                    hyper::Result::Ok(())
                }));
            }
            0xf8 => drop(bodies.pop()),
            0xf9 => asked.iter().take(1).for_each(|task| task.abort()),
            kind => {
                let mut bytes = BytesMut::new();
                encode_frame(kind, &mut input, &mut bytes);
                peer.say(&bytes);
            }
        }
    }
    peer.hear_all().await;
    peer.hang_up();
    drop((peer, bodies, requests));
    for task in asked {
        if let Err(error) = expect_soon("the end of a request", task).await {
            assert!(error.is_cancelled(), "{error}");
        }
    }
    assert_gone(connection, &executor).await;
    assert!(mark.peak() <= MOST_HEAP, "{} bytes", mark.peak());
}
