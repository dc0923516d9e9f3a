//! Calls that are given up, and futures that are polled for another waker than before.

use send_pipe::{every_interleaving, poll_once, Executor, Step, Tunnel};

#[test]
fn a_write_that_moved_to_another_task_wakes_that_one() {
    every_interleaving(2, || {
        let outcome = Tunnel::SHUT.run(&[Step::Grant(2)], |mut handle| async move {
            handle.write_all(b"a").await?;
            if poll_once(handle.write(b"b")).is_pending() {
                handle.write_all(b"b").await?;
            }
            handle.arrival_of(2).await;
            Ok(())
        });
        outcome.assert_complete(b"ab");
    });
}

#[test]
fn an_abandoned_write_leaves_nothing_behind_and_takes_no_wake_up_along() {
    every_interleaving(2, || {
        let outcome = Tunnel::SHUT.run(&[Step::Grant(2)], |mut handle| async move {
            handle.write_all(b"a").await?;
            let accepted = if poll_once(handle.write(b"b")).is_ready() {
                2
            } else {
                1
            };
            handle.arrival_of(accepted).await;
            Ok(())
        });
        outcome.assert_complete(b"ab");
    });
}

#[test]
fn a_flush_after_an_abandoned_write_is_woken_in_its_place() {
    every_interleaving(2, || {
        let outcome = Tunnel::SHUT.run(&[Step::Grant(2)], |mut handle| async move {
            handle.write_all(b"a").await?;
            let _ = poll_once(handle.write(b"b"));
            handle.flush().await
        });
        outcome.assert_complete(b"ab");
    });
}

#[test]
fn a_tunnel_task_that_moved_to_another_thread_is_woken_there() {
    every_interleaving(2, || {
        let tunnel = Tunnel {
            executor: Executor::Moves,
            ..Tunnel::SHUT
        };
        let outcome = tunnel.run(&[Step::Grant(1)], |mut handle| async move {
            handle.write_all(b"a").await?;
            handle.arrival_of(1).await;
            Ok(())
        });
        outcome.assert_complete(b"a");
    });
}
