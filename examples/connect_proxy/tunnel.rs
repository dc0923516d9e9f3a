//! Tunnels: CONNECT, and what every kind of tunnel does once both its ends are there.
//!
//! Invariants:
//! - The client is told of success when the target is reached, not before.
//! - An end of one direction is passed on as such, and the other direction goes on.
//! - A tunnel is over complete on both sides, or is reset on both: no peer takes a part for the whole (RFC 9113 section 8.5).
//! - Bytes that a target sent before it failed reach the client before it is told of the failure.
//! - Whatever happens, the tunnel's places and its entry in the list are given back when its task ends.

use std::io;
use std::time::Duration;

use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{copy_bidirectional_with_sizes, AsyncRead, AsyncWrite};
use tokio::time::{sleep, timeout};

use crate::connecting::connect;
use crate::connection::Protocol;
use crate::failing::{FailsLate, NotEndedBy};
use crate::live::{Kind, Listed, Tunnel};
use crate::metered::{overdue, Meter, Metered, Overdue, Watched};
use crate::proxy_service::{Answer, Exchange};
use crate::refusal::Refusal;
use crate::targets::Target;
use crate::transport::{self, Reset, Stream};

/// How a tunnel came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Closed,
    BackendReset,
    BackendError,
    ClientReset,
    ClientError,
    IdleTimeout,
    Stalled,
    Drained,
}

impl End {
    fn label(self) -> &'static str {
        match self {
            End::Closed => "closed",
            End::BackendReset => "backend_reset",
            End::BackendError => "backend_error",
            End::ClientReset => "client_reset",
            End::ClientError => "client_error",
            End::IdleTimeout => "idle_timeout",
            End::Stalled => "stalled",
            End::Drained => "drained",
        }
    }

    /// What a failed copy comes down to.
    fn of_failure(client: &Meter, target: &Meter) -> End {
        let is_reset = |kind: io::ErrorKind| {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
            matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset)
        };
        match (target.failure(), client.failure()) {
            (Some(kind), _) if is_reset(kind) => End::BackendReset,
            (Some(_), _) => End::BackendError,
            (None, Some(kind)) if is_reset(kind) => End::ClientReset,
            (None, _) => End::ClientError,
        }
    }
}

/// Answers CONNECT.
pub async fn open(
    exchange: Exchange,
    target: Target,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Refusal> {
    let (tcp, address) = connect(&exchange.proxy, &exchange.connection, &target).await?;
    let client = (exchange.protocol, exchange.connection.client);
    let tunnel = Tunnel::new(
        client,
        Kind::Connect,
        (target, address),
        exchange.who.clone(),
    );
    let on_upgrade = hyper::upgrade::on(request);
    start(exchange, tunnel, on_upgrade, Stream::Plain(tcp));
    Ok(Response::new(Either::Left(Full::default())))
}

/// Carries bytes between a client, once it is told of success, and a target, in a task of its own.
pub fn start<T>(exchange: Exchange, tunnel: Tunnel, on_upgrade: OnUpgrade, target: T)
where
    T: AsyncRead + AsyncWrite + Reset + Unpin + Send + 'static,
{
    let proxy = &exchange.proxy;
    proxy.metrics.opened(tunnel.protocol, tunnel.kind);
    let listed = proxy.live.list(tunnel);
    let drain = proxy.drain.clone();
    drain.spawn(async move {
        let end = carry(&exchange, &listed.tunnel, on_upgrade, target).await;
        tell(&exchange, &listed, end);
    });
}

async fn carry<T>(exchange: &Exchange, tunnel: &Tunnel, on_upgrade: OnUpgrade, target: T) -> End
where
    T: AsyncRead + AsyncWrite + Reset + Unpin,
{
    let proxy = &exchange.proxy;
    let settings = &proxy.settings;
    let upgraded = tokio::select! {
        biased;
        upgraded = timeout(settings.head_timeout, on_upgrade) => upgraded,
        () = proxy.drain.over() => {
            target.reset();
            return End::Drained;
        }
    };
    let Ok(Ok(upgraded)) = upgraded else {
        target.reset();
        return End::ClientReset;
    };
    tunnel.set_held(upgraded.held());
    let (client_side, target_side) = (&tunnel.client_side, &tunnel.target_side);
    let client = Metered::new(TokioIo::new(upgraded), client_side.clone());
    let mut client = NotEndedBy::new(target_side.clone(), client);
    let mut target = FailsLate::new(Metered::new(target, target_side.clone()));
    let held = || tunnel.held();
    let watched = [
        Watched {
            meter: client_side,
            held: &held,
        },
        Watched::alone(target_side),
    ];
    let size = settings.copy_buffer;
    let end = tokio::select! {
        biased;
        copied = copy_bidirectional_with_sizes(&mut client, &mut target, size, size) => match copied {
            Ok(_) => End::Closed,
            Err(_) => End::of_failure(client_side, target_side),
        },
        overdue = overdue(proxy.patience(), watched) => match overdue {
            Overdue::Idle => End::IdleTimeout,
            Overdue::Stalled => End::Stalled,
        },
        () = client_gone(exchange) => End::ClientError,
        () = proxy.drain.over() => End::Drained,
    };
    let (client, target) = (client.into_inner(), target.into_inner());
    match end {
        End::Closed => {}
        End::BackendReset | End::BackendError => {
            target.reset();
            tokio::select! {
                () = transport::fail(client.into_inner()) => {}
                () = proxy.drain.over() => {}
            }
        }
        _ => {
            client.reset();
            target.reset();
        }
    }
    end
}

/// How long a target may take to take what its client sent before it went.
const LAST_BYTES: Duration = Duration::from_secs(5);

/// Ready when the connection of an HTTP/2 client has been gone for a while. A tunnel that waits for its target to read
/// does not look at its client, and would not notice.
async fn client_gone(exchange: &Exchange) {
    match exchange.protocol {
        Protocol::Http1 => std::future::pending().await,
        Protocol::Http2 => {
            exchange.connection.served.cancelled().await;
            sleep(LAST_BYTES).await;
        }
    }
}

fn tell(exchange: &Exchange, listed: &Listed, end: End) {
    let tunnel = &listed.tunnel;
    let lasted = tunnel.opened.elapsed();
    exchange.proxy.metrics.ended(end.label(), lasted);
    tracing::info!(
        end = end.label(),
        kind = tunnel.kind.label(),
        protocol = tunnel.protocol.label(),
        client = %tunnel.client,
        user = tunnel.who.user(),
        target = %tunnel.target,
        address = %tunnel.address,
        to_target = tunnel.to_target(),
        to_client = tunnel.to_client(),
        seconds = lasted.as_secs_f64(),
        "tunnel ended",
    );
}
