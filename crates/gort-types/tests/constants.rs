//! Constants to the last bit, as Go has them: exact fractions, floats of 512 bits and where the one becomes the other.
//!
//! `constants.tsv` has random expressions with their exact values and their texts in messages, by Go 1.27.3's `types.Eval`;
//! a float is written as an odd mantissa and an exponent. With `GORT_CONSTANTS` set to another such file, that is compared too.
#![allow(clippy::unwrap_used)]

use gort_syntax::ast::ExprIds;
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;
use gort_types::info::ConstValue;
use gort_types::object::ObjKind;
use gort_types::program::Program;

fn value(expr: &str) -> ConstValue {
    let (mut sources, mut ids, mut diags) = (SourceMap::new(), ExprIds::default(), Diagnostics::new());
    let id = sources.add("p.go".to_owned(), format!("package p\nconst c = {expr}\n")).unwrap();
    let files = [gort_syntax::parse_file(&mut sources, id, &mut ids, &mut diags)];
    let mut prog = Program::new();
    gort_types::check::check_package(&mut prog, "p", &files, &Default::default(), &sources, &mut diags);
    if !diags.is_empty() {
        return ConstValue::Unknown;
    }
    let constants = prog.info.defs.iter().filter_map(|(_, &id)| match &prog.obj(id).kind {
        ObjKind::Const { value, .. } => value.clone(),
        _ => None,
    });
    constants.last().unwrap()
}

fn exact(v: &ConstValue) -> String {
    match v {
        ConstValue::Unknown => "error".to_owned(),
        ConstValue::Ratio(x) => format!("{}/{}", x.numer(), x.denom()),
        ConstValue::Float(x) => x.to_string(),
        ConstValue::Complex(re, im) => format!("({} + {}i)", exact(re), exact(im)),
        other => other.to_string(),
    }
}

fn compare(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[expr, want, shown] = &fields[..] else { panic!("{line}") };
        let got = value(expr);
        if exact(&got) != want {
            problems.push(format!("{expr}\n  is   {}\n  want {want}", exact(&got)));
        } else if want != "error" && got.to_string() != shown {
            problems.push(format!("{expr}\n  is shown as {got}\n  want        {shown}"));
        }
    }
    problems
}

#[test]
fn constants_are_those_of_go() {
    let mut text = include_str!("constants.tsv").to_owned();
    if let Ok(path) = std::env::var("GORT_CONSTANTS") {
        text.push_str(&std::fs::read_to_string(path).unwrap());
    }
    let problems = compare(&text);
    assert!(problems.is_empty(), "{} of {}\n{}", problems.len(), text.lines().count(), problems.join("\n"));
}
