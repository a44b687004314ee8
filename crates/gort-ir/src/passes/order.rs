//! The order of functions: callees before callers, as far as there is one.
//!
//! Functions that call each other in a circle form a group (a strongly connected component of the call graph, by
//! Tarjan's algorithm). A function literal counts as called by the function that makes it, a method in an itab by the
//! one that names the itab. Groups whose callees
//! are done are worked on by several threads at once.

use crate::escape::types::data;
use crate::func::Func;
use crate::inst::{Callee, Op};
use crate::module::{FuncId, Module};
use gort_abi::module::{RelocKind, Symbol, SymbolId};
use index_vec::IndexVec;
use std::sync::{Condvar, Mutex, PoisonError};

/// Groups in an order in which callees come first, and of each group how many it waits for and who waits for it.
#[derive(Debug, Default)]
pub struct Groups {
    /// Their members.
    pub members: Vec<Vec<FuncId>>,
    waits_for: Vec<usize>,
    waiting: Vec<Vec<usize>>,
}

const NEW: u32 = u32::MAX;

impl Groups {
    /// Of all functions with bodies.
    pub fn new(module: &Module) -> Self {
        let callees: IndexVec<FuncId, Vec<FuncId>> = module
            .funcs
            .iter()
            .map(|f| f.body.as_ref().map(|body| callees(body, module)).unwrap_or_default())
            .collect();
        let group = Tarjan::run(&callees);
        let count = group.iter().filter(|&&g| g != NEW).max().map_or(0, |&g| g as usize + 1);
        let mut this = Self {
            members: vec![Vec::new(); count],
            waits_for: vec![0; count],
            waiting: vec![Vec::new(); count],
        };
        for (f, &g) in group.iter_enumerated() {
            if let Some(members) = this.members.get_mut(g as usize) {
                members.push(f);
            }
        }
        for g in 0..count {
            let mut needs: Vec<usize> =
                this.members[g].iter().flat_map(|&f| &callees[f]).map(|&c| group[c] as usize).collect();
            needs.sort_unstable();
            needs.dedup();
            for n in needs.into_iter().filter(|&n| n != g) {
                this.waiting[n].push(g);
                this.waits_for[g] += 1;
            }
        }
        this
    }

    /// Calls `work` for every group, after those it waits for.
    pub fn each(&self, threads: usize, work: impl Fn(&[FuncId]) + Sync) {
        struct Queue {
            ready: Vec<usize>,
            waits_for: Vec<usize>,
            left: usize,
        }
        let ready = (0..self.members.len()).rev().filter(|&g| self.waits_for[g] == 0).collect();
        let queue = Queue { ready, waits_for: self.waits_for.clone(), left: self.members.len() };
        let queue = Mutex::new(queue);
        let changed = Condvar::new();
        let worker = || {
            let mut q = queue.lock().unwrap_or_else(PoisonError::into_inner);
            while q.left > 0 {
                let Some(g) = q.ready.pop() else {
                    q = changed.wait(q).unwrap_or_else(PoisonError::into_inner);
                    continue;
                };
                drop(q);
                work(&self.members[g]);
                q = queue.lock().unwrap_or_else(PoisonError::into_inner);
                q.left -= 1;
                for &w in &self.waiting[g] {
                    q.waits_for[w] -= 1;
                    if q.waits_for[w] == 0 {
                        q.ready.push(w);
                    }
                }
                changed.notify_all();
            }
        };
        std::thread::scope(|s| {
            for _ in 1..threads {
                s.spawn(worker);
            }
            worker();
        });
    }
}

/// The functions with bodies that a function calls, and whose code addresses it takes.
fn callees(func: &Func, module: &Module) -> Vec<FuncId> {
    let insts = func.blocks.iter().flat_map(|b| &b.insts);
    let of_symbol = |s: SymbolId| match module.symbols.get(s.0 as usize) {
        Some(&Symbol::Func(f)) => Some(FuncId::from(f as usize)),
        _ => None,
    };
    let mut out: Vec<FuncId> = Vec::new();
    for &i in insts {
        match &func.insts[i].op {
            Op::Call(Callee::Func(f), _) => out.push(*f),
            // Methods in an itab, code of a static closure.
            Op::SymAddr(s, 0) => match data(module, *s) {
                Some(object) if !object.writable => {
                    let code = object.relocs.iter().filter(|r| r.kind == RelocKind::Abs8);
                    out.extend(code.filter_map(|r| of_symbol(r.target)));
                }
                _ => out.extend(of_symbol(*s)),
            },
            _ => {}
        }
    }
    out.retain(|&f| module.funcs.get(f).is_some_and(|entry| entry.body.is_some()));
    out.sort_unstable();
    out.dedup();
    out
}

struct Tarjan<'a> {
    callees: &'a IndexVec<FuncId, Vec<FuncId>>,
    number: IndexVec<FuncId, u32>,
    low: IndexVec<FuncId, u32>,
    group: IndexVec<FuncId, u32>,
    open: Vec<FuncId>,
    next: u32,
    groups: u32,
}

impl<'a> Tarjan<'a> {
    /// The group of each function.
    fn run(callees: &'a IndexVec<FuncId, Vec<FuncId>>) -> IndexVec<FuncId, u32> {
        let fresh = || index_vec::index_vec![NEW; callees.len()];
        let (number, low, group) = (fresh(), fresh(), fresh());
        let mut this = Self { callees, number, low, group, open: Vec::new(), next: 0, groups: 0 };
        for f in callees.indices() {
            if this.number[f] == NEW {
                this.visit(f);
            }
        }
        this.group
    }

    fn enter(&mut self, f: FuncId) {
        self.number[f] = self.next;
        self.low[f] = self.next;
        self.next += 1;
        self.open.push(f);
    }

    fn visit(&mut self, root: FuncId) {
        let mut stack = vec![(root, 0)];
        self.enter(root);
        while let Some((f, at)) = stack.last_mut() {
            let f = *f;
            if let Some(&c) = self.callees[f].get(*at) {
                *at += 1;
                if self.number[c] == NEW {
                    self.enter(c);
                    stack.push((c, 0));
                } else if self.group[c] == NEW {
                    self.low[f] = self.low[f].min(self.number[c]);
                }
                continue;
            }
            stack.pop();
            if let Some(&(caller, _)) = stack.last() {
                self.low[caller] = self.low[caller].min(self.low[f]);
            }
            if self.low[f] == self.number[f] {
                while let Some(member) = self.open.pop() {
                    self.group[member] = self.groups;
                    if member == f {
                        break;
                    }
                }
                self.groups += 1;
            }
        }
    }
}
