//! What a connection keeps of having been busy, in memory.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;

use crate::exchange::{exchange, pattern, post, RawLink};
use crate::support::heap;
use crate::support::outgoing_body::send_body;
use crate::support::shaped::Shape;
use crate::support::tunnels::{both_roles, empty_body, Link, Options, Role};
use crate::support::virtual_timer::run_until_idle;

/// As long as it may take to give memory back, on a connection with a timer.
const SOON: Duration = Duration::from_secs(3);

const FRAME: isize = 16 << 10;

/// What a connection may keep for having been busy, in bytes: h2's own buffer for reading, and its tables.
const KEPT: isize = 18 << 10;

both_roles!(
    five_hundred_connections_that_were_busy_once_cost_what_idle_ones_do,
    without_a_timer_they_keep_a_frame_or_two_each,
    a_transport_that_takes_one_slice_leaves_nothing_behind,
    a_large_body_costs_no_memory_of_its_own,
);

/// What hyper's ends of `links` occupy. Ends them.
async fn footprint(links: Vec<RawLink>) -> isize {
    run_until_idle().await;
    let mark = heap::mark();
    let mut rest = Vec::with_capacity(links.len());
    for mut link in links {
        link.executor.cut_first_off_after(1);
        link.peer.ping(*b"the end!").await;
        link.hyper.close();
        rest.push((link.peer, link.to_hyper, link.to_peer, link.transport));
    }
    run_until_idle().await;
    assert!(rest.iter().all(|(.., transport)| transport.is_alone()));
    let kept_by_rest = rest.capacity() * size_of_val(&rest[0]);
    -mark.grown() + kept_by_rest as isize
}

async fn links(role: Role, options: &Options, count: usize) -> Vec<RawLink> {
    let mut links = Vec::new();
    for _ in 0..count {
        links.push(Link::raw(role, options).await);
    }
    links
}

/// How much more connections occupy that had an exchange each, a `pause` ago.
async fn kept(role: Role, options: &Options, count: usize, pause: Duration) -> isize {
    let idle = footprint(links(role, options, count).await).await;
    let mut links = links(role, options, count).await;
    let body = pattern(60_000);
    for link in &mut links {
        exchange(link, 1, &body).await;
    }
    tokio::time::sleep(pause).await;
    footprint(links).await - idle
}

async fn five_hundred_connections_that_were_busy_once_cost_what_idle_ones_do(role: Role) {
    let kept = kept(role, &Options::new(), 500, SOON).await;
    assert!(kept <= 500 * KEPT, "{} bytes each", kept / 500);
}

async fn without_a_timer_they_keep_a_frame_or_two_each(role: Role) {
    let options = Options::new().without_timer();
    let kept = kept(role, &options, 100, Duration::ZERO).await;
    assert!(
        kept <= 100 * (KEPT + 2 * FRAME),
        "{} bytes each",
        kept / 100
    );
}

/// How much more a client occupies that sent large heads all at once, and how long they were.
async fn after_large_heads(options: &Options, pause: Duration) -> (isize, isize) {
    const STREAMS: usize = 16;
    const LEN: usize = 7000;
    let idle = footprint(links(Role::Client, options, 1).await).await;
    let mut link = Link::raw(Role::Client, options).await;
    // Nothing that compression would make less of.
    let value: String = (0..LEN)
        .map(|at| char::from(b'!' + at as u8 % 90))
        .collect();
    link.to_peer.set_buffer(0);
    let mut answers = Vec::new();
    for _ in 0..STREAMS {
        let mut request = post(empty_body());
        let value = HeaderValue::from_str(&value).expect("a value");
        request.headers_mut().insert("large", value);
        answers.push(tokio::spawn(link.hyper.requests().send_request(request)));
    }
    run_until_idle().await;
    link.to_peer.set_buffer(1 << 20);
    for _ in 0..STREAMS {
        let (stream, _) = link.peer.expect_request().await;
        let head = [(":status", "204")];
        link.peer.send_last_headers(stream, &head).await;
    }
    for answer in answers {
        let answer = answer.await.expect("no panic");
        answer.expect("an answer");
    }
    tokio::time::sleep(pause).await;
    let kept = footprint(vec![link]).await - idle;
    (kept, (STREAMS * LEN) as isize)
}

/// h2 keeps a buffer in which all of them stood, and there is none beside it.
#[tokio::test(start_paused = true)]
async fn large_heads_leave_nothing_behind_outside_h2() {
    let (kept, heads) = after_large_heads(&Options::new(), SOON).await;
    assert!(kept <= heads * 3 / 2, "{kept} bytes");
    let options = Options::new().without_timer();
    let (kept, heads) = after_large_heads(&options, Duration::ZERO).await;
    assert!(kept <= heads * 3 / 2, "{kept} bytes without a timer");
}

async fn a_transport_that_takes_one_slice_leaves_nothing_behind(role: Role) {
    let options = Options::new().shape(Shape {
        is_vectored: false,
        ..Shape::default()
    });
    let kept = kept(role, &options, 100, SOON).await;
    assert!(kept <= 100 * KEPT, "{} bytes each", kept / 100);
}

async fn a_large_body_costs_no_memory_of_its_own(role: Role) {
    let options = Options::new()
        .stream_window(1 << 30)
        .connection_window(1 << 30)
        .max_send_buf_size(1 << 20)
        .socket_buffer(10_000);
    let body = Bytes::from(vec![7; 64 << 20]);
    let mark = heap::mark();
    let outgoing = send_body(role, &options, Full::new(body)).await;
    run_until_idle().await;
    assert!(outgoing.to_peer.taken() >= 10_000);
    assert!(mark.peak() <= 256 << 10, "{} bytes", mark.peak());
}
