//! Strategies for the scenarios of HTTP/2.

use bytes::{Bytes, BytesMut};
use http::Version;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::scenario::{ClientOptions, ClientScenario, Options, ServerOptions, ServerScenario};
use super::wire_format::frame::{Frame, PREFACE};
use super::wire_format::hpack::encode;
use crate::generate::{
    body, cuts, data, delay, milliseconds, once_in, order, rarely, reading, script, transport,
    upgrade, Cut, Cuts,
};
use crate::plan::{Answer, CallPlan, Lines, RequestPlan, ResponsePlan, ServicePlan, Wait};
use crate::script::Step;

type Fields = Vec<(&'static str, String)>;

/// What the peer does next. Streams are numbered by the order in which they begin.
#[derive(Clone, Debug)]
enum Act {
    Headers {
        stream: usize,
        fields: Fields,
        ends: bool,
        splits: bool,
    },
    Data {
        stream: usize,
        data: Bytes,
        padding: Option<u8>,
        ends: bool,
    },
    Reset {
        stream: usize,
        code: u32,
    },
    /// For a stream, or the connection.
    Window {
        stream: Option<usize>,
        increment: u32,
    },
    Settings(Vec<(u16, u32)>),
    SettingsAck,
    Ping(bool),
    GoAway {
        last: u32,
        code: u32,
    },
    /// Any frame at all.
    Raw {
        kind: u8,
        flags: u8,
        stream: u32,
        payload: Bytes,
    },
    /// No frame.
    Bytes(Bytes),
}

fn id(stream: usize) -> u32 {
    2 * stream as u32 + 1
}

fn write(act: &Act, out: &mut BytesMut) {
    let frame = match act {
        Act::Headers {
            stream,
            fields,
            ends,
            splits,
        } => {
            let lines: Vec<_> = fields
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let block = encode(&lines);
            let (stream, ends) = (id(*stream), *ends);
            if *splits && block.len() > 1 {
                let (first, rest) = (
                    block.slice(..block.len() / 2),
                    block.slice(block.len() / 2..),
                );
                Frame::Headers {
                    stream,
                    block: first,
                    end_stream: ends,
                    end_headers: false,
                }
                .encode(out);
                Frame::Continuation {
                    stream,
                    block: rest,
                    end_headers: true,
                }
            } else {
                Frame::Headers {
                    stream,
                    block,
                    end_stream: ends,
                    end_headers: true,
                }
            }
        }
        Act::Data {
            stream,
            data,
            padding,
            ends,
        } => Frame::Data {
            stream: id(*stream),
            payload: data.clone(),
            padding: *padding,
            end_stream: *ends,
        },
        Act::Reset { stream, code } => Frame::Reset {
            stream: id(*stream),
            code: (*code).into(),
        },
        Act::Window { stream, increment } => Frame::WindowUpdate {
            stream: stream.map_or(0, id),
            increment: *increment,
        },
        Act::Settings(entries) => Frame::Settings {
            ack: false,
            entries: entries.clone(),
        },
        Act::SettingsAck => Frame::Settings {
            ack: true,
            entries: Vec::new(),
        },
        Act::Ping(ack) => Frame::Ping {
            ack: *ack,
            payload: *b"pingpong",
        },
        Act::GoAway { last, code } => Frame::GoAway {
            last: *last,
            code: (*code).into(),
            debug: Bytes::new(),
        },
        Act::Raw {
            kind,
            flags,
            stream,
            payload,
        } => Frame::Other {
            kind: *kind,
            flags: *flags,
            stream: *stream,
            payload: payload.clone(),
        },
        Act::Bytes(bytes) => return out.extend_from_slice(bytes),
    };
    frame.encode(out);
}

// ----- options -----

fn window() -> impl Strategy<Value = Option<u32>> {
    proptest::option::weighted(
        0.9,
        prop_oneof![
            8 => 0u32..200,
            8 => 60_000u32..70_000,
            8 => Just(1 << 20),
            1 => Just(1 << 31),
        ],
    )
}

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

fn line() -> impl Strategy<Value = (&'static str, String)> {
    let usual = select(vec![
        ("x-a", "1"),
        ("x-a", "2"),
        ("cookie", "a=b"),
        ("cookie", "c=d"),
        ("content-type", "text/plain"),
        ("te", "trailers"),
        ("trailer", "x-t"),
        ("expect", "100-continue"),
        ("host", "b"),
    ]);
    let odd = select(vec![
        ("X-A", "1"),
        ("connection", "close"),
        ("te", "gzip"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "x"),
        ("keep-alive", "1"),
        ("content-length", "0"),
        ("content-length", "5"),
        ("content-length", "x"),
        ("content-length", "18446744073709551615"),
        (":x", "1"),
        (":path", "/b"),
        ("", "x"),
        ("x y", "1"),
        ("x-empty", ""),
        ("x-ctl", "\u{1}"),
        ("x-latin", "\u{e9}"),
        ("date", "x"),
    ]);
    let long = (1_000usize..20_000).prop_map(|len| ("x-long", "l".repeat(len)));
    let known = prop_oneof![12 => usual, 1 => odd];
    let known = known.prop_map(|(name, value)| (name, value.to_owned()));
    prop_oneof![30 => known, 1 => long]
}

fn request_fields() -> impl Strategy<Value = Fields> {
    let owned = |fields: &[(&'static str, &str)]| -> Fields {
        fields
            .iter()
            .map(|(name, value)| (*name, value.to_string()))
            .collect()
    };
    let with = move |method: &str| {
        owned(&[
            (":method", method),
            (":scheme", "https"),
            (":authority", "a"),
            (":path", "/p?q"),
        ])
    };
    let start = prop_oneof![
        10 => select(vec![with("GET"), with("POST")]),
        3 => select(vec![with("HEAD"), with("PUT"), with("DELETE"), with("OPTIONS"), with("M-SEARCH")]),
        5 => Just(owned(&[(":method", "CONNECT"), (":authority", "a:443")])),
        3 => Just(owned(&[
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https"),
            (":authority", "a"),
            (":path", "/"),
        ])),
        2 => select(vec![
            owned(&[(":method", "GET"), (":scheme", "https"), (":path", "/")]),
            owned(&[(":method", "GET"), (":authority", "a"), (":path", "/")]),
            owned(&[(":method", "GET"), (":scheme", "https"), (":authority", "a")]),
            owned(&[(":scheme", "https"), (":authority", "a"), (":path", "/")]),
            owned(&[(":method", "CONNECT")]),
            owned(&[(":method", "CONNECT"), (":authority", "a"), (":path", "/")]),
            owned(&[(":method", "GET"), (":scheme", "x y"), (":authority", "a"), (":path", "/")]),
            owned(&[(":method", "GET"), (":scheme", "https"), (":authority", "a b"), (":path", "/")]),
            owned(&[(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "*")]),
            owned(&[(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "")]),
            owned(&[(":method", "G T"), (":scheme", "https"), (":authority", "a"), (":path", "/")]),
            owned(&[(":status", "200")]),
            owned(&[(":method", "GET"), (":protocol", "x"), (":scheme", "https"), (":path", "/")]),
            owned(&[]),
        ]),
    ];
    (start, vec(line(), 0..4)).prop_map(|(mut fields, lines)| {
        fields.extend(lines);
        fields
    })
}

fn response_fields() -> impl Strategy<Value = Fields> {
    let status = prop_oneof![
        12 => Just("200"),
        6 => select(vec!["204", "304", "404", "500", "201"]),
        2 => select(vec!["101", "999", "000", "20", "x", ""]),
    ];
    let start = status.prop_map(|status| vec![(":status", status.to_owned())]);
    let odd = select(vec![
        Vec::new(),
        vec![(":method", "GET".to_owned())],
        vec![(":status", "200".to_owned()), (":status", "200".to_owned())],
    ]);
    (prop_oneof![20 => start, 1 => odd], vec(line(), 0..4)).prop_map(|(mut fields, lines)| {
        fields.extend(lines);
        fields
    })
}

fn code() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(0u32), 3 => Just(8u32), 3 => 0u32..14, 1 => Just(77u32)]
}

/// The frames of one message, with what happens to its stream. `heads` come before the last one.
fn message(
    stream: usize,
    heads: BoxedStrategy<Vec<Fields>>,
    fields: BoxedStrategy<Fields>,
) -> impl Strategy<Value = Vec<Act>> {
    let piece = (data(), proptest::option::weighted(0.1, any::<u8>()));
    let pieces = prop_oneof![2 => Just(Vec::new()).boxed(), 3 => vec(piece, 0..5).boxed()];
    let length = prop_oneof![3 => Just(None), 2 => Just(Some(0i8)), 1 => (-5i8..5).prop_map(Some)];
    let trailers = prop_oneof![
        4 => Just(None),
        1 => vec(line(), 0..3).prop_map(Some),
    ];
    let end = prop_oneof![
        8 => Just(End::Stream),
        2 => Just(End::Open),
        2 => code().prop_map(End::Reset),
    ];
    let windows = vec(
        (
            any::<u16>(),
            prop_oneof![1u32..100, Just(70_000u32), Just(0u32), Just(1 << 30)],
        ),
        0..3,
    );
    (
        heads,
        fields,
        pieces,
        length,
        trailers,
        end,
        windows,
        once_in(8),
    )
        .prop_map(
            move |(heads, mut fields, pieces, length, trailers, end, windows, splits)| {
                let len: usize = pieces.iter().map(|(data, _)| data.len()).sum();
                if let Some(delta) = length.filter(|_| !pieces.is_empty()) {
                    let length = (len as u64).saturating_add_signed(delta.into());
                    fields.push(("content-length", length.to_string()));
                }
                let mut acts: Vec<_> = heads
                    .into_iter()
                    .map(|fields| Act::Headers {
                        stream,
                        fields,
                        ends: false,
                        splits: false,
                    })
                    .collect();
                let ends = end == End::Stream;
                let last = pieces.len();
                let ends_with_head = ends && pieces.is_empty() && trailers.is_none();
                acts.push(Act::Headers {
                    stream,
                    fields,
                    ends: ends_with_head,
                    splits,
                });
                for (number, (data, padding)) in pieces.into_iter().enumerate() {
                    let ends = ends && trailers.is_none() && number + 1 == last;
                    acts.push(Act::Data {
                        stream,
                        data,
                        padding,
                        ends,
                    });
                }
                if let Some(fields) = trailers {
                    acts.push(Act::Headers {
                        stream,
                        fields,
                        ends,
                        splits: false,
                    });
                }
                if let End::Reset(code) = end {
                    acts.push(Act::Reset { stream, code });
                }
                for (at, increment) in windows {
                    let at = 1 + acts.len() * usize::from(at) / (usize::from(u16::MAX) + 1);
                    acts.insert(
                        at.min(acts.len()),
                        Act::Window {
                            stream: Some(stream),
                            increment,
                        },
                    );
                }
                acts
            },
        )
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Stream,
    Open,
    Reset(u32),
}

/// Frames that concern the connection.
fn other() -> impl Strategy<Value = Act> {
    let entry = prop_oneof![
        Just((1u16, 0u32)),
        (0u32..5).prop_map(|streams| (3, streams)),
        prop_oneof![
            Just(0u32),
            1u32..100,
            Just(65_535),
            Just(1 << 20),
            Just(1 << 31)
        ]
        .prop_map(|size| (4, size)),
        prop_oneof![Just(16_384u32), Just(20_000), Just(100)].prop_map(|size| (5, size)),
        (0u32..20_000).prop_map(|size| (6, size)),
        (0u32..3).prop_map(|on| (8, on)),
        (0u32..3).prop_map(|on| (2, on)),
        Just((99u16, 1u32)),
    ];
    let raw = (0u8..12, any::<u8>(), 0u32..8, vec(any::<u8>(), 0..20)).prop_map(
        |(kind, flags, stream, payload)| Act::Raw {
            kind,
            flags,
            stream,
            payload: payload.into(),
        },
    );
    prop_oneof![
        6 => prop_oneof![1u32..100, Just(70_000u32), Just(0u32)].prop_map(|increment| Act::Window { stream: None, increment }),
        4 => vec(entry, 0..3).prop_map(Act::Settings),
        2 => Just(Act::SettingsAck),
        3 => any::<bool>().prop_map(Act::Ping),
        1 => (0u32..6, code()).prop_map(|(last, code)| Act::GoAway { last, code }),
        1 => raw,
        1 => vec(any::<u8>(), 1..30).prop_map(|bytes| Act::Bytes(bytes.into())),
    ]
}

/// How a connection opens: SETTINGS, mostly.
fn opening() -> impl Strategy<Value = Vec<Act>> {
    let settings = prop_oneof![
        6 => Just(Vec::new()),
        1 => prop_oneof![Just(0u32), 1u32..100, Just(1 << 20)].prop_map(|size| vec![(4u16, size)]),
        1 => (0u32..3).prop_map(|streams| vec![(3u16, streams)]),
        1 => Just(vec![(8u16, 1u32)]),
    ];
    let usual = settings.prop_map(|entries| vec![Act::Settings(entries), Act::SettingsAck]);
    prop_oneof![
        30 => usual,
        1 => Just(Vec::new()),
        1 => other().prop_map(|act| vec![act]),
    ]
}

/// The acts of all streams, one after the other or interleaved, in the steps of a script.
fn steps(
    preface: Vec<u8>,
    opening: Vec<Act>,
    streams: Vec<Vec<Act>>,
    others: Vec<(u8, Act)>,
    picks: &[u8],
    cuts: Vec<Cuts>,
) -> Vec<Step> {
    let mut queues: Vec<_> = streams.into_iter().map(Vec::into_iter).collect();
    let mut acts = opening;
    let mut picks = picks.iter().copied().cycle();
    // No stream begins before those with smaller numbers.
    let mut begun = 1;
    while queues.iter().any(|queue| queue.len() > 0) {
        let pick = usize::from(picks.next().unwrap_or(0));
        let open = begun.min(queues.len());
        let first = (0..queues.len()).find(|at| queues[*at].len() > 0);
        let at = match queues[pick % open].len() {
            0 => first.expect("one has something"),
            _ => pick % open,
        };
        acts.extend(queues[at].next());
        begun = begun.max(at + 2);
    }
    for (at, act) in others {
        let at = acts.len() * usize::from(at) / 256;
        acts.insert(at, act);
    }
    let mut messages = vec![(preface, (Vec::new(), None))];
    let mut cuts = cuts.into_iter();
    for act in acts {
        let mut bytes = BytesMut::new();
        write(&act, &mut bytes);
        let cuts = cuts.next().unwrap_or((Vec::new(), Some(Cut::Rest)));
        messages.push((bytes.to_vec(), cuts));
    }
    script(messages)
}

// ----- what the user does -----

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

fn service() -> impl Strategy<Value = ServicePlan> {
    let answer = prop_oneof![
        24 => response().prop_map(Answer::Response),
        4 => response().prop_map(Answer::Echo),
        1 => reason().prop_map(Answer::Fail),
        1 => Just(Answer::Never),
        1 => Just(Answer::Panic),
    ];
    (reading(), order(), delay(), answer, upgrade()).prop_map(
        |(read, order, delay, answer, upgrade)| ServicePlan {
            read,
            order,
            delay,
            answer,
            upgrade,
        },
    )
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
        (server_options(), transport(), vec(service(), 1..4)),
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

fn call() -> impl Strategy<Value = CallPlan> {
    let wait = prop_oneof![
        10 => Just(Wait::Ready),
        3 => Just(Wait::Go),
        2 => Just(Wait::No),
        1 => milliseconds().prop_map(Wait::Pause),
    ];
    (
        (wait, request(), any::<bool>(), once_in(5)),
        (
            proptest::option::weighted(0.1, milliseconds()),
            any::<bool>(),
            reading(),
            upgrade(),
        ),
    )
        .prop_map(
            |((wait, request, tries, informational), (cancel, background, read, upgrade))| {
                CallPlan {
                    wait,
                    request,
                    tries,
                    informational,
                    cancel,
                    background,
                    read,
                    upgrade,
                }
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
        (client_options(), transport(), vec(call(), 0..4), once_in(2)),
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
