//! Contract 7.3-2: an HTTP/2 tunnel is no transport of the user's, and says so unharmed.

use hyper::upgrade::Upgraded;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::gate::WireEnd;
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::run_until_idle;

both_roles!(
    a_tunnel_is_not_the_connections_transport,
    a_failed_downcast_loses_nothing,
);

// Contract 7.3-2.
async fn a_tunnel_is_not_the_connections_transport(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let tunnel = link.tunnel().await.upgraded.into_inner();
    let tunnel = tunnel.downcast::<TokioIo<WireEnd>>();
    let tunnel = tunnel.expect_err("it is one stream of it");
    let tunnel = tunnel.downcast::<TokioIo<tokio::io::Empty>>();
    let tunnel = tunnel.expect_err("nor anything else");
    let tunnel: Upgraded = tunnel
        .downcast::<Upgraded>()
        .expect_err("nor is it in itself");
    drop(tunnel);
}

// Contract 7.3-2, 7.3-1.
async fn a_failed_downcast_loses_nothing(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    link.peer.send_data(stream, "one two").await;
    run_until_idle().await;
    let mut bytes = [0; 4];
    let read = tunnel.upgraded.read_exact(&mut bytes).await;
    assert_eq!(read.expect("there are bytes"), 4);
    assert_eq!(&bytes, b"one ");
    tunnel.upgraded.write_all(b"before ").await.expect("open");

    let same = tunnel.upgraded.into_inner().downcast::<TokioIo<WireEnd>>();
    let mut tunnel = TokioIo::new(same.expect_err("a stream is no transport"));
    tunnel.write_all(b"after").await.expect("open");
    assert_eq!(link.peer.expect_bytes(stream, 12).await, "before after");
    link.peer.send_last_data(stream, " three").await;
    let mut rest = String::new();
    tunnel.read_to_string(&mut rest).await.expect("EOF");
    assert_eq!(rest, "two three");
}
