//! Whole conversations with a server: all that a client sends, all that it gets, and what the service saw.

use http::{HeaderMap, Method, Version};

use crate::support::errors::kind;
use crate::support::reading::{lines, Reading};
use crate::support::responses::empty;
use crate::support::scripted_h1::{Delivery, HeldServer, ServerBuilder};
use crate::support::virtual_timer::expect_soon;

/// What hyper sends where its service answers with nothing.
pub const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\ndate: <date>\r\n\r\n";

/// What hyper sends where its service answers with nothing, and the connection ends.
pub const LAST_OK: &str =
    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\ndate: <date>\r\n\r\n";

/// What hyper sends by itself for a request it cannot read.
pub fn refusal(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\ndate: <date>\r\n\r\n")
}

pub const BAD_REQUEST: &str = "400 Bad Request";
pub const URI_TOO_LONG: &str = "414 URI Too Long";
pub const TOO_LARGE: &str = "431 Request Header Fields Too Large";

/// A request as the service got it.
#[derive(Debug)]
pub struct Seen {
    pub method: Method,
    pub uri: String,
    pub version: Version,
    pub headers: HeaderMap,
    /// The body, and the kind of its error with what came before.
    pub body: Result<String, (String, String)>,
}

impl Seen {
    /// `name: value` for each field, in the map's order.
    pub fn fields(&self) -> Vec<String> {
        lines(&self.headers)
    }

    pub fn text(&self) -> &str {
        self.body.as_deref().expect("the body arrived whole")
    }
}

/// A whole connection: a peer sends its input and closes, a service reads each body and answers with nothing.
#[derive(Debug)]
pub struct Conversation {
    pub requests: Vec<Seen>,
    /// All that hyper sent.
    pub replies: String,
    /// Whether hyper closed before the peer did.
    pub closed_first: bool,
    pub ended: hyper::Result<()>,
}

impl Conversation {
    /// The one request there was, answered, on a connection that stayed open.
    pub fn only_request(self) -> Seen {
        assert_eq!(self.replies, OK);
        assert!(!self.closed_first);
        self.ended.expect("the connection ends well");
        let mut requests = self.requests;
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.remove(0)
    }

    /// No request came through, and hyper answered by itself.
    pub fn assert_refused(self, status: &str, expected: &str) {
        assert!(self.requests.is_empty(), "{:?}", self.requests);
        assert_eq!(self.replies, refusal(status));
        assert!(self.closed_first);
        let error = self.ended.expect_err("the refusal is the outcome");
        assert_eq!(kind(&error), expected);
        assert!(error.is_parse());
    }
}

pub async fn converse(
    tune: impl FnOnce(&mut ServerBuilder),
    how: Delivery,
    input: impl AsRef<[u8]>,
) -> Conversation {
    let HeldServer {
        connection,
        mut calls,
        mut peer,
        ..
    } = HeldServer::new(tune);
    let service = tokio::spawn(async move {
        let mut requests = Vec::new();
        while let Some(call) = calls.recv().await {
            let (head, body) = call.request.into_parts();
            let reading = Reading::of(body).await;
            let data = reading.text();
            let body = match reading.error {
                None => Ok(data),
                Some(error) => Err((kind(&error), data)),
            };
            requests.push(Seen {
                method: head.method,
                uri: head.uri.to_string(),
                version: head.version,
                headers: head.headers,
                body,
            });
            call.answer.try_respond(empty());
        }
        requests
    });
    let connection = tokio::spawn(connection);
    peer.deliver(how, input).await;
    let mut replies = peer.settled_text().await;
    let closed_first = peer.has_ended();
    peer.eof().await;
    replies.push_str(&peer.settled_text().await);
    let ended = expect_soon("the end of hyper's connection", connection).await;
    Conversation {
        requests: service.await.expect("the service does not panic"),
        replies,
        closed_first,
        ended: ended.expect("hyper's connection does not panic"),
    }
}

/// The request of an input that is one request, whatever way it arrives.
pub async fn accepted(how: Delivery, input: impl AsRef<[u8]>) -> Seen {
    converse(|_| {}, how, input).await.only_request()
}

/// An input that hyper refuses, whatever way it arrives.
pub async fn assert_refused(input: impl AsRef<[u8]>, status: &str, expected: &str) {
    let input = input.as_ref();
    for how in Delivery::EXTREMES {
        let shown = String::from_utf8_lossy(&input[..input.len().min(200)]);
        println!("{shown:?}, {how:?}");
        let conversation = converse(|_| {}, how, input).await;
        conversation.assert_refused(status, expected);
    }
}

pub async fn assert_bad_request(input: impl AsRef<[u8]>, expected: &str) {
    assert_refused(input, BAD_REQUEST, expected).await;
}
