//! WebSockets over HTTP/2: extended CONNECT (RFC 8441), opened with the origin by HTTP/1.1 (RFC 6455 section 4).
//!
//! Invariants:
//! - The key and its answer are between this proxy and the origin; HTTP/2 has neither (RFC 8441 section 5).
//! - An origin that does not switch gets no bytes of the client.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine;
use bytes::Bytes;
use http_body_util::{Either, Empty, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{HeaderValue, CONNECTION, CONTENT_LENGTH, HOST, UPGRADE};
use hyper::header::{SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY};
use hyper::http::uri::PathAndQuery;
use hyper::upgrade::Upgraded;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::TokioIo;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::{TlsConnector, TlsStream};

use crate::connecting::connect;
use crate::fields::{add_via, join_cookies, remove_hop_by_hop};
use crate::limits::HTTP1_BUFFER;
use crate::live::{Kind, Tunnel};
use crate::proxy::Proxy;
use crate::proxy_service::{Answer, Exchange, OriginScheme};
use crate::refusal::{Cause, Refusal};
use crate::targets::{Host, Target};
use crate::transport::Stream;
use crate::tunnel;

#[cfg(test)]
mod tests;

/// What RFC 6455 section 1.3 appends to a key.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Answers extended CONNECT.
pub async fn open(
    exchange: Exchange,
    origin: Target,
    scheme: OriginScheme,
    path: PathAndQuery,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Refusal> {
    let proxy = Arc::clone(&exchange.proxy);
    let (tcp, address) = connect(&proxy, &exchange.connection, &origin).await?;
    let stream = match scheme {
        OriginScheme::Http => Stream::Plain(tcp),
        OriginScheme::Https => secure(&proxy, &origin, tcp).await?,
    };
    let key = new_key()?;
    let asks = ask(&request, &origin, scheme, &path, &key)?;
    let limit = proxy.settings.idle_timeout;
    let (mut headers, upgraded) = switch(stream, asks, &key, limit).await?;
    remove_hop_by_hop(&mut headers);
    headers.remove(SEC_WEBSOCKET_ACCEPT);
    headers.remove(CONTENT_LENGTH);
    add_via(Version::HTTP_11, &mut headers);

    let client = (exchange.protocol, exchange.connection.client);
    let tunnel = Tunnel::new(
        client,
        Kind::WebSocket,
        (origin, address),
        exchange.who.clone(),
    );
    let on_upgrade = hyper::upgrade::on(request);
    tunnel::start(exchange, tunnel, on_upgrade, TokioIo::new(upgraded));
    let mut answer = Response::new(Either::Left(Full::default()));
    *answer.headers_mut() = headers;
    Ok(answer)
}

async fn secure(proxy: &Proxy, origin: &Target, tcp: TcpStream) -> Result<Stream, Refusal> {
    let name = match &origin.host {
        Host::Address(address) => ServerName::from(*address),
        Host::Name(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
            .map_err(|error| Refusal::by(Cause::OriginTls, error))?,
    };
    let connector = TlsConnector::from(Arc::clone(&proxy.origins));
    let connecting = connector.connect(name, tcp);
    let connected = timeout(proxy.settings.connect_timeout, connecting).await;
    let connected = connected.map_err(|_| Refusal::from(Cause::ConnectTimeout))?;
    let tls = connected.map_err(|error| Refusal::by(cause_of_tls(&error), error))?;
    Ok(Stream::Tls(Box::new(TlsStream::Client(tls))))
}

fn cause_of_tls(error: &std::io::Error) -> Cause {
    let inner = error.get_ref();
    match inner.and_then(|error| error.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_)) => Cause::OriginCertificate,
        _ => Cause::OriginTls,
    }
}

fn new_key() -> Result<String, Refusal> {
    let mut nonce = [0; 16];
    SystemRandom::new()
        .fill(&mut nonce)
        .map_err(|_| Refusal::because(Cause::Unavailable, "the system has no random numbers"))?;
    Ok(BASE64.encode(nonce))
}

/// The opening handshake that an HTTP/2 request corresponds to.
fn ask<B>(
    request: &Request<B>,
    origin: &Target,
    scheme: OriginScheme,
    path: &PathAndQuery,
    key: &str,
) -> Result<Request<Empty<Bytes>>, Refusal> {
    let value = |text: &str| {
        HeaderValue::try_from(text).map_err(|error| Refusal::by(Cause::BadRequest, error))
    };
    let mut headers = request.headers().clone();
    remove_hop_by_hop(&mut headers);
    join_cookies(&mut headers);
    headers.remove(CONTENT_LENGTH);
    add_via(request.version(), &mut headers);
    headers.insert(HOST, value(&origin.to_host_field(scheme.port()))?);
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_KEY, value(key)?);
    let mut asks = Request::new(Empty::new());
    *asks.method_mut() = Method::GET;
    *asks.uri_mut() = Uri::from(path.clone());
    *asks.headers_mut() = headers;
    Ok(asks)
}

/// Has the origin switch to WebSocket, and gives the fields of its answer.
async fn switch(
    stream: Stream,
    asks: Request<Empty<Bytes>>,
    key: &str,
    limit: Duration,
) -> Result<(HeaderMap, Upgraded), Refusal> {
    let failed = |error: Box<dyn Error + Send + Sync>| Refusal::by(Cause::OriginProtocol, error);
    let switching = async {
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(HTTP1_BUFFER)
            .handshake(TokioIo::new(stream))
            .await?;
        // It ends with the switch, or with the failure of what follows.
        let mut connection = std::pin::pin!(connection.with_upgrades());
        let mut exchange = std::pin::pin!(async {
            let response = sender.send_request(asks).await?;
            let headers = response.headers().clone();
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                return Err(format!("the origin answers {}", response.status()).into());
            }
            if !is_accepted(&headers, key) {
                return Err("the origin answers another key".into());
            }
            let upgraded = hyper::upgrade::on(response).await?;
            Ok((headers, upgraded))
        });
        tokio::select! {
            switched = exchange.as_mut() => switched,
            _ = connection.as_mut() => exchange.await,
        }
    };
    let switched = timeout(limit, switching).await;
    switched
        .map_err(|_| Refusal::from(Cause::ResponseTimeout))?
        .map_err(failed)
}

fn is_accepted(headers: &HeaderMap, key: &str) -> bool {
    let upgrade = headers.get(UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
        && headers
            .get(SEC_WEBSOCKET_ACCEPT)
            .is_some_and(|value| value == &accept(key))
}

/// What an origin answers to a key (RFC 6455 section 4.2.2).
fn accept(key: &str) -> String {
    let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(key.as_bytes());
    hash.update(GUID);
    BASE64.encode(hash.finish())
}
