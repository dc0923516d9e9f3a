use http::HeaderValue;

use super::*;

fn bytes(mut encoded: Encoded<&'static [u8]>) -> Vec<u8> {
    let length = encoded.remaining();
    encoded.copy_to_bytes(length).to_vec()
}

fn chunked(trailers: &[&'static str]) -> Encoder {
    let trailers = trailers.iter().map(|&name| HeaderName::from_static(name));
    Encoder::Chunked {
        trailers: trailers.collect(),
    }
}

#[test]
fn a_body_of_known_length_is_cut_and_its_end_is_nothing() {
    // 4.7-11
    let mut encoder = Encoder::Exact(5);
    assert_eq!(bytes(encoder.data(b"abc")), b"abc");
    assert_eq!(
        encoder.end().expect_err("two are missing").to_string(),
        "early end, expected 2 more bytes"
    );
    assert_eq!(bytes(encoder.data(b"")), b"");
    assert!(!encoder.is_complete());
    assert_eq!(bytes(encoder.data(b"defg")), b"de");
    assert!(encoder.is_complete());
    assert_eq!(encoder.end().expect("it is complete"), b"");
    assert_eq!(bytes(encoder.last_data(b"more")), b"");
}

#[test]
fn an_empty_piece_is_no_chunk() {
    // 4.7-10: it would be the last one.
    let mut encoder = chunked(&[]);
    assert_eq!(bytes(encoder.data(b"")), b"");
    assert_eq!(bytes(encoder.data(b"hi")), b"2\r\nhi\r\n");
    assert!(!encoder.is_complete());
    assert_eq!(
        encoder.end().expect("a chunked body ends anywhere"),
        b"0\r\n\r\n"
    );
    assert_eq!(bytes(encoder.last_data(b"hi")), b"2\r\nhi\r\n0\r\n\r\n");
    assert_eq!(bytes(encoder.last_data(b"")), b"0\r\n\r\n");
}

#[test]
fn a_body_that_lasts_until_the_end_has_no_frame() {
    let mut encoder = Encoder::CloseDelimited;
    assert_eq!(bytes(encoder.data(b"hi")), b"hi");
    assert_eq!(bytes(encoder.last_data(b"hi")), b"hi");
    assert_eq!(encoder.end().expect("it ends anywhere"), b"");
    assert!(!encoder.is_complete());
}

#[test]
fn trailers_are_sent_if_they_are_announced_and_allowed() {
    // 4.7-14
    const FORBIDDEN: [&str; 12] = [
        "authorization",
        "cache-control",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "host",
        "max-forwards",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
    ];
    let mut fields = HeaderMap::new();
    for name in FORBIDDEN.iter().chain(&["a-b", "not-announced", "c"]) {
        fields.append(*name, HeaderValue::from_static("1"));
    }
    fields.append("a-b", HeaderValue::from_static("2"));

    let announced: Vec<_> = FORBIDDEN
        .into_iter()
        .chain(["a-b", "c", "missing"])
        .collect();
    for (title, expected) in [
        (false, "0\r\na-b: 1\r\na-b: 2\r\nc: 1\r\n\r\n"),
        (true, "0\r\nA-B: 1\r\nA-B: 2\r\nC: 1\r\n\r\n"),
    ] {
        let mut dst = BytesMut::new();
        let ended = chunked(&announced).end_with(&fields, title, &mut dst);
        assert!(ended.is_ok());
        assert_eq!(dst, expected);
    }
    let mut dst = BytesMut::new();
    assert!(chunked(&[]).end_with(&fields, false, &mut dst).is_ok());
    assert_eq!(&dst[..], b"0\r\n\r\n");
}

#[test]
fn bodies_that_are_not_chunked_have_no_trailers() {
    let fields =
        HeaderMap::from_iter([(HeaderName::from_static("a"), HeaderValue::from_static("1"))]);
    let mut dst = BytesMut::new();
    assert!(Encoder::Exact(0).end_with(&fields, false, &mut dst).is_ok());
    assert!(Encoder::CloseDelimited
        .end_with(&fields, false, &mut dst)
        .is_ok());
    assert!(Encoder::Exact(1)
        .end_with(&fields, false, &mut dst)
        .is_err());
    assert!(dst.is_empty());
}
