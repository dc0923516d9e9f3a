use super::*;

#[test]
fn an_origin_answers_the_key_as_rfc_6455_says() {
    assert_eq!(
        accept("dGhlIHNhbXBsZSBub25jZQ=="),
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
}

#[test]
fn only_an_answer_to_the_key_that_was_sent_is_taken() {
    let headers = |upgrade: &'static str, accept: &'static str| {
        HeaderMap::from_iter([
            (UPGRADE, HeaderValue::from_static(upgrade)),
            (SEC_WEBSOCKET_ACCEPT, HeaderValue::from_static(accept)),
        ])
    };
    let (key, answer) = ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert!(is_accepted(&headers("websocket", answer), key));
    assert!(is_accepted(&headers("WebSocket", answer), key));
    assert!(!is_accepted(&headers("h2c", answer), key));
    assert!(!is_accepted(
        &headers("websocket", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo"),
        key
    ));
    assert!(!is_accepted(&HeaderMap::new(), key));
}

#[test]
fn keys_are_sixteen_bytes_and_new_each_time() {
    let keys = [(); 2].map(|()| new_key().expect("there are random numbers"));
    assert_ne!(keys[0], keys[1]);
    let nonce = BASE64.decode(&keys[0]).expect("a key is base64");
    assert_eq!(nonce.len(), 16);
}

#[test]
fn extended_connect_becomes_an_opening_handshake() {
    let request = Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri("https://example.com/chat?room=1")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-protocol", "chat")
        .header("origin", "https://example.com")
        .header("proxy-authorization", "Basic c2VjcmV0")
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .body(())
        .expect("this is a request");
    let authority = "example.com:443".parse().expect("this is an authority");
    let origin = Target::read(&authority, None).expect("this is a target");
    let path = PathAndQuery::from_static("/chat?room=1");
    let asks = ask(&request, &origin, OriginScheme::Https, &path, "a2V5").expect("it can be asked");
    assert_eq!(
        (asks.method(), asks.uri().to_string()),
        (&Method::GET, path.to_string())
    );
    assert_eq!(asks.version(), Version::HTTP_11);
    for (name, value) in [
        ("host", "example.com"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-key", "a2V5"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-protocol", "chat"),
        ("origin", "https://example.com"),
        ("cookie", "a=1; b=2"),
        ("via", "2.0 connect_proxy"),
    ] {
        let values: Vec<_> = asks.headers().get_all(name).iter().collect();
        assert_eq!(values, [value], "{name}");
    }
    assert!(!asks.headers().contains_key("proxy-authorization"));
}
