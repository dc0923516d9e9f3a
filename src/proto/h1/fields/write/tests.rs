use super::*;

fn title(name: &str) -> String {
    let mut dst = BytesMut::from("x");
    title_case(name, &mut dst);
    String::from_utf8_lossy(&dst[1..]).into_owned()
}

#[test]
fn words_begin_with_a_capital() {
    // 3.1-2
    for (name, titled) in [
        ("etag", "Etag"),
        ("content-length", "Content-Length"),
        ("x-y_zz--1a.b'c", "X-Y_zz--1a.b'c"),
        ("-a-", "-A-"),
    ] {
        assert_eq!(title(name), titled);
    }
}

fn map(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        map.append(*name, HeaderValue::from_static(value));
    }
    map
}

#[test]
fn lines_of_a_name_are_written_as_its_treatment_says() {
    let fields = map(&[
        ("a", "1"),
        ("b", "2"),
        ("a", "3"),
        ("c", "4"),
        ("b", ""),
        ("b", "5"),
    ]);
    let mut dst = BytesMut::new();
    let mut writer = FieldWriter::new(&mut dst, Spelling::default());
    writer.all(&fields, |name| match name.as_str() {
        "a" => Treatment::Lines,
        "b" => Treatment::List { and: Some("6") },
        _ => Treatment::Nothing,
    });
    writer.line(&HeaderName::from_static("d"), b"7");
    writer.end();
    assert_eq!(dst, "a: 1\r\na: 3\r\nb: 2, 5, 6\r\nd: 7\r\n\r\n");
}

#[test]
fn a_spelling_belongs_to_one_line() {
    let fields = map(&[("a", "1"), ("a", ""), ("a", "3"), ("b", "")]);
    let mut case = HeaderCase::default();
    for spelling in ["A", "a"] {
        case.record(HeaderName::from_static("a"), spelling.into());
    }
    for (empty_values, title, written) in [
        (
            EmptyValues::Spaced,
            false,
            "A: 1\r\na: \r\na: 3\r\nb: \r\n\r\n",
        ),
        (EmptyValues::Bare, true, "A: 1\r\na:\r\nA: 3\r\nB:\r\n\r\n"),
    ] {
        let mut dst = BytesMut::new();
        let spelling = Spelling {
            recorded: Some(&case),
            title,
            empty_values,
        };
        let mut writer = FieldWriter::new(&mut dst, spelling);
        writer.all(&fields, |_| Treatment::Lines);
        writer.end();
        assert_eq!(dst, written);
    }
}
