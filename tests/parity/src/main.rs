//! Searches for differences, and prints what it took to explain those that were found.
//!
//! `parity [SUITE..] [--cases N] [--exchanges N] [--seed N] [--failures N] [--without ID] [--list]`

use std::cell::Cell;
use std::panic::catch_unwind;
use std::time::Instant;

use lexopt::prelude::*;
use parity::search::{Found, Limits};

thread_local! {
    static LAST_PANIC: Cell<String> = const { Cell::new(String::new()) };
}

fn main() -> Result<(), lexopt::Error> {
    let mut suites = Vec::new();
    let mut limits = Limits {
        seed: 1,
        cases: 10_000,
        exchanges: 0,
        failures: 1,
        left_out: None,
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("cases") => limits.cases = arguments.value()?.parse()?,
            Long("exchanges") => limits.exchanges = arguments.value()?.parse()?,
            Long("seed") => limits.seed = arguments.value()?.parse()?,
            Long("failures") => limits.failures = arguments.value()?.parse()?,
            Long("without") => {
                limits.left_out = Some(arguments.value()?.string()?.leak());
            }
            Long("list") => {
                print!("{}", parity::list());
                return Ok(());
            }
            Value(suite) => suites.push(suite.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    // Panics are part of what is compared; one that nobody catches is this program's own.
    std::panic::set_hook(Box::new(|panicked| LAST_PANIC.set(panicked.to_string())));
    let mut failed = false;
    for suite in parity::SUITES {
        if suites.is_empty() || suites.iter().any(|name| name == suite.name) {
            let start = Instant::now();
            let found = catch_unwind(|| (suite.search)(limits)).unwrap_or_else(|_| {
                println!("{}: {}", suite.name, LAST_PANIC.take());
                std::process::exit(2)
            });
            let seconds = start.elapsed().as_secs_f64();
            println!("{}: seed {}, {seconds:.1} s", suite.name, limits.seed);
            print(&found);
            failed |= !found.failures.is_empty();
        }
    }
    std::process::exit(failed.into());
}

fn print(found: &Found) {
    let (cases, exchanges) = found.whole;
    println!("  {} cases, {} exchanges", found.cases, found.exchanges);
    println!("  {cases} cases, {exchanges} exchanges compared to the end");
    for (id, count) in &found.explained {
        println!("  {count:>7}  {id}");
    }
    for failure in &found.failures {
        println!("{failure}");
    }
}
