//! The graph of locations of one function, and what the walks over it find.
//!
//! Locations are the heap, the results, every value, every slot and every allocated object (its content, as a
//! whole). An edge `to <- from (d)` says that `to` may get what is d dereferences away from `from`; -1 is its
//! address. A store through a pointer is an edge to the objects that it may point to, if all are known; else to
//! the heap.

mod closures;

use super::arrays;
use super::natives::{Fate, copied, fate, writes};
use super::slot_life::SlotLife;
use super::temporary::{GROW, Temporary};
use super::types::{is_pointer_free, shape};
use super::{Leak, MAX_DEREFS, Summary};
use crate::func::{Block, ENTRY, Func, Inst, Slot, Value};
use crate::inst::{BinOp, Callee, ConvOp, IntCond, Op, Ty};
use crate::module::{FuncId, Module};
use crate::passes::cfg::Cfg;
use crate::passes::liveness::Liveness;
use crate::passes::loops::Loops;
use gort_abi::module::SymbolId;
use gort_abi::runtime_fn::RuntimeFn;
use index_vec::IndexVec;
use std::collections::{BTreeMap, HashMap, HashSet};

/// An allocation bigger than this is in the heap.
const MAX_OBJECT: u64 = 64 << 10;
/// So is one with more pointers: each is named in every stack map.
const MAX_POINTERS: usize = 128;
/// Nodes looked at to find out what a pointer points to.
const MAX_ROOTS: usize = 48;

const NONE: i8 = i8::MAX;
type Node = u32;
const HEAP: Node = 0;
const AREA: Node = 1;
/// What is written to: a location from which the memory that writes go to is one dereference away.
const WRITTEN: Node = 2;

/// An object that may be put in a slot.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The call that allocates it.
    pub inst: Inst,
    /// Its block.
    pub block: Block,
    /// Bytes.
    pub size: u64,
    /// Alignment.
    pub align: u32,
    /// Byte offsets of the pointer words.
    pub pointers: Vec<u32>,
    /// It gets away.
    pub escapes: bool,
    /// It may be made again while something alive leads to the last one.
    pub repeated: bool,
    /// Its memory is written to after it was made. Known of temporaries only.
    pub written: bool,
    /// The call makes a string or a slice of bytes or runes.
    pub temporary: Option<Temporary>,
    /// The call makes an array of so many elements as are known when it runs; up to this many are in the slot.
    pub most: Option<i64>,
}

impl Candidate {
    /// May it lie in the frame?
    pub fn fits_frame(&self) -> bool {
        !self.escapes && !self.repeated
    }
}

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
    object_of: HashMap<Inst, Node>,
    /// What a block parameter may get.
    arguments: HashMap<Value, Vec<Value>>,
    candidates: Vec<Candidate>,
    constants: HashMap<Value, i64>,
    symbols: HashMap<Value, SymbolId>,
    /// Objects that are closures, and their functions (see [`closures`]).
    closures: HashMap<Value, closures::Closure>,
    closure_slots: HashMap<Slot, FuncId>,
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
            object_of: HashMap::new(),
            arguments: HashMap::new(),
            candidates: Vec::new(),
            constants: HashMap::new(),
            symbols: HashMap::new(),
            closures: HashMap::new(),
            closure_slots: HashMap::new(),
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

    /// Definitions, constants, and a location for each allocation.
    fn find_objects(&mut self, cfg: &Cfg) {
        let func = self.func;
        for &b in &cfg.rpo {
            for &i in &func.blocks[b].insts {
                let data = &func.insts[i];
                data.results.iter().for_each(|&r| self.def[r] = Some(i));
                for t in data.op.targets() {
                    for (&p, &a) in func.blocks[t.block].params.iter().zip(&t.args) {
                        if func.ty(p) == Ty::Ptr {
                            self.arguments.entry(p).or_default().push(a);
                        }
                    }
                }
                match (&data.op, data.results.as_slice()) {
                    (Op::Iconst(c), &[v]) => {
                        self.constants.insert(v, *c);
                    }
                    (Op::SymAddr(s, 0), &[v]) => {
                        self.symbols.insert(v, *s);
                    }
                    _ => {}
                }
            }
        }
        for &b in &cfg.rpo {
            for &i in &func.blocks[b].insts {
                let data = &func.insts[i];
                let candidate = match &data.op {
                    Op::Call(Callee::Runtime(f), args) => match f {
                        RuntimeFn::NewObject | RuntimeFn::NewArray | RuntimeFn::RawMem => {
                            self.candidate(b, i, *f, args)
                        }
                        _ => continue,
                    },
                    Op::Call(Callee::Func(f), args) => {
                        let grown = || self.elements(cfg, b, i, *f, args);
                        match self.temporary(*f, args).map(|t| Candidate::temporary(b, i, t)).or_else(grown) {
                            Some(candidate) => Some(candidate),
                            None => continue,
                        }
                    }
                    _ => continue,
                };
                let node = self.objects + self.candidates.len() as Node;
                self.into.add_node();
                self.object_of.insert(i, node);
                let fits = candidate.is_some();
                // One with more elements is in the heap, and what is stored in it is there (INV-ESC-1).
                let is_grown = |c: &Candidate| c.temporary == Some(Temporary::Elements);
                if candidate.as_ref().is_some_and(|c| c.most.is_some() || is_grown(c)) {
                    self.edge(HEAP, node, 0);
                }
                if let (Op::Call(_, args), Some(true)) = (&data.op, candidate.as_ref().map(is_grown)) {
                    let old = self.value(args[0]);
                    self.edge(node, old, 1);
                }
                self.candidates.push(candidate.unwrap_or(Candidate {
                    inst: i,
                    block: b,
                    size: 0,
                    align: 8,
                    pointers: Vec::new(),
                    escapes: true,
                    repeated: false,
                    written: false,
                    temporary: None,
                    most: None,
                }));
                if !fits {
                    self.edge(HEAP, node, -1);
                }
                if let Some(&result) = data.results.first() {
                    let to = self.value(result);
                    self.edge(to, node, -1);
                }
            }
        }
    }

    fn candidate(&self, block: Block, inst: Inst, f: RuntimeFn, args: &[Value]) -> Option<Candidate> {
        let constant = |at: usize| self.constants.get(args.get(at)?).copied();
        let mut most = None;
        let (size, align, pointers) = if f == RuntimeFn::RawMem {
            (u64::try_from(constant(0)?).ok()?, 16, Vec::new())
        } else {
            let element = shape(self.module, *self.symbols.get(args.first()?)?)?;
            let count = match constant(1) {
                _ if f == RuntimeFn::NewObject => 1,
                Some(n) => u64::try_from(n).ok()?,
                None if self.is_split(block, *args.get(1)?) => return None,
                None => {
                    let count = arrays::MAX_BYTES.checked_div(element.size)?;
                    most = Some(i64::try_from(count).ok()?);
                    count
                }
            };
            // Of elements without bytes there may be any number.
            let size = element.size.checked_mul(count).filter(|size| (1..=MAX_OBJECT).contains(size))?;
            if element.pointers.len() as u64 * count > MAX_POINTERS as u64 {
                return None;
            }
            let at = |n: u64| element.pointers.iter().map(move |&p| (n as u32, p));
            let pointers = (0..count).flat_map(at).map(|(n, p)| n * element.size as u32 + p).collect();
            (size, element.align, pointers)
        };
        let fits = (1..=MAX_OBJECT).contains(&size) && pointers.len() <= MAX_POINTERS;
        fits.then_some(Candidate {
            inst,
            block,
            size,
            align,
            pointers,
            escapes: false,
            repeated: false,
            written: false,
            temporary: None,
            most,
        })
    }

    /// Was the making of an array of that many elements put behind a test of the number already?
    fn is_split(&self, block: Block, count: Value) -> bool {
        let before = self.func.blocks.iter().filter_map(|b| Some(&self.func.insts[*b.insts.last()?].op));
        before.filter(|op| op.successors().contains(&block)).any(|op| {
            let Op::Branch { cond, .. } = op else { return false };
            let test = self.def[*cond].map(|i| &self.func.insts[i].op);
            matches!(test, Some(Op::Icmp(IntCond::Ule, n, _)) if *n == count)
        })
    }

    /// What a call of `growslice` makes that has no buffer yet.
    fn elements(&self, cfg: &Cfg, block: Block, inst: Inst, f: FuncId, args: &[Value]) -> Option<Candidate> {
        let &[_, _, _, _, element, buffer] = args else { return None };
        let bare = self.constants.get(&buffer) == Some(&0) && cfg.preds[ENTRY].is_empty();
        (bare && self.module.funcs.get(f)?.name == GROW).then_some(())?;
        Candidate::elements(block, inst, &shape(self.module, *self.symbols.get(&element)?)?)
    }

    /// What a call makes to which no buffer is given, if it is one of a conversion.
    fn temporary(&self, f: FuncId, args: &[Value]) -> Option<Temporary> {
        (self.constants.get(args.first()?) == Some(&0)).then_some(())?;
        Temporary::made_by(&self.module.funcs.get(f)?.name)
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

    /// INV-ESC-2: an object whose allocation may be executed again while something alive leads to it is in the
    /// heap.
    fn find_repeated<'s>(&mut self, cfg: &Cfg, summary: &dyn Fn(FuncId) -> Option<&'s Summary>) {
        let loops = Loops::new(self.func, cfg);
        let repeated: Vec<usize> = (0..self.candidates.len())
            .filter(|&c| !self.candidates[c].escapes && in_cycle(cfg, &loops, self.candidates[c].block))
            .filter(|&c| self.candidates[c].temporary != Some(Temporary::Elements))
            .collect();
        if repeated.is_empty() {
            return;
        }
        let mut from: Vec<Vec<(Node, i8)>> = vec![Vec::new(); self.into.len()];
        for to in 0..self.into.len() as Node {
            self.into.of(to).for_each(|(f, derefs)| from[f as usize].push((to, derefs)));
        }
        let area = |f: FuncId| summary(f)?.area;
        let liveness = Liveness::new(self.func, cfg);
        let live: HashMap<Inst, Vec<Value>> = liveness.safepoints.into_iter().collect();
        for c in repeated {
            let candidate = &self.candidates[c];
            let Some(live) = live.get(&candidate.inst) else { continue };
            let object = self.objects + c as Node;
            let holders = holders(&from, object);
            let alive = |n: Node| holders[n as usize];
            let (block, inst) = (candidate.block, candidate.inst);
            let slots = self.func.slots.indices().filter(|&s| alive(self.slot(s))).any(|s| {
                let Some(addresses) = self.addresses(&from, self.slot(s)) else { return true };
                SlotLife::new(self.func, cfg, s, &addresses, &area).is_live_after(block, inst)
            });
            // What a temporary is made from is read while it is made.
            let mut from_itself = false;
            if candidate.temporary.is_some() {
                self.func.insts[inst].op.for_each_operand(|v| from_itself |= alive(self.value(v)));
            }
            if slots || from_itself || live.iter().any(|&v| alive(self.value(v))) {
                self.candidates[c].repeated = true;
                // Nothing goes to the heap with a temporary: it holds no pointers.
                if self.candidates[c].temporary.is_none() {
                    self.candidates[c].escapes = true;
                    self.edge(HEAP, object, -1);
                }
            }
        }
    }

    /// The values that may be addresses in a slot; none if such an address is in memory too.
    fn addresses(&self, from: &[Vec<(Node, i8)>], slot: Node) -> Option<HashSet<Value>> {
        let defers = self.func.defers.iter().flat_map(|d| &d.sites);
        if defers.into_iter().any(|&s| self.slot(s) == slot) {
            return None;
        }
        let mut out = HashSet::new();
        let mut work: Vec<Node> = from[slot as usize].iter().filter(|e| e.1 == -1).map(|e| e.0).collect();
        while let Some(n) = work.pop() {
            if !(self.values..self.slots).contains(&n) {
                return None;
            }
            if out.insert(Value::from((n - self.values) as usize)) {
                work.extend(from[n as usize].iter().filter(|e| e.1 == 0).map(|e| e.0));
            }
        }
        Some(out)
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

/// May the block be executed more than once?
fn in_cycle(cfg: &Cfg, loops: &Loops, b: Block) -> bool {
    // A header that does not dominate a block with an edge to it makes a cycle that `Loops` does not know.
    let irreducible = cfg.headers.iter().any(|&h| cfg.preds[h].iter().all(|&p| !cfg.dominates(h, p)));
    irreducible || loops.innermost[b].is_some()
}

/// Levels below this are all one: the way to the object is that long, or endless.
const FARTHEST: i8 = -8;

/// The locations from which dereferencing leads to an object: its address is at level -1, the address of something
/// that holds it at level -2, and so on. What was loaded from the object (level 0) does not lead back to it.
fn holders(from: &[Vec<(Node, i8)>], object: Node) -> Vec<bool> {
    let mut level = vec![NONE; from.len()];
    level[object as usize] = 0;
    let mut work = vec![object];
    while let Some(n) = work.pop() {
        let base = level[n as usize];
        for &(to, derefs) in &from[n as usize] {
            let new = if base == FARTHEST { FARTHEST } else { (base + derefs).max(FARTHEST) };
            if new <= MAX_DEREFS && new < level[to as usize] {
                level[to as usize] = new;
                work.push(to);
            }
        }
    }
    level.into_iter().map(|l| l < 0).collect()
}
