//! The search for a scenario in which the builds differ.

use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::differences::Suite;

/// Comparisons spent on making a failing scenario smaller.
const MOST_SHRINKS: usize = 4_000;

/// What a search came to.
#[derive(Debug, Default)]
pub struct Found {
    pub cases: usize,
    pub exchanges: usize,
    /// In how many cases each difference was needed, by id.
    pub explained: BTreeMap<&'static str, usize>,
    /// Smallest scenarios in which the builds differ otherwise, with what differs.
    pub failures: Vec<String>,
}

/// Goes on until `cases` scenarios are compared, or `most_failures` are found.
pub fn search<S: Clone + Debug + 'static>(
    suite: &Suite<S>,
    strategy: &BoxedStrategy<S>,
    seed: u64,
    cases: usize,
    most_failures: usize,
) -> Found {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut found = Found::default();
    while found.cases < cases && found.failures.len() < most_failures {
        let mut tree = strategy
            .new_tree(&mut runner)
            .expect("strategies reject nothing");
        let compared = suite.compare(&tree.current());
        found.cases += 1;
        found.exchanges += compared.exchanges;
        for id in &compared.explained {
            *found.explained.entry(id).or_default() += 1;
        }
        if !compared.same {
            found.failures.push(smallest(suite, &mut *tree));
        }
    }
    found
}

fn smallest<S: Clone + Debug>(suite: &Suite<S>, tree: &mut dyn ValueTree<Value = S>) -> String {
    let mut last = tree.current();
    let mut smaller = tree.simplify();
    for _ in 0..MOST_SHRINKS {
        if !smaller {
            break;
        }
        let scenario = tree.current();
        if suite.compare(&scenario).same {
            smaller = tree.complicate();
        } else {
            last = scenario;
            smaller = tree.simplify();
        }
    }
    format!("{last:#?}\n{}", suite.compare(&last).report())
}
