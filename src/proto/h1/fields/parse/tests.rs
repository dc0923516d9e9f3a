use super::*;

const RECORDING: Reading = Reading {
    records_case: true,
    unfolds: false,
};

/// A head of these fields, and where they stand in it.
fn lines(fields: &[(&str, &[u8])]) -> (Bytes, Vec<LineAt>) {
    let mut head = Vec::new();
    let mut push = |bytes: &[u8]| {
        let start = head.len();
        head.extend_from_slice(bytes);
        start..head.len()
    };
    let lines = fields
        .iter()
        .map(|(name, value)| LineAt {
            name: push(name.as_bytes()),
            value: push(value),
        })
        .collect();
    (head.into(), lines)
}

fn keep(_: &HeaderName, _: &HeaderValue) -> Result<Line, Parse> {
    Ok(Line::Keep)
}

#[test]
fn values_and_spellings_share_the_buffer_of_the_head() {
    let (head, field) = lines(&[("X-Name", b"value")]);
    let Fields { map, case } = collect(&head, &field, RECORDING, keep).expect("it is a field");
    assert_eq!(map["x-name"].as_bytes().as_ptr(), head[6..].as_ptr());
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
    let (head, both) = lines(&[("a", b"1"), ("b", b"2")]);
    let judge =
        |name: &HeaderName, _: &HeaderValue| Ok(if name == "a" { Line::Drop } else { Line::Keep });
    let Fields { map, case } = collect(&head, &both, RECORDING, judge).expect("they are fields");
    assert_eq!(map.len(), 1);
    let case = case.expect("spellings are recorded");
    assert_eq!(case.spelling(&HeaderName::from_static("a"), 0), None);

    let refuse = |_: &HeaderName, _: &HeaderValue| Err(Parse::Internal);
    assert_eq!(
        collect(&head, &both, Reading::default(), refuse).expect_err("judged"),
        Parse::Internal
    );
}

#[test]
fn more_fields_than_a_map_holds_are_too_large_and_do_not_panic() {
    let names: Vec<String> = (0..40_000).map(|number| format!("n{number}")).collect();
    let fields: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let (head, lines) = lines(&fields);
    let collected = collect(&head, &lines, Reading::default(), keep);
    assert_eq!(collected.expect_err("they do not fit"), Parse::TooLarge);
}

#[test]
fn trailers_have_no_fields_that_mean_something_before_the_content() {
    // Better than 8.5.
    let section = Bytes::from_static(b"Host: a\r\nA: b\r\nContent-Length: 5\r\n\r\n");
    let fields = trailers(&section, 3).expect("it is a section");
    assert_eq!(fields.len(), 1);
    assert_eq!(fields["a"], "b");
    assert_eq!(trailers(&section, 2), Err(httparse::Error::TooManyHeaders));
}
