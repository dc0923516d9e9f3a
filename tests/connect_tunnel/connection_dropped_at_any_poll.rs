//! Case 32 at every point of a connection's life: whoever runs it drops it, with bytes staged, half written or unread.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use crate::leak::without_a_leak;
use crate::support::scripted_h2::H2Stream;
use crate::support::shaped::Shape;
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::traffic::{read_pattern, write_pattern};
use hyper::upgrade::Upgraded;

const LEN: usize = 100_000;

both_roles!(
    tunnels_fail_and_nothing_is_left_wherever_it_is,
    tunnels_fail_and_nothing_is_left_before_a_flush,
);

/// A task that drives a tunnel, and hands it back with what came of it.
type Driver = JoinHandle<(TokioIo<Upgraded>, io::Result<()>)>;

/// Runs until the transport's task has had its polls; says whether there was more to come.
async fn is_cut_off_after(polls: usize, role: Role, options: &Options) -> bool {
    let mut link = Link::h2(role, options).await;
    let (up, down, left) = (
        link.tunnel().await,
        link.tunnel().await,
        link.tunnel().await,
    );
    link.executor.cut_first_off_after(polls);

    let (mut writes, mut reads, mut leaves) = (up.upgraded, down.upgraded, left.upgraded);
    let writer: Driver = tokio::spawn(async move {
        let result = async {
            write_pattern(&mut writes, LEN).await?;
            writes.shutdown().await
        };
        let result = result.await;
        (writes, result)
    });
    let reader: Driver = tokio::spawn(async move {
        let result = read_pattern(&mut reads).await.map(drop);
        (reads, result)
    });
    let leaver = tokio::spawn(async move {
        // One that is dropped while the rest of its bytes waits.
        let _ = write_pattern(&mut leaves, LEN / 2).await;
    });
    let H2Stream { mut recv, .. } = up.stream;
    let receiver = tokio::spawn(async move {
        while let Some(Ok(data)) = recv.data().await {
            let _ = recv.flow_control().release_capacity(data.len());
        }
    });
    let H2Stream { mut send, .. } = down.stream;
    let sender = tokio::spawn(async move {
        let bytes = crate::traffic::pattern(LEN);
        let _ = crate::support::scripted_h2::send_all(&mut send, bytes).await;
        let _ = send.send_data(Default::default(), true);
    });
    run_until_idle().await;
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;

    let is_cut_off = link.transport.is_alone();
    for driver in [writer, reader] {
        let (mut io, result) = expect_soon("the driver", driver).await.expect("no panic");
        if !is_cut_off {
            result.expect("the connection lives");
            continue;
        }
        for _ in 0..2 {
            let err = io.write(b"more").await;
            err.expect_err("the connection is gone, or the tunnel shut down");
        }
        if result.is_err() {
            io.flush().await.expect_err("the connection is gone");
            io.shutdown().await.expect_err("the connection is gone");
            let read = io.read_to_end(&mut Vec::new()).await;
            read.expect_err("the connection is gone");
        }
    }
    for task in [leaver, receiver, sender] {
        expect_soon("the task", task).await.expect("no panic");
    }
    drop(left.stream);
    link.hyper.close();
    if is_cut_off {
        run_until_idle().await;
        assert_eq!(link.executor.live(), 0);
    }
    drop(link);
    run_until_idle().await;
    is_cut_off
}

async fn is_fine_wherever_it_is_cut_off(role: Role, options: &Options) {
    for polls in 1.. {
        let run = || is_cut_off_after(polls, role, options);
        if !without_a_leak(run).await {
            assert!(polls > 20, "cut off at {polls} polls only");
            break;
        }
    }
}

// Case 32.
async fn tunnels_fail_and_nothing_is_left_wherever_it_is(role: Role) {
    let shape = Shape {
        writes: &[5, 20_000, 9, 100],
        hesitates: true,
        ..Shape::default()
    };
    let options = Options::new().shape(shape).socket_buffer(10_000);
    is_fine_wherever_it_is_cut_off(role, &options).await;
}

// Case 32, with all that was written held back by the transport.
async fn tunnels_fail_and_nothing_is_left_before_a_flush(role: Role) {
    let shape = Shape {
        buffers: true,
        hesitates: true,
        ..Shape::default()
    };
    let options = Options::new().shape(shape).socket_buffer(10_000);
    is_fine_wherever_it_is_cut_off(role, &options).await;
}
