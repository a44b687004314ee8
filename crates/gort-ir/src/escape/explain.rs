//! What `-m` prints: gc's words for what escapes.

use super::Leak;
use super::flow::Found;
use crate::func::{Func, Notes};
use crate::inst::Ty;
use gort_syntax::source::Pos;
use rustc_hash::FxHashMap;

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// Where.
    pub pos: Pos,
    /// What, in gc's words.
    pub text: String,
}

/// What was found out about the objects and parameters of a function, in which nothing has been inlined.
pub fn remarks(func: &Func, found: &Found) -> Vec<Remark> {
    let Some(notes) = &func.notes else { return Vec::new() };
    let mut out = Vec::new();
    let by_value: FxHashMap<_, _> = found
        .candidates
        .iter()
        .flat_map(|c| func.insts[c.inst].results.iter().map(|&v| (v, c.escapes)))
        .collect();
    for object in &notes.objects {
        let Some(&escapes) = by_value.get(&object.value) else { continue };
        let text = match (object.variable, escapes) {
            (true, true) => format!("moved to heap: {}", object.text),
            (true, false) => continue,
            (false, true) => format!("{} escapes to heap", object.text),
            (false, false) => format!("{} does not escape", object.text),
        };
        out.push(Remark { pos: object.pos, text });
    }
    for p in &notes.params {
        let is_pointer = |i: &usize| func.sig.params.get(*i) == Some(&Ty::Ptr);
        let leaks = p.range.clone().filter(is_pointer).filter_map(|i| found.summary.params.get(i));
        // The address of a copy is one dereference away from the value.
        let less = |derefs: i8| if p.in_memory { (derefs - 1).max(0) } else { derefs };
        let leaks: Vec<Leak> = leaks
            .map(|l| Leak {
                heap: l.heap.map(less),
                results: l.results.iter().map(|&(r, derefs)| (r, less(derefs))).collect(),
                area: l.area.map(less),
                written: None,
            })
            .collect();
        if !leaks.is_empty() && !matches!(p.name.as_str(), "" | "_") {
            out.extend(param(notes, &p.name, &leaks).into_iter().map(|text| Remark { pos: p.pos, text }));
        }
    }
    out
}

fn param(notes: &Notes, name: &str, leaks: &[Leak]) -> Vec<String> {
    let mut out = Vec::new();
    let heap = leaks.iter().filter_map(|l| l.heap).min();
    match heap {
        Some(0) => return vec![format!("leaking param: {name}")],
        Some(_) => out.push(format!("leaking param content: {name}")),
        None => {}
    }
    for (i, (result, range)) in notes.results.iter().enumerate() {
        let into = |l: &Leak| {
            let in_memory = if range.is_empty() { l.area } else { None };
            let named = l.results.iter().filter(|r| range.contains(&(r.0 as usize)));
            named.map(|r| r.1).chain(in_memory).min()
        };
        if let Some(level) = leaks.iter().filter_map(into).min() {
            let result = if result.is_empty() { format!("~r{i}") } else { result.clone() };
            out.push(format!("leaking param: {name} to result {result} level={level}"));
        }
    }
    if out.is_empty() {
        out.push(format!("{name} does not escape"));
    }
    out
}
