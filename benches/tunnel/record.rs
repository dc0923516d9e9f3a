//! The figures of a run, printed and written as JSON.

use std::fmt::Write;
use std::time::Duration;

use crate::scenario::{Scenario, Unit};
use crate::usage::Sample;

/// A scenario's samples: a list for each round, in the order of the rows.
pub struct Record {
    pub scenario: Scenario,
    pub rounds: Vec<Vec<Sample>>,
}

impl Record {
    /// A line for each row: medians, and the ratio to the `h2` row of the same round.
    pub fn print(&self) {
        let (unit, per) = match self.scenario.unit {
            Unit::Bytes => ("MiB", self.scenario.amount as f64 / f64::from(1 << 20)),
            Unit::Rounds => ("round", self.scenario.amount as f64),
        };
        println!(
            "{:<24} {:>12} {:>14} {:>12} {:>12} {:>10}   cpu and wall, to h2's of the same round",
            self.scenario.name,
            format!("{unit}/s"),
            format!("cpu us/{unit}"),
            format!("allocs/{unit}"),
            format!("bytes/{unit}"),
            format!("faults/{unit}"),
        );
        let base = self.scenario.rows.iter().position(|row| row.name == "h2");
        for (index, row) in self.scenario.rows.iter().enumerate() {
            let median_of = |figure: &dyn Fn(&Sample) -> f64| {
                median(self.rounds.iter().map(|round| figure(&round[index])))
            };
            let ratio = |figure: &dyn Fn(&Sample) -> f64| match base {
                Some(base) => spread(
                    self.rounds
                        .iter()
                        .map(|round| figure(&round[index]) / figure(&round[base])),
                ),
                None => String::new(),
            };
            println!(
                "  {:<22} {:>12.1} {:>14.2} {:>12.2} {:>12.0} {:>10.3}   {}  {}",
                row.name,
                per / median_of(&|sample| sample.wall.as_secs_f64()),
                median_of(&|sample| micros(sample.cpu())) / per,
                median_of(&|sample| sample.allocations as f64) / per,
                median_of(&|sample| sample.allocated_bytes as f64) / per,
                median_of(&|sample| sample.page_faults as f64) / per,
                ratio(&|sample| micros(sample.cpu())),
                ratio(&|sample| sample.wall.as_secs_f64()),
            );
        }
    }
}

/// Everything that was measured, sample by sample.
pub fn json(records: &[Record]) -> String {
    let mut out = String::from("{\"scenarios\": [");
    for (index, record) in records.iter().enumerate() {
        let scenario = &record.scenario;
        let comma = if index == 0 { "" } else { "," };
        let unit = match scenario.unit {
            Unit::Bytes => "bytes",
            Unit::Rounds => "rounds",
        };
        let _ = write!(
            out,
            "{comma}\n{{\"name\": {:?}, \"threads\": {}, \"amount\": {}, \"unit\": \"{unit}\", \"rows\": [",
            scenario.name, scenario.threads, scenario.amount,
        );
        for (row_index, row) in scenario.rows.iter().enumerate() {
            let comma = if row_index == 0 { "" } else { "," };
            let _ = write!(out, "{comma}\n {{\"name\": {:?}", row.name);
            let samples = || record.rounds.iter().map(|round| &round[row_index]);
            list(&mut out, "wall_ns", samples().map(|s| s.wall.as_nanos()));
            list(&mut out, "user_ns", samples().map(|s| s.user.as_nanos()));
            list(
                &mut out,
                "system_ns",
                samples().map(|s| s.system.as_nanos()),
            );
            list(
                &mut out,
                "allocations",
                samples().map(|s| s.allocations.into()),
            );
            list(
                &mut out,
                "allocated_bytes",
                samples().map(|s| s.allocated_bytes.into()),
            );
            list(
                &mut out,
                "page_faults",
                samples().map(|s| s.page_faults.into()),
            );
            out.push('}');
        }
        out.push_str("]}");
    }
    out.push_str("\n]}\n");
    out
}

fn list(out: &mut String, name: &str, values: impl Iterator<Item = u128>) {
    let values: Vec<String> = values.map(|value| value.to_string()).collect();
    let _ = write!(out, ", \"{name}\": [{}]", values.join(", "));
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let values = sorted(values);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        (values[middle - 1] + values[middle]) / 2.0
    }
}

/// `median (least to most)`.
fn spread(values: impl Iterator<Item = f64>) -> String {
    let values = sorted(values);
    let (Some(least), Some(most)) = (values.first(), values.last()) else {
        return String::new();
    };
    let (least, most) = (*least, *most);
    let middle = median(values.into_iter());
    format!("{middle:.2} ({least:.2}-{most:.2})")
}
