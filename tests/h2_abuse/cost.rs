//! Work is linear in the number of frames; see [`linear`](crate::support::linear) for how that is measured.

use bytes::{BufMut, Bytes, BytesMut};

use crate::support::linear::{assert_linear, on_paused_clock, Cost};
use crate::support::scripted_h2::{encode, setting, Frame};
use crate::support::tunnels::Role;
use crate::victim::{burst, data, head, head_for, headers, reset, Victim};

/// What it costs to meet so many of them, with a stream open.
fn cost_of(role: Role, frames: impl Fn(usize) -> BytesMut) -> impl Fn(usize) -> Cost {
    move |count| {
        on_paused_clock(async {
            let mut victim = Victim::new(role).await.with_open_stream().await;
            victim.bear(&frames(count)).await
        })
    }
}

fn repeated(frame: Frame) -> impl Fn(usize) -> BytesMut {
    move |count| burst(std::iter::repeat_n(frame.clone(), count))
}

#[test]
fn floods_cost_what_they_are_long() {
    let other = |kind, stream, payload: &'static [u8]| Frame::Other {
        kind,
        flags: 0,
        stream,
        payload: Bytes::from_static(payload),
    };
    let ping = Frame::Ping {
        ack: false,
        payload: [0; 8],
    };
    let settings = Frame::Settings {
        ack: false,
        entries: vec![(setting::INITIAL_WINDOW_SIZE, 65_535)],
    };
    let credit = Frame::WindowUpdate {
        stream: 1,
        increment: 1,
    };
    for role in [Role::Server, Role::Client] {
        for (what, frame, count) in [
            ("PING", ping.clone(), 10_000),
            ("SETTINGS", settings.clone(), 4000),
            ("WINDOW_UPDATE", credit.clone(), 20_000),
            ("PRIORITY", other(2, 1001, b"\0\0\0\0\x10"), 20_000),
            ("unknown frames", other(0xbb, 1, b"unknown"), 20_000),
            ("RST_STREAM", reset(1), 10_000),
        ] {
            assert_linear(what, count, cost_of(role, repeated(frame)));
        }
    }
}

/// Requests, as many at a time as may be open, each with what `unit` makes of it.
fn cost_of_streams(unit: impl Fn(u32) -> Vec<Frame>) -> impl Fn(usize) -> Cost {
    const AT_ONCE: u32 = 20;
    move |count| {
        on_paused_clock(async {
            let mut victim = Victim::new(Role::Server).await;
            let mut sum: Option<Cost> = None;
            for round in 0..count as u32 / AT_ONCE {
                let first = 1 + 2 * AT_ONCE * round;
                let frames = (0..AT_ONCE).flat_map(|n| unit(first + 2 * n));
                let cost = victim.bear(&burst(frames)).await;
                sum = Some(match sum {
                    None => cost,
                    Some(sum) => Cost {
                        allocated: sum.allocated + cost.allocated,
                        polls: sum.polls + cost.polls,
                        time: sum.time + cost.time,
                    },
                });
            }
            sum.expect("a round at least")
        })
    }
}

// What a connection has seen makes no stream on it dearer.
#[test]
fn streams_cost_the_same_however_many_there_were() {
    assert_linear(
        "requests",
        1000,
        cost_of_streams(|stream| vec![headers(stream, &head("GET"), true)]),
    );
    assert_linear(
        "requests that are reset",
        1000,
        cost_of_streams(|stream| {
            vec![
                headers(stream, &head_for("GET", "/held"), true),
                reset(stream),
            ]
        }),
    );
    assert_linear(
        "requests with a body and trailers",
        1000,
        cost_of_streams(|stream| {
            vec![
                headers(stream, &head("POST"), false),
                data(stream, b"body", false),
                headers(stream, &[("x", "y")], true),
            ]
        }),
    );
    assert_linear(
        "requests that are refused",
        200,
        cost_of_streams(|stream| {
            let mut fields = head("GET").to_vec();
            fields.push(("connection", "close"));
            vec![headers(stream, &fields, true)]
        }),
    );
}

/// One head, in a frame or several.
fn cost_of_head(block: impl Fn(usize) -> BytesMut) -> impl Fn(usize) -> Cost {
    move |count| {
        on_paused_clock(async {
            let mut victim = Victim::with(
                Role::Server,
                &crate::support::tunnels::Options::new().tune(
                    |builder| {
                        builder
                            .max_header_list_size(16 << 20)
                            .max_frame_size((1 << 24) - 1);
                    },
                    |_| {},
                ),
            )
            .await;
            let mut whole = BytesMut::from(&encode(&head("GET"))[..]);
            whole.unsplit(block(count));
            let frame = Frame::Headers {
                stream: 1,
                block: whole.freeze(),
                end_stream: true,
                end_headers: true,
            };
            victim.bear(&burst([frame])).await
        })
    }
}

#[test]
fn heads_cost_what_they_are_long() {
    assert_linear(
        "fields",
        4000,
        cost_of_head(|count| BytesMut::from(&encode(&vec![("x", "y"); count])[..])),
    );
    assert_linear(
        "a field",
        1_000_000,
        cost_of_head(|count| BytesMut::from(&encode(&[("x", &"y".repeat(count))])[..])),
    );
    // The newest entry of the dynamic table, again and again (RFC 7541, section 6.1).
    assert_linear(
        "references",
        4000,
        cost_of_head(|count| {
            let mut block = BytesMut::new();
            block.put_slice(b"\x40\x01x\x7f\x81\x06");
            block.put_bytes(b'v', 1024 - 128);
            block.put_bytes(0x80 | 62, count);
            block
        }),
    );
}
