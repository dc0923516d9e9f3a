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
    /// Cases, and exchanges in them, that were compared to their end.
    pub whole: (usize, usize),
    /// In how many cases each difference was needed, by id.
    pub explained: BTreeMap<&'static str, usize>,
    /// Smallest scenarios in which the builds differ otherwise, with what differs.
    pub failures: Vec<String>,
}

/// What a search is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub seed: u64,
    pub cases: usize,
    /// Of these, so many are wanted that were compared to their end.
    pub exchanges: usize,
    /// So many are found and made smaller before the search gives up.
    pub failures: usize,
    /// The difference with this id counts as a failure.
    pub left_out: Option<&'static str>,
}

/// Goes on until there were as many cases, and as many exchanges, as the limits ask for.
pub fn search<S: Clone + Debug + 'static>(
    suite: &Suite<S>,
    strategy: &BoxedStrategy<S>,
    limits: Limits,
) -> Found {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&limits.seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut found = Found::default();
    let is_due = |found: &Found| found.cases < limits.cases || found.whole.1 < limits.exchanges;
    while is_due(&found) && found.failures.len() < limits.failures {
        let mut tree = strategy
            .new_tree(&mut runner)
            .expect("strategies reject nothing");
        let compared = suite.compare_without(&tree.current(), limits.left_out);
        found.cases += 1;
        found.exchanges += compared.exchanges;
        if compared.whole {
            found.whole.0 += 1;
            found.whole.1 += compared.exchanges;
        }
        for id in &compared.explained {
            *found.explained.entry(id).or_default() += 1;
        }
        if !compared.same {
            found
                .failures
                .push(smallest(suite, &mut *tree, limits.left_out));
        }
    }
    found
}

fn smallest<S: Clone + Debug>(
    suite: &Suite<S>,
    tree: &mut dyn ValueTree<Value = S>,
    left_out: Option<&str>,
) -> String {
    let compare = |scenario: &S| suite.compare_without(scenario, left_out);
    let mut last = tree.current();
    let mut smaller = tree.simplify();
    for _ in 0..MOST_SHRINKS {
        if !smaller {
            break;
        }
        let scenario = tree.current();
        if compare(&scenario).same {
            smaller = tree.complicate();
        } else {
            last = scenario;
            smaller = tree.simplify();
        }
    }
    format!("{last:#?}\n{}", compare(&last).report())
}
