//! `gort test -json`: what a test program writes, as events.
//!
//! The program marks its own lines with a control character (`-test.v=test2json`). Go counterpart: `cmd/internal/test2json`.

use super::test::End;
use std::fmt::Write as _;
use std::io::Write;

/// Begins a line of package testing itself.
const MARK: char = '\u{16}';

/// The events of one package, written as they come.
pub struct Events<W> {
    out: W,
    package: String,
    /// Whose output comes.
    test: String,
}

impl<W: Write> Events<W> {
    /// It begins.
    pub fn start(out: W, package: &str) -> Self {
        let mut events = Self { out, package: package.to_owned(), test: String::new() };
        events.event("start", "", None, None);
        events
    }

    /// It has ended.
    pub fn end(mut self, end: End, seconds: f64) {
        let action = match end {
            End::Pass => "pass",
            End::Fail => "fail",
            End::Nothing => "skip",
        };
        self.event(action, "", None, Some(seconds));
    }

    /// A line that the program wrote.
    pub fn line(&mut self, line: &str) {
        let plain = line.replace(MARK, "");
        let text = plain.trim();
        for (word, action) in
            [("=== RUN", "run"), ("=== PAUSE", "pause"), ("=== CONT", "cont"), ("=== NAME", "")]
        {
            if let Some(name) = text.strip_prefix(word) {
                self.test = name.trim().to_owned();
                if !action.is_empty() {
                    self.event(action, &self.test.clone(), None, None);
                }
                if word != "=== NAME" {
                    self.event("output", &self.test.clone(), Some(&plain), None);
                }
                return;
            }
        }
        for (word, action) in [("--- PASS: ", "pass"), ("--- FAIL: ", "fail"), ("--- SKIP: ", "skip")] {
            if let Some(rest) = text.strip_prefix(word) {
                let (name, time) = rest.split_once(" (").unwrap_or((rest, "0s)"));
                let seconds = time.trim_end_matches("s)").parse().unwrap_or(0.0);
                self.event("output", name, Some(&plain), None);
                self.event(action, name, None, Some(seconds));
                self.test = name.to_owned();
                return;
            }
        }
        let ends = matches!(text, "PASS" | "FAIL" | "SKIP");
        let test = if ends { String::new() } else { self.test.clone() };
        self.event("output", &test, Some(&plain), None);
    }

    fn event(&mut self, action: &str, test: &str, output: Option<&str>, elapsed: Option<f64>) {
        let mut line = format!("{{\"Action\":\"{action}\",\"Package\":{}", string(&self.package));
        if !test.is_empty() {
            _ = write!(line, ",\"Test\":{}", string(test));
        }
        if let Some(text) = output {
            _ = write!(line, ",\"Output\":{}", string(text));
        }
        if let Some(seconds) = elapsed {
            _ = write!(line, ",\"Elapsed\":{}", (seconds * 1000.0).round() / 1000.0);
        }
        _ = writeln!(self.out, "{line}}}");
    }
}

fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => _ = write!(out, "\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_become_events() {
        let mut out = Vec::new();
        let mut events = super::Events::start(&mut out, "p");
        for line in ["\x16=== RUN   TestA\n", "hi\n", "\x16--- PASS: TestA (0.25s)\n", "PASS\n"] {
            events.line(line);
        }
        events.end(super::End::Pass, 0.5);
        let text = String::from_utf8(out).expect("text");
        assert!(text.contains(r#"{"Action":"run","Package":"p","Test":"TestA"}"#));
        assert!(text.contains(r#""Test":"TestA","Output":"hi\n"}"#));
        assert!(text.contains(r#"{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.25}"#));
        assert!(text.ends_with("{\"Action\":\"pass\",\"Package\":\"p\",\"Elapsed\":0.5}\n"));
    }
}
