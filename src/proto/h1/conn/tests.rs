use std::collections::VecDeque;
use std::pin::Pin;
use std::task::Waker;

use http::{Response, StatusCode};

use super::*;
use crate::proto::h1::io::read_buf::{ReadSize, MIN_READ};
use crate::rt::ReadBufCursor;

/// A transport that reads what it is told to, one item at a time, and pends in between.
#[derive(Default)]
struct Script {
    reads: VecDeque<io::Result<&'static str>>,
    reads_made: usize,
    written: String,
}

impl Read for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.reads_made += 1;
        match self.reads.pop_front() {
            Some(Ok(text)) => buf.put_slice(text.as_bytes()),
            Some(Err(err)) => return Poll::Ready(Err(err)),
            None => return Poll::Pending,
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Script {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written.push_str(&String::from_utf8_lossy(buf));
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const END: io::Result<&str> = Ok("");
const POST: &str = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n";

fn conn<const N: usize>(reads: [io::Result<&'static str>; N]) -> Conn<Script, Server> {
    let io = Script {
        reads: reads.into(),
        ..Script::default()
    };
    let options = TransportOptions {
        read_size: ReadSize::UpTo(MIN_READ),
        write_strategy: None,
        write_limit: MIN_READ,
    };
    Conn::new(io, Config::default(), &options)
}

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn reset() -> io::Result<&'static str> {
    Err(io::ErrorKind::ConnectionReset.into())
}

/// The name of the next event.
fn event(conn: &mut Conn<Script, Server>) -> &'static str {
    match conn.poll_event(&mut cx()) {
        Poll::Pending => "pending",
        Poll::Ready(Ok(Event::Head(_))) => "head",
        Poll::Ready(Ok(Event::Data(_))) => "data",
        Poll::Ready(Ok(Event::End)) => "end",
        Poll::Ready(Ok(Event::BodyFailed(_))) => "body failed",
        Poll::Ready(Ok(Event::Held)) => "held",
        Poll::Ready(Ok(_)) => "another",
        Poll::Ready(Err(err)) => match err.kind() {
            Kind::Io => "io",
            Kind::IncompleteMessage => "incomplete",
            _ => "another error",
        },
    }
}

#[test]
fn the_transport_is_read_until_there_is_an_event_and_no_further() {
    let mut conn = conn([
        Ok("POST / HTTP/1.1\r\nho"),
        Ok("st: a\r\ncontent-length: 3\r\n\r\na"),
        Ok("bc"),
    ]);
    assert_eq!(event(&mut conn), "head");
    assert_eq!(event(&mut conn), "data");
    assert_eq!(event(&mut conn), "data");
    assert_eq!(event(&mut conn), "end");
    assert_eq!(event(&mut conn), "held");
    let (io, _) = conn.into_parts();
    assert_eq!(io.reads_made, 3);
}

// Contracts 4.2-5 and 4.4-5.
#[test]
fn the_end_of_the_transport_is_what_it_means_where_it_comes() {
    let mut idle = conn([END]);
    assert_eq!(event(&mut idle), "held");
    assert_eq!(idle.receiving(), Receiving::Closed);
    assert_eq!(event(&mut conn([Ok("GET"), END])), "incomplete");
    let mut within = conn([Ok(POST), END]);
    assert_eq!(event(&mut within), "head");
    assert_eq!(event(&mut within), "body failed");
}

// Contracts 2.4-6 and 2.4-9.
#[test]
fn a_transport_that_fails_fails_the_body_or_else_the_connection() {
    assert_eq!(event(&mut conn([Ok("GET"), reset()])), "io");
    let mut within = conn([Ok(POST), reset()]);
    assert_eq!(event(&mut within), "head");
    assert_eq!(event(&mut within), "body failed");
    assert_eq!(
        within.sending(),
        Sending::Head,
        "the answer may still be sent"
    );
    assert_eq!(event(&mut within), "held", "and nothing is read any more");
}

fn served(reads: [io::Result<&'static str>; 2]) -> Conn<Script, Server> {
    let mut conn = conn(reads);
    assert_eq!(event(&mut conn), "head");
    assert_eq!(conn.receiving(), Receiving::Held);
    conn
}

// Contract 4.8-3.
#[test]
fn a_peer_that_goes_while_it_is_served_is_noticed() {
    let mut conn = served([Ok("GET / HTTP/1.1\r\nhost: a\r\n\r\n"), END]);
    match conn.poll_end_of_input(&mut cx()) {
        Poll::Ready(Err(err)) => assert!(err.is_incomplete_message()),
        _ => panic!("the peer is gone"),
    }
}

// Contract 4.8-3.
#[test]
fn no_more_than_one_read_is_made_ahead() {
    let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut conn = served([Ok(get), Ok(get)]);
    for _ in 0..3 {
        assert!(conn.poll_end_of_input(&mut cx()).is_pending());
    }
    assert!(conn.has_unparsed());
    let (head, ()) = Response::new(()).into_parts();
    conn.send_head(head, Content::None).expect("a response");
    assert_eq!(event(&mut conn), "head", "what was read is not lost");
    assert_eq!(conn.into_parts().0.reads_made, 2);
}

#[test]
fn what_is_sent_leaves_in_order() {
    let mut conn = served([Ok("GET / HTTP/1.1\r\nhost: a\r\n\r\n"), END]);
    let (mut head, ()) = Response::new(()).into_parts();
    head.status = StatusCode::CREATED;
    conn.send_head(head, Content::Unknown).expect("a response");
    conn.send_data(&b"hello"[..]);
    conn.send_last_data(&b"!"[..]).expect("a complete body");
    assert!(!conn.is_written());
    assert!(conn.poll_flush(&mut cx()).is_ready());
    assert!(conn.is_written());
    assert_eq!(
        conn.into_parts().0.written,
        "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
    );
}

// Contract 2.4-13.
#[test]
fn a_body_whose_last_piece_leaves_it_too_short_is_an_error() {
    let mut conn = served([Ok("GET / HTTP/1.1\r\nhost: a\r\n\r\n"), END]);
    let (head, ()) = Response::new(()).into_parts();
    conn.send_head(head, Content::Known(7)).expect("a response");
    let err = conn
        .send_last_data(&b"hello"[..])
        .expect_err("two are missing");
    assert!(err.is_body_write_aborted());
    assert_eq!(conn.sending(), Sending::Closed);
}
