//! Strategies for the scenarios of HTTP/1.

use http::Version;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::scenario::{ClientOptions, ClientScenario, Mode, ServerOptions, ServerScenario};
use super::texts::{message, Kind};
use crate::generate::{body, call, cuts, once_in, rarely, script, service, transport};
use crate::plan::{Answer, Lines, RequestPlan, ResponsePlan, ServicePlan};
use crate::script::Step;

fn mode() -> impl Strategy<Value = Mode> {
    select(vec![Mode::Plain, Mode::WithUpgrades, Mode::WithoutShutdown])
}

fn limits() -> impl Strategy<Value = (Option<usize>, Option<usize>, Option<usize>)> {
    (
        rarely(prop_oneof![0usize..5, 90usize..110]),
        rarely(prop_oneof![1usize..200, 8_000usize..20_000]),
        rarely(prop_oneof![
            Just(8_192usize),
            8_192usize..30_000,
            Just(8_191)
        ]),
    )
}

fn server_options() -> impl Strategy<Value = ServerOptions> {
    let flag = || rarely(any::<bool>());
    let timeout = prop_oneof![Just(None), (0u64..60).prop_map(Some), Just(Some(6_000))];
    (
        (flag(), flag(), flag(), flag(), flag(), flag(), flag()),
        (flag(), flag()),
        limits(),
        rarely(timeout),
        prop_oneof![Just(true), Just(false)],
    )
        .prop_map(
            |(flags, more, limits, header_read_timeout, timer)| ServerOptions {
                half_close: flags.0,
                keep_alive: flags.1,
                title_case_headers: flags.2,
                preserve_header_case: flags.3,
                ignore_invalid_headers: flags.4,
                allow_multiple_spaces_in_request_line_delimiters: flags.5,
                writev: flags.6,
                auto_date_header: more.0,
                pipeline_flush: more.1,
                max_headers: limits.0,
                max_header_size: limits.1,
                max_buf_size: limits.2,
                header_read_timeout,
                timer,
            },
        )
}

fn version() -> impl Strategy<Value = Version> {
    prop_oneof![
        20 => Just(Version::HTTP_11),
        4 => Just(Version::HTTP_10),
        2 => Just(Version::HTTP_2),
        1 => Just(Version::HTTP_3),
        1 => Just(Version::HTTP_09),
    ]
}

/// Fields of messages that hyper is given.
fn lines() -> impl Strategy<Value = Lines> {
    let usual = select(vec![
        ("x-a", "1"),
        ("x-a", "2"),
        ("set-cookie", "a=b"),
        ("x-empty", ""),
        ("content-type", "text/plain"),
        ("trailer", "x-t"),
        ("trailer", "x-u, host"),
        ("te", "trailers"),
    ]);
    let odd = select(vec![
        ("connection", "close"),
        ("connection", "keep-alive"),
        ("connection", "upgrade"),
        ("connection", "x-a"),
        ("upgrade", "websocket"),
        ("expect", "100-continue"),
        ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("host", "a"),
        ("transfer-encoding", "chunked"),
        ("transfer-encoding", "gzip"),
        ("transfer-encoding", "Chunked"),
        ("transfer-encoding", ""),
        ("content-length", "0"),
        ("content-length", "5"),
    ]);
    let line = prop_oneof![3 => usual, 1 => odd];
    vec(
        line.prop_map(|(name, value)| (name, value.to_owned())),
        0..4,
    )
}

fn response() -> impl Strategy<Value = ResponsePlan> {
    let status = prop_oneof![
        20 => Just(200u16),
        10 => select(vec![201u16, 204, 304, 404, 500]),
        4 => Just(101),
        1 => select(vec![100u16, 103, 205, 299, 999]),
    ];
    let reason = rarely(select(vec!["Its Own", "", "\u{e9}"]));
    (status, version(), lines(), reason, body(), once_in(6)).prop_map(
        |(status, version, fields, reason, body, keeps_extensions)| ResponsePlan {
            status,
            version,
            fields,
            reason,
            body,
            keeps_extensions,
        },
    )
}

fn one_service() -> impl Strategy<Value = ServicePlan> {
    let answer = prop_oneof![
        30 => response().prop_map(Answer::Response),
        3 => response().prop_map(Answer::Echo),
        1 => Just(Answer::Fail(None)),
        1 => Just(Answer::Never),
        1 => Just(Answer::Panic),
    ];
    service(answer)
}

pub fn server() -> BoxedStrategy<ServerScenario> {
    let messages = vec(
        (message(Kind::Request), cuts(Just(Step::Graceful).boxed())),
        0..4,
    );
    (
        server_options(),
        mode(),
        transport(),
        vec(one_service(), 1..4),
        messages,
    )
        .prop_map(
            |(options, mode, transport, services, messages)| ServerScenario {
                options,
                mode,
                transport,
                services,
                steps: script(messages),
            },
        )
        .boxed()
}

fn client_options() -> impl Strategy<Value = ClientOptions> {
    let flag = || rarely(any::<bool>());
    (
        (flag(), flag(), flag(), flag(), flag(), flag(), flag()),
        limits(),
        rarely(rarely(prop_oneof![1usize..200, 8_000usize..20_000])),
    )
        .prop_map(|(flags, limits, read_buf_exact_size)| ClientOptions {
            http09_responses: flags.0,
            allow_spaces_after_header_name_in_responses: flags.1,
            allow_obsolete_multiline_headers_in_responses: flags.2,
            ignore_invalid_headers_in_responses: flags.3,
            title_case_headers: flags.4,
            preserve_header_case: flags.5,
            writev: flags.6,
            max_headers: limits.0,
            max_header_size: limits.1,
            max_buf_size: limits.2,
            read_buf_exact_size,
        })
}

fn request() -> impl Strategy<Value = RequestPlan> {
    let method = prop_oneof![
        8 => Just("GET"),
        8 => Just("POST"),
        4 => select(vec!["HEAD", "CONNECT", "DELETE", "PUT", "M-SEARCH"]),
    ];
    let uri = prop_oneof![
        8 => Just("/"),
        3 => select(vec!["a:443", "http://a/b?c", "*", "/a?b", "http://a"]),
    ];
    (method, uri, version(), lines(), body()).prop_map(|(method, uri, version, fields, body)| {
        RequestPlan {
            method,
            uri,
            version,
            fields,
            protocol: None,
            body,
        }
    })
}

pub fn client() -> BoxedStrategy<ClientScenario> {
    let messages = vec(
        (message(Kind::Response), cuts(Just(Step::Go).boxed())),
        0..4,
    );
    (
        client_options(),
        mode(),
        transport(),
        vec(call(request(), 6), 0..4),
        once_in(2),
        messages,
    )
        .prop_map(
            |(options, mode, transport, calls, keeps_handle, messages)| ClientScenario {
                options,
                mode,
                transport,
                calls,
                keeps_handle,
                steps: script(messages),
            },
        )
        .boxed()
}
