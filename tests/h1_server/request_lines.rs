//! Contract 4.1-1, 4.1-2, 4.1-3, 4.1-5, 4.1-6, 3.1-4: request lines.

use http::{Method, Version};

use crate::messages::{
    accepted, assert_bad_request, assert_refused, converse, BAD_REQUEST, URI_TOO_LONG,
};
use crate::support::scripted_h1::{Delivery, Server};

// Contract 4.1-1.
#[tokio::test(start_paused = true)]
async fn empty_lines_before_a_request_are_skipped() {
    for lines in ["\r\n", "\n", "\r\n\r\n\n\r\n", "\n\n\n"] {
        for how in Delivery::EXTREMES {
            let input = format!("{lines}GET /a HTTP/1.1\r\nhost: a\r\n\r\n");
            assert_eq!(accepted(how, input).await.uri, "/a");
        }
    }
}

// Contract 4.1-1.
#[tokio::test(start_paused = true)]
async fn empty_lines_between_requests_are_skipped() {
    for how in Delivery::EXTREMES {
        let input = "GET /a HTTP/1.1\r\n\r\n\r\n\r\nGET /b HTTP/1.1\r\n\r\n\n";
        let conversation = converse(|_| {}, how, input).await;
        conversation.ended.expect("the connection ends well");
        let uris: Vec<_> = conversation.requests.iter().map(|seen| &seen.uri).collect();
        assert_eq!(uris, ["/a", "/b"]);
    }
}

// Contract 4.1-1.
#[tokio::test(start_paused = true)]
async fn a_bare_lf_ends_a_line() {
    let heads = [
        "GET /a HTTP/1.1\nhost: a\n\n",
        "GET /a HTTP/1.1\r\nhost: a\n\r\n",
        "GET /a HTTP/1.1\nhost: a\r\n\n",
        "GET /a HTTP/1.1\nhost: a\r\n\r\n",
    ];
    for head in heads {
        for how in Delivery::all(head.len()) {
            let seen = accepted(how, head).await;
            assert_eq!(seen.uri, "/a");
            assert_eq!(seen.fields(), ["host: a"]);
        }
    }
}

// Contract 4.1-1.
#[tokio::test(start_paused = true)]
async fn a_head_may_be_cut_anywhere() {
    let input = "PUT /a?b=c HTTP/1.1\r\nHost: a\r\nX-Empty:\r\ncontent-length: 3\r\n\r\nabc";
    for how in Delivery::all(input.len()) {
        let seen = accepted(how, input).await;
        assert_eq!(seen.method, Method::PUT);
        assert_eq!(seen.uri, "/a?b=c");
        assert_eq!(seen.fields(), ["host: a", "x-empty: ", "content-length: 3"]);
        assert_eq!(seen.text(), "abc");
    }
}

// Contract 4.1-2, 4.1-6: the target is handed over as sent, in each of its four forms (RFC 9112, section 3.2).
#[tokio::test(start_paused = true)]
async fn every_form_of_target_is_taken() {
    let targets = [
        ("GET", "/", "/"),
        ("GET", "/where?q=now", "/where?q=now"),
        ("GET", "//two//slashes", "//two//slashes"),
        ("GET", "/%7Ea/%zz?%", "/%7Ea/%zz?%"),
        ("GET", "/!$&'()*+,;=:@-._~", "/!$&'()*+,;=:@-._~"),
        (
            "GET",
            "http://www.example.org/pub",
            "http://www.example.org/pub",
        ),
        ("GET", "http://www.example.org", "http://www.example.org/"),
        ("OPTIONS", "*", "*"),
        ("GET", "/a#fragment", "/a"),
        ("GET", "http://a/b?c#d", "http://a/b?c"),
    ];
    for (method, target, uri) in targets {
        for how in Delivery::EXTREMES {
            let input = format!("{method} {target} HTTP/1.1\r\nhost: a\r\n\r\n");
            assert_eq!(accepted(how, input).await.uri, uri);
        }
    }
}

// Contract 4.1-2: the authority form.
#[tokio::test(start_paused = true)]
async fn connect_takes_an_authority() {
    let mut server = Server::start();
    let call = server
        .request("CONNECT www.example.com:80 HTTP/1.1\r\n\r\n")
        .await;
    let uri = call.request.uri();
    assert_eq!(uri.authority().expect("an authority"), "www.example.com:80");
    assert_eq!((uri.scheme(), uri.path_and_query()), (None, None));
}

// Contract 4.1-6: `Request::uri` is the target alone.
#[tokio::test(start_paused = true)]
async fn the_parts_of_the_uri_come_from_the_target_alone() {
    let mut server = Server::start();
    let call = server
        .request("GET /a HTTP/1.1\r\nhost: other.example\r\n\r\n")
        .await;
    let uri = call.request.uri();
    assert_eq!((uri.scheme(), uri.authority()), (None, None));
    assert_eq!(uri.path(), "/a");
}

// Contract 4.1-2: bytes of 0x80 and more, as long as they are UTF-8.
#[tokio::test(start_paused = true)]
async fn a_target_may_hold_utf_8() {
    for how in Delivery::EXTREMES {
        let seen = accepted(how, "GET /f\u{fc}r?\u{20ac} HTTP/1.1\r\n\r\n").await;
        assert_eq!(seen.uri, "/f\u{fc}r?\u{20ac}");
    }
    assert_bad_request(b"GET /\xff\xfe HTTP/1.1\r\n\r\n", "Parse(Uri)").await;
    assert_bad_request(b"GET /\xc3 HTTP/1.1\r\n\r\n", "Parse(Uri)").await;
}

// Contract 4.1-2.
#[tokio::test(start_paused = true)]
async fn both_versions_are_taken() {
    for how in Delivery::EXTREMES {
        let seen = accepted(how, "GET / HTTP/1.1\r\n\r\n").await;
        assert_eq!(seen.version, Version::HTTP_11);
        let old = converse(|_| {}, how, "GET / HTTP/1.0\r\n\r\n").await;
        assert_eq!(old.requests[0].version, Version::HTTP_10);
    }
}

// Contract 4.1-3.
#[tokio::test(start_paused = true)]
async fn any_token_is_a_method() {
    let methods = [
        "PROPFIND",
        "get",
        "M-SEARCH",
        "A",
        "!#$%&'*+-.^_`|~0",
        "QUERY",
    ];
    for method in methods {
        for how in Delivery::EXTREMES {
            let seen = accepted(how, format!("{method} / HTTP/1.1\r\n\r\n")).await;
            assert_eq!(seen.method.as_str(), method);
        }
    }
}

// Contract 4.1-3, 4.2-1.
#[tokio::test(start_paused = true)]
async fn a_malformed_method_is_refused() {
    for line in [
        "G\x01T / HTTP/1.1",
        "GE(T / HTTP/1.1",
        "G\u{e9}T / HTTP/1.1",
        ":/ / HTTP/1.1",
    ] {
        assert_bad_request(format!("{line}\r\n\r\n"), "Parse(Method)").await;
    }
    assert_bad_request(
        "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03",
        "Parse(Method)",
    )
    .await;
}

// Contract 4.1-2, 4.1-3.
#[tokio::test(start_paused = true)]
async fn a_malformed_target_is_refused() {
    let lines = [
        "GET  HTTP/1.1",
        "GET /a\x01b HTTP/1.1",
        "GET /a\x7fb HTTP/1.1",
        "GET /\t HTTP/1.1",
        "GET /",
        "GET /a\x00 HTTP/1.1",
    ];
    for line in lines {
        assert_bad_request(format!("{line}\r\n\r\n"), "Parse(Uri)").await;
    }
    // Well-formed bytes that make no URI.
    for target in [
        "http:///",
        "a b",
        "http://[::1",
        "http://a b/",
        "example.org/path",
    ] {
        let line = format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n");
        for how in Delivery::EXTREMES {
            let conversation = converse(|_| {}, how, &line).await;
            assert!(conversation.requests.is_empty());
            assert!(conversation.ended.expect_err(target).is_parse(), "{target}");
        }
    }
}

// Contract 4.1-3: an HTTP/0.9 request has no version.
#[tokio::test(start_paused = true)]
async fn a_request_without_a_version_is_refused() {
    assert_bad_request("GET /\r\n\r\n", "Parse(Uri)").await;
    assert_bad_request("GET /\n\n", "Parse(Uri)").await;
    assert_bad_request("GET\r\n\r\n", "Parse(Method)").await;
}

// Contract 4.1-3, 4.2-1.
#[tokio::test(start_paused = true)]
async fn other_versions_are_refused() {
    let versions = [
        "HTTP/2.0",
        "HTTP/0.9",
        "HTTP/1.2",
        "HTTP/1.",
        "HTTP/11",
        "http/1.1",
        "HTTP/1,1",
        "HTTQ/1.1",
        "HTTP/3",
        "X",
        " HTTP/1.1",
    ];
    for version in versions {
        let line = format!("GET / {version}\r\n\r\n");
        assert_bad_request(line, "Parse(Version)").await;
    }
    // A version with something behind it counts as a malformed line.
    for version in ["HTTP/1.1x", "HTTP/1.12", "HTTP/1.1 ", "HTTP/1.1\t"] {
        let line = format!("GET / {version}\r\n\r\n");
        assert_bad_request(line, "Parse(Header(Token))").await;
    }
}

// Contract 4.1-2: exactly one space on either side of the target, unless the option says otherwise (3.1-4).
#[tokio::test(start_paused = true)]
async fn one_space_separates_the_parts_of_the_line() {
    assert_bad_request("GET  / HTTP/1.1\r\n\r\n", "Parse(Uri)").await;
    assert_bad_request("GET /  HTTP/1.1\r\n\r\n", "Parse(Version)").await;
    assert_bad_request("GET\t/ HTTP/1.1\r\n\r\n", "Parse(Method)").await;
    assert_bad_request(" GET / HTTP/1.1\r\n\r\n", "Parse(Method)").await;
}

// Contract 3.1-4.
#[tokio::test(start_paused = true)]
async fn more_spaces_are_taken_if_the_option_is_on() {
    for line in [
        "GET / HTTP/1.1",
        "GET  / HTTP/1.1",
        "GET /   HTTP/1.1",
        "GET     /     HTTP/1.1",
    ] {
        for how in Delivery::EXTREMES {
            let conversation = converse(
                |builder| {
                    builder.allow_multiple_spaces_in_request_line_delimiters(true);
                },
                how,
                format!("{line}\r\nhost: a\r\n\r\n"),
            );
            assert_eq!(conversation.await.only_request().uri, "/");
        }
    }
}

// Contract 4.1-5, 4.2-1.
#[tokio::test(start_paused = true)]
async fn a_target_may_be_65534_bytes_long_and_no_longer() {
    let longest = format!("/{}", "a".repeat(65_533));
    let seen = accepted(Delivery::Whole, format!("GET {longest} HTTP/1.1\r\n\r\n"));
    assert_eq!(seen.await.uri, longest);

    let conversation = converse(
        |_| {},
        Delivery::Whole,
        format!("GET {longest}a HTTP/1.1\r\n\r\n"),
    );
    conversation
        .await
        .assert_refused(URI_TOO_LONG, "Parse(UriTooLong)");
}

// Contract 2.2: which predicates speak of a URI that is too long.
#[tokio::test(start_paused = true)]
async fn a_uri_that_is_too_long_counts_as_too_large() {
    let line = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(65_534));
    let conversation = converse(|_| {}, Delivery::Whole, line).await;
    let error = conversation.ended.expect_err("a refusal");
    assert!(error.is_parse_too_large());
    assert_eq!(error.to_string(), "URI too long");
}

// Contract 2.2: what the errors say.
#[tokio::test(start_paused = true)]
async fn errors_of_the_request_line_say_what_is_wrong() {
    let rows = [
        ("G\x01T / HTTP/1.1\r\n\r\n", "invalid HTTP method parsed"),
        ("GET /\x01 HTTP/1.1\r\n\r\n", "invalid URI"),
        ("GET / HTTP/1.9\r\n\r\n", "invalid HTTP version parsed"),
    ];
    for (input, text) in rows {
        let conversation = converse(|_| {}, Delivery::Whole, input).await;
        let error = conversation.ended.expect_err("a refusal");
        assert_eq!(error.to_string(), text);
        assert!(!error.is_parse_too_large() && !error.is_parse_version_h2());
        assert!(!error.is_user() && !error.is_timeout() && !error.is_incomplete_message());
        assert!(std::error::Error::source(&error).is_none());
    }
}

// Contract 4.2-1: a version is refused with 400, not 505, a method with 400, not 501.
#[tokio::test(start_paused = true)]
async fn the_refusal_of_a_request_line_is_400() {
    assert_refused("GET / HTTP/2.0\r\n\r\n", BAD_REQUEST, "Parse(Version)").await;
}
