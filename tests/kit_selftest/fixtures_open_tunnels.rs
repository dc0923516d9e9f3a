use std::time::Duration;

use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::support::scripted_h2::{receive_to_end, send_all};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{run_until_idle, settle};

const INTERVAL: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(5);

both_roles!(
    raw_peer_and_hyper_echo,
    h2_peer_and_hyper_echo,
    a_window_opened_later_reaches_every_tunnel,
    closing_ends_the_connection_and_its_tasks,
    a_socket_nobody_reads_stops_the_writer,
    unanswered_pings_end_the_connection_in_virtual_time,
);

async fn raw_peer_and_hyper_echo(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "ping").await;
    link.peer.send_last_data(tunnel.stream, "pong").await;

    let (mut read, mut write) = tokio::io::split(tunnel.upgraded);
    let echo = tokio::spawn(async move {
        tokio::io::copy(&mut read, &mut write).await?;
        write.shutdown().await
    });
    assert_eq!(link.peer.read_to_end(tunnel.stream).await, "pingpong");
    echo.await.expect("no panic").expect("no error");
}

async fn h2_peer_and_hyper_echo(role: Role) {
    let mut link = Link::h2(role, &Options::new().max_send_buf_size(64 * 1024)).await;
    let tunnel = link.tunnel().await;
    let (mut near, far) = (tunnel.upgraded, tunnel.stream);
    let echo = tokio::spawn(async move {
        let (mut read, mut write) = tokio::io::split(&mut near);
        tokio::io::copy(&mut read, &mut write).await?;
        write.shutdown().await
    });

    const LEN: usize = 1 << 20;
    let (mut send, mut recv) = (far.send, far.recv);
    let sent = async {
        send_all(&mut send, vec![3; LEN]).await?;
        send.send_data(Default::default(), true)
    };
    let (sent, received) = tokio::join!(sent, receive_to_end(&mut recv));
    sent.expect("all is sent");
    assert_eq!(received.expect("all is received"), vec![3; LEN]);
    echo.await.expect("no panic").expect("no error");
}

async fn a_window_opened_later_reaches_every_tunnel(role: Role) {
    let options = Options::new()
        .stream_window(0)
        .connect_status(StatusCode::OK);
    let mut link = Link::h2(role, &options).await;
    let mut tunnels = [link.tunnel().await, link.tunnel().await];
    for tunnel in &mut tunnels {
        tunnel.upgraded.write_all(b"late").await.expect("accepted");
    }
    link.peer.set_stream_window(1000);
    for tunnel in &mut tunnels {
        assert_eq!(tunnel.stream.receive(4).await.expect("arrives"), "late");
    }
}

async fn closing_ends_the_connection_and_its_tasks(role: Role) {
    let mut link = Link::h2(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    let mut byte = [0];
    tunnel.stream.finish().expect("the stream is open");
    assert_eq!(tunnel.upgraded.read(&mut byte).await.expect("EOF"), 0);
    tunnel.upgraded.shutdown().await.expect("the stream ends");
    assert!(link.executor.live() > 0);

    link.hyper.close();
    drop(tunnel);
    link.hyper.ended().await.expect("a graceful end");
    link.peer.ended().await.expect("a graceful end");
    assert_eq!(link.executor.live(), 0);
    assert!(link.to_peer.is_ended());
}

async fn a_socket_nobody_reads_stops_the_writer(role: Role) {
    let options = Options::new()
        .stream_window(1 << 30)
        .connection_window(1 << 30)
        .socket_buffer(1000);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let before = link.to_peer.taken();
    link.to_peer.stop_reading();

    let bytes = vec![5; 8 << 20];
    let stream = tunnel.stream;
    let mut write = Box::pin(async move {
        for piece in bytes.chunks(8 << 10) {
            tunnel.upgraded.write_all(piece).await?;
        }
        tunnel.upgraded.shutdown().await?;
        // Kept open to the end: what a drop does to the last bytes is not this test's matter.
        std::io::Result::Ok(tunnel)
    });
    assert!(settle(&mut write).await.is_pending());
    assert_eq!(link.to_peer.taken() - before, 1000);

    let polls = link.executor.polls();
    run_until_idle().await;
    assert_eq!(link.executor.polls(), polls);

    link.to_peer.resume();
    let (written, received) = tokio::join!(write, link.peer.read_to_end(stream));
    written.expect("all is written");
    assert_eq!(received.len(), 8 << 20);
}

async fn unanswered_pings_end_the_connection_in_virtual_time(role: Role) {
    let options = Options::new().tune(
        |server| {
            server.keep_alive_interval(INTERVAL);
            server.keep_alive_timeout(TIMEOUT);
        },
        |client| {
            client.keep_alive_interval(INTERVAL);
            client.keep_alive_timeout(TIMEOUT);
        },
    );
    let mut link = Link::raw(role, &options).await;
    let _tunnel = link.tunnel().await;
    link.peer.answer_pings(false);
    let start = Instant::now();
    let ended = link.hyper.ended().await;
    assert!(ended.expect_err("no answer came").is_timeout());
    let elapsed = start.elapsed();
    assert!(elapsed >= INTERVAL + TIMEOUT && elapsed < 2 * (INTERVAL + TIMEOUT));
    link.peer.settled_frames().await;
    assert_eq!(link.peer.pings(), 1);
}
