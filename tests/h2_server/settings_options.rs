//! Contract 3.3: the options that show in the first SETTINGS frame, and the defaults.

use crate::server::{builder, tuned, Server};
use crate::support::gate::wire;
use crate::support::scripted_h2::{setting, PeerSettings, RawPeer};
use crate::support::tokio_rt::{CountingExecutor, TokioIo};
use crate::support::tunnels::{Options, ServerBuilder};

const SPEC_WINDOW: u64 = 65_535;

async fn opened_with(tune: fn(&mut ServerBuilder)) -> Server {
    let mut server = tuned(tune).await;
    assert!(server.peer.settled_frames().await.is_empty());
    server
}

/// Window of a new stream, and of the connection.
fn windows(server: &Server) -> (u64, u64) {
    let stream = server.peer.setting(setting::INITIAL_WINDOW_SIZE);
    let stream = stream.map_or(SPEC_WINDOW, u64::from);
    (stream, SPEC_WINDOW + server.peer.credit(0))
}

// Contract 3.3-1, 3.3-3, 3.3-4, 3.3-5, 3.3-6, 3.3-7.
#[tokio::test(start_paused = true)]
async fn the_defaults_are_announced() {
    let server = opened_with(|_| {}).await;
    assert_eq!(windows(&server), (1 << 20, 1 << 20));
    let peer = &server.peer;
    assert_eq!(peer.setting(setting::MAX_FRAME_SIZE), Some(16_384));
    assert_eq!(peer.setting(setting::MAX_HEADER_LIST_SIZE), Some(16 << 10));
    assert_eq!(peer.setting(setting::MAX_CONCURRENT_STREAMS), Some(200));
    assert_eq!(peer.setting(setting::HEADER_TABLE_SIZE), None);
    assert_eq!(peer.setting(setting::ENABLE_CONNECT_PROTOCOL), None);
    assert_eq!(peer.pings(), 0);
}

// Contract 3.3-1.
#[tokio::test(start_paused = true)]
async fn windows_are_announced_as_set() {
    let server = opened_with(|builder| {
        builder
            .initial_stream_window_size(100_000)
            .initial_connection_window_size(Some(200_000));
    })
    .await;
    assert_eq!(windows(&server), (100_000, 200_000));
}

// Contract 3.3-1, 3.3-3: `None` leaves an option as it was.
#[tokio::test(start_paused = true)]
async fn none_changes_neither_windows_nor_the_frame_size() {
    let server = opened_with(|builder| {
        builder
            .initial_stream_window_size(100_000)
            .initial_stream_window_size(None)
            .initial_connection_window_size(200_000)
            .initial_connection_window_size(None)
            .max_frame_size(20_000)
            .max_frame_size(None);
    })
    .await;
    assert_eq!(windows(&server), (100_000, 200_000));
    assert_eq!(server.peer.setting(setting::MAX_FRAME_SIZE), Some(20_000));
}

// Contract 3.3-2.
#[tokio::test(start_paused = true)]
async fn an_adaptive_window_starts_at_the_specifications_size() {
    let server = opened_with(|builder| {
        builder.adaptive_window(true);
    })
    .await;
    assert_eq!(windows(&server), (SPEC_WINDOW, SPEC_WINDOW));
}

// Contract 3.3-2: `false` only clears the flag.
#[tokio::test(start_paused = true)]
async fn adaptive_window_switched_off_leaves_the_windows() {
    let server = opened_with(|builder| {
        builder.initial_stream_window_size(100_000);
        builder.adaptive_window(false);
    })
    .await;
    assert_eq!(windows(&server), (100_000, 1 << 20));

    let server = opened_with(|builder| {
        builder.adaptive_window(true);
        builder.adaptive_window(false);
    })
    .await;
    assert_eq!(windows(&server), (SPEC_WINDOW, SPEC_WINDOW));
}

// Contract 3.3-3.
#[tokio::test(start_paused = true)]
async fn frame_and_header_sizes_are_announced_as_set() {
    let server = opened_with(|builder| {
        builder
            .max_frame_size(1 << 20)
            .max_header_list_size(9000)
            .header_table_size(8192);
    })
    .await;
    let peer = &server.peer;
    assert_eq!(peer.setting(setting::MAX_FRAME_SIZE), Some(1 << 20));
    assert_eq!(peer.setting(setting::MAX_HEADER_LIST_SIZE), Some(9000));
    assert_eq!(peer.setting(setting::HEADER_TABLE_SIZE), Some(8192));
}

// Contract 3.3-4: `None` leaves the setting out.
#[tokio::test(start_paused = true)]
async fn max_concurrent_streams_is_announced_as_set_or_not_at_all() {
    let server = opened_with(|builder| {
        builder.max_concurrent_streams(7);
    })
    .await;
    let streams = server.peer.setting(setting::MAX_CONCURRENT_STREAMS);
    assert_eq!(streams, Some(7));

    let server = opened_with(|builder| {
        builder.max_concurrent_streams(None);
    })
    .await;
    let streams = server.peer.setting(setting::MAX_CONCURRENT_STREAMS);
    assert_eq!(streams, None);
}

// Contract 3.3-7, 6.4-1.
#[tokio::test(start_paused = true)]
async fn extended_connect_is_announced_when_enabled() {
    let server = opened_with(|builder| {
        builder.enable_connect_protocol();
    })
    .await;
    let enabled = server.peer.setting(setting::ENABLE_CONNECT_PROTOCOL);
    assert_eq!(enabled, Some(1));
}

// Contract 3.3: a connection keeps the options it was made with.
#[tokio::test(start_paused = true)]
async fn options_set_after_serve_connection_do_not_affect_it() {
    let (client, near) = wire();
    let mut builder = builder(&Options::new(), &CountingExecutor::new());
    builder.max_frame_size(20_000);
    let service = hyper::service::service_fn(crate::messages::ok);
    let connection = builder.serve_connection(TokioIo::new(near), service);
    builder.max_frame_size(30_000);
    tokio::spawn(connection);
    let peer = RawPeer::client(client, &PeerSettings::default()).await;
    assert_eq!(peer.setting(setting::MAX_FRAME_SIZE), Some(20_000));
}

// Contract 1.2-11: a builder is cloned with its options, and one builder serves many connections.
#[tokio::test(start_paused = true)]
async fn a_cloned_builder_has_the_options_of_the_first() {
    let mut first = builder(&Options::new(), &CountingExecutor::new());
    first.max_frame_size(20_000);
    let clone = first.clone();
    first.max_frame_size(30_000);
    for (builder, size) in [(&clone, 20_000), (&first, 30_000), (&clone, 20_000)] {
        let (client, near) = wire();
        let service = hyper::service::service_fn(crate::messages::ok);
        tokio::spawn(builder.serve_connection(TokioIo::new(near), service));
        let peer = RawPeer::client(client, &PeerSettings::default()).await;
        assert_eq!(peer.setting(setting::MAX_FRAME_SIZE), Some(size));
    }
}
