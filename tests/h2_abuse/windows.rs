//! Windows that are opened by a byte, or not, or all the time (RFC 9113, sections 5.2, 6.9 and 10.5).

use std::iter::repeat_n;

use h2::Reason;

use crate::support::scripted_h2::{setting, Frame};
use crate::support::tunnels::{Options, Role};
use crate::support::virtual_timer::run_until_idle;
use crate::victim::{burst, data, head_for, headers, Victim};

const STREAMS: u32 = 100;

fn increment(stream: u32, increment: u32) -> Frame {
    Frame::WindowUpdate { stream, increment }
}

fn initial_window(size: u32) -> Frame {
    Frame::Settings {
        ack: false,
        entries: vec![(setting::INITIAL_WINDOW_SIZE, size)],
    }
}

/// Requests for a body of 1 MiB each.
fn large(count: u32) -> impl Iterator<Item = Frame> {
    (0..count).map(|n| headers(1 + 2 * n, &head_for("GET", "/large"), true))
}

/// A response's body that waits for window, in bytes: a frame of it, and the stream itself.
const WAITING: usize = (16 << 10) + (6 << 10);

/// CVE-2019-9511 ("data dribble"), CVE-2016-1546 (slow reading): a peer that asks for much and takes nothing.
#[tokio::test(start_paused = true)]
async fn bodies_without_window_wait_at_a_bounded_price() {
    let mut victim = Victim::with(Role::Server, &Options::new().stream_window(0)).await;
    let toll = victim.meet(&burst(large(STREAMS))).await;
    println!("{} bytes each", toll.peak / STREAMS as usize);
    assert!(toll.peak <= STREAMS as usize * WAITING, "{toll:?}");
    let polls = victim.executor.polls();
    run_until_idle().await;
    assert_eq!(victim.executor.polls(), polls, "asleep");
}

/// CVE-2019-9511: each byte of window moves a byte, and costs its sender as much as it costs hyper.
#[tokio::test(start_paused = true)]
async fn a_window_dripped_to_many_streams_costs_a_poll_or_two_a_byte() {
    const ROUNDS: usize = 100;
    let mut victim = Victim::with(Role::Server, &Options::new().stream_window(0)).await;
    victim.meet(&burst(large(STREAMS))).await;
    victim.peer.settled_frames().await;
    for round in 0..ROUNDS {
        let grants = (0..STREAMS).map(|n| increment(1 + 2 * n, 1));
        let toll = victim.meet(&burst(grants)).await;
        let polls = STREAMS as usize * 2 + 20;
        assert!(toll.polls <= polls, "round {round}: {toll:?}");
        assert!(
            toll.peak <= STREAMS as usize * WAITING,
            "round {round}: {toll:?}"
        );
        let mut bytes = 0;
        for frame in victim.peer.settled_frames().await {
            if let Frame::Data { payload, .. } = frame {
                bytes += payload.len();
            }
        }
        assert_eq!(bytes, STREAMS as usize, "round {round}");
    }
}

/// CVE-2019-9517 ("internal data buffering"): the windows wide open, and the socket not read.
#[tokio::test(start_paused = true)]
async fn bodies_with_window_and_no_socket_wait_at_a_bounded_price() {
    let options = Options::new()
        .stream_window((1 << 31) - 1)
        .connection_window((1 << 31) - 1);
    let mut victim = Victim::with(Role::Server, &options).await;
    victim.to_peer.set_buffer(0);
    let toll = victim.meet(&burst(large(STREAMS))).await;
    println!("{} bytes each", toll.peak / STREAMS as usize);
    // The bodies are one static array: what is held of them is frames, not bytes.
    assert!(toll.peak <= STREAMS as usize * WAITING, "{toll:?}");
    let polls = victim.executor.polls();
    run_until_idle().await;
    assert_eq!(victim.executor.polls(), polls, "asleep");
}

/// RFC 9113, section 6.9.2: a window that swings between nothing and everything moves every stream's, each time.
#[tokio::test(start_paused = true)]
async fn settings_that_swing_the_windows_cost_the_same_each_time() {
    let mut victim = Victim::with(Role::Server, &Options::new().stream_window(0)).await;
    victim.meet(&burst(large(STREAMS))).await;
    victim.peer.settled_frames().await;
    let swing = |count| burst(repeat_n([initial_window(1), initial_window(0)], count).flatten());
    let few = victim.meet(&swing(100)).await;
    victim.peer.settled_frames().await;
    let many = victim.meet(&swing(1000)).await;
    println!("{few:?} {many:?}");
    assert!(many.peak <= 512 << 10, "{many:?}");
    // Each SETTINGS is acknowledged before the next is acted on, and a stream is woken by it once.
    assert!(
        many.polls <= 20 * few.polls.max(STREAMS as usize),
        "{few:?} {many:?}"
    );
    while victim.to_hyper.buffered() > 0 {
        victim.peer.settled_frames().await;
    }
    victim.peer.settled_frames().await;
    victim.assert_usable(1001).await;
}

/// RFC 9113, section 6.9.2: windows below zero, on every stream, and more of them.
#[tokio::test(start_paused = true)]
async fn windows_below_zero_send_nothing() {
    let mut victim = Victim::new(Role::Server).await;
    victim.meet(&burst(large(1))).await;
    let before = victim.peer.settled_frames().await;
    victim.meet(&burst([initial_window(0)])).await;
    assert!(before
        .iter()
        .any(|frame| matches!(frame, Frame::Data { .. })));
    victim.meet(&burst(repeat_n(increment(1, 1), 1000))).await;
    let after = victim.peer.settled_frames().await;
    assert!(
        !after
            .iter()
            .any(|frame| matches!(frame, Frame::Data { .. })),
        "{after:?}"
    );
}

/// RFC 9113, sections 6.9 and 6.9.1: what is wrong about a window ends its stream, or the connection, at once.
#[tokio::test(start_paused = true)]
async fn windows_that_are_wrong_end_what_they_belong_to() {
    for (frames, reason) in [
        (vec![increment(0, 0)], Reason::PROTOCOL_ERROR),
        (vec![increment(0, 0x7fff_ffff)], Reason::FLOW_CONTROL_ERROR),
        (vec![increment(999, 1)], Reason::PROTOCOL_ERROR),
        // RFC 9113, section 6.5.2, has FLOW_CONTROL_ERROR for that; h2 says this.
        (vec![initial_window(1 << 31)], Reason::PROTOCOL_ERROR),
        (
            vec![increment(1, 0x7000_0000), initial_window(0x7fff_ffff)],
            Reason::FLOW_CONTROL_ERROR,
        ),
    ] {
        println!("{frames:?}");
        let mut victim = Victim::new(Role::Server).await.with_open_stream().await;
        victim.meet(&burst(frames)).await;
        victim.assert_given_up(reason).await;
    }
}

/// RFC 9113, section 6.9: hyper's own windows are kept, for the stream and for the connection, in either role.
#[tokio::test(start_paused = true)]
async fn a_peer_that_ignores_the_windows_is_stopped() {
    static FRAME: [u8; 16_384] = [b'x'; 16_384];
    for (role, window) in [(Role::Server, 1 << 20), (Role::Client, 2 << 20)] {
        let mut victim = Victim::new(role).await.with_open_stream().await;
        let frames = repeat_n(data(1, &FRAME, false), 1000);
        let toll = victim.meet(&burst(frames)).await;
        println!("{toll:?}");
        // The stream's window, once as it was read and once as it waits.
        assert!(toll.peak <= 2 * window + (512 << 10), "{toll:?}");
        let said = victim.peer.settled_frames().await;
        let code = said.iter().find_map(|frame| match frame {
            Frame::Reset { code, .. } | Frame::GoAway { code, .. } => Some(*code),
            _ => None,
        });
        assert_eq!(code, Some(Reason::FLOW_CONTROL_ERROR), "{said:?}");
    }
}
