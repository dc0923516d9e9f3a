use std::thread;

use clap::Parser;

use super::*;

fn options(line: &str) -> Options {
    let line = ["connect_proxy"].into_iter().chain(line.split_whitespace());
    Options::parse_from(line)
}

#[test]
fn there_are_as_many_passes_as_places() {
    let gate = Gate::new(2);
    let first = gate.enter().expect("the first place is free");
    let second = gate.enter().expect("the second place is free");
    assert!(gate.enter().is_none());
    drop(first);
    let third = gate.enter().expect("the first place is free again");
    assert!(gate.enter().is_none());
    drop((second, third));
    assert!(gate.enter().is_some());
}

#[test]
fn places_are_counted_across_threads() {
    let gate = Gate::new(10);
    let passes: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..10).map(|_| gate.enter()).collect::<Vec<_>>()))
            .collect();
        let passes = threads.into_iter().map(|thread| thread.join());
        passes
            .flat_map(|passes| passes.expect("no thread panics"))
            .collect()
    });
    assert_eq!(passes.iter().flatten().count(), 10);
    drop(passes);
    assert!((0..10).map(|_| gate.enter()).all(|pass| pass.is_some()));
}

#[test]
fn the_memory_bound_is_the_sum_of_what_there_may_be() {
    let small = "--listen 127.0.0.1:0 --max-connections 1 --max-tunnels 1 --send-buffer 65536 --copy-buffer 8192";
    let bound = MemoryBound::of(&options(small));
    let tunnel = (64 + 32 + 64 + 2 * 8 + 8) << 10;
    let connection = (2 * 64) << 10;
    assert_eq!(bound.bytes(), tunnel + 65 * connection + (64 << 20));

    let tls = format!("{small} --listen-tls 127.0.0.1:0 --self-signed");
    let with_tls = MemoryBound::of(&options(&tls));
    assert_eq!(with_tls.bytes() - bound.bytes(), 65 * (128 << 10));
}

#[test]
fn the_memory_bound_is_told_in_words() {
    let shown = MemoryBound::of(&options("")).to_string();
    assert!(
        shown.starts_with("2696 MiB (8192 tunnels of 264 KiB: "),
        "{shown}"
    );
    assert!(shown.contains("; 4160 connections of 128 KiB: "), "{shown}");
}

#[test]
fn the_windows_of_all_streams_fit_into_that_of_their_connection() {
    for tunnels in [1, 100, 10_000] {
        let window = u64::from(connection_window(tunnels));
        assert_eq!(window, streams(tunnels) as u64 * u64::from(STREAM_WINDOW));
    }
    // No window may be larger (RFC 9113 section 6.9.1).
    assert_eq!(connection_window(1_000_000), (1 << 31) - 1);
}
