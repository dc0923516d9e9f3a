use bytes::BytesMut;

use super::*;

/// One of each kind, over data that is in two pieces, with what it comes down to.
fn each_kind() -> Vec<(Encoded<impl Buf>, &'static [u8])> {
    let data = || (&b"hello"[..]).chain(&b" world"[..]);
    vec![
        (Encoded::bare(data(), 11), b"hello world"),
        (Encoded::bare(data(), 7), b"hello w"),
        (Encoded::bare(data(), 0), b""),
        (Encoded::chunk(data()), b"B\r\nhello world\r\n"),
        (
            Encoded::last_chunk(data()),
            b"B\r\nhello world\r\n0\r\n\r\n",
        ),
        (Encoded::without_data(data(), b"0\r\n\r\n"), b"0\r\n\r\n"),
        (Encoded::without_data(data(), b""), b""),
    ]
}

#[test]
fn it_is_read_in_order_however_far_each_step_goes() {
    for step in 1..20 {
        for (mut encoded, expected) in each_kind() {
            let mut read = Vec::new();
            while encoded.has_remaining() {
                assert_eq!(encoded.remaining(), expected.len() - read.len());
                assert!(!encoded.chunk().is_empty(), "there is something to read");
                let count = step.min(encoded.remaining());
                read.extend_from_slice(&encoded.copy_to_bytes(count));
            }
            assert_eq!(read, expected, "in steps of {step}");
            assert!(encoded.chunk().is_empty());
        }
    }
}

#[test]
fn it_is_one_write_of_slices_from_any_position() {
    for room in 0..6 {
        for (mut encoded, expected) in each_kind() {
            let mut skipped = 0;
            loop {
                let mut slices = [IoSlice::new(b""); 5];
                let slices = &mut slices[..room.min(5)];
                let used = encoded.chunks_vectored(slices);
                let seen: Vec<u8> = slices[..used]
                    .iter()
                    .flat_map(|slice| slice.to_vec())
                    .collect();
                let rest = &expected[skipped..];
                assert!(rest.starts_with(&seen), "room for {room}");
                assert!(slices[..used].iter().all(|slice| !slice.is_empty()));
                assert!(room < 4 || seen == rest, "four slices are enough");
                if !encoded.has_remaining() {
                    break;
                }
                encoded.advance(1);
                skipped += 1;
            }
        }
    }
}

#[test]
#[should_panic]
fn advancing_behind_the_end_panics() {
    Encoded::chunk(&b"hi"[..]).advance(8);
}

#[test]
fn chunk_sizes_are_upper_case_hexadecimal() {
    // 4.7-10
    for (length, line) in [
        (1, "1"),
        (9, "9"),
        (10, "A"),
        (16, "10"),
        (255, "FF"),
        (0xABCDE, "ABCDE"),
    ] {
        let data = vec![0; length];
        let encoded = Encoded::chunk(&data[..]);
        assert_eq!(encoded.chunk(), format!("{line}\r\n").as_bytes());
    }
    let longest = Line::of_chunk(u64::MAX);
    assert_eq!(longest.rest(), b"FFFFFFFFFFFFFFFF\r\n");
}

#[test]
fn bare_bytes_are_not_copied() {
    let data = Bytes::from(vec![7; 100]);
    let mut encoded = Encoded::bare(data.clone(), 60);
    let taken = encoded.copy_to_bytes(60);
    assert_eq!(taken.as_ptr(), data.as_ptr());
    let mut flattened = BytesMut::new();
    bytes::BufMut::put(&mut flattened, Encoded::chunk(data));
    assert_eq!(flattened.len(), 106);
}
