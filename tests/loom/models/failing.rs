//! Ends that come from elsewhere: resets, a broken transport, an executor that shuts down.

use std::io;

use send_pipe::{every_interleaving, Executor, Handle, Reason, Step, Tunnel};

const RESET: [Step; 1] = [Step::Reset(Reason::INTERNAL_ERROR)];

/// Of a reset that says that something was wrong.
const KIND: io::ErrorKind = io::ErrorKind::Other;

/// Asserts that `handle` failed, and goes on to.
async fn assert_failed(handle: &mut Handle, result: io::Result<()>, kind: io::ErrorKind) {
    let told = [
        result,
        handle.write_all(b"x").await,
        handle.flush().await,
        handle.shutdown().await,
    ];
    for result in told {
        assert_eq!(result.map_err(|err| err.kind()), Err(kind));
    }
}

#[test]
fn a_reset_wakes_a_write_that_waits_for_window() {
    every_interleaving(3, || {
        let outcome = Tunnel::SHUT.run(&RESET, |mut handle| async move {
            let result = handle.write_all(b"ab").await;
            assert_failed(&mut handle, result, KIND).await;
            Ok(())
        });
        outcome.assert_cut_short(b"ab");
    });
}

#[test]
fn a_reset_wakes_a_write_that_waits_for_the_socket() {
    every_interleaving(3, || {
        let outcome = Tunnel::UNREAD.run(&RESET, |mut handle| async move {
            let result = handle.write_all(b"abc").await;
            assert_failed(&mut handle, result, KIND).await;
            Ok(())
        });
        outcome.assert_cut_short(b"abc");
    });
}

#[test]
fn a_reset_wakes_a_flush() {
    every_interleaving(3, || {
        let outcome = Tunnel::SHUT.run(&RESET, |mut handle| async move {
            let result = match handle.write_all(b"a").await {
                Ok(()) => handle.flush().await,
                failed => failed,
            };
            assert_failed(&mut handle, result, KIND).await;
            Ok(())
        });
        outcome.assert_cut_short(b"a");
    });
}

#[test]
fn a_reset_wakes_a_shutdown() {
    every_interleaving(3, || {
        let outcome = Tunnel::SHUT.run(&RESET, |mut handle| async move {
            let result = match handle.write_all(b"a").await {
                Ok(()) => handle.shutdown().await,
                failed => failed,
            };
            assert_failed(&mut handle, result, KIND).await;
            Ok(())
        });
        outcome.assert_cut_short(b"a");
    });
}

#[test]
fn a_reset_ends_the_task_of_a_handle_that_is_gone() {
    every_interleaving(3, || {
        let outcome = Tunnel::SHUT.run(&RESET, |mut handle| async move {
            let _ = handle.write_all(b"a").await;
            Ok(())
        });
        outcome.assert_cut_short(b"a");
    });
}

#[test]
fn a_reset_that_comes_with_window_leaves_no_hole() {
    every_interleaving(3, || {
        let steps = [Step::Grant(1), RESET[0]];
        let outcome = Tunnel::SHUT.run(&steps, |mut handle| async move {
            let result = handle.write_all(b"abc").await;
            assert_failed(&mut handle, result, KIND).await;
            Ok(())
        });
        outcome.assert_cut_short(b"abc");
    });
}

#[test]
fn a_transport_that_breaks_wakes_a_write() {
    every_interleaving(3, || {
        let outcome = Tunnel::UNREAD.run(&[Step::Break], |mut handle| async move {
            let result = handle.write_all(b"abc").await;
            assert_failed(&mut handle, result, io::ErrorKind::ConnectionReset).await;
            Ok(())
        });
        outcome.assert_cut_short(b"abc");
    });
}

#[test]
fn an_executor_that_drops_the_task_wakes_a_write() {
    every_interleaving(3, || {
        let tunnel = Tunnel {
            executor: Executor::ShutsDown,
            ..Tunnel::SHUT
        };
        let outcome = tunnel.run(&[], |mut handle| async move {
            let result = handle.write_all(b"ab").await;
            assert_failed(&mut handle, result, io::ErrorKind::BrokenPipe).await;
            Ok(())
        });
        outcome.assert_cut_short(b"ab");
        assert!(outcome.received.reset.is_some());
    });
}
