//! Exchanges over transports that are odd, and legal: heads, bodies of all sizes and trailers pass both ways.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;

use crate::exchange::{pattern, post, SERVER};
use crate::support::scripted_h2::{receive_to_end, send_all, H2Peer};
use crate::support::shaped::Shape;
use crate::support::tunnels::{both_roles, test_body, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

both_roles!(
    exchanges_pass_in_bytes,
    exchanges_pass_in_pieces_of_all_sizes,
    exchanges_pass_one_slice_at_a_time,
    exchanges_pass_with_a_wait_before_everything,
    exchanges_pass_by_flushes,
    exchanges_pass_with_wakes_for_no_reason,
);

/// About the sizes that are copied and those that are not, and about a frame.
const SIZES: [usize; 14] = [
    0, 1, 200, 247, 255, 256, 257, 1000, 16_383, 16_384, 16_385, 33_000, 65_535, 150_000,
];

fn trailers(len: usize) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("length", HeaderValue::from(len));
    trailers
}

/// All exchanges at once, each with its own stream.
async fn exchanges_pass(role: Role, shape: Shape) {
    let options = Options::new().shape(shape).socket_buffer(20_000);
    let mut link = Link::h2(role, &options).await;
    let mut tasks = Vec::new();
    match role {
        Role::Client => {
            for len in SIZES {
                let data = Ok::<_, std::convert::Infallible>(Frame::data(pattern(len)));
                let frames = [data, Ok(Frame::trailers(trailers(len)))];
                let body = StreamBody::new(futures_util::stream::iter(frames));
                let answer = link.hyper.requests().send_request(post(test_body(body)));
                tasks.push(tokio::spawn(async move {
                    let answer = answer.await.expect("an answer");
                    let body = answer.into_body().collect().await.expect("a whole body");
                    assert_eq!(body.trailers(), Some(&trailers(len)));
                    assert!(body.to_bytes() == pattern(len));
                }));
            }
            for _ in SIZES {
                let (request, respond) = link.peer.accept().await;
                tasks.push(tokio::spawn(repeat(request.into_body(), respond)));
            }
        }
        Role::Server => {
            for len in SIZES {
                tasks.push(tokio::spawn(ask(&mut link.peer, len).await));
            }
        }
    }
    for task in tasks {
        expect_soon("an exchange", task).await.expect("no panic");
    }
    run_until_idle().await;
    link.to_peer.set_buffer(1 << 20);
    link.hyper.close();
    link.hyper.ended().await.expect("a graceful end");
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
    assert_eq!(link.transport.trespasses(), [""; 0]);
    assert_eq!(link.transport.counts().shutdowns, 1);
}

/// As a client: sends a request of `len` bytes with trailers, and checks the answer, which is to repeat it.
async fn ask(peer: &mut H2Peer, len: usize) -> impl std::future::Future<Output = ()> {
    let request = http::Request::post(format!("http://{SERVER}/")).body(());
    let requests = peer.requests().clone();
    let mut requests = requests.ready().await.expect("the connection is open");
    let (response, mut send) = requests
        .send_request(request.expect("a request"), false)
        .expect("the request is well-formed");
    async move {
        let sending = async {
            send_all(&mut send, pattern(len)).await.expect("open");
            send.send_trailers(trailers(len)).expect("open");
        };
        let receiving = async {
            let mut recv = response.await.expect("an answer").into_body();
            let body = receive_to_end(&mut recv).await.expect("a whole body");
            assert!(body == pattern(len));
            let got = recv.trailers().await.expect("trailers");
            assert_eq!(got, Some(trailers(len)));
        };
        tokio::join!(sending, receiving);
    }
}

/// As a server: answers with what was asked.
async fn repeat(mut recv: h2::RecvStream, mut respond: h2::server::SendResponse<Bytes>) {
    let mut send = respond
        .send_response(Response::new(()), false)
        .expect("open");
    while let Some(data) = recv.data().await {
        let data = data.expect("open");
        recv.flow_control()
            .release_capacity(data.len())
            .expect("open");
        send_all(&mut send, data).await.expect("open");
    }
    let trailers = recv.trailers().await.expect("open").expect("trailers");
    send.send_trailers(trailers).expect("open");
}

async fn exchanges_pass_in_bytes(role: Role) {
    let shape = Shape {
        most_read: 1,
        writes: &[1],
        ..Shape::default()
    };
    exchanges_pass(role, shape).await;
}

async fn exchanges_pass_in_pieces_of_all_sizes(role: Role) {
    for is_vectored in [true, false] {
        for writes in [
            &[9, 247, 256, 16_384, 9, 1][..],
            &[8, 2, 300, 20_000],
            &[16_393, 100_000],
        ] {
            let shape = Shape {
                most_read: 4000,
                writes,
                is_vectored,
                hesitates: true,
                ..Shape::default()
            };
            exchanges_pass(role, shape).await;
        }
    }
}

async fn exchanges_pass_one_slice_at_a_time(role: Role) {
    let shape = Shape {
        is_vectored: false,
        ..Shape::default()
    };
    exchanges_pass(role, shape).await;
}

async fn exchanges_pass_with_a_wait_before_everything(role: Role) {
    let shape = Shape {
        hesitates: true,
        ..Shape::default()
    };
    exchanges_pass(role, shape).await;
}

async fn exchanges_pass_by_flushes(role: Role) {
    for hesitates in [false, true] {
        let shape = Shape {
            buffers: true,
            hesitates,
            ..Shape::default()
        };
        exchanges_pass(role, shape).await;
    }
}

async fn exchanges_pass_with_wakes_for_no_reason(role: Role) {
    let shape = Shape {
        is_restless: true,
        hesitates: true,
        ..Shape::default()
    };
    exchanges_pass(role, shape).await;
}
