//! Draws a run as SVG: what was held, heap and RSS, and both rates, over one time axis.

use std::io;
use std::ops::Range;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::options::{Options, Stall};
use crate::phase::Phase;
use crate::run::{Record, Sample, Span};
use crate::units::{rate, seconds, size, GIB, KIB, MIB};
use crate::verdict;

type Drawn = Result<(), DrawingAreaErrorKind<io::Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const SIZE: (u32, u32) = (960, 900);
const HEADING: u32 = 66;
/// Upper left corner of a legend within its chart, below the names of the phases.
const LEGEND: (i32, i32) = (320, 24);
const FONT: &str = "sans-serif";
/// A rate is the mean over so many seconds.
const RATE_OVER: f64 = 0.1;
/// More points than this on a line cannot be told apart.
const MOST_POINTS: usize = 1500;

const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const BLUE: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const ORANGE: RGBColor = RGBColor(0xc7, 0x5b, 0x12);
const PURPLE: RGBColor = RGBColor(0x6a, 0x3d, 0x9a);
const LIMIT: RGBColor = RGBColor(0xb0, 0x1c, 0x2e);

/// One line of a panel, in bytes or bytes a second over seconds.
struct Line {
    label: String,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
    look: Look,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Filled,
    Dashed,
}

pub fn draw(path: &Path, options: &Options, record: &Record) -> Drawn {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (heading, body) = root.split_vertically(HEADING);
    title(&heading, options)?;

    let end = record.samples.last().map_or(1.0, |it| it.at.as_secs_f64());
    let samples = thinned(&record.samples);
    let line = |label: String, colour, figure: fn(&Sample) -> u64| Line {
        label,
        colour,
        points: samples
            .iter()
            .map(|it| (it.at.as_secs_f64(), figure(it) as f64))
            .collect(),
        look: Look::Plain,
    };

    let limit = options.tunnels as u64 * verdict::most_in_flight(options);
    let peak = samples.iter().map(|it| it.held).max().unwrap_or(0);
    let held = vec![
        Line {
            look: Look::Filled,
            ..line(format!("held, at most {}", size(peak)), BLUE, |it| it.held)
        },
        Line {
            label: format!("limit, {}", size(limit)),
            colour: LIMIT,
            points: vec![(0.0, limit as f64), (end, limit as f64)],
            look: Look::Dashed,
        },
    ];
    let mut memory = vec![line("heap".to_owned(), PURPLE, |it| it.heap)];
    if samples.iter().all(|it| it.rss.is_some()) {
        memory.push(line("RSS".to_owned(), ORANGE, |it| it.rss.unwrap_or(0)));
    }

    let inbound = rates(&record.samples, |it| it.inbound);
    let outbound = rates(&record.samples, |it| it.outbound);
    let most = |points: &[(f64, f64)]| points.iter().map(|it| it.1).fold(0.0, f64::max);
    let rates = vec![
        Line {
            label: format!("inbound, at most {}", rate(most(&inbound))),
            colour: BLUE,
            points: inbound,
            look: Look::Filled,
        },
        Line {
            label: format!("outbound, at most {}", rate(most(&outbound))),
            colour: ORANGE,
            points: outbound,
            look: Look::Plain,
        },
    ];
    let panels = [
        ("Held by the proxy", "", held),
        ("Memory of the process", "", memory),
        ("Rates", "/s", rates),
    ];
    let areas = body.split_evenly((panels.len(), 1));
    for (area, (title, per, lines)) in areas.iter().zip(panels) {
        let panel = Panel {
            title,
            per,
            end,
            spans: &record.spans,
            lines,
        };
        panel.draw(area)?;
    }
    root.present()
}

fn title(area: &Area<'_>, options: &Options) -> Drawn {
    let stall = match options.stall {
        Stall::Window => "the client returns no window",
        Stall::Socket => "the client leaves its socket unread",
    };
    let title = format!(
        "CONNECT proxy, {} of stall: {stall}",
        seconds(options.stall_for)
    );
    let subtitle = format!(
        "{} tunnel{}, writes of {}, max_send_buf_size {}, stream window {}",
        options.tunnels,
        if options.tunnels == 1 { "" } else { "s" },
        size(options.write_size as u64),
        size(options.send_buf as u64),
        size(u64::from(options.window())),
    );
    area.draw(&Text::new(
        title,
        (24, 16),
        (FONT, 22).into_font().color(&BLACK),
    ))?;
    area.draw(&Text::new(
        subtitle,
        (24, 44),
        (FONT, 14).into_font().color(&INK),
    ))
}

/// One of the charts above each other.
struct Panel<'a> {
    title: &'static str,
    /// What the unit is divided by.
    per: &'static str,
    /// Where the time axis ends, in seconds.
    end: f64,
    spans: &'a [Span],
    lines: Vec<Line>,
}

impl Panel<'_> {
    fn draw(&self, area: &Area<'_>) -> Drawn {
        let values = self
            .lines
            .iter()
            .flat_map(|line| &line.points)
            .map(|it| it.1);
        let most = values.fold(1.0, f64::max);
        let (unit, name) = match most as u64 {
            GIB.. => (GIB, "GiB"),
            MIB.. => (MIB, "MiB"),
            KIB.. => (KIB, "KiB"),
            _ => (1, "B"),
        };
        // Room above the highest value for the names of the phases and, below them, the legend.
        let top = most / unit as f64 * 1.6;
        let mut chart = ChartBuilder::on(area)
            .margin_left(16)
            .margin_right(24)
            .margin_bottom(8)
            .x_label_area_size(42)
            .y_label_area_size(70)
            .build_cartesian_2d(0.0..self.end, 0.0..top)?;

        for span in self.spans {
            let Range { start, end } = span.from.as_secs_f64()..span.to.as_secs_f64();
            let shade = Rectangle::new([(start, 0.0), (end, top)], shade(span.phase).filled());
            chart.draw_series([shade])?;
        }
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.15))
            .axis_style(INK)
            .x_desc("time, s")
            .y_desc(format!("{}, {name}{}", self.title, self.per))
            .x_labels(12)
            .y_labels(6)
            .x_label_formatter(&|time| format!("{time}"))
            .y_label_formatter(&|value| format!("{value}"))
            .label_style((FONT, 13).into_font().color(&INK))
            .axis_desc_style((FONT, 14).into_font().color(&INK))
            .draw()?;
        for span in self.spans {
            let Range { start, end: stop } = span.from.as_secs_f64()..span.to.as_secs_f64();
            // A name needs room.
            if stop - start > self.end * 0.08 {
                let style = (FONT, 13).into_font().color(&INK);
                let style = style.pos(Pos::new(HPos::Left, VPos::Top));
                let at = (start + self.end * 0.006, top * 0.975);
                chart.draw_series([Text::new(span.phase.name(), at, style)])?;
            }
        }
        for line in &self.lines {
            let points = line.points.iter().map(|it| (it.0, it.1 / unit as f64));
            let colour = line.colour;
            let style = colour.stroke_width(2);
            let series = match line.look {
                Look::Plain => chart.draw_series(LineSeries::new(points, style))?,
                Look::Filled => chart.draw_series(
                    AreaSeries::new(points, 0.0, colour.mix(0.15)).border_style(style),
                )?,
                Look::Dashed => chart.draw_series(DashedLineSeries::new(points, 7, 5, style))?,
            };
            series.label(&line.label).legend(move |(x, y)| {
                PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(3))
            });
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::Coordinate(LEGEND.0, LEGEND.1))
            .margin(6)
            .legend_area_size(26)
            .background_style(WHITE.mix(0.85))
            .border_style(INK.mix(0.3))
            .label_font((FONT, 13).into_font().color(&INK))
            .draw()
    }
}

fn shade(phase: Phase) -> RGBColor {
    match phase {
        Phase::Reading => RGBColor(0xff, 0xff, 0xff),
        Phase::Stalled => RGBColor(0xfd, 0xee, 0xdc),
        Phase::Recovered => RGBColor(0xe9, 0xf5, 0xe9),
        Phase::Finishing => RGBColor(0xee, 0xee, 0xee),
    }
}

/// At most `MOST_POINTS` samples, the one with the most held of every group.
fn thinned(samples: &[Sample]) -> Vec<Sample> {
    let group = samples.len().div_ceil(MOST_POINTS).max(1);
    let groups = samples.chunks(group);
    groups
        .filter_map(|group| group.iter().max_by_key(|it| it.held).copied())
        .collect()
}

/// Bytes a second over time, from a count of bytes.
fn rates(samples: &[Sample], count: impl Fn(&Sample) -> u64) -> Vec<(f64, f64)> {
    let over = samples
        .last()
        .map_or(0.0, |it| it.at.as_secs_f64() / MOST_POINTS as f64);
    let over = over.max(RATE_OVER);
    let mut rates = Vec::new();
    let Some(mut from) = samples.first().copied() else {
        return rates;
    };
    let mut mean = |from: &Sample, to: &Sample| {
        let (start, end) = (from.at.as_secs_f64(), to.at.as_secs_f64());
        if end > start {
            let rate = (count(to) - count(from)) as f64 / (end - start);
            rates.extend([(start, rate), (end, rate)]);
        }
    };
    for pair in samples.windows(2) {
        let [last, now] = pair else { continue };
        if now.phase != from.phase {
            // The last sample of a phase is taken as the next one begins: no mean spans both.
            mean(&from, last);
            from = Sample {
                phase: now.phase,
                ..*last
            };
        }
        if (now.at - from.at).as_secs_f64() >= over {
            mean(&from, now);
            from = *now;
        }
    }
    rates
}
