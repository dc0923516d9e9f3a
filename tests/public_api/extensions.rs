//! Contract 1.4-3, 1.4-6, 1.2-11: the types that travel in a message's extensions.

use bytes::Bytes;
use hyper::ext::{Protocol, ReasonPhrase};

// Contract 1.4-3, 1.2-11.
#[test]
fn a_protocol_is_its_name() {
    const WEBSOCKET: Protocol = Protocol::from_static("websocket");
    assert_eq!(WEBSOCKET.as_str(), "websocket");
    assert_eq!(WEBSOCKET.as_ref(), b"websocket");
    assert_eq!(Protocol::from("websocket"), WEBSOCKET);
    assert_eq!(WEBSOCKET.clone(), WEBSOCKET);
    assert_ne!(Protocol::from("connect-udp"), WEBSOCKET);
    assert!(format!("{WEBSOCKET:?}").contains("websocket"));
}

fn is_phrase_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | b' ' | 0x21..=0x7e | 0x80..=0xff)
}

// Contract 1.4-6.
#[test]
fn a_reason_phrase_takes_text_and_nothing_else() {
    for byte in 0..=u8::MAX {
        let phrase = ReasonPhrase::try_from(vec![b'a', byte]);
        match phrase {
            Ok(phrase) => {
                assert!(is_phrase_byte(byte), "{byte}");
                assert_eq!(phrase.as_bytes(), [b'a', byte]);
            }
            Err(error) => {
                assert!(!is_phrase_byte(byte), "{byte}");
                let text = format!("Invalid byte in reason phrase: {byte}");
                assert_eq!(error.to_string(), text);
            }
        }
    }
}

// Contract 1.4-6.
#[test]
fn a_reason_phrase_is_made_of_any_bytes() {
    const PHRASE: ReasonPhrase = ReasonPhrase::from_static(b"All Good");
    let good = "a legal phrase";
    let phrase = ReasonPhrase::try_from("All Good".to_owned());
    assert_eq!(phrase.expect(good), PHRASE);
    let phrase = ReasonPhrase::try_from(b"All Good".to_vec());
    assert_eq!(phrase.expect(good), PHRASE);
    let phrase = ReasonPhrase::try_from(b"All Good" as &[u8]);
    assert_eq!(phrase.expect(good), PHRASE);
    let phrase = ReasonPhrase::try_from(Bytes::from_static(b"All Good"));
    assert_eq!(phrase.expect(good), PHRASE);
    let phrase = ReasonPhrase::try_from(b"" as &[u8]);
    assert!(phrase.expect(good).as_bytes().is_empty());
    assert_eq!(Bytes::from(PHRASE), "All Good");
    assert_eq!(PHRASE.as_ref(), b"All Good");
}

// Contract 1.4-6.
#[test]
#[should_panic]
fn a_static_reason_phrase_of_bad_bytes_panics() {
    ReasonPhrase::from_static(b"line\nfeed");
}
