//! What becomes of the connection, and what the `connection` field says.

use super::*;

/// The `connection` lines that are written, and what follows.
fn connection(
    exchange: &Exchange,
    version: Version,
    keep_alive: KeepAlive,
    content: Content,
    lines: &[&'static str],
) -> (String, KeepAlive) {
    let fields: Vec<_> = lines.iter().map(|&line| ("connection", line)).collect();
    let mut head = response(200, &fields);
    head.version = version;
    let config = Config::default();
    let (text, outgoing) =
        encoded(&head, content, exchange, keep_alive, &config).expect("it can be sent");
    let lines = text
        .split(" | ")
        .filter_map(|line| line.strip_prefix("connection: "));
    (lines.collect::<Vec<_>>().join(" | "), outgoing.keep_alive)
}

const V10: Version = Version::HTTP_10;
const V11: Version = Version::HTTP_11;

#[test]
fn the_last_response_on_http11_says_close() {
    // 4.5-3, 4.5-4
    use KeepAlive::{No, Yes};
    for (keep_alive, lines, written, follows) in [
        (Yes, &[][..], "", Yes),
        (Yes, &["keep-alive"], "keep-alive", Yes),
        (Yes, &["x", "close, y"], "x, close, y", No),
        (Yes, &["Close"], "Close", No),
        (No, &[], "close", No),
        (No, &["keep-alive"], "keep-alive, close", No),
        (No, &["close"], "close", No),
        (No, &["x", "CLOSE"], "x, CLOSE", No),
    ] {
        let seen = connection(&get(), V11, keep_alive, Content::None, lines);
        assert_eq!(
            seen,
            (written.to_owned(), follows),
            "{keep_alive:?} {lines:?}"
        );
    }
}

#[test]
fn a_peer_of_http10_is_told_that_the_connection_stays() {
    // 4.5-2
    use KeepAlive::{No, Yes};
    let old = request(Method::GET, Minor::Http10);
    for (version, keep_alive, lines, written, follows) in [
        (V11, Yes, &[][..], "keep-alive", Yes),
        (V11, Yes, &["keep-alive"], "keep-alive", Yes),
        (V11, Yes, &["x"], "x, keep-alive", Yes),
        (V11, Yes, &["close"], "close", No),
        (V11, No, &[], "", No),
        (V11, No, &["x"], "x", No),
        (V11, No, &["keep-alive"], "keep-alive, close", No),
        (V10, Yes, &[], "", No),
        (V10, Yes, &["keep-alive"], "keep-alive", Yes),
    ] {
        let seen = connection(&old, version, keep_alive, Content::None, lines);
        assert_eq!(
            seen,
            (written.to_owned(), follows),
            "{version:?} {keep_alive:?} {lines:?}"
        );
    }
}

#[test]
fn a_body_that_lasts_until_the_end_is_not_said_to_be_followed_by_anything() {
    // 4.5-5, and better than 8.28
    use KeepAlive::{No, Yes};
    let old = request(Method::GET, Minor::Http10);
    for (keep_alive, lines, written) in [
        (Yes, &[][..], "close"),
        (Yes, &["keep-alive"], "keep-alive, close"),
        (No, &[], ""),
    ] {
        let seen = connection(&old, V11, keep_alive, Content::Unknown, lines);
        assert_eq!(seen, (written.to_owned(), No), "{lines:?}");
    }
    let seen = connection(&get(), V10, Yes, Content::Unknown, &[]);
    assert_eq!(seen, ("close".to_owned(), No));
    let seen = connection(&get(), V10, Yes, Content::Known(1), &[]);
    assert_eq!(seen, (String::new(), Yes));
}

#[test]
fn a_switch_happens_if_it_was_asked_for() {
    // 4.9-2, 4.9-3
    for (method, status, upgrade, follows) in [
        (Method::GET, 101, true, KeepAlive::Switch),
        (Method::GET, 101, false, KeepAlive::No),
        (Method::CONNECT, 200, true, KeepAlive::Switch),
        (Method::CONNECT, 299, true, KeepAlive::Switch),
        (Method::CONNECT, 300, true, KeepAlive::Yes),
        (Method::GET, 200, true, KeepAlive::Yes),
    ] {
        let exchange = Exchange {
            method,
            upgrade,
            ..Exchange::default()
        };
        let head = response(status, &[("connection", "upgrade")]);
        let (text, outgoing) = written(&head, Content::None, &exchange);
        assert_eq!(outgoing.keep_alive, follows, "{status}");
        assert!(text.contains("| connection: upgrade"), "{text}");
    }
}
