//! Contract 7.3-3, 1.2-11: clones of an `OnUpgrade`.

use hyper::upgrade::on;
use hyper::StatusCode;
use tokio::io::AsyncWriteExt;

use crate::exchange::{response, serve};
use crate::support::tokio_rt::TokioIo;
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

// Contract 7.3-3.
#[tokio::test(start_paused = true)]
async fn one_clone_gets_the_tunnel() {
    let mut served = serve().await;
    let (stream, mut asked) = served.connect().await;
    let first = on(&mut asked.request);
    let second = first.clone();
    asked.answer(response(StatusCode::OK));
    assert_eq!(served.peer.expect_headers(stream).await.status(), 200);

    let tunnel = expect_soon("the tunnel", second).await;
    let mut tunnel = TokioIo::new(tunnel.expect("the first to ask gets it"));
    tunnel.write_all(b"mine").await.expect("open");
    assert_eq!(served.peer.expect_bytes(stream, 4).await, "mine");
    drop(first);
    tunnel.write_all(b"still").await.expect("open");
    assert_eq!(served.peer.expect_bytes(stream, 5).await, "still");
}

// Contract 7.3-3, with the difference that a clone that comes too late fails and does not panic.
#[tokio::test(start_paused = true)]
async fn the_other_clones_get_an_error() {
    let mut served = serve().await;
    let (_, mut asked) = served.connect().await;
    let first = on(&mut asked.request);
    let second = first.clone();
    asked.answer(response(StatusCode::OK));
    let _tunnel = expect_soon("the tunnel", first).await.expect("a tunnel");
    let late = expect_soon("the other's result", second).await;
    late.expect_err("there was one tunnel");
}

// Contract 7.3-3: every clone that waits is woken, so that none waits for ever.
#[tokio::test(start_paused = true)]
async fn clones_that_wait_in_tasks_are_all_answered() {
    let mut served = serve().await;
    let (_, mut asked) = served.connect().await;
    let first = on(&mut asked.request);
    let tasks: Vec<_> = (0..5).map(|_| tokio::spawn(first.clone())).collect();
    drop(first);
    run_until_idle().await;
    asked.answer(response(StatusCode::OK));
    let mut tunnels = Vec::new();
    for task in tasks {
        let result = expect_soon("a clone's result", task).await;
        tunnels.extend(result.expect("no panic").ok());
    }
    assert_eq!(tunnels.len(), 1);
}

// Contract 7.3-3: a clone dropped while it waits takes nothing with it.
#[tokio::test(start_paused = true)]
async fn a_clone_dropped_while_it_waits_leaves_the_tunnel_to_the_others() {
    let mut served = serve().await;
    let (_, mut asked) = served.connect().await;
    let mut first = on(&mut asked.request);
    let mut second = first.clone();
    assert!(settle(&mut first).await.is_pending());
    assert!(settle(&mut second).await.is_pending());
    drop(second);
    asked.answer(response(StatusCode::OK));
    let tunnel = expect_soon("the tunnel", first).await;
    tunnel.expect("a tunnel");
}

// Contract 7.3-3, with the difference that polling again gives an error and does not panic.
#[tokio::test(start_paused = true)]
async fn asking_again_after_success_gives_an_error() {
    let mut served = serve().await;
    let (_, mut asked) = served.connect().await;
    let mut on_upgrade = on(&mut asked.request);
    asked.answer(response(StatusCode::OK));
    let _tunnel = expect_soon("the tunnel", &mut on_upgrade)
        .await
        .expect("a tunnel");
    for _ in 0..2 {
        let again = expect_soon("a result", &mut on_upgrade).await;
        again.expect_err("it was handed over");
    }
}
