//! `//line` directives: `//line file:12`, `/*line file:12:3*/`.
//!
//! Generated Go code uses them to point at what it was generated from. With a column, an empty
//! file name means the name in force; without, positions have no column until the next directive.

use super::Parser;
use crate::source::Pos;

const MAX: u64 = 1 << 30;

impl Parser<'_> {
    /// A directive whose `text` is at offset `at`; it is in force from offset `from`.
    pub(super) fn line_directive(&mut self, at: u32, text: &str, from: u32) {
        let Some((rest, last, last_at)) = trailing_number(text) else { return };
        let bad = |p: &mut Self, what: &str, i: usize| {
            let shown = text.get(i..).unwrap_or("");
            p.error_at(Pos(p.base + at + i as u32), "Lexical", format!("invalid {what} number: {shown}"));
        };
        let Some(last) = last else { return bad(self, "line", last_at) };
        let (name, line, column, line_at) = match trailing_number(rest) {
            Some((name, Some(line), line_at)) => {
                if last == 0 || last > MAX {
                    return bad(self, "column", last_at);
                }
                (name, line, last, line_at)
            }
            _ => (rest, last, 0, last_at),
        };
        if line == 0 || line > MAX {
            return bad(self, "line", line_at);
        }
        let name = if name.is_empty() && column > 0 {
            self.line_file.clone().unwrap_or_else(|| self.own_name())
        } else if name.is_empty() {
            String::new()
        } else {
            in_dir_of(&self.own_name(), &clean(name))
        };
        self.line_file = Some(name.clone());
        self.sources.add_line_directive(self.file, from, name, line as u32, column as u32);
    }

    fn own_name(&self) -> String {
        self.sources.file(self.file).map(|f| f.name.clone()).unwrap_or_default()
    }
}

/// `text` before its last `:`, the number after it if it is one, and where that begins.
fn trailing_number(text: &str) -> Option<(&str, Option<u64>, usize)> {
    let (rest, digits) = text.rsplit_once(':')?;
    let number = if digits.starts_with('+') { None } else { digits.parse().ok() };
    Some((rest, number, rest.len() + 1))
}

/// A path without `.`, `..` and double slashes where they can be resolved by looking at it.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => _ = parts.pop(),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

fn in_dir_of(file: &str, name: &str) -> String {
    match file.rsplit_once('/') {
        Some((dir, _)) if !name.starts_with('/') && dir != "." => clean(&format!("{dir}/{name}")),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::ast::ExprIds;
    use crate::diag::Diagnostics;
    use crate::source::SourceMap;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut sources = SourceMap::new();
        let file = sources.add("dir/x.go", text).unwrap();
        let mut diags = Diagnostics::new();
        crate::parse_file(&mut sources, file, &mut ExprIds::default(), &mut diags);
        assert_eq!(diags.render(&sources, None), expected);
    }

    #[test]
    fn lines_move_and_columns_go() {
        check(
            "package p\n//line a.y:100\nx",
            "dir/a.y:100: syntax error: non-declaration statement outside function body\n",
        );
        check(
            "package p\n//line /a.y:7:9\nx",
            "/a.y:7:9: syntax error: non-declaration statement outside function body\n",
        );
        check(
            "package p\n/*line :7:9*/ x",
            "dir/x.go:7:10: syntax error: non-declaration statement outside function body\n",
        );
    }

    #[test]
    fn bad_numbers_are_reported() {
        check("package p\n//line a:0\n", "dir/x.go:2:10: invalid line number: 0\n");
        check("package p\n//line a:x\n", "dir/x.go:2:10: invalid line number: x\n");
        check("package p\n//line a:1:0\n", "dir/x.go:2:12: invalid column number: 0\n");
    }
}
