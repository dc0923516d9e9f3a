//! Ready-made CONNECT tunnels, with hyper on either side.
//!
//! A [`Link`] is one HTTP/2 connection between hyper in a given [`Role`] and a peer of the test's choice;
//! [`tunnel`](Link::tunnel) opens CONNECT after CONNECT on it. The test body is the same for both roles:
//!
//! ```ignore
//! async fn echo(role: Role) {
//!     let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
//!     let mut tunnel = link.tunnel().await;
//!     // tunnel.upgraded: hyper's end; link.peer and tunnel.stream: the other end
//! }
//! both_roles!(echo);
//! ```

mod hyper_end;
mod link;
mod options;
mod role;

pub use self::hyper_end::{connect_request, HyperEnd, AUTHORITY};
pub use self::link::{Link, Tunnel};
pub use self::options::{ClientBuilder, Options, ServerBuilder, Timer};
pub(crate) use self::role::both_roles;
pub use self::role::Role;
pub use crate::support::bodies::{empty_body, test_body, TestBody};
