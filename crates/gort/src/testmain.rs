//! The program that runs the tests of a package: which tests, benchmarks, fuzz targets and examples there are, and a
//! package main that hands them to package testing.
//!
//! Go counterpart: `cmd/go/internal/load/test.go`, `go/doc` (examples).

use gort_syntax::ast::{Decl, ExprKind, File, FuncDecl};
use gort_syntax::source::SourceMap;
use std::fmt::Write as _;

/// Name under which the program imports the package itself.
const INTERNAL: &str = "_test";
/// Name under which the program imports the package of external tests.
const EXTERNAL: &str = "_xtest";

/// What the test files of a package declare.
#[derive(Debug, Default)]
pub struct Tests {
    tests: Vec<String>,
    benchmarks: Vec<String>,
    fuzz: Vec<String>,
    /// Expression, name, expected output, in any order.
    examples: Vec<(String, String, String, bool)>,
    main: Option<String>,
    internal: bool,
    external: bool,
}

impl Tests {
    /// Adds what the files declare; `external`: they are the package `p_test`.
    pub fn collect(&mut self, files: &[File], sources: &SourceMap, external: bool) {
        let qualifier = if external { EXTERNAL } else { INTERNAL };
        for file in files {
            let is_test = sources.file(file.file).is_some_and(|f| f.name.ends_with("_test.go"));
            for decl in file.decls.iter().filter(|_| is_test) {
                let Decl::Func(f) = decl else { continue };
                if f.recv.is_some() || !f.type_params.is_empty() {
                    continue;
                }
                if self.add(f, qualifier, sources) {
                    self.internal |= !external;
                    self.external |= external;
                }
            }
        }
    }

    fn add(&mut self, f: &FuncDecl, qualifier: &str, sources: &SourceMap) -> bool {
        let name = &*f.name.name;
        let entry = format!("{{{name:?}, {qualifier}.{name}}}");
        if name == "TestMain" && takes(f, "M") {
            self.main = Some(format!("{qualifier}.TestMain"));
        } else if is_of_kind(name, "Test") && takes(f, "T") {
            self.tests.push(entry);
        } else if is_of_kind(name, "Benchmark") && takes(f, "B") {
            self.benchmarks.push(entry);
        } else if is_of_kind(name, "Fuzz") && takes(f, "F") {
            self.fuzz.push(entry);
        } else if is_of_kind(name, "Example")
            && f.sig.params.is_empty()
            && let Some((output, unordered)) = expected_output(f, sources)
        {
            self.examples.push((format!("{qualifier}.{name}"), name.to_owned(), output, unordered));
        } else {
            return false;
        }
        true
    }

    /// Are there none at all?
    pub fn is_empty(&self) -> bool {
        !self.internal && !self.external
    }

    /// Text of the package main that runs them.
    pub fn program(&self, path: &str) -> String {
        let mut out = String::from(
            "package main\n\nimport (\n\t\"os\"\n\t\"testing\"\n\t\"testing/internal/testdeps\"\n",
        );
        if self.main.is_some() {
            out.push_str("\t\"reflect\"\n");
        }
        if self.internal {
            _ = writeln!(out, "\t{INTERNAL} {path:?}");
        }
        if self.external {
            _ = writeln!(out, "\t{EXTERNAL} \"{path}_test\"");
        }
        out.push_str(")\n");
        for (name, typ, list) in [
            ("tests", "InternalTest", &self.tests),
            ("benchmarks", "InternalBenchmark", &self.benchmarks),
            ("fuzzTargets", "InternalFuzzTarget", &self.fuzz),
        ] {
            _ = writeln!(out, "var {name} = []testing.{typ}{{\n\t{}}}", lines(list.iter().cloned()));
        }
        let examples = self
            .examples
            .iter()
            .map(|(f, name, output, unordered)| format!("{{{name:?}, {f}, {}, {unordered}}}", quote(output)));
        _ = writeln!(out, "var examples = []testing.InternalExample{{\n\t{}}}", lines(examples));
        let run = match &self.main {
            Some(main) => {
                format!(
                    "{main}(m)\n\tos.Exit(int(reflect.ValueOf(m).Elem().FieldByName(\"exitCode\").Int()))"
                )
            }
            None => "os.Exit(m.Run())".to_owned(),
        };
        _ = write!(
            out,
            "func init() {{ testdeps.ImportPath = {path:?} }}\nfunc main() {{\n\t\
             m := testing.MainStart(testdeps.TestDeps{{}}, tests, benchmarks, fuzzTargets, examples)\n\t{run}\n}}\n"
        );
        out
    }
}

fn lines(items: impl Iterator<Item = String>) -> String {
    items.map(|i| i + ",\n\t").collect()
}

/// A Go string literal.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => _ = write!(out, "\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `TestX`, `Test`, `Test_x`, not `Testimony`.
fn is_of_kind(name: &str, kind: &str) -> bool {
    name.strip_prefix(kind).is_some_and(|rest| !rest.starts_with(char::is_lowercase))
}

/// One parameter `*testing.T` (whatever testing is called), no results.
fn takes(f: &FuncDecl, typ: &str) -> bool {
    let [param] = f.sig.params.as_slice() else { return false };
    let ExprKind::Star(inner) = &param.typ.unparen().kind else { return false };
    f.sig.results.is_empty()
        && match &inner.unparen().kind {
            ExprKind::Selector(_, name) => &*name.name == typ,
            ExprKind::Name(name) => &*name.name == typ,
            _ => false,
        }
}

/// What the comment at the end of an example says that it writes, and whether the lines may come in any order.
fn expected_output(f: &FuncDecl, sources: &SourceMap) -> Option<(String, bool)> {
    let body = f.body.as_ref()?;
    let file = sources.file(sources.file_of(f.pos)?)?;
    let text = file.text.get((f.pos.0 - file.base) as usize..(body.rbrace.0 - file.base) as usize)?;
    let mut comment: Vec<&str> = Vec::new();
    for line in text.lines().rev().map(str::trim).skip_while(|l| l.is_empty()) {
        let Some(line) = line.strip_prefix("//") else { break };
        comment.push(line.strip_prefix(' ').unwrap_or(line).trim_end());
    }
    comment.reverse();
    let text = comment.join("\n");
    let lower = text.trim_start().to_lowercase();
    let (skip, unordered) = match lower.strip_prefix("unordered output:") {
        Some(_) => ("unordered output:".len(), true),
        None if lower.starts_with("output:") => ("output:".len(), false),
        None => return None,
    };
    let rest = text.trim_start().get(skip..)?.trim_start_matches(' ');
    Some((rest.strip_prefix('\n').unwrap_or(rest).to_owned(), unordered))
}

/// Gives a variable of package testing the value that `go test` has the linker give it, by which `testing.Testing` knows.
pub fn set_test_binary(files: &mut [File]) {
    let decls = files.iter_mut().flat_map(|f| &mut f.decls);
    let variables = decls.filter_map(|d| if let Decl::Var(v) = d { Some(v) } else { None });
    for v in variables.filter(|v| v.names.first().is_some_and(|n| &*n.name == "testBinary")) {
        for value in &mut v.values {
            if let ExprKind::BasicLit(lit) = &mut value.kind {
                lit.text = "\"1\"".into();
                lit.bytes = b"1"[..].into();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_program_knows_that_it_is_one() {
        let (mut sources, mut diags) = (SourceMap::new(), gort_syntax::diag::Diagnostics::new());
        let text = b"package testing\nvar short, testBinary = \"0\"\nvar testBinary = \"0\"".to_vec();
        let id = sources.add_bytes("testing.go".to_owned(), text).expect("room");
        let mut ids = gort_syntax::ast::ExprIds::default();
        let mut files = [gort_syntax::parse_file(&mut sources, id, &mut ids, &mut diags)];
        set_test_binary(&mut files);
        let values = files[0].decls.iter().filter_map(|d| match d {
            Decl::Var(v) => match &v.values.first()?.kind {
                ExprKind::BasicLit(lit) => Some(lit.bytes.to_vec()),
                _ => None,
            },
            _ => None,
        });
        assert_eq!(values.collect::<Vec<_>>(), [b"0", b"1"]);
    }

    #[test]
    fn names_tell_tests() {
        assert!(is_of_kind("TestX", "Test") && is_of_kind("Test", "Test") && is_of_kind("Test_x", "Test"));
        assert!(!is_of_kind("Testimony", "Test") && !is_of_kind("XTest", "Test"));
        assert_eq!(quote("a\"b\n"), "\"a\\\"b\\n\"");
    }
}
