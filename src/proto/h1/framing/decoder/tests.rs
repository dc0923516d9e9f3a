//! What a decoder does that events do not show; what it makes of bytes is in the codec's tests.

use super::*;

fn decode(decoder: &mut Decoder, buf: &mut BytesMut) -> Decoded {
    decoder
        .decode(buf, &Limits::default())
        .expect("the body is well-formed")
}

#[test]
fn data_shares_the_read_buffer() {
    // 7.1-4
    for (length, input, at) in [
        (BodyLength::Exact(5), &b"hello"[..], 0),
        (BodyLength::CloseDelimited, b"hello", 0),
        (BodyLength::Chunked, b"5\r\nhello\r\n", 3),
    ] {
        let mut buf = BytesMut::from(input);
        let place = buf[at..].as_ptr();
        let Decoded::Data(data) = decode(&mut Decoder::new(length), &mut buf) else {
            panic!("there is data");
        };
        assert_eq!(data, "hello");
        assert_eq!(data.as_ptr(), place);
    }
}

#[test]
fn data_that_is_next_to_nothing_does_not_keep_the_read_buffer() {
    for (length, input) in [
        (BodyLength::Exact(9), &b"x"[..]),
        (BodyLength::CloseDelimited, b"x"),
        (BodyLength::Chunked, b"1\r\nx\r\n"),
    ] {
        let mut buf = BytesMut::with_capacity(8192);
        buf.extend_from_slice(input);
        let start = buf.as_ptr();
        let Decoded::Data(data) = decode(&mut Decoder::new(length), &mut buf) else {
            panic!("there is data");
        };
        assert_eq!(data, "x");
        // Nobody else holds it, so it is used again from its beginning.
        buf.clear();
        buf.reserve(8192);
        assert_eq!(buf.as_ptr(), start);
    }
}

#[test]
fn what_follows_the_body_stays_in_the_buffer() {
    for (length, input) in [
        (BodyLength::Exact(2), &b"hi next"[..]),
        (BodyLength::Chunked, b"2\r\nhi\r\n0\r\n\r\n next"),
        (BodyLength::Chunked, b"2\r\nhi\r\n0\r\na: b\r\n\r\n next"),
    ] {
        let mut decoder = Decoder::new(length);
        let mut buf = BytesMut::from(input);
        while !matches!(decode(&mut decoder, &mut buf), Decoded::End) {}
        assert_eq!(&buf[..], b" next");
        assert!(
            matches!(decode(&mut decoder, &mut buf), Decoded::End),
            "the end is repeated"
        );
    }
}

#[test]
fn the_rest_is_known_where_it_was_declared() {
    let mut decoder = Decoder::new(BodyLength::Exact(u64::MAX));
    assert_eq!(decoder.remaining(), Some(u64::MAX));
    let mut buf = BytesMut::from(&b"hi"[..]);
    decode(&mut decoder, &mut buf);
    assert_eq!(decoder.remaining(), Some(u64::MAX - 2));
    assert_eq!(Decoder::new(BodyLength::Chunked).remaining(), None);
    assert_eq!(Decoder::new(BodyLength::CloseDelimited).remaining(), None);
}

#[test]
fn a_full_buffer_always_goes_down() {
    // A decoder that waited for a whole line would be stuck behind the buffer's maximum.
    let inputs = [
        vec![b'0'; 10_000],
        [&b"1;"[..], &[b'x'; 10_000]].concat(),
        [&b"0\r\n"[..], &[b'x'; 10_000]].concat(),
        [&b"5000\r\n"[..], &[b'x'; 10_000]].concat(),
    ];
    for input in inputs {
        let mut decoder = Decoder::new(BodyLength::Chunked);
        let mut buf = BytesMut::from(&input[..]);
        while !matches!(decode(&mut decoder, &mut buf), Decoded::NeedMore) {}
        assert!(buf.is_empty());
    }
}
