//! The figures of a run, printed and written as JSON.

use std::fmt::Write;
use std::time::Duration;

use crate::proxy::Subject;
use crate::scenario::{Scenario, Unit};
use crate::usage::Sample;

/// A figure of a sample.
type Figure = fn(&Sample) -> f64;

/// A scenario's samples: a list for each round, in the order of the rows.
pub struct Record {
    pub scenario: Scenario,
    pub rounds: Vec<Vec<Sample>>,
}

impl Record {
    /// A line for each row: medians, and ratios to the row's base in the same round.
    pub fn print(&self) {
        let (unit, per) = match self.scenario.unit {
            Unit::Bytes => ("MiB", self.scenario.amount as f64 / f64::from(1 << 20)),
            Unit::Rounds => ("round", self.scenario.amount as f64),
        };
        println!(
            "{:<26} {:>9} {:>10} {:>10} {:>10} {:>9} {:>9}   {:<20} {:<20} rate, to tcp",
            self.scenario.name,
            format!("{unit}/s"),
            format!("us/{unit}"),
            format!("allocs/{unit}"),
            "bytes",
            "faults",
            "frames",
            "cpu, to base",
            "rate, to base",
        );
        for (index, row) in self.scenario.rows.iter().enumerate() {
            let rate = per * self.median(index, rate_of);
            let each = |figure| self.median(index, figure) / per;
            println!(
                "  {:<24} {rate:>9.1} {:>10.2} {:>10.2} {:>10.0} {:>9.3} {:>9.1}   {:<20} {:<20} {}",
                row.name,
                each(micros_of_cpu),
                each(|sample| sample.allocations as f64),
                each(|sample| sample.allocated_bytes as f64),
                each(|sample| sample.page_faults as f64),
                each(|sample| sample.frames as f64),
                self.ratio(index, &row.base, micros_of_cpu),
                self.ratio(index, &row.base, rate_of),
                self.ratio(index, Subject::Tcp.name(), rate_of),
            );
        }
    }

    fn median(&self, row: usize, figure: Figure) -> f64 {
        let values = self.rounds.iter().map(|round| figure(&round[row]));
        median(&sorted(values))
    }

    /// Median and quartiles of the ratios to another row, round by round. Empty if there is no such row.
    fn ratio(&self, row: usize, base: &str, figure: Figure) -> String {
        let mut rows = self.scenario.rows.iter();
        let Some(base) = rows.position(|row| row.name == base) else {
            return String::new();
        };
        let ratios = sorted(
            self.rounds
                .iter()
                .map(|round| figure(&round[row]) / figure(&round[base])),
        );
        let [low, high] = [1, 3].map(|quarters| ratios[ratios.len() * quarters / 4]);
        format!("{:.2} ({low:.2}-{high:.2})", median(&ratios))
    }
}

/// Everything that was measured, sample by sample.
pub fn json(records: &[Record]) -> String {
    let scenarios: Vec<String> = records.iter().map(scenario_json).collect();
    format!("{{\"scenarios\": [\n{}\n]}}\n", scenarios.join(",\n"))
}

fn scenario_json(record: &Record) -> String {
    let scenario = &record.scenario;
    let unit = match scenario.unit {
        Unit::Bytes => "bytes",
        Unit::Rounds => "rounds",
    };
    let rows: Vec<String> = (0..scenario.rows.len())
        .map(|index| row_json(record, index))
        .collect();
    format!(
        "{{\"name\": {:?}, \"threads\": {}, \"amount\": {}, \"unit\": \"{unit}\", \"rows\": [\n{}]}}",
        scenario.name,
        scenario.threads,
        scenario.amount,
        rows.join(",\n"),
    )
}

fn row_json(record: &Record, index: usize) -> String {
    let row = &record.scenario.rows[index];
    let mut out = format!("  {{\"name\": {:?}, \"base\": {:?}", row.name, row.base);
    let mut list = |name: &str, value: fn(&Sample) -> u128| {
        let values: Vec<String> = record
            .rounds
            .iter()
            .map(|round| value(&round[index]).to_string())
            .collect();
        let _ = write!(out, ", \"{name}\": [{}]", values.join(", "));
    };
    list("wall_ns", |sample| sample.wall.as_nanos());
    list("user_ns", |sample| sample.user.as_nanos());
    list("system_ns", |sample| sample.system.as_nanos());
    list("allocations", |sample| sample.allocations.into());
    list("allocated_bytes", |sample| sample.allocated_bytes.into());
    list("page_faults", |sample| sample.page_faults.into());
    list("frames", |sample| sample.frames.into());
    out.push('}');
    out
}

fn rate_of(sample: &Sample) -> f64 {
    1.0 / sample.wall.as_secs_f64()
}

fn micros_of_cpu(sample: &Sample) -> f64 {
    let cpu: Duration = sample.cpu();
    cpu.as_secs_f64() * 1e6
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}
