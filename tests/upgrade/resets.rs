//! Contract 6.4-6, 6.4-7, 2.3-7: how a tunnel's reset looks to its reader and its writer.

use std::error::Error;
use std::io::{self, ErrorKind};

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

both_roles!(
    a_reset_that_is_no_error_reads_as_the_end,
    a_reset_for_a_closed_stream_reads_as_a_broken_pipe,
    any_other_reset_reads_as_an_error_with_its_reason,
    writing_after_a_reset_fails_and_says_why,
    a_lost_transport_fails_reads_with_its_own_kind,
);

/// The h2 error in the chain of `error`, which may itself stand in an I/O error.
fn h2_reason(error: &io::Error) -> Option<Reason> {
    let mut next: Option<&(dyn Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(cause) = next {
        if let Some(cause) = cause.downcast_ref::<h2::Error>() {
            return cause.reason();
        }
        next = cause.source();
    }
    None
}

/// Reads what comes after data and a reset.
async fn read_after(role: Role, code: Reason) -> io::Result<usize> {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "data").await;
    run_until_idle().await;
    link.peer.reset(tunnel.stream, code).await;
    run_until_idle().await;
    let mut bytes = [0; 10];
    let read = tunnel.upgraded.read(&mut bytes).await;
    assert_eq!(read.expect("data before the reset"), 4);
    expect_soon("the reset", tunnel.upgraded.read(&mut bytes)).await
}

// Contract 6.4-6.
async fn a_reset_that_is_no_error_reads_as_the_end(role: Role) {
    for code in [Reason::NO_ERROR, Reason::CANCEL] {
        assert_eq!(read_after(role, code).await.expect("the end"), 0);
    }
}

// Contract 6.4-6.
async fn a_reset_for_a_closed_stream_reads_as_a_broken_pipe(role: Role) {
    let failed = read_after(role, Reason::STREAM_CLOSED).await;
    assert_eq!(failed.expect_err("closed").kind(), ErrorKind::BrokenPipe);
}

// Contract 6.4-6.
async fn any_other_reset_reads_as_an_error_with_its_reason(role: Role) {
    for code in [
        Reason::INTERNAL_ERROR,
        Reason::CONNECT_ERROR,
        Reason::ENHANCE_YOUR_CALM,
    ] {
        let failed = read_after(role, code).await.expect_err("a reset");
        assert_eq!(failed.kind(), ErrorKind::Other);
        assert_eq!(h2_reason(&failed), Some(code));
    }
}

// Contract 6.4-7.
async fn writing_after_a_reset_fails_and_says_why(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.reset(tunnel.stream, Reason::CONNECT_ERROR).await;
    run_until_idle().await;
    let failed = tunnel.upgraded.write_all(b"too late").await;
    let failed = failed.expect_err("the stream is gone");
    assert_eq!(failed.kind(), ErrorKind::Other);
    assert_eq!(h2_reason(&failed), Some(Reason::CONNECT_ERROR));
}

// Contract 2.3-7, 6.4-6.
async fn a_lost_transport_fails_reads_with_its_own_kind(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.to_hyper.fail_reads(ErrorKind::ConnectionReset);
    let mut bytes = [0; 10];
    let failed = expect_soon("the failure", tunnel.upgraded.read(&mut bytes)).await;
    let failed = failed.expect_err("the transport is gone");
    assert_eq!(failed.kind(), ErrorKind::ConnectionReset);
}
