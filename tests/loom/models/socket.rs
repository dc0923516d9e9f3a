//! Writes that wait for a socket which the peer leaves unread.

use send_pipe::{every_interleaving, Step, Tunnel};

#[test]
fn a_write_that_waits_goes_on_when_the_socket_is_read() {
    every_interleaving(2, || {
        let outcome = Tunnel::UNREAD.run(&[Step::ReadSocket], |mut handle| async move {
            handle.write_all(b"abc").await?;
            handle.arrival_of(3).await;
            Ok(())
        });
        outcome.assert_complete(b"abc");
    });
}

#[test]
fn less_than_a_frame_behind_held_bytes_leaves_when_those_have() {
    every_interleaving(2, || {
        let tunnel = Tunnel {
            limit: 4,
            ..Tunnel::UNREAD
        };
        let outcome = tunnel.run(&[Step::ReadSocket], |mut handle| async move {
            handle.write_all(b"a").await?;
            handle.write_all(b"b").await?;
            handle.arrival_of(2).await;
            Ok(())
        });
        outcome.assert_complete(b"ab");
    });
}

#[test]
fn a_frame_that_fills_behind_held_bytes_holds_the_writer_until_those_have_left() {
    every_interleaving(2, || {
        let tunnel = Tunnel {
            limit: 4,
            ..Tunnel::UNREAD
        };
        let outcome = tunnel.run(&[Step::ReadSocket], |mut handle| async move {
            handle.write_all(b"a").await?;
            handle.write_all(b"b").await?;
            handle.write_all(b"cd").await?;
            handle.arrival_of(4).await;
            Ok(())
        });
        outcome.assert_complete(b"abcd");
    });
}

#[test]
fn held_bytes_and_a_shut_window_together_hold_a_write_until_both_give_way() {
    every_interleaving(2, || {
        let tunnel = Tunnel {
            window: 1,
            ..Tunnel::UNREAD
        };
        let steps = [Step::ReadSocket, Step::Grant(1)];
        let outcome = tunnel.run(&steps, |mut handle| async move {
            handle.write_all(b"ab").await?;
            handle.arrival_of(2).await;
            Ok(())
        });
        outcome.assert_complete(b"ab");
    });
}
