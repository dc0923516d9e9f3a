//! Contract 7.2-2, 7.2-3, 9-6: the buffers transports read into.

use std::mem::MaybeUninit;

use hyper::rt::ReadBuf;

// Contract 7.2-2.
#[test]
fn a_buffer_of_bytes_starts_empty_and_initialised() {
    let mut bytes = *b"abcd";
    let mut buf = ReadBuf::new(&mut bytes);
    assert_eq!(buf.filled(), b"");
    let mut cursor = buf.unfilled();
    assert_eq!(cursor.remaining(), 4);
    // Initialised bytes keep their values.
    assert_eq!(cursor.initialize_unfilled(), b"abcd");
    assert_eq!(buf.filled(), b"");
}

// Contract 7.2-2.
#[test]
fn a_buffer_of_nothing_is_zeroed_where_it_is_asked_for() {
    let mut space = [MaybeUninit::new(7); 6];
    let mut buf = ReadBuf::uninit(&mut space);
    let mut cursor = buf.unfilled();
    assert_eq!(cursor.remaining(), 6);
    assert_eq!(cursor.initialize_unfilled_to(2), [0, 0]);
    assert_eq!(cursor.remaining(), 6);
    assert_eq!(cursor.initialize_unfilled(), [0; 6]);
    assert_eq!(buf.filled(), b"");
}

// Contract 7.2-3: what was initialised once is not zeroed again.
#[test]
fn initialised_bytes_are_kept() {
    let mut space = [MaybeUninit::new(7); 6];
    let mut buf = ReadBuf::uninit(&mut space);
    let mut cursor = buf.unfilled();
    cursor.initialize_unfilled_to(3).copy_from_slice(b"abc");
    assert_eq!(cursor.initialize_unfilled_to(2), b"ab");
    assert_eq!(cursor.initialize_unfilled(), b"abc\0\0\0");
    assert_eq!(buf.unfilled().initialize_unfilled(), b"abc\0\0\0");
}

// Contract 7.2-2, 7.2-3.
#[test]
fn slices_are_put_one_behind_the_other() {
    let mut space = [MaybeUninit::uninit(); 6];
    let mut buf = ReadBuf::uninit(&mut space);
    let mut cursor = buf.unfilled();
    cursor.put_slice(b"ab");
    assert_eq!(cursor.remaining(), 4);
    cursor.put_slice(b"");
    cursor.put_slice(b"c");
    assert_eq!(buf.filled(), b"abc");

    // A cursor taken again goes on where the last one ended.
    let mut cursor = buf.unfilled();
    assert_eq!(cursor.remaining(), 3);
    cursor.put_slice(b"def");
    assert_eq!(cursor.remaining(), 0);
    assert_eq!(buf.filled(), b"abcdef");
}

// Contract 7.2-3.
#[test]
#[should_panic]
fn a_slice_too_long_panics() {
    let mut bytes = [0; 3];
    ReadBuf::new(&mut bytes).unfilled().put_slice(b"abcd");
}

// Contract 7.2-3.
#[test]
#[should_panic]
fn initialising_past_the_end_panics() {
    let mut bytes = [0; 3];
    let mut buf = ReadBuf::new(&mut bytes);
    buf.unfilled().initialize_unfilled_to(4);
}

// Contract 7.2-3, 9-6: how hyper-util reads through another crate's buffer.
#[test]
fn bytes_written_in_place_count_once_advanced_over() {
    let mut space = [MaybeUninit::uninit(); 6];
    let mut buf = ReadBuf::uninit(&mut space);
    let mut cursor = buf.unfilled();
    // SAFETY: only initialised bytes are written, and just those written are advanced over.
    unsafe {
        assert_eq!(cursor.as_mut().len(), cursor.remaining());
        for (space, byte) in cursor.as_mut().iter_mut().zip(*b"abc") {
            space.write(byte);
        }
        cursor.advance(3);
        assert_eq!(cursor.as_mut().len(), 3);
    }
    assert_eq!(cursor.remaining(), 3);
    assert_eq!(buf.filled(), b"abc");
    // What was advanced over is initialised, and nothing behind it.
    assert_eq!(buf.unfilled().initialize_unfilled(), [0; 3]);
    assert_eq!(buf.filled(), b"abc");
}

// Contract 7.2-3, 9-6: advancing goes past what was initialised before.
#[test]
fn advancing_raises_what_is_initialised() {
    let mut space = [MaybeUninit::new(7); 6];
    let mut buf = ReadBuf::uninit(&mut space);
    buf.unfilled().initialize_unfilled_to(2);
    // SAFETY: all of `space` was made with values.
    unsafe { buf.unfilled().advance(4) };
    assert_eq!(buf.filled(), [0, 0, 7, 7]);
    assert_eq!(buf.unfilled().initialize_unfilled(), [0, 0]);
}

// Contract 7.2-3.
#[test]
#[should_panic]
fn advancing_past_all_numbers_panics() {
    let mut bytes = [0; 3];
    let mut buf = ReadBuf::new(&mut bytes);
    let mut cursor = buf.unfilled();
    cursor.put_slice(b"a");
    // SAFETY: it panics before any byte could be looked at.
    unsafe { cursor.advance(usize::MAX) };
}

// Contract 1.2-12.
#[test]
fn the_debug_output_tells_the_three_lengths() {
    let mut space = [MaybeUninit::uninit(); 6];
    let mut buf = ReadBuf::uninit(&mut space);
    buf.unfilled().initialize_unfilled_to(4);
    buf.unfilled().put_slice(b"a");
    let text = format!("{buf:?}");
    assert_eq!(text, "ReadBuf { filled: 1, init: 4, capacity: 6 }");
}
