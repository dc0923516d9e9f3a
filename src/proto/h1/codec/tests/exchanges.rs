//! Whole exchanges on a server: both halves, and what the connection does next.

use std::error::Error as _;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response};

use super::transcript::text;
use crate::body::length::Content;
use crate::error::kind::{Kind, User};
use crate::proto::h1::codec::{Codec, Eof, Event, Receiving, Sending};
use crate::proto::h1::config::Config;
use crate::proto::h1::role::Server;

/// A server that has received `input`, as far as it goes.
struct Peer {
    codec: Codec<Server>,
    buf: BytesMut,
    dst: BytesMut,
}

impl Peer {
    fn new(config: Config, input: &str) -> Peer {
        Peer {
            codec: Codec::new(config),
            buf: BytesMut::from(input),
            dst: BytesMut::new(),
        }
    }

    fn of(input: &str) -> Peer {
        Peer::new(Config::default(), input)
    }

    fn event(&mut self) -> &'static str {
        match self.codec.receive(&mut self.buf) {
            Ok(Event::Head(_)) => "head",
            Ok(Event::Informational(_)) => "interim",
            Ok(Event::Data(_)) => "data",
            Ok(Event::Trailers(_)) => "trailers",
            Ok(Event::End) => "end",
            Ok(Event::BodyFailed(_)) => "failed",
            Ok(Event::NeedMore) => "more",
            Ok(Event::Held) => "held",
            Err(_) => "error",
        }
    }

    fn expect(&mut self, events: &[&str]) {
        for event in events {
            assert_eq!(self.event(), *event);
        }
    }

    fn send(&mut self, content: Content, fields: &[(&'static str, &'static str)]) {
        let mut head = Response::new(()).into_parts().0;
        for (name, value) in fields {
            head.headers.append(*name, HeaderValue::from_static(value));
        }
        self.codec
            .send_head(head, content, &mut self.dst)
            .expect("the head can be sent");
    }

    fn data(&mut self, data: &'static str) {
        let encoded = self.codec.send_data(Bytes::from_static(data.as_bytes()));
        self.put(encoded);
    }

    fn put(&mut self, mut encoded: impl Buf) {
        let length = encoded.remaining();
        self.dst.extend_from_slice(&encoded.copy_to_bytes(length));
    }

    fn finish(&mut self) {
        let end = self.codec.finish().expect("the body is complete");
        self.dst.extend_from_slice(end);
    }

    fn written(&mut self) -> String {
        text(&self.dst.split())
    }
}

#[test]
fn the_next_request_waits_for_the_response() {
    // 4.8-1
    let mut peer = Peer::of("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
    assert!(peer.codec.is_idle());
    assert_eq!(peer.codec.sending(), Sending::Idle);
    peer.expect(&["head", "held", "held"]);
    assert_eq!(peer.codec.receiving(), Receiving::Held);
    assert_eq!(peer.codec.sending(), Sending::Head);

    peer.send(Content::Unknown, &[]);
    assert_eq!(peer.codec.sending(), Sending::Body);
    peer.expect(&["held"]);
    peer.data("hi");
    peer.finish();
    assert_eq!(
        peer.written(),
        "HTTP/1.1 200 OK\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n2\\r\\nhi\\r\\n0\\r\\n\\r\\n"
    );
    assert!(peer.codec.is_idle());
    assert_eq!(peer.codec.sending(), Sending::Idle);
    peer.expect(&["head", "held"]);
}

#[test]
fn a_response_may_be_complete_before_its_request() {
    let mut peer = Peer::of("POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nab");
    peer.expect(&["head", "data", "more"]);
    assert_eq!(peer.codec.remaining(), Some(2));
    peer.send(Content::None, &[]);
    assert_eq!(peer.codec.sending(), Sending::Held);
    assert!(!peer.codec.is_idle());
    peer.buf.extend_from_slice(b"cdGET / HTTP/1.1\r\n\r\n");
    peer.expect(&["data", "end", "head"]);
}

#[test]
fn a_hundred_continue_is_sent_once_and_before_the_response_only() {
    // 4.6-2
    const REQUEST: &str = "PUT / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\n";
    let mut peer = Peer::of(REQUEST);
    peer.expect(&["head", "more"]);
    assert!(peer.codec.expects_continue());
    for _ in 0..2 {
        peer.codec.send_continue(&mut peer.dst);
        assert!(!peer.codec.expects_continue());
    }
    assert_eq!(peer.written(), "HTTP/1.1 100 Continue\\r\\n\\r\\n");

    let mut answered = Peer::of(REQUEST);
    answered.expect(&["head"]);
    answered.send(Content::None, &[]);
    answered.written();
    answered.codec.send_continue(&mut answered.dst);
    assert_eq!(answered.written(), "");

    let mut impatient = Peer::of(&format!("{REQUEST}x"));
    impatient.expect(&["head", "data"]);
    assert!(!impatient.codec.expects_continue());

    // 4.6-3
    let mut unread = Peer::of(REQUEST);
    unread.expect(&["head"]);
    unread.codec.stop_receiving();
    assert!(!unread.codec.expects_continue());
}

#[test]
fn a_request_that_is_given_up_or_fails_makes_its_response_the_last() {
    // 4.8-4, 4.8-5, 4.4-6, and better than 8.25: the response says so.
    const LAST: &str = "HTTP/1.1 200 OK\\r\\nconnection: close\\r\\ncontent-length: 0\\r\\n\\r\\n";
    let chunked = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx";
    let exact = "POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\n";

    let mut malformed = Peer::of(chunked);
    malformed.expect(&["head", "failed", "held"]);
    let mut given_up = Peer::of(exact);
    given_up.expect(&["head"]);
    given_up.codec.stop_receiving();
    given_up.expect(&["held"]);
    let mut cut_short = Peer::of(exact);
    cut_short.expect(&["head", "more"]);
    let eof = cut_short.codec.receive_eof(&mut cut_short.buf);
    assert!(matches!(eof, Ok(Eof::BodyFailed(_))));
    for mut peer in [malformed, given_up, cut_short] {
        assert_eq!(peer.codec.receiving(), Receiving::Closed);
        assert!(!peer.codec.keeps_alive() && !peer.codec.is_closed());
        peer.send(Content::None, &[]);
        assert_eq!(peer.written(), LAST);
        assert!(peer.codec.is_closed());
    }
}

#[test]
fn a_request_that_fails_behind_its_response_closes_the_connection() {
    let mut peer = Peer::of("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n");
    peer.expect(&["head", "more"]);
    peer.send(Content::Unknown, &[]);
    peer.buf.extend_from_slice(b"x");
    peer.expect(&["failed"]);
    assert_eq!(peer.codec.sending(), Sending::Body);
    peer.finish();
    assert!(peer.codec.is_closed());
}

#[test]
fn the_end_of_the_input_counts_by_where_it_comes() {
    // 4.2-5, 4.8-3
    let mut idle = Peer::of("");
    assert!(matches!(
        idle.codec.receive_eof(&mut idle.buf),
        Ok(Eof::Clean)
    ));
    assert!(idle.codec.is_closed());

    let mut serving = Peer::of("GET / HTTP/1.1\r\n\r\n");
    serving.expect(&["head"]);
    let eof = serving.codec.receive_eof(&mut serving.buf);
    assert_eq!(
        eof.expect_err("a response is due").kind(),
        Kind::IncompleteMessage
    );

    // 3.1-1: a driver that lets peers half-close does not tell, and the response is completed.
    let mut half_closed = Peer::of("GET / HTTP/1.1\r\n\r\n");
    half_closed.expect(&["head"]);
    half_closed.codec.stop_receiving();
    assert_eq!(half_closed.codec.sending(), Sending::Head);
    half_closed.send(Content::None, &[]);
    assert!(half_closed.codec.is_closed());
}

#[test]
fn shutting_down_makes_the_present_or_the_next_exchange_the_last() {
    // 4.8-8, 3.1-1
    let mut serving = Peer::of("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    serving.expect(&["head"]);
    serving.codec.disable_keep_alive();
    serving.send(Content::Known(2), &[]);
    serving.data("hi");
    assert_eq!(
        serving.written(),
        "HTTP/1.1 200 OK\\r\\nconnection: close\\r\\ncontent-length: 2\\r\\n\\r\\nhi"
    );
    assert!(serving.codec.is_closed());

    let mut waiting = Peer::of("GE");
    waiting.expect(&["more"]);
    waiting.codec.disable_keep_alive();
    assert!(waiting.codec.has_partial_head(&waiting.buf));
    waiting.buf.extend_from_slice(b"T / HTTP/1.1\r\n\r\n");
    waiting.expect(&["head"]);

    let config = Config {
        keep_alive: false,
        ..Config::default()
    };
    let mut single = Peer::new(config, "GET / HTTP/1.1\r\n\r\n");
    single.expect(&["head"]);
    single.send(Content::None, &[]);
    assert!(single.written().contains("connection: close"));
    assert!(single.codec.is_closed());
}

#[test]
fn empty_lines_are_no_partial_head() {
    // Better than 8.8.
    let mut peer = Peer::of("\r\n\r");
    peer.expect(&["more"]);
    assert!(!peer.codec.has_partial_head(&peer.buf));
    assert!(peer.codec.is_idle());
    peer.codec.close();
    assert!(peer.codec.is_closed());
    peer.expect(&["held"]);
}

#[test]
fn a_body_that_ends_early_fails_where_its_end_is_due() {
    // 4.7-11, 2.4-13
    for is_last in [false, true] {
        let mut peer = Peer::of("GET / HTTP/1.1\r\n\r\n");
        peer.expect(&["head"]);
        peer.send(Content::Known(5), &[]);
        peer.written();
        let data = Bytes::from_static(b"hi");
        let encoded = if is_last {
            peer.codec.send_last_data(data)
        } else {
            peer.codec.send_data(data)
        };
        peer.put(encoded);
        assert_eq!(peer.written(), "hi", "what there is goes out");
        assert_eq!(peer.codec.sending(), Sending::Body);
        let error = peer.codec.finish().expect_err("three bytes are missing");
        assert_eq!(error.kind(), Kind::User(User::BodyWriteAborted));
        let cause = error.source().expect("it says how many").to_string();
        assert_eq!(cause, "early end, expected 3 more bytes");
        assert!(peer.codec.is_closed());
    }
}

#[test]
fn a_body_that_is_too_long_is_cut() {
    // 4.7-11
    let mut peer = Peer::of("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    peer.expect(&["head"]);
    peer.send(Content::Known(3), &[]);
    peer.written();
    peer.data("hi");
    peer.data("there");
    assert_eq!(peer.written(), "hit");
    peer.data("ignored");
    assert_eq!(peer.written(), "");
    assert_eq!(peer.codec.finish().expect("nothing is due"), b"");
    peer.expect(&["head"]);
}

#[test]
fn a_body_that_fails_closes_the_connection_without_an_end() {
    // 4.7-12
    let mut peer = Peer::of("GET / HTTP/1.1\r\n\r\n");
    peer.expect(&["head"]);
    peer.send(Content::Unknown, &[]);
    peer.data("hi");
    peer.codec.stop_sending();
    assert!(peer.codec.is_closed());
    assert!(peer.written().ends_with("2\\r\\nhi\\r\\n"));
    peer.finish();
    assert_eq!(peer.written(), "");
}

#[test]
fn the_last_piece_and_the_end_go_together() {
    // 4.7-10
    let table = [
        (Content::Unknown, "hi", "2\\r\\nhi\\r\\n0\\r\\n\\r\\n"),
        (Content::Unknown, "", "0\\r\\n\\r\\n"),
        (Content::Known(2), "hi", "hi"),
    ];
    for (content, data, expected) in table {
        let mut peer = Peer::of("GET / HTTP/1.1\r\n\r\n");
        peer.expect(&["head"]);
        peer.send(content, &[]);
        peer.written();
        let encoded = peer.codec.send_last_data(data.as_bytes());
        peer.put(encoded);
        assert_eq!(peer.written(), expected);
        assert!(peer.codec.is_idle());
    }
}

#[test]
fn trailers_end_the_body() {
    // 4.7-14
    let trailers: HeaderMap = [("a", "1"), ("b", "2")]
        .into_iter()
        .map(|(name, value)| {
            (
                name.parse().expect("a name"),
                HeaderValue::from_static(value),
            )
        })
        .collect();
    for (te, fields) in [("te: trailers", "a: 1\\r\\n"), ("te: gzip", "")] {
        let mut peer = Peer::of(&format!("GET / HTTP/1.1\r\n{te}\r\n\r\n"));
        peer.expect(&["head"]);
        peer.send(Content::Unknown, &[("trailer", "a")]);
        peer.written();
        let sent = peer.codec.send_trailers(trailers.clone(), &mut peer.dst);
        assert!(sent.is_ok());
        assert_eq!(peer.written(), format!("0\\r\\n{fields}\\r\\n"));
        assert!(peer.codec.is_idle());
    }
}

#[test]
fn an_interim_status_is_replaced_and_reported() {
    // 2.4-15, and better than 8.25
    for status in [100, 102, 103, 199] {
        let mut peer = Peer::of("GET / HTTP/1.1\r\n\r\n");
        peer.expect(&["head"]);
        let mut head = Response::new(()).into_parts().0;
        head.status = status.try_into().expect("a status");
        let sent = peer.codec.send_head(head, Content::Unknown, &mut peer.dst);
        let error = sent.expect_err("it cannot be sent");
        assert_eq!(error.kind(), Kind::User(User::UnsupportedStatusCode));
        assert_eq!(
            peer.written(),
            "HTTP/1.1 500 Internal Server Error\\r\\nconnection: close\\r\\n\
             content-length: 0\\r\\n\\r\\n"
        );
        assert!(peer.codec.is_closed());
    }
}

#[test]
fn contradicting_fields_are_reported_and_nothing_is_written() {
    // 2.4-14
    let mut peer = Peer::of("GET / HTTP/1.1\r\n\r\n");
    peer.expect(&["head"]);
    let mut head = Response::new(()).into_parts().0;
    head.headers
        .insert("content-length", HeaderValue::from_static("x"));
    let sent = peer.codec.send_head(head, Content::Unknown, &mut peer.dst);
    let error = sent.expect_err("it cannot be sent");
    assert_eq!(error.kind(), Kind::User(User::UnexpectedHeader));
    assert_eq!(peer.written(), "");
    assert!(peer.codec.is_closed());
}

#[test]
fn a_switch_waits_for_the_rest_of_the_request() {
    // 4.9-2
    let mut peer = Peer::of("CONNECT a:1 HTTP/1.1\r\ncontent-length: 2\r\n\r\nh");
    peer.expect(&["head", "data", "more"]);
    peer.send(Content::None, &[]);
    assert!(peer.codec.is_switching() && !peer.codec.is_switched());
    peer.codec.disable_keep_alive();
    peer.buf.extend_from_slice(b"i tunnel");
    peer.expect(&["data", "end", "held"]);
    assert!(peer.codec.is_switched() && peer.codec.is_closed());
    assert_eq!(&peer.buf[..], b" tunnel");
    peer.codec.close();
    peer.codec.stop_receiving();
    assert!(peer.codec.is_switched(), "what has happened stays so");

    let mut failed = Peer::of("CONNECT a:1 HTTP/1.1\r\ncontent-length: 2\r\n\r\nh");
    failed.expect(&["head", "data"]);
    failed.codec.stop_receiving();
    failed.send(Content::None, &[]);
    assert!(failed.codec.is_closed() && !failed.codec.is_switched());
}
