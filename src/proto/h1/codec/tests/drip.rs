//! What a slow sender costs, counted in bytes looked at and not in time.

use bytes::BytesMut;

use crate::proto::h1::codec::{Codec, Event};
use crate::proto::h1::config::Config;
use crate::proto::h1::role::{Role, Server};

/// How many bytes were looked at before the head was complete, `step` bytes arriving at a time.
fn cost<R: Role>(head: &[u8], step: usize) -> usize {
    let mut codec = Codec::<R>::new(Config::default());
    let mut buf = BytesMut::new();
    let (begun, last) = head.split_at(head.len() - 1);
    for piece in begun.chunks(step) {
        buf.extend_from_slice(piece);
        assert!(matches!(codec.receive(&mut buf), Ok(Event::NeedMore)));
    }
    let looked_at = codec.search.looked_at;
    buf.extend_from_slice(last);
    assert!(matches!(codec.receive(&mut buf), Ok(Event::Head(_))));
    looked_at
}

#[test]
fn a_head_in_drips_costs_a_few_times_its_length() {
    // 4.1-7: one search, checks at doubling lengths, and the three bytes an end may span.
    let heads = [
        format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(400_000)),
        format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(65_000)),
        format!(
            "GET / HTTP/1.1\r\n{}\r\n",
            format!("a: {}\r\n", "b".repeat(1000)).repeat(100)
        ),
        format!("GET / HTTP/1.1\r\n{}\r\n", "a:\r\n".repeat(100)),
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
    ];
    for head in &heads {
        for step in [1, 2, 7, 1000] {
            let cost = cost::<Server>(head.as_bytes(), step);
            assert!(
                cost <= 4 * head.len(),
                "{cost} for {} in pieces of {step}",
                head.len()
            );
        }
    }
}

#[test]
fn a_head_that_is_there_at_once_is_looked_at_once() {
    let head = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut codec = Codec::<Server>::new(Config::default());
    let mut buf = BytesMut::from(&head[..]);
    let found = codec.search.look(&buf);
    assert_eq!(codec.search.looked_at, head.len(), "{found:?}");
    codec.search = crate::proto::h1::head::search::HeadSearch::new();
    assert!(matches!(codec.receive(&mut buf), Ok(Event::Head(_))));
}

#[test]
fn empty_lines_cost_nothing_that_stays() {
    // 4.1-1: they are taken out of the buffer as they come.
    let mut codec = Codec::<Server>::new(Config::default());
    let mut buf = BytesMut::new();
    for _ in 0..1_000_000 {
        buf.extend_from_slice(b"\r\n");
        assert!(matches!(codec.receive(&mut buf), Ok(Event::NeedMore)));
        assert!(buf.is_empty());
    }
    assert_eq!(codec.search.looked_at, 0);
}

#[cfg(feature = "client")]
#[test]
fn empty_lines_before_a_response_that_may_have_no_head_are_bounded() {
    use crate::proto::h1::config::Leniency;
    use crate::proto::h1::role::Client;

    let config = Config {
        leniency: Leniency {
            http09_responses: true,
            ..Leniency::default()
        },
        ..Config::default()
    };
    let mut codec = Codec::<Client>::new(config);
    let head = http::Request::new(()).into_parts().0;
    let content = crate::body::length::Content::None;
    codec
        .send_head(head, content, &mut BytesMut::new())
        .expect("an empty request can be sent");
    // They may be the body's, so they stay, and the buffer is full at last.
    let mut buf = BytesMut::new();
    while buf.len() < config.limits.max_buffered - 1 {
        buf.extend_from_slice(b"\n");
        assert!(matches!(codec.receive(&mut buf), Ok(Event::NeedMore)));
    }
    buf.extend_from_slice(b"\n");
    assert!(codec.receive(&mut buf).is_err());
}
