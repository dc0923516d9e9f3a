//! What may happen, and how often.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::tunnels::Timer;

/// How a connection is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// hyper's `max_send_buf_size`.
    pub limit: usize,
    /// Window of a new stream.
    pub stream_window: u32,
    pub connection_window: u32,
    /// Bytes the socket takes while nobody reads it.
    pub socket_buffer: usize,
    pub timer: Timer,
    pub tunnels: usize,
}

/// One thing that happens. `t` picks a tunnel, whatever their number.
#[derive(Clone, Debug)]
pub enum Op {
    /// One poll of a write; where it pends, nobody need come back for it.
    Write {
        t: usize,
        n: usize,
    },
    /// Writes of `n` bytes until one pends, `times` at most.
    Fill {
        t: usize,
        n: usize,
        times: usize,
    },
    Flush {
        t: usize,
    },
    Shutdown {
        t: usize,
    },
    Drop {
        t: usize,
    },
    Read {
        t: usize,
        n: usize,
    },
    /// The peer opens the stream's window.
    Grant {
        t: usize,
        n: u32,
    },
    /// The peer opens the connection's window.
    GrantConnection {
        n: u32,
    },
    /// The peer sends DATA, as much of it as hyper's windows allow.
    Send {
        t: usize,
        n: usize,
    },
    /// The peer ends its side.
    HalfClose {
        t: usize,
    },
    /// The peer resets the stream.
    Reset {
        t: usize,
        code: u32,
    },
    /// The peer sends SETTINGS_INITIAL_WINDOW_SIZE.
    InitialWindow {
        n: u32,
    },
    /// The peer stops reading its socket, which takes `buffer` bytes more.
    StopReading {
        buffer: usize,
    },
    /// The peer reads `n` bytes from its socket and stops again.
    Trickle {
        n: usize,
    },
    /// The peer reads its socket, always.
    KeepReading,
    /// Time passes.
    Pass {
        seconds: u64,
    },
    /// Polls again what pends and was not woken: with everything at rest it must still pend.
    Probe,
}

/// What runs after an [`Op`].
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// So many polls of hyper's tasks, or fewer where no more are due.
    Tasks(usize),
    UntilIdle,
}

/// How a case comes to its end.
#[derive(Clone, Copy, Debug)]
pub enum Ending {
    /// Every window is opened, the socket is read, all is delivered, and the peer ends its side.
    Delivered,
    /// As `Delivered`, but nobody shuts down: the handles are dropped, bytes or no bytes.
    Dropped,
    /// The handles are dropped and nothing else happens. Without a timer like `Dropped`.
    Lingered,
}

#[derive(Clone)]
pub struct Script {
    pub setup: Setup,
    pub steps: Vec<(Op, Run)>,
    pub ending: Ending,
}

/// A line for each step, as code.
impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.setup)?;
        for (op, run) in &self.steps {
            writeln!(f, "(Op::{op:?}, Run::{run:?}),")?;
        }
        write!(f, "Ending::{:?}", self.ending)
    }
}

pub fn script() -> impl Strategy<Value = Script> {
    (setup(), vec((op(), run()), 1..70), ending()).prop_map(|(setup, steps, ending)| Script {
        setup,
        steps,
        ending,
    })
}

fn setup() -> impl Strategy<Value = Setup> {
    let limit = prop_oneof![
        2 => 2usize..=40,
        2 => 41usize..=40_000,
        1 => Just(16 << 10),
        1 => Just(32 << 10),
        2 => 40_001usize..=200_000,
        1 => Just(1 << 20),
    ];
    let stream_window = prop_oneof![
        3 => Just(0u32),
        1 => 1u32..=100,
        2 => 100u32..=70_000,
        2 => Just(1 << 20),
    ];
    let connection_window = prop_oneof![3 => Just(65_535u32), 2 => Just(1 << 24)];
    let socket_buffer = prop_oneof![1 => 0usize..=20, 1 => 21usize..=20_000, 3 => Just(64 << 10)];
    let timer = prop_oneof![3 => Just(Timer::Tokio), 1 => Just(Timer::Absent)];
    let tunnels = prop_oneof![4 => Just(1usize), 3 => Just(2), 1 => Just(3), 1 => Just(4)];
    (
        limit,
        stream_window,
        connection_window,
        socket_buffer,
        timer,
        tunnels,
    )
        .prop_map(
            |(limit, stream_window, connection_window, socket_buffer, timer, tunnels)| Setup {
                limit,
                stream_window,
                connection_window,
                socket_buffer,
                timer,
                tunnels,
            },
        )
}

/// Around what matters: nothing, a byte, a frame, the pieces that go into h2, more than any limit.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        3 => Just(1usize),
        3 => 2usize..=200,
        2 => 200usize..=9_000,
        2 => (16usize << 10) - 2..=(16 << 10) + 2,
        2 => 17_000usize..=64 << 10,
        1 => (64usize << 10) - 1..=(64 << 10) + 1,
        1 => Just(1usize << 20),
    ]
}

fn window() -> impl Strategy<Value = u32> {
    size().prop_map(|size| size as u32)
}

fn op() -> impl Strategy<Value = Op> {
    let t = || 0usize..4;
    prop_oneof![
        14 => (t(), size()).prop_map(|(t, n)| Op::Write { t, n }),
        5 => (t(), size(), 1usize..=60).prop_map(|(t, n, times)| Op::Fill { t, n, times }),
        1 => (t(), 1usize..=8, 1_000usize..=3_000).prop_map(|(t, n, times)| Op::Fill { t, n, times }),
        1 => (t(), 0usize..=1).prop_map(|(t, n)| Op::Write { t, n }),
        5 => t().prop_map(|t| Op::Flush { t }),
        2 => t().prop_map(|t| Op::Shutdown { t }),
        1 => t().prop_map(|t| Op::Drop { t }),
        5 => (t(), size()).prop_map(|(t, n)| Op::Read { t, n }),
        10 => (t(), window()).prop_map(|(t, n)| Op::Grant { t, n }),
        5 => window().prop_map(|n| Op::GrantConnection { n }),
        4 => (t(), size()).prop_map(|(t, n)| Op::Send { t, n }),
        1 => t().prop_map(|t| Op::HalfClose { t }),
        1 => (t(), 0u32..=14).prop_map(|(t, code)| Op::Reset { t, code }),
        3 => prop_oneof![Just(0), window()].prop_map(|n| Op::InitialWindow { n }),
        4 => (0usize..=40_000).prop_map(|buffer| Op::StopReading { buffer }),
        2 => (0usize..=20).prop_map(|buffer| Op::StopReading { buffer }),
        4 => size().prop_map(|n| Op::Trickle { n }),
        5 => Just(Op::KeepReading),
        2 => (1u64..=40).prop_map(|seconds| Op::Pass { seconds }),
        5 => Just(Op::Probe),
    ]
}

fn run() -> impl Strategy<Value = Run> {
    prop_oneof![
        4 => Just(Run::Tasks(0)),
        4 => (1usize..=5).prop_map(Run::Tasks),
        4 => Just(Run::UntilIdle),
    ]
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        Just(Ending::Delivered),
        Just(Ending::Dropped),
        Just(Ending::Lingered),
    ]
}
