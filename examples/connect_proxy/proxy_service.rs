//! What becomes of a request.
//!
//! Invariants:
//! - The order of checks is that of [`answer`]: what is cheap, and what says least about the network, comes first.
//! - Whoever is not known learns nothing about targets.
//! - What is logged of a request is its host and port; neither fields nor userinfo.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::ext::Protocol as ConnectProtocol;
use hyper::header::{HeaderValue, CONNECTION, HOST};
use hyper::http::uri::{PathAndQuery, Scheme};
use hyper::{Method, Request, Response, Version};

use crate::connection::{Busy, Connection, Protocol};
use crate::credentials::Who;
use crate::limits::Pass;
use crate::proxy::Proxy;
use crate::refusal::{Cause, Refusal};
use crate::targets::Target;
use crate::{forward, tunnel, websocket};

#[cfg(test)]
mod tests;

pub type Answer = Either<Full<Bytes>, forward::Body>;

/// A request that passed the checks, and the places it takes.
pub struct Exchange {
    pub proxy: Arc<Proxy>,
    pub connection: Arc<Connection>,
    pub protocol: Protocol,
    pub who: Who,
    _busy: Busy,
    _passes: [Pass; 2],
}

/// Kinds of requests.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// CONNECT (RFC 9110 section 9.3.6).
    Tunnel(Target),
    /// Extended CONNECT (RFC 8441).
    WebSocket {
        origin: Target,
        scheme: OriginScheme,
        path: PathAndQuery,
    },
    /// A request in absolute form (RFC 9112 section 3.2.2), or what corresponds to it in HTTP/2.
    Forward(Target),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginScheme {
    Http,
    Https,
}

impl OriginScheme {
    pub fn port(self) -> u16 {
        match self {
            OriginScheme::Http => 80,
            OriginScheme::Https => 443,
        }
    }
}

/// Answers a request, with a refusal if need be.
pub async fn serve(
    proxy: Arc<Proxy>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    let protocol = Protocol::of(request.version());
    let busy = connection.request(protocol);
    let method = request.method().clone();
    let host = request.uri().host().unwrap_or_default().to_owned();
    let port = request.uri().port_u16();
    let mut who = Who::Anybody;
    let answered = answer(&proxy, &connection, &mut who, busy, request).await;
    Ok(answered.unwrap_or_else(|refusal| {
        let cause = refusal.cause;
        tracing::info!(
            cause = cause.label(),
            status = %cause.status_label(),
            client = %connection.client,
            user = who.user(),
            protocol = protocol.label(),
            %method,
            host,
            port,
            "refused: {refusal}",
        );
        proxy.metrics.refused(cause);
        let mut response = refusal.to_response();
        if cause == Cause::Connections && protocol == Protocol::Http1 {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
        response.map(Either::Left)
    }))
}

async fn answer(
    proxy: &Arc<Proxy>,
    connection: &Arc<Connection>,
    asks: &mut Who,
    busy: Busy,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Refusal> {
    if connection.is_excess() {
        connection.close.notify_one();
        return Err(Cause::Connections.into());
    }
    let asked = Asked::read(&request).map_err(|why| Refusal::because(Cause::BadRequest, why))?;
    let who = proxy.settings.credentials.check(request.headers());
    let who = who.ok_or(Cause::Unauthenticated)?;
    asks.clone_from(&who);
    if proxy.drain.is_begun() {
        return Err(Cause::Draining.into());
    }
    let of_connection = connection.tunnels.enter().ok_or(Cause::ConnectionTunnels)?;
    let of_all = proxy.tunnels.enter().ok_or(Cause::Tunnels)?;
    let exchange = Exchange {
        proxy: Arc::clone(proxy),
        connection: Arc::clone(connection),
        protocol: Protocol::of(request.version()),
        who,
        _busy: busy,
        _passes: [of_connection, of_all],
    };
    match asked {
        Asked::Tunnel(target) => tunnel::open(exchange, target, request).await,
        Asked::WebSocket {
            origin,
            scheme,
            path,
        } => websocket::open(exchange, origin, scheme, path, request).await,
        Asked::Forward(origin) => forward::pass_on(exchange, origin, request).await,
    }
}

impl Asked {
    /// Tells what is asked for.
    ///
    /// # Errors
    ///
    /// What is wrong, for the client.
    pub fn read<B>(request: &Request<B>) -> Result<Asked, &'static str> {
        check_host(request)?;
        let uri = request.uri();
        let authority = uri.authority();
        let protocol = request.extensions().get::<ConnectProtocol>();
        if request.method() == Method::CONNECT {
            let Some(authority) = authority else {
                return Err("CONNECT takes a host and a port");
            };
            let Some(protocol) = protocol else {
                if uri.scheme().is_some() || uri.path_and_query().is_some() {
                    return Err("CONNECT takes a host and a port, and nothing else");
                }
                return Target::read(authority, None).map(Asked::Tunnel);
            };
            if protocol.as_str() != "websocket" {
                return Err("of extended CONNECT only websocket is known");
            }
            let scheme = match uri.scheme() {
                Some(scheme) if *scheme == Scheme::HTTP => OriginScheme::Http,
                Some(scheme) if *scheme == Scheme::HTTPS => OriginScheme::Https,
                _ => return Err("a WebSocket has the scheme http or https"),
            };
            let root = || PathAndQuery::from_static("/");
            return Ok(Asked::WebSocket {
                origin: Target::read(authority, Some(scheme.port()))?,
                scheme,
                path: uri.path_and_query().cloned().unwrap_or_else(root),
            });
        }
        match (uri.scheme(), authority) {
            (Some(scheme), Some(authority)) if *scheme == Scheme::HTTP => {
                Target::read(authority, Some(80)).map(Asked::Forward)
            }
            (Some(_), _) => Err("only http is forwarded; for https there is CONNECT"),
            (None, _) => Err("a proxy is asked for http://HOST/PATH, or by CONNECT"),
        }
    }
}

/// What RFC 9112 section 3.2 wants of `Host`, whose content a proxy takes no notice of.
fn check_host<B>(request: &Request<B>) -> Result<(), &'static str> {
    let fields = request.headers().get_all(HOST).iter().count();
    match (request.version(), fields) {
        (Version::HTTP_11, 0) => Err("a request of HTTP/1.1 has a Host field"),
        (_, 0 | 1) => Ok(()),
        _ => Err("a request has one Host field"),
    }
}
