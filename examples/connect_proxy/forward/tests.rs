use super::*;

fn request(method: &str, target: &str) -> Request<()> {
    let request = Request::builder().method(method).uri(target);
    request
        .header(HOST, "other.example")
        .body(())
        .expect("this is a request")
}

fn origin(text: &str) -> Target {
    let authority = text.parse().expect("this is an authority");
    Target::read(&authority, Some(80)).expect("this is a target")
}

#[test]
fn an_origin_is_asked_for_a_path_with_the_host_of_the_target() {
    for (method, target, host, path) in [
        ("GET", "http://example.com/a?b=c", "example.com", "/a?b=c"),
        ("GET", "http://example.com", "example.com", "/"),
        ("GET", "http://example.com?b=c", "example.com", "/?b=c"),
        ("GET", "http://example.com:8080/", "example.com:8080", "/"),
        ("OPTIONS", "http://example.com/a", "example.com", "/a"),
    ] {
        let mut request = request(method, target);
        let authority = request.uri().authority().expect("it has one").to_string();
        to_origin(&mut request, &origin(&authority)).expect("it can be asked");
        assert_eq!(request.uri().to_string(), path, "{target}");
        let hosts: Vec<_> = request.headers().get_all(HOST).iter().collect();
        assert_eq!(hosts, [host], "{target}");
    }
}

#[test]
fn a_request_that_may_go_no_further_is_answered_here() {
    for (method, status) in [("OPTIONS", 200), ("TRACE", 501)] {
        let mut request = request(method, "http://example.com/");
        request
            .headers_mut()
            .insert(MAX_FORWARDS, HeaderValue::from_static("0"));
        let answer = answer_for_origin(&mut request).expect("the request is good");
        assert_eq!(answer.map(|answer| answer.status().as_u16()), Some(status));
    }
}

#[test]
fn max_forwards_counts_down_where_it_means_something() {
    for (method, before, after) in [
        ("OPTIONS", "5", "4"),
        ("TRACE", "1", "0"),
        ("GET", "0", "0"),
    ] {
        let mut request = request(method, "http://example.com/");
        request
            .headers_mut()
            .insert(MAX_FORWARDS, HeaderValue::from_static(before));
        let answer = answer_for_origin(&mut request).expect("the request is good");
        assert!(answer.is_none());
        assert_eq!(request.headers()[MAX_FORWARDS], after, "{method}");
    }
    let mut request = request("OPTIONS", "http://example.com/");
    request
        .headers_mut()
        .insert(MAX_FORWARDS, HeaderValue::from_static("many"));
    let refusal = answer_for_origin(&mut request).expect_err("that is no number");
    assert_eq!(refusal.cause, Cause::BadRequest);
}
