//! Case 50: arbitrary frames from the peer against a CONNECT tunnel, while its user writes, flushes, reads, shuts down or drops
//! it, in either role.
//!
//! - What leaves is a prefix of what was accepted, and END_STREAM comes behind all of it.
//! - Held bytes (accepted, and not taken by the socket) never exceed `max_send_buf_size`, nor does heap by more than a constant.
//! - No panic, no malformed frame; all tasks are gone with the peer.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::BytesMut;
use hyper::rt::Write;
use hyper::upgrade::Upgraded;

use crate::frames::{encode_frame, Input, Peer, SETTINGS, SETTINGS_ACK};
use crate::server::on_paused_clock;
use crate::support::bodies::{empty_body, TestBody};
use crate::support::gate::wire;
use crate::support::heap::mark;
use crate::support::scripted_h2::{encode, Frame, PREFACE};
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::{connect_request, ClientBuilder, ServerBuilder};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

/// hyper's `max_send_buf_size` here, in bytes.
const LIMIT: usize = 64 << 10;
/// What a tunnel may take up beyond that, in bytes, its connection, its peer and what the peer sent included.
const CONSTANT: usize = 4 << 20;

/// Byte `at` of what is written.
fn pattern(at: usize) -> u8 {
    (at % 251) as u8
}

pub fn run(input: &[u8]) {
    on_paused_clock(async {
        let (as_client, input) = match input.split_first() {
            Some((first, rest)) => (first & 1 != 0, rest),
            None => (false, input),
        };
        let mark = mark();
        match as_client {
            true => with_client(input).await,
            false => with_server(input).await,
        }
        assert!(mark.peak() <= LIMIT + CONSTANT, "{} bytes", mark.peak());
    });
}

async fn with_server(input: &[u8]) {
    let (client, server) = wire();
    let executor = CountingExecutor::new();
    let (found, mut upgrades) = tokio::sync::mpsc::unbounded_channel();
    let service = hyper::service::service_fn(move |mut request: http::Request<_>| {
        // Tunnels after the first are dropped at once.
        let _ = found.send(hyper::upgrade::on(&mut request));
        async { Ok::<_, std::convert::Infallible>(http::Response::<TestBody>::new(empty_body())) }
    });
    let mut builder = ServerBuilder::new(executor.clone());
    builder.timer(TokioTimer).max_send_buf_size(LIMIT);
    let connection = builder.serve_connection(TokioIo::new(server), service);
    let connection = executor.spawn(connection);
    let mut peer = Peer::client(client);
    peer.say(PREFACE);
    peer.say_frame(&SETTINGS);
    peer.say_frame(&SETTINGS_ACK);
    peer.say_frame(&Frame::Headers {
        stream: 1,
        block: encode(&[(":method", "CONNECT"), (":authority", "a:1")]),
        end_stream: false,
        end_headers: true,
    });
    run_until_idle().await;
    let upgrade = upgrades.try_recv().expect("a CONNECT request");
    let upgraded = expect_soon("the tunnel", upgrade).await.expect("a tunnel");
    upgrades.close();
    play(input, peer, upgraded).await;
    end(connection, &executor).await;
}

async fn with_client(input: &[u8]) {
    let (client, server) = wire();
    let executor = CountingExecutor::new();
    let mut builder = ClientBuilder::new(executor.clone());
    builder.timer(TokioTimer).max_send_buf_size(LIMIT);
    let handshake = builder.handshake(TokioIo::new(client)).await;
    let (mut requests, connection) = handshake.expect("the transport works");
    let connection = executor.spawn(connection);
    let mut peer = Peer::server(server);
    peer.say_frame(&SETTINGS);
    peer.say_frame(&SETTINGS_ACK);
    let answer = tokio::spawn(requests.send_request(connect_request()));
    run_until_idle().await;
    peer.say_frame(&Frame::Headers {
        stream: 1,
        block: encode(&[(":status", "200")]),
        end_stream: false,
        end_headers: true,
    });
    let response = expect_soon("the answer", answer).await.expect("no panic");
    let upgrade = hyper::upgrade::on(response.expect("an answer"));
    let upgraded = expect_soon("the tunnel", upgrade).await.expect("a tunnel");
    play(input, peer, upgraded).await;
    drop(requests);
    end(connection, &executor).await;
}

async fn end(connection: tokio::task::JoinHandle<hyper::Result<()>>, executor: &CountingExecutor) {
    let ended = expect_soon("the end of the connection", connection).await;
    let _ = ended.expect("hyper's connection does not panic");
    tokio::time::sleep(Duration::from_secs(60)).await;
    run_until_idle().await;
    assert_eq!(executor.live(), 0, "tasks are left");
}

/// Plays the input on a tunnel, then hangs up.
async fn play(input: &[u8], mut peer: Peer, upgraded: Upgraded) {
    let from_hyper = peer.io.incoming();
    let mut user = User {
        upgraded: Some(upgraded),
        accepted: 0,
        shut_down: false,
    };
    let mut heard = Heard::default();
    let mut input = Input::new(input);
    while let Some(step) = input.byte() {
        match step {
            0xff => run_until_idle().await,
            0xfe => heard.take(peer.hear(), &user),
            0xfd => from_hyper.stop_reading(),
            0xfc => from_hyper.resume(),
            0xfb => tokio::time::sleep(Duration::from_secs(7)).await,
            0xfa => from_hyper.set_buffer(usize::from(input.small()) << 8),
            0xf9 => user.upgraded = None,
            0xf8 => user.shut_down(),
            0xf7 => user.flush(),
            0xf6 => user.read(),
            0xf5 => user.write(1),
            0xf4 => user.write(usize::from(input.small()) << 2),
            0xf3 => user.write(usize::from(input.small()) << 12),
            kind => {
                let mut bytes = BytesMut::new();
                encode_frame(kind, &mut input, &mut bytes);
                peer.say(&bytes);
            }
        }
        // No more is held than the socket has not taken; framing counts for the socket, so this is on the safe side.
        let taken = usize::try_from(from_hyper.taken()).expect("a small number");
        let held = user.accepted.saturating_sub(taken);
        assert!(held <= LIMIT, "{held} bytes held");
    }
    from_hyper.resume();
    from_hyper.set_buffer(1 << 20);
    user.upgraded = None;
    run_until_idle().await;
    heard.take(peer.hear(), &user);
    run_until_idle().await;
    heard.take(peer.hear(), &user);
    peer.hang_up();
}

struct User {
    upgraded: Option<Upgraded>,
    accepted: usize,
    shut_down: bool,
}

impl User {
    fn poll<T>(
        &mut self,
        poll: impl FnOnce(Pin<&mut Upgraded>, &mut Context<'_>) -> Poll<T>,
    ) -> Option<T> {
        let upgraded = self.upgraded.as_mut()?;
        match poll(Pin::new(upgraded), &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    fn write(&mut self, len: usize) {
        let data: Vec<u8> = (self.accepted..self.accepted + len).map(pattern).collect();
        let written = self.poll(|upgraded, cx| upgraded.poll_write(cx, &data));
        if let Some(Ok(count)) = written {
            assert!(count <= len && (count > 0 || len == 0));
            assert!(!self.shut_down || len == 0, "a write after the end");
            self.accepted += count;
        }
    }

    fn flush(&mut self) {
        let _ = self.poll(|upgraded, cx| upgraded.poll_flush(cx));
    }

    fn shut_down(&mut self) {
        self.shut_down |= self.upgraded.is_some();
        let _ = self.poll(|upgraded, cx| upgraded.poll_shutdown(cx));
    }

    fn read(&mut self) {
        let mut room = [0; 1000];
        let mut buf = hyper::rt::ReadBuf::new(&mut room);
        let cursor = buf.unfilled();
        let _ = self.poll(|upgraded, cx| hyper::rt::Read::poll_read(upgraded, cx, cursor));
    }
}

/// What came on the tunnel's stream.
#[derive(Default)]
struct Heard {
    bytes: usize,
    has_ended: bool,
}

impl Heard {
    fn take(&mut self, frames: Vec<Frame>, user: &User) {
        for frame in frames {
            let Frame::Data {
                stream: 1,
                payload,
                end_stream,
                ..
            } = frame
            else {
                continue;
            };
            assert!(!self.has_ended, "DATA behind the end");
            for byte in payload {
                assert_eq!(byte, pattern(self.bytes), "byte {}", self.bytes);
                self.bytes += 1;
            }
            assert!(self.bytes <= user.accepted, "more than was accepted");
            if end_stream {
                assert_eq!(self.bytes, user.accepted, "an end before the end");
                self.has_ended = true;
            }
        }
    }
}
