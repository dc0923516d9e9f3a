//! Cases that a search found and that were faults of this crate, made as small as they could be.

use bytes::Bytes;
use http::Version;
use parity::h1;
use parity::h1::scenario::{ClientOptions, ClientScenario, Mode};
use parity::plan::{BodyPlan, CallPlan, Piece, ReadPlan, RequestPlan, Usage};
use parity::script::Step;
use parity::wire::Transport;

fn client(calls: Vec<CallPlan>, steps: Vec<Step>) -> ClientScenario {
    ClientScenario {
        options: ClientOptions::default(),
        mode: Mode::Plain,
        transport: Transport::default(),
        calls,
        keeps_handle: false,
        steps,
    }
}

fn sends(text: &'static str) -> Step {
    Step::Send(vec![Bytes::from_static(text.as_bytes())])
}

#[test]
fn a_request_of_http_1_0_to_a_server_of_1_0_is_the_last() {
    let request = RequestPlan {
        version: Version::HTTP_10,
        ..RequestPlan::get()
    };
    let calls = vec![
        CallPlan::plain(RequestPlan::get()),
        CallPlan::plain(request),
    ];
    let kept = "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n";
    let last = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    h1::CLIENT.assert_same(&client(calls, vec![sends(kept), sends(last)]));
}

#[test]
fn a_body_that_will_not_be_sent_is_dropped_while_the_transport_is_full() {
    let call = CallPlan {
        read: ReadPlan {
            usage: Usage::Drop,
            ..ReadPlan::ALL
        },
        ..CallPlan::plain(RequestPlan {
            method: "POST",
            body: BodyPlan::frames(vec![Piece::Never]),
            ..RequestPlan::get()
        })
    };
    let mut scenario = client(vec![call], vec![sends("HTTP/1.1 200 OK\r\n\r\nabc")]);
    scenario.transport.room = Some(10);
    h1::CLIENT.assert_same(&scenario);
}
