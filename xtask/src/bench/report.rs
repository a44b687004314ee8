//! What the pairs say: medians and spreads of ratios as a table, everything as JSON.

use super::{Pair, Run};
use crate::bench::measure::Sample;
use anyhow::Result;
use std::fmt::Write as _;

/// Half of the figures lie between `low` and `high`.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
struct Spread {
    low: f64,
    median: f64,
    high: f64,
}

/// The quartiles of `figures`, each one of the figures (the lower of two when it falls between them).
fn spread(mut figures: Vec<f64>) -> Spread {
    figures.sort_by(f64::total_cmp);
    let at =
        |quarter: usize| figures.get((figures.len().max(1) - 1) * quarter / 4).copied().unwrap_or(f64::NAN);
    Spread { low: at(1), median: at(2), high: at(3) }
}

fn ratios(pairs: &[Pair], figure: impl Fn(&Sample) -> f64) -> Spread {
    spread(pairs.iter().map(|p| figure(&p.gort) / figure(&p.go)).collect())
}

fn medians(pairs: &[Pair], figure: impl Fn(&Sample) -> f64) -> (f64, f64) {
    let side = |of: &dyn Fn(&Pair) -> f64| spread(pairs.iter().map(of).collect()).median;
    (side(&|p| figure(&p.gort)), side(&|p| figure(&p.go)))
}

/// The table, in Markdown.
pub fn table(runs: &[Run]) -> String {
    let mut out = format!("{}\n\nRatios are Gort/Go: median of the pairs (quartiles).\n\n", machine());
    out.push_str("| program | GOGC | GOMAXPROCS | wall s | ratio | CPU s | ratio | peak MB | ratio |\n");
    out.push_str("|---|---|---|---|---|---|---|---|---|\n");
    for run in runs {
        _ = write!(out, "| {} | {} | {} |", run.program, run.gogc, run.procs);
        column(&mut out, &run.pairs, 2, |s| s.wall_s);
        column(&mut out, &run.pairs, 2, |s| s.cpu_s);
        column(&mut out, &run.pairs, 0, |s| s.peak_bytes as f64 / 1e6);
        out.push('\n');
    }
    out
}

fn column(out: &mut String, pairs: &[Pair], digits: usize, figure: impl Fn(&Sample) -> f64) {
    let (gort, go) = medians(pairs, &figure);
    let r = ratios(pairs, &figure);
    _ = write!(out, " {gort:.digits$} / {go:.digits$} | {:.2} ({:.2}-{:.2}) |", r.median, r.low, r.high);
}

/// All figures.
pub fn json(runs: &[Run]) -> Result<String> {
    #[derive(serde::Serialize)]
    struct Summary<'a> {
        program: &'a str,
        gogc: &'a str,
        procs: &'a str,
        wall_ratio: Spread,
        cpu_ratio: Spread,
        peak_ratio: Spread,
        pairs: &'a [Pair],
    }
    #[derive(serde::Serialize)]
    struct File<'a> {
        machine: String,
        go: &'static str,
        runs: Vec<Summary<'a>>,
    }
    let runs = runs.iter().map(|run| Summary {
        program: &run.program,
        gogc: &run.gogc,
        procs: &run.procs,
        wall_ratio: ratios(&run.pairs, |s| s.wall_s),
        cpu_ratio: ratios(&run.pairs, |s| s.cpu_s),
        peak_ratio: ratios(&run.pairs, |s| s.peak_bytes as f64),
        pairs: &run.pairs,
    });
    let file = File { machine: machine(), go: crate::fetch::GO_VERSION, runs: runs.collect() };
    Ok(serde_json::to_string_pretty(&file)?)
}

/// The machine's processor, its number of cores and the load at this time.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or(": unknown processor");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    let cores = crate::process::processors();
    format!("{}, {cores} cores, load {load}", model.trim_start_matches([' ', '\t', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_figures() {
        let s = spread(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(s, Spread { low: 2.0, median: 3.0, high: 4.0 });
        assert_eq!(spread(vec![7.0]).median, 7.0);
    }

    #[test]
    fn a_ratio_is_taken_within_its_pair() {
        let sample = |wall_s| Sample { wall_s, cpu_s: 1.0, peak_bytes: 1 };
        let pairs: Vec<Pair> = [(1.0, 2.0), (10.0, 20.0), (3.0, 3.0)]
            .map(|(a, b)| Pair { gort: sample(a), go: sample(b) })
            .into();
        assert_eq!(ratios(&pairs, |s| s.wall_s).median, 0.5);
        assert_eq!(medians(&pairs, |s| s.wall_s), (3.0, 3.0));
    }
}
