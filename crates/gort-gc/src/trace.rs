//! What is remembered of cycles: times, sizes, pauses; and `GODEBUG=gctrace=1`, one line per cycle, in Go's words.

use crate::pacer::published::MarkTimes;
use std::fmt::Write as _;

/// Pauses that are remembered one by one.
pub const PAUSES: usize = 256;

/// When a cycle started and how the heap was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CycleStart {
    pub number: u64,
    /// The world was asked to stop.
    pub begin_ns: u64,
    /// The world went on, marking.
    pub mark_ns: u64,
    pub heap: u64,
    pub procs: usize,
    /// `runtime.GC` asked.
    pub forced: bool,
}

/// When it ended and how the heap was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CycleEnd {
    pub end_ns: u64,
    /// Wall clock.
    pub end_unix_ns: u64,
    pub heap: u64,
    pub marked: u64,
    pub goal: u64,
    pub stack_bytes: u64,
    pub globals_bytes: u64,
    pub times: MarkTimes,
}

/// Times and sizes of the last cycle or the running one, and sums over all.
#[derive(Debug)]
pub(crate) struct CycleTrace {
    start_of_time_ns: u64,
    start: CycleStart,
    mark_end_ns: u64,
    end: CycleEnd,
    pub pause_total_ns: u64,
    /// CPU time of all stops.
    pause_cpu_ns: u64,
    /// Pause and wall-clock end of the last cycles: cycle `n` at `(n - 1) % PAUSES`.
    pub pauses: Box<[(u64, u64); PAUSES]>,
    pub forced: u64,
}

impl Default for CycleTrace {
    fn default() -> Self {
        Self {
            start_of_time_ns: 0,
            start: CycleStart::default(),
            mark_end_ns: 0,
            end: CycleEnd::default(),
            pause_total_ns: 0,
            pause_cpu_ns: 0,
            pauses: Box::new([(0, 0); PAUSES]),
            forced: 0,
        }
    }
}

impl CycleTrace {
    pub fn start(&mut self, start: CycleStart) {
        if self.start_of_time_ns == 0 {
            self.start_of_time_ns = start.begin_ns;
        }
        self.mark_end_ns = start.mark_ns;
        self.forced += u64::from(start.forced);
        self.start = start;
    }

    /// The clock starts when the runtime does.
    pub fn set_start_of_time(&mut self, now_ns: u64) {
        self.start_of_time_ns = now_ns;
    }

    /// The stop that ends marking begins.
    pub fn end_marking(&mut self, now_ns: u64) {
        self.mark_end_ns = now_ns;
    }

    /// The cycle is over.
    pub fn end(&mut self, end: CycleEnd) {
        self.end = end;
        let (first, second) = self.stops_ns();
        self.pause_total_ns += first + second;
        self.pause_cpu_ns += (first + second) * self.start.procs as u64;
        let place = (self.start.number as usize + PAUSES - 1) % PAUSES;
        self.pauses[place] = (first + second, end.end_unix_ns);
    }

    fn stops_ns(&self) -> (u64, u64) {
        let second = self.end.end_ns.saturating_sub(self.mark_end_ns);
        (self.start.mark_ns.saturating_sub(self.start.begin_ns), second)
    }

    /// Wall-clock nanoseconds of the end of the last cycle.
    pub fn last_end_unix_ns(&self) -> u64 {
        self.end.end_unix_ns
    }

    /// CPU time of all stops.
    pub fn pause_cpu_ns(&self) -> u64 {
        self.pause_cpu_ns
    }

    /// Nanoseconds since the start.
    pub fn age_ns(&self, now_ns: u64) -> u64 {
        now_ns.saturating_sub(self.start_of_time_ns)
    }

    /// Share of all CPU time that collecting has taken, up to the end of the last cycle.
    pub fn cpu_share(&self) -> f64 {
        let passed = self.age_ns(self.end.end_ns) * self.start.procs.max(1) as u64;
        let gc = self.end.times.total_gc_ns + self.pause_cpu_ns;
        if passed == 0 { 0.0 } else { gc as f64 / passed as f64 }
    }

    /// Stacks and globals that the last cycle scanned, in bytes.
    pub fn scanned(&self) -> (u64, u64) {
        (self.end.stack_bytes, self.end.globals_bytes)
    }

    pub fn print(&self) {
        eprint!("{}", self.line());
    }

    fn line(&self) -> String {
        let (start, end, times) = (&self.start, &self.end, &self.end.times);
        let procs = start.procs as u64;
        let since = start.begin_ns.saturating_sub(self.start_of_time_ns) / 1_000_000;
        let mut line = String::with_capacity(160);
        let _ = write!(line, "gc {} @{}.{:03}s ", start.number, since / 1000, since % 1000);
        let _ = write!(line, "{}%: ", (self.cpu_share() * 100.0) as u64);
        let (stop, last) = self.stops_ns();
        let mark = self.mark_end_ns.saturating_sub(start.mark_ns);
        let _ = write!(line, "{}+{}+{} ms clock, ", millis(stop), millis(mark), millis(last));
        let _ = write!(line, "{}+{}/", millis(stop * procs), millis(times.assist_ns));
        let _ = write!(line, "{}/{}+", millis(times.background_ns), millis(times.idle_ns));
        let _ = write!(line, "{} ms cpu, ", millis(last * procs));
        let _ = write!(line, "{}->{}->{} MB, ", start.heap >> 20, end.heap >> 20, end.marked >> 20);
        let _ = write!(line, "{} MB goal, ", end.goal >> 20);
        let _ = write!(line, "{} MB stacks, {} MB globals, ", end.stack_bytes >> 20, end.globals_bytes >> 20);
        let _ = writeln!(line, "{} P{}", start.procs, if start.forced { " (forced)" } else { "" });
        line
    }
}

/// Nanoseconds as Go prints milliseconds: two significant digits below 100, whole numbers above.
fn millis(ns: u64) -> String {
    if ns >= 10_000_000 {
        return (ns / 1_000_000).to_string();
    }
    let us = ns / 1000;
    if us == 0 {
        return "0".to_owned();
    }
    let (mut value, mut digits) = (us, 3);
    while value >= 100 {
        value /= 10;
        digits -= 1;
    }
    let text = format!("{value:0>width$}", width = digits + 1);
    let point = text.len() - digits;
    format!("{}.{}", &text[..point], &text[point..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_as_go_prints_it() {
        let mut trace = CycleTrace::default();
        trace.set_start_of_time(1_000_000);
        let ms = 1_000_000;
        trace.start(CycleStart {
            number: 7,
            begin_ns: 1_235 * ms,
            mark_ns: 1_235 * ms + 50_000,
            heap: 40 << 20,
            procs: 2,
            forced: true,
        });
        trace.end_marking(1_240 * ms);
        let times =
            MarkTimes { assist_ns: 2 * ms, background_ns: 3 * ms, idle_ns: 4 * ms, total_gc_ns: 5 * ms };
        trace.end(CycleEnd {
            end_ns: 1_240 * ms + 70_000,
            end_unix_ns: 99,
            heap: 44 << 20,
            marked: 21 << 20,
            goal: 43 << 20,
            stack_bytes: 1 << 20,
            globals_bytes: 0,
            times,
        });
        assert_eq!((trace.pauses[6], trace.pause_total_ns), ((120_000, 99), 120_000));
        assert_eq!(
            trace.line(),
            "gc 7 @1.234s 0%: 0.050+4.9+0.070 ms clock, 0.10+2.0/3.0/4.0+0.14 ms cpu, 40->44->21 MB, \
             43 MB goal, 1 MB stacks, 0 MB globals, 2 P (forced)\n"
        );
    }

    #[test]
    fn milliseconds_as_go_prints_them() {
        let cases = [
            (0, "0"),
            (999, "0"),
            (18_000, "0.018"),
            (123_456, "0.12"),
            (1_234_567, "1.2"),
            (9_999_999, "9.9"),
            (12_345_678, "12"),
            (5_000, "0.005"),
        ];
        for (ns, text) in cases {
            assert_eq!(millis(ns), text, "{ns}");
        }
    }
}
