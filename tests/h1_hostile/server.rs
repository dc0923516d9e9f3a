//! hyper as the server of a hostile client.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use proptest::prelude::*;

use crate::messages::Bytes;
use crate::pieces::{cut, pieces, Pieces};
use crate::reference::{read_requests, BodyEnd, Ending, Message, Requests};
use crate::support::bodies::TestBody;
use crate::support::errors::kind;
use crate::support::gate::wire;
use crate::support::responses::{empty, with_status};
use crate::support::scripted_h1::{Delivery, Head, HyperIo, Peer, ServerBuilder};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

/// How much of each body the service reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appetite {
    All,
    OneFrame,
    Nothing,
}

/// Options that must not matter to what is read.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub small_buffer: bool,
    pub half_close: bool,
    pub pipeline_flush: bool,
    pub vectored: bool,
}

/// One connection.
#[derive(Clone)]
pub struct Script {
    pub input: Bytes,
    pub pieces: Pieces,
    pub appetite: Appetite,
    pub setup: Setup,
}

impl fmt::Debug for Script {
    /// In a form that can be pasted into `regressions.rs`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field(
                "input",
                &format_args!("b\"{}\".to_vec()", self.input.escape_ascii()),
            )
            .field("pieces", &format_args!("vec!{:?}", self.pieces))
            .field("appetite", &self.appetite)
            .field("setup", &self.setup)
            .finish()
    }
}

pub fn script(input: impl Strategy<Value = Bytes>) -> impl Strategy<Value = Script> {
    let appetite = prop_oneof![
        4 => Just(Appetite::All),
        1 => Just(Appetite::OneFrame),
        1 => Just(Appetite::Nothing),
    ];
    let setup = any::<[bool; 4]>().prop_map(
        |[small_buffer, half_close, pipeline_flush, vectored]| Setup {
            small_buffer,
            half_close,
            pipeline_flush,
            vectored,
        },
    );
    (input, pieces(), appetite, setup).prop_map(|(input, pieces, appetite, setup)| Script {
        input,
        pieces,
        appetite,
        setup,
    })
}

/// What happened to the connection.
struct Outcome {
    seen: Vec<Message>,
    replies: String,
    ended: hyper::Result<()>,
}

pub fn play(script: &Script) {
    let expected = read_requests(&script.input);
    let outcome = on_paused_clock(serve(script));
    check(script, &expected, &outcome);
}

pub fn on_paused_clock<T>(future: impl std::future::Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime").block_on(future)
}

async fn serve(script: &Script) -> Outcome {
    let (far, near) = wire();
    let mut io = HyperIo::new(near);
    if !script.setup.vectored {
        io = io.not_vectored();
    }
    let mut builder = ServerBuilder::new();
    builder
        .half_close(script.setup.half_close)
        // hyper 1.12.0 holds an answer back for a request that never comes.
        .pipeline_flush(script.setup.pipeline_flush && !cfg!(feature = "released"));
    if script.setup.small_buffer {
        builder.max_buf_size(8192);
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, appetite) = (seen.clone(), script.appetite);
    let service = service_fn(move |request| answer(request, appetite, log.clone()));
    let connection = tokio::spawn(builder.serve_connection(io, service));
    let mut peer = Peer::new(far);
    for piece in cut(&script.input, &script.pieces) {
        peer.deliver(Delivery::Whole, piece).await;
    }
    let mut replies = peer.settled_text().await;
    peer.eof().await;
    replies += &peer.settled_text().await;
    assert!(peer.has_ended(), "the connection ends with its peer");
    let ended = expect_soon("the end of hyper's connection", connection).await;
    run_until_idle().await;
    let seen = std::mem::take(&mut *seen.lock().expect("no panic"));
    Outcome {
        seen,
        replies,
        ended: ended.expect("hyper's connection does not panic"),
    }
}

async fn answer(
    request: Request<Incoming>,
    appetite: Appetite,
    log: Arc<Mutex<Vec<Message>>>,
) -> Result<Response<TestBody>, Infallible> {
    let (head, mut body) = request.into_parts();
    let number = {
        let mut log = log.lock().expect("no panic");
        log.push(Message {
            start: format!("{} {} {:?}", head.method, head.uri, head.version),
            fields: fields(&head.headers),
            body: Vec::new(),
            trailers: Vec::new(),
            end: BodyEnd::Unsaid,
        });
        log.len() - 1
    };
    let frames = match appetite {
        Appetite::All => usize::MAX,
        Appetite::OneFrame => 1,
        Appetite::Nothing => 0,
    };
    for _ in 0..frames {
        let frame = body.frame().await;
        let mut log = log.lock().expect("no panic");
        let message = &mut log[number];
        match frame.map(|frame| frame.map(|frame| frame.into_data())) {
            None => message.end = BodyEnd::Complete,
            Some(Err(_)) => message.end = BodyEnd::Bad,
            Some(Ok(Ok(data))) => message.body.extend_from_slice(&data),
            Some(Ok(Err(other))) => {
                let trailers = other.into_trailers().expect("a frame is data or trailers");
                message.trailers = fields(&trailers);
            }
        }
        if message.end != BodyEnd::Unsaid {
            break;
        }
    }
    let mut response = empty();
    if head.method == Method::CONNECT {
        // A 200 would turn the rest of the input into a tunnel's.
        response = with_status(403, response);
    }
    response.headers_mut().insert("x-number", number.into());
    Ok(response)
}

/// The fields of a map in an order of their own, content-length left out.
pub fn fields(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let field = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), value.as_bytes().to_vec())
    };
    let mut fields: Vec<_> = map.iter().map(field).collect();
    fields.retain(|(name, _)| name != "content-length");
    // A map keeps the order of each name's values, and no other.
    fields.sort_by(|(one, _), (other, _)| one.cmp(other));
    fields
}

/// Whether the recipient got what the reference says. Trailers that may not be are of no account.
pub fn assert_same(seen: &Message, expected: &Message) {
    assert_same_head(seen, expected);
    if expected.end == BodyEnd::Unsaid {
        assert!(expected.body.starts_with(&seen.body) || seen.body.starts_with(&expected.body));
        return;
    }
    assert_eq!(
        seen.body.escape_ascii().to_string(),
        expected.body.escape_ascii().to_string()
    );
    assert_eq!(seen.end, expected.end);
    let mut trailers = expected.trailers.clone();
    trailers.sort_by(|(one, _), (other, _)| one.cmp(other));
    let may = |field: &&(String, Vec<u8>)| trailers.contains(field);
    let seen: Vec<_> = seen.trailers.iter().filter(may).cloned().collect();
    assert_eq!(seen, trailers);
}

pub fn assert_same_head(seen: &Message, expected: &Message) {
    assert_eq!(seen.start, expected.start);
    let mut fields = expected.fields.clone();
    fields.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert_eq!(seen.fields, fields);
}

fn check(script: &Script, expected: &Requests, outcome: &Outcome) {
    let unsaid = expected.ending == Ending::Unsaid;
    for (seen, message) in outcome.seen.iter().zip(&expected.messages) {
        match script.appetite {
            Appetite::All => assert_same(seen, message),
            _ => {
                assert_same_head(seen, message);
                assert!(message.body.starts_with(&seen.body) || message.end == BodyEnd::Unsaid);
            }
        }
    }
    let (seen, sent) = (outcome.seen.len(), expected.messages.len());
    assert!(seen <= sent || unsaid, "{seen} requests out of {sent}");
    check_replies(expected, outcome);
    if script.appetite != Appetite::All || unsaid {
        return;
    }
    assert_eq!(seen, sent, "requests got lost");
    match (&outcome.ended, expected.ending) {
        (Ok(()), Ending::Clean | Ending::Closed) => {}
        (Err(error), Ending::Refused) => assert!(error.is_parse(), "{error:?}"),
        (Err(error), Ending::InHead) => {
            assert!(
                error.is_parse() || error.is_incomplete_message(),
                "{error:?}"
            );
        }
        (ended, ending) => panic!("{ended:?} where {ending:?} was due"),
    }
}

/// Every request is answered, in order, and a refusal is the last word.
fn check_replies(expected: &Requests, outcome: &Outcome) {
    let mut rest = &*outcome.replies;
    let mut number = 0;
    let mut refused = false;
    while !rest.is_empty() {
        let (head, end) = Head::parse(rest).expect("replies are heads, nothing else");
        rest = &rest[end..];
        if head.status() == 100 {
            continue;
        }
        assert!(!refused, "a reply behind a refusal");
        match head.get("x-number") {
            Some(number_said) => {
                assert_eq!(number_said, number.to_string());
                number += 1;
            }
            None => {
                assert!([400, 414, 431].contains(&head.status()), "{head:?}");
                let old = head.start_line.starts_with("HTTP/1.0 ");
                assert!(head.says_close() || old, "{head:?}");
                refused = true;
            }
        }
    }
    assert_eq!(number, outcome.seen.len(), "every request is answered");
    if refused {
        let error = outcome.ended.as_ref().expect_err("a refusal is an error");
        assert!(kind(error).starts_with("Parse("), "{error:?}");
        let due = [Ending::Refused, Ending::InHead, Ending::Unsaid];
        assert!(
            due.contains(&expected.ending),
            "a refusal of what can be read"
        );
    }
}
