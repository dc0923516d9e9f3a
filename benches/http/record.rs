//! The figures of a run, printed and written as JSON.

use crate::http::{Sample, Scenario};

/// A scenario's samples: a list for each round, in the order of the rows.
pub struct Record {
    pub scenario: Scenario,
    pub rows: Vec<&'static str>,
    /// In each round, of each row.
    pub requests: usize,
    pub rounds: Vec<Vec<Sample>>,
}

type Figure = fn(&Sample) -> f64;

impl Record {
    /// A line for each row: medians, and ratios of this crate's figures to the row's in the same round.
    pub fn print(&self) {
        println!(
            "{:<28} {:>10} {:>12} {:>12} {:>12}   cpu, ours to it",
            self.scenario.name, "requests/s", "us cpu/req", "allocs/req", "bytes/req"
        );
        let requests = self.requests as f64;
        for (index, row) in self.rows.iter().enumerate() {
            println!(
                "  {row:<26} {:>10.0} {:>12.2} {:>12.2} {:>12.0}   {}",
                requests / self.median(index, |sample| sample.wall.as_secs_f64()),
                self.median(index, micros_of_cpu) / requests,
                self.median(index, |sample| sample.allocations as f64) / requests,
                self.median(index, |sample| sample.allocated_bytes as f64) / requests,
                self.ratio(index, micros_of_cpu),
            );
        }
    }

    fn median(&self, row: usize, figure: Figure) -> f64 {
        median(sorted(self.rounds.iter().map(|round| figure(&round[row]))))
    }

    /// Median and quartiles.
    fn ratio(&self, row: usize, figure: Figure) -> String {
        let ratios = sorted(
            self.rounds
                .iter()
                .map(|round| figure(&round[0]) / figure(&round[row])),
        );
        let [low, high] = [1, 3].map(|quarters| ratios[ratios.len() * quarters / 4]);
        format!("{:.2} ({low:.2}-{high:.2})", median(ratios))
    }
}

/// Everything that was measured, sample by sample.
pub fn json(records: &[Record]) -> String {
    let scenarios: Vec<String> = records.iter().map(scenario_json).collect();
    format!("{{\"scenarios\": [\n{}\n]}}\n", scenarios.join(",\n"))
}

fn scenario_json(record: &Record) -> String {
    let rows: Vec<String> = (0..record.rows.len())
        .map(|row| row_json(record, row))
        .collect();
    format!(
        "{{\"name\": {:?}, \"requests\": {}, \"rows\": [\n{}]}}",
        record.scenario.name,
        record.requests,
        rows.join(",\n"),
    )
}

fn row_json(record: &Record, row: usize) -> String {
    let list = |name: &str, value: fn(&Sample) -> u128| {
        let values: Vec<String> = record
            .rounds
            .iter()
            .map(|round| value(&round[row]).to_string())
            .collect();
        format!("\"{name}\": [{}]", values.join(", "))
    };
    let lists = [
        list("wall_ns", |sample| sample.wall.as_nanos()),
        list("cpu_ns", |sample| sample.cpu.as_nanos()),
        list("allocations", |sample| sample.allocations.into()),
        list("allocated_bytes", |sample| sample.allocated_bytes.into()),
    ];
    format!(
        "  {{\"name\": {:?}, {}}}",
        record.rows[row],
        lists.join(", ")
    )
}

fn micros_of_cpu(sample: &Sample) -> f64 {
    sample.cpu.as_secs_f64() * 1e6
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: Vec<f64>) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}
