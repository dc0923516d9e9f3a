//! Contract 3.4: the options that show in the first SETTINGS frame, and the defaults.

use crate::client::{held, link_with, slots, tuned, unanswered, RawLink};
use crate::support::gate::wire;
use crate::support::scripted_h2::{setting, PeerSettings, RawPeer};
use crate::support::tokio_rt::{CountingExecutor, TokioIo};
use crate::support::tunnels::{ClientBuilder, TestBody};
use crate::support::virtual_timer::run_until_idle;

const SPEC_WINDOW: u64 = 65_535;

async fn opened_with(tune: fn(&mut ClientBuilder)) -> RawLink {
    let mut link = link_with(&tuned(tune)).await;
    assert!(link.peer.settled_frames().await.is_empty());
    link
}

// Contract 3.4-1, 3.4-2, 3.4-3, 3.4-4.
#[tokio::test(start_paused = true)]
async fn the_defaults_are_announced() {
    let link = opened_with(|_| {}).await;
    let peer = &link.peer;
    assert_eq!(peer.setting(setting::INITIAL_WINDOW_SIZE), Some(2 << 20));
    assert_eq!(peer.credit(0), (5 << 20) - SPEC_WINDOW);
    assert_eq!(peer.setting(setting::MAX_FRAME_SIZE), Some(16_384));
    assert_eq!(peer.setting(setting::MAX_HEADER_LIST_SIZE), Some(16 << 10));
    assert_eq!(peer.setting(setting::ENABLE_PUSH), Some(0));
    assert_eq!(peer.setting(setting::HEADER_TABLE_SIZE), None);
    assert_eq!(peer.setting(setting::MAX_CONCURRENT_STREAMS), None);
    assert_eq!(peer.pings(), 0);
}

// Contract 3.4-1.
#[tokio::test(start_paused = true)]
async fn windows_are_announced_as_set() {
    let link = opened_with(|builder| {
        builder
            .initial_stream_window_size(100_000)
            .initial_connection_window_size(Some(200_000));
    })
    .await;
    let window = link.peer.setting(setting::INITIAL_WINDOW_SIZE);
    assert_eq!(window, Some(100_000));
    assert_eq!(link.peer.credit(0), 200_000 - SPEC_WINDOW);
}

// Contract 3.4-1, 3.4-2: `None` leaves an option as it was.
#[tokio::test(start_paused = true)]
async fn none_changes_neither_windows_nor_send_streams() {
    let link = opened_with(|builder| {
        builder
            .initial_stream_window_size(100_000)
            .initial_stream_window_size(None)
            .initial_connection_window_size(200_000)
            .initial_connection_window_size(None)
            .initial_max_send_streams(None);
    })
    .await;
    let window = link.peer.setting(setting::INITIAL_WINDOW_SIZE);
    assert_eq!(window, Some(100_000));
    assert_eq!(link.peer.credit(0), 200_000 - SPEC_WINDOW);
}

/// Window of a new stream, and of the connection.
fn windows(link: &RawLink) -> (u64, u64) {
    let stream = link.peer.setting(setting::INITIAL_WINDOW_SIZE);
    let stream = stream.map_or(SPEC_WINDOW, u64::from);
    (stream, SPEC_WINDOW + link.peer.credit(0))
}

// Contract 3.4-1 (3.3-2).
#[tokio::test(start_paused = true)]
async fn an_adaptive_window_starts_at_the_specifications_size() {
    let link = opened_with(|builder| {
        builder.adaptive_window(true);
    })
    .await;
    assert_eq!(windows(&link), (SPEC_WINDOW, SPEC_WINDOW));
}

// Contract 3.4-1 (3.3-2): `false` only clears the flag.
#[tokio::test(start_paused = true)]
async fn adaptive_window_switched_off_leaves_the_windows() {
    let link = opened_with(|builder| {
        builder.initial_stream_window_size(100_000);
        builder.adaptive_window(false);
    })
    .await;
    assert_eq!(windows(&link), (100_000, 5 << 20));

    let link = opened_with(|builder| {
        builder.adaptive_window(true);
        builder.adaptive_window(false);
    })
    .await;
    assert_eq!(windows(&link), (SPEC_WINDOW, SPEC_WINDOW));
}

// Contract 3.4-2: `None` leaves the setting out.
#[tokio::test(start_paused = true)]
async fn max_frame_size_is_announced_as_set_or_not_at_all() {
    let link = opened_with(|builder| {
        builder.max_frame_size(1 << 20);
    })
    .await;
    assert_eq!(link.peer.setting(setting::MAX_FRAME_SIZE), Some(1 << 20));

    let link = opened_with(|builder| {
        builder.max_frame_size(None);
    })
    .await;
    assert_eq!(link.peer.setting(setting::MAX_FRAME_SIZE), None);
}

// Contract 3.4-2.
#[tokio::test(start_paused = true)]
async fn header_limits_are_announced_as_set() {
    let link = opened_with(|builder| {
        builder.max_header_list_size(9000).header_table_size(8192);
    })
    .await;
    let size = link.peer.setting(setting::MAX_HEADER_LIST_SIZE);
    assert_eq!(size, Some(9000));
    assert_eq!(link.peer.setting(setting::HEADER_TABLE_SIZE), Some(8192));
}

// Contract 3.4-3: the limit is for streams the peer opens.
#[tokio::test(start_paused = true)]
async fn max_concurrent_streams_is_announced_and_reported() {
    let (client, far) = unanswered(|builder| {
        builder.max_concurrent_streams(7);
    })
    .await;
    let peer = RawPeer::server(far, &PeerSettings::default()).await;
    assert_eq!(peer.setting(setting::MAX_CONCURRENT_STREAMS), Some(7));
    assert_eq!(client.connection.current_max_recv_streams(), 7);
}

// Contract 3.4-2, 6.3-2.
#[tokio::test(start_paused = true)]
async fn the_limit_of_send_streams_is_a_hundred_until_the_peer_names_another() {
    let (client, far) = unanswered(|_| {}).await;
    assert_eq!(client.connection.current_max_send_streams(), 100);
    let mut peer = RawPeer::server(far, &slots(3).peer).await;
    run_until_idle().await;
    assert_eq!(client.connection.current_max_send_streams(), 3);
    peer.settings(&[(setting::MAX_CONCURRENT_STREAMS, 11)])
        .await;
    run_until_idle().await;
    assert_eq!(client.connection.current_max_send_streams(), 11);
}

// Contract 3.4-2.
#[tokio::test(start_paused = true)]
async fn initial_max_send_streams_holds_until_the_peers_settings() {
    let (client, far) = unanswered(|builder| {
        builder
            .initial_max_send_streams(5)
            .initial_max_send_streams(None);
    })
    .await;
    assert_eq!(client.connection.current_max_send_streams(), 5);
    RawPeer::server(far, &PeerSettings::default()).await;
    run_until_idle().await;
    assert!(client.connection.current_max_send_streams() > 5);
}

// Contract 3.4-6.
#[tokio::test(start_paused = true)]
async fn options_set_after_handshake_was_called_do_not_affect_it() {
    let (near, far) = wire();
    let mut builder = ClientBuilder::new(CountingExecutor::new());
    builder.max_frame_size(20_000);
    let handshake = builder.handshake::<_, TestBody>(TokioIo::new(near));
    builder.max_frame_size(30_000);
    let _client = handshake.await.expect("the transport takes the preface");
    let peer = RawPeer::server(far, &PeerSettings::default()).await;
    assert_eq!(peer.setting(setting::MAX_FRAME_SIZE), Some(20_000));
}

// Contract 3.4-6, 1.2-11: a builder is cloned with its options.
#[tokio::test(start_paused = true)]
async fn a_cloned_builder_has_the_options_of_the_first() {
    let (near, far) = wire();
    let mut builder = ClientBuilder::new(CountingExecutor::new());
    builder.max_frame_size(20_000);
    let clone = builder.clone();
    builder.max_frame_size(30_000);
    let handshake = clone.handshake::<_, TestBody>(TokioIo::new(near));
    let _client = handshake.await.expect("the transport takes the preface");
    let peer = RawPeer::server(far, &PeerSettings::default()).await;
    assert_eq!(peer.setting(setting::MAX_FRAME_SIZE), Some(20_000));
}

// Contract 3.4-4: a promise of the peer is a violation, since push is never allowed.
#[tokio::test(start_paused = true)]
async fn a_pushed_stream_ends_the_connection() {
    const PUSH_PROMISE: u8 = 5;
    let (mut client, mut peer) = held(&PeerSettings::default()).await;
    let _answer = client.requests.send_request(crate::client::get());
    let connection = tokio::spawn(client.connection);
    let (stream, _) = peer.expect_request().await;
    peer.send(crate::support::scripted_h2::Frame::Other {
        kind: PUSH_PROMISE,
        flags: 0x4,
        stream,
        payload: bytes::Bytes::from_static(&[0, 0, 0, 2]),
    })
    .await;
    assert_eq!(peer.expect_goaway().await.1, h2::Reason::PROTOCOL_ERROR);
    let ended = connection.await.expect("no panic");
    assert_eq!(crate::client::kind(&ended.unwrap_err()), "Http2");
}
