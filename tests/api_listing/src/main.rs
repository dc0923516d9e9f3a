//! Lists the public API that rustdoc saw, or compares it with the list of another.
//!
//! ```text
//! hyper-api-listing RUSTDOC.json                      # one item a line
//! hyper-api-listing RUSTDOC.json OTHER.txt ALLOWED    # exits with 1 where they differ and ALLOWED does not say so
//! ```
//!
//! `ALLOWED` holds one difference a line: `+` and an item that may be there besides, `-` and one that may be missing. A
//! difference that is allowed and is not there is an error as well. A changed signature is one item missing and another there.
//! Empty lines and those with `#` are comments.
//!
//! Blanket implementations are left out, since they are the same for every type, and auto traits, whose conditions name
//! private types: those have tests of their own in `tests/public_api/`.

use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;
use std::{env, fs};

type Items = BTreeSet<String>;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [json] => {
            for item in listing(json)? {
                println!("{item}");
            }
            Ok(ExitCode::SUCCESS)
        }
        [json, other, allowed] => {
            let other: Items = fs::read_to_string(other)?
                .lines()
                .map(str::to_owned)
                .collect();
            compare(&listing(json)?, &other, &fs::read_to_string(allowed)?)
        }
        _ => Err("hyper-api-listing RUSTDOC.json [OTHER.txt ALLOWED]".into()),
    }
}

fn listing(json: &str) -> Result<Items, Box<dyn Error>> {
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()?;
    Ok(api.items().map(ToString::to_string).collect())
}

fn compare(ours: &Items, theirs: &Items, allowed: &str) -> Result<ExitCode, Box<dyn Error>> {
    let mut differences: BTreeSet<(char, &str)> = BTreeSet::new();
    differences.extend(theirs.difference(ours).map(|item| ('-', item.as_str())));
    differences.extend(ours.difference(theirs).map(|item| ('+', item.as_str())));
    let mut expected = BTreeSet::new();
    for line in allowed.lines() {
        match line.split_at_checked(1) {
            None | Some(("#", _)) => {}
            Some(("+", item)) => drop(expected.insert(('+', item.trim_start()))),
            Some(("-", item)) => drop(expected.insert(('-', item.trim_start()))),
            Some(_) => return Err(format!("neither `+` nor `-`: {line}").into()),
        }
    }
    for (sign, item) in differences.difference(&expected) {
        let what = if *sign == '-' {
            "missing"
        } else {
            "not allowed"
        };
        println!("{what}: {item}");
    }
    for (sign, item) in expected.difference(&differences) {
        println!("allowed and not so: {sign} {item}");
    }
    let same = theirs.intersection(ours).count();
    println!(
        "{same} items are the same, {} differences are allowed",
        expected.len()
    );
    match differences == expected {
        true => Ok(ExitCode::SUCCESS),
        false => Ok(ExitCode::FAILURE),
    }
}
