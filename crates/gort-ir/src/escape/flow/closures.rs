//! Closures, one captured variable at a time.
//!
//! If a code address is stored at the start of an object, that is a closure: whoever has it may call it, so what its
//! function does with the closure is done. The function's [`Summary`] says it for each word of the closure that is
//! loaded by itself, and for all others together; what is captured beside a pointer that leaks does not leak.
//!
//! A closure that is used for nothing but calls of its function here, known as such, is not called by anyone else: those
//! calls say what they do with it.
//!
//! Only for closures of which this function stores every word itself, as it does for all that it makes: others are
//! looked at as a whole.

use super::{Graph, HEAP, NONE, Node, WRITTEN};
use crate::escape::{Leak, Summary};
use crate::func::{ENTRY, Slot, Value};
use crate::inst::{Callee, ConvOp, Op, Ty};
use crate::module::FuncId;
use crate::passes::cfg::Cfg;
use gort_abi::module::Symbol;
use rustc_hash::FxHashMap;

/// What knows the functions that are called.
type Summaries<'s, 'f> = &'f dyn Fn(FuncId) -> Option<&'s Summary>;

/// A closure that is made here.
#[derive(Clone, Copy)]
pub(super) struct Closure {
    f: FuncId,
    /// It is used here only, and only to call the function.
    own: bool,
    /// It is called here.
    called: bool,
}

impl Closure {
    fn new(f: FuncId) -> Self {
        Self { f, own: true, called: false }
    }
}

/// What becomes of a closure as a whole; `by_words`: its words are looked at one by one.
fn whole(summary: Option<&Summary>, by_words: bool) -> Leak {
    let leak = match summary {
        Some(s) if by_words => Some(&s.rest),
        Some(s) => s.params.first(),
        None => None,
    };
    leak.cloned().unwrap_or(Leak { heap: Some(0), written: Some(0), ..Leak::default() })
}

impl Graph<'_> {
    /// The closures of which each word is stored by itself.
    pub(super) fn find_closures(&mut self, cfg: &Cfg) {
        let func = self.func;
        let all = || cfg.rpo.iter().flat_map(|&b| &func.blocks[b].insts).map(|&i| &func.insts[i].op);
        let (mut found, mut in_slots) = (FxHashMap::default(), FxHashMap::default());
        for op in all() {
            match op {
                Op::Store { addr, offset: 0, value, .. }
                    if self.def[*addr].is_some_and(|i| self.object_of.contains_key(&i)) =>
                {
                    if let Some(f) = self.code(*value) {
                        found.entry(*addr).and_modify(|other| *other = None).or_insert(Some(f));
                    }
                }
                Op::SlotStore(s, 0, value) => {
                    if let Some(f) = self.code(*value) {
                        in_slots.entry(*s).and_modify(|other| *other = None).or_insert(Some(f));
                    }
                }
                _ => {}
            }
        }
        if found.is_empty() && in_slots.is_empty() {
            return;
        }
        for op in all() {
            let others: &[Value] = match op {
                Op::PtrAdd(v, _) | Op::Copy { dst: v, .. } => std::slice::from_ref(v),
                Op::Call(Callee::Runtime(_), args) => args,
                Op::Store { addr, .. } => {
                    self.slot_at(*addr).map(|s| in_slots.remove(&s));
                    &[]
                }
                Op::SlotAddr(s, 1..) => {
                    in_slots.remove(s);
                    &[]
                }
                _ => &[],
            };
            for v in others {
                found.remove(v);
                self.slot_at(*v).map(|s| in_slots.remove(&s));
            }
        }
        self.closures = found.into_iter().filter_map(|(v, f)| Some((v, Closure::new(f?)))).collect();
        self.closure_slots = in_slots.into_iter().filter_map(|(s, f)| Some((s, f?))).collect();
        self.find_own(cfg);
    }

    fn slot_at(&self, addr: Value) -> Option<Slot> {
        match self.func.insts[self.def[addr]?].op {
            Op::SlotAddr(s, _) => Some(s),
            _ => None,
        }
    }

    /// Which of the closures are used for nothing but calls of their functions.
    fn find_own(&mut self, cfg: &Cfg) {
        let func = self.func;
        for op in cfg.rpo.iter().flat_map(|&b| &func.blocks[b].insts).map(|&i| &func.insts[i].op) {
            let skipped = match op {
                Op::Load { addr, .. } | Op::Store { addr, .. } => Some(*addr),
                Op::Call(Callee::Func(f), args) => {
                    args.first().copied().filter(|&a| self.is_closure_of(a, *f))
                }
                _ => None,
            };
            if let (Op::Call(..), Some(closure)) = (op, skipped.and_then(|v| self.closures.get_mut(&v))) {
                closure.called = true;
            }
            let mut times = usize::from(skipped.is_some());
            op.for_each_operand(|v| {
                let skip = Some(v) == skipped && times > 0;
                times -= usize::from(skip);
                if !skip && let Some(closure) = self.closures.get_mut(&v) {
                    closure.own = false;
                }
            });
        }
    }

    /// The function whose code address the value is.
    fn code(&self, v: Value) -> Option<FuncId> {
        let Op::Convert(ConvOp::Bitcast, p) = self.func.insts[self.def[v]?].op else { return None };
        match self.module.symbols.get(self.symbols.get(&p)?.0 as usize)? {
            Symbol::Func(f) => Some(FuncId::from(*f as usize)),
            _ => None,
        }
    }

    /// The value is stored at the start of the object at `addr`.
    pub(super) fn closure(&mut self, code: Value, addr: Value, summary: Summaries) {
        let Some(f) = self.code(code) else { return };
        let known = self.closures.get(&addr);
        if !known.is_some_and(|c| c.own) {
            let leak = whole(summary(f), known.is_some());
            self.called_by_anyone(self.value(addr), 0, &leak);
        }
    }

    /// The value is stored at the start of a slot.
    pub(super) fn closure_slot(&mut self, code: Value, slot: Slot, summary: Summaries) {
        let Some(f) = self.code(code) else { return };
        let leak = whole(summary(f), self.closure_slots.contains_key(&slot));
        self.called_by_anyone(self.slot(slot), 1, &leak);
    }

    /// A word of an object is stored: what the function does with it, if that is a closure.
    pub(super) fn captured(&mut self, closure: Value, offset: i32, value: Value, summary: Summaries) {
        match self.closures.get(&closure) {
            Some(&Closure { f, own: false, .. }) => self.captured_by(f, offset, value, true, summary),
            // Its calls say what becomes of the results.
            Some(&Closure { f, called: true, .. }) => self.captured_by(f, offset, value, false, summary),
            _ => {}
        }
    }

    /// The same of a slot.
    pub(super) fn captured_slot(&mut self, slot: Slot, offset: u32, value: Value, summary: Summaries) {
        if let (Some(&f), Ok(offset)) = (self.closure_slots.get(&slot), i32::try_from(offset)) {
            self.captured_by(f, offset, value, true, summary);
        }
    }

    fn captured_by(&mut self, f: FuncId, offset: i32, value: Value, results: bool, summary: Summaries) {
        let node = self.value(value);
        let Some(summary) = summary(f) else { return };
        for (_, leak) in summary.words.iter().filter(|(at, _)| *at == offset) {
            if results {
                self.called_by_anyone(node, 0, leak);
            } else {
                let leak = Leak { results: Vec::new(), area: None, ..leak.clone() };
                self.called_by_anyone(node, 0, &leak);
            }
        }
    }

    /// What leaks to results of a call that may be anywhere leaks. `content`: 1 if `node` is an object, 0 if its
    /// address.
    fn called_by_anyone(&mut self, node: Node, content: i8, leak: &Leak) {
        let least = leak.heap.into_iter().chain(leak.results.iter().map(|r| r.1)).chain(leak.area).min();
        if let Some(derefs) = least {
            self.edge(HEAP, node, derefs - content);
        }
        if let Some(derefs) = leak.written {
            self.edge(WRITTEN, node, derefs - content);
        }
    }

    /// The location of a word of the first parameter's object, if the address is that parameter.
    pub(super) fn word(&mut self, addr: Value, offset: i32) -> Option<Node> {
        if self.func.blocks[ENTRY].params.first() != Some(&addr) || self.is_area(addr) {
            return None;
        }
        let next = self.into.len() as Node;
        let node = *self.words.entry(offset).or_insert(next);
        if node == next {
            self.into.add_node();
        }
        Some(node)
    }

    /// What became of the words, by a walk from one root.
    pub(super) fn note_words(&self, best: &[i8], summary: &mut Summary, note: impl Fn(&mut Leak, i8)) {
        for (&offset, &node) in &self.words {
            let derefs = best[node as usize];
            if derefs == NONE {
                continue;
            }
            let at = match summary.words.iter().position(|w| w.0 == offset) {
                Some(at) => at,
                None => {
                    summary.words.push((offset, Leak::default()));
                    summary.words.len() - 1
                }
            };
            note(&mut summary.words[at].1, derefs.max(0));
        }
    }

    /// The least number of dereferences of the first parameter, its words included.
    pub(super) fn with_words(&self, best: &[i8], n: usize, own: i8) -> i8 {
        if n != 0 {
            return own;
        }
        let words = self.words.values().map(|&w| best[w as usize]).filter(|&d| d != NONE);
        words.map(|d| (d.max(0) + 1).min(super::MAX_DEREFS)).chain([own]).min().unwrap_or(own)
    }

    /// Is the code that is called that of the closure which is the first argument?
    pub(super) fn calls_closure(&self, code: Value, args: &[Value]) -> bool {
        let op = self.def[code].map(|i| &self.func.insts[i].op);
        match op {
            Some(Op::Load { addr, offset: 0, .. }) => args.first() == Some(addr),
            _ => false,
        }
    }

    /// Is the argument a closure whose words were looked at when it was made?
    pub(super) fn is_closure_of(&self, arg: Value, f: FuncId) -> bool {
        self.func.ty(arg) == Ty::Ptr && self.closures.get(&arg).is_some_and(|c| c.f == f)
    }
}
