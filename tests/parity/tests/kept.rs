//! Cases that a search found and that were faults of this crate, made as small as they could be.

use bytes::Bytes;
use http::Version;
use parity::h1::scenario::{ClientOptions, ClientScenario, Mode};
use parity::h2::scenario as h2_scenario;
use parity::plan::{BodyPlan, CallPlan, Piece, ReadPlan, RequestPlan, Usage};
use parity::script::Step;
use parity::wire::Transport;
use parity::{h1, h2};

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

fn sends(bytes: &'static (impl AsRef<[u8]> + ?Sized)) -> Step {
    Step::Send(vec![Bytes::from_static(bytes.as_ref())])
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

#[test]
fn a_client_whose_peer_violates_http_2_is_told_what_went_into_the_goaway() {
    let mut options = h2_scenario::ClientOptions::default();
    options.common.max_header_list_size = Some(10);
    let settings = b"\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0";
    let too_large = b"\0\0\x0d\x01\x05\0\0\0\x01\0\x07:status\x03200";
    h2::CLIENT.assert_same(&h2_scenario::ClientScenario {
        options,
        transport: Transport::default(),
        calls: Vec::new(),
        keeps_handle: true,
        steps: vec![sends(settings), sends(too_large)],
    });
}
