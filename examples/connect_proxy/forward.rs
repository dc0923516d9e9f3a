//! Plain requests, passed on to their origin (RFC 9110 section 7.6).
//!
//! Invariants:
//! - Each request has a connection of its own to the origin, which ends with the response: what one client did to a
//!   connection is nothing to another.
//! - What is about one connection is not passed on, either way.
//! - An origin that neither sends nor takes anything is given up after the patience with a tunnel; a body that is cut short
//!   by that ends as a failure, not as complete.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper::header::{HeaderValue, HOST, MAX_FORWARDS};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::TokioIo;

use crate::connecting::connect;
use crate::fields::{add_via, join_cookies, remove_hop_by_hop};
use crate::limits::HTTP1_BUFFER;
use crate::metered::{overdue, Meter, Metered, Overdue, Watched};
use crate::proxy_service::{Answer, Exchange};
use crate::refusal::{Cause, Refusal};
use crate::targets::Target;

#[cfg(test)]
mod tests;

/// Answers a request with what its origin answers.
pub async fn pass_on(
    exchange: Exchange,
    origin: Target,
    mut request: Request<Incoming>,
) -> Result<Response<Answer>, Refusal> {
    if let Some(answer) = answer_for_origin(&mut request)? {
        return Ok(answer.map(Either::Left));
    }
    to_origin(&mut request, &origin)?;
    let proxy = Arc::clone(&exchange.proxy);
    let (tcp, _) = connect(&proxy, &exchange.connection, &origin).await?;
    let meter = Meter::new();
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HTTP1_BUFFER)
        .handshake(TokioIo::new(Metered::new(tcp, Arc::clone(&meter))))
        .await
        .map_err(|error| Refusal::by(Cause::OriginProtocol, error))?;
    let given_up = Arc::new(OnceLock::<Overdue>::new());
    let gives_up = Arc::clone(&given_up);
    let (patience, drain) = (proxy.patience(), proxy.drain.clone());
    proxy.drain.spawn(async move {
        tokio::select! {
            biased;
            // It fails with its request or response, so there is nothing to tell here.
            _ = connection => {}
            overdue = overdue(patience, [Watched::alone(&meter)]) => {
                gives_up.get_or_init(|| overdue);
            }
            () = drain.over() => {}
        }
    });

    let response = sender.send_request(request).await;
    let response = response.map_err(|error| match given_up.get() {
        Some(_) => Cause::ResponseTimeout.into(),
        None => Refusal::by(Cause::OriginProtocol, error),
    })?;
    let (mut head, body) = response.into_parts();
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        let why = "the origin switches protocols, and was not asked to";
        return Err(Refusal::because(Cause::OriginProtocol, why));
    }
    proxy.metrics.forwarded(head.status.as_u16());
    remove_hop_by_hop(&mut head.headers);
    add_via(head.version, &mut head.headers);
    head.version = Version::HTTP_11;
    let body = Body {
        incoming: body,
        _exchange: exchange,
    };
    Ok(Response::from_parts(head, Either::Right(body)))
}

/// What a proxy says itself: the last one that a request may reach (RFC 9110 section 7.6.2) answers as the origin would.
fn answer_for_origin<B>(
    request: &mut Request<B>,
) -> Result<Option<Response<Full<Bytes>>>, Refusal> {
    if !matches!(*request.method(), Method::OPTIONS | Method::TRACE) {
        return Ok(None);
    }
    let Some(value) = request.headers().get(MAX_FORWARDS) else {
        return Ok(None);
    };
    let text = value.to_str().ok();
    let number: Option<u32> = text.and_then(|text| text.trim().parse().ok());
    match number {
        None => Err(Refusal::because(
            Cause::BadRequest,
            "Max-Forwards is no number",
        )),
        Some(0) => {
            let mut answer = Response::new(Full::default());
            // TRACE would send back what the request has; fields that are nobody's business among them.
            if request.method() == Method::TRACE {
                *answer.status_mut() = StatusCode::NOT_IMPLEMENTED;
            }
            Ok(Some(answer))
        }
        Some(number) => {
            let less = HeaderValue::from(number - 1);
            request.headers_mut().insert(MAX_FORWARDS, less);
            Ok(None)
        }
    }
}

/// Turns what a proxy is sent into what an origin is sent (RFC 9112 section 3.2.1).
fn to_origin<B>(request: &mut Request<B>, origin: &Target) -> Result<(), Refusal> {
    let host = HeaderValue::try_from(origin.to_host_field(80))
        .map_err(|error| Refusal::by(Cause::BadRequest, error))?;
    let asterisk = request.method() == Method::OPTIONS && is_without_path(request.uri());
    let path = match request.uri().path_and_query().map(PathAndQuery::as_str) {
        _ if asterisk => Cow::Borrowed("*"),
        None | Some("") => Cow::Borrowed("/"),
        // The path may be left out before a query, but not in what an origin is sent.
        Some(query) if query.starts_with('?') => Cow::Owned(format!("/{query}")),
        Some(path) => Cow::Borrowed(path),
    };
    let uri: Uri = path
        .parse()
        .map_err(|error| Refusal::by(Cause::BadRequest, error))?;
    let version = request.version();
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_11;
    let headers = request.headers_mut();
    remove_hop_by_hop(headers);
    join_cookies(headers);
    add_via(version, headers);
    headers.insert(HOST, host);
    Ok(())
}

/// `OPTIONS http://host` asks about the server as a whole (RFC 9112 section 3.2.4).
fn is_without_path(uri: &Uri) -> bool {
    matches!(
        uri.path_and_query().map(|path| path.as_str()),
        None | Some("" | "*")
    )
}

/// A response's body, which keeps the request's places until it is through.
pub struct Body {
    incoming: Incoming,
    _exchange: Exchange,
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.incoming).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
