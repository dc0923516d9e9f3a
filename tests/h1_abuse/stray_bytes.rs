//! One byte too many, at every place of a head: NUL, CR, LF and white space are what request smuggling is made of
//! (RFC 9112, sections 2.2, 5.1, 5.2 and 11.2). Contract 4.1-1 to 4.1-4, 5.4-1, 5.4-2.

use http::Method;

use crate::asked::ask;
use crate::support::conversation::{converse, refusal, Conversation, BAD_REQUEST, OK};
use crate::support::scripted_h1::Delivery;

const REQUEST: &str = "POST /a HTTP/1.1\r\nHost: a\r\nX: y\r\nContent-Length: 3\r\n\r\n";
const RESPONSE: &str = "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 3\r\n\r\n";

/// `head` with `byte` before the byte at `at`.
fn with_stray(head: &str, at: usize, byte: u8) -> Vec<u8> {
    let mut input = head.as_bytes().to_vec();
    input.insert(at, byte);
    input
}

/// Refused with 400 and nothing else, at the latest when the client sends no more.
fn assert_bad(conversation: Conversation) {
    assert!(
        conversation.requests.is_empty(),
        "{:?}",
        conversation.requests
    );
    assert_eq!(conversation.replies, refusal(BAD_REQUEST));
    assert!(conversation.ended.expect_err("a refusal").is_parse());
}

async fn converse_with_stray(byte: u8, at: usize, how: Delivery) -> Conversation {
    println!("{byte:#04x} at {at}, {how:?}");
    let mut input = with_stray(REQUEST, at, byte);
    input.extend_from_slice(b"abc");
    converse(|_| {}, how, input).await
}

#[tokio::test(start_paused = true)]
async fn a_nul_anywhere_in_a_request_head_is_refused() {
    for at in 0..REQUEST.len() {
        for how in Delivery::EXTREMES {
            assert_bad(converse_with_stray(0, at, how).await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bare_cr_anywhere_in_a_request_head_is_refused() {
    for at in 0..REQUEST.len() {
        for how in Delivery::EXTREMES {
            assert_bad(converse_with_stray(b'\r', at, how).await);
        }
    }
}

// A vertical tab, a form feed and the like are white space to some, and nothing to hyper.
#[tokio::test(start_paused = true)]
async fn a_control_byte_anywhere_in_a_request_head_is_refused() {
    for byte in [0x01, 0x08, 0x0b, 0x0c, 0x1f, 0x7f] {
        for at in 0..REQUEST.len() {
            assert_bad(converse_with_stray(byte, at, Delivery::Whole).await);
        }
    }
}

/// The parts of a request head that LF as the end of a line leaves: each line without its end, and what follows the head.
fn lines_of(input: &str) -> (Vec<&str>, &str) {
    let mut lines = Vec::new();
    let mut rest = input;
    while let Some((line, more)) = rest.split_once('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        rest = more;
        match (line, lines.is_empty()) {
            ("", true) => {}
            ("", false) => return (lines, rest),
            _ => lines.push(line),
        }
    }
    panic!("the head has an end");
}

fn is_field(line: &str) -> bool {
    let Some((name, _)) = line.split_once(':') else {
        return false;
    };
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

// RFC 9112, section 2.2: a bare LF ends a line, and does nothing else. Where it ends the head early, what follows is no
// field any more, and no request either.
#[tokio::test(start_paused = true)]
async fn a_bare_lf_anywhere_in_a_request_head_ends_a_line() {
    for at in 0..REQUEST.len() {
        let input = with_stray(REQUEST, at, b'\n');
        let input = String::from_utf8(input).expect("ASCII") + "abc";
        let (lines, rest) = lines_of(&input);
        let is_good =
            lines[0] == "POST /a HTTP/1.1" && lines[1..].iter().all(|line| is_field(line));
        let has_length = lines
            .iter()
            .any(|line| line.starts_with("Content-Length: 3"));
        for how in Delivery::EXTREMES {
            println!("{at}, {how:?}: {lines:?} {rest:?}");
            let conversation = converse(|_| {}, how, &input).await;
            if !is_good {
                assert_bad(conversation);
            } else if has_length && rest == "abc" {
                assert_eq!(conversation.only_request().text(), "abc");
            } else if has_length {
                // The empty line came in two: its second half is data.
                assert_eq!(conversation.requests[0].text(), &rest[..3]);
                assert!(conversation.replies.starts_with(OK));
                assert_eq!(conversation.requests.len(), 1);
            } else {
                assert_eq!(conversation.requests[0].text(), "");
                assert_eq!(conversation.requests.len(), 1);
                assert!(conversation.replies.starts_with(OK));
                assert!(conversation.ended.is_err(), "what follows is no request");
            }
        }
    }
}

// RFC 9112, sections 3 and 5.1: white space stands between the parts of the request line, once, and around values.
#[tokio::test(start_paused = true)]
async fn white_space_is_taken_around_values_and_nowhere_else() {
    for byte in *b" \t" {
        for at in 0..REQUEST.len() {
            let line_start = REQUEST[..at].rfind('\n').map_or(0, |feed| feed + 1);
            // Behind the colon, and not between the CR and the LF.
            let may_stand = REQUEST[line_start..at].contains(':') && !REQUEST[..at].ends_with('\r');
            for how in Delivery::EXTREMES {
                let conversation = converse_with_stray(byte, at, how).await;
                if !may_stand {
                    assert_bad(conversation);
                    continue;
                }
                let seen = conversation.only_request();
                assert_eq!(seen.text(), "abc");
                assert_eq!(seen.fields(), ["host: a", "x: y", "content-length: 3"]);
            }
        }
    }
}

// Contract 3.1-3: to skip a line that is no field is not to take it apart.
#[tokio::test(start_paused = true)]
async fn no_stray_byte_makes_a_skipped_line_two() {
    for byte in *b"\0\r\x01\x0b" {
        let fields_at = REQUEST.find("Host").expect("a field");
        for at in fields_at..REQUEST.len() {
            for how in Delivery::EXTREMES {
                println!("{byte:#04x} at {at}, {how:?}");
                let mut input = with_stray(REQUEST, at, byte);
                input.extend_from_slice(b"abc");
                let conversation = converse(
                    |builder| {
                        builder.ignore_invalid_headers(true);
                    },
                    how,
                    input,
                );
                let conversation = conversation.await;
                // Refused, or read with one line less: never with a line that was not sent.
                for seen in &conversation.requests {
                    let sent = ["host: a", "x: y", "content-length: 3"];
                    for field in seen.fields() {
                        assert!(sent.contains(&&*field), "{field:?}");
                    }
                }
                let heads = conversation.replies.matches("HTTP/1.1 ").count();
                assert!(heads <= 2, "{}", conversation.replies);
            }
        }
    }
}

/// Whatever comes of it, nothing is read into the response that was not sent, and a connection on which the end of a message
/// is doubtful is not used again.
async fn assert_fails_with_stray(byte: u8) {
    for at in 0..RESPONSE.len() {
        for how in Delivery::EXTREMES {
            println!("{byte:#04x} at {at}, {how:?}");
            let mut wire = with_stray(RESPONSE, at, byte);
            wire.extend_from_slice(b"abc");
            let asked = ask(|_| {}, Method::GET, how, wire).await;
            let error = asked.outcome.expect_err("no response");
            assert!(error.starts_with("Parse("), "{error}");
            assert!(!asked.kept);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_nul_anywhere_in_a_response_head_fails_the_request() {
    assert_fails_with_stray(0).await;
}

#[tokio::test(start_paused = true)]
async fn a_bare_cr_anywhere_in_a_response_head_fails_the_request() {
    assert_fails_with_stray(b'\r').await;
}

#[tokio::test(start_paused = true)]
async fn a_control_byte_anywhere_in_a_response_head_fails_the_request() {
    assert_fails_with_stray(0x0b).await;
    assert_fails_with_stray(0x7f).await;
}

// Contract 5.4-2.
#[tokio::test(start_paused = true)]
async fn white_space_before_a_colon_fails_the_request() {
    for byte in *b" \t" {
        for name in ["X", "Content-Length"] {
            let at = RESPONSE.find(&format!("{name}:")).expect("a field") + name.len();
            for how in Delivery::EXTREMES {
                let mut wire = with_stray(RESPONSE, at, byte);
                wire.extend_from_slice(b"abc");
                let asked = ask(|_| {}, Method::GET, how, wire).await;
                asked.assert_failed("Parse(Header(Token))");
            }
        }
    }
}

// Contract 5.4-2.
#[tokio::test(start_paused = true)]
async fn a_line_that_begins_with_white_space_fails_the_request() {
    for byte in *b" \t" {
        let starts = RESPONSE.match_indices("\r\n").map(|(at, _)| at + 2);
        for at in starts.filter(|at| *at < RESPONSE.len()) {
            for how in Delivery::EXTREMES {
                println!("{byte:#04x} at {at}, {how:?}");
                let mut wire = with_stray(RESPONSE, at, byte);
                wire.extend_from_slice(b"abc");
                let asked = ask(|_| {}, Method::GET, how, wire).await;
                asked.assert_failed("Parse(Header(Token))");
            }
        }
    }
}
