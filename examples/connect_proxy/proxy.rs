//! What all connections share.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::connection::Open;
use crate::drain::Drain;
use crate::limits::Gate;
use crate::live::Live;
use crate::metered::Patience;
use crate::metrics::{Gauges, Metrics};
use crate::options::Settings;
use crate::targets::Targets;

pub struct Proxy {
    pub settings: Settings,
    pub targets: Targets,
    pub connections: Gate,
    pub tunnels: Gate,
    pub open: Arc<Open>,
    pub live: Live,
    pub metrics: Metrics,
    pub drain: Drain,
    pub origins: Arc<rustls::ClientConfig>,
    pub started: Instant,
}

impl Proxy {
    pub fn new(
        settings: Settings,
        targets: Targets,
        origins: Arc<rustls::ClientConfig>,
        metrics: Metrics,
    ) -> Proxy {
        Proxy {
            connections: Gate::new(settings.max_connections),
            tunnels: Gate::new(settings.max_tunnels),
            settings,
            targets,
            open: Arc::default(),
            live: Live::default(),
            metrics,
            drain: Drain::default(),
            origins,
            started: Instant::now(),
        }
    }

    pub fn patience(&self) -> Patience {
        Patience {
            idle: self.settings.idle_timeout,
            stalled: self.settings.stalled_timeout,
        }
    }

    pub fn gauges(&self) -> Gauges {
        Gauges {
            connections: self.open.counts(),
            totals: self.live.totals(),
            tasks: Handle::current().metrics().num_alive_tasks(),
            draining: self.drain.is_begun(),
        }
    }
}
