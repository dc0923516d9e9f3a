use std::time::Duration;

use http_body_util::BodyExt;
use hyper::HeaderMap;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::support::bodies::{channel, BodyError, Frames};
use crate::support::tokio_rt::CountingExecutor;
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle, CountPolls};

#[tokio::test(start_paused = true)]
async fn idle_comes_after_the_last_hop_of_a_long_chain() {
    let executor = CountingExecutor::new();
    let (first, mut input) = mpsc::unbounded_channel();
    for _ in 0..1000 {
        let (output, next) = mpsc::unbounded_channel();
        executor.spawn(async move {
            while let Some(item) = input.recv().await {
                tokio::task::yield_now().await;
                if output.send(item).is_err() {
                    break;
                }
            }
        });
        input = next;
    }
    first.send(42).expect("the chain is open");
    run_until_idle().await;
    assert_eq!(input.try_recv(), Ok(42));
    assert_eq!(executor.live(), 1000);

    let polls = executor.polls();
    run_until_idle().await;
    assert_eq!(executor.polls(), polls);

    drop(first);
    run_until_idle().await;
    assert_eq!(executor.live(), 0);
}

#[tokio::test(start_paused = true)]
async fn settling_moves_time_by_no_more_than_the_clocks_resolution() {
    let start = Instant::now();
    let mut later = Box::pin(tokio::time::sleep(Duration::from_millis(100)));
    assert!(settle(&mut later).await.is_pending());
    assert!(start.elapsed() <= Duration::from_millis(2));
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "the impossible: did not happen")]
async fn a_wait_that_cannot_end_fails() {
    expect_soon("the impossible", std::future::pending::<()>()).await;
}

#[tokio::test]
#[should_panic(expected = "time is not frozen")]
async fn idleness_cannot_be_claimed_under_a_running_clock() {
    run_until_idle().await;
}

#[tokio::test(start_paused = true)]
async fn bodies_keep_their_frames_in_order_and_count_their_polls() {
    let (sender, body) = channel();
    let (body, polls) = CountPolls::new(body);
    sender.send_data("one");
    sender.send_trailers(HeaderMap::new());
    drop(sender);
    let whole = body.collect().await.expect("the body does not fail");
    assert!(whole.trailers().is_some());
    assert_eq!(whole.to_bytes(), "one");
    assert_eq!(polls.get(), 3);

    let failed = Frames::repeat(3, "ab").then_fail("broken").collect().await;
    assert_eq!(failed.unwrap_err(), BodyError("broken"));
}
