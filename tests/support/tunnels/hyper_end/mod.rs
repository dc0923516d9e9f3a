//! The end of a link that is under test.

#[cfg(not(all(feature = "client", feature = "server")))]
mod absent;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "server")]
mod server;

use http::Request;
use hyper::upgrade::{OnUpgrade, Upgraded};
use tokio::task::JoinHandle;

#[cfg(not(feature = "client"))]
use self::absent::Absent as ClientEnd;
#[cfg(not(feature = "server"))]
use self::absent::Absent as ServerEnd;
#[cfg(feature = "client")]
use self::client::ClientEnd;
#[cfg(feature = "server")]
use self::server::ServerEnd;
use super::options::Options;
use super::role::Role;
use crate::support::bodies::{empty_body, TestBody};
use crate::support::gate::WireEnd;
use crate::support::shaped::Shaped;
use crate::support::tokio_rt::CountingExecutor;
use crate::support::virtual_timer::expect_soon;

/// The authority every CONNECT of this module asks for.
pub const AUTHORITY: &str = "target.example:443";

/// hyper's end of a [`Link`](super::Link), its connection running in a task.
#[derive(Debug)]
pub struct HyperEnd {
    side: Side,
    connection: JoinHandle<hyper::Result<()>>,
}

#[derive(Debug)]
enum Side {
    Server(ServerEnd),
    Client(ClientEnd),
}

impl HyperEnd {
    pub(super) async fn open(
        role: Role,
        io: Shaped<WireEnd>,
        options: &Options,
        executor: &CountingExecutor,
    ) -> Self {
        let (side, connection) = match role {
            Role::Server => {
                let (server, connection) = ServerEnd::open(io, options, executor).await;
                (Side::Server(server), connection)
            }
            Role::Client => {
                let (client, connection) = ClientEnd::open(io, options, executor).await;
                (Side::Client(client), connection)
            }
        };
        HyperEnd { side, connection }
    }

    pub fn role(&self) -> Role {
        match self.side {
            Side::Server(_) => Role::Server,
            Side::Client(_) => Role::Client,
        }
    }

    /// As a server: the `OnUpgrade` of the next CONNECT request.
    ///
    /// # Panics
    ///
    /// If hyper is the client here, or no CONNECT can come any more.
    pub async fn next_upgrade(&mut self) -> OnUpgrade {
        match &mut self.side {
            Side::Server(server) => server.next_upgrade().await,
            Side::Client(_) => panic!("a client is sent no CONNECT"),
        }
    }

    /// As a client: sends CONNECT and takes the tunnel.
    pub(super) async fn connect(&mut self) -> Upgraded {
        match &mut self.side {
            Side::Client(client) => upgraded(client.connect().await).await,
            Side::Server(_) => panic!("a server sends no requests"),
        }
    }

    /// As a server: takes the tunnel of the next CONNECT.
    pub(super) async fn accept(&mut self) -> Upgraded {
        upgraded(self.next_upgrade().await).await
    }

    /// Says that no further stream is wanted: graceful shutdown as a server, the sender's drop as a client.
    pub fn close(&mut self) {
        match &mut self.side {
            Side::Server(server) => server.close(),
            Side::Client(client) => client.close(),
        }
    }

    /// Drops hyper's connection future where it stands.
    pub fn abort(&self) {
        self.connection.abort();
    }

    /// Waits for hyper's connection to end.
    ///
    /// # Panics
    ///
    /// If it cannot end any more, panicked or was aborted.
    pub async fn ended(&mut self) -> hyper::Result<()> {
        let ended = expect_soon("the end of hyper's connection", &mut self.connection).await;
        ended.expect("hyper's connection neither panics nor is aborted")
    }

    pub fn has_ended(&self) -> bool {
        self.connection.is_finished()
    }
}

/// The request with which a client opens a tunnel.
pub fn connect_request() -> Request<TestBody> {
    let request = Request::connect(AUTHORITY).body(empty_body());
    request.expect("an authority makes a CONNECT request")
}

async fn upgraded(on_upgrade: OnUpgrade) -> Upgraded {
    let upgraded = expect_soon("the upgrade", on_upgrade).await;
    upgraded.expect("a tunnel was agreed on")
}
