//! Bodies that are cut off, overlong or malformed: what their reader gets, what is replied, and that nothing behind them is
//! ever taken for a message. Contract 4.4, 4.5, 4.8-4, 5.5-7.

use http::Method;

use crate::asked::ask;
use crate::support::conversation::{converse, LAST_OK, OK};
use crate::support::scripted_h1::Delivery;

const NEXT: &str = "GET /next HTTP/1.1\r\n\r\n";

/// Bodies with their framing, and what they hold.
const BODIES: [(&str, &str, &str); 4] = [
    ("Content-Length: 5", "abcde", "abcde"),
    (
        "Transfer-Encoding: chunked",
        "5\r\nabcde\r\n0\r\n\r\n",
        "abcde",
    ),
    (
        "Transfer-Encoding: chunked",
        "2;x=y\r\nab\r\n3\r\ncde\r\n0;z\r\n\r\n",
        "abcde",
    ),
    (
        "Transfer-Encoding: chunked",
        "5\r\nabcde\r\n0\r\na: b\r\n\r\n",
        "abcde",
    ),
];

// Contract 4.2-5, 4.8-4, 4.5-5: cut in its head a request is not answered, cut in its body it is, and that is the end.
#[tokio::test(start_paused = true)]
async fn a_request_cut_off_anywhere_gets_one_reply_or_none() {
    for (framing, wire, data) in BODIES {
        let head = format!("POST /a HTTP/1.1\r\n{framing}\r\n\r\n");
        let whole = format!("{head}{wire}");
        for len in 1..=whole.len() {
            for how in Delivery::EXTREMES {
                println!("{:?}, {how:?}", &whole[..len]);
                let conversation = converse(|_| {}, how, &whole[..len]).await;
                assert!(!conversation.closed_first, "the peer might have gone on");
                if len < head.len() {
                    assert_eq!(conversation.replies, "");
                    assert!(conversation.requests.is_empty());
                    let error = conversation.ended.expect_err("a part of a head");
                    assert!(error.is_incomplete_message());
                    continue;
                }
                conversation.ended.expect("the connection ends well");
                let body = &conversation.requests[0].body;
                if len == whole.len() {
                    assert_eq!(body.as_deref(), Ok(data));
                    assert_eq!(conversation.replies, OK);
                } else {
                    let (error, part) = body.as_ref().expect_err("cut off");
                    assert_eq!(error, "Body");
                    assert!(data.starts_with(&**part), "{part:?}");
                    assert_eq!(conversation.replies, LAST_OK);
                }
            }
        }
    }
}

// Contract 5.3-2, 5.5-7.
#[tokio::test(start_paused = true)]
async fn a_response_cut_off_anywhere_never_looks_complete() {
    for (framing, wire, data) in BODIES {
        let head = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n");
        let whole = format!("{head}{wire}");
        for len in 1..=whole.len() {
            for how in Delivery::EXTREMES {
                println!("{:?}, {how:?}", &whole[..len]);
                let asked = ask(|_| {}, Method::GET, how, &whole[..len]).await;
                if len < head.len() {
                    asked.assert_failed("IncompleteMessage");
                    continue;
                }
                assert_eq!(asked.kept, len == whole.len());
                let answer = asked.answer();
                if len == whole.len() {
                    assert_eq!((&*answer.data, answer.broken), (data, None));
                } else {
                    assert!(data.starts_with(&*answer.data));
                    assert_eq!(answer.broken.as_deref(), Some("Body"));
                }
            }
        }
    }
}

/// Chunks that are none, at the place where the first or the second begins; and what was read before that.
const MALFORMED: [&str; 26] = [
    "\r\n",
    "\n",
    " 5\r\n",
    "\t5\r\n",
    "+5\r\n",
    "-5\r\n",
    "0x5\r\n",
    "g\r\n",
    "5g\r\n",
    "5 5\r\n",
    "5,5\r\n",
    "5.0\r\n",
    "5\u{b}\r\n",
    "5\0\r\n",
    "5\n",
    "5\r5\r\n",
    "5\r\r\n",
    "5;a\n",
    "5;a\rb\r\n",
    "5;\n",
    // Beyond 64 bits, and beyond 63, 32 and 31 where one reader might wrap around and the next not.
    "10000000000000000\r\n",
    "10000000000000005\r\n",
    "fffffffffffffffff\r\n",
    "100000000000000000000000000000005\r\n",
    "0000000000000000000000010000000000000000\r\n",
    "\u{665}\r\n",
];

// Contract 4.4-1, 4.4-6: whatever follows a malformed chunk is not looked at any more.
#[tokio::test(start_paused = true)]
async fn a_malformed_chunk_is_answered_and_the_connection_closed() {
    for before in ["", "3\r\nabc\r\n"] {
        for chunk in MALFORMED {
            for how in Delivery::EXTREMES {
                println!("{before:?} {chunk:?}, {how:?}");
                let input = format!(
                    "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{before}{chunk}abcde\r\n0\r\n\r\n{NEXT}"
                );
                let conversation = converse(|_| {}, how, input).await;
                assert_eq!(conversation.replies, LAST_OK);
                assert!(conversation.closed_first);
                conversation.ended.expect("no failure of the connection's");
                assert_eq!(conversation.requests.len(), 1);
                let (error, data) = conversation.requests[0].body.as_ref().expect_err("bad");
                assert_eq!(error, "Body");
                assert_eq!(data, if before.is_empty() { "" } else { "abc" });
            }
        }
    }
}

// Contract 5.5-7.
#[tokio::test(start_paused = true)]
async fn a_malformed_chunk_of_a_response_fails_its_body_and_closes() {
    for chunk in MALFORMED {
        for how in Delivery::EXTREMES {
            println!("{chunk:?}, {how:?}");
            let wire = format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n{chunk}abcde\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
            );
            let asked = ask(|_| {}, Method::GET, how, wire).await;
            assert!(!asked.kept);
            let answer = asked.answer();
            assert_eq!(answer.data, "abc");
            assert_eq!(answer.broken.as_deref(), Some("Body"));
        }
    }
}

// Contract 4.4-1: what must stand behind the data of a chunk is two bytes, these.
#[tokio::test(start_paused = true)]
async fn data_longer_or_shorter_than_its_chunk_says_is_malformed() {
    for end in [
        "", "\n", "\r", "x\r\n", "\r\r\n", "\n\r\n", " \r\n", "\0\r\n",
    ] {
        for how in Delivery::EXTREMES {
            println!("{end:?}, {how:?}");
            let input = format!(
                "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc{end}0\r\n\r\n{NEXT}"
            );
            let conversation = converse(|_| {}, how, input).await;
            assert_eq!(conversation.replies, LAST_OK);
            assert_eq!(conversation.requests.len(), 1);
            let (_, data) = conversation.requests[0].body.as_ref().expect_err("bad");
            assert_eq!(data, "abc");
        }
    }
}

// Contract 4.4-3, ODD 5: no trailer section is a way to a second head.
#[tokio::test(start_paused = true)]
async fn a_malformed_trailer_section_is_answered_and_the_connection_closed() {
    for trailers in [
        "a : b\r\n\r\n",
        " a: b\r\n\r\n",
        "a\r\n\r\n",
        ": b\r\n\r\n",
        "a: b\r\n c\r\n\r\n",
        "a: b\rc: d\r\n\r\n",
        "a: \0\r\n\r\n",
        "a: b\nc: d\r\n\r\n",
        "\n",
        "GET /next HTTP/1.1\r\n\r\n",
    ] {
        for how in Delivery::EXTREMES {
            println!("{trailers:?}, {how:?}");
            let input = format!(
                "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{trailers}{NEXT}"
            );
            let conversation = converse(|_| {}, how, input).await;
            assert_eq!(conversation.replies, LAST_OK);
            assert_eq!(conversation.requests.len(), 1);
            assert!(conversation.requests[0].body.is_err());
        }
    }
}
