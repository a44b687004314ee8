//! `GODEBUG=gctrace=1`: one line per cycle, in Go's words.

use crate::pacer::published::Published;
use std::fmt::Write as _;

/// Times and sizes of the running cycle.
#[derive(Debug, Default)]
pub(crate) struct CycleTrace {
    number: u64,
    start_of_time_ns: u64,
    begin_ns: u64,
    mark_ns: u64,
    mark_end_ns: u64,
    end_ns: u64,
    heap_at_start: u64,
    heap_at_end: u64,
    marked: u64,
    goal: u64,
    stack_bytes: u64,
    globals_bytes: u64,
    procs: usize,
    forced: bool,
    pause_total_ns: u64,
}

impl CycleTrace {
    #[allow(clippy::too_many_arguments, reason = "one value per thing the line shows")]
    pub fn start(&mut self, number: u64, begin_ns: u64, now_ns: u64, heap: u64, procs: usize, forced: bool) {
        if self.start_of_time_ns == 0 {
            self.start_of_time_ns = begin_ns;
        }
        self.number = number;
        self.begin_ns = begin_ns;
        self.mark_ns = now_ns;
        self.mark_end_ns = now_ns;
        self.heap_at_start = heap;
        self.procs = procs;
        self.forced = forced;
    }

    /// The clock starts when the runtime does.
    pub fn set_start_of_time(&mut self, now_ns: u64) {
        self.start_of_time_ns = now_ns;
    }

    /// The stop that ends marking begins.
    pub fn end_marking(&mut self, now_ns: u64) {
        self.mark_end_ns = now_ns;
    }

    pub fn end(
        &mut self,
        now_ns: u64,
        heap: u64,
        marked: u64,
        goal: u64,
        stack_bytes: u64,
        globals_bytes: u64,
    ) {
        self.end_ns = now_ns;
        self.heap_at_end = heap;
        self.marked = marked;
        self.goal = goal;
        self.stack_bytes = stack_bytes;
        self.globals_bytes = globals_bytes;
        self.pause_total_ns += self.pauses_ns();
    }

    fn pauses_ns(&self) -> u64 {
        (self.mark_ns - self.begin_ns) + self.end_ns.saturating_sub(self.mark_end_ns)
    }

    /// Nanoseconds of the last cycle's pauses, and of all.
    pub fn pauses(&self) -> (u64, u64) {
        (self.pauses_ns(), self.pause_total_ns)
    }

    /// Share of all CPU time that collecting has taken.
    pub fn cpu_share(&self, published: &Published) -> f64 {
        let passed = self.end_ns.saturating_sub(self.start_of_time_ns) * self.procs.max(1) as u64;
        let gc = published.times().total_gc_ns + self.pause_total_ns * self.procs as u64;
        if passed == 0 { 0.0 } else { gc as f64 / passed as f64 }
    }

    pub fn print(&self, published: &Published) {
        eprint!("{}", self.line(published));
    }

    fn line(&self, published: &Published) -> String {
        let times = published.times();
        let procs = self.procs as u64;
        let since = (self.begin_ns - self.start_of_time_ns) / 1_000_000;
        let mut line = String::with_capacity(160);
        let _ = write!(line, "gc {} @{}.{:03}s ", self.number, since / 1000, since % 1000);
        let _ = write!(line, "{}%: ", (self.cpu_share(published) * 100.0) as u64);
        let (stop, mark) = (self.mark_ns - self.begin_ns, self.mark_end_ns - self.mark_ns);
        let end = self.end_ns.saturating_sub(self.mark_end_ns);
        let _ = write!(line, "{}+{}+{} ms clock, ", millis(stop), millis(mark), millis(end));
        let _ = write!(line, "{}+{}/", millis(stop * procs), millis(times.assist_ns));
        let _ = write!(line, "{}/{}+", millis(times.background_ns), millis(times.idle_ns));
        let _ = write!(line, "{} ms cpu, ", millis(end * procs));
        let _ = write!(line, "{}->", self.heap_at_start >> 20);
        let _ = write!(line, "{}->{} MB, ", self.heap_at_end >> 20, self.marked >> 20);
        let _ = write!(line, "{} MB goal, ", self.goal >> 20);
        let _ =
            write!(line, "{} MB stacks, {} MB globals, ", self.stack_bytes >> 20, self.globals_bytes >> 20);
        let _ = writeln!(line, "{} P{}", self.procs, if self.forced { " (forced)" } else { "" });
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
