//! Whole exchanges on a client: both halves, and what the connection does next.

use bytes::BytesMut;
use http::{HeaderValue, Request, Version};

use super::transcript::text;
use crate::body::length::Content;
use crate::proto::h1::codec::{Codec, Eof, Event, Receiving, Sending};
use crate::proto::h1::config::Config;
use crate::proto::h1::role::Client;

fn codec() -> Codec<Client> {
    Codec::new(Config::default())
}

fn send(
    codec: &mut Codec<Client>,
    content: Content,
    fields: &[(&'static str, &'static str)],
) -> String {
    let mut head = Request::new(()).into_parts().0;
    head.method = http::Method::POST;
    for (name, value) in fields {
        head.headers.append(*name, HeaderValue::from_static(value));
    }
    let mut dst = BytesMut::new();
    codec
        .send_head(head, content, &mut dst)
        .expect("a request can be sent");
    text(&dst)
}

/// Feeds all of `input`, and says which head came last.
fn receive(codec: &mut Codec<Client>, input: &str) -> Option<Version> {
    let mut buf = BytesMut::from(input);
    let mut version = None;
    loop {
        match codec
            .receive(&mut buf)
            .expect("the response is well-formed")
        {
            Event::Head(received) => version = Some(received.head.version),
            Event::NeedMore | Event::Held => return version,
            _ => {}
        }
    }
}

const EMPTY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

#[test]
fn a_connection_is_ready_again_when_both_halves_are_done() {
    // 5.2-2, 5.5-1
    let mut codec = codec();
    assert!(codec.is_idle());
    assert_eq!(codec.receiving(), Receiving::Idle);
    assert_eq!(codec.sending(), Sending::Head);
    send(&mut codec, Content::Known(2), &[]);
    assert!(!codec.is_idle());
    assert_eq!(codec.receiving(), Receiving::Head);
    assert_eq!(codec.sending(), Sending::Body);

    // An early response does not stop the request.
    receive(&mut codec, EMPTY);
    assert_eq!(codec.receiving(), Receiving::Held);
    assert_eq!(codec.sending(), Sending::Body);
    assert!(codec.keeps_alive());
    let _ = codec.send_data(&b"hi"[..]);
    assert!(codec.is_idle());

    // And a request that is complete waits for its response.
    send(&mut codec, Content::None, &[]);
    assert_eq!(codec.sending(), Sending::Held);
    receive(&mut codec, EMPTY);
    assert!(codec.is_idle());
}

#[test]
fn a_request_may_be_given_up_for_the_response_that_came_early() {
    // 8.1
    let mut codec = codec();
    send(&mut codec, Content::Unknown, &[]);
    receive(
        &mut codec,
        "HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 2\r\n\r\nn",
    );
    assert!(!codec.keeps_alive());
    codec.stop_sending();
    assert_eq!(codec.receiving(), Receiving::Body);
    assert_eq!(codec.sending(), Sending::Closed);
    receive(&mut codec, "o");
    assert!(codec.is_closed());
}

#[test]
fn a_response_that_fails_leaves_nothing_to_send_for() {
    // 5.5-7
    let mut codec = codec();
    send(&mut codec, Content::Unknown, &[]);
    receive(&mut codec, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nh");
    let eof = codec.receive_eof(&mut BytesMut::new());
    assert!(matches!(eof, Ok(Eof::BodyFailed(_))));
    assert!(codec.is_closed());
}

#[test]
fn a_request_that_says_close_is_the_last() {
    // 5.1-8
    let mut codec = codec();
    send(
        &mut codec,
        Content::None,
        &[("connection", "x"), ("connection", "a, Close")],
    );
    receive(&mut codec, EMPTY);
    assert!(codec.is_closed());
}

#[test]
fn a_connection_that_ends_says_so_in_its_last_request() {
    let mut codec = codec();
    codec.disable_keep_alive();
    let sent = send(&mut codec, Content::None, &[]);
    assert_eq!(sent, "POST / HTTP/1.1\\r\\nconnection: close\\r\\n\\r\\n");
    receive(&mut codec, EMPTY);
    assert!(codec.is_closed());
}

#[test]
fn the_end_of_the_input_counts_by_where_it_comes() {
    // 5.3-1, 5.5-2
    let mut fresh = codec();
    assert!(fresh.receive_eof(&mut BytesMut::new()).is_err());
    assert!(fresh.is_closed());

    let mut used = codec();
    send(&mut used, Content::None, &[]);
    receive(&mut used, EMPTY);
    assert!(matches!(
        used.receive_eof(&mut BytesMut::new()),
        Ok(Eof::Clean)
    ));
    assert!(used.is_closed());

    let mut early = codec();
    send(&mut early, Content::Unknown, &[]);
    receive(&mut early, EMPTY);
    assert!(matches!(
        early.receive_eof(&mut BytesMut::new()),
        Ok(Eof::Clean)
    ));
    assert!(early.is_closed());
}

#[test]
fn bytes_before_any_request_are_unexpected() {
    // 5.3-1
    let mut codec = codec();
    assert!(matches!(
        codec.receive(&mut BytesMut::new()),
        Ok(Event::NeedMore)
    ));
    assert!(codec.receive(&mut BytesMut::from(EMPTY)).is_err());
    assert!(codec.is_closed());
}

#[test]
fn requests_are_written_for_the_version_of_the_last_response() {
    // 5.1-2
    let mut codec = codec();
    send(&mut codec, Content::None, &[]);
    let old = "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(receive(&mut codec, old), Some(Version::HTTP_10));
    let sent = send(&mut codec, Content::Known(1), &[("connection", "x")]);
    assert_eq!(
        sent,
        "POST / HTTP/1.0\\r\\nconnection: x\\r\\nconnection: keep-alive\\r\\ncontent-length: 1\\r\\n\\r\\n"
    );
    let _ = codec.send_data(&b"x"[..]);
    receive(&mut codec, EMPTY);
    assert_eq!(
        send(&mut codec, Content::None, &[]),
        "POST / HTTP/1.1\\r\\n\\r\\n"
    );
}

#[test]
fn a_switch_waits_for_the_rest_of_the_request() {
    // 5.6-1
    let mut codec = codec();
    send(&mut codec, Content::Known(1), &[("upgrade", "ws")]);
    receive(&mut codec, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
    assert!(codec.is_switching() && !codec.is_switched());
    let _ = codec.send_data(&b"x"[..]);
    assert!(codec.is_switched());
}
