//! hyper as the client of a hostile server.

use std::fmt;

use http::{Method, Request};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::messages::Bytes;
use crate::pieces::{cut, pieces, Pieces};
use crate::reference::{read_answer, Answer, BodyEnd, Message};
use crate::server::{assert_same, assert_same_head, fields, on_paused_clock};
use crate::support::bodies::empty_body;
use crate::support::reading::Reading;
use crate::support::scripted_h1::{Client, Delivery};
use crate::support::virtual_timer::run_until_idle;

/// One connection: requests, and what the server says to each.
#[derive(Clone)]
pub struct Script {
    pub exchanges: Vec<(&'static str, Bytes)>,
    pub pieces: Pieces,
    /// Whether bodies are read, or dropped with their response.
    pub reads: bool,
    pub small_buffer: bool,
}

impl fmt::Debug for Script {
    /// In a form that can be pasted into `regressions.rs`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exchanges = self
            .exchanges
            .iter()
            .map(|(method, bytes)| format!("({method:?}, b\"{}\".to_vec())", bytes.escape_ascii()));
        let exchanges = exchanges.collect::<Vec<_>>().join(", ");
        f.debug_struct("Script")
            .field("exchanges", &format_args!("vec![{exchanges}]"))
            .field("pieces", &format_args!("vec!{:?}", self.pieces))
            .field("reads", &self.reads)
            .field("small_buffer", &self.small_buffer)
            .finish()
    }
}

pub fn script(answers: impl Strategy<Value = Vec<Bytes>>) -> impl Strategy<Value = Script> {
    let method = select(&["GET", "GET", "GET", "POST", "HEAD", "CONNECT"][..]);
    let reads = prop_oneof![3 => Just(true), 1 => Just(false)];
    (answers, vec(method, 4), pieces(), reads, any::<bool>()).prop_map(
        |(answers, methods, pieces, reads, small_buffer)| Script {
            exchanges: methods.into_iter().zip(answers).collect(),
            pieces,
            reads,
            small_buffer,
        },
    )
}

pub fn play(script: &Script) {
    on_paused_clock(exchange_all(script));
}

async fn exchange_all(script: &Script) {
    let mut client = Client::tuned(|builder| {
        if script.small_buffer {
            builder.max_buf_size(8192);
        }
    });
    run_until_idle().await;
    for (number, (method, answer)) in script.exchanges.iter().enumerate() {
        assert!(client.requests().is_ready(), "exchange {number}");
        let kept = exchange(script, &mut client, method, answer).await;
        run_until_idle().await;
        let ready = client.requests().is_ready();
        assert!(kept || !ready, "exchange {number} ended the connection");
        // A response that was dropped unread may have.
        assert!(
            ready || !kept || !script.reads,
            "exchange {number} left it usable"
        );
        if !ready {
            break;
        }
    }
    client.close();
    client.peer.eof().await;
    let outcome = client.outcome().await;
    // Its result is told to the request, or is here; that it ends without a panic is what counts.
    let _ = outcome.expect("hyper's connection does not panic");
}

/// Plays one exchange and compares it. Tells whether the connection may be used again.
async fn exchange(script: &Script, client: &mut Client, method: &str, answer: &[u8]) -> bool {
    let expected = read_answer(method, answer);
    let mut request = Request::new(empty_body());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).expect("a method");
    if method == "CONNECT" {
        *request.uri_mut() = "a.example:443".parse().expect("an authority");
    }
    let exchange = client.send(request);
    let said = client.peer.settled_text().await;
    assert!(said.starts_with(&format!("{method} ")) && said.ends_with("\r\n\r\n"));
    for piece in cut(answer, &script.pieces) {
        client.peer.deliver(Delivery::Whole, piece).await;
    }
    let finishes = matches!(expected, Answer::Response { kept: true, .. });
    if !finishes {
        // What is not over yet is now.
        client.peer.eof().await;
        run_until_idle().await;
    }
    assert!(exchange.is_finished(), "the request waits for nothing more");
    let (message, kept) = match (exchange.outcome().await, expected) {
        (Err(_), Answer::None) => return false,
        (Ok(response), Answer::Upgrade) => {
            assert!(response.status() == 101 || method == "CONNECT");
            return false;
        }
        (Ok(response), Answer::Response { message, kept }) => {
            let (head, body) = response.into_parts();
            let mut seen = Message {
                start: format!("{:?} {}", head.version, head.status.as_u16()),
                fields: fields(&head.headers),
                body: Vec::new(),
                trailers: Vec::new(),
                end: BodyEnd::Unsaid,
            };
            if script.reads {
                let reading = Reading::start(body).finish().await;
                seen.end = match reading.error {
                    None => BodyEnd::Complete,
                    Some(_) => BodyEnd::Bad,
                };
                seen.body = reading.data;
                seen.trailers = fields(&reading.trailers.unwrap_or_default());
                assert_same(&seen, &message);
            } else {
                assert_same_head(&seen, &message);
            }
            (message, kept)
        }
        (outcome, expected) => panic!("{outcome:?} where {expected:?} was due"),
    };
    kept && message.end != BodyEnd::Unsaid
}
