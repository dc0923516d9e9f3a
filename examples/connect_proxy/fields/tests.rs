use hyper::header::HeaderName;

use super::*;

fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    let fields = fields.iter().copied();
    let fields = fields.map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    });
    fields.collect()
}

#[test]
fn fields_about_the_connection_are_removed_and_those_it_names() {
    let mut fields = headers(&[
        ("connection", "close, X-One"),
        ("connection", "x-two"),
        ("x-one", "1"),
        ("x-two", "2"),
        ("x-three", "3"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("proxy-authorization", "Basic c2VjcmV0"),
        ("proxy-authenticate", "Basic"),
        ("te", "trailers"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("trailer", "x-checksum"),
    ]);
    remove_hop_by_hop(&mut fields);
    assert_eq!(
        fields,
        headers(&[("x-three", "3"), ("trailer", "x-checksum")])
    );
}

#[test]
fn via_is_added_to_those_that_are_there() {
    let mut fields = headers(&[("via", "1.0 other")]);
    add_via(Version::HTTP_2, &mut fields);
    assert_eq!(
        fields,
        headers(&[("via", "1.0 other"), ("via", "2.0 connect_proxy")])
    );
}

#[test]
fn cookies_that_http2_split_become_one_field() {
    for (split, joined) in [
        (&[] as &[_], &[] as &[_]),
        (&[("cookie", "a=1")], &[("cookie", "a=1")]),
        (
            &[("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3")],
            &[("cookie", "a=1; b=2; c=3")],
        ),
    ] {
        let mut fields = headers(split);
        join_cookies(&mut fields);
        assert_eq!(fields, headers(joined));
    }
}
