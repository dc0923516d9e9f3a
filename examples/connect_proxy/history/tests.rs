use super::*;

fn sample(t: u64) -> Sample {
    Sample {
        t,
        rss: 0,
        held: 0,
        tunnels: 0,
        stalled: 0,
        to_target_rate: 0,
        to_client_rate: 0,
    }
}

#[test]
fn the_oldest_samples_make_room() {
    let history = History::default();
    for t in 0..700 {
        history.add(sample(t));
    }
    let times: Vec<_> = history.samples().iter().map(|sample| sample.t).collect();
    assert!(times.into_iter().eq(100..700));
}

#[test]
fn a_rate_is_bytes_over_the_time_that_passed() {
    assert_eq!(rate(3000, Duration::from_millis(1500)), 2000);
    assert_eq!(rate(3000, Duration::ZERO), 0);
}
