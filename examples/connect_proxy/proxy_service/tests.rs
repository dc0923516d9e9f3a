use super::*;

/// An HTTP/1.1 request as hyper gives it.
fn http1(method: &str, target: &str) -> Request<()> {
    let request = Request::builder().method(method).uri(target);
    request
        .header(HOST, "ignored.example")
        .body(())
        .expect("this is a request")
}

fn http2(method: &str, target: &str) -> Request<()> {
    let request = Request::builder().method(method).uri(target);
    request
        .version(Version::HTTP_2)
        .body(())
        .expect("this is a request")
}

fn extended(protocol: &'static str, target: &str) -> Request<()> {
    let mut request = http2("CONNECT", target);
    request
        .extensions_mut()
        .insert(ConnectProtocol::from_static(protocol));
    request
}

fn target(text: &str) -> Target {
    let authority = text.parse().expect("this is an authority");
    Target::read(&authority, None).expect("this is a target")
}

#[test]
fn connect_asks_for_a_tunnel() {
    for request in [
        http1("CONNECT", "example.com:443"),
        http2("CONNECT", "example.com:443"),
    ] {
        assert_eq!(
            Asked::read(&request),
            Ok(Asked::Tunnel(target("example.com:443")))
        );
    }
}

#[test]
fn connect_takes_nothing_but_a_host_and_a_port() {
    for text in [
        "example.com",
        "user@example.com:443",
        "http://example.com:443/",
        "/",
        "*",
    ] {
        Asked::read(&http1("CONNECT", text)).expect_err(text);
    }
}

#[test]
fn extended_connect_asks_for_a_websocket() {
    for (text, scheme, origin, path) in [
        (
            "http://example.com/chat?room=1",
            OriginScheme::Http,
            "example.com:80",
            "/chat?room=1",
        ),
        (
            "https://example.com/",
            OriginScheme::Https,
            "example.com:443",
            "/",
        ),
        (
            "https://example.com:8443/a",
            OriginScheme::Https,
            "example.com:8443",
            "/a",
        ),
    ] {
        let asked = Asked::WebSocket {
            origin: target(origin),
            scheme,
            path: path.parse().expect("this is a path"),
        };
        assert_eq!(Asked::read(&extended("websocket", text)), Ok(asked));
    }
}

#[test]
fn of_extended_connect_nothing_else_is_known() {
    Asked::read(&extended("connect-udp", "https://example.com/")).expect_err("no UDP");
    Asked::read(&extended("websocket", "ftp://example.com/")).expect_err("no ftp");
}

#[test]
fn a_request_in_absolute_form_is_forwarded() {
    for (request, origin) in [
        (http1("GET", "http://example.com/a"), "example.com:80"),
        (http1("POST", "http://example.com:8080"), "example.com:8080"),
        (http2("GET", "http://[2001:db8::1]/"), "[2001:db8::1]:80"),
    ] {
        assert_eq!(Asked::read(&request), Ok(Asked::Forward(target(origin))));
    }
}

#[test]
fn what_is_not_for_a_proxy_is_told() {
    for (request, why) in [
        (
            http1("GET", "/"),
            "a proxy is asked for http://HOST/PATH, or by CONNECT",
        ),
        (
            http1("OPTIONS", "*"),
            "a proxy is asked for http://HOST/PATH, or by CONNECT",
        ),
        (
            http1("GET", "https://example.com/"),
            "only http is forwarded; for https there is CONNECT",
        ),
        (
            http1("GET", "http://user:secret@example.com/"),
            "userinfo has no place in a target",
        ),
        (
            http1("GET", "http://example.com:0/"),
            "the target's port is none",
        ),
    ] {
        assert_eq!(Asked::read(&request), Err(why));
    }
}

#[test]
fn http1_1_has_one_host_field_and_other_versions_may_have_none() {
    let mut request = http1("CONNECT", "example.com:443");
    request
        .headers_mut()
        .append(HOST, HeaderValue::from_static("example.com"));
    Asked::read(&request).expect_err("two Host fields");
    request.headers_mut().remove(HOST);
    Asked::read(&request).expect_err("no Host field");
    for version in [Version::HTTP_10, Version::HTTP_2] {
        *request.version_mut() = version;
        assert!(Asked::read(&request).is_ok(), "{version:?}");
    }
}
