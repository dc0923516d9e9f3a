use std::io::{IoSlice, Result};
use std::mem::MaybeUninit;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::{Read, ReadBuf, ReadBufCursor, Write};

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn parts(buf: &ReadBuf<'_>) -> (usize, usize) {
    (buf.filled, buf.init)
}

#[test]
fn a_new_buffer_is_initialised_and_an_uninit_one_is_not() {
    let mut bytes = [7; 4];
    assert_eq!(
        format!("{:?}", ReadBuf::new(&mut bytes)),
        "ReadBuf { filled: 0, init: 4, capacity: 4 }"
    );
    let mut raw = [MaybeUninit::uninit(); 6];
    assert_eq!(
        format!("{:?}", ReadBuf::uninit(&mut raw)),
        "ReadBuf { filled: 0, init: 0, capacity: 6 }"
    );
}

#[test]
fn put_slice_fills_and_later_cursors_go_on() {
    let mut raw = [MaybeUninit::uninit(); 8];
    let mut buf = ReadBuf::uninit(&mut raw);
    let mut cursor = buf.unfilled();
    assert_eq!(cursor.remaining(), 8);
    cursor.put_slice(b"abc");
    cursor.put_slice(b"");
    cursor.put_slice(b"d");
    assert_eq!(cursor.remaining(), 4);
    assert_eq!(buf.filled(), b"abcd");
    buf.unfilled().put_slice(b"efgh");
    assert_eq!(buf.unfilled().remaining(), 0);
    assert_eq!(buf.filled(), b"abcdefgh");
    assert_eq!(parts(&buf), (8, 8));
}

#[test]
fn what_was_read_is_in_the_memory_lent() {
    let mut bytes = *b"......";
    ReadBuf::new(&mut bytes).unfilled().put_slice(b"ab");
    assert_eq!(&bytes, b"ab....");
}

#[test]
fn put_slice_panics_when_it_does_not_fit_and_changes_nothing() {
    let mut bytes = *b"....";
    let mut buf = ReadBuf::new(&mut bytes);
    buf.unfilled().put_slice(b"ab");
    let too_long = AssertUnwindSafe(|| buf.unfilled().put_slice(b"cde"));
    assert!(catch_unwind(too_long).is_err());
    assert_eq!(buf.filled(), b"ab");
    assert_eq!(&bytes, b"ab..");
}

#[test]
fn as_mut_is_the_unfilled_part_and_advance_declares_it_filled() {
    let mut raw = [MaybeUninit::uninit(); 5];
    let mut buf = ReadBuf::uninit(&mut raw);
    let mut cursor = buf.unfilled();
    cursor.put_slice(b"a");
    // SAFETY: only initialised bytes are put in, and only as many declared filled.
    unsafe {
        let unfilled = cursor.as_mut();
        assert_eq!(unfilled.len(), 4);
        unfilled[0].write(b'b');
        unfilled[1].write(b'c');
        cursor.advance(2);
        assert_eq!(cursor.as_mut().len(), 2);
    }
    assert_eq!(cursor.remaining(), 2);
    assert_eq!(buf.filled(), b"abc");
    assert_eq!(parts(&buf), (3, 3));
}

#[test]
fn advance_does_not_lower_what_is_initialised() {
    let mut bytes = *b"abcd";
    let mut buf = ReadBuf::new(&mut bytes);
    // SAFETY: all four bytes are initialised.
    unsafe { buf.unfilled().advance(1) };
    assert_eq!(parts(&buf), (1, 4));
    assert_eq!(buf.filled(), b"a");
}

#[test]
fn advance_panics_rather_than_overflow() {
    let mut bytes = *b"ab";
    let mut buf = ReadBuf::new(&mut bytes);
    buf.unfilled().put_slice(b"x");
    // SAFETY: the call panics before it declares anything filled.
    let overflow = AssertUnwindSafe(|| unsafe { buf.unfilled().advance(usize::MAX) });
    assert!(catch_unwind(overflow).is_err());
    assert_eq!(buf.filled(), b"x");
}

#[test]
fn a_buffer_over_another_ones_initialised_bytes_can_take_them_over() {
    let mut raw = [MaybeUninit::new(b'z'); 4];
    let mut buf = ReadBuf::uninit(&mut raw);
    // SAFETY: all four bytes are initialised.
    unsafe { buf.unfilled().advance(3) };
    assert_eq!(buf.filled(), b"zzz");
    assert_eq!(buf.unfilled().remaining(), 1);
}

#[test]
fn initialising_zeroes_only_what_was_never_initialised() {
    let mut raw = [MaybeUninit::new(b'z'); 8];
    let mut buf = ReadBuf::uninit(&mut raw);
    buf.unfilled().put_slice(b"a");

    let mut cursor = buf.unfilled();
    let first = cursor.initialize_unfilled_to(3);
    assert_eq!(first, [0, 0, 0]);
    first.copy_from_slice(b"bcd");
    assert_eq!(cursor.initialize_unfilled_to(2), b"bc");
    assert_eq!(cursor.initialize_unfilled_to(5), b"bcd\0\0");
    assert_eq!(cursor.initialize_unfilled(), b"bcd\0\0\0\0");
    assert_eq!(cursor.remaining(), 7);
    assert_eq!(buf.filled(), b"a");
    assert_eq!(parts(&buf), (1, 8));
}

#[test]
fn initialising_keeps_the_bytes_of_an_initialised_buffer() {
    let mut bytes = *b"keep";
    let mut buf = ReadBuf::new(&mut bytes);
    assert_eq!(buf.unfilled().initialize_unfilled(), b"keep");
    assert_eq!(buf.unfilled().initialize_unfilled_to(0), b"");
}

#[test]
fn initialising_more_than_remains_panics() {
    let mut raw = [MaybeUninit::uninit(); 4];
    let mut buf = ReadBuf::uninit(&mut raw);
    buf.unfilled().put_slice(b"ab");
    for n in [3, usize::MAX] {
        let too_much = AssertUnwindSafe(|| {
            buf.unfilled().initialize_unfilled_to(n);
        });
        assert!(catch_unwind(too_much).is_err(), "{n}");
    }
    assert_eq!(parts(&buf), (2, 2));
}

#[test]
fn buffers_can_travel() {
    fn travels<T: Send + Sync + Unpin>() {}
    travels::<ReadBuf<'_>>();
    travels::<ReadBufCursor<'_>>();
}

/// Reads from a script and notes every call.
#[derive(Default)]
struct Scripted {
    source: &'static [u8],
    calls: Vec<String>,
    vectored: bool,
}

impl Read for Scripted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<Result<()>> {
        self.calls.push("read".into());
        let n = self.source.len().min(buf.remaining());
        let (now, later) = self.source.split_at(n);
        buf.put_slice(now);
        self.source = later;
        Poll::Ready(Ok(()))
    }
}

impl Write for Scripted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<Result<usize>> {
        let text = String::from_utf8_lossy(buf).into_owned();
        self.calls.push(format!("write {text}"));
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.calls.push("flush".into());
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.calls.push("shutdown".into());
        Poll::Ready(Ok(()))
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.calls.push(format!("writev {}", bufs.len()));
        Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()))
    }
}

/// Implements what is required of a writer and nothing else.
struct Plain(Vec<u8>);

impl Write for Plain {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<Result<usize>> {
        self.0.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn written(result: Poll<Result<usize>>) -> usize {
    match result {
        Poll::Ready(Ok(n)) => n,
        other => panic!("the write should have succeeded, not {other:?}"),
    }
}

#[test]
fn by_default_a_vectored_write_takes_the_first_slice_that_is_not_empty() {
    let cases: [(&[&[u8]], &[u8]); 4] = [
        (&[b"", b"ab", b"cd"], b"ab"),
        (&[b"x"], b"x"),
        (&[b"", b""], b""),
        (&[], b""),
    ];
    for (slices, expected) in cases {
        let bufs: Vec<_> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
        let mut io = Plain(Vec::new());
        assert!(!io.is_write_vectored());
        let n = written(Pin::new(&mut io).poll_write_vectored(&mut context(), &bufs));
        assert_eq!(n, expected.len());
        assert_eq!(io.0, expected);
    }
}

/// Calls every method through `io`.
fn exercise<T: Read + Write + Unpin>(mut io: T) {
    let cx = &mut context();
    let mut bytes = [0; 2];
    let mut buf = ReadBuf::new(&mut bytes);
    assert!(Pin::new(&mut io).poll_read(cx, buf.unfilled()).is_ready());
    assert_eq!(buf.filled(), b"in");
    assert_eq!(written(Pin::new(&mut io).poll_write(cx, b"out")), 3);
    assert!(io.is_write_vectored());
    let bufs = [IoSlice::new(b"a"), IoSlice::new(b"bc")];
    assert_eq!(written(Pin::new(&mut io).poll_write_vectored(cx, &bufs)), 3);
    assert!(Pin::new(&mut io).poll_flush(cx).is_ready());
    assert!(Pin::new(&mut io).poll_shutdown(cx).is_ready());
}

#[test]
fn pointers_pass_every_call_through() {
    trait Io: Read + Write + Unpin {}
    impl<T: Read + Write + Unpin> Io for T {}

    let through: [fn(&mut Scripted); 6] = [
        |io| exercise(io),
        |io| exercise(Box::new(io)),
        |io| exercise(Pin::new(io)),
        |io| exercise(Box::pin(io)),
        |io| exercise::<&mut dyn Io>(io),
        |io| exercise::<Box<dyn Io + '_>>(Box::new(io)),
    ];
    for call in through {
        let mut io = Scripted {
            source: b"in",
            vectored: true,
            ..Scripted::default()
        };
        call(&mut io);
        let expected = ["read", "write out", "writev 2", "flush", "shutdown"];
        assert_eq!(io.calls, expected);
    }
}
