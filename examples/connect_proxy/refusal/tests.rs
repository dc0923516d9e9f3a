use std::collections::HashSet;

use http_body_util::BodyExt;

use super::*;

#[test]
fn each_cause_has_a_label_of_its_own() {
    let labels: HashSet<_> = Cause::ALL.iter().map(|cause| cause.label()).collect();
    assert_eq!(labels.len(), Cause::ALL.len());
}

#[test]
fn causes_have_the_status_and_the_error_type_that_are_documented() {
    for (cause, label, status, error) in [
        (
            Cause::BadRequest,
            "http_request_error",
            400,
            Some("http_request_error"),
        ),
        (
            Cause::Unauthenticated,
            "authentication_required",
            407,
            Some("http_request_denied"),
        ),
        (
            Cause::AddressProhibited,
            "destination_ip_prohibited",
            403,
            Some("destination_ip_prohibited"),
        ),
        (
            Cause::PortProhibited,
            "port_prohibited",
            403,
            Some("http_request_denied"),
        ),
        (
            Cause::Loop,
            "proxy_loop_detected",
            403,
            Some("proxy_loop_detected"),
        ),
        (Cause::Dns, "dns_error", 502, Some("dns_error")),
        (
            Cause::Refused,
            "connection_refused",
            502,
            Some("connection_refused"),
        ),
        (
            Cause::Unroutable,
            "destination_ip_unroutable",
            502,
            Some("destination_ip_unroutable"),
        ),
        (
            Cause::Unavailable,
            "destination_unavailable",
            502,
            Some("destination_unavailable"),
        ),
        (
            Cause::OriginProtocol,
            "http_protocol_error",
            502,
            Some("http_protocol_error"),
        ),
        (
            Cause::OriginCertificate,
            "tls_certificate_error",
            502,
            Some("tls_certificate_error"),
        ),
        (
            Cause::OriginTls,
            "tls_protocol_error",
            502,
            Some("tls_protocol_error"),
        ),
        (
            Cause::Connections,
            "connection_limit",
            503,
            Some("connection_limit_reached"),
        ),
        (
            Cause::Tunnels,
            "tunnel_limit",
            503,
            Some("connection_limit_reached"),
        ),
        (
            Cause::ConnectionTunnels,
            "connection_tunnel_limit",
            503,
            Some("connection_limit_reached"),
        ),
        (Cause::Draining, "draining", 503, None),
        (
            Cause::ConnectTimeout,
            "connection_timeout",
            504,
            Some("connection_timeout"),
        ),
        (
            Cause::ResponseTimeout,
            "http_response_timeout",
            504,
            Some("http_response_timeout"),
        ),
    ] {
        assert_eq!(cause.label(), label);
        let response = Refusal::from(cause).to_response();
        assert_eq!(response.status(), status, "{label}");
        assert_eq!(cause.status_label(), status.to_string());
        let expected = match error {
            Some(error) => format!("connect_proxy; error={error}"),
            None => format!("connect_proxy; details=\"{label}\""),
        };
        assert_eq!(response.headers()["proxy-status"], expected);
        assert_eq!(
            response.headers().contains_key(PROXY_AUTHENTICATE),
            status == 407
        );
    }
}

#[test]
fn what_closes_a_connection_has_no_status() {
    for cause in [
        Cause::HeadTimeout,
        Cause::ProxyProtocol,
        Cause::TlsHandshake,
    ] {
        assert_eq!(cause.status(), None);
        assert_eq!(cause.status_label(), "none");
    }
}

#[tokio::test]
async fn a_client_is_told_of_its_request_and_not_of_the_machine() {
    let text = async |refusal: Refusal| {
        let body = refusal.to_response().into_body().collect().await;
        let body = body.expect("a full body does not fail").to_bytes();
        String::from_utf8(body.to_vec()).expect("this is text")
    };
    let bad = Refusal::because(Cause::BadRequest, "the target has no port");
    assert_eq!(text(bad).await, "the target has no port\n");
    let failed = Refusal::by(Cause::Dns, io::Error::other("10.0.0.53 does not answer"));
    assert_eq!(text(failed).await, "the target's name does not resolve\n");
}

#[test]
fn the_log_is_told_what_was_behind_it() {
    let outer = io::Error::other(Refused(io::ErrorKind::ConnectionRefused.into()));
    assert_eq!(
        Refusal::by(Cause::OriginProtocol, outer).to_string(),
        "no handshake: connection refused"
    );
    assert_eq!(
        Refusal::from(Cause::Tunnels).to_string(),
        "too many tunnels"
    );
}

#[derive(Debug)]
struct Refused(io::Error);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no handshake")
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn failures_to_connect_are_told_apart() {
    for (kind, cause) in [
        (io::ErrorKind::ConnectionRefused, Cause::Refused),
        (io::ErrorKind::HostUnreachable, Cause::Unroutable),
        (io::ErrorKind::NetworkUnreachable, Cause::Unroutable),
        (io::ErrorKind::TimedOut, Cause::ConnectTimeout),
        (io::ErrorKind::AddrNotAvailable, Cause::Unavailable),
    ] {
        assert_eq!(Cause::of_connect(&kind.into()), cause);
    }
}
