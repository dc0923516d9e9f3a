//! The server's side: receives requests, sends responses.

use bytes::{Bytes, BytesMut};
use http::{request, response, Method, StatusCode};

use crate::body::length::Content;
use crate::error::kind::{Parse, User};
use crate::proto::h1::config::Config;
use crate::proto::h1::fields::located::LineAt;
use crate::proto::h1::head::message::{Located, Minor, Outgoing, Parsed};
use crate::proto::h1::head::parse_request::RequestLine;
use crate::proto::h1::head::{encode_response, parse_request};
use crate::proto::h1::role::binding::{FirstBytes, Role};
use crate::proto::h1::state::{First, KeepAlive};

pub(crate) enum Server {}

/// What a request leaves for its response.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) method: Method,
    pub(crate) minor: Minor,
    pub(crate) accepts_trailers: bool,
    /// Whether a switch of protocols can be agreed to.
    pub(crate) upgrade: bool,
}

impl Default for Exchange {
    fn default() -> Exchange {
        Exchange {
            method: Method::GET,
            minor: Minor::Http11,
            accepts_trailers: false,
            upgrade: false,
        }
    }
}

impl Role for Server {
    type Incoming = request::Parts;
    type Outgoing = response::Parts;
    type FirstLine = RequestLine;
    type Exchange = Exchange;

    const FIRST: First = First::Receive;

    /// Bytes that may turn out to be the preface of HTTP/2 are held back until they are that or not.
    fn first_bytes(bytes: &[u8], _: &Config, _: &Exchange) -> FirstBytes {
        let preface = parse_request::HTTP2_PREFACE;
        if bytes.starts_with(preface) {
            FirstBytes::Refused(Parse::VersionH2)
        } else if !bytes.is_empty() && preface.starts_with(bytes) {
            FirstBytes::Undecided
        } else {
            FirstBytes::Head
        }
    }

    fn locate(
        buf: &[u8],
        lines: usize,
        config: &Config,
        found: &mut Vec<LineAt>,
    ) -> Result<Option<Located<RequestLine>>, Parse> {
        parse_request::locate(buf, lines, config, found)
    }

    fn understand(
        head: &Bytes,
        first_line: RequestLine,
        fields: &[LineAt],
        config: &Config,
        exchange: &mut Exchange,
    ) -> Result<Parsed<request::Parts>, Parse> {
        parse_request::understand(head, first_line, fields, config, exchange)
    }

    fn headless(_: &mut Exchange) -> Result<Parsed<request::Parts>, Parse> {
        // No first bytes of a request are taken for a body.
        Err(Parse::Internal)
    }

    fn encode(
        head: &response::Parts,
        content: Content,
        exchange: &mut Exchange,
        keep_alive: KeepAlive,
        config: &Config,
        dst: &mut BytesMut,
    ) -> Result<Outgoing, User> {
        let encoded = encode_response::encode(head, content, exchange, keep_alive, config, dst);
        if let Err(User::UnsupportedStatusCode) = encoded {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            exchange.minor = Minor::Http11;
            encode_response::encode_last(status, exchange, config, dst);
        }
        encoded
    }
}
