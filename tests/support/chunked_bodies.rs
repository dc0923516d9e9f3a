//! Bodies in the chunked coding (RFC 9112, section 7.1), and what a recipient makes of them: the same in either role.

use std::io::ErrorKind;

use crate::support::errors::{io_cause, kind};
use crate::support::reading::{lines, ReadingTask};
use crate::support::scripted_h1::{Delivery, Peer};

/// What follows the head of a chunked message, and what comes of it.
#[derive(Clone, Debug)]
pub struct Case {
    pub wire: String,
    pub outcome: Outcome,
}

/// In each case with the data that is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The body is complete, with these trailers.
    Complete(String, Vec<String>),
    /// The body fails without waiting for more.
    Malformed(String),
    /// More is waited for; the end of the connection is an error.
    Cut(String),
    /// The body does not end well, sooner or later.
    NotComplete(String),
}

/// As long as the extensions of one body may be, in bytes.
const EXTENSIONS: usize = 16_383;
/// As long as trailers may be, their last line end included, in bytes.
const TRAILERS: usize = 16_383;

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |wire: String, outcome| cases.push(Case { wire, outcome });

    for wire in [
        "3\r\nabc\r\n0\r\n\r\n",
        "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
        "3 \r\nabc\r\n0\r\n\r\n",
        "3 \t \r\nabc\r\n0\t\r\n\r\n",
        "000000000000000000000000003\r\nabc\r\n000\r\n\r\n",
        "3;\r\nabc\r\n0\r\n\r\n",
        "3;name\r\nabc\r\n0;last=1\r\n\r\n",
        "3 ;name=value;other=\"quoted; string\"\r\nabc\r\n0\r\n\r\n",
        "3;\u{e9}\t\u{1}\r\nabc\r\n0\r\n\r\n",
    ] {
        add(wire.into(), Outcome::Complete("abc".into(), vec![]));
    }
    add("0\r\n\r\n".into(), Outcome::Complete("".into(), vec![]));
    for size in ["a", "A", "0A", "00a;ext"] {
        let wire = format!("{size}\r\n0123456789\r\n0\r\n\r\n");
        add(wire, Outcome::Complete("0123456789".into(), vec![]));
    }
    let long = "x".repeat(0xfe0);
    let wire = format!("Fe0\r\n{long}\r\n0\r\n\r\n");
    add(wire, Outcome::Complete(long, vec![]));
    // Line ends, sizes and terminators are data where data is due.
    let data = "\r\n0\r\n\r\n";
    let wire = format!("7\r\n{data}\r\n0\r\n\r\n");
    add(wire, Outcome::Complete(data.into(), vec![]));

    for size in [
        "\r\n",
        " 3\r\n",
        "\t3\r\n",
        "g\r\n",
        "+3\r\n",
        "-3\r\n",
        ";x\r\n",
        "0x3\r\n",
        "3g\r\n",
        "3.\r\n",
        "3,\r\n",
        "3 3\r\n",
        "3\u{b}\r\n",
        "3\n",
        "3\rabc",
        "3 \n",
        "3;a\nb\r\n",
        "3;a\n",
        "3;a\rb",
        "3\r\r\n",
        "\n",
        "10000000000000000\r\n",
        "ffffffffffffffff0\r\n",
        "80000000000000000000\r\n",
    ] {
        add(size.into(), Outcome::Malformed("".into()));
    }
    for after in ["d\r\n", "\n0\r\n\r\n", "\r0\r\n\r\n", "0\r\n\r\n", "\r\r\n"] {
        add(format!("3\r\nabc{after}"), Outcome::Malformed("abc".into()));
    }
    for end in ["0\n\n", "0\r\n\rx", "0\rx", "\n"] {
        add(
            format!("3\r\nabc\r\n{end}"),
            Outcome::Malformed("abc".into()),
        );
    }

    let complete = "3\r\nabc\r\n0\r\n\r\n";
    for len in 0..complete.len() {
        let data = match len {
            0..=3 => "",
            4 => "a",
            5 => "ab",
            _ => "abc",
        };
        add(complete[..len].into(), Outcome::Cut(data.into()));
    }
    add("ffffffffffffffff\r\nabc".into(), Outcome::Cut("abc".into()));
    add("0\r\nx: y\r\n".into(), Outcome::Cut("".into()));

    // Extensions count over the whole body, the semicolon and the line end left out.
    let extension = "e".repeat(EXTENSIONS);
    let wire = format!("3;{extension}\r\nabc\r\n0\r\n\r\n");
    add(wire, Outcome::Complete("abc".into(), vec![]));
    let wire = format!("3;{extension}e\r\nabc\r\n0\r\n\r\n");
    add(wire, Outcome::Malformed("".into()));
    let chunk = format!("1;{}\r\na\r\n", "e".repeat(EXTENSIONS / 3));
    let wire = format!("{}0\r\n\r\n", chunk.repeat(3));
    add(wire, Outcome::Complete("aaa".into(), vec![]));
    let wire = format!("{}1;e\r\nb\r\n0\r\n\r\n", chunk.repeat(3));
    add(wire, Outcome::Malformed("aaa".into()));

    for (trailers, fields) in [
        ("x: y\r\n", vec!["x: y"]),
        ("X-Upper:y\r\n", vec!["x-upper: y"]),
        ("x: y\r\nz:\r\n", vec!["x: y", "z: "]),
        ("x: 1\r\nx: 2\r\n", vec!["x: 1", "x: 2"]),
        ("x: \t y z \t\r\n", vec!["x: y z"]),
    ] {
        let fields = fields.into_iter().map(str::to_owned).collect();
        let wire = format!("3\r\nabc\r\n0\r\n{trailers}\r\n");
        add(wire, Outcome::Complete("abc".into(), fields));
    }
    for trailers in [
        "x : y\r\n\r\n",
        "no colon\r\n\r\n",
        ": y\r\n\r\n",
        "x: y\r\n z\r\n\r\n",
        " x: y\r\n\r\n",
        "x: a\u{1}b\r\n\r\n",
        "x\u{e9}: y\r\n\r\n",
        "x: y\rz\r\n\r\n",
        "x: y\r\n\rz",
        "x: a\0b\r\n\r\n",
    ] {
        let wire = format!("3\r\nabc\r\n0\r\n{trailers}");
        add(wire, Outcome::Malformed("abc".into()));
    }
    for trailers in ["x: y\n\n", "x: y\n\r\n", "x: y\r\n\n", "\n"] {
        let wire = format!("3\r\nabc\r\n0\r\n{trailers}");
        add(wire, Outcome::NotComplete("abc".into()));
    }

    let many = |count: usize| (0..count).map(|n| format!("x-{n}: y\r\n"));
    let fields = (0..100).map(|n| format!("x-{n}: y")).collect();
    let wire = format!("0\r\n{}\r\n", many(100).collect::<String>());
    add(wire, Outcome::Complete("".into(), fields));
    let wire = format!("0\r\n{}\r\n", many(101).collect::<String>());
    add(wire, Outcome::Malformed("".into()));

    let longest = "v".repeat(TRAILERS - "x: \r\n\r\n".len());
    let wire = format!("0\r\nx: {longest}\r\n\r\n");
    add(
        wire,
        Outcome::Complete("".into(), vec![format!("x: {longest}")]),
    );
    let wire = format!("0\r\nx: {longest}v\r\n\r\n");
    add(wire, Outcome::Malformed("".into()));
    let wire = format!("0\r\nx: {}", "v".repeat(20_000));
    add(wire, Outcome::Malformed("".into()));

    cases
}

impl Case {
    /// Sends the body to hyper, which is reading it, and checks what comes of it. Tells whether the body was complete.
    pub async fn play(&self, how: Delivery, peer: &mut Peer, reading: ReadingTask) -> bool {
        println!("{:?}, {how:?}", &self.wire[..self.wire.len().min(60)]);
        peer.deliver(how, &self.wire).await;
        match &self.outcome {
            Outcome::Complete(data, trailers) => {
                assert!(reading.is_finished(), "nothing is missing");
                let reading = reading.finish().await;
                assert!(reading.error.is_none(), "{:?}", reading.error);
                assert_eq!(reading.text(), *data);
                let came = reading.trailers.as_ref().map(lines);
                assert_eq!(came.unwrap_or_default(), *trailers);
                return true;
            }
            Outcome::Malformed(data) => {
                assert!(reading.is_finished(), "it is hopeless already");
                let reading = reading.finish().await;
                assert_eq!(reading.text(), *data);
                let error = reading.failure();
                assert_eq!(kind(&error), "Body");
                let cause = io_cause(&error);
                let known = [ErrorKind::InvalidInput, ErrorKind::InvalidData];
                assert!(known.contains(&cause), "{error:?}");
            }
            Outcome::Cut(data) => {
                assert!(!reading.is_finished(), "there may be more");
                peer.eof().await;
                let reading = reading.finish().await;
                assert_eq!(reading.text(), *data);
                let error = reading.failure();
                assert_eq!(kind(&error), "Body");
                assert_eq!(io_cause(&error), ErrorKind::UnexpectedEof);
            }
            Outcome::NotComplete(data) => {
                peer.eof().await;
                let reading = reading.finish().await;
                assert_eq!(reading.text(), *data);
                assert_eq!(kind(&reading.failure()), "Body");
            }
        }
        false
    }
}
