use std::future::pending;

use tokio::time::sleep;

use super::*;

const PATIENCE: Duration = Duration::from_secs(30);

/// How long draining takes.
async fn time_to_drain(drain: &Drain, hurry: impl Future<Output = ()>) -> Duration {
    let began = Instant::now();
    drain.run(PATIENCE, hurry).await;
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn it_is_over_when_the_last_task_has_ended() {
    let drain = Drain::default();
    for seconds in [5, 20] {
        drain.spawn(sleep(Duration::from_secs(seconds)));
    }
    assert!(!drain.is_begun());
    assert_eq!(
        time_to_drain(&drain, pending()).await,
        Duration::from_secs(20)
    );
    assert!(drain.is_begun());
}

#[tokio::test(start_paused = true)]
async fn what_ends_when_draining_begins_is_not_waited_for() {
    let drain = Drain::default();
    let listener = drain.clone();
    drain.spawn(async move { listener.begun().await });
    assert_eq!(time_to_drain(&drain, pending()).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn tasks_are_told_when_the_time_is_over() {
    let drain = Drain::default();
    let tunnel = drain.clone();
    drain.spawn(async move { tunnel.over().await });
    assert_eq!(time_to_drain(&drain, pending()).await, PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_does_not_listen_is_left_behind() {
    let drain = Drain::default();
    drain.spawn(pending());
    assert_eq!(
        time_to_drain(&drain, pending()).await,
        PATIENCE + LAST_WORDS
    );
}

#[tokio::test(start_paused = true)]
async fn who_asks_again_does_not_wait() {
    let drain = Drain::default();
    let tunnel = drain.clone();
    drain.spawn(async move { tunnel.over().await });
    let hurry = sleep(Duration::from_secs(3));
    assert_eq!(time_to_drain(&drain, hurry).await, Duration::from_secs(3));
}
