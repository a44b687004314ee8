//! The graph of locations of one function, and what the walks over it find.
//!
//! Locations are the heap, the results, every value, every slot and every allocated object (its content, as a
//! whole). An edge `to <- from (d)` says that `to` may get what is d dereferences away from `from`; -1 is its
//! address. A store through a pointer is an edge to the objects that it may point to, if all are known; else to
//! the heap.

mod closures;
mod objects;
mod repeated;

pub use objects::Candidate;

use super::natives::{Fate, copied, fate, writes};
use super::types::is_pointer_free;
use super::{Leak, MAX_DEREFS, Summary};
use crate::func::{ENTRY, Func, Inst, Slot, Value};
use crate::inst::{BinOp, Callee, ConvOp, Op, Ty};
use crate::module::{FuncId, Module};
use crate::passes::cfg::Cfg;
use gort_abi::module::SymbolId;
use gort_abi::runtime_fn::RuntimeFn;
use index_vec::IndexVec;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Nodes looked at to find out what a pointer points to.
const MAX_ROOTS: usize = 48;

const NONE: i8 = i8::MAX;
type Node = u32;
const HEAP: Node = 0;
const AREA: Node = 1;
/// What is written to: a location from which the memory that writes go to is one dereference away.
const WRITTEN: Node = 2;

/// What the analysis of a function found.
#[derive(Debug, Default)]
pub struct Found {
    /// For callers.
    pub summary: Summary,
    /// The allocations.
    pub candidates: Vec<Candidate>,
}

impl Found {
    /// Nothing was found out: everything leaks, no allocation is looked at.
    pub fn nothing(func: &Func) -> Self {
        Self { summary: Summary::everything(func.sig.params.len(), func.result_area), candidates: Vec::new() }
    }
}

/// What a pointer may point to.
enum Roots {
    /// These objects, and nothing else but what is not on the stack.
    Objects(Vec<Node>),
    Unknown,
}

/// Edges by their end.
struct Edges {
    /// Index in `list` of the last one, by node.
    last: Vec<u32>,
    /// From where, dereferences, index of the one before.
    list: Vec<(Node, i8, u32)>,
}

impl Edges {
    const END: u32 = u32::MAX;

    fn new(nodes: usize) -> Self {
        Self { last: vec![Self::END; nodes], list: Vec::new() }
    }

    fn len(&self) -> usize {
        self.last.len()
    }

    fn add_node(&mut self) {
        self.last.push(Self::END);
    }

    fn add(&mut self, to: Node, from: Node, derefs: i8) {
        let before = std::mem::replace(&mut self.last[to as usize], self.list.len() as u32);
        self.list.push((from, derefs, before));
    }

    fn of(&self, to: Node) -> impl Iterator<Item = (Node, i8)> {
        let mut at = self.last[to as usize];
        std::iter::from_fn(move || {
            let &(from, derefs, before) = self.list.get(at as usize)?;
            at = before;
            Some((from, derefs))
        })
    }
}

struct Graph<'a> {
    func: &'a Func,
    module: &'a Module,
    /// First node of the results, values, slots, objects.
    results: Node,
    values: Node,
    slots: Node,
    objects: Node,
    into: Edges,
    def: IndexVec<Value, Option<Inst>>,
    object_of: FxHashMap<Inst, Node>,
    /// What a block parameter may get.
    arguments: FxHashMap<Value, Vec<Value>>,
    candidates: Vec<Candidate>,
    constants: FxHashMap<Value, i64>,
    symbols: FxHashMap<Value, SymbolId>,
    /// Objects that are closures, and their functions (see [`closures`]).
    closures: FxHashMap<Value, closures::Closure>,
    closure_slots: FxHashMap<Slot, FuncId>,
    /// The words of the first parameter's object that are loaded, by offset.
    words: BTreeMap<i32, Node>,
}

/// Looks at a function. `summary` knows its callees.
pub fn analyze<'s>(func: &Func, module: &Module, summary: &dyn Fn(FuncId) -> Option<&'s Summary>) -> Found {
    let cfg = Cfg::new(func);
    let mut g = Graph::new(func, module);
    g.find_objects(&cfg);
    if g.candidates.is_empty() && !func.sig.params.contains(&Ty::Ptr) {
        return Found {
            summary: Summary::nothing(func.sig.params.len(), func.result_area),
            candidates: Vec::new(),
        };
    }
    g.find_closures(&cfg);
    for &b in &cfg.rpo {
        for &i in &func.blocks[b].insts {
            g.inst(i, summary);
        }
    }
    g.find_repeated(&cfg, summary);
    g.solve()
}

impl<'a> Graph<'a> {
    fn new(func: &'a Func, module: &'a Module) -> Self {
        let results = 3;
        let values = results + func.sig.results.len() as Node;
        let slots = values + func.values.len() as Node;
        let objects = slots + func.slots.len() as Node;
        Self {
            func,
            module,
            results,
            values,
            slots,
            objects,
            into: Edges::new(objects as usize),
            def: index_vec::index_vec![None; func.values.len()],
            object_of: FxHashMap::default(),
            arguments: FxHashMap::default(),
            candidates: Vec::new(),
            constants: FxHashMap::default(),
            symbols: FxHashMap::default(),
            closures: FxHashMap::default(),
            closure_slots: FxHashMap::default(),
            words: BTreeMap::new(),
        }
    }

    fn value(&self, v: Value) -> Node {
        self.values + v.raw()
    }

    fn slot(&self, s: Slot) -> Node {
        self.slots + s.raw()
    }

    fn edge(&mut self, to: Node, from: Node, derefs: i8) {
        if to != from || derefs != 0 {
            self.into.add(to, from, derefs);
        }
    }

    /// The local objects that a pointer may point to.
    fn roots(&self, pointer: Value) -> Roots {
        let mut seen = vec![self.value(pointer)];
        let mut objects = Vec::new();
        let mut at = 0;
        while let Some(&node) = seen.get(at) {
            at += 1;
            if seen.len() > MAX_ROOTS {
                return Roots::Unknown;
            }
            let v = Value::from((node - self.values) as usize);
            match self.def[v].map(|i| (i, &self.func.insts[i].op)) {
                Some((_, Op::SlotAddr(s, _))) => objects.push(self.slot(*s)),
                // Stores to globals are stores to the heap; nil is nowhere.
                Some((_, Op::SymAddr(..))) => objects.push(HEAP),
                Some((_, Op::Iconst(_))) => {}
                Some((_, Op::PtrAdd(base, _))) => push_new(&mut seen, self.value(*base)),
                Some((_, Op::Select(_, x, y))) => {
                    push_new(&mut seen, self.value(*x));
                    push_new(&mut seen, self.value(*y));
                }
                Some((i, Op::Call(..))) => match self.object_of.get(&i) {
                    Some(&object) => objects.push(object),
                    None => return Roots::Unknown,
                },
                Some(_) => return Roots::Unknown,
                None if self.is_area(v) => objects.push(AREA),
                // A block parameter; those of the function have no arguments.
                None => match self.arguments.get(&v) {
                    Some(args) => args.iter().for_each(|&a| push_new(&mut seen, self.value(a))),
                    None => return Roots::Unknown,
                },
            }
        }
        Roots::Objects(objects)
    }

    fn is_area(&self, v: Value) -> bool {
        let area = self.func.result_area.and_then(|i| self.func.blocks[ENTRY].params.get(i as usize));
        area == Some(&v)
    }

    /// `*to = from`, after so many dereferences of `from`.
    fn store(&mut self, to: Value, from: Node, derefs: i8) {
        match self.roots(to) {
            Roots::Objects(objects) => objects.into_iter().for_each(|o| self.edge(o, from, derefs)),
            Roots::Unknown => self.edge(HEAP, from, derefs),
        }
    }

    fn inst<'s>(&mut self, i: Inst, summary: &dyn Fn(FuncId) -> Option<&'s Summary>) {
        let func = self.func;
        let data = &func.insts[i];
        let result = data.results.first().map(|&r| self.value(r));
        match &data.op {
            Op::SlotAddr(s, _) => self.flow(result, self.slot(*s), -1),
            Op::SlotLoad(s, _) => self.flow(result, self.slot(*s), 0),
            Op::SlotStore(s, at, v) if self.carries(*v) => {
                self.captured_slot(*s, *at, *v, summary);
                self.edge(self.slot(*s), self.value(*v), 0);
            }
            Op::SlotStore(s, 0, v) => self.closure_slot(*v, *s, summary),
            Op::Load { addr, offset, .. } if data.results.first().is_some_and(|&r| self.carries(r)) => {
                match self.word(*addr, *offset) {
                    Some(word) => self.flow(result, word, 0),
                    None => self.flow(result, self.value(*addr), 1),
                }
                if func.result_area.is_some() {
                    self.flow(result, AREA, 0);
                }
            }
            Op::Store { addr, offset, value, .. } if self.carries(*value) => {
                self.written(*addr);
                self.captured(*addr, *offset, *value, summary);
                self.store(*addr, self.value(*value), 0);
            }
            Op::Store { addr, offset, value, .. } => {
                self.written(*addr);
                if *offset == 0 {
                    self.closure(*value, *addr, summary);
                }
            }
            Op::Zero { dst, .. } => self.written(*dst),
            Op::PtrAdd(base, _) => self.flow(result, self.value(*base), 0),
            Op::Select(_, x, y) if self.carries(*x) => {
                self.flow(result, self.value(*x), 0);
                self.flow(result, self.value(*y), 0);
            }
            Op::Convert(ConvOp::Bitcast, v) => self.flow(result, self.value(*v), 0),
            Op::Binary(BinOp::Add | BinOp::Sub | BinOp::And, x, y) if func.ty(*x) == Ty::I64 => {
                for v in [*x, *y] {
                    if self.def[v]
                        .is_some_and(|d| matches!(func.insts[d].op, Op::Convert(..) | Op::Binary(..)))
                    {
                        self.flow(result, self.value(v), 0);
                    }
                }
            }
            Op::Copy { dst, src, .. } => {
                self.written(*dst);
                self.store(*dst, self.value(*src), 1);
            }
            Op::AtomicLoad(addr) => self.flow(result, self.value(*addr), 1),
            Op::AtomicStore { addr, value, .. } | Op::AtomicRmw { addr, value, .. } => {
                self.written(*addr);
                self.flow(result, self.value(*addr), 1);
                self.published(*value);
            }
            Op::AtomicCas { addr, new, .. } => {
                self.written(*addr);
                self.flow(result, self.value(*addr), 1);
                self.published(*new);
            }
            Op::Call(callee, args) => self.call(i, callee, args, summary),
            Op::Return(values) => {
                for (n, &v) in values.iter().enumerate() {
                    if self.carries(v) {
                        self.edge(self.results + n as Node, self.value(v), 0);
                    }
                }
            }
            op if op.is_terminator() => {
                for t in op.targets() {
                    for (&p, &a) in func.blocks[t.block].params.iter().zip(&t.args) {
                        if func.ty(p) == Ty::Ptr {
                            self.edge(self.value(p), self.value(a), 0);
                        }
                    }
                }
            }
            Op::Iconst(_)
            | Op::Fconst(_)
            | Op::SymAddr(..)
            | Op::SlotStore(..)
            | Op::Binary(..)
            | Op::Unary(..)
            | Op::Icmp(..)
            | Op::Fcmp(..)
            | Op::Convert(..)
            | Op::Select(..)
            | Op::Load { .. }
            | Op::NilCheck(_)
            | Op::BoundsCheck { .. }
            | Op::FramePointer
            | Op::GetG
            | Op::Poll => {}
            // Nothing is known of it.
            #[allow(unreachable_patterns)]
            op => op.for_each_operand(|v| {
                if self.func.ty(v) == Ty::Ptr {
                    self.edge(HEAP, self.value(v), 0);
                }
            }),
        }
    }

    /// There is a write to where the pointer points.
    fn written(&mut self, to: Value) {
        let local = self.def[to].is_some_and(|i| matches!(self.func.insts[i].op, Op::SlotAddr(..)));
        if !local && !self.is_area(to) {
            self.edge(WRITTEN, self.value(to), 0);
        }
    }

    /// Stored for other goroutines to see.
    fn published(&mut self, v: Value) {
        if self.carries(v) {
            self.edge(HEAP, self.value(v), 0);
        }
    }

    /// May the value be a pointer? An integer may, if it was made of one just before.
    fn carries(&self, v: Value) -> bool {
        self.func.ty(v) == Ty::Ptr
    }

    fn flow(&mut self, to: Option<Node>, from: Node, derefs: i8) {
        if let Some(to) = to {
            self.edge(to, from, derefs);
        }
    }

    fn call<'s>(
        &mut self,
        i: Inst,
        callee: &Callee,
        args: &[Value],
        summary: &dyn Fn(FuncId) -> Option<&'s Summary>,
    ) {
        // Calling a closure does not leak it: see `closure`.
        let mut from = 0;
        let known = match callee {
            Callee::Runtime(f) => return self.native(*f, args),
            Callee::Func(f) => summary(*f),
            Callee::Indirect(code, _) => {
                from = usize::from(self.calls_closure(*code, args));
                None
            }
        };
        let pointers: Vec<(usize, Value)> =
            args.iter().copied().enumerate().skip(from).filter(|&(_, a)| self.carries(a)).collect();
        for (n, arg) in pointers {
            let from = self.value(arg);
            let Some(summary) = known else {
                self.edge(HEAP, from, 0);
                continue;
            };
            let Some(leak) = summary.params.get(n) else { continue };
            // What becomes of the words of a closure was said when it was made.
            let by_words = matches!(callee, Callee::Func(f) if n == 0 && self.is_closure_of(arg, *f));
            let own = if by_words { &summary.rest } else { leak };
            if let Some(derefs) = own.heap {
                self.edge(HEAP, from, derefs);
            }
            if let Some(derefs) = own.written {
                self.edge(WRITTEN, from, derefs);
            }
            for &(r, derefs) in &leak.results {
                if let Some(&r) = self.func.insts[i].results.get(r as usize) {
                    self.edge(self.value(r), from, derefs);
                }
            }
            if let (Some(derefs), Some(&area)) = (leak.area, summary.area.and_then(|a| args.get(a as usize)))
            {
                self.store(area, from, derefs);
            }
        }
    }

    fn native(&mut self, f: RuntimeFn, args: &[Value]) {
        if let Some((dst, src)) = copied(f)
            && let (Some(&dst), Some(&src)) = (args.get(dst), args.get(src))
        {
            let descriptor = args.first().and_then(|a| self.symbols.get(a));
            if f == RuntimeFn::MemMove || !descriptor.is_some_and(|&d| is_pointer_free(self.module, d)) {
                self.store(dst, self.value(src), 1);
            }
        }
        for (n, &arg) in args.iter().enumerate() {
            if !self.carries(arg) {
                continue;
            }
            if writes(f, n) {
                self.written(arg);
            }
            if let Fate::Leaks(derefs) = fate(f, n) {
                self.edge(HEAP, self.value(arg), derefs);
            }
        }
    }

    /// The least number of dereferences after which each location flows to the root.
    fn walk(&self, root: Node) -> Vec<i8> {
        let mut best = vec![NONE; self.into.len()];
        best[root as usize] = 0;
        let mut work = vec![root];
        while let Some(n) = work.pop() {
            // What flows into an object flows to the root as well if the object's address does.
            let base = best[n as usize].max(0);
            for (from, derefs) in self.into.of(n) {
                let d = (base + derefs).min(MAX_DEREFS);
                if d < best[from as usize] {
                    best[from as usize] = d;
                    work.push(from);
                }
            }
        }
        best
    }

    fn solve(mut self) -> Found {
        let func = self.func;
        let params = &func.blocks[ENTRY].params;
        let mut summary = Summary::nothing(params.len(), func.result_area);
        let results = (0..func.sig.results.len()).filter(|&r| func.sig.results[r] == Ty::Ptr);
        let sinks: Vec<(Node, Option<u32>)> = results
            .map(|r| (self.results + r as Node, Some(r as u32)))
            .chain(func.result_area.map(|_| (AREA, None)))
            .collect();
        for (sink, result) in sinks {
            let best = self.walk(sink);
            for c in 0..self.candidates.len() as Node {
                if best[(self.objects + c) as usize] == -1 {
                    self.edge(HEAP, self.objects + c, -1);
                }
            }
            let note = |leak: &mut Leak, derefs: i8| match result {
                Some(r) => leak.results.push((r, derefs)),
                None => leak.area = Some(derefs),
            };
            for (n, &p) in params.iter().enumerate().filter(|p| func.ty(*p.1) == Ty::Ptr) {
                let own = best[self.value(p) as usize];
                if n == 0 && own != NONE {
                    note(&mut summary.rest, own.max(0));
                }
                let derefs = self.with_words(&best, n, own);
                if derefs != NONE {
                    note(&mut summary.params[n], derefs.max(0));
                }
            }
            self.note_words(&best, &mut summary, note);
        }
        let written = self.walk(WRITTEN);
        for (c, candidate) in self.candidates.iter_mut().enumerate() {
            candidate.written = written[self.objects as usize + c] == -1;
        }
        let best = self.walk(HEAP);
        for (c, candidate) in self.candidates.iter_mut().enumerate() {
            candidate.escapes |= best[self.objects as usize + c] == -1;
        }
        self.note_words(&written, &mut summary, |leak, derefs| leak.written = Some(derefs));
        self.note_words(&best, &mut summary, |leak, derefs| leak.heap = Some(derefs));
        for (n, &p) in params.iter().enumerate().filter(|p| func.ty(*p.1) == Ty::Ptr) {
            let node = self.values as usize + p.index();
            let leaks = self.with_words(&best, n, best[node]);
            // One that says that it keeps nothing may still write to it.
            let hidden = if func.noescape { leaks } else { NONE };
            let known = |derefs: i8| Some(derefs.max(0)).filter(|&d| d != NONE);
            if n == 0 {
                summary.rest.heap = known(best[node]);
                summary.rest.written = known(written[node]);
            }
            let leak = &mut summary.params[n];
            leak.written = known(self.with_words(&written, n, written[node]).min(hidden));
            // A string that a map keeps as its key does keep the pointer in it: one with a length behind it.
            let kept = !func.noescape || func.sig.params.get(n + 1) == Some(&Ty::I64);
            leak.heap = known(leaks.max(if kept { 0 } else { 1 }));
        }
        Found { summary, candidates: self.candidates }
    }
}

fn push_new(list: &mut Vec<Node>, node: Node) {
    if !list.contains(&node) {
        list.push(node);
    }
}
