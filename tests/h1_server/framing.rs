//! Contract 4.3: where a request's body ends, and what keeps one peer's reading from differing from another's.

use crate::messages::{accepted, assert_bad_request, converse, empty, LAST_OK, OK};
use crate::support::scripted_h1::{Delivery, Server};

/// A request that is only seen if the one before it ends where it should.
const NEXT: &str = "GET /next HTTP/1.1\r\nhost: a\r\n\r\n";

/// What the service gets of a request whose head has `lines`, and whether [`NEXT`] is answered too.
struct Read {
    body: String,
    fields: Vec<String>,
    next: bool,
}

async fn read(how: Delivery, lines: &str, body: &str) -> Read {
    let input = format!("POST / HTTP/1.1\r\n{lines}\r\n{body}{NEXT}");
    let conversation = converse(|_| {}, how, input).await;
    conversation.ended.expect("the connection ends well");
    let next = conversation.requests.len() == 2;
    if next {
        assert_eq!(conversation.requests[1].uri, "/next");
        assert_eq!(conversation.replies, OK.repeat(2));
    } else {
        assert_eq!(conversation.requests.len(), 1);
        assert_eq!(conversation.replies, LAST_OK);
        assert!(conversation.closed_first);
    }
    Read {
        body: conversation.requests[0].text().to_owned(),
        fields: conversation.requests[0].fields(),
        next,
    }
}

// Contract 4.3-4, 4.3-5.
#[tokio::test(start_paused = true)]
async fn without_framing_there_is_no_body_whatever_the_method() {
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "X"] {
        for how in Delivery::EXTREMES {
            let input = format!("{method} / HTTP/1.1\r\n\r\n{NEXT}");
            let conversation = converse(|_| {}, how, input).await;
            assert_eq!(conversation.requests.len(), 2);
            assert_eq!(conversation.requests[0].text(), "");
        }
    }
}

// Contract 4.3-4.
#[tokio::test(start_paused = true)]
async fn bytes_behind_a_bodyless_request_are_the_next_request() {
    let conversation = converse(|_| {}, Delivery::Whole, "POST / HTTP/1.1\r\n\r\nabc").await;
    assert_eq!(conversation.requests[0].text(), "");
    let error = conversation.ended.expect_err("`abc` begins a request");
    assert!(error.is_incomplete_message());
}

// Contract 4.3-5.
#[tokio::test(start_paused = true)]
async fn any_method_may_have_a_body() {
    for method in ["GET", "POST", "DELETE", "TRACE", "X"] {
        for how in Delivery::EXTREMES {
            let sized = format!("{method} / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc");
            assert_eq!(accepted(how, sized).await.text(), "abc");
            let chunked = format!(
                "{method} / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            );
            assert_eq!(accepted(how, chunked).await.text(), "abc");
        }
    }
}

// Contract 4.3-5: HEAD, whose answer has no content-length here.
#[tokio::test(start_paused = true)]
async fn head_may_have_a_body_too() {
    let mut server = Server::start();
    let mut call = server
        .request("HEAD / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc")
        .await;
    assert_eq!(call.read().await, "abc");
    call.respond(empty());
    server
        .peer
        .expect_text("HTTP/1.1 200 OK\r\ndate: <date>\r\n\r\n")
        .await;
    server.assert_usable().await;
}

// Contract 4.3-1.
#[tokio::test(start_paused = true)]
async fn chunked_is_recognised_as_the_last_coding_in_any_case() {
    let rows = [
        "transfer-encoding: chunked\r\n",
        "Transfer-Encoding: Chunked\r\n",
        "transfer-encoding: CHUNKED\r\n",
        "transfer-encoding:chunked\r\n",
        "transfer-encoding: \t chunked \t \r\n",
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: gzip,chunked\r\n",
        "transfer-encoding: gzip ,\tchunked\r\n",
        "transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: gzip\r\nx: y\r\ntransfer-encoding: chunked\r\n",
    ];
    for lines in rows {
        for how in Delivery::EXTREMES {
            println!("{lines:?}, {how:?}");
            let read = read(how, lines, "3\r\nabc\r\n0\r\n\r\n").await;
            assert_eq!(read.body, "abc");
            assert!(read.next);
        }
    }
}

// Contract 4.3-1: where the end of the body cannot be known, or is known to one reader and not to another.
#[tokio::test(start_paused = true)]
async fn a_last_coding_other_than_chunked_is_refused() {
    let values = [
        "gzip",
        "identity",
        "chunked, gzip",
        "chunked, identity",
        "xchunked",
        "chunkedx",
        "chunked;q=1",
        "chun ked",
        "\"chunked\"",
        "chunke",
        "",
        ",",
        "chunked,",
        "chunked, ,",
        "\u{b}chunked",
        "chunked\u{a0}",
    ];
    for value in values {
        let input = format!("POST / HTTP/1.1\r\ntransfer-encoding: {value}\r\n\r\n");
        let conversation = converse(|_| {}, Delivery::Whole, &input).await;
        println!("{value:?}: {:?}", conversation.ended);
        let refused = conversation.ended.expect_err(value);
        assert!(refused.is_parse());
        assert!(conversation.replies.starts_with("HTTP/1.1 400 "));
        assert!(conversation.requests.is_empty());
    }
    let expected = "Parse(Header(TransferEncodingInvalid))";
    for lines in [
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: gzip\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
        "transfer-encoding:\r\n",
    ] {
        assert_bad_request(format!("POST / HTTP/1.1\r\n{lines}\r\n"), expected).await;
    }
}

// Contract 4.3-1.
#[tokio::test(start_paused = true)]
async fn transfer_encoding_is_refused_in_http_1_0() {
    let expected = "Parse(Header(TransferEncodingUnexpected))";
    for lines in [
        "transfer-encoding: chunked\r\n",
        "transfer-encoding: gzip\r\n",
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
        "connection: keep-alive\r\ntransfer-encoding: chunked\r\n",
    ] {
        assert_bad_request(format!("POST / HTTP/1.0\r\n{lines}\r\n"), expected).await;
    }
}

// Contract 4.3-2: the last word on CL.TE and TE.CL smuggling; what follows is not read as a request.
#[tokio::test(start_paused = true)]
async fn transfer_encoding_overrides_content_length_and_ends_the_connection() {
    let rows = [
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "content-length: 5\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n",
        "content-length: 0\r\ntransfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: nonsense\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\ncontent-length: 6\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 99999999999999999999999\r\n",
    ];
    for lines in rows {
        for how in Delivery::EXTREMES {
            println!("{lines:?}, {how:?}");
            let read = read(how, lines, "3\r\nabc\r\n0\r\n\r\n").await;
            assert_eq!(read.body, "abc");
            assert!(!read.next);
            let told = read
                .fields
                .iter()
                .any(|field| field.starts_with("content-length"));
            assert!(!told, "{:?}", read.fields);
        }
    }
}

// Contract 4.3-3.
#[tokio::test(start_paused = true)]
async fn content_length_counts_the_bytes_of_the_body() {
    for (lines, body) in [
        ("content-length: 0\r\n", ""),
        ("content-length: 3\r\n", "abc"),
        ("Content-LENGTH:3\r\n", "abc"),
        ("content-length: \t3 \r\n", "abc"),
        ("content-length: 0003\r\n", "abc"),
        ("content-length: 3\r\n", "\r\n\n"),
    ] {
        for how in Delivery::EXTREMES {
            println!("{lines:?}, {how:?}");
            let read = read(how, lines, body).await;
            assert_eq!(read.body, body);
            assert!(read.next);
        }
    }
}

// Contract 4.3-3.
#[tokio::test(start_paused = true)]
async fn equal_content_lengths_collapse_into_one() {
    for how in Delivery::EXTREMES {
        let read = read(
            how,
            "content-length: 3\r\ncontent-length: 3\r\nx: y\r\ncontent-length: 3\r\n",
            "abc",
        );
        let read = read.await;
        assert_eq!(read.body, "abc");
        assert_eq!(read.fields, ["content-length: 3", "x: y"]);
        assert!(read.next);
    }
}

// Contract 4.3-3.
#[tokio::test(start_paused = true)]
async fn anything_else_in_content_length_is_refused() {
    let values = [
        "",
        "+3",
        "-3",
        "3 3",
        "3,3",
        "3, 3",
        "3;",
        "0x3",
        "3.0",
        "three",
        "\u{663}",
        "3_000",
        "18446744073709551616",
        "99999999999999999999999999",
    ];
    for value in values {
        assert_bad_request(
            format!("POST / HTTP/1.1\r\ncontent-length: {value}\r\n\r\n"),
            "Parse(Header(ContentLengthInvalid))",
        )
        .await;
    }
    for lines in [
        "content-length: 3\r\ncontent-length: 4\r\n",
        "content-length: 3\r\ncontent-length: 3\r\ncontent-length: 4\r\n",
        "content-length: 3\r\ncontent-length: x\r\n",
        "content-length: x\r\ncontent-length: 3\r\n",
        "content-length: x\r\ntransfer-encoding: chunked\r\n",
    ] {
        assert_bad_request(
            format!("POST / HTTP/1.1\r\n{lines}\r\n"),
            "Parse(Header(ContentLengthInvalid))",
        )
        .await;
    }
}

// Contract 2.2.
#[tokio::test(start_paused = true)]
async fn framing_errors_say_what_is_wrong() {
    for (line, text) in [
        ("content-length: x", "invalid content-length parsed"),
        ("transfer-encoding: x", "invalid transfer-encoding parsed"),
    ] {
        let input = format!("POST / HTTP/1.1\r\n{line}\r\n\r\n");
        let conversation = converse(|_| {}, Delivery::Whole, input).await;
        assert_eq!(conversation.ended.expect_err("a refusal").to_string(), text);
    }
    let input = "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n";
    let conversation = converse(|_| {}, Delivery::Whole, input).await;
    let error = conversation.ended.expect_err("a refusal");
    assert_eq!(error.to_string(), "unexpected transfer-encoding parsed");
}

// Contract 4.3-1: one body hidden in another stays hidden.
#[tokio::test(start_paused = true)]
async fn a_request_inside_a_body_is_part_of_the_body() {
    let inner = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
    for how in Delivery::EXTREMES {
        let sized = read(how, &format!("content-length: {}\r\n", inner.len()), inner).await;
        assert_eq!(sized.body, inner);
        let chunks = format!("{:x}\r\n{inner}\r\n0\r\n\r\n", inner.len());
        let chunked = read(how, "transfer-encoding: chunked\r\n", &chunks).await;
        assert_eq!(chunked.body, inner);
    }
}
