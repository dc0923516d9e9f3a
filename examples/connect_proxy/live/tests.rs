use tokio::io::{duplex, AsyncWriteExt};
use tokio::time::{advance, timeout};

use super::*;
use crate::metered::Metered;

fn tunnel(protocol: Protocol) -> Tunnel {
    let client = "192.0.2.1:5000".parse().expect("this is an address");
    let address: SocketAddr = "192.0.2.2:443".parse().expect("this is an address");
    let authority = address.to_string().parse().expect("this is an authority");
    let target = Target::read(&authority, None).expect("this is a target");
    let who = Who::Anybody;
    Tunnel::new((protocol, client), Kind::Connect, (target, address), who)
}

/// Writes as much as ten bytes of room take.
async fn write(meter: &Arc<Meter>, bytes: usize) {
    let (near, _far) = duplex(10);
    let mut stream = Metered::new(near, Arc::clone(meter));
    let written = timeout(Duration::ZERO, stream.write_all(&vec![0; bytes])).await;
    assert_eq!(written.is_ok(), bytes <= 10);
}

#[tokio::test(start_paused = true)]
async fn tunnels_are_listed_while_they_are_open() {
    let live = Live::default();
    let first = live.list(tunnel(Protocol::Http1));
    let second = live.list(tunnel(Protocol::Http2));
    let third = live.list(tunnel(Protocol::Http2));
    let totals = live.totals();
    assert_eq!((totals.http1, totals.http2, totals.tunnels()), (1, 2, 3));
    drop((first, third));
    let open: Vec<_> = live.open().into_iter().map(|(id, _)| id).collect();
    assert_eq!(open, [second.id]);
}

#[tokio::test(start_paused = true)]
async fn bytes_are_counted_once_and_beyond_the_end_of_their_tunnel() {
    let live = Live::default();
    let first = live.list(tunnel(Protocol::Http1));
    let second = live.list(tunnel(Protocol::Http1));
    write(&first.tunnel.client_side, 5).await;
    write(&first.tunnel.target_side, 3).await;
    write(&second.tunnel.client_side, 2).await;
    let before = live.totals();
    assert_eq!((before.to_client, before.to_target), (7, 3));
    drop(first);
    let after = live.totals();
    assert_eq!((after.to_client, after.to_target), (7, 3));
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_is_stalled_from_a_second_on() {
    let live = Live::default();
    let listed = live.list(tunnel(Protocol::Http1));
    write(&listed.tunnel.target_side, 20).await;
    advance(Duration::from_millis(999)).await;
    assert_eq!(live.totals().stalled, 0);
    advance(Duration::from_millis(1)).await;
    assert_eq!(live.totals().stalled, 1);
    let stalled = listed.tunnel.stalled_for(Instant::now());
    assert_eq!(stalled, Some(STALLED));
    assert_eq!(listed.tunnel.idle_for(Instant::now()), STALLED);
}
