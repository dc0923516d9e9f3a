//! Plain requests, passed on to their origin (RFC 9110 section 7.6).
//!
//! Invariants:
//! - Each request has a connection of its own to the origin, which ends with the response: what one client did to a
//!   connection is nothing to another.
//! - What is about one connection is not passed on, either way.
//! - A body that stops is given up after the patience with an idle tunnel; it ends as a failure, not as complete.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper::header::{HeaderName, HeaderValue, CONNECTION, HOST, MAX_FORWARDS, VIA};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::TokioIo;
use tokio::time::{sleep_until, timeout, Instant, Sleep};

use crate::connecting::connect;
use crate::limits::HTTP1_BUFFER;
use crate::proxy_service::{Answer, Exchange};
use crate::refusal::{Cause, Refusal};
use crate::targets::Target;

type BoxError = Box<dyn Error + Send + Sync>;

/// Answers a request with what its origin answers.
pub async fn pass_on(
    exchange: Exchange,
    origin: Target,
    mut request: Request<Incoming>,
) -> Result<Response<Answer>, Refusal> {
    if let Some(answer) = answer_for_origin(&mut request)? {
        return Ok(answer.map(Either::Left));
    }
    let proxy = Arc::clone(&exchange.proxy);
    let patience = proxy.settings.idle_timeout;
    let (tcp, _) = connect(&proxy, &exchange.connection, &origin).await?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HTTP1_BUFFER)
        .handshake(TokioIo::new(tcp))
        .await
        .map_err(|error| Refusal::by(Cause::OriginProtocol, error))?;
    let drain = proxy.drain.clone();
    proxy.drain.spawn(async move {
        tokio::select! {
            // It fails with its request or response, so there is nothing to tell here.
            _ = connection => {}
            () = drain.over() => {}
        }
    });

    to_origin(&mut request, &origin)?;
    let request = request.map(|body| Body::new(body, patience, None));
    let response = timeout(patience, sender.send_request(request))
        .await
        .map_err(|_| Refusal::from(Cause::ResponseTimeout))?
        .map_err(|error| Refusal::by(Cause::OriginProtocol, error))?;
    let (mut head, body) = response.into_parts();
    proxy.metrics.forwarded(head.status.as_u16());
    remove_hop_by_hop(&mut head.headers);
    add_via(head.version, &mut head.headers);
    head.version = Version::HTTP_11;
    let body = Body::new(body, patience, Some(exchange));
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
    let path = match request.uri().path_and_query() {
        _ if asterisk => "*",
        Some(path) if !path.as_str().is_empty() => path.as_str(),
        _ => "/",
    };
    let uri: Uri = path
        .parse()
        .map_err(|error| Refusal::by(Cause::BadRequest, error))?;
    let version = request.version();
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_11;
    let headers = request.headers_mut();
    remove_hop_by_hop(headers);
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

/// Fields about the connection they came on, whether its `Connection` names them or not (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [&str; 9] = [
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<_> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    headers.remove(CONNECTION);
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Says that somebody stands between (RFC 9110 section 7.6.3).
pub fn add_via(received: Version, headers: &mut HeaderMap) {
    let via = match received {
        Version::HTTP_10 => "1.0 connect_proxy",
        Version::HTTP_2 => "2.0 connect_proxy",
        _ => "1.1 connect_proxy",
    };
    headers.append(VIA, HeaderValue::from_static(via));
}

/// A body on its way through.
pub struct Body {
    incoming: Incoming,
    patience: Duration,
    moved: Instant,
    /// Set while a frame is waited for; it may fire early, as it is not set anew for each frame.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Places that are taken until the body is through.
    _exchange: Option<Exchange>,
}

impl Body {
    fn new(incoming: Incoming, patience: Duration, exchange: Option<Exchange>) -> Body {
        Body {
            incoming,
            patience,
            moved: Instant::now(),
            deadline: None,
            _exchange: exchange,
        }
    }

    /// Ready when no frame has come for as long as the patience is.
    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let due = self.moved + self.patience;
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(sleep_until(due)));
        loop {
            ready!(deadline.as_mut().poll(cx));
            if due <= Instant::now() {
                return Poll::Ready(());
            }
            deadline.as_mut().reset(due);
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.incoming).poll_frame(cx) {
            this.moved = Instant::now();
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        ready!(this.poll_overdue(cx));
        Poll::Ready(Some(Err("the body stopped on its way".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
