//! Writes that wait for window.

use send_pipe::{every_interleaving, Step, Tunnel};

#[test]
fn a_write_that_waits_goes_on_when_window_is_granted() {
    every_interleaving(2, || {
        let outcome = Tunnel::SHUT.run(&[Step::Grant(2)], |mut handle| async move {
            handle.write_all(b"ab").await?;
            handle.arrival_of(2).await;
            Ok(())
        });
        outcome.assert_complete(b"ab");
    });
}

#[test]
fn a_window_that_opens_byte_by_byte_lets_each_byte_out() {
    every_interleaving(2, || {
        let steps = [Step::Grant(1), Step::Grant(1)];
        let outcome = Tunnel::SHUT.run(&steps, |mut handle| async move {
            handle.write_all(b"ab").await?;
            handle.arrival_of(2).await;
            Ok(())
        });
        outcome.assert_complete(b"ab");
    });
}

#[test]
fn a_byte_that_gathers_behind_a_waiting_one_leaves_with_it() {
    every_interleaving(2, || {
        let tunnel = Tunnel {
            limit: 4,
            ..Tunnel::SHUT
        };
        let outcome = tunnel.run(&[Step::Grant(2)], |mut handle| async move {
            handle.write_all(b"a").await?;
            handle.write_all(b"b").await?;
            handle.arrival_of(2).await;
            Ok(())
        });
        outcome.assert_complete(b"ab");
    });
}

#[test]
fn window_for_a_part_of_what_waits_makes_room_for_that_much() {
    every_interleaving(2, || {
        let tunnel = Tunnel {
            limit: 4,
            ..Tunnel::SHUT
        };
        let steps = [Step::Grant(1), Step::AwaitUser, Step::Grant(2)];
        let outcome = tunnel.run(&steps, |mut handle| async move {
            handle.write_all(b"abc").await?;
            handle.let_peer_go_on();
            handle.arrival_of(3).await;
            Ok(())
        });
        outcome.assert_complete(b"abc");
    });
}
