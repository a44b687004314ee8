//! `// ERROR "pattern"` comments: the errors a test file expects, as Go's own tests write them.
//!
//! One comment per line, with one quoted or back-quoted pattern for each error of that line, or several
//! for one error. A pattern is what Go's tests need of regular expressions: `.*`, `.`, `\` before a
//! character that stands for itself, and alternatives between `|`.
//!
//! Go counterpart: `errorCheck` in `GOROOT/src/cmd/internal/testdir`.

use std::collections::BTreeMap;

/// The patterns of each line of `text`, lines counted from 1.
pub fn expected(text: &str) -> BTreeMap<u32, Vec<String>> {
    let mut out = BTreeMap::new();
    for (i, line) in text.lines().enumerate() {
        let Some((_, comment)) = line.split_once("// ERROR ") else { continue };
        out.insert(i as u32 + 1, patterns(comment));
    }
    out
}

fn patterns(comment: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = comment.trim_start();
    while let Some(quote @ ('"' | '`')) = rest.chars().next() {
        let Some((pattern, after)) = rest.get(1..).and_then(|r| r.split_once(quote)) else { break };
        out.push(pattern.to_owned());
        rest = after.trim_start();
    }
    out
}

/// Compares the errors (line, message) found in a file with those its comments expect; returns what does
/// not fit.
pub fn compare(text: &str, found: &[(u32, String)]) -> Vec<String> {
    let expected = expected(text);
    let mut problems = Vec::new();
    for (line, patterns) in &expected {
        for p in patterns {
            if !found.iter().any(|(l, message)| l == line && matches(p, message)) {
                problems.push(format!("line {line}: no error matches {p:?}"));
            }
        }
    }
    for (line, message) in found {
        let wanted = expected.get(line).is_some_and(|ps| ps.iter().any(|p| matches(p, message)));
        if !wanted {
            problems.push(format!("line {line}: unexpected: {message}"));
        }
    }
    problems
}

/// Does the pattern match somewhere in `text`?
pub fn matches(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    pattern.split('|').any(|p| {
        let p: Vec<char> = p.chars().collect();
        (0..=text.len()).any(|i| matches_here(&p, text.get(i..).unwrap_or(&[])))
    })
}

fn matches_here(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => true,
        ['.', '*', rest @ ..] => (0..=text.len()).any(|i| matches_here(rest, text.get(i..).unwrap_or(&[]))),
        ['\\', c, rest @ ..] => text.first() == Some(c) && matches_here(rest, &text[1..]),
        ['.', rest @ ..] => !text.is_empty() && matches_here(rest, &text[1..]),
        [c, rest @ ..] => text.first() == Some(c) && matches_here(rest, &text[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_like_regular_expressions() {
        assert!(matches("undefined: x", "a.go:1:2: undefined: x"));
        assert!(matches("cannot .* value|other", "cannot use x (variable) as int value in assignment"));
        assert!(matches(r"f\(\)", "call of f() here"));
        assert!(!matches("missing return", "missing"));
    }

    #[test]
    fn both_directions_are_reported() {
        let text = "package p\nvar x int = \"\" // ERROR \"cannot use\" \"string\"\nvar y = 1 // ERROR \"nothing\"\n";
        let found = [(2, "cannot use \"\" (untyped string constant)".to_owned()), (4, "late".to_owned())];
        let problems = compare(text, &found);
        assert_eq!(problems, ["line 3: no error matches \"nothing\"", "line 4: unexpected: late"]);
    }
}
