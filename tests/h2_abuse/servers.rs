//! What a server may do to its client.

use h2::Reason;

use crate::support::scripted_h2::Frame;
use crate::support::tunnels::Role;
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::victim::{burst, data, headers, Victim};

const MOST_HEAP: usize = 300 << 10;

/// Contract 6.1-6 (RFC 9113, section 8.1): informational heads are passed over, whatever their number. h2 keeps each, in some 700
/// bytes, until the request's task has its turn, and the connection's task gives it one after half a mebibyte of input at most.
#[tokio::test(start_paused = true)]
async fn informational_heads_without_end_are_kept_for_a_turn_and_no_longer() {
    const COUNT: usize = 400_000;
    /// In bytes, of which half are the room that a table doubled into.
    const MOST_HEAP: usize = 40 << 20;
    let mut victim = Victim::new(Role::Client).await;
    let answer = victim.request("/");
    victim.peer.expect_request().await;
    let head = |block: &'static [u8]| Frame::Headers {
        stream: 1,
        block: block.into(),
        end_stream: false,
        end_headers: true,
    };
    // `:status: 103`, first into the dynamic table and then out of it (RFC 7541, sections 6.1 and 6.2.1).
    let first = head(&[0x48, 3, b'1', b'0', b'3']);
    let more = head(&[0x80 | 62]);
    victim.meet(&burst([first])).await;
    let flood = burst(std::iter::repeat_n(more, COUNT));
    let toll = victim.meet(&flood).await;
    println!("{toll:?}");
    assert!(toll.peak <= MOST_HEAP, "{toll:?}");
    let again = victim.meet(&flood).await;
    println!("{again:?}");
    // What the first left is a table that the second needs no larger.
    assert!(again.held <= 64 << 10, "{again:?}");
    assert!(!answer.is_finished());
    victim
        .peer
        .send_last_headers(1, &[(":status", "204")])
        .await;
    let response = expect_soon("the response", answer).await;
    assert_eq!(
        response.expect("no panic").expect("a response").status(),
        204
    );
}

/// Contract 6.3-9: whatever is wrong with an answer costs its own request, and none is taken for another's.
#[tokio::test(start_paused = true)]
async fn a_malformed_answer_fails_its_request_alone() {
    type Fields = &'static [(&'static str, &'static str)];
    let rows: [Fields; 7] = [
        &[],
        &[("x", "y")],
        &[(":status", "200"), (":status", "200")],
        &[("x", "y"), (":status", "200")],
        &[(":status", "200"), ("transfer-encoding", "chunked")],
        &[(":status", "200"), ("connection", "close")],
        &[
            (":status", "200"),
            ("content-length", "1"),
            ("content-length", "2"),
        ],
    ];
    for fields in rows {
        println!("{fields:?}");
        let mut victim = Victim::new(Role::Client).await;
        let bad = victim.request("/bad");
        let good = victim.request("/good");
        victim.peer.expect_request().await;
        victim.peer.expect_request().await;
        victim.peer.send_headers(1, fields).await;
        victim
            .peer
            .send_last_headers(3, &[(":status", "200")])
            .await;
        let bad = expect_soon("the failure", bad).await.expect("no panic");
        bad.expect_err("malformed");
        let good = expect_soon("the response", good).await.expect("no panic");
        assert_eq!(good.expect("a response").status(), 200);
    }
}

/// RFC 9113, sections 5.1 and 5.1.1: streams that the client did not open.
#[tokio::test(start_paused = true)]
async fn answers_to_nothing_end_the_connection() {
    for stream in [1, 2, 3, 1001] {
        for frame in [
            headers(stream, &[(":status", "200")], true),
            data(stream, b"unasked for", true),
        ] {
            let mut victim = Victim::new(Role::Client).await;
            let toll = victim.meet(&burst([frame])).await;
            assert!(toll.peak <= MOST_HEAP, "{toll:?}");
            let said = victim.goodbye().await;
            assert_eq!(said, Some(Reason::PROTOCOL_ERROR), "stream {stream}");
        }
    }
}

/// Contract 6.3-10: goodbyes that go back and forth.
#[tokio::test(start_paused = true)]
async fn a_goodbye_that_takes_in_more_than_the_last_ends_the_connection() {
    let mut victim = Victim::new(Role::Client).await;
    let answers = [victim.request("/a"), victim.request("/b")];
    run_until_idle().await;
    let goodbye = |last| Frame::GoAway {
        last,
        code: Reason::NO_ERROR,
        debug: bytes::Bytes::new(),
    };
    victim
        .meet(&burst([goodbye(1), goodbye(3), goodbye(1)]))
        .await;
    for answer in answers {
        let answer = expect_soon("the end of the request", answer).await;
        answer.expect("no panic").expect_err("no answer came");
    }
    assert!(victim.has_ended());
}

/// RFC 9113, section 6.5.2: no streams at all, then a few, then none.
#[tokio::test(start_paused = true)]
async fn a_limit_that_changes_all_the_time_loses_no_request() {
    let mut victim = Victim::new(Role::Client).await;
    let limit = |streams| Frame::Settings {
        ack: false,
        entries: vec![(
            crate::support::scripted_h2::setting::MAX_CONCURRENT_STREAMS,
            streams,
        )],
    };
    victim.meet(&burst([limit(0)])).await;
    let answers: Vec<_> = (0..20).map(|_| victim.request("/")).collect();
    let swings = (0..2000).map(|n| limit(n % 2));
    let toll = victim.meet(&burst(swings)).await;
    println!("{toll:?}");
    assert!(toll.peak <= MOST_HEAP, "{toll:?}");
    victim.meet(&burst([limit(100)])).await;
    let mut seen = 0;
    while seen < 20 {
        let (stream, _) = victim.peer.expect_request().await;
        victim
            .peer
            .send_last_headers(stream, &[(":status", "200")])
            .await;
        seen += 1;
    }
    for answer in answers {
        let answer = expect_soon("the response", answer).await;
        assert_eq!(answer.expect("no panic").expect("a response").status(), 200);
    }
}
