//! Arbitrary bytes, in arbitrary pieces, for both roles: no panic, and the same events for every split.

use proptest::prelude::*;

use super::transcript::{same_for_every_split, transcript, Answer, Ask, Played};
use crate::proto::h1::config::{Case, Config, Leniency, Limits};
use crate::proto::h1::role::{Client, Server};

/// Bytes that get further than noise does: scraps of messages, whole and mutilated.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let scraps: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\n",
        b"POST /a HTTP/1.1\r\n",
        b"HEAD * HTTP/1.0\r\n",
        b"CONNECT a:1 HTTP/1.1\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 200 OK\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n",
        b"HTTP/1.1 304\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"content-length: 5\r\n",
        b"Content-Length: 5\n",
        b"content-length: 18446744073709551615\r\n",
        b"transfer-encoding: chunked\r\n",
        b"transfer-encoding: gzip\r\n",
        b"connection: close\r\n",
        b"connection: keep-alive\r\n",
        b"expect: 100-continue\r\n",
        b"upgrade: ws\r\n",
        b"a: b\r\n c\r\n",
        b"a : b\r\n",
        b"a:",
        b"\r\n\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"5\r\nhello\r\n",
        b"5;x=y\r\nhello\r\n",
        b"FFFFFFFFFFFFFFFF\r\n",
        b"10000000000000000\r\n",
        b"0\r\n",
        b"0\r\na: b\r\n\r\n",
        b"hello",
        b"\0",
        b" ",
        b"\xff",
    ];
    let scrap = prop_oneof![
        12 => proptest::sample::select(scraps.to_vec()).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(scrap, 0..12).prop_map(|scraps| scraps.concat())
}

fn config() -> impl Strategy<Value = Config> {
    let limits = (
        prop_oneof![Just(100), Just(usize::MAX), 0..4_usize],
        prop_oneof![Just(None), (0..80_usize).prop_map(Some)],
        prop_oneof![Just(8192_usize), 24..100_usize],
    );
    let leniency = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    );
    (limits, leniency, any::<bool>(), any::<bool>()).prop_map(
        |((max_headers, max_header_size, max_buffered), leniency, preserve, keep_alive)| Config {
            limits: Limits {
                max_headers,
                max_header_size,
                max_buffered,
            },
            leniency: Leniency {
                ignore_invalid_headers: leniency.0,
                multiple_spaces_in_request_line: leniency.1,
                spaces_after_header_name: leniency.2,
                obsolete_multiline_headers: leniency.3,
                http09_responses: leniency.4,
            },
            case: Case {
                preserve,
                title: false,
            },
            keep_alive,
            date: None,
        },
    )
}

fn holds<R: Played>(
    config: &Config,
    play: R::Play,
    input: &[u8],
    cuts: &[usize],
) -> Result<(), TestCaseError> {
    let whole = transcript::<R>(config, play, [input]);
    let bytewise = transcript::<R>(config, play, input.chunks(1));
    prop_assert_eq!(&bytewise, &whole);

    let mut pieces = Vec::new();
    let mut rest = input;
    for &cut in cuts {
        let (piece, after) = rest.split_at(cut.min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    prop_assert_eq!(&transcript::<R>(config, play, pieces), &whole);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(512)
    })]

    #[test]
    fn a_server_understands_the_same_in_any_pieces(
        input in input(),
        config in config(),
        cuts in proptest::collection::vec(0..30_usize, 0..20),
        status in prop_oneof![Just(200), Just(101), Just(404)],
    ) {
        holds::<Server>(&config, Answer::With(status), &input, &cuts)?;
    }

    #[test]
    fn a_client_understands_the_same_in_any_pieces(
        input in input(),
        config in config(),
        cuts in proptest::collection::vec(0..30_usize, 0..20),
        ask in prop_oneof![Just(Ask::Get), Just(Ask::Head), Just(Ask::Connect)],
    ) {
        holds::<Client>(&config, ask, &input, &cuts)?;
    }
}

proptest! {
    // Each case is fed in as many ways as it has bytes.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(64)
    })]

    #[test]
    fn noise_makes_neither_role_panic(
        input in proptest::collection::vec(any::<u8>(), 0..200),
        config in config(),
    ) {
        for play in [Ask::Get, Ask::Connect] {
            let whole = transcript::<Client>(&config, play, [&input[..]]);
            same_for_every_split::<Client>(&config, play, &input, &whole);
        }
        let whole = transcript::<Server>(&config, Answer::With(200), [&input[..]]);
        same_for_every_split::<Server>(&config, Answer::With(200), &input, &whole);
    }
}
