//! What people and machines may look at: the page, `/status.json`, `/metrics` and `/healthz`.
//!
//! Invariants:
//! - Nothing can be changed from here, and no other site's page can read it: there is no CORS.
//! - The page runs its own script and style and no other: the policy names them by their hashes.
//! - A few connections at a time, and each with deadlines; the proxy does not wait for them when it ends.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    HeaderName, HeaderValue, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use ring::digest::{digest, SHA256};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::history::History;
use crate::limits::Gate;
use crate::listening::Listener;
use crate::proxy::Proxy;
use crate::status::Status;

#[cfg(test)]
mod tests;

const PAGE: &str = include_str!("page.html");
/// Connections at a time.
const MOST_CONNECTIONS: usize = 64;
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// However slowly somebody reads.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(600);

#[derive(Clone)]
pub struct Admin {
    proxy: Arc<Proxy>,
    history: History,
    connections: Gate,
    policy: HeaderValue,
}

type Answer = Response<Full<Bytes>>;

impl Admin {
    pub fn new(proxy: Arc<Proxy>, history: History) -> Admin {
        let policy = HeaderValue::try_from(content_security_policy(PAGE));
        Admin {
            proxy,
            history,
            connections: Gate::new(MOST_CONNECTIONS),
            policy: policy.expect("hashes in base64 fit into a field"),
        }
    }

    /// Serves for as long as it is polled.
    pub async fn run(self, listener: Listener) {
        loop {
            let (tcp, _) = listener.accept().await;
            // Above the limit, closed at once.
            if let Some(pass) = self.connections.enter() {
                let admin = self.clone();
                tokio::spawn(async move {
                    let _ = timeout(CONNECTION_TIMEOUT, admin.serve(tcp)).await;
                    drop(pass);
                });
            }
        }
    }

    async fn serve(&self, tcp: TcpStream) {
        let service =
            service_fn(|request| async move { Ok::<_, Infallible>(self.answer(&request)) });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(tcp), service)
            .await;
        if let Err(error) = served {
            tracing::debug!("admin connection ended: {error}");
        }
    }

    fn answer(&self, request: &Request<Incoming>) -> Answer {
        let mut answer = match (request.uri().path(), request.method()) {
            ("/" | "/healthz" | "/metrics" | "/status.json", method) if !is_reading(method) => {
                let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
                let headers = answer.headers_mut();
                headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                answer
            }
            ("/", _) => self.page(),
            ("/healthz", _) => match self.proxy.drain.is_begun() {
                false => text(StatusCode::OK, "ok\n"),
                true => text(StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
            },
            ("/metrics", _) => {
                let metrics = self.proxy.metrics.render(&self.proxy.gauges());
                typed("text/plain; version=0.0.4; charset=utf-8", metrics.into())
            }
            ("/status.json", _) => {
                let status = serde_json::to_vec(&Status::of(&self.proxy, &self.history));
                let status = status.expect("figures and texts can be written as JSON");
                typed("application/json", status.into())
            }
            _ => text(
                StatusCode::NOT_FOUND,
                "there is /, /status.json, /metrics and /healthz\n",
            ),
        };
        let headers = answer.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        answer
    }

    fn page(&self) -> Answer {
        let mut answer = typed(
            "text/html; charset=utf-8",
            Bytes::from_static(PAGE.as_bytes()),
        );
        let headers = answer.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        let opener = HeaderName::from_static("cross-origin-opener-policy");
        headers.insert(opener, HeaderValue::from_static("same-origin"));
        answer
    }
}

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn typed(content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::from(body));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

fn text(status: StatusCode, body: &'static str) -> Answer {
    let mut answer = typed(
        "text/plain; charset=utf-8",
        Bytes::from_static(body.as_bytes()),
    );
    *answer.status_mut() = status;
    answer
}

/// Lets the page run what stands in it and ask this server, and nothing else.
fn content_security_policy(page: &str) -> String {
    format!(
        "default-src 'none'; script-src{}; style-src{}; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hashes(page, "script"),
        hashes(page, "style"),
    )
}

/// The hashes of what stands in a page's elements of one name, as the policy has them.
fn hashes(page: &str, element: &str) -> String {
    let (start, end) = (format!("<{element}>"), format!("</{element}>"));
    let mut hashes = String::new();
    for part in page.split(&start).skip(1) {
        let content = part.split(&end).next().unwrap_or_default();
        let hash = BASE64.encode(digest(&SHA256, content.as_bytes()));
        hashes.push_str(&format!(" 'sha256-{hash}'"));
    }
    match hashes.is_empty() {
        true => " 'none'".to_owned(),
        false => hashes,
    }
}
