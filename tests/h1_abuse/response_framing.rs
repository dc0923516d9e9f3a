//! Where a response ends: every sequence of framing lines, up to three, in both versions (RFC 9112, section 6.3; contract 5.4).
//!
//! Behind the response stands what a server would have to send for its body to be shorter or longer than hyper believes.
//! Wherever it is not certain that nothing of it is left over, the connection is not used again.

use http::Method;

use crate::asked::ask;
use crate::framing_lines::{every_sequence, lines, Line, Version};
use crate::support::scripted_h1::Delivery;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Exact(u64),
    Chunked,
    ToTheEnd,
    Failed(&'static str),
}

fn expected(version: Version, lines: &[Line]) -> Reading {
    let mut last_codings = None;
    let mut lengths = Vec::new();
    for line in lines {
        match line {
            Line::Codings(codings) => last_codings = Some(codings),
            Line::Length(list) => lengths.extend(list.split(',').map(str::trim)),
        }
    }
    if let Some(codings) = last_codings {
        return match version {
            Version::Old => Reading::Failed("Parse(Header(TransferEncodingUnexpected))"),
            _ if Line::ends_chunked(codings) => Reading::Chunked,
            _ => Reading::ToTheEnd,
        };
    }
    let Some(first) = lengths.first() else {
        return Reading::ToTheEnd;
    };
    let is_number = first.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && lengths.iter().all(|length| length == first) {
        Reading::Exact(first.parse().expect("digits"))
    } else {
        Reading::Failed("Parse(Header(ContentLengthInvalid))")
    }
}

async fn assert_read(version: Version, lines: &[Line], how: Delivery) {
    let reading = expected(version, lines);
    println!("{version:?} {lines:?} {how:?}: {reading:?}");
    let mut head = match version {
        Version::Old => "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n".to_owned(),
        Version::Current => "HTTP/1.1 200 OK\r\n".to_owned(),
    };
    for line in lines {
        head += &line.to_string();
    }
    let (wire, body) = match reading {
        Reading::Exact(3) => ("abc", "abc"),
        Reading::Exact(_) => ("abcd", "abcd"),
        Reading::Chunked => ("3\r\nabc\r\n0\r\n\r\n", "abc"),
        Reading::ToTheEnd => ("3\r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n"),
        Reading::Failed(_) => ("3\r\nabc\r\n0\r\n\r\n", ""),
    };
    let asked = ask(|_| {}, Method::GET, how, format!("{head}\r\n{wire}")).await;
    if let Reading::Failed(error) = reading {
        return asked.assert_failed(error);
    }
    let is_certain = matches!(reading, Reading::Exact(_) | Reading::Chunked);
    assert_eq!(asked.kept, is_certain);
    let answer = asked.answer();
    assert_eq!(answer.data, body);
    assert_eq!(answer.broken, None);
}

// Contract 5.4-6, 5.4-7.
#[tokio::test(start_paused = true)]
async fn every_order_of_framing_lines_is_read_in_one_way_only() {
    for how in Delivery::EXTREMES {
        for (version, lines) in every_sequence(&lines("4")) {
            assert_read(version, &lines, how).await;
        }
    }
}

// Contract 5.4-5: statuses and methods without content are so whatever the framing lines say, and what comes behind is never
// taken for the answer to another request (RFC 9112, section 6.3, rules 1 and 2).
#[tokio::test(start_paused = true)]
async fn no_framing_line_gives_content_to_a_message_without() {
    for (method, status) in [
        (Method::HEAD, "200 OK"),
        (Method::GET, "204 No Content"),
        (Method::GET, "304 Not Modified"),
    ] {
        for line in lines("4") {
            let head = format!("HTTP/1.1 {status}\r\n{line}\r\n");
            let clean = ask(|_| {}, method.clone(), Delivery::Whole, &head).await;
            assert!(clean.kept, "{head:?}");
            let answer = clean.answer();
            assert_eq!((&*answer.data, answer.broken), ("", None));

            for rest in ["abc", "3\r\nabc\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
                let wire = format!("{head}{rest}");
                let asked = ask(|_| {}, method.clone(), Delivery::Whole, wire).await;
                assert!(!asked.kept, "{head:?} {rest:?}");
                assert_eq!(asked.answer().data, "");
            }
        }
    }
}

// Contract 5.4-2: names that only a careless reader takes for framing fields.
#[tokio::test(start_paused = true)]
async fn disguised_framing_lines_fail_the_request() {
    for line in [
        "Transfer-Encoding : chunked",
        " Transfer-Encoding: chunked",
        "Transfer-Encoding:\r\n chunked",
        "X: y\r\n Transfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "Transfer-Encoding: \0chunked",
        "Content-Length : 3",
        "Content-Length: 1\r\n 2",
        "Content-Length\0: 3",
    ] {
        for how in Delivery::EXTREMES {
            let wire = format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\nabc");
            let asked = ask(|_| {}, Method::GET, how, wire).await;
            asked.assert_failed("Parse(Header(Token))");
        }
    }
}

// Contract 3.2-1, 5.4-2: where the caller asks for lenience, a folded framing field is still one field with one value.
#[tokio::test(start_paused = true)]
async fn a_folded_framing_line_is_read_as_one() {
    for (line, wire, data) in [
        (
            "Transfer-Encoding:\r\n chunked",
            "3\r\nabc\r\n0\r\n\r\n",
            Some("abc"),
        ),
        (
            "Transfer-Encoding: gzip,\r\n\tchunked",
            "3\r\nabc\r\n0\r\n\r\n",
            Some("abc"),
        ),
        ("Content-Length:\r\n 3", "abc", Some("abc")),
        ("Content-Length: 1\r\n 2", "abcabcabcabc", None),
        ("Content-Length: 3\r\n ,3", "abc", Some("abc")),
        ("X: y\r\n Content-Length: 3", "abc", Some("abc")),
    ] {
        for how in Delivery::EXTREMES {
            println!("{line:?} {how:?}");
            let asked = ask(
                |builder| {
                    builder.allow_obsolete_multiline_headers_in_responses(true);
                },
                Method::GET,
                how,
                format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n{wire}"),
            );
            let asked = asked.await;
            match data {
                Some(data) => {
                    // In the last row the field is X's, so the body lasts to the end.
                    assert_eq!(asked.kept, !line.starts_with('X'));
                    assert_eq!(asked.answer().data, data);
                }
                None => asked.assert_failed("Parse(Header(ContentLengthInvalid))"),
            }
        }
    }
}
