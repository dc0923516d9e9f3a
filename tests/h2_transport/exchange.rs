//! A request with a body, and an answer that repeats it.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};

use crate::pattern::{bytes_at, MOST};
use crate::support::gate::WireEnd;
use crate::support::scripted_h2::RawPeer;
use crate::support::tunnels::{test_body, HyperEnd, Link, Role, TestBody};
use crate::support::virtual_timer::expect_soon;

pub type RawLink = Link<RawPeer<WireEnd>>;

pub const SERVER: &str = "server.example";
const FRAME: usize = 16 << 10;

/// The first `len` bytes of the [`pattern`](crate::pattern).
pub fn pattern(len: usize) -> Bytes {
    let starts = (0..len).step_by(MOST);
    let pieces = starts.flat_map(|at| bytes_at(at, MOST.min(len - at)));
    pieces.copied().collect()
}

pub fn post(body: TestBody) -> Request<TestBody> {
    let request = Request::post(format!("http://{SERVER}/")).body(body);
    request.expect("a request")
}

/// Asks, or is asked, on `stream`, with `body` both ways, which no window may be smaller than.
pub async fn exchange(link: &mut RawLink, stream: u32, body: &Bytes) {
    match link.hyper.role() {
        Role::Server => {
            let head = [
                (":method", "POST"),
                (":scheme", "http"),
                (":authority", SERVER),
                (":path", "/"),
            ];
            link.peer.send_headers(stream, &head).await;
            send(&mut link.peer, stream, body).await;
            assert_eq!(link.peer.expect_headers(stream).await.status(), 200);
            assert!(link.peer.read_to_end(stream).await == body);
        }
        Role::Client => {
            let asked = ask(&mut link.hyper, body.clone());
            let (asked_on, _) = link.peer.expect_request().await;
            assert_eq!(asked_on, stream);
            assert!(link.peer.read_to_end(stream).await == body);
            link.peer.send_headers(stream, &[(":status", "200")]).await;
            send(&mut link.peer, stream, body).await;
            let answered = expect_soon("the answer", asked).await.expect("no panic");
            assert!(answered == *body);
        }
    }
}

fn ask(hyper: &mut HyperEnd, body: Bytes) -> tokio::task::JoinHandle<Bytes> {
    let answer = hyper
        .requests()
        .send_request(post(test_body(Full::new(body))));
    tokio::spawn(async move {
        let answer = answer.await.expect("an answer");
        let body = answer.into_body().collect().await;
        body.expect("a whole body").to_bytes()
    })
}

async fn send(peer: &mut RawPeer<WireEnd>, stream: u32, body: &Bytes) {
    for at in (0..body.len()).step_by(FRAME) {
        let piece = body.slice(at..body.len().min(at + FRAME));
        peer.send_data(stream, piece).await;
    }
    peer.send_last_data(stream, "").await;
}
