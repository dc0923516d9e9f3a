//! Header blocks that never end, or that are more than they seem (RFC 9113, section 10.5.1; RFC 7541, section 7.1 and 7.3).

use bytes::{BufMut, Bytes, BytesMut};
use h2::Reason;

use crate::support::scripted_h2::{encode, Frame};
use crate::support::tunnels::{both_roles, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::victim::{burst, head, held_head, Toll, Victim};

/// Most heap for a head, in bytes: four times the 16 KiB that hyper says it takes, and what h2 reads it with.
const MOST_HEAP: usize = 192 << 10;

both_roles!(
    rustsec_2024_0332_continuation_without_end_ends_the_connection,
    a_block_that_grows_when_decompressed_is_not_kept,
    a_block_that_fits_in_parts_is_limited_as_a_whole,
    malformed_compression_ends_the_connection,
    table_sizes_without_end_cost_nothing,
);

/// A frame that begins a head, on the stream where one is due.
fn begin(role: Role, block: impl Into<Bytes>, end_headers: bool) -> Frame {
    let stream = match role {
        Role::Server => 3,
        Role::Client => 1,
    };
    Frame::Headers {
        stream,
        block: block.into(),
        end_stream: true,
        end_headers,
    }
}

fn go_on(first: &Frame, block: impl Into<Bytes>, end_headers: bool) -> Frame {
    Frame::Continuation {
        stream: first.stream(),
        block: block.into(),
        end_headers,
    }
}

/// The pseudo-header fields of a head, in a block.
fn pseudo(role: Role) -> BytesMut {
    let block = match role {
        Role::Server => encode(&head("GET")),
        Role::Client => encode(&[(":status", "200")]),
    };
    BytesMut::from(&block[..])
}

/// A connection on which a head is due: from a client always, from a server in answer to stream 1.
async fn victim(role: Role) -> Victim {
    let mut victim = Victim::new(role).await;
    if role == Role::Client {
        let answer = victim.request("/");
        victim.peer.expect_request().await;
        // The caller waits in a task of its own, whatever comes.
        drop(answer);
    }
    victim
}

fn assert_cheap(what: &str, toll: Toll) {
    println!("{what}: {toll:?}");
    assert!(toll.peak <= MOST_HEAP, "{what}: {toll:?}");
    assert!(toll.polls <= 20, "{what}: {toll:?}");
}

/// RUSTSEC-2024-0332 (CVE-2024-27316 and others, "CONTINUATION flood"; contract 6.1-1), with empty frames, small and large
/// ones, of fields that count against the limit and of none.
async fn rustsec_2024_0332_continuation_without_end_ends_the_connection(role: Role) {
    let small = encode(&[("a", "b")]);
    let large = encode(&[("large", &"x".repeat(16_000))]);
    let unfinished: &[u8] = &[0x00, 0x7f, 0xff, 0xff, 0x7f];
    let rows: [(&str, Bytes, usize); 4] = [
        ("empty", Bytes::new(), 100_000),
        ("small", small, 100_000),
        ("large", large, 1000),
        (
            "a name without end",
            Bytes::from_static(unfinished),
            100_000,
        ),
    ];
    for (what, block, count) in rows {
        let mut victim = victim(role).await;
        let first = begin(role, pseudo(role), false);
        let more = std::iter::repeat_n(go_on(&first, block, false), count);
        let bytes = burst(std::iter::once(first.clone()).chain(more));
        let toll = victim.meet(&bytes).await;
        assert_cheap(what, toll);
        assert!(toll.read <= 256 << 10, "{what}: {toll:?}");
        assert_eq!(victim.calls(), 0);
        assert!(victim.goodbye().await.is_some(), "{what}");
        assert!(victim.has_ended(), "{what}");
    }
}

/// A field of 4,000 bytes that goes into the dynamic table, and a reference to it, which is one byte.
fn bomb(role: Role, references: usize) -> Bytes {
    let mut block = pseudo(role);
    // Literal with incremental indexing, new name (RFC 7541, section 6.2.1).
    block.put_u8(0x40);
    block.put_slice(b"\x01x");
    // 4,000 as 127 and two more bytes of seven bits.
    block.put_slice(&[0x7f, 0xa1, 0x1e]);
    block.put_bytes(b'v', 4000);
    // Indexed field: 62 is the newest entry of the table (section 6.1).
    block.put_bytes(0x80 | 62, references);
    block.freeze()
}

/// CVE-2016-1544 and the like ("HPACK bomb"; contract 6.1-1): four kilobytes that stand for forty megabytes.
async fn a_block_that_grows_when_decompressed_is_not_kept(role: Role) {
    for references in [10, 1000, 10_000] {
        let mut victim = victim(role).await;
        let bytes = burst([begin(role, bomb(role, references), true)]);
        let toll = victim.meet(&bytes).await;
        assert_cheap(&format!("{references} references"), toll);
        assert_eq!(victim.calls(), 0, "it is not served");
        let said = victim.peer.settled_frames().await;
        // A head that is somewhat too large costs its stream, one that is way too large the connection.
        let is_refused = said
            .iter()
            .any(|frame| matches!(frame, Frame::Headers { .. }));
        assert_eq!(is_refused, role == Role::Server && references == 10);
        assert_eq!(victim.has_ended(), references > 10);
        if role == Role::Client && references == 10 {
            victim.assert_usable(0).await;
        }
    }
}

/// A stream's refusal costs its own; a hundred of them cost the connection no memory.
#[tokio::test(start_paused = true)]
async fn bombs_one_after_the_other_leave_nothing_behind() {
    let mut victim = Victim::new(Role::Server).await;
    let mut held = 0;
    for n in 0..100u32 {
        let mut frame = begin(Role::Server, bomb(Role::Server, 8), true);
        if let Frame::Headers { stream, .. } = &mut frame {
            *stream = 1 + 2 * n;
        }
        let toll = victim.meet(&burst([frame])).await;
        assert!(toll.peak <= MOST_HEAP, "{toll:?}");
        let refused = victim.peer.expect_headers(1 + 2 * n).await;
        assert_eq!(refused.status(), 431);
        if n >= 50 {
            held += toll.held;
        }
    }
    assert!(held <= 16 << 10, "{held} bytes");
    assert_eq!(victim.calls(), 0);
    victim.assert_usable(1001).await;
}

/// Contract 3.3-3, 6.1-1: the limit is on the list, however many fields and frames it comes in, cookies in crumbs included.
async fn a_block_that_fits_in_parts_is_limited_as_a_whole(role: Role) {
    for (name, value, count) in [("cookie", "a=b", 1000), ("a", "", 1000), ("x-y", "z", 5000)] {
        let mut victim = victim(role).await;
        let first = begin(role, pseudo(role), false);
        let fields = encode(&vec![(name, value); 100]);
        let more = (0..count / 100).map(|_| go_on(&first, fields.clone(), false));
        let last = go_on(&first, Bytes::new(), true);
        let frames = std::iter::once(first.clone()).chain(more).chain([last]);
        let toll = victim.meet(&burst(frames)).await;
        assert_cheap(name, toll);
        assert_eq!(victim.calls(), 0);
        assert!(
            !victim.peer.settled_frames().await.is_empty(),
            "it is refused"
        );
    }
}

/// RFC 7541, sections 2.3.3, 4.2, 5.1 and 5.2: what cannot be decoded leaves the two tables apart, so nothing goes on.
async fn malformed_compression_ends_the_connection(role: Role) {
    let blocks: [(&str, &[u8]); 9] = [
        ("an index of nothing", &[0x80]),
        ("an index beyond the tables", &[0xff, 0x7f]),
        (
            "an integer without end",
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ),
        (
            "an integer of zeros",
            &[0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
        ),
        (
            "a name longer than the block",
            &[0x00, 0x7f, 0x80, 0x7f, b'a'],
        ),
        (
            "Huffman padding of more than seven bits",
            &[0x00, 0x82, 0xff, 0xff, 0x00],
        ),
        ("Huffman padding that is none", &[0x00, 0x81, 0x00, 0x00]),
        ("a table larger than allowed", &[0x3f, 0xe1, 0xff, 0x7f]),
        (
            "a table size behind a field",
            &[0x00, 0x01, b'a', 0x00, 0x20],
        ),
    ];
    for (what, bad) in blocks {
        let mut victim = victim(role).await;
        let mut block = pseudo(role);
        block.put_slice(bad);
        let toll = victim.meet(&burst([begin(role, block, true)])).await;
        assert_cheap(what, toll);
        assert_eq!(victim.calls(), 0, "{what}");
        let said = victim.goodbye().await.expect(what);
        // RFC 9113, section 4.3, wants the former; h2 says the latter for some.
        let known = [Reason::COMPRESSION_ERROR, Reason::PROTOCOL_ERROR];
        assert!(known.contains(&said), "{what}: {said:?}");
        assert!(victim.has_ended(), "{what}");
    }
}

/// RFC 7541, section 4.2: changes of the table's size are a byte each, and work for nothing.
async fn table_sizes_without_end_cost_nothing(role: Role) {
    let mut victim = victim(role).await;
    let mut block = BytesMut::new();
    for _ in 0..4000 {
        block.put_slice(&[0x20, 0x3f, 0xe1, 0x1f]);
    }
    block.put(pseudo(role));
    let toll = victim.meet(&burst([begin(role, block, true)])).await;
    assert_cheap("table sizes", toll);
    if role == Role::Server {
        assert_eq!(victim.calls(), 1, "odd, and no error");
        assert_eq!(victim.peer.expect_headers(3).await.status(), 200);
    }
    victim.assert_usable(5).await;
}

/// Contract 3.3-3: what a connection holds in heads is bounded by its streams, which are bounded.
#[tokio::test(start_paused = true)]
async fn the_largest_heads_on_the_most_streams_cost_what_was_announced() {
    const STREAMS: usize = 200;
    /// In bytes: hyper's `max_header_list_size`, of which a field counts 32 more than its length.
    const LIST: usize = 16 << 10;
    let mut victim = Victim::new(Role::Server).await;
    let value = "v".repeat(LIST - 400);
    let mut fields = held_head("GET").to_vec();
    fields.push(("large", &value));
    let frames = (0..STREAMS as u32).map(|n| Frame::Headers {
        stream: 1 + 2 * n,
        block: encode(&fields),
        end_stream: true,
        end_headers: true,
    });
    let toll = victim.meet(&burst(frames)).await;
    assert_eq!(victim.calls(), STREAMS);
    // h2 keeps a value in the memory it was read into, so a head may take up twice its length.
    let most = STREAMS * (2 * LIST + (4 << 10)) + MOST_HEAP;
    assert!(toll.peak <= most, "{toll:?}");
}

/// Contract 6.3-9, 7.1-3: trailers are a head, too.
#[tokio::test(start_paused = true)]
async fn trailers_of_a_response_are_limited_like_its_head() {
    let mut victim = Victim::new(Role::Client).await;
    let answer = victim.request("/");
    victim.peer.expect_request().await;
    victim.peer.send_headers(1, &[(":status", "200")]).await;
    let answer = expect_soon("the response", answer).await;
    let mut body = answer.expect("no panic").expect("a response").into_body();
    let first = Frame::Headers {
        stream: 1,
        block: encode(&[("x", "y")]),
        end_stream: true,
        end_headers: false,
    };
    let fields = encode(&vec![("x", "y"); 100]);
    let more = (0..100_000).map(|_| go_on(&first, fields.clone(), false));
    let toll = victim
        .meet(&burst(
            std::iter::once(first.clone()).chain(more.take(2000)),
        ))
        .await;
    assert_cheap("trailers", toll);
    run_until_idle().await;
    let frame = expect_soon(
        "the end of the body",
        http_body_util::BodyExt::frame(&mut body),
    );
    assert!(frame.await.expect("not a clean end").is_err());
    assert!(victim.goodbye().await.is_some());
}
