//! Searches for differences, and prints what it took to explain those that were found.
//!
//! `parity [SUITE..] [--cases N] [--seed N] [--failures N]`

use std::cell::Cell;
use std::panic::catch_unwind;
use std::time::Instant;

use lexopt::prelude::*;
use parity::search::Found;

thread_local! {
    static LAST_PANIC: Cell<String> = const { Cell::new(String::new()) };
}

fn main() -> Result<(), lexopt::Error> {
    let (mut suites, mut cases, mut seed, mut failures) = (Vec::new(), 10_000, 1, 1);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("cases") => cases = arguments.value()?.parse()?,
            Long("seed") => seed = arguments.value()?.parse()?,
            Long("failures") => failures = arguments.value()?.parse()?,
            Value(suite) => suites.push(suite.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    // Panics are part of what is compared; one that nobody catches is this program's own.
    std::panic::set_hook(Box::new(|panicked| LAST_PANIC.set(panicked.to_string())));
    let mut failed = false;
    for (name, search) in parity::SUITES {
        if suites.is_empty() || suites.iter().any(|suite| suite == name) {
            let start = Instant::now();
            let searched = catch_unwind(|| search(seed, cases, failures));
            let found = searched.unwrap_or_else(|_| {
                println!("{name}: {}", LAST_PANIC.take());
                std::process::exit(2)
            });
            print(name, seed, &found, start.elapsed().as_secs_f64());
            failed |= !found.failures.is_empty();
        }
    }
    std::process::exit(failed.into());
}

fn print(name: &str, seed: u64, found: &Found, seconds: f64) {
    let (cases, exchanges) = (found.cases, found.exchanges);
    println!("{name}: seed {seed}, {cases} cases, {exchanges} exchanges, {seconds:.1} s");
    for (id, count) in &found.explained {
        println!("  {count:>7}  {id}");
    }
    for failure in &found.failures {
        println!("{failure}");
    }
}
