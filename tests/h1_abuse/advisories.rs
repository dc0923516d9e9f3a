//! One test, or more, for each advisory that is known for hyper's HTTP/1. Names begin with the number.

use http::{Method, Request};

use crate::asked::ask;
use crate::own_messages::{assert_written_as_one, lines_with, SMUGGLED};
use crate::support::bodies::{empty_body, test_body, Frames};
use crate::support::conversation::{converse, BAD_REQUEST, LAST_OK};
use crate::support::errors::{cause_text, kind};
use crate::support::reading::Reading;
use crate::support::scripted_h1::{Client, Delivery, Server};

/// RUSTSEC-2017-0002, "headers containing newline characters can split messages": no byte a caller can get into any part of a
/// head makes two lines of one, in either role.
#[tokio::test(start_paused = true)]
async fn rustsec_2017_0002_no_byte_of_a_caller_splits_a_message() {
    for byte in 0..=0xff {
        for (lines, due) in lines_with(byte).await {
            assert_eq!(lines, due, "{byte:#04x}");
        }
    }
}

/// RUSTSEC-2020-0008 (CVE-2020-35863), "request smuggling by sending a body in GET requests": what a client has to say in the
/// body of a GET whose size it does not know is framed, or not sent.
#[tokio::test(start_paused = true)]
async fn rustsec_2020_0008_the_body_of_a_get_is_never_a_second_request() {
    for method in [Method::GET, Method::HEAD, Method::CONNECT, Method::TRACE] {
        for count in [1, 5] {
            let mut request = Request::new(test_body(Frames::repeat(count, SMUGGLED)));
            if method == Method::CONNECT {
                *request.uri_mut() = "a.example:443".parse().expect("an authority");
            }
            *request.method_mut() = method.clone();
            assert_written_as_one(request).await;
        }
    }
}

/// The other end of RUSTSEC-2020-0008: a server reads no body that is not announced, so what follows such a GET is a request
/// of its own, and one that says its end in two ways is the last of its connection.
#[tokio::test(start_paused = true)]
async fn rustsec_2020_0008_a_server_reads_no_body_that_is_not_announced() {
    for how in Delivery::EXTREMES {
        let input = format!("GET / HTTP/1.1\r\n\r\n{SMUGGLED}");
        let conversation = converse(|_| {}, how, input).await;
        assert_eq!(conversation.requests.len(), 2);
        assert_eq!(conversation.requests[0].text(), "");

        let both = "transfer-encoding: chunked\r\ncontent-length: 5";
        let input = format!("GET / HTTP/1.1\r\n{both}\r\n\r\n0\r\n\r\n{SMUGGLED}");
        let conversation = converse(|_| {}, how, input).await;
        assert_eq!(conversation.requests.len(), 1);
        assert_eq!(conversation.replies, LAST_OK);
    }
}

/// RUSTSEC-2021-0020 (CVE-2021-21299), "multiple Transfer-Encoding headers misinterprets request payload": all the lines are
/// one list, and only its last member counts, which has to be `chunked`.
#[tokio::test(start_paused = true)]
async fn rustsec_2021_0020_several_transfer_encoding_lines_are_one_list() {
    for (lines, is_chunked) in [
        (["chunked", "chunked"], true),
        (["gzip", "chunked"], true),
        (["", "chunked"], true),
        (["chunked", "gzip"], false),
        (["chunked", "identity"], false),
        (["chunked", ""], false),
        (["chunked", "chunked, x"], false),
        (["chunked", "cow"], false),
    ] {
        for between in ["", "x: y\r\n", "Content-Length: 4\r\n"] {
            for how in Delivery::EXTREMES {
                let [first, second] = lines;
                println!("{first:?} {between:?} {second:?} {how:?}");
                let input = format!(
                    "POST / HTTP/1.1\r\nTransfer-Encoding: {first}\r\n{between}transfer-encoding: {second}\r\n\r\n3\r\nabc\r\n0\r\n\r\n{SMUGGLED}"
                );
                let conversation = converse(|_| {}, how, input).await;
                if is_chunked {
                    assert_eq!(conversation.requests[0].text(), "abc");
                    let is_last = between.starts_with("Content");
                    assert_eq!(conversation.requests.len(), 2 - usize::from(is_last));
                } else {
                    let error = "Parse(Header(TransferEncodingInvalid))";
                    conversation.assert_refused(BAD_REQUEST, error);
                }
            }
        }
    }
}

/// RUSTSEC-2021-0078 (CVE-2021-32715), "lenient parsing of Content-Length headers when prefixed with a plus sign".
#[tokio::test(start_paused = true)]
async fn rustsec_2021_0078_a_content_length_has_no_sign() {
    let values = [
        "+0", "+3", "++3", "-3", "-0", "+", "3+", "+ 3", "+3, +3", "\u{2b}3", "%2B3",
    ];
    for value in values {
        for how in Delivery::EXTREMES {
            let input = format!("POST / HTTP/1.1\r\ncontent-length: {value}\r\n\r\nabc");
            let conversation = converse(|_| {}, how, input).await;
            conversation.assert_refused(BAD_REQUEST, "Parse(Header(ContentLengthInvalid))");
            let wire = format!("HTTP/1.1 200 OK\r\ncontent-length: {value}\r\n\r\nabc");
            let asked = ask(|_| {}, Method::GET, how, wire).await;
            asked.assert_failed("Parse(Header(ContentLengthInvalid))");
        }
    }
}

/// Sizes beyond 64 bits, and what they are to who drops the upper ones.
const OVERFLOWS: [&str; 6] = [
    "10000000000000000",
    "10000000000000003",
    "f0000000000000003",
    "fffffffffffffffff",
    "100000000000000000000000000000003",
    "0000010000000000000003",
];

/// RUSTSEC-2021-0079 (CVE-2021-32714), "integer overflow in hyper's parsing of the Transfer-Encoding header leads to data
/// loss": a chunk size beyond 64 bits is an error, in either role, and what follows is no message.
#[tokio::test(start_paused = true)]
async fn rustsec_2021_0079_a_chunk_size_beyond_64_bits_is_an_error() {
    for size in OVERFLOWS {
        for how in Delivery::EXTREMES {
            println!("{size} {how:?}");
            let chunks = format!("{size}\r\nabc\r\n0\r\n\r\n");
            let mut server = Server::start();
            let call = server
                .request("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
                .await;
            let reading = Reading::start(call.request.into_body());
            server
                .peer
                .deliver(how, format!("{chunks}{SMUGGLED}"))
                .await;
            let reading = reading.finish().await;
            assert_eq!(reading.text(), "");
            let error = reading.failure();
            assert_eq!(kind(&error), "Body");
            assert_eq!(cause_text(&error), "invalid chunk size: overflow");
            assert!(!server.hyper.has_calls());

            let mut client = Client::start();
            let response = client
                .answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                .await;
            let reading = Reading::start(response.expect("a response").into_body());
            client.peer.deliver(how, &chunks).await;
            let error = reading.finish().await.failure();
            assert_eq!(cause_text(&error), "invalid chunk size: overflow");
            let next = client.send(Request::new(empty_body()));
            next.failure().await;
        }
    }
}

/// RUSTSEC-2021-0079 again: the largest size is no error, and not taken for a small one.
#[tokio::test(start_paused = true)]
async fn rustsec_2021_0079_the_largest_chunk_is_waited_for() {
    let input =
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nabc\r\n0\r\n\r\n";
    for how in Delivery::EXTREMES {
        let conversation = converse(|_| {}, how, input).await;
        let body = conversation.requests[0].body.clone();
        let data = "abc\r\n0\r\n\r\n".to_owned();
        assert_eq!(body, Err(("Body".to_owned(), data)));
    }
}
