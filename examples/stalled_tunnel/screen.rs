//! What the run shows: a table with a progress line, or JSON lines.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crate::options::{Options, Stall};
use crate::phase::{Phase, READING, RECOVERED};
use crate::run::Sample;
use crate::units::{rate, seconds, size};
use crate::verdict::{Check, Verdict};

pub struct Screen {
    style: Style,
    stall_for: Duration,
    /// Whether the last line on the terminal is the progress line.
    progress: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Json,
    Plain,
    /// With a progress line and colours.
    Terminal {
        colours: bool,
    },
}

/// Losses listed one by one.
const MOST_LOSSES: usize = 5;

const GREEN: &str = "32";
const RED: &str = "31";
const DIM: &str = "2";

impl Screen {
    pub fn new(options: &Options) -> Screen {
        let style = if options.json {
            Style::Json
        } else if io::stdout().is_terminal() {
            let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            Style::Terminal { colours }
        } else {
            Style::Plain
        };
        Screen {
            style,
            stall_for: options.stall_for,
            progress: false,
        }
    }

    pub fn heading(&mut self, options: &Options) {
        if self.style == Style::Json {
            return;
        }
        let how = match options.stall {
            Stall::Window => "the client returns no window",
            Stall::Socket => "the client leaves its socket unread",
        };
        self.line(&format!(
            "{} tunnel{}, writes of {}, send buffer {}, window {}; stall of {}: {how}",
            options.tunnels,
            if options.tunnels == 1 { "" } else { "s" },
            size(options.write_size as u64),
            size(options.send_buf as u64),
            size(u64::from(options.window())),
            seconds(options.stall_for),
        ));
        self.line(
            "held: written into the tunnels and not yet out of the proxy's socket; \
             what the kernel buffers is not counted\n",
        );
        let head = format!(
            "{:>7}  {:<9}  {:>13}  {:>13}  {:>9}  {:>9}  {:>9}",
            "time", "phase", "inbound", "outbound", "held", "heap", "RSS"
        );
        let head = self.paint(DIM, &head);
        self.line(&head);
    }

    pub fn row(&mut self, last: &Sample, now: &Sample) {
        let elapsed = (now.at - last.at).as_secs_f64();
        let inbound = (now.inbound - last.inbound) as f64 / elapsed;
        let outbound = (now.outbound - last.outbound) as f64 / elapsed;
        if self.style == Style::Json {
            self.line(&format!(
                "{{\"type\":\"row\",\"seconds\":{:.3},\"phase\":\"{}\",\
                 \"inbound_bytes_per_second\":{inbound:.0},\"outbound_bytes_per_second\":{outbound:.0},\
                 \"held_bytes\":{},\"heap_bytes\":{},\"rss_bytes\":{}}}",
                now.at.as_secs_f64(),
                now.phase.name(),
                now.held,
                now.heap,
                or_null(now.rss.map(|rss| rss.to_string())),
            ));
            return;
        }
        self.line(&format!(
            "{:>5.1} s  {:<9}  {:>13}  {:>13}  {:>9}  {:>9}  {:>9}",
            now.at.as_secs_f64(),
            now.phase.name(),
            rate(inbound),
            rate(outbound),
            size(now.held),
            size(now.heap),
            now.rss.map_or("no /proc".to_owned(), size),
        ));
    }

    /// Draws the progress line, on a terminal only.
    pub fn progress(&mut self, now: &Sample, phase_from: Duration) {
        const WIDTH: usize = 30;
        let Style::Terminal { .. } = self.style else {
            return;
        };
        let whole = READING + self.stall_for + RECOVERED;
        let done = (now.at.as_secs_f64() / whole.as_secs_f64()).min(1.0);
        let full = (done * WIDTH as f64) as usize;
        let bar = format!("{}{}", "█".repeat(full), "░".repeat(WIDTH - full));
        let so_far = (now.at - phase_from).as_secs_f64();
        let of = match now.phase {
            Phase::Finishing => String::new(),
            phase => format!(" of {}", seconds(phase.lasts(self.stall_for))),
        };
        let text = format!(
            "{bar}  {} {so_far:.1} s{of}, {} held",
            now.phase.name(),
            size(now.held)
        );
        let text = self.paint(DIM, &text);
        show(&format!("\r\x1b[2K{text}"));
        self.progress = true;
    }

    pub fn clear_progress(&mut self) {
        if std::mem::take(&mut self.progress) {
            show("\r\x1b[2K");
        }
    }

    pub fn verdict(&mut self, verdict: &Verdict) {
        let bounded = if verdict.is_bounded() {
            "bounded"
        } else {
            "NOT BOUNDED"
        };
        let verified = if verdict.is_verified() {
            "verified"
        } else {
            "LOST"
        };
        if self.style == Style::Json {
            self.line(&json_verdict(verdict, bounded, verified));
            return;
        }
        self.line("");
        for check in &verdict.checks {
            let line = self.check(check);
            self.line(&line);
        }
        if !verdict.rss_known {
            self.line("peak RSS growth             unknown: no /proc/self/status here");
        }
        self.line(&format!(
            "stall                       last byte in {}, last byte out {}{}",
            stop(verdict.inbound_stopped),
            stop(verdict.outbound_stopped),
            if verdict.cut_short {
                "; cut short, memory had grown by 1 GiB"
            } else {
                ""
            },
        ));
        for loss in verdict.losses.iter().take(MOST_LOSSES) {
            let line = self.paint(RED, &format!("lost                        {loss}"));
            self.line(&line);
        }
        if let Some(more @ 1..) = verdict.losses.len().checked_sub(MOST_LOSSES) {
            self.line(&format!("                            and {more} more"));
        }
        let bytes = if verdict.is_verified() {
            format!("every byte {verified}")
        } else {
            format!("bytes {verified}")
        };
        let line = format!(
            "\nverdict: {bounded}, {bytes} ({} by hash, in {} tunnel{})",
            size(verdict.verified),
            verdict.tunnels,
            if verdict.tunnels == 1 { "" } else { "s" },
        );
        let line = self.paint(if verdict.is_good() { GREEN } else { RED }, &line);
        self.line(&line);
    }

    /// A line for people, left out of JSON.
    pub fn note(&mut self, text: &str) {
        if self.style != Style::Json {
            self.line(text);
        }
    }

    fn check(&self, check: &Check) -> String {
        let (word, colour) = if check.is_good() {
            ("ok", GREEN)
        } else {
            ("OVER", RED)
        };
        let limit = size(check.limit);
        let reason = if check.formula == limit {
            String::new()
        } else {
            format!(" = {}", check.formula)
        };
        format!(
            "{:<27} {:>9}  {}  limit {limit}{reason}",
            check.label,
            size(check.found),
            self.paint(colour, &format!("{word:<4}")),
        )
    }

    /// Prints a line, above the progress line if there is one.
    fn line(&mut self, text: &str) {
        self.clear_progress();
        // Whoever reads the output may stop reading it; the run and its exit code still count.
        let _ = writeln!(io::stdout(), "{text}");
    }

    fn paint(&self, code: &str, text: &str) -> String {
        match self.style {
            Style::Terminal { colours: true } => format!("\x1b[{code}m{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }
}

/// Writes part of a line, and does not wait for the rest of it.
fn show(text: &str) {
    let mut out = io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn stop(stopped: Option<Duration>) -> String {
    match stopped {
        Some(after) => format!("after {}", seconds(after)),
        None => "never: it went on to the end".to_owned(),
    }
}

fn or_null(value: Option<String>) -> String {
    value.unwrap_or_else(|| "null".to_owned())
}

/// Nothing in it needs escaping: names, numbers, and texts without quotes.
fn json_verdict(verdict: &Verdict, bounded: &str, verified: &str) -> String {
    let checks: Vec<_> = verdict
        .checks
        .iter()
        .map(|check| {
            format!(
                "\"{}\":{{\"found\":{},\"limit\":{},\"ok\":{}}}",
                check.name,
                check.found,
                check.limit,
                check.is_good()
            )
        })
        .collect();
    let losses: Vec<_> = verdict
        .losses
        .iter()
        .map(|loss| format!("\"{loss}\""))
        .collect();
    let stopped = |at: Option<Duration>| or_null(at.map(|at| format!("{:.3}", at.as_secs_f64())));
    format!(
        "{{\"type\":\"verdict\",\"memory\":\"{bounded}\",\"bytes\":\"{verified}\",\"checks\":{{{}}},\
         \"verified_bytes\":{},\"tunnels\":{},\"losses\":[{}],\
         \"inbound_stopped_after_seconds\":{},\"outbound_stopped_after_seconds\":{},\"cut_short\":{}}}",
        checks.join(","),
        verdict.verified,
        verdict.tunnels,
        losses.join(","),
        stopped(verdict.inbound_stopped),
        stopped(verdict.outbound_stopped),
        verdict.cut_short,
    )
}
