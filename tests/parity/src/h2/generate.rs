//! Strategies for the scenarios of HTTP/2.

use http::Version;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::peer::{code, message, opening, other, request_fields, response_fields, steps, window};
use super::scenario::{ClientOptions, ClientScenario, Options, ServerOptions, ServerScenario};
use super::wire_format::frame::PREFACE;
use crate::generate::{body, call, cuts, once_in, rarely, service, transport};
use crate::plan::{Answer, Lines, RequestPlan, ResponsePlan, ServicePlan};
use crate::script::Step;

fn options() -> impl Strategy<Value = Options> {
    let count = || proptest::option::weighted(0.8, 0usize..30);
    (
        (
            rarely(any::<bool>()),
            rarely(proptest::option::of(0u32..5_000)),
            rarely(window()),
            rarely(window()),
            rarely(proptest::option::weighted(
                0.8,
                prop_oneof![1u64..100, Just(30_000u64)],
            )),
            rarely(prop_oneof![1u64..100, Just(30_000u64)]),
        ),
        (
            rarely(proptest::option::weighted(0.8, 0u32..4)),
            rarely(proptest::option::weighted(
                0.8,
                prop_oneof![Just(16_384u32), Just(20_000), Just(16_383)],
            )),
            rarely(prop_oneof![10u32..500, Just(16_000u32)]),
            rarely(count()),
            rarely(count()),
            rarely(prop_oneof![1usize..100, 1_000usize..100_000]),
        ),
        once_in(2),
    )
        .prop_map(|(one, two, timer)| Options {
            // Without a timer it reads the clock on the wall.
            adaptive_window: one.0.filter(|adaptive| timer || !adaptive),
            header_table_size: one.1,
            initial_connection_window_size: one.2,
            initial_stream_window_size: one.3,
            keep_alive_interval: one.4,
            keep_alive_timeout: one.5,
            max_concurrent_streams: two.0,
            max_frame_size: two.1,
            max_header_list_size: two.2,
            max_local_error_reset_streams: two.3,
            max_pending_accept_reset_streams: two.4,
            max_send_buf_size: two.5,
            timer,
        })
}

fn server_options() -> impl Strategy<Value = ServerOptions> {
    (options(), rarely(any::<bool>()), once_in(3)).prop_map(
        |(common, auto_date_header, enable_connect_protocol)| ServerOptions {
            common,
            auto_date_header,
            enable_connect_protocol,
        },
    )
}

fn client_options() -> impl Strategy<Value = ClientOptions> {
    (
        options(),
        rarely(proptest::option::weighted(0.8, 0usize..4)),
        rarely(any::<bool>()),
        rarely(0usize..20),
        rarely(prop_oneof![Just(0u64), Just(3_600_000u64)]),
    )
        .prop_map(
            |(common, initial_max_send_streams, keep_alive_while_idle, resets, duration)| {
                ClientOptions {
                    common,
                    initial_max_send_streams,
                    keep_alive_while_idle,
                    max_concurrent_reset_streams: resets,
                    reset_stream_duration: duration,
                }
            },
        )
}

// ----- what the peer sends -----

fn lines() -> impl Strategy<Value = Lines> {
    let known = select(vec![
        ("x-a", "1"),
        ("x-a", "2"),
        ("set-cookie", "a=b"),
        ("content-type", "text/plain"),
        ("trailer", "x-t"),
        ("te", "trailers"),
        ("te", "gzip, trailers"),
        ("connection", "x-a, close"),
        ("connection", "keep-alive"),
        ("keep-alive", "1"),
        ("proxy-connection", "x"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "x"),
        ("date", "x"),
        ("host", "b"),
        ("content-length", "0"),
        ("content-length", "5"),
        ("content-length", "x"),
    ]);
    vec(
        known.prop_map(|(name, value)| (name, value.to_owned())),
        0..4,
    )
}

fn reason() -> impl Strategy<Value = Option<u32>> {
    proptest::option::of(code())
}

fn response() -> impl Strategy<Value = ResponsePlan> {
    let status = prop_oneof![
        20 => Just(200u16),
        8 => select(vec![201u16, 204, 304, 404, 500]),
        1 => select(vec![100u16, 101, 103, 999]),
    ];
    (status, lines(), body(), once_in(6)).prop_map(|(status, fields, body, keeps_extensions)| {
        ResponsePlan {
            status,
            version: Version::HTTP_2,
            fields,
            reason: None,
            keeps_extensions,
            body,
        }
    })
}

fn one_service() -> impl Strategy<Value = ServicePlan> {
    let answer = prop_oneof![
        24 => response().prop_map(Answer::Response),
        4 => response().prop_map(Answer::Echo),
        1 => reason().prop_map(Answer::Fail),
        1 => Just(Answer::Never),
        1 => Just(Answer::Panic),
    ];
    service(answer)
}

pub fn server() -> BoxedStrategy<ServerScenario> {
    let fields = request_fields().boxed();
    let none = Just(Vec::new()).boxed();
    let streams = (
        message(0, none.clone(), fields.clone()),
        message(1, none.clone(), fields.clone()),
        message(2, none, fields),
        0usize..4,
    )
        .prop_map(|(a, b, c, count)| {
            let mut streams = vec![a, b, c];
            streams.truncate(count);
            streams
        });
    let preface = prop_oneof![
        40 => Just(PREFACE.to_vec()),
        1 => Just(b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        1 => Just(PREFACE[..10].to_vec()),
        1 => Just(Vec::new()),
    ];
    let cuts = vec(cuts(Just(Step::Graceful).boxed()), 0..12);
    (
        (server_options(), transport(), vec(one_service(), 1..4)),
        (preface, opening(), streams),
        (
            vec((any::<u8>(), other()), 0..3),
            vec(any::<u8>(), 1..8),
            cuts,
        ),
    )
        .prop_map(
            |(
                (options, mut transport, services),
                (preface, opening, streams),
                (others, picks, cuts),
            )| {
                transport.room = None;
                ServerScenario {
                    options,
                    transport,
                    services,
                    steps: steps(preface, opening, streams, others, &picks, cuts),
                }
            },
        )
        .boxed()
}

fn request() -> impl Strategy<Value = RequestPlan> {
    let method = prop_oneof![
        8 => Just("GET"),
        8 => Just("POST"),
        6 => select(vec!["HEAD", "CONNECT", "DELETE", "PUT"]),
    ];
    let uri = prop_oneof![
        12 => Just("https://a/b?c"),
        3 => select(vec!["a:443", "/", "*", "http://a"]),
    ];
    let version = prop_oneof![6 => Just(Version::HTTP_2), 2 => Just(Version::HTTP_11), 1 => Just(Version::HTTP_10)];
    let protocol = proptest::option::weighted(0.1, Just("websocket"));
    (method, uri, version, lines(), protocol, body()).prop_map(
        |(method, uri, version, fields, protocol, body)| RequestPlan {
            method,
            uri,
            version,
            fields,
            protocol,
            body,
        },
    )
}

pub fn client() -> BoxedStrategy<ClientScenario> {
    let fields = response_fields().boxed();
    let interim = prop_oneof![
        4 => Just(Vec::new()).boxed(),
        1 => vec(select(vec!["100", "103"]).prop_map(|status| vec![(":status", status.to_owned())]), 1..3).boxed(),
    ]
    .boxed();
    let streams = (
        message(0, interim.clone(), fields.clone()),
        message(1, interim.clone(), fields.clone()),
        message(2, interim, fields),
        0usize..4,
    )
        .prop_map(|(a, b, c, count)| {
            let mut streams = vec![a, b, c];
            streams.truncate(count);
            streams
        });
    let cuts = vec(cuts(Just(Step::Go).boxed()), 0..12);
    (
        (
            client_options(),
            transport(),
            vec(call(request(), 2), 0..4),
            once_in(2),
        ),
        (opening(), streams),
        (
            vec((any::<u8>(), other()), 0..3),
            vec(any::<u8>(), 1..8),
            cuts,
        ),
    )
        .prop_map(
            |(
                (options, mut transport, calls, keeps_handle),
                (opening, streams),
                (others, picks, cuts),
            )| {
                transport.room = None;
                ClientScenario {
                    options,
                    transport,
                    calls,
                    keeps_handle,
                    steps: steps(Vec::new(), opening, streams, others, &picks, cuts),
                }
            },
        )
        .boxed()
}
