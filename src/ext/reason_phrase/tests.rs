use std::panic::catch_unwind;

use bytes::Bytes;

use super::{InvalidReasonPhrase, ReasonPhrase};

/// The verdict on `reason` by every fallible way to make a phrase.
fn attempts(reason: &[u8]) -> Vec<Result<ReasonPhrase, InvalidReasonPhrase>> {
    let mut attempts = vec![
        ReasonPhrase::try_from(reason),
        ReasonPhrase::try_from(reason.to_vec()),
        ReasonPhrase::try_from(Bytes::copy_from_slice(reason)),
    ];
    if let Ok(text) = String::from_utf8(reason.to_vec()) {
        attempts.push(ReasonPhrase::try_from(text));
    }
    attempts
}

#[test]
fn every_byte_is_judged_by_the_grammar() {
    for byte in 0..=u8::MAX {
        let allowed = byte == b'\t' || (byte >= b' ' && byte != 0x7F);
        for attempt in attempts(&[b'a', byte, b'z']) {
            match attempt {
                Ok(phrase) => {
                    assert!(allowed, "{byte:#04x}");
                    assert_eq!(phrase.as_bytes(), [b'a', byte, b'z']);
                    assert_eq!(phrase.as_ref(), [b'a', byte, b'z']);
                }
                Err(err) => {
                    assert!(!allowed, "{byte:#04x}");
                    assert_eq!(
                        err.to_string(),
                        format!("Invalid byte in reason phrase: {byte}")
                    );
                }
            }
        }
    }
}

#[test]
fn the_first_bad_byte_is_named() {
    for attempt in attempts(b"ok\r\n") {
        let err = attempt.expect_err("a line break is no part of a phrase");
        assert_eq!(err.to_string(), "Invalid byte in reason phrase: 13");
    }
}

#[test]
fn an_empty_phrase_is_one() {
    for attempt in attempts(b"") {
        assert_eq!(attempt.expect("nothing is wrong in it").as_bytes(), b"");
    }
}

#[test]
fn a_static_phrase_is_checked_too() {
    const TEAPOT: ReasonPhrase = ReasonPhrase::from_static(b"I'm a teapot");
    assert_eq!(Bytes::from(TEAPOT), "I'm a teapot");
    assert!(catch_unwind(|| ReasonPhrase::from_static(b"tea\npot")).is_err());
}

#[test]
fn phrases_compare_by_their_bytes() {
    let a = ReasonPhrase::from_static(b"a");
    let b = ReasonPhrase::from_static(b"b");
    assert!(a < b);
    assert_eq!(a, a.clone());
}

#[test]
fn a_phrase_can_be_an_extension() {
    fn travels<T: Clone + std::hash::Hash + Send + Sync + Unpin + 'static>() {}
    travels::<ReasonPhrase>();
}
