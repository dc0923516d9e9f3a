use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::{Fill, Inbound, LEAST, MOST};
use crate::rt::{Read, ReadBufCursor};

/// A transport that reads, in turn, what is listed, and pends after that.
#[derive(Default)]
struct Script {
    steps: VecDeque<Step>,
    reads: usize,
}

enum Step {
    Bytes(Vec<u8>),
    Pending,
    End,
    Fail,
}

impl Read for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.reads += 1;
        match self.steps.pop_front() {
            None | Some(Step::Pending) => Poll::Pending,
            Some(Step::End) => Poll::Ready(Ok(())),
            Some(Step::Fail) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Some(Step::Bytes(mut bytes)) => {
                let rest = bytes.split_off(bytes.len().min(buf.remaining()));
                buf.put_slice(&bytes);
                if !rest.is_empty() {
                    self.steps.push_front(Step::Bytes(rest));
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

fn script(steps: impl IntoIterator<Item = Step>) -> Script {
    Script {
        steps: steps.into_iter().collect(),
        reads: 0,
    }
}

fn fill(inbound: &mut Inbound, io: &mut Script) -> Fill {
    inbound.fill(&mut Context::from_waker(Waker::noop()), io)
}

fn take_all(inbound: &mut Inbound) -> Vec<u8> {
    let mut all = Vec::new();
    while !inbound.is_empty() {
        match inbound.poll_take(7) {
            Poll::Ready(Ok(bytes)) => all.extend_from_slice(bytes),
            other => panic!("bytes wait, and still {other:?}"),
        }
    }
    all
}

#[test]
fn bytes_come_out_in_order_and_then_nothing_does() {
    let mut inbound = Inbound::new(MOST);
    let mut io = script([
        Step::Bytes(b"hello ".to_vec()),
        Step::Bytes(b"world".to_vec()),
    ]);
    assert!(matches!(
        fill(&mut inbound, &mut io),
        Fill::New {
            is_awaited: true,
            ..
        }
    ));
    assert_eq!(take_all(&mut inbound), b"hello world");
    assert!(inbound.poll_take(7).is_pending());
}

#[test]
fn an_end_is_seen_together_with_the_last_bytes_and_told_behind_them() {
    let mut inbound = Inbound::new(MOST);
    let mut io = script([Step::Bytes(b"bye".to_vec()), Step::End]);
    assert!(matches!(
        fill(&mut inbound, &mut io),
        Fill::New {
            is_awaited: false,
            ..
        }
    ));
    assert_eq!(take_all(&mut inbound), b"bye");
    for _ in 0..2 {
        assert!(matches!(inbound.poll_take(7), Poll::Ready(Ok(&[]))));
        assert!(matches!(fill(&mut inbound, &mut io), Fill::NotYet));
    }
    assert_eq!(io.reads, 2, "a transport that has ended is not read again");
}

#[test]
fn a_failure_is_told_once_behind_the_bytes_and_is_the_end_after_that() {
    let mut inbound = Inbound::new(MOST);
    let mut io = script([Step::Bytes(b"bye".to_vec()), Step::Fail]);
    fill(&mut inbound, &mut io);
    assert_eq!(take_all(&mut inbound), b"bye");
    match inbound.poll_take(7) {
        Poll::Ready(Err(err)) => assert_eq!(err.kind(), io::ErrorKind::ConnectionReset),
        other => panic!("{other:?}"),
    }
    assert!(matches!(inbound.poll_take(7), Poll::Ready(Ok(&[]))));
}

#[test]
fn nothing_is_read_while_bytes_wait() {
    let mut inbound = Inbound::new(MOST);
    let mut io = script([Step::Bytes(b"first".to_vec()), Step::Pending]);
    fill(&mut inbound, &mut io);
    io.steps.push_back(Step::Bytes(b"second".to_vec()));
    assert!(matches!(fill(&mut inbound, &mut io), Fill::NotYet));
    assert_eq!(take_all(&mut inbound), b"first");
    assert!(matches!(fill(&mut inbound, &mut io), Fill::New { .. }));
    assert_eq!(take_all(&mut inbound), b"second");
    assert!(matches!(fill(&mut inbound, &mut io), Fill::Awaited));
}

#[test]
fn full_reads_make_the_buffer_grow_up_to_its_limit() {
    for most in [LEAST, FRAME, MOST] {
        let mut inbound = Inbound::new(most);
        let mut io = script([Step::Bytes(vec![7; 4 * MOST])]);
        let mut sizes = Vec::new();
        while matches!(fill(&mut inbound, &mut io), Fill::New { .. }) {
            sizes.push(take_all(&mut inbound).len());
        }
        assert!(sizes.iter().all(|size| *size <= most));
        assert!(sizes.windows(2).all(|pair| pair[1] <= pair[0] * 2));
        assert_eq!(sizes.iter().max(), Some(&most));
        assert_eq!(sizes.iter().sum::<usize>(), 4 * MOST);
    }
}

/// As on a connection without a timer.
const FRAME: usize = crate::proto::h2::window::FRAME_SIZE;

#[test]
fn a_buffer_shrinks_by_a_sweep_in_a_quiet_time_and_only_then() {
    let mut inbound = Inbound::new(MOST);
    let mut io = script([Step::Bytes(vec![7; 4 * MOST])]);
    while matches!(fill(&mut inbound, &mut io), Fill::New { .. }) {
        take_all(&mut inbound);
    }
    assert!(inbound.is_large());
    inbound.sweep();
    assert!(inbound.is_large(), "it was needed since the last sweep");
    io.steps.push_back(Step::Bytes(vec![7; LEAST]));
    fill(&mut inbound, &mut io);
    inbound.sweep();
    assert!(inbound.is_large(), "bytes wait in it");
    take_all(&mut inbound);
    inbound.sweep();
    assert!(!inbound.is_large());
    io.steps.push_back(Step::Bytes(b"next".to_vec()));
    fill(&mut inbound, &mut io);
    assert_eq!(take_all(&mut inbound), b"next");
}
