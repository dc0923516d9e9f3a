//! Where a request ends: every sequence of framing lines, up to three, in both versions (RFC 9112, section 6.3; contract 4.3).
//!
//! The wire after the head is such that whoever believes the wrong field finds a request where there is none. The request
//! behind it is served exactly where hyper is sure of the end.

use crate::framing_lines::{every_sequence, lines, Line, Version};
use crate::support::conversation::{converse, refusal, BAD_REQUEST, LAST_OK, OK};
use crate::support::errors::kind;
use crate::support::scripted_h1::Delivery;

const NEXT: &str = "GET /next HTTP/1.1\r\n\r\n";
const OLD_OK: &str = "HTTP/1.0 200 OK\r\ncontent-length: 0\r\ndate: <date>\r\n\r\n";

/// How a request is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Empty,
    Exact(usize),
    Chunked,
    /// As chunked, and as the last request, since another reader might disagree.
    ChunkedAtLast,
    Refused(&'static str),
}

/// Line by line, as the contract has it: the first line that cannot be believed decides.
fn expected(version: Version, lines: &[Line]) -> Reading {
    let mut chunked = None;
    let mut length = None;
    let mut has_both = false;
    for line in lines {
        match line {
            Line::Codings(_) if version == Version::Old => {
                return Reading::Refused("Parse(Header(TransferEncodingUnexpected))");
            }
            Line::Codings(codings) => {
                chunked = Some(Line::ends_chunked(codings));
                has_both |= length.is_some();
            }
            Line::Length(_) if chunked.is_some() => has_both = true,
            Line::Length(digits) => {
                let declared = digits.bytes().all(|byte| byte.is_ascii_digit());
                let declared = declared.then(|| digits.parse().expect("digits"));
                if declared.is_none() || length.is_some() && length != declared {
                    return Reading::Refused("Parse(Header(ContentLengthInvalid))");
                }
                length = declared;
            }
        }
    }
    match (chunked, length) {
        (Some(false), _) => Reading::Refused("Parse(Header(TransferEncodingInvalid))"),
        (Some(true), _) if has_both => Reading::ChunkedAtLast,
        (Some(true), _) => Reading::Chunked,
        (None, Some(length)) => Reading::Exact(length),
        (None, None) => Reading::Empty,
    }
}

async fn assert_read(version: Version, lines: &[Line], how: Delivery) {
    let reading = expected(version, lines);
    println!("{version:?} {lines:?} {how:?}: {reading:?}");
    let number = match version {
        Version::Old => "1.0",
        Version::Current => "1.1",
    };
    let mut input = format!("POST /a HTTP/{number}\r\n");
    for line in lines {
        input += &line.to_string();
    }
    // As chunks it holds a request, as 22 bytes it is one, as 3 bytes it begins one.
    let (wire, body) = match reading {
        Reading::Empty => ("", ""),
        Reading::Exact(3) => ("abc", "abc"),
        Reading::Exact(_) => ("GET /body HTTP/1.1\r\n\r\n", "GET /body HTTP/1.1\r\n\r\n"),
        Reading::Chunked | Reading::ChunkedAtLast => (
            "16\r\nGET /body HTTP/1.1\r\n\r\n\r\n0\r\n\r\n",
            "GET /body HTTP/1.1\r\n\r\n",
        ),
        Reading::Refused(_) => ("16\r\nGET /body HTTP/1.1\r\n\r\n\r\n0\r\n\r\n", ""),
    };
    input += &format!("\r\n{wire}{NEXT}");
    let conversation = converse(|_| {}, how, input).await;
    if let Reading::Refused(error) = reading {
        return conversation.assert_refused(BAD_REQUEST, error);
    }
    conversation.ended.expect("the connection ends well");
    let seen = &conversation.requests;
    assert_eq!(seen[0].text(), body);
    // Nobody behind hyper is told of both.
    let told = |name| seen[0].headers.get_all(name).iter().count();
    assert!(told("content-length") <= 1);
    assert!(told("content-length") == 0 || told("transfer-encoding") == 0);
    match (version, reading) {
        (Version::Old, _) => {
            assert_eq!((&*conversation.replies, seen.len()), (OLD_OK, 1));
            assert!(conversation.closed_first);
        }
        (_, Reading::ChunkedAtLast) => {
            assert_eq!((&*conversation.replies, seen.len()), (LAST_OK, 1));
            assert!(conversation.closed_first);
        }
        _ => {
            assert_eq!(conversation.replies, OK.repeat(2));
            assert_eq!(seen[1].uri, "/next");
        }
    }
}

async fn assert_all_read(how: Delivery) {
    for (version, lines) in every_sequence(&lines("22")) {
        assert_read(version, &lines, how).await;
    }
}

// Contract 4.3-1 to 4.3-4, 4.2-2.
#[tokio::test(start_paused = true)]
async fn every_order_of_framing_lines_is_read_in_one_way_only() {
    assert_all_read(Delivery::Whole).await;
}

#[tokio::test(start_paused = true)]
async fn every_order_of_framing_lines_is_read_so_when_dripped() {
    assert_all_read(Delivery::Dripped).await;
}

// Contract 4.1-4, 4.3: what frames a request for a careless reader and is no framing field. A name that hyper does not know
// is passed on with its line, and none of these is a name.
#[tokio::test(start_paused = true)]
async fn disguised_framing_lines_are_refused() {
    for line in [
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        " Transfer-Encoding: chunked",
        "\u{b}Transfer-Encoding: chunked",
        "Transfer-Encoding:\u{b}chunked",
        "Transfer-Encoding: \u{0}chunked",
        "Transfer-Encoding: chunked\r\n ",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding\r\n: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "X: y\r\n Transfer-Encoding: chunked",
        "X: y\r\n\tContent-Length: 22",
        "Transfer\u{2010}Encoding: chunked",
        "Content-Length\u{a0}: 22",
        "Content-Length : 22",
        "Content-Length: 2\r\n 2",
        "Content-Length: 22\r\n\t",
        "[Content-Length]: 22",
        "\"Content-Length\": 22",
        "(Content-Length): 22",
    ] {
        for how in Delivery::EXTREMES {
            println!("{line:?} {how:?}");
            let input =
                format!("POST /a HTTP/1.1\r\n{line}\r\n\r\nGET /body HTTP/1.1\r\n\r\n{NEXT}");
            let conversation = converse(|_| {}, how, input).await;
            conversation.assert_refused(BAD_REQUEST, "Parse(Header(Token))");
        }
    }
}

// Contract 4.3-4: names that only resemble framing fields frame nothing.
#[tokio::test(start_paused = true)]
async fn fields_that_resemble_framing_frame_nothing() {
    for line in [
        "Content_Length: 22",
        "Content-Lengths: 22",
        "Transfer_Encoding: chunked",
        "Transfer-Encodings: chunked",
        "X-Transfer-Encoding: chunked",
        "TE: chunked",
        "Trailer: content-length",
    ] {
        for how in Delivery::EXTREMES {
            let input = format!("POST /a HTTP/1.1\r\n{line}\r\n\r\n{NEXT}");
            let conversation = converse(|_| {}, how, input).await;
            assert_eq!(conversation.replies, OK.repeat(2), "{line}");
            assert_eq!(conversation.requests[0].text(), "");
        }
    }
}

// Contract 3.1-3: an option to be lenient with other fields is none to be lenient with these.
#[tokio::test(start_paused = true)]
async fn lenience_about_fields_is_none_about_framing() {
    for (line, error) in [
        ("Content-Length: +3", "Parse(Header(ContentLengthInvalid))"),
        (
            "Content-Length: 3\r\nContent-Length: 4",
            "Parse(Header(ContentLengthInvalid))",
        ),
        (
            "Transfer-Encoding: chunked, x",
            "Parse(Header(TransferEncodingInvalid))",
        ),
    ] {
        let input = format!("POST /a HTTP/1.1\r\n{line}\r\n\r\n{NEXT}");
        let conversation = converse(
            |builder| {
                builder
                    .ignore_invalid_headers(true)
                    .allow_multiple_spaces_in_request_line_delimiters(true);
            },
            Delivery::Whole,
            input,
        );
        let conversation = conversation.await;
        assert_eq!(conversation.replies, refusal(BAD_REQUEST));
        assert_eq!(kind(&conversation.ended.expect_err("a refusal")), error);
    }
}
