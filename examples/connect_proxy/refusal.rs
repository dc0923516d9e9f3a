//! Every way in which the proxy refuses: cause, status, error type of RFC 9209, log line and metric.
//!
//! Invariants:
//! - A refusal is told once, by [`Refusal::tell`], to the log and to the metrics alike.
//! - What a client is told is fixed text, or speaks of its own request; no error of the machine's gets out.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderName, HeaderValue, CONTENT_TYPE, PROXY_AUTHENTICATE};
use hyper::{Response, StatusCode};

#[cfg(test)]
mod tests;

macro_rules! causes {
    ($($cause:ident $label:literal $status:literal $error:literal $text:literal)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Cause { $($cause,)* }

        impl Cause {
            pub const ALL: &'static [Cause] = &[$(Cause::$cause,)*];

            const fn row(self) -> (&'static str, u16, &'static str, &'static str) {
                match self { $(Cause::$cause => ($label, $status, $error, $text),)* }
            }
        }
    };
}

// Label of the metric; status, or 0 where the connection is closed without an answer; error type of RFC 9209 section 2.3, or
// empty where none says it; text for the client.
causes! {
    BadRequest "http_request_error" 400 "http_request_error" "this request is none for a proxy"
    Unauthenticated "authentication_required" 407 "http_request_denied" "credentials are missing or wrong"
    AddressProhibited "destination_ip_prohibited" 403 "destination_ip_prohibited" "the target's address is not allowed"
    PortProhibited "port_prohibited" 403 "http_request_denied" "the target's port is not allowed"
    Loop "proxy_loop_detected" 403 "proxy_loop_detected" "the target is the proxy itself"
    Dns "dns_error" 502 "dns_error" "the target's name does not resolve"
    Refused "connection_refused" 502 "connection_refused" "the target refuses the connection"
    Unroutable "destination_ip_unroutable" 502 "destination_ip_unroutable" "there is no way to the target"
    Unavailable "destination_unavailable" 502 "destination_unavailable" "the target cannot be reached"
    OriginProtocol "http_protocol_error" 502 "http_protocol_error" "the origin's answer is none"
    OriginCertificate "tls_certificate_error" 502 "tls_certificate_error" "the origin's certificate is not to be trusted"
    OriginTls "tls_protocol_error" 502 "tls_protocol_error" "no TLS with the origin"
    Connections "connection_limit" 503 "connection_limit_reached" "too many connections"
    Tunnels "tunnel_limit" 503 "connection_limit_reached" "too many tunnels"
    ConnectionTunnels "connection_tunnel_limit" 503 "connection_limit_reached" "too many tunnels on this connection"
    Draining "draining" 503 "" "the proxy is being stopped"
    ConnectTimeout "connection_timeout" 504 "connection_timeout" "the target does not answer in time"
    ResponseTimeout "http_response_timeout" 504 "http_response_timeout" "the origin does not answer in time"
    HeadTimeout "head_timeout" 0 "" "no request in time"
    ProxyProtocol "proxy_protocol" 0 "" "no PROXY protocol header of version 2"
    TlsHandshake "tls_handshake" 0 "" "no TLS with the client"
}

impl Cause {
    pub fn label(self) -> &'static str {
        self.row().0
    }

    pub fn status(self) -> Option<StatusCode> {
        StatusCode::from_u16(self.row().1).ok()
    }

    /// The status as the metric has it.
    pub fn status_label(self) -> Cow<'static, str> {
        match self.status() {
            Some(status) => status.as_str().to_owned().into(),
            None => "none".into(),
        }
    }

    fn error_type(self) -> Option<&'static str> {
        Some(self.row().2).filter(|error| !error.is_empty())
    }

    fn text(self) -> &'static str {
        self.row().3
    }

    /// What a failed connection to a target is called.
    pub fn of_connect(error: &io::Error) -> Cause {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Cause::Refused,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Cause::Unroutable,
            io::ErrorKind::TimedOut => Cause::ConnectTimeout,
            _ => Cause::Unavailable,
        }
    }
}

/// Why a request, or a connection, gets no further.
#[derive(Debug)]
pub struct Refusal {
    pub cause: Cause,
    /// For the log only.
    detail: Detail,
}

#[derive(Debug)]
enum Detail {
    None,
    Text(Cow<'static, str>),
    Error(Box<dyn Error + Send + Sync>),
}

impl Refusal {
    pub fn because(cause: Cause, detail: impl Into<Cow<'static, str>>) -> Refusal {
        let detail = Detail::Text(detail.into());
        Refusal { cause, detail }
    }

    pub fn by(cause: Cause, error: impl Into<Box<dyn Error + Send + Sync>>) -> Refusal {
        let detail = Detail::Error(error.into());
        Refusal { cause, detail }
    }

    /// The response for the client; for a cause that closes the connection there is none to be sent.
    pub fn to_response(&self) -> Response<Full<Bytes>> {
        let cause = self.cause;
        // A bad request is the client's own doing, and it needs to know what.
        let text = match (&self.detail, cause) {
            (Detail::Text(text), Cause::BadRequest) => text,
            _ => cause.text(),
        };
        let mut response = Response::new(Full::from(format!("{text}\n")));
        *response.status_mut() = cause.status().unwrap_or(StatusCode::BAD_REQUEST);
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        let proxy_status = match cause.error_type() {
            Some(error) => format!("connect_proxy; error={error}"),
            None => format!("connect_proxy; details=\"{}\"", cause.label()),
        };
        let proxy_status = HeaderValue::try_from(proxy_status);
        headers.insert(
            HeaderName::from_static("proxy-status"),
            proxy_status.expect("tokens and a quoted one fit into a field"),
        );
        if cause == Cause::Unauthenticated {
            let challenge = r#"Basic realm="connect_proxy", charset="UTF-8""#;
            headers.insert(PROXY_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

impl From<Cause> for Refusal {
    fn from(cause: Cause) -> Refusal {
        let detail = Detail::None;
        Refusal { cause, detail }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            Detail::None => f.write_str(self.cause.text()),
            Detail::Text(text) => f.write_str(text),
            Detail::Error(error) => {
                write!(f, "{error}")?;
                let mut source = error.source();
                while let Some(error) = source {
                    write!(f, ": {error}")?;
                    source = error.source();
                }
                Ok(())
            }
        }
    }
}
