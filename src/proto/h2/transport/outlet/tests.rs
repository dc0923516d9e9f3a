use std::io;
use std::sync::Arc;
use std::task::Poll;

use bytes::{Buf, Bytes};

use super::{Next, Outlet, LEAST_ENOUGH, MOST_ENOUGH};
use crate::proto::h2::ledger::Ledger;
use crate::proto::h2::piece::{Piece, Pool};
use crate::proto::h2::send_buf::SendBuf;

struct Fixture {
    outlet: Arc<Outlet>,
    ledger: Arc<Ledger>,
}

impl Fixture {
    fn new() -> Fixture {
        Fixture {
            outlet: Arc::new(Outlet::new(Pool::default())),
            ledger: Arc::default(),
        }
    }

    fn buffer(&self, bytes: &[u8]) -> SendBuf {
        let piece = Piece::from(Bytes::copy_from_slice(bytes));
        let receipt = self.ledger.charge(bytes.len());
        SendBuf::new(piece, Some(receipt), self.outlet.clone())
    }

    /// Does what h2 does for a DATA frame: writes, and advances by what was written.
    fn write(&self, head: &[u8], payload: &mut SendBuf) {
        let written = self.outlet.poll_accept(head, payload.chunk());
        assert!(matches!(written, Poll::Ready(Ok(_))), "{written:?}");
        payload.advance(payload.remaining());
    }

    /// Lets the transport take `count` bytes, and returns how many are left.
    fn send(&self, count: usize) -> usize {
        let Some(mut queue) = self.outlet.take_queue(false) else {
            return 0;
        };
        queue.advance(count, drop);
        while let Some(receipt) = queue.pass_mark() {
            drop(receipt);
        }
        let left = queue.len();
        self.outlet.give_back(queue);
        left
    }
}

#[test]
fn a_payload_is_moved_and_held_until_the_transport_has_it() {
    let it = Fixture::new();
    let mut payload = it.buffer(b"payload");
    it.write(b"head", &mut payload);
    drop(payload);
    assert_eq!(it.ledger.held(), 7);
    assert_eq!(it.send(10), 1);
    assert_eq!(it.ledger.held(), 7);
    assert_eq!(it.send(1), 0);
    assert_eq!(it.ledger.held(), 0);
    assert!(!it.ledger.has_lost());
}

#[test]
fn what_h2_copied_is_held_until_the_write_that_brings_the_copy_is_out() {
    let it = Fixture::new();
    let mut small = it.buffer(b"small");
    small.advance(5);
    drop(small);
    assert_eq!(it.send(0), 0);
    assert_eq!(it.ledger.held(), 5, "it is in h2's buffer");
    assert!(it.outlet.poll_accept(b"head+small", b"").is_ready());
    assert_eq!(it.ledger.held(), 5);
    assert_eq!(it.send(9), 1);
    assert_eq!(it.ledger.held(), 5);
    it.send(1);
    assert_eq!(it.ledger.held(), 0);
}

#[test]
fn an_empty_frame_is_out_with_its_head_also_where_h2_drops_it_late() {
    let it = Fixture::new();
    let end = it.buffer(b"");
    assert!(it.outlet.poll_accept(b"head", b"").is_ready());
    it.send(4);
    drop(end);
    assert_eq!(it.ledger.held(), 1);
    it.outlet.accept_flush().expect("nothing is wrong");
    it.send(0);
    assert_eq!(it.ledger.held(), 0);
    assert!(!it.ledger.has_lost());
}

#[test]
fn a_frame_that_is_cut_is_held_in_parts() {
    let it = Fixture::new();
    let mut payload = it.buffer(b"0123456789");
    // h2 fills its own buffer up with the first bytes, and has the rest written from the payload.
    payload.advance(4);
    let written = it.outlet.poll_accept(b"head0123", payload.chunk());
    assert!(matches!(written, Poll::Ready(Ok(14))));
    payload.advance(6);
    assert_eq!(it.ledger.held(), 10);
    assert_eq!(it.send(8), 6);
    assert_eq!(it.ledger.held(), 6);
    it.send(6);
    assert_eq!(it.ledger.held(), 0);
}

#[test]
fn a_payload_that_never_comes_is_an_error_and_not_a_gap() {
    for next in 0..2 {
        let it = Fixture::new();
        let payload = it.buffer(b"payload");
        assert!(it.outlet.poll_accept(b"head", payload.chunk()).is_ready());
        let err = match next {
            0 => it
                .outlet
                .accept_flush()
                .expect_err("the payload is missing"),
            _ => match it.outlet.poll_accept(b"next", b"") {
                Poll::Ready(Err(err)) => err,
                other => panic!("{other:?}"),
            },
        };
        assert_eq!(err.to_string(), "a payload is missing from the connection");
    }
}

#[test]
fn another_buffer_is_not_taken_for_the_payload() {
    let it = Fixture::new();
    let payload = it.buffer(b"payload");
    let mut other = it.buffer(b"payload");
    assert!(it.outlet.poll_accept(b"head", payload.chunk()).is_ready());
    other.advance(7);
    assert!(it.outlet.accept_flush().is_err());
}

#[test]
fn h2_is_refused_when_there_is_enough_and_goes_on_when_all_is_written() {
    let it = Fixture::new();
    let piece = vec![7; LEAST_ENOUGH / 2];
    assert!(it.outlet.poll_accept(&piece, b"").is_ready());
    assert!(it.outlet.poll_accept(&piece, b"").is_ready());
    assert!(it.outlet.poll_accept(&piece, b"").is_pending());

    let mut queue = it.outlet.take_queue(false).expect("there is something");
    queue.advance(1, drop);
    assert!(it.outlet.give_back(queue) == Next::Wait);
    let mut queue = it.outlet.take_queue(false).expect("there is something");
    queue.advance(queue.len(), drop);
    assert!(it.outlet.give_back(queue) == Next::PollH2);
    assert!(it.outlet.poll_accept(&piece, b"").is_ready());
}

/// How much is taken before h2 is refused.
fn taken_at_a_time(outlet: &Outlet) -> usize {
    let piece = vec![7; LEAST_ENOUGH];
    let mut taken = 0;
    while outlet.poll_accept(&piece, b"").is_ready() {
        taken += piece.len();
    }
    taken
}

#[test]
fn there_may_be_more_where_the_transport_keeps_up_and_less_where_it_does_not() {
    let it = Fixture::new();
    let mut expected = LEAST_ENOUGH;
    for _ in 0..8 {
        assert_eq!(taken_at_a_time(&it.outlet), expected);
        assert_eq!(it.send(expected), 0);
        expected = MOST_ENOUGH.min(expected * 2);
    }
    assert_eq!(expected, MOST_ENOUGH);
    taken_at_a_time(&it.outlet);
    it.send(MOST_ENOUGH - 1);
    it.send(1);
    assert!(taken_at_a_time(&it.outlet) <= LEAST_ENOUGH * 2);
}

#[test]
fn the_transport_is_shut_down_after_everything_is_written() {
    let it = Fixture::new();
    assert!(it.outlet.take_queue(false).is_none(), "nothing to do");
    assert!(it.outlet.poll_accept(b"last", b"").is_ready());
    assert!(it.outlet.poll_shut_down().is_pending());
    let mut queue = it.outlet.take_queue(false).expect("there is something");
    queue.advance(3, drop);
    assert!(it.outlet.give_back(queue) == Next::Wait);
    let mut queue = it.outlet.take_queue(false).expect("there is something");
    queue.advance(1, drop);
    assert!(it.outlet.give_back(queue) == Next::ShutDown);
    assert!(it.outlet.poll_shut_down().is_pending());
    it.outlet.shut_down();
    assert!(matches!(it.outlet.poll_shut_down(), Poll::Ready(Ok(()))));
    assert!(
        it.outlet
            .poll_accept(b"more", b"")
            .map(|said| said.is_err())
            == Poll::Ready(true)
    );
}

#[test]
fn a_failure_is_told_with_its_kind_and_nothing_is_written_after_it() {
    let it = Fixture::new();
    assert!(it.outlet.poll_accept(b"bytes", b"").is_ready());
    it.outlet.fail(&io::ErrorKind::ConnectionReset.into());
    it.outlet.fail(&io::ErrorKind::NotConnected.into());
    assert!(it.outlet.take_queue(true).is_none());
    let errors = [
        it.outlet.accept_flush(),
        match it.outlet.poll_shut_down() {
            Poll::Ready(said) => said,
            Poll::Pending => panic!("nobody will shut it down"),
        },
    ];
    for err in errors {
        let err = err.expect_err("it has failed");
        assert_eq!(err.kind(), io::ErrorKind::ConnectionReset);
    }
}

#[test]
fn what_is_unwritten_when_the_port_goes_is_lost() {
    for how in ["staged", "copied", "copied after"] {
        let it = Fixture::new();
        let mut buffer = it.buffer(b"bytes");
        match how {
            "staged" => {
                it.write(b"head", &mut buffer);
                it.outlet.close();
            }
            "copied" => {
                buffer.advance(5);
                it.outlet.close();
            }
            _ => {
                it.outlet.close();
                buffer.advance(5);
            }
        }
        drop(buffer);
        assert_eq!(it.ledger.held(), 0, "{how}");
        assert!(it.ledger.has_lost(), "{how}");
        assert_eq!(Arc::strong_count(&it.ledger), 1, "{how}");
        assert_eq!(Arc::strong_count(&it.outlet), 1, "{how}");
    }
}
