//! A connection's task and those of its streams on threads of their own: no byte and no wake-up is lost between them.

use std::future::Future;
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::exchange::pattern;
use crate::support::scripted_h2::{receive_to_end, send_all};
use crate::support::shaped::Shape;
use crate::support::tunnels::{Link, Options, Role};

const TUNNELS: usize = 6;
const LEN: usize = 400_000;

/// Time that passes here is real; this is how long is too long.
async fn in_time<F: Future>(what: F) -> F::Output {
    let timed = tokio::time::timeout(Duration::from_secs(60), what).await;
    timed.expect("somebody was not woken")
}

/// What is read up to the end.
async fn read_all(io: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut read = Vec::new();
    let ended = tokio::io::AsyncReadExt::read_to_end(io, &mut read).await;
    ended.expect("a clean end");
    read
}

async fn carries(role: Role, shape: Shape, socket: usize) {
    let options = Options::new().shape(shape).socket_buffer(socket);
    let mut link = in_time(Link::h2(role, &options)).await;
    let mut tasks = Vec::new();
    for _ in 0..TUNNELS {
        let tunnel = in_time(link.tunnel()).await;
        let (mut read, mut write) = tokio::io::split(tunnel.upgraded);
        let stream = tunnel.stream;
        let (mut send, mut recv) = (stream.send, stream.recv);
        tasks.push(tokio::spawn(async move {
            write.write_all(&pattern(LEN)).await.expect("open");
            write.shutdown().await.expect("open");
        }));
        tasks.push(tokio::spawn(async move {
            assert!(read_all(&mut read).await == pattern(LEN));
        }));
        tasks.push(tokio::spawn(async move {
            let sending = async {
                send_all(&mut send, pattern(LEN)).await.expect("open");
                send.send_data(bytes::Bytes::new(), true).expect("open");
            };
            let receiving = async { receive_to_end(&mut recv).await.expect("open") };
            let ((), received) = tokio::join!(sending, receiving);
            assert!(received == pattern(LEN));
        }));
    }
    for task in tasks {
        in_time(task).await.expect("no panic");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tunnels_of_many_threads_pass_in_full() {
    let piecemeal = Shape {
        writes: &[5, 3000, 20_000],
        hesitates: true,
        ..Shape::default()
    };
    for role in [Role::Server, Role::Client] {
        for socket in [3000, 64 << 10] {
            carries(role, Shape::default(), socket).await;
            carries(role, piecemeal, socket).await;
        }
    }
}
