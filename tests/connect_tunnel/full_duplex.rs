//! Both directions at once, through windows far smaller than what passes.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::pattern::{bytes_at, Arrived, MOST};
use super::pressure::PatternWriter;
use crate::support::scripted_h2::{send_all, H2Stream};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::expect_soon;

both_roles!(
    both_directions_pass_in_full_through_small_windows,
    an_echo_of_one_task_does_not_deadlock_on_small_windows,
);

fn small_windows() -> Options {
    Options::new()
        .stream_window(20_000)
        .connection_window(65_535)
        .tune(
            |server| {
                server.initial_stream_window_size(20_000);
                server.initial_connection_window_size(65_535);
            },
            |client| {
                client.initial_stream_window_size(20_000);
                client.initial_connection_window_size(65_535);
            },
        )
}

/// Sends the pattern up to `end`, then END_STREAM.
async fn send_pattern(send: &mut h2::SendStream<bytes::Bytes>, end: usize) {
    for at in (0..end).step_by(MOST) {
        let piece = bytes_at(at, MOST.min(end - at));
        send_all(send, piece).await.expect("the stream is open");
    }
    let ended = send.send_data(bytes::Bytes::new(), true);
    ended.expect("the stream is open");
}

/// Receives the pattern up to END_STREAM.
async fn receive_pattern(recv: &mut h2::RecvStream) -> usize {
    let mut arrived = Arrived::default();
    while let Some(data) = recv.data().await {
        let data = data.expect("no error");
        arrived.push(&data);
        let released = recv.flow_control().release_capacity(data.len());
        released.expect("the window takes back what it gave");
    }
    arrived.len()
}

/// Case 14.
async fn both_directions_pass_in_full_through_small_windows(role: Role) {
    const LEN: usize = 64 << 20;
    let mut link = Link::h2(role, &small_windows()).await;
    let tunnel = link.tunnel().await;
    let H2Stream { mut send, mut recv } = tunnel.stream;
    let (mut read, mut write) = tokio::io::split(tunnel.upgraded);
    let writing = async {
        for at in (0..LEN).step_by(MOST) {
            let piece = bytes_at(at, MOST.min(LEN - at));
            write.write_all(piece).await.expect("the tunnel is open");
        }
        write.shutdown().await.expect("the tunnel is open");
    };
    let reading = async {
        let mut arrived = Arrived::default();
        let mut buffer = vec![0; MOST];
        loop {
            match read.read(&mut buffer).await.expect("the tunnel is open") {
                0 => return arrived.len(),
                n => arrived.push(&buffer[..n]),
            }
        }
    };
    let all = async {
        tokio::join!(
            writing,
            reading,
            send_pattern(&mut send, LEN),
            receive_pattern(&mut recv)
        )
    };
    let ((), read, (), received) = expect_soon("the last byte", all).await;
    assert_eq!((read, received), (LEN, LEN));
}

/// Case 14, with the reader waiting for its own writes.
async fn an_echo_of_one_task_does_not_deadlock_on_small_windows(role: Role) {
    const LEN: usize = 4 << 20;
    let options = small_windows().max_send_buf_size(1000);
    let mut link = Link::h2(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let H2Stream { mut send, mut recv } = tunnel.stream;
    let echo = async move {
        let mut buffer = [0; 5000];
        let mut written = PatternWriter::default();
        loop {
            let n = tunnel.upgraded.read(&mut buffer).await?;
            if n == 0 {
                return tunnel.upgraded.shutdown().await;
            }
            let end = written.accepted() + n;
            written.write_to(&mut tunnel.upgraded, end, n).await?;
        }
    };
    let all = async {
        tokio::join!(
            echo,
            send_pattern(&mut send, LEN),
            receive_pattern(&mut recv)
        )
    };
    let (echoed, (), received) = expect_soon("the last byte", all).await;
    echoed.expect("the tunnel is open");
    assert_eq!(received, LEN);
}
