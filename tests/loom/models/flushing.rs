//! Flushes, which wait for window and not for the socket.

use send_pipe::{every_interleaving, Step, Tunnel};

#[test]
fn a_flush_that_waits_is_done_when_window_is_granted() {
    every_interleaving(2, || {
        let outcome = Tunnel::SHUT.run(&[Step::Grant(1)], |mut handle| async move {
            handle.write_all(b"a").await?;
            handle.flush().await?;
            handle.arrival_of(1).await;
            Ok(())
        });
        outcome.assert_complete(b"a");
    });
}

#[test]
fn two_flushes_in_a_row_are_each_done_for_what_was_written_before() {
    every_interleaving(2, || {
        let steps = [Step::Grant(1), Step::Grant(1)];
        let outcome = Tunnel::SHUT.run(&steps, |mut handle| async move {
            handle.write_all(b"a").await?;
            handle.flush().await?;
            handle.write_all(b"b").await?;
            handle.flush().await?;
            handle.arrival_of(2).await;
            Ok(())
        });
        outcome.assert_complete(b"ab");
    });
}

#[test]
fn a_flush_does_not_wait_for_a_socket_that_nobody_reads() {
    every_interleaving(2, || {
        let tunnel = Tunnel {
            window: 1,
            ..Tunnel::UNREAD
        };
        let steps = [Step::Grant(1), Step::AwaitUser, Step::ReadSocket];
        let outcome = tunnel.run(&steps, |mut handle| async move {
            handle.write_all(b"ab").await?;
            handle.flush().await?;
            handle.let_peer_go_on();
            handle.arrival_of(2).await;
            Ok(())
        });
        outcome.assert_complete(b"ab");
    });
}
