//! Both directions at once, through windows far smaller than what passes.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::pressure::PatternWriter;
use crate::support::scripted_h2::H2Stream;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::expect_soon;
use crate::traffic::{read_pattern, receive_pattern, send_pattern, write_pattern};

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

/// Case 14.
async fn both_directions_pass_in_full_through_small_windows(role: Role) {
    const LEN: usize = 64 << 20;
    let mut link = Link::h2(role, &small_windows()).await;
    let tunnel = link.tunnel().await;
    let H2Stream { mut send, mut recv } = tunnel.stream;
    let (mut read, mut write) = tokio::io::split(tunnel.upgraded);
    let writing = async {
        write_pattern(&mut write, LEN).await.expect("open");
        write.shutdown().await.expect("open");
    };
    let reading = async { read_pattern(&mut read).await.expect("open") };
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
