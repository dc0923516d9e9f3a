//! The client's side: sends requests, receives responses.

use bytes::{Bytes, BytesMut};
use http::{request, response, Method};

use crate::body::length::Content;
use crate::error::kind::{Parse, User};
use crate::proto::h1::config::Config;
use crate::proto::h1::fields::located::LineAt;
use crate::proto::h1::head::message::{Located, Minor, Outgoing, Parsed};
use crate::proto::h1::head::parse_response::StatusLine;
use crate::proto::h1::head::{encode_request, parse_response};
use crate::proto::h1::role::binding::{FirstBytes, Role};
use crate::proto::h1::state::{First, KeepAlive};

pub(crate) enum Client {}

/// What a request leaves for its response, and responses for later requests.
#[derive(Debug)]
pub(crate) struct Exchange {
    method: Method,
    /// The version of the last response.
    peer: Option<Minor>,
}

impl Default for Exchange {
    fn default() -> Exchange {
        Exchange {
            method: Method::GET,
            peer: None,
        }
    }
}

impl Exchange {
    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    /// What the server is known to speak; the latest version until it has said something.
    pub(crate) fn peer(&self) -> Minor {
        self.peer.unwrap_or(Minor::Http11)
    }

    pub(crate) fn sent(&mut self, method: Method) {
        self.method = method;
    }

    /// The head of a final response was received.
    pub(crate) fn received(&mut self, minor: Minor) {
        self.peer = Some(minor);
    }
}

impl Role for Client {
    type Incoming = response::Parts;
    type Outgoing = request::Parts;
    type FirstLine = StatusLine;
    type Exchange = Exchange;

    const FIRST: First = First::Send;

    /// A server that has sent a head once is none that cannot.
    fn first_bytes(bytes: &[u8], config: &Config, exchange: &Exchange) -> FirstBytes {
        if !config.leniency.http09_responses || exchange.peer.is_some() {
            return FirstBytes::Head;
        }
        match bytes {
            // It may be half an empty line.
            b"\r" => return FirstBytes::Undecided,
            // A CR that no LF follows is an error of a head, not a body.
            [b'\r', ..] => return FirstBytes::Head,
            _ => {}
        }
        let tokens: [&[u8]; 2] = [b"HTTP/1.1 ", b"HTTP/1.0 "];
        if tokens.iter().any(|token| bytes.starts_with(token)) {
            FirstBytes::Head
        } else if tokens.iter().any(|token| token.starts_with(bytes)) {
            FirstBytes::Undecided
        } else {
            FirstBytes::NoHead
        }
    }

    fn locate(
        buf: &[u8],
        lines: usize,
        config: &Config,
        found: &mut Vec<LineAt>,
    ) -> Result<Option<Located<StatusLine>>, Parse> {
        parse_response::locate(buf, lines, config, found)
    }

    fn understand(
        head: &Bytes,
        first_line: StatusLine,
        fields: &[LineAt],
        config: &Config,
        exchange: &mut Exchange,
    ) -> Result<Parsed<response::Parts>, Parse> {
        parse_response::understand(head, first_line, fields, config, exchange)
    }

    fn headless(exchange: &mut Exchange) -> Result<Parsed<response::Parts>, Parse> {
        Ok(parse_response::http09(exchange))
    }

    fn encode(
        head: &request::Parts,
        content: Content,
        exchange: &mut Exchange,
        keep_alive: KeepAlive,
        config: &Config,
        dst: &mut BytesMut,
    ) -> Result<Outgoing, User> {
        encode_request::encode(head, content, exchange, keep_alive, config, dst)
    }
}
