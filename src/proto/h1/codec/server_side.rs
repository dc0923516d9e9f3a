//! What only a server's codec does.

use bytes::BytesMut;
use http::StatusCode;

use crate::error::kind::{Kind, Parse};
use crate::proto::h1::codec::Codec;
use crate::proto::h1::head::encode_response;
use crate::proto::h1::role::server::{Exchange, Server};
use crate::Error;

impl Codec<Server> {
    /// Whether the client holds the body back until [`send_continue`](Codec::send_continue).
    pub(crate) fn expects_continue(&self) -> bool {
        self.continue_due
    }

    /// Writes a `100 Continue`, once, if the client still waits for one (RFC 9110, section 10.1.1).
    pub(crate) fn send_continue(&mut self, dst: &mut BytesMut) {
        if self.continue_due {
            self.continue_due = false;
            dst.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
    }

    /// Writes the response that an error of [`receive`](Codec::receive) is due: 400, 414 or 431, or
    /// nothing. The connection is closed for HTTP afterwards.
    pub(crate) fn send_rejection(&mut self, error: &Error, dst: &mut BytesMut) {
        self.state.close();
        if let Some(status) = rejection(error.kind()) {
            encode_response::encode_last(status, &Exchange::default(), &self.config, dst);
        }
    }
}

fn rejection(kind: Kind) -> Option<StatusCode> {
    let Kind::Parse(parse) = kind else {
        return None;
    };
    match parse {
        Parse::Method | Parse::Uri | Parse::Version | Parse::Header(_) => {
            Some(StatusCode::BAD_REQUEST)
        }
        Parse::UriTooLong => Some(StatusCode::URI_TOO_LONG),
        Parse::TooLarge => Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
        // The peer would not understand a response, or is not at fault.
        Parse::VersionH2 | Parse::Status | Parse::Internal => None,
    }
}
