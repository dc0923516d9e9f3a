//! Streams that are opened and reset, by either side, in every way that makes somebody work for nothing.

use std::time::Duration;

use h2::Reason;

use crate::support::scripted_h2::{encode, Frame};
use crate::support::tunnels::{Options, Role, ServerBuilder};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::victim::{burst, data, head, headers, held_head, reset, Victim};

/// Streams a peer may reset before hyper has looked at them (h2's default).
const UNSEEN: usize = 20;
/// Streams hyper resets for the peer's faults before it gives the connection up (hyper's default).
const FAULTS: usize = 1024;
/// Streams that a client may have open (hyper's default).
const OPEN: usize = 200;

/// Most heap while streams come and go, in bytes.
const MOST_HEAP: usize = 512 << 10;
/// Most heap for a connection's worth of open streams whose services wait, in bytes: 200 of some 3 KiB, and tables that grew
/// for them.
const MOST_HEAP_OPEN: usize = 2 << 20;

/// `count` streams from `first` on, each with what `unit` makes of it.
fn streams(first: u32, count: u32, unit: impl Fn(u32) -> Vec<Frame>) -> Vec<Frame> {
    (0..count).flat_map(|n| unit(first + 2 * n)).collect()
}

fn held(stream: u32) -> Frame {
    headers(stream, &held_head("GET"), true)
}

/// CVE-2023-44487 ("rapid reset"; contract 3.3-5): all at once they are too many after twenty, whatever their number.
#[tokio::test(start_paused = true)]
async fn cve_2023_44487_streams_reset_at_once_end_the_connection() {
    for cancel in [Reason::CANCEL, Reason::NO_ERROR, Reason::PROTOCOL_ERROR] {
        let mut victim = Victim::new(Role::Server).await;
        let frames = streams(1, 20_000, |stream| {
            let reset = Frame::Reset {
                stream,
                code: cancel,
            };
            vec![held(stream), reset]
        });
        let toll = victim.meet(&burst(frames)).await;
        println!("{cancel:?}: {toll:?}");
        assert!(toll.peak <= MOST_HEAP, "{toll:?}");
        assert!(victim.calls() <= UNSEEN + 1, "{} calls", victim.calls());
        victim.assert_given_up(Reason::ENHANCE_YOUR_CALM).await;
    }
}

/// CVE-2023-44487: at a pace that hyper keeps up with they are ordinary cancellations. Each costs a call, and leaves nothing.
#[tokio::test(start_paused = true)]
async fn cve_2023_44487_streams_reset_at_a_pace_leave_nothing_behind() {
    const ROUNDS: u32 = 500;
    let mut victim = Victim::new(Role::Server).await;
    let mut held = 0;
    for round in 0..ROUNDS {
        let frames = streams(1 + 40 * round, 20, |stream| {
            vec![headers(stream, &held_head("GET"), true), reset(stream)]
        });
        let toll = victim.meet(&burst(frames)).await;
        assert!(toll.peak <= MOST_HEAP, "round {round}: {toll:?}");
        assert_eq!(victim.executor.live(), 1, "round {round}");
        if round >= ROUNDS / 2 {
            held += toll.held;
        }
    }
    // What the later half left behind, the peer's own buffers included.
    assert!(held <= 64 << 10, "{held} bytes");
    victim.assert_usable(1 + 40 * ROUNDS).await;
}

/// RUSTSEC-2023-0034 (CVE-2023-26964, "resource exhaustion in h2"): streams that are opened and reset while nobody accepts
/// them. Here the connection is not polled at all until everything has come.
#[tokio::test(start_paused = true)]
async fn rustsec_2023_0034_streams_reset_before_they_are_accepted_are_not_kept() {
    for count in [1000, 100_000] {
        let mut victim = Victim::new(Role::Server).await;
        let frames = streams(1, count, |stream| {
            vec![headers(stream, &head("POST"), false), reset(stream)]
        });
        let toll = victim.meet(&burst(frames)).await;
        println!("{count}: {toll:?}");
        assert!(toll.peak <= MOST_HEAP, "{toll:?}");
        // Twenty such pairs are some 1,700 bytes; no more is read than comes in with them.
        assert!(toll.read <= 64 << 10, "{toll:?}");
        victim.assert_given_up(Reason::ENHANCE_YOUR_CALM).await;
    }
}

/// RUSTSEC-2024-0003 ("resource exhaustion in h2"): faults whose answers, RST_STREAM each, the peer does not read.
#[tokio::test(start_paused = true)]
async fn rustsec_2024_0003_resets_that_nobody_reads_are_limited() {
    for count in [2000, 50_000] {
        let mut victim = Victim::new(Role::Server).await;
        victim.to_peer.set_buffer(0);
        let malformed = |stream| {
            let mut fields = head("GET").to_vec();
            fields.push(("connection", "close"));
            vec![headers(stream, &fields, true)]
        };
        let toll = victim.meet(&burst(streams(1, count, malformed))).await;
        println!("{count}: {toll:?}");
        assert!(toll.peak <= MOST_HEAP, "{toll:?}");
        assert_eq!(victim.calls(), 0);
        // Some 30 bytes a head.
        assert!(toll.read <= 128 << 10, "{toll:?}");
        victim.to_peer.set_buffer(1 << 20);
        victim.assert_given_up(Reason::ENHANCE_YOUR_CALM).await;
    }
}

/// A way to have hyper reset a stream whose request is being served, or give up the connection.
struct Provocation {
    name: &'static str,
    /// Whether the request has ended when the fault comes.
    ended: bool,
    fault: fn(u32) -> Frame,
    /// How often that is endured, before the connection is given up with this reason.
    endured: usize,
    reason: Reason,
}

fn priority(stream: u32, payload: Vec<u8>) -> Frame {
    Frame::Other {
        kind: 2,
        flags: 0,
        stream,
        payload: payload.into(),
    }
}

fn increment(stream: u32, increment: u32) -> Frame {
    Frame::WindowUpdate { stream, increment }
}

/// The six ways that were published. Where RFC 9113 has STREAM_CLOSED or FRAME_SIZE_ERROR, h2 gives up the connection with
/// PROTOCOL_ERROR.
const PROVOCATIONS: [Provocation; 6] = [
    Provocation {
        name: "an increment of nothing",
        ended: false,
        fault: |stream| increment(stream, 0),
        endured: 0,
        reason: Reason::PROTOCOL_ERROR,
    },
    Provocation {
        name: "an increment of too much",
        ended: false,
        fault: |stream| increment(stream, 0x7fff_ffff),
        endured: FAULTS,
        reason: Reason::ENHANCE_YOUR_CALM,
    },
    Provocation {
        name: "data after the end",
        ended: true,
        fault: |stream| data(stream, b"x", false),
        endured: 0,
        reason: Reason::PROTOCOL_ERROR,
    },
    Provocation {
        name: "a head after the end",
        ended: true,
        fault: |stream| headers(stream, &[("x", "y")], true),
        endured: 0,
        reason: Reason::PROTOCOL_ERROR,
    },
    Provocation {
        name: "a priority of the wrong length",
        ended: false,
        fault: |stream| priority(stream, vec![0; 4]),
        endured: 0,
        reason: Reason::PROTOCOL_ERROR,
    },
    Provocation {
        name: "a stream that depends on itself",
        ended: false,
        fault: |stream| {
            let weight = 16;
            let payload = stream.to_be_bytes().into_iter().chain([weight]);
            priority(stream, payload.collect())
        },
        endured: FAULTS,
        reason: Reason::ENHANCE_YOUR_CALM,
    },
];

/// CVE-2025-8671 ("MadeYouReset"; contract 3.3-5): a peer that has hyper reset the streams gets no more out of them than one
/// that resets them itself. No more services run than streams may be open, and none goes on for a stream that is gone.
#[tokio::test(start_paused = true)]
async fn cve_2025_8671_streams_hyper_is_made_to_reset_are_limited() {
    for provocation in PROVOCATIONS {
        let name = provocation.name;
        let mut victim = Victim::new(Role::Server).await;
        let mut round = 0;
        while !victim.has_ended() {
            let frames = streams(1 + 100 * round, 50, |stream| {
                let request = headers(stream, &held_head("POST"), provocation.ended);
                vec![request, (provocation.fault)(stream)]
            });
            let toll = victim.meet(&burst(frames)).await;
            assert!(toll.peak <= MOST_HEAP, "{name}: {toll:?}");
            assert!(victim.executor.live() <= 1, "{name}: its service is gone");
            round += 1;
            assert!(round < 100, "{name}: endured for ever");
        }
        let called = victim.calls();
        println!("{name}: {called} calls");
        let due = provocation.endured.saturating_sub(50)..=provocation.endured + 50;
        assert!(due.contains(&called), "{name}: {called} calls");
        victim.assert_given_up(provocation.reason).await;
    }
}

/// Contract 3.3-4, 6.1-1: streams beyond the limit are refused, and h2 0.4.20 counts a refusal as one of the peer's faults.
#[tokio::test(start_paused = true)]
async fn streams_over_the_limit_are_refused_and_a_flood_of_them_ends_the_connection() {
    let mut victim = Victim::new(Role::Server).await;
    let first = victim
        .meet(&burst(streams(1, OPEN as u32, |stream| vec![held(stream)])))
        .await;
    assert!(first.peak <= MOST_HEAP_OPEN, "{first:?}");
    assert_eq!(victim.calls(), OPEN);
    let more = streams(1001, 10, |stream| vec![held(stream)]);
    victim.meet(&burst(more)).await;
    for frame in victim.peer.settled_frames().await {
        let Frame::Reset { code, .. } = frame else {
            panic!("{frame:?}");
        };
        assert_eq!(code, Reason::REFUSED_STREAM);
    }
    assert!(!victim.has_ended());
    let toll = victim
        .meet(&burst(streams(2001, 20_000, |stream| vec![held(stream)])))
        .await;
    println!("{toll:?}");
    assert!(toll.peak <= MOST_HEAP, "{toll:?}");
    assert_eq!(victim.calls(), OPEN);
    victim.assert_given_up(Reason::ENHANCE_YOUR_CALM).await;
}

/// A limit that is switched off is none of h2's any more; what one stream costs still is bounded.
#[tokio::test(start_paused = true)]
async fn without_limits_a_stream_still_costs_a_bounded_amount() {
    fn unlimited(builder: &mut ServerBuilder) {
        builder
            .max_local_error_reset_streams(None)
            .max_concurrent_streams(None);
    }
    const COUNT: u32 = 2000;
    /// In bytes: the request, its service, its task, and h2's own entry.
    const EACH: usize = 6 << 10;
    let options = Options::new().tune(unlimited, |_| {});
    let mut victim = Victim::with(Role::Server, &options).await;
    let toll = victim
        .meet(&burst(streams(1, COUNT, |stream| vec![held(stream)])))
        .await;
    println!("{} bytes each", toll.peak / COUNT as usize);
    assert_eq!(victim.calls(), COUNT as usize);
    assert!(toll.peak <= COUNT as usize * EACH, "{toll:?}");
    let resets = streams(1, COUNT, |stream| vec![reset(stream)]);
    victim.meet(&burst(resets)).await;
    assert_eq!(victim.executor.live(), 1);
}

/// Contract 6.3-9: a server that resets whatever it is asked costs its client the requests, and nothing that adds up.
#[tokio::test(start_paused = true)]
async fn a_server_that_resets_every_request_leaves_nothing_behind() {
    let mut victim = Victim::new(Role::Client).await;
    let mut held = 0;
    for round in 0..200u32 {
        let answers: Vec<_> = (0..20).map(|_| victim.request("/")).collect();
        let mut frames = Vec::new();
        for _ in 0..20 {
            let (stream, _) = victim.peer.expect_request().await;
            // As many as it likes, for one is as good as many.
            frames.extend([reset(stream), reset(stream), reset(stream)]);
        }
        let toll = victim.meet(&burst(frames)).await;
        assert!(toll.peak <= MOST_HEAP, "round {round}: {toll:?}");
        for answer in answers {
            let error = answer.await.expect("no panic").expect_err("reset");
            assert!(!error.is_timeout());
        }
        if round >= 100 {
            held += toll.held;
        }
        assert_eq!(victim.executor.live(), 2, "the connection's two tasks");
    }
    assert!(held <= 64 << 10, "{held} bytes");
    victim.assert_usable(0).await;
}

/// Contract 3.4-3: a client resets streams for its server's faults, too, and gives up on a server that has too many.
#[tokio::test(start_paused = true)]
async fn cve_2025_8671_a_server_that_makes_its_client_reset_is_given_up() {
    type Fault = fn(u32) -> Frame;
    let faults: [(&str, Fault); 2] = [
        ("a head without a status", |stream| {
            headers(stream, &[("x", "y")], false)
        }),
        ("a field of the connection", |stream| {
            headers(
                stream,
                &[(":status", "200"), ("connection", "close")],
                false,
            )
        }),
    ];
    for (name, fault) in faults {
        let mut victim = Victim::new(Role::Client).await;
        let mut asked = 0;
        while !victim.has_ended() && asked <= FAULTS + 100 {
            let answers: Vec<_> = (0..50).map(|_| victim.request("/")).collect();
            let mut frames = Vec::new();
            run_until_idle().await;
            for frame in victim.peer.settled_frames().await {
                if let Frame::Headers { stream, .. } = frame {
                    frames.push(fault(stream));
                }
            }
            let toll = victim.meet(&burst(frames)).await;
            assert!(toll.peak <= MOST_HEAP, "{name}: {toll:?}");
            for answer in answers {
                let answer = expect_soon("the request's failure", answer).await;
                answer.expect("no panic").expect_err("a fault");
            }
            asked += 50;
        }
        println!("{name}: {asked} requests");
        assert!((FAULTS..=FAULTS + 100).contains(&asked), "{name}: {asked}");
        assert_eq!(victim.goodbye().await, Some(Reason::ENHANCE_YOUR_CALM));
    }
}

/// Contract 3.4-3: what comes for streams that the client has reset is passed over, for a second, without a cost that adds up.
#[tokio::test(start_paused = true)]
async fn frames_for_streams_that_were_given_up_cost_nothing() {
    let mut victim = Victim::new(Role::Client).await;
    let answer = victim.request("/");
    let (stream, _) = victim.peer.expect_request().await;
    run_until_idle().await;
    answer.abort();
    run_until_idle().await;
    assert_eq!(victim.peer.expect_reset(stream).await, Reason::CANCEL);
    let mut frames = vec![headers(stream, &[(":status", "200")], false)];
    for _ in 0..50_000 {
        frames.push(increment(stream, 1));
        frames.push(reset(stream));
    }
    let toll = victim.meet(&burst(frames)).await;
    println!("{toll:?}");
    assert!(toll.peak <= MOST_HEAP, "{toll:?}");
    victim.assert_usable(0).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    victim.assert_usable(0).await;
}

/// Contract 6.4: CONNECT is no way around any of it.
#[tokio::test(start_paused = true)]
async fn tunnels_reset_at_once_end_the_connection_too() {
    let mut victim = Victim::new(Role::Server).await;
    let frames = streams(1, 5000, |stream| {
        let block = encode(&[(":method", "CONNECT"), (":authority", "a.example:443")]);
        let connect = Frame::Headers {
            stream,
            block,
            end_stream: false,
            end_headers: true,
        };
        vec![connect, reset(stream)]
    });
    let toll = victim.meet(&burst(frames)).await;
    println!("{toll:?}");
    assert!(toll.peak <= MOST_HEAP, "{toll:?}");
    victim.assert_given_up(Reason::ENHANCE_YOUR_CALM).await;
}
