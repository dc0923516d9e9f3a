//! The tunnels that are open.
//!
//! Invariants:
//! - A tunnel is listed from when its client was told of it until its [`Listed`] is dropped.
//! - Bytes are counted once: sums never become less, also when a tunnel ends while they are made.
//! - What a tunnel still holds after its end is counted until it is out.
//! - The lock is held for looking only, never across a wait.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use hyper::upgrade::Held;
use tokio::time::Instant;

use crate::connection::Protocol;
use crate::credentials::Who;
use crate::metered::Meter;
use crate::targets::Target;

#[cfg(test)]
mod tests;

/// A write that waits this long makes its tunnel a stalled one.
const STALLED: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Connect,
    WebSocket,
}

impl Kind {
    pub fn label(self) -> &'static str {
        match self {
            Kind::Connect => "connect",
            Kind::WebSocket => "websocket",
        }
    }
}

/// A tunnel, as anybody may look at it.
pub struct Tunnel {
    pub protocol: Protocol,
    pub kind: Kind,
    pub client: SocketAddr,
    pub target: Target,
    pub address: SocketAddr,
    pub who: Who,
    pub opened: Instant,
    pub client_side: Arc<Meter>,
    pub target_side: Arc<Meter>,
    held: OnceLock<Held>,
}

impl Tunnel {
    pub fn new(
        (protocol, client): (Protocol, SocketAddr),
        kind: Kind,
        (target, address): (Target, SocketAddr),
        who: Who,
    ) -> Tunnel {
        Tunnel {
            protocol,
            kind,
            client,
            target,
            address,
            who,
            opened: Instant::now(),
            client_side: Meter::new(),
            target_side: Meter::new(),
            held: OnceLock::new(),
        }
    }

    /// Tells how much the tunnel holds towards its client, from now on.
    pub fn set_held(&self, held: Held) {
        self.held.get_or_init(|| held);
    }

    /// Bytes that were taken for the client and have not left.
    pub fn held(&self) -> usize {
        self.held.get().map_or(0, Held::bytes)
    }

    pub fn to_target(&self) -> u64 {
        self.target_side.written()
    }

    pub fn to_client(&self) -> u64 {
        self.client_side.written()
    }

    /// For how long a write has been waiting, if it is a while.
    pub fn stalled_for(&self, now: Instant) -> Option<Duration> {
        let pending = [&self.client_side, &self.target_side].map(|side| side.pending_since());
        let since = pending.into_iter().flatten().min()?;
        let stalled = now.saturating_duration_since(since);
        (stalled >= STALLED).then_some(stalled)
    }

    pub fn idle_for(&self, now: Instant) -> Duration {
        let moved = self.client_side.moved().max(self.target_side.moved());
        now.saturating_duration_since(moved)
    }
}

/// Sums over tunnels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub http1: usize,
    pub http2: usize,
    pub stalled: usize,
    /// Bytes.
    pub held: usize,
    /// Bytes of all tunnels there have been.
    pub to_target: u64,
    pub to_client: u64,
}

impl Totals {
    pub fn tunnels(&self) -> usize {
        self.http1 + self.http2
    }
}

#[derive(Clone, Default)]
pub struct Live(Arc<Mutex<Register>>);

#[derive(Default)]
struct Register {
    next: u64,
    open: HashMap<u64, Arc<Tunnel>>,
    /// Of tunnels that ended while they held bytes.
    lingering: Vec<Held>,
    ended_to_target: u64,
    ended_to_client: u64,
}

/// A tunnel's place in the list.
pub struct Listed {
    live: Live,
    id: u64,
    pub tunnel: Arc<Tunnel>,
}

impl Live {
    pub fn list(&self, tunnel: Tunnel) -> Listed {
        let tunnel = Arc::new(tunnel);
        let mut register = self.lock();
        let id = register.next;
        register.next += 1;
        register.open.insert(id, Arc::clone(&tunnel));
        drop(register);
        Listed {
            live: self.clone(),
            id,
            tunnel,
        }
    }

    /// All that are open, in no order.
    pub fn open(&self) -> Vec<(u64, Arc<Tunnel>)> {
        let register = self.lock();
        let open = register.open.iter();
        open.map(|(id, tunnel)| (*id, Arc::clone(tunnel))).collect()
    }

    pub fn totals(&self) -> Totals {
        let now = Instant::now();
        let mut register = self.lock();
        register.lingering.retain(|held| held.bytes() > 0);
        let mut totals = Totals {
            to_target: register.ended_to_target,
            to_client: register.ended_to_client,
            held: register.lingering.iter().map(Held::bytes).sum(),
            ..Totals::default()
        };
        for tunnel in register.open.values() {
            match tunnel.protocol {
                Protocol::Http1 => totals.http1 += 1,
                Protocol::Http2 => totals.http2 += 1,
            }
            totals.stalled += usize::from(tunnel.stalled_for(now).is_some());
            totals.held += tunnel.held();
            totals.to_target += tunnel.to_target();
            totals.to_client += tunnel.to_client();
        }
        totals
    }

    fn lock(&self) -> MutexGuard<'_, Register> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut register = self.live.lock();
        register.open.remove(&self.id);
        register.ended_to_target += self.tunnel.to_target();
        register.ended_to_client += self.tunnel.to_client();
        if let Some(held) = self.tunnel.held.get().filter(|held| held.bytes() > 0) {
            let held = held.clone();
            register.lingering.push(held);
        }
    }
}
