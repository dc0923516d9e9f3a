//! Case 14 over transports that are odd, and legal: every byte passes both ways, then both ends, then the transport is shut
//! down, once, with nothing left in it.

use tokio::io::AsyncWriteExt;

use crate::support::scripted_h2::H2Stream;
use crate::support::shaped::Shape;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::traffic::{read_pattern, receive_pattern, send_pattern, write_pattern};

both_roles!(
    a_transport_that_takes_all_at_once,
    a_transport_that_takes_a_byte_at_a_time,
    a_transport_that_takes_a_byte_of_one_slice_at_a_time,
    a_transport_whose_writes_end_within_headers_and_payloads,
    a_transport_whose_writes_end_just_behind_headers_and_payloads,
    a_transport_that_takes_one_slice_at_a_time,
    a_transport_that_takes_part_of_one_slice,
    a_transport_that_pends_before_everything,
    a_transport_that_pends_before_a_part_of_everything,
    a_transport_that_sends_what_is_flushed,
    a_transport_that_pends_before_it_sends_what_is_flushed,
    a_transport_that_reads_a_byte_at_a_time,
    a_transport_whose_reads_end_within_headers_and_payloads,
    a_transport_that_wakes_for_no_reason,
);

const LEN: usize = 3 << 20;
/// Where each byte is a call.
const FEW: usize = 20_000;

fn options() -> Options {
    Options::new()
        .stream_window(1 << 20)
        .connection_window(1 << 20)
}

async fn carries(role: Role, len: usize, options: &Options) {
    let mut link = Link::h2(role, options).await;
    let tunnel = link.tunnel().await;
    let H2Stream { mut send, mut recv } = tunnel.stream;
    let (mut read, mut write) = tokio::io::split(tunnel.upgraded);
    let writing = async {
        write_pattern(&mut write, len).await?;
        write.shutdown().await
    };
    let all = async {
        tokio::join!(
            writing,
            read_pattern(&mut read),
            send_pattern(&mut send, len),
            receive_pattern(&mut recv),
        )
    };
    let (written, read_len, (), received) = expect_soon("the last byte", all).await;
    written.expect("the tunnel is open");
    assert_eq!(read_len.expect("the tunnel is open"), len);
    assert_eq!(received, len);

    drop((read, write, send, recv));
    // A peer that has said its last does not read any more.
    link.to_peer.set_buffer(64 << 10);
    link.hyper.close();
    link.hyper.ended().await.expect("a graceful end");
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
    assert!(link.transport.is_alone());
    let counts = link.transport.counts();
    assert_eq!(
        (counts.shutdowns, counts.written),
        (1, link.to_peer.taken())
    );
    assert_eq!(link.transport.trespasses(), [""; 0]);
}

async fn a_transport_that_takes_all_at_once(role: Role) {
    carries(role, LEN, &options()).await;
}

async fn a_transport_that_takes_a_byte_at_a_time(role: Role) {
    let shape = Shape {
        writes: &[1],
        ..Shape::default()
    };
    carries(role, FEW, &options().shape(shape)).await;
}

async fn a_transport_that_takes_a_byte_of_one_slice_at_a_time(role: Role) {
    let shape = Shape {
        writes: &[1],
        is_vectored: false,
        ..Shape::default()
    };
    carries(role, FEW, &options().shape(shape)).await;
}

async fn a_transport_whose_writes_end_within_headers_and_payloads(role: Role) {
    let shape = Shape {
        writes: &[4, 3, 5000, 8, 20_000, 1, 16_384, 40_000],
        ..Shape::default()
    };
    carries(role, LEN, &options().shape(shape)).await;
}

async fn a_transport_whose_writes_end_just_behind_headers_and_payloads(role: Role) {
    // Bulk goes in frames of 16 KiB, each behind a header of nine bytes.
    for writes in [&[9, 16_384][..], &[16_393], &[2 * 16_393]] {
        let shape = Shape {
            writes,
            ..Shape::default()
        };
        carries(role, LEN / 2, &options().shape(shape)).await;
    }
}

async fn a_transport_that_takes_one_slice_at_a_time(role: Role) {
    let shape = Shape {
        is_vectored: false,
        ..Shape::default()
    };
    carries(role, LEN, &options().shape(shape)).await;
}

async fn a_transport_that_takes_part_of_one_slice(role: Role) {
    let shape = Shape {
        writes: &[4, 3, 5000, 8, 20_000, 1, 16_384, 40_000],
        is_vectored: false,
        ..Shape::default()
    };
    carries(role, LEN, &options().shape(shape)).await;
}

async fn a_transport_that_pends_before_everything(role: Role) {
    let shape = Shape {
        hesitates: true,
        ..Shape::default()
    };
    carries(role, LEN, &options().shape(shape)).await;
}

async fn a_transport_that_pends_before_a_part_of_everything(role: Role) {
    for is_vectored in [true, false] {
        let shape = Shape {
            most_read: 1000,
            writes: &[4, 3, 5000, 8, 20_000, 1],
            is_vectored,
            hesitates: true,
            ..Shape::default()
        };
        carries(role, LEN / 2, &options().shape(shape)).await;
    }
}

async fn a_transport_that_sends_what_is_flushed(role: Role) {
    let shape = Shape {
        buffers: true,
        ..Shape::default()
    };
    carries(role, LEN, &options().shape(shape)).await;
}

async fn a_transport_that_pends_before_it_sends_what_is_flushed(role: Role) {
    let shape = Shape {
        buffers: true,
        hesitates: true,
        ..Shape::default()
    };
    let options = options().shape(shape).socket_buffer(5000);
    carries(role, LEN, &options).await;
}

async fn a_transport_that_reads_a_byte_at_a_time(role: Role) {
    for hesitates in [false, true] {
        let shape = Shape {
            most_read: 1,
            hesitates,
            ..Shape::default()
        };
        carries(role, FEW / 2, &options().shape(shape)).await;
    }
}

async fn a_transport_whose_reads_end_within_headers_and_payloads(role: Role) {
    for most_read in [7, 100, 4095] {
        let shape = Shape {
            most_read,
            hesitates: true,
            ..Shape::default()
        };
        carries(role, FEW * 2, &options().shape(shape)).await;
    }
}

async fn a_transport_that_wakes_for_no_reason(role: Role) {
    for hesitates in [false, true] {
        let shape = Shape {
            is_restless: true,
            hesitates,
            ..Shape::default()
        };
        carries(role, LEN / 2, &options().shape(shape)).await;
    }
}
