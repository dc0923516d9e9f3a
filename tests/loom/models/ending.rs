//! Shutdown and drop, with bytes under way.

use send_pipe::{every_interleaving, Step, Tunnel};

const CANCEL: u32 = 8;

#[test]
fn a_shutdown_that_waits_for_window_is_done_when_some_is_granted() {
    every_interleaving(2, || {
        let outcome = Tunnel::SHUT.run(&[Step::Grant(1)], |mut handle| async move {
            handle.write_all(b"a").await?;
            handle.shutdown().await
        });
        outcome.assert_complete(b"a");
    });
}

#[test]
fn a_shutdown_with_nothing_waiting_needs_no_window() {
    every_interleaving(3, || {
        let outcome = Tunnel::SHUT.run(&[], |mut handle| async move { handle.shutdown().await });
        outcome.assert_complete(b"");
    });
}

#[test]
fn a_shutdown_behind_held_bytes_is_done_without_the_handle_going() {
    every_interleaving(2, || {
        let outcome = Tunnel::UNREAD.run(&[Step::ReadSocket], |mut handle| async move {
            handle.write_all(b"ab").await?;
            handle.shutdown().await?;
            handle.arrival_of(2).await;
            Ok(())
        });
        outcome.assert_complete(b"ab");
    });
}

#[test]
fn a_handle_dropped_while_bytes_wait_for_window_loses_none() {
    every_interleaving(2, || {
        let outcome = Tunnel::SHUT.run(&[Step::Grant(1)], |mut handle| async move {
            handle.write_all(b"a").await
        });
        outcome.assert_complete(b"a");
    });
}

#[test]
fn a_handle_dropped_while_bytes_wait_for_the_socket_loses_none() {
    every_interleaving(2, || {
        let outcome = Tunnel::UNREAD.run(&[Step::ReadSocket], |mut handle| async move {
            handle.write_all(b"ab").await
        });
        outcome.assert_complete(b"ab");
    });
}

#[test]
fn window_that_comes_as_patience_ends_is_used_whole_or_not_at_all() {
    every_interleaving(2, || {
        let steps = [Step::LetTimePass, Step::Grant(2)];
        let outcome = Tunnel::SHUT.run(
            &steps,
            |mut handle| async move { handle.write_all(b"a").await },
        );
        match outcome.received.reset {
            None => outcome.assert_complete(b"a"),
            Some(code) => {
                assert_eq!(code, CANCEL);
                outcome.assert_cut_short(b"a");
            }
        }
    });
}

#[test]
fn a_handle_that_nobody_took_resets_its_stream_when_it_goes() {
    every_interleaving(3, || {
        let tunnel = Tunnel {
            is_claimed: false,
            ..Tunnel::SHUT
        };
        let outcome = tunnel.run(&[], |_| async { Ok(()) });
        assert_eq!(outcome.received.reset, Some(CANCEL));
        assert!(!outcome.received.is_ended);
    });
}
