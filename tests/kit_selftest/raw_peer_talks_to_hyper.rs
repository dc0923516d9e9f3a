use bytes::{Bytes, BytesMut};
use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::scripted_h2::{encode, setting, Decoder, Frame};
use crate::support::tunnels::{Link, Options, Role};

#[tokio::test(start_paused = true)]
async fn hyper_answers_a_request_made_of_frames() {
    let mut link = Link::raw(Role::Server, &Options::new()).await;
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "server.example"),
        (":path", "/"),
    ];
    link.peer.send_headers(1, &fields).await;
    link.peer.send_last_data(1, "echo me").await;
    assert_eq!(link.peer.expect_headers(1).await.status(), 200);
    assert_eq!(link.peer.read_to_end(1).await, "echo me");
    assert!(link.peer.settled_frames().await.is_empty());
    assert!(link.peer.setting(setting::MAX_CONCURRENT_STREAMS).is_some());

    link.hyper.close();
    assert_eq!(link.peer.expect_goaway().await.1, Reason::NO_ERROR);
    assert_eq!(link.peer.expect_goaway().await, (1, Reason::NO_ERROR));
    link.hyper.ended().await.expect("a graceful end");
}

#[tokio::test(start_paused = true)]
async fn a_grant_is_spent_to_the_byte() {
    let mut link = Link::raw(Role::Server, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    tunnel
        .upgraded
        .write_all(b"0123456789")
        .await
        .expect("accepted");
    assert!(link.peer.settled_frames().await.is_empty());

    link.peer.grant(tunnel.stream, 4).await;
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 4).await, "0123");
    assert!(link.peer.settled_frames().await.is_empty());

    link.peer
        .settings(&[(setting::INITIAL_WINDOW_SIZE, 100)])
        .await;
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 6).await, "456789");
}

#[tokio::test(start_paused = true)]
async fn a_reset_ends_the_tunnel() {
    let mut link = Link::raw(Role::Client, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer
        .reset(tunnel.stream, Reason::ENHANCE_YOUR_CALM)
        .await;
    let failed = tunnel.upgraded.read(&mut [0; 1]).await;
    failed.expect_err("the reason is an error's");
}

#[test]
fn frames_survive_encoding_whole_and_in_pieces() {
    let frames = [
        Frame::Data {
            stream: 1,
            payload: Bytes::from_static(b"padded"),
            padding: Some(9),
            end_stream: true,
        },
        Frame::Headers {
            stream: 3,
            block: encode(&[("a", "b")]),
            end_stream: false,
            end_headers: false,
        },
        Frame::Continuation {
            stream: 3,
            block: encode(&[("c", "d")]),
            end_headers: true,
        },
        Frame::Reset {
            stream: 3,
            code: Reason::CANCEL,
        },
        Frame::Settings {
            ack: false,
            entries: vec![(setting::INITIAL_WINDOW_SIZE, 0)],
        },
        Frame::Ping {
            ack: true,
            payload: *b"12345678",
        },
        Frame::GoAway {
            last: 7,
            code: Reason::NO_ERROR,
            debug: Bytes::from_static(b"why"),
        },
        Frame::WindowUpdate {
            stream: 0,
            increment: 1,
        },
        Frame::Other {
            kind: 0x42,
            flags: 0xff,
            stream: 5,
            payload: Bytes::from_static(b"?"),
        },
    ];
    let mut wire = BytesMut::new();
    frames.iter().for_each(|frame| frame.encode(&mut wire));
    let mut received = BytesMut::new();
    let mut decoded = Vec::new();
    for byte in wire {
        received.extend_from_slice(&[byte]);
        decoded.extend(Frame::decode(&mut received));
    }
    assert_eq!(decoded, frames);
    assert_eq!(frames[0].flow_controlled_len(), 16);
}

#[test]
fn long_fields_survive_encoding() {
    let long = "x".repeat(1000);
    let block = encode(&[(":status", "200"), (&long, &long)]);
    let fields = Decoder::default().decode(&block);
    assert_eq!(fields.status(), 200);
    assert_eq!(fields.get(&long), Some(&*long));
}
