//! The patterns of a `//go:embed` directive, and the files they name.
//!
//! Go counterpart: `go/build` (`parseGoEmbed`), `cmd/go/internal/load` (`resolveEmbed`), `path` (`Match`).

use std::fs;
use std::path::{Path, PathBuf};

/// A file to be embedded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Slash-separated, relative to the package's directory.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// The patterns of a directive's arguments and their offsets; they may be quoted as Go strings.
pub fn split(args: &str) -> Result<Vec<(usize, String)>, String> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        let rest = args.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let Some(first) = trimmed.chars().next() else { break };
        let invalid = || format!("invalid quoted string in //go:embed: {trimmed}");
        let (len, text) = match first {
            '`' => {
                let end = trimmed.get(1..).and_then(|t| t.find('`')).ok_or_else(invalid)?;
                (end + 2, trimmed.get(1..=end).unwrap_or_default().to_owned())
            }
            '"' => {
                let mut escaped = true;
                let is_end = |c: char| {
                    let end = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    end
                };
                let end = trimmed.find(is_end).ok_or_else(invalid)?;
                let quoted = trimmed.get(..=end).unwrap_or_default();
                (end + 1, unquote(quoted).ok_or_else(invalid)?)
            }
            _ => {
                let end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
                (end, trimmed.get(..end).unwrap_or_default().to_owned())
            }
        };
        let after = trimmed.get(len..).and_then(|t| t.chars().next());
        if after.is_some_and(|c| !c.is_whitespace()) {
            return Err(invalid());
        }
        out.push((at, text));
        at += len;
    }
    if out.is_empty() { Err("usage: //go:embed pattern...".to_owned()) } else { Ok(out) }
}

/// File names have few escapes: those of one character.
fn unquote(quoted: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = quoted.get(1..quoted.len().checked_sub(1)?)?.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(match chars.next()? {
                'n' => '\n',
                't' => '\t',
                c @ ('\\' | '"') => c,
                _ => return None,
            }),
            c => out.push(c),
        }
    }
    Some(out)
}

/// The files that a pattern names in a package's directory. The error is Go's, without the pattern.
pub fn find(dir: &Path, pattern: &str) -> Result<Vec<Found>, String> {
    let (glob, all) = match pattern.strip_prefix("all:") {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    if !is_valid(glob) {
        return Err("invalid pattern syntax".to_owned());
    }
    let mut names = vec![String::new()];
    for part in glob.split('/') {
        names = names.iter().flat_map(|n| matches_in(dir, n, part)).collect();
    }
    if names.is_empty() {
        return Err("no matching files found".to_owned());
    }
    let mut out = Vec::new();
    for name in names {
        embed_one(dir, &name, all, &mut out)?;
    }
    Ok(out)
}

/// Slash-separated, without empty elements, `.` and `..`.
fn is_valid(glob: &str) -> bool {
    glob.split('/').all(|part| !matches!(part, "" | "." | "..") && matches(part, "").is_some())
}

/// What is in a directory and matches one part of a pattern, in lexical order.
fn matches_in(root: &Path, dir: &str, part: &str) -> Vec<String> {
    let join = |name: &str| if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
    if !part.contains(['*', '?', '[', '\\']) {
        let name = join(part);
        return if root.join(&name).symlink_metadata().is_ok() { vec![name] } else { Vec::new() };
    }
    let entries = fs::read_dir(root.join(dir)).into_iter().flatten().flatten();
    let names = entries.filter_map(|e| e.file_name().into_string().ok());
    let mut out: Vec<String> = names.filter(|n| matches(part, n) == Some(true)).map(|n| join(&n)).collect();
    out.sort();
    out
}

/// Names that the go command never takes.
fn is_bad(name: &str) -> bool {
    matches!(name, "" | ".bzr" | ".hg" | ".git" | ".svn")
        || name.ends_with('.')
        || name.contains(|c: char| "\"'*<>?`|/\\:".contains(c) || c.is_control())
}

fn embed_one(root: &Path, name: &str, all: bool, out: &mut Vec<Found>) -> Result<(), String> {
    let path = root.join(name);
    let facts = path.symlink_metadata().map_err(|e| e.to_string())?;
    let what = if facts.is_dir() { "directory" } else { "file" };
    let mut at = name;
    loop {
        let last = at.rsplit('/').next().unwrap_or(at);
        if root.join(at).join("go.mod").exists() {
            return Err(format!("cannot embed {what} {name}: in different module"));
        }
        let is_dir = root.join(at).symlink_metadata().is_ok_and(|m| m.is_dir());
        if at != name && !is_dir {
            return Err(format!("cannot embed {what} {name}: in non-directory {at}"));
        }
        if is_bad(last) {
            let place = if at == name { "invalid name" } else { "in invalid directory" };
            return Err(format!("cannot embed {what} {name}: {place} {last}"));
        }
        match at.rsplit_once('/') {
            Some((parent, _)) => at = parent,
            None => break,
        }
    }
    if facts.is_file() {
        out.push(Found { name: name.to_owned(), path });
    } else if facts.is_dir() {
        let before = out.len();
        walk(root, name, all, out);
        if out.len() == before {
            return Err(format!("cannot embed directory {name}: contains no embeddable files"));
        }
    } else {
        return Err(format!("cannot embed irregular file {name}"));
    }
    Ok(())
}

/// All files under a directory, hidden ones only if `all`.
fn walk(root: &Path, dir: &str, all: bool, out: &mut Vec<Found>) {
    let entries = fs::read_dir(root.join(dir)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    for last in names {
        if is_bad(&last) || !all && last.starts_with(['.', '_']) {
            continue;
        }
        let name = format!("{dir}/{last}");
        let path = root.join(&name);
        let Ok(facts) = path.symlink_metadata() else { continue };
        if facts.is_dir() {
            if !path.join("go.mod").exists() {
                walk(root, &name, all, out);
            }
        } else if facts.is_file() {
            out.push(Found { name, path });
        }
    }
}

/// Does the name match a pattern without slashes? `None`: it is no pattern.
fn matches(pattern: &str, name: &str) -> Option<bool> {
    let pattern: Vec<char> = pattern.chars().collect();
    check(&pattern)?;
    let name: Vec<char> = name.chars().collect();
    Some(match_here(&pattern, &name))
}

/// Are brackets closed and escapes complete?
fn check(mut pattern: &[char]) -> Option<()> {
    while let Some(first) = pattern.first() {
        let len = match first {
            '\\' => pattern.get(1).map(|_| 2)?,
            '[' => class(pattern, '\0')?.1,
            _ => 1,
        };
        pattern = pattern.get(len..)?;
    }
    Some(())
}

fn match_here(pattern: &[char], name: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return name.is_empty() };
    if *first == '*' {
        return (0..=name.len()).any(|i| match_here(rest, name.get(i..).unwrap_or_default()));
    }
    let Some((c, after)) = name.split_first() else { return false };
    match first {
        '?' => match_here(rest, after),
        '\\' => rest.split_first().is_some_and(|(p, rest)| p == c && match_here(rest, after)),
        '[' => class(pattern, *c)
            .is_some_and(|(hit, len)| hit && match_here(pattern.get(len..).unwrap_or_default(), after)),
        p => p == c && match_here(rest, after),
    }
}

/// `[...]` at the start of a pattern: is the character in it, and how long is it?
fn class(pattern: &[char], c: char) -> Option<(bool, usize)> {
    let negated = pattern.get(1) == Some(&'^');
    let mut at = if negated { 2 } else { 1 };
    let mut hit = false;
    let mut empty = true;
    let one = |at: &mut usize| -> Option<char> {
        let mut c = *pattern.get(*at)?;
        if matches!(c, '-' | ']') {
            return None;
        }
        if c == '\\' {
            *at += 1;
            c = *pattern.get(*at)?;
        }
        *at += 1;
        Some(c)
    };
    loop {
        if pattern.get(at) == Some(&']') && !empty {
            return Some((hit != negated, at + 1));
        }
        empty = false;
        let low = one(&mut at)?;
        let mut high = low;
        if pattern.get(at) == Some(&'-') {
            at += 1;
            high = one(&mut at)?;
        }
        hit |= low <= c && c <= high;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_package_path() {
        for (pattern, name, want) in [
            ("*.txt", "a.txt", Some(true)),
            ("*.txt", "a.txt.b", Some(false)),
            ("a?c", "abc", Some(true)),
            ("[a-c]x", "bx", Some(true)),
            ("[^a-c]x", "bx", Some(false)),
            ("\\*", "*", Some(true)),
            ("a[", "a", None),
            ("[]a]", "]", None),
            ("a\\", "a", None),
        ] {
            assert_eq!(matches(pattern, name), want, "{pattern} {name}");
        }
    }

    #[test]
    fn arguments_may_be_quoted() {
        let got = split(" a.txt `b c` \"d\\\"e\"").expect("good");
        assert_eq!(got, [(1, "a.txt".to_owned()), (7, "b c".to_owned()), (13, "d\"e".to_owned())]);
        assert!(split(" \"a").is_err() && split(" `a`b").is_err() && split(" ").is_err());
    }
}
