//! `//go:embed`: a variable whose value is files beside the source.
//!
//! Go counterpart: `cmd/compile/internal/noder` (`checkEmbed`), `cmd/compile/internal/staticdata` (`WriteEmbed`).
//!
//! A variable with a directive gets an initial value: `T("contents")` if it is a string or bytes, a call of a function
//! that builds the list if it is an `embed.FS`. The value is Go text of ours, parsed as the program's, so that
//! everything behind the parser, the order of initialisation included, sees an ordinary variable. The function is
//! declared in one more file of the package and is `newFS` of package embed (std/embed), by linkname.
//!
//! Which files a pattern names: [`patterns`].

pub mod patterns;

use gort_syntax::ast::{Decl, Expr, ExprKind, File, VarDecl};
use gort_syntax::diag::Diagnostics;
use gort_syntax::print;
use gort_syntax::source::{Pos, SourceMap};
use patterns::Found;
use std::path::{Path, PathBuf};

/// Name of the package's function that makes an FS.
const MAKE: &str = "embed__newFS";
/// Code of the mistakes.
const CODE: &str = "Embed";

/// A value for a variable: text to be parsed, and the place of the variable.
#[derive(Debug)]
pub struct Value {
    /// Index of the file and of the declaration in it.
    at: (usize, usize),
    /// A file with `var _ = value`.
    pub text: String,
}

/// What the directives of a package ask for.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Values to be parsed and given to [`set`].
    pub values: Vec<Value>,
    /// One more file, if some variable is an FS.
    pub file: Option<String>,
}

/// Gives a variable its value, parsed.
pub fn set(files: &mut [File], value: &Value, parsed: File) {
    let values = parsed.decls.into_iter().find_map(|d| match d {
        Decl::Var(v) => Some(v.values),
        _ => None,
    });
    let decl = files.get_mut(value.at.0).and_then(|f| f.decls.get_mut(value.at.1));
    if let (Some(Decl::Var(var)), Some(values)) = (decl, values) {
        var.values = values;
    }
}

/// Reads the files that the directives name. `dir` is the package's directory, if it has one.
pub fn wanted(files: &[File], dir: &Path, sources: &SourceMap, diags: &mut Diagnostics) -> Wanted {
    let mut out = Wanted::default();
    let mut any_fs = false;
    for (i, file) in files.iter().enumerate() {
        let Some(embed) = local_name(file) else { continue };
        for Directives { at: j, pos, patterns } in directives(file, diags) {
            let Some(Decl::Var(var)) = file.decls.get(j) else { continue };
            let Some(typ) = checked(var, pos, diags) else { continue };
            let dir = match dir.as_os_str().is_empty() {
                true => directory_of(var.pos, sources),
                false => dir.to_owned(),
            };
            let Some(found) = find(&dir, &patterns, diags) else { continue };
            let is_fs = is_fs(typ, embed);
            any_fs |= is_fs;
            let value = match is_fs {
                true => fs_value(&found),
                false => match found.as_slice() {
                    [one] => read(one).map(|data| format!("({})({})", print::expr(typ), print::quote(&data))),
                    _ => {
                        let message =
                            format!("invalid go:embed: multiple files for type {}", print::expr(typ));
                        diags.error(var.pos, CODE, message);
                        continue;
                    }
                },
            };
            match value {
                Ok(value) => {
                    let text = format!("package {}; var _ = {value}\n", file.package.name);
                    out.values.push(Value { at: (i, j), text });
                }
                Err(message) => diags.error(var.pos, CODE, message),
            }
        }
    }
    if any_fs && let Some(first) = files.first() {
        out.file = Some(format!(
            "package {}\nimport (\n\"embed\"\n_ \"unsafe\"\n)\n//go:linkname {MAKE} embed.newFS\nfunc {MAKE}(index, data string) embed.FS\n",
            first.package.name
        ));
    }
    out
}

/// What the file calls package embed.
fn local_name(file: &File) -> Option<&str> {
    file.decls.iter().find_map(|d| match d {
        Decl::Import(i) if i.path == "embed" => Some(i.name.as_ref().map_or("embed", |n| &*n.name)),
        _ => None,
    })
}

fn is_fs(typ: &Expr, embed: &str) -> bool {
    match &typ.kind {
        ExprKind::Selector(x, name) => {
            matches!(&x.kind, ExprKind::Name(x) if *x.name == *embed) && &*name.name == "FS"
        }
        ExprKind::Name(name) => embed == "." && &*name.name == "FS",
        _ => false,
    }
}

/// What stands before one variable.
struct Directives {
    /// Index of the declaration.
    at: usize,
    /// Behind the slashes of the first directive.
    pos: Pos,
    patterns: Vec<(Pos, String)>,
}

/// The patterns for each variable. Several directives may stand before one.
fn directives(file: &File, diags: &mut Diagnostics) -> Vec<Directives> {
    let mut out: Vec<Directives> = Vec::new();
    for pragma in &file.pragmas {
        let Some(rest) = pragma.text.strip_prefix("go:embed").filter(|r| r.starts_with([' ', '\t'])) else {
            if &*pragma.text == "go:embed" {
                diags.error(pragma.pos, CODE, "usage: //go:embed pattern...");
            }
            continue;
        };
        let inside = |d: &Decl| matches!(d, Decl::Func(f) if f.body.as_ref().is_some_and(|b| b.lbrace < pragma.pos && pragma.pos < b.rbrace));
        if file.decls.iter().any(inside) {
            // The checker says so.
            continue;
        }
        let next = file.decls.iter().enumerate().filter(|(_, d)| position(d) > pragma.pos);
        let Some((j, Decl::Var(_))) = next.min_by_key(|(_, d)| position(d)) else {
            diags.error(Pos(pragma.pos.0 + 2), CODE, "misplaced go:embed directive");
            continue;
        };
        let start = Pos(pragma.pos.0 + 2 + "go:embed".len() as u32);
        match patterns::split(rest) {
            Ok(list) => {
                let list = list.into_iter().map(|(at, p)| (Pos(start.0 + at as u32), p));
                match out.iter_mut().find(|d| d.at == j) {
                    Some(before) => before.patterns.extend(list),
                    None => {
                        out.push(Directives { at: j, pos: Pos(pragma.pos.0 + 2), patterns: list.collect() })
                    }
                }
            }
            Err(message) => diags.error(pragma.pos, CODE, message),
        }
    }
    out
}

fn position(decl: &Decl) -> Pos {
    match decl {
        Decl::Import(d) => d.pos,
        Decl::Const(d) => d.pos,
        Decl::Type(d) => d.pos,
        Decl::Var(d) => d.pos,
        Decl::Func(d) => d.pos,
    }
}

/// The type of a variable that may have a directive.
fn checked<'a>(var: &'a VarDecl, pos: Pos, diags: &mut Diagnostics) -> Option<&'a Expr> {
    let message = match &var.typ {
        _ if var.names.len() > 1 => "go:embed cannot apply to multiple vars".to_owned(),
        _ if !var.values.is_empty() => "go:embed cannot apply to var with initializer".to_owned(),
        None => "go:embed cannot apply to var without type".to_owned(),
        Some(typ) if !may_hold(typ) => format!("go:embed cannot apply to var of type {}", print::expr(typ)),
        Some(typ) => return Some(typ),
    };
    diags.error(pos, CODE, message);
    None
}

/// Can it be a string, bytes or an FS, as far as its text says? What a name stands for, the checker sees.
fn may_hold(typ: &Expr) -> bool {
    const OTHERS: [&str; 18] = [
        "bool",
        "int",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "uintptr",
        "float32",
        "float64",
        "complex64",
        "complex128",
        "error",
        "any",
    ];
    match &typ.kind {
        ExprKind::Name(name) => !OTHERS.contains(&&*name.name),
        ExprKind::Selector(..) => true,
        _ => matches!(print::expr(typ).as_str(), "[]byte" | "[]uint8") || print::expr(typ).starts_with("[]"),
    }
}

fn directory_of(pos: Pos, sources: &SourceMap) -> PathBuf {
    let name = sources.physical(pos).map(|l| l.file).unwrap_or_default();
    Path::new(&name).parent().map(Path::to_owned).unwrap_or_default()
}

fn find(dir: &Path, patterns: &[(Pos, String)], diags: &mut Diagnostics) -> Option<Vec<Found>> {
    let mut out: Vec<Found> = Vec::new();
    let before = diags.len();
    for (pos, pattern) in patterns {
        match patterns::find(dir, pattern) {
            Ok(list) => {
                for found in list {
                    if !out.iter().any(|f| f.name == found.name) {
                        out.push(found);
                    }
                }
            }
            Err(message) => diags.error(*pos, CODE, format!("pattern {pattern}: {message}")),
        }
    }
    (diags.len() == before).then_some(out)
}

fn read(found: &Found) -> Result<Vec<u8>, String> {
    std::fs::read(&found.path).map_err(|e| format!("cannot embed {}: {e}", found.name))
}

/// The files and the directories they are in, sorted by directory and name.
fn fs_value(found: &[Found]) -> Result<String, String> {
    let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
    for one in found {
        for (at, _) in one.name.match_indices('/') {
            let dir = one.name.get(..=at).unwrap_or_default().to_owned();
            if !entries.iter().any(|(name, _)| *name == dir) {
                entries.push((dir, Vec::new()));
            }
        }
        entries.push((one.name.clone(), read(one)?));
    }
    entries.sort_by(|(a, _), (b, _)| sort_key(a).cmp(&sort_key(b)));
    let (mut index, mut data) = (Vec::new(), Vec::new());
    for (name, bytes) in entries {
        index.extend_from_slice(format!("{name}\0{}\0", bytes.len()).as_bytes());
        data.extend(bytes);
    }
    Ok(format!("{MAKE}({}, {})", print::quote(&index), print::quote(&data)))
}

/// Directory, then the last element.
fn sort_key(name: &str) -> (&str, &str) {
    name.trim_end_matches('/').rsplit_once('/').unwrap_or((".", name.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::sort_key;

    #[test]
    fn directories_come_before_what_is_in_them() {
        let mut names = ["q/s/t", "q/", "q/s/", "p", "w", "q/v", "q/r"];
        names.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        assert_eq!(names, ["p", "q/", "w", "q/r", "q/s/", "q/v", "q/s/t"]);
    }
}
