//! How large a head may be.

use super::transcript::{check, transcript, Answer};
use crate::proto::h1::config::{Config, Limits};
use crate::proto::h1::role::Server;

fn limited(limits: Limits) -> Config {
    Config {
        limits,
        ..Config::default()
    }
}

#[test]
fn targets_and_names_have_a_greatest_length() {
    // 4.1-5
    let longest = format!("/{}", "a".repeat(65_533));
    for (target, expected) in [
        (longest.clone(), format!("GET {longest} HTTP/1.1")),
        (longest + "a", "error Parse(UriTooLong)".to_owned()),
    ] {
        let seen = transcript::<Server>(
            &Config::default(),
            Answer::With(200),
            [format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes()],
        );
        assert_eq!(seen[0], expected);
    }
    for (length, expected) in [(65_535, "eof"), (65_536, "error Parse(TooLarge)")] {
        let name = "n".repeat(length);
        let seen = transcript::<Server>(
            &Config::default(),
            Answer::With(200),
            [format!("GET / HTTP/1.1\r\n{name}: v\r\n\r\n").as_bytes()],
        );
        assert_eq!(seen.last().map(String::as_str), Some(expected), "{length}");
    }
}

#[test]
fn the_number_of_fields_is_limited() {
    // 3.1-5
    let head = |fields: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "a:\r\n".repeat(fields));
    for (limit, fields, fits) in [
        (100, 100, true),
        (100, 101, false),
        (0, 0, true),
        (0, 1, false),
        (3, 3, true),
        (3, 4, false),
        (500, 500, true),
        (500, 501, false),
        (usize::MAX, 700, true),
    ] {
        let config = limited(Limits {
            max_headers: limit,
            ..Limits::default()
        });
        let input = head(fields);
        let taken = format!("GET / HTTP/1.1{}", " [a: ]".repeat(fields));
        let expected: &[&str] = if fits {
            &[&taken, "eof"]
        } else {
            &["error Parse(TooLarge)"]
        };
        check::<Server>(&config, Answer::With(200), input.as_bytes(), expected);
    }
}

#[test]
fn the_size_of_a_head_is_limited() {
    // 3.1-6: exactly the limit fits; so many bytes without an end do not.
    let head = "GET / HTTP/1.1\r\na: 12345\r\n\r\n";
    for (limit, fits) in [
        (head.len(), true),
        (head.len() - 1, false),
        (10, false),
        (0, false),
    ] {
        let by_size = limited(Limits {
            max_header_size: Some(limit),
            ..Limits::default()
        });
        let by_buffer = limited(Limits {
            max_buffered: limit,
            ..Limits::default()
        });
        for config in [by_size, by_buffer] {
            let expected: &[&str] = if fits {
                &["GET / HTTP/1.1 [a: 12345]", "eof"]
            } else {
                &["error Parse(TooLarge)"]
            };
            check::<Server>(&config, Answer::With(200), head.as_bytes(), expected);
        }
    }
    let config = limited(Limits {
        max_header_size: Some(20),
        ..Limits::default()
    });
    let unfinished = "GET / HTTP/1.1\r\na: 12345";
    check::<Server>(
        &config,
        Answer::With(200),
        unfinished.as_bytes(),
        &["error Parse(TooLarge)"],
    );
    // What is wrong within the limit is said in place of it.
    let wrong = "GET / HTTP/1.1\r\n:12345\r\n\r\n";
    check::<Server>(
        &config,
        Answer::With(200),
        wrong.as_bytes(),
        &["error Parse(Header(Token))"],
    );
    // Each head of a connection has the whole limit, and empty lines before it do not count.
    let config = limited(Limits {
        max_header_size: Some(18),
        ..Limits::default()
    });
    let two = "GET / HTTP/1.1\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    check::<Server>(
        &config,
        Answer::With(200),
        two.as_bytes(),
        &["GET / HTTP/1.1", "GET / HTTP/1.1", "eof"],
    );
}
