use super::*;

fn lines<'a>(fields: &[(&'a str, &'a [u8])]) -> Vec<httparse::Header<'a>> {
    fields
        .iter()
        .map(|&(name, value)| httparse::Header { name, value })
        .collect()
}

fn keep(_: &HeaderName, _: &HeaderValue) -> Result<Line, Parse> {
    Ok(Line::Keep)
}

#[test]
fn values_and_spellings_share_the_buffer_of_the_head() {
    let head = Bytes::from_static(b"X-Name: value");
    let field = [("X-Name", &head[8..])];
    let field = lines(&[(std::str::from_utf8(&head[..6]).expect("ASCII"), field[0].1)]);
    let Fields { map, case } = collect(&head, &field, true, keep).expect("it is a field");
    assert_eq!(map["x-name"].as_bytes().as_ptr(), head[8..].as_ptr());
    let case = case.expect("spellings are recorded");
    let spelling = case
        .spelling(&HeaderName::from_static("x-name"), 0)
        .expect("one is");
    assert_eq!(spelling.as_ptr(), head.as_ptr());
}

#[test]
fn a_fold_becomes_one_space() {
    // 5.4-2
    for (folded, unfolded) in [
        ("just\r\n some\r\n\t folding", "just some folding"),
        ("a \t\r\n \t b", "a b"),
        ("a\n b", "a b"),
        ("a\r\n \r\n b", "a  b"),
    ] {
        assert_eq!(unfold(folded.as_bytes()), unfolded);
    }
}

#[test]
fn lines_that_are_judged_away_leave_nothing_behind() {
    let head = Bytes::from_static(b"ab12");
    let both = lines(&[("a", &head[2..3]), ("b", &head[3..])]);
    // The names have to be the head's own bytes.
    let both = [
        httparse::Header {
            name: std::str::from_utf8(&head[..1]).expect("ASCII"),
            value: both[0].value,
        },
        httparse::Header {
            name: std::str::from_utf8(&head[1..2]).expect("ASCII"),
            value: both[1].value,
        },
    ];
    let judge =
        |name: &HeaderName, _: &HeaderValue| Ok(if name == "a" { Line::Drop } else { Line::Keep });
    let Fields { map, case } = collect(&head, &both, true, judge).expect("they are fields");
    assert_eq!(map.len(), 1);
    let case = case.expect("spellings are recorded");
    assert_eq!(case.spelling(&HeaderName::from_static("a"), 0), None);

    let refuse = |_: &HeaderName, _: &HeaderValue| Err(Parse::Internal);
    assert_eq!(
        collect(&head, &both, false, refuse).expect_err("judged"),
        Parse::Internal
    );
}

#[test]
fn more_fields_than_a_map_holds_are_too_large_and_do_not_panic() {
    let names: Vec<String> = (0..40_000).map(|number| format!("n{number}")).collect();
    let fields: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let collected = collect(&Bytes::new(), &lines(&fields), false, keep);
    assert_eq!(collected.expect_err("they do not fit"), Parse::TooLarge);
}

#[test]
fn trailers_have_no_fields_that_mean_something_before_the_content() {
    // Better than 8.5.
    let section = Bytes::from_static(b"Host: a\r\nA: b\r\nContent-Length: 5\r\n\r\n");
    let fields = trailers(&section, 3, 100).expect("it is a section");
    assert_eq!(fields.len(), 1);
    assert_eq!(fields["a"], "b");
    assert_eq!(
        trailers(&section, 3, 2),
        Err(httparse::Error::TooManyHeaders)
    );
}
