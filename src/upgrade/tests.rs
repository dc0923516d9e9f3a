use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::held::{Held, Holder};
use super::pending::pending;
use super::rewind::Rewind;
use super::transport::Transport;
use super::tunnel::Tunnel;
use super::{OnUpgrade, Parts, Upgraded};
use crate::rt::{Read, ReadBuf, ReadBufCursor, Write};

/// A transport that reads from a fixed text and notes every other call.
struct Script {
    source: &'static [u8],
    log: Arc<Mutex<Vec<String>>>,
}

impl Script {
    fn new(source: &'static [u8]) -> Script {
        Script {
            source,
            log: Arc::default(),
        }
    }

    fn note(&self, call: impl Into<String>) {
        let mut log = self.log.lock().expect("no test panics with the log locked");
        log.push(call.into());
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.note("dropped");
    }
}

impl Read for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let n = self.source.len().min(buf.remaining());
        let (now, later) = self.source.split_at(n);
        buf.put_slice(now);
        self.source = later;
        Poll::Ready(Ok(()))
    }
}

impl Write for Script {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.note(format!("write {}", buf.len()));
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.note("flush");
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.note("shutdown");
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.note(format!("writev {}", bufs.len()));
        Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()))
    }
}

/// As a tunnel of its own, it stands for one stream of a connection.
impl Tunnel for Script {
    fn claimed(&mut self) {
        self.note("claimed");
    }

    fn abort(&mut self) {
        self.note("aborted");
    }

    fn end_with_error(&mut self) {
        self.note("ended with an error");
    }
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// What one read into `room` bytes yields.
fn read<T: Read + Unpin>(io: &mut T, room: usize) -> Vec<u8> {
    let mut bytes = vec![0; room];
    let mut buf = ReadBuf::new(&mut bytes);
    let result = Pin::new(io).poll_read(&mut context(), buf.unfilled());
    assert!(matches!(result, Poll::Ready(Ok(()))));
    buf.filled().to_vec()
}

fn write_everything<T: Write + Unpin>(io: &mut T) {
    let cx = &mut context();
    let mut io = Pin::new(io);
    assert!(matches!(
        io.as_mut().poll_write(cx, b"abc"),
        Poll::Ready(Ok(3))
    ));
    assert!(io.is_write_vectored());
    let bufs = [IoSlice::new(b"a"), IoSlice::new(b"bc")];
    assert!(matches!(
        io.as_mut().poll_write_vectored(cx, &bufs),
        Poll::Ready(Ok(3))
    ));
    assert!(io.as_mut().poll_flush(cx).is_pending());
    let Poll::Ready(Err(err)) = io.as_mut().poll_shutdown(cx) else {
        panic!("the error of the transport is passed on");
    };
    assert_eq!(err.kind(), io::ErrorKind::BrokenPipe);
}

const EVERYTHING: [&str; 4] = ["write 3", "writev 2", "flush", "shutdown"];

fn log(log: &Arc<Mutex<Vec<String>>>) -> Vec<String> {
    let mut log = log.lock().expect("no test panics with the log locked");
    std::mem::take(&mut log)
}

mod reading {
    use super::*;

    #[test]
    fn the_prefix_is_read_in_parts_and_then_the_transport() {
        let mut io = Rewind::new(Bytes::from_static(b"prefix"), Script::new(b"rest"));
        let reads: Vec<_> = [4, 0, 1, 9, 3, 9, 9]
            .into_iter()
            .map(|room| read(&mut io, room))
            .collect();
        let expected: [&[u8]; 7] = [b"pref", b"", b"i", b"x", b"res", b"t", b""];
        assert_eq!(reads, expected);
    }

    #[test]
    fn an_empty_prefix_is_no_read_of_its_own() {
        let mut io = Rewind::new(Bytes::new(), Script::new(b"rest"));
        assert_eq!(read(&mut io, 9), b"rest");
    }

    #[test]
    fn a_prefix_read_to_its_end_frees_its_memory() {
        let prefix = Bytes::from(vec![b'p'; 64]);
        let mut io = Rewind::new(prefix.clone(), Script::new(b""));
        assert_eq!(read(&mut io, 63).len(), 63);
        assert!(!prefix.is_unique());
        assert_eq!(read(&mut io, 1).len(), 1);
        assert!(prefix.is_unique());
    }

    #[test]
    fn an_upgraded_reads_the_prefix_first() {
        let tunnels = [
            Upgraded::new(Script::new(b"rest"), Bytes::from_static(b"pre")),
            Upgraded::new(
                Transport::new(Script::new(b"rest")),
                Bytes::from_static(b"pre"),
            ),
        ];
        for mut upgraded in tunnels {
            assert_eq!(read(&mut upgraded, 2), b"pr");
            assert_eq!(read(&mut upgraded, 9), b"e");
            assert_eq!(read(&mut upgraded, 9), b"rest");
            assert_eq!(read(&mut upgraded, 9), b"");
        }
    }
}

mod writing {
    use super::*;

    #[test]
    fn a_prefix_does_not_concern_writes() {
        let script = Script::new(b"");
        let calls = script.log.clone();
        let mut io = Rewind::new(Bytes::from_static(b"prefix"), script);
        write_everything(&mut io);
        assert_eq!(log(&calls), EVERYTHING);
        assert_eq!(read(&mut io, 9), b"prefix");
    }

    #[test]
    fn an_upgraded_passes_writes_through() {
        let script = Script::new(b"");
        let calls = script.log.clone();
        write_everything(&mut Upgraded::new(script, Bytes::new()));
        assert_eq!(log(&calls)[..4], EVERYTHING);

        let script = Script::new(b"");
        let calls = script.log.clone();
        write_everything(&mut Upgraded::new(Transport::new(script), Bytes::new()));
        assert_eq!(log(&calls)[..4], EVERYTHING);
    }
}

mod aborting {
    use super::*;

    #[test]
    fn a_transport_is_dropped_without_a_shutdown() {
        let script = Script::new(b"");
        let calls = script.log.clone();
        Upgraded::new(Transport::new(script), Bytes::new()).abort();
        assert_eq!(log(&calls), ["dropped"]);

        let script = Script::new(b"");
        let calls = script.log.clone();
        Upgraded::new(Transport::new(script), Bytes::new()).end_with_error();
        assert_eq!(log(&calls), ["dropped"]);
    }

    #[test]
    fn a_tunnel_is_told_before_it_is_dropped() {
        let script = Script::new(b"");
        let calls = script.log.clone();
        Upgraded::new(script, Bytes::new()).abort();
        assert_eq!(log(&calls), ["aborted", "dropped"]);

        let script = Script::new(b"");
        let calls = script.log.clone();
        Upgraded::new(script, Bytes::new()).end_with_error();
        assert_eq!(log(&calls), ["ended with an error", "dropped"]);
    }
}

mod holding {
    use super::*;

    #[test]
    fn a_transport_holds_nothing() {
        let mut upgraded = Upgraded::new(Transport::new(Script::new(b"")), Bytes::new());
        let held = upgraded.held();
        write_everything(&mut upgraded);
        assert_eq!(held.bytes(), 0);
    }

    struct Two;

    impl Holder for Two {
        fn held(&self) -> usize {
            2
        }
    }

    #[test]
    fn what_is_gone_holds_nothing_and_is_not_kept_alive() {
        let holder = Arc::new(Two);
        let weak: Weak<Two> = Arc::downgrade(&holder);
        let held = Held::by(weak);
        assert_eq!(held.clone().bytes(), 2);
        drop(holder);
        assert_eq!(held.bytes(), 0);
    }
}

mod downcasting {
    use super::*;

    /// Same as a `Script`, but another type.
    type Other = Box<Script>;

    #[test]
    fn a_transport_comes_back_with_what_was_not_read() {
        let mut upgraded = Upgraded::new(
            Transport::new(Script::new(b"rest")),
            Bytes::from_static(b"prefix"),
        );
        assert_eq!(read(&mut upgraded, 3), b"pre");
        let Parts { mut io, read_buf } = upgraded
            .downcast::<Script>()
            .expect("this is the type of the transport");
        assert_eq!(read_buf, "fix");
        assert_eq!(read(&mut io, 9), b"rest");
    }

    #[test]
    fn another_type_gives_the_same_upgraded_back() {
        let upgraded = Upgraded::new(
            Transport::new(Script::new(b"rest")),
            Bytes::from_static(b"prefix"),
        );
        let Err(mut upgraded) = upgraded.downcast::<Other>() else {
            panic!("a box of it is another type");
        };
        assert_eq!(read(&mut upgraded, 9), b"prefix");
        let Ok(parts) = upgraded.downcast::<Script>() else {
            panic!("nothing was changed by the failed attempt");
        };
        assert_eq!(parts.read_buf, "");
        assert_eq!(parts.io.source, b"rest");
    }

    #[test]
    fn a_stream_of_a_connection_is_never_given_out() {
        let upgraded = Upgraded::new(Script::new(b"rest"), Bytes::from_static(b"prefix"));
        let Err(mut upgraded) = upgraded.downcast::<Script>() else {
            panic!("the connection still needs its stream");
        };
        assert_eq!(read(&mut upgraded, 9), b"prefix");
        assert_eq!(read(&mut upgraded, 9), b"rest");
    }
}

mod waiting;

#[test]
fn debug_shows_the_type_names_alone() {
    let (pending, on_upgrade) = pending();
    assert_eq!(format!("{on_upgrade:?}"), "OnUpgrade");
    drop(pending);
    let upgraded = Upgraded::new(Script::new(b""), Bytes::from_static(b"secret"));
    assert_eq!(format!("{upgraded:?}"), "Upgraded");
    let parts = Parts {
        io: 1,
        read_buf: Bytes::from_static(b"ab"),
    };
    assert_eq!(format!("{parts:?}"), r#"Parts { io: 1, read_buf: b"ab" }"#);
}

/// Does not compile for a type that is `Sync`: then there are two candidates for `_`.
trait NotSync<Marker> {
    fn holds() {}
}

impl<T: ?Sized> NotSync<()> for T {}

impl<T: ?Sized + Sync> NotSync<u8> for T {}

#[test]
fn auto_traits_are_as_promised() {
    fn travels<T: Send + Unpin + 'static>() {}
    fn is_shared<T: Sync>() {}
    travels::<OnUpgrade>();
    is_shared::<OnUpgrade>();
    travels::<Upgraded>();
    <Upgraded as NotSync<_>>::holds();
}
