//! Any frame, twenty thousand times, on a connection with an open stream whose peer reads nothing of what hyper says.
//!
//! Whatever is not an error is endured, at a price that does not grow with the number, and read no further than the answers
//! leave: CVE-2019-9512 (PING), CVE-2019-9515 (SETTINGS), CVE-2019-9513 (PRIORITY), CVE-2019-9518 (empty frames).

use bytes::{BufMut, Bytes, BytesMut};
use h2::Reason;

use crate::support::scripted_h2::{encode, setting, Frame};
use crate::support::tunnels::{both_roles, Role};
use crate::victim::{burst, data, headers, reset, Victim};

const COUNT: usize = 20_000;

/// Most heap while a flood lasts, in bytes: reads of 8 KiB to 64 KiB, answers that fill the socket and the buffers before it.
const MOST_HEAP: usize = 300 << 10;

/// Most heap for frames of a byte that wait to be read, in bytes. h2 takes some 500 for each and is told to give up after
/// some sixteen thousand of them.
const MOST_HEAP_OF_DATA: usize = 9 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Endured,
    GivenUp(Reason),
}
use Ending::{Endured, GivenUp};

fn other(kind: u8, stream: u32, payload: impl Into<Bytes>) -> Frame {
    Frame::Other {
        kind,
        flags: 0,
        stream,
        payload: payload.into(),
    }
}

fn padded(padding: u8) -> Frame {
    Frame::Data {
        stream: 1,
        payload: Bytes::new(),
        padding: Some(padding),
        end_stream: false,
    }
}

fn push_promise() -> Frame {
    let mut payload = BytesMut::new();
    payload.put_u32(2);
    payload.put(encode(&[
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", "a.example"),
        (":path", "/"),
    ]));
    Frame::Other {
        kind: 5,
        flags: 4,
        stream: 1,
        payload: payload.freeze(),
    }
}

fn settings(ack: bool, entries: &[(u16, u32)]) -> Frame {
    Frame::Settings {
        ack,
        entries: entries.to_vec(),
    }
}

fn ping(ack: bool) -> Frame {
    Frame::Ping {
        ack,
        payload: *b"a flood!",
    }
}

fn window_update(stream: u32) -> Frame {
    Frame::WindowUpdate {
        stream,
        increment: 1,
    }
}

/// Frames, and how they end for a server and for a client.
fn rows() -> Vec<(&'static str, Frame, [Ending; 2])> {
    let endured = [Endured; 2];
    let violation = [GivenUp(Reason::PROTOCOL_ERROR); 2];
    let calm = [GivenUp(Reason::ENHANCE_YOUR_CALM); 2];
    let goaway = Frame::GoAway {
        last: 0x7fff_ffff,
        code: Reason::NO_ERROR,
        debug: Bytes::new(),
    };
    let table_sizes = [
        (setting::HEADER_TABLE_SIZE, 0),
        (setting::HEADER_TABLE_SIZE, 65_536),
    ];
    let continuation = Frame::Continuation {
        stream: 1,
        block: Bytes::new(),
        end_headers: false,
    };
    vec![
        ("PING", ping(false), endured),
        ("answers to no PING", ping(true), endured),
        ("SETTINGS", settings(false, &[]), endured),
        (
            "SETTINGS of the header table",
            settings(false, &table_sizes),
            endured,
        ),
        ("answers to no SETTINGS", settings(true, &[]), violation),
        ("PRIORITY", other(2, 1, &b"\0\0\0\0\x10"[..]), endured),
        (
            "PRIORITY of streams to come",
            other(2, 1001, &b"\0\0\0\0\x10"[..]),
            endured,
        ),
        (
            "PRIORITY_UPDATE",
            other(16, 0, &b"\0\0\0\x01u=1"[..]),
            endured,
        ),
        ("ALTSVC", other(10, 0, &b"\0\0"[..]), endured),
        ("ORIGIN", other(12, 0, &b""[..]), endured),
        ("unknown frames", other(0xbb, 0, &b""[..]), endured),
        (
            "unknown frames on a stream",
            other(0xbb, 1, &b"unknown"[..]),
            endured,
        ),
        ("credit for the connection", window_update(0), endured),
        ("credit for a stream", window_update(1), endured),
        ("RST_STREAM", reset(1), endured),
        ("RST_STREAM of streams to come", reset(1001), violation),
        ("GOAWAY", goaway, endured),
        (
            "second heads",
            headers(1, &[(":status", "200")], false),
            endured,
        ),
        (
            "late informational heads",
            headers(1, &[(":status", "103")], false),
            endured,
        ),
        ("PUSH_PROMISE", push_promise(), violation),
        ("CONTINUATION of nothing", continuation, violation),
        ("empty DATA", data(1, b"", false), calm),
        ("DATA of padding", padded(0), calm),
        ("DATA of much padding", padded(255), calm),
        ("DATA of a byte", data(1, b"x", false), calm),
    ]
}

both_roles!(any_frame_may_come_any_number_of_times);

async fn any_frame_may_come_any_number_of_times(role: Role) {
    for (name, frame, endings) in rows() {
        let mut victim = Victim::new(role).await.with_open_stream().await;
        // On a stream that hyper has reset they are errors once h2 has forgotten that, a second later by the real clock.
        let count = match name.ends_with("heads") {
            true => COUNT / 10,
            false => COUNT,
        };
        let bytes = burst(std::iter::repeat_n(frame, count));
        let toll = victim.meet(&bytes).await;
        println!("{name}, {} bytes: {toll:?}", bytes.len());
        let most_heap = match name {
            "DATA of a byte" => MOST_HEAP_OF_DATA,
            _ => MOST_HEAP,
        };
        assert!(toll.peak <= most_heap, "{name}: {toll:?}");
        // A poll takes hundreds of them.
        assert!(toll.polls <= 20, "{name}: {toll:?}");
        match endings[role as usize] {
            Endured => {
                assert_eq!(victim.goodbye().await, None, "{name}");
                assert_eq!(victim.to_hyper.buffered(), 0, "{name}: all of it was read");
                // A peer that has said goodbye is asked for nothing more.
                if name != "GOAWAY" {
                    victim.assert_usable(1003).await;
                }
            }
            GivenUp(reason) => victim.assert_given_up(reason).await,
        }
    }
}
