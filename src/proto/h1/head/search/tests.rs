use super::*;

/// What is found, however the bytes come: whole, and one more at each look.
fn find(input: &[u8]) -> Found {
    let mut search = HeadSearch::new();
    search.skip_empty_lines(input);
    let whole = search.look(input);

    let mut search = HeadSearch::new();
    let mut stepwise = Found::Nothing;
    for end in 1..=input.len() {
        search.skip_empty_lines(&input[..end]);
        stepwise = search.look(&input[..end]);
        if matches!(stepwise, Found::End { .. }) {
            break;
        }
    }
    match (whole, stepwise) {
        (Found::Open { lines: whole, .. }, Found::Open { lines, .. }) => assert_eq!(whole, lines),
        _ => assert_eq!(whole, stepwise),
    }
    whole
}

#[test]
fn a_head_ends_with_an_empty_line() {
    // 4.1-1
    for (input, at, lines) in [
        ("a\r\n\r\n", 5, 2),
        ("a\n\n", 3, 2),
        ("a\n\r\n", 4, 2),
        ("a\r\n\n", 4, 2),
        ("a\r\nb\r\n\r\nc\r\n\r\n", 8, 3),
        ("a\n\n\n", 3, 2),
        ("\r\n\n\r\na\r\n\r\n", 10, 2),
        ("a\r\r\n\r\n", 6, 2),
        ("a\n\rb\n\n", 6, 3),
    ] {
        assert_eq!(
            find(input.as_bytes()),
            Found::End { at, lines },
            "{input:?}"
        );
    }
    for (input, count) in [
        ("a", 0),
        ("a\r\n", 1),
        ("a\n\r", 1),
        ("a\r\n\r", 1),
        ("\ra", 0),
        ("a\nb\nc", 2),
        ("a\n\rb", 1),
    ] {
        let found = find(input.as_bytes());
        assert!(
            matches!(found, Found::Open { lines, .. } if lines == count),
            "{input:?}: {found:?}"
        );
    }
    for input in ["", "\r", "\r\n", "\n\r\n\r"] {
        assert_eq!(find(input.as_bytes()), Found::Nothing, "{input:?}");
    }
}

#[test]
fn a_search_goes_on_after_skipped_lines_were_taken_out() {
    let mut search = HeadSearch::new();
    assert_eq!(search.skip_empty_lines(b"\r\n\na"), 3);
    search.forget_skipped();
    assert!(matches!(
        search.look(b"a\r\n"),
        Found::Open { lines: 1, .. }
    ));
    assert_eq!(
        search.skip_empty_lines(b"a\r\n\r\n"),
        0,
        "the head has begun"
    );
    assert_eq!(search.look(b"a\r\n\r\n"), Found::End { at: 5, lines: 2 });
}

#[test]
fn checks_are_due_at_lengths_that_double() {
    let mut search = HeadSearch::new();
    let input = [b'a'; 1000];
    let due: Vec<usize> = (1..=input.len())
        .filter(|&length| {
            matches!(
                search.look(&input[..length]),
                Found::Open {
                    check: Check::Due,
                    ..
                }
            )
        })
        .collect();
    assert_eq!(due, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
}
