//! Messages and positions of syntax errors. `data/errors.txt` holds sources and what Go's compiler says about them.

use gort_syntax::ast::ExprIds;
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;

fn errors(source: &str) -> String {
    let mut sources = SourceMap::new();
    let file = sources.add("x.go", source).expect("small enough");
    let mut diags = Diagnostics::new();
    gort_syntax::parse_file(&mut sources, file, &mut ExprIds::default(), &mut diags);
    diags.render(&sources, None).replace("x.go:", "")
}

#[test]
fn messages_are_those_of_go() {
    let mut differences = String::new();
    let mut count = 0;
    for case in include_str!("data/errors.txt").split("==== source\n").skip(1) {
        let (source, expected) = case.split_once("---- errors\n").expect("two parts");
        let got = errors(source);
        count += 1;
        if got != expected {
            differences += &format!("{source}got:\n{got}want:\n{expected}\n");
        }
    }
    assert!(differences.is_empty(), "{differences}");
    assert!(count > 90);
}
