use super::*;

const SPEC_WINDOW: u32 = 65_535;
const RTT: Duration = Duration::from_millis(20);

fn delays_after(bdp: &mut Bdp, samples: &[(usize, Duration)]) -> Vec<u128> {
    samples
        .iter()
        .map(|&(bytes, rtt)| {
            bdp.sample(bytes, rtt);
            bdp.ping_delay().as_millis()
        })
        .collect()
}

#[test]
fn a_window_grows_to_twice_a_sample_that_filled_two_thirds_of_it() {
    let table = [
        (0, None),
        (1, None),
        (43_689, None),
        (43_690, Some(87_380)),
        (50_000, Some(100_000)),
        (65_535, Some(131_070)),
        (200_000, Some(400_000)),
        (8_388_607, Some(16_777_214)),
        (8_388_608, Some(LARGEST_WINDOW)),
        (8_388_609, Some(LARGEST_WINDOW)),
        (usize::MAX / 4, Some(LARGEST_WINDOW)),
    ];
    for (bytes, expected) in table {
        let mut bdp = Bdp::new(SPEC_WINDOW);
        assert_eq!(bdp.sample(bytes, RTT), expected, "{bytes} bytes");
    }
}

#[test]
fn two_thirds_are_taken_of_the_window_in_force() {
    let mut bdp = Bdp::new(SPEC_WINDOW);
    assert_eq!(bdp.sample(60_000, RTT), Some(120_000));
    assert_eq!(bdp.sample(79_999, RTT), None);
    assert_eq!(bdp.sample(80_000, RTT), Some(160_000));
}

#[test]
fn bandwidth_below_the_best_brings_no_growth() {
    let mut bdp = Bdp::new(SPEC_WINDOW);
    assert_eq!(bdp.sample(60_000, RTT), Some(120_000));
    // The bytes would do, but they took ten times as long.
    assert_eq!(bdp.sample(110_000, RTT * 10), None);
}

#[test]
fn a_fast_sample_that_is_too_small_still_raises_the_best_bandwidth() {
    let mut bdp = Bdp::new(SPEC_WINDOW);
    assert_eq!(bdp.sample(43_000, Duration::from_millis(1)), None);
    assert_eq!(bdp.sample(60_000, RTT), None);
}

#[test]
fn a_new_round_trip_weighs_one_eighth() {
    // 1 s, then 9 s: smoothed 1 + 8/8 = 2 s, so the same bandwidth, which suffices, needs twice the bytes.
    for (second, expected) in [(99_999, None), (100_000, Some(200_000))] {
        let mut bdp = Bdp::new(SPEC_WINDOW);
        assert_eq!(bdp.sample(50_000, Duration::from_secs(1)), Some(100_000));
        assert_eq!(bdp.sample(second, Duration::from_secs(9)), expected);
    }
}

#[test]
fn a_window_never_shrinks() {
    // Doubling cannot fall below a window by itself: only one opened beyond the cap could be cut down.
    for initial in [LARGEST_WINDOW, LARGEST_WINDOW + 1, u32::MAX >> 1] {
        let mut bdp = Bdp::new(initial);
        assert_eq!(bdp.sample(usize::MAX / 4, RTT), None, "{initial}");
    }
}

#[test]
fn a_window_at_the_cap_grows_no_more_and_pings_become_rare() {
    let mut bdp = Bdp::new(SPEC_WINDOW);
    assert_eq!(bdp.sample(20_000_000, RTT), Some(LARGEST_WINDOW));
    assert_eq!(bdp.sample(40_000_000, RTT), None);
    assert_eq!(bdp.ping_delay(), Duration::from_millis(50));
    assert_eq!(bdp.sample(40_000_000, RTT), None);
    assert_eq!(bdp.ping_delay(), Duration::from_millis(200));
}

#[test]
fn an_unmeasurable_round_trip_does_not_forbid_later_growth() {
    let mut bdp = Bdp::new(SPEC_WINDOW);
    assert_eq!(bdp.sample(50_000, Duration::ZERO), Some(100_000));
    assert_eq!(bdp.sample(100_000, Duration::ZERO), Some(200_000));
    assert_eq!(bdp.sample(400_000, Duration::ZERO), Some(800_000));
}

#[test]
fn the_first_delay_is_100_ms() {
    assert_eq!(
        Bdp::new(SPEC_WINDOW).ping_delay(),
        Duration::from_millis(100)
    );
}

#[test]
fn growth_halves_the_delay() {
    let growing = [(60_000, RTT), (120_000, RTT), (240_000, RTT)];
    let mut bdp = Bdp::new(SPEC_WINDOW);
    assert_eq!(delays_after(&mut bdp, &growing), [50, 25, 12]);
}

#[test]
fn every_second_sample_without_growth_stretches_the_delay_fourfold_below_10_s() {
    let mut bdp = Bdp::new(SPEC_WINDOW);
    assert_eq!(
        delays_after(&mut bdp, &[(100, RTT); 12]),
        [100, 400, 400, 1_600, 1_600, 6_400, 6_400, 25_600, 25_600, 25_600, 25_600, 25_600]
    );
}

#[test]
fn growth_begins_the_count_of_idle_samples_anew() {
    let mut bdp = Bdp::new(SPEC_WINDOW);
    let samples = [(100, RTT), (60_000, RTT), (100, RTT), (100, RTT)];
    assert_eq!(delays_after(&mut bdp, &samples), [100, 50, 50, 200]);
}
