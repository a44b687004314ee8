//! Removes nil checks and bounds checks that an earlier one on every way makes needless.
//!
//! One walk over the dominator tree with a scoped set of facts. A fact holds in the block that establishes
//! it, from there on, and in all blocks it dominates. Facts come from checks that passed and from branches;
//! that a loop counter never is negative comes from [`counters`]. Facts are about numbers, not about
//! SSA values: two values computed in the same way from the same operands are one, see [`crate::passes::numbering`].

use crate::func::{Block, Func, Inst, Value};
use crate::inst::{BinOp, BoundsKind, Callee, ConvOp, IntCond, Op, Ty};
use crate::passes::cfg::Cfg;
use crate::passes::numbering;
use gort_abi::runtime_fn::RuntimeFn;
use index_vec::IndexVec;
use rustc_hash::{FxHashMap, FxHashSet};

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Fact {
    NotNil(Value),
    /// index < len
    Below(Value, Value),
    /// index <= len
    Within(Value, Value),
    /// Signed a < b
    Less(Value, Value),
    /// Signed a <= b
    LessEqual(Value, Value),
    /// Signed 0 <= a
    NotNegative(Value),
}

/// Runs the pass.
pub fn run(func: &mut Func) {
    let cfg = Cfg::new(func);
    let defs = Defs::new(func, &cfg);
    let known = Known { not_negative: counters(func, &cfg, &defs), defs, nil_tests: nil_tests(func) };
    let mut children: IndexVec<Block, Vec<Block>> = index_vec::index_vec![Vec::new(); func.blocks.len()];
    for &b in &cfg.rpo {
        if let Some(parent) = cfg.idom(b) {
            children[parent].push(b);
        }
    }
    let Some(&root) = cfg.rpo.first() else { return };
    let mut facts = Facts::new(numbering::run(func, &cfg));
    // Each entry: a block to enter, or the length to cut the trail back to.
    let mut stack = vec![Ok(root)];
    while let Some(step) = stack.pop() {
        let b = match step {
            Ok(b) => b,
            Err(len) => {
                facts.cut(len);
                continue;
            }
        };
        stack.push(Err(facts.trail.len()));
        edge_facts(func, &cfg, &known, b, &mut facts);
        block(func, b, &known, &mut facts);
        stack.extend(children[b].iter().map(|&c| Ok(c)));
    }
}

struct Facts {
    /// For each value the first that is equal to it.
    number: IndexVec<Value, Value>,
    set: FxHashSet<Fact>,
    /// The greatest that a number can be, taken as unsigned.
    limits: FxHashMap<Value, u64>,
    trail: Vec<Learnt>,
}

/// What is forgotten when a block is left.
enum Learnt {
    Fact(Fact),
    /// A limit, and the one before.
    Limit(Value, Option<u64>),
}

impl Facts {
    fn new(number: IndexVec<Value, Value>) -> Self {
        Self { number, set: FxHashSet::default(), limits: FxHashMap::default(), trail: Vec::new() }
    }

    fn of_numbers(&self, fact: Fact) -> Fact {
        let n = |v: Value| self.number[v];
        match fact {
            Fact::NotNil(a) => Fact::NotNil(n(a)),
            Fact::Below(a, b) => Fact::Below(n(a), n(b)),
            Fact::Within(a, b) => Fact::Within(n(a), n(b)),
            Fact::Less(a, b) => Fact::Less(n(a), n(b)),
            Fact::LessEqual(a, b) => Fact::LessEqual(n(a), n(b)),
            Fact::NotNegative(a) => Fact::NotNegative(n(a)),
        }
    }

    fn has(&self, fact: Fact) -> bool {
        self.set.contains(&self.of_numbers(fact))
    }

    fn add(&mut self, fact: Fact) {
        let fact = self.of_numbers(fact);
        if self.set.insert(fact) {
            self.trail.push(Learnt::Fact(fact));
        }
    }

    fn limit(&self, v: Value) -> Option<u64> {
        self.limits.get(&self.number[v]).copied()
    }

    fn add_limit(&mut self, v: Value, most: u64) {
        let before = self.limit(v);
        if before.is_none_or(|before| most < before) {
            let v = self.number[v];
            self.limits.insert(v, most);
            self.trail.push(Learnt::Limit(v, before));
        }
    }

    fn cut(&mut self, len: usize) {
        // Backwards: a number may have got several limits.
        for learnt in self.trail.drain(len..).rev() {
            match learnt {
                Learnt::Fact(fact) => {
                    self.set.remove(&fact);
                }
                Learnt::Limit(v, Some(before)) => {
                    self.limits.insert(v, before);
                }
                Learnt::Limit(v, None) => {
                    self.limits.remove(&v);
                }
            }
        }
    }
}

/// Comparisons of a pointer with nil: result -> (pointer, true if it says "not nil").
fn nil_tests(func: &Func) -> FxHashMap<Value, (Value, bool)> {
    let mut zeros = FxHashSet::default();
    for data in &func.insts {
        if let (Op::Iconst(0), [v]) = (&data.op, data.results.as_slice()) {
            zeros.insert(*v);
        }
    }
    let mut tests = FxHashMap::default();
    for data in &func.insts {
        let (&Op::Icmp(cond, a, b), [result]) = (&data.op, data.results.as_slice()) else { continue };
        let pointer = match (zeros.contains(&a), zeros.contains(&b)) {
            (false, true) => a,
            (true, false) => b,
            _ => continue,
        };
        if func.ty(pointer) == Ty::Ptr && matches!(cond, IntCond::Eq | IntCond::Ne) {
            tests.insert(*result, (pointer, cond == IntCond::Ne));
        }
    }
    tests
}

/// Where values come from.
struct Defs {
    op: FxHashMap<Value, Inst>,
    param: FxHashMap<Value, (Block, usize)>,
}

impl Defs {
    fn new(func: &Func, cfg: &Cfg) -> Self {
        let mut defs = Self { op: FxHashMap::default(), param: FxHashMap::default() };
        for &b in &cfg.rpo {
            for (i, &p) in func.blocks[b].params.iter().enumerate() {
                defs.param.insert(p, (b, i));
            }
            for &i in &func.blocks[b].insts {
                defs.op.extend(func.insts[i].results.iter().map(|&r| (r, i)));
            }
        }
        defs
    }

    fn op<'f>(&self, func: &'f Func, v: Value) -> Option<&'f Op> {
        self.op.get(&v).map(|&i| &func.insts[i].op)
    }

    fn constant(&self, func: &Func, v: Value) -> Option<i64> {
        match self.op(func, v) {
            Some(Op::Iconst(c)) => Some(*c),
            _ => None,
        }
    }
}

/// Facts that hold wherever the value is defined.
struct Known {
    not_negative: FxHashSet<Value>,
    defs: Defs,
    nil_tests: FxHashMap<Value, (Value, bool)>,
}

impl Known {
    fn not_negative(&self, func: &Func, facts: &Facts, v: Value) -> bool {
        if self.not_negative.contains(&v) || facts.has(Fact::NotNegative(v)) {
            return true;
        }
        match self.defs.op(func, v) {
            Some(Op::Iconst(c)) => *c >= 0,
            Some(Op::Convert(ConvOp::Zext, _)) => true,
            Some(Op::Binary(BinOp::And, a, b)) => {
                [a, b].iter().any(|&&x| self.defs.constant(func, x).is_some_and(|c| c >= 0))
            }
            Some(Op::Binary(BinOp::Ushr, _, b)) => self.defs.constant(func, *b).is_some_and(|c| c > 0),
            _ => false,
        }
    }
}

/// So many operations deep is looked for what bounds a number.
const MAX_DEPTH: u32 = 4;

/// The greatest unsigned number of a type.
const fn greatest(ty: Ty) -> u64 {
    u64::MAX >> (64 - 8 * ty.size())
}

impl Known {
    /// The greatest number that the integer can be, taken as unsigned.
    fn most(&self, func: &Func, facts: &Facts, v: Value, depth: u32) -> Option<u64> {
        [facts.limit(v), self.most_by_def(func, facts, v, depth)].into_iter().flatten().min()
    }

    /// The same, by how it is made.
    fn most_by_def(&self, func: &Func, facts: &Facts, v: Value, depth: u32) -> Option<u64> {
        let of = |v: Value| {
            self.most(func, facts, v, depth.checked_sub(1)?).or_else(|| Some(greatest(func.ty(v))))
        };
        let constant = |v: Value| self.defs.constant(func, v).and_then(|c| u64::try_from(c).ok());
        match *self.defs.op(func, v)? {
            Op::Iconst(c) => u64::try_from(c).ok(),
            Op::Convert(ConvOp::Zext, x) => of(x),
            Op::Binary(BinOp::And, x, y) => [constant(x), constant(y)].into_iter().flatten().min(),
            Op::Binary(BinOp::Urem, _, y) => constant(y)?.checked_sub(1),
            Op::Binary(BinOp::Udiv, x, y) => of(x)?.checked_div(constant(y)?),
            Op::Binary(BinOp::Ushr, x, y) => {
                let by = constant(y).filter(|&by| by < u64::from(8 * func.ty(v).size()))?;
                Some(of(x)? >> by)
            }
            Op::Binary(BinOp::Add, x, y) => {
                let sum = of(x)?.checked_add(of(y)?)?;
                (sum <= greatest(func.ty(v))).then_some(sum)
            }
            _ => None,
        }
    }
}

/// Loop parameters that count up from a constant that is not negative: each way back adds one, behind the loop's own test that the counter is less than something, so it cannot overflow.
fn counters(func: &Func, cfg: &Cfg, defs: &Defs) -> FxHashSet<Value> {
    let mut out = FxHashSet::default();
    for &h in &cfg.headers {
        let Some(Op::Branch { cond, then, els }) = func.terminator(h) else { continue };
        // The counter, and where it is less than something.
        let (p, inside) = match defs.op(func, *cond) {
            Some(Op::Icmp(IntCond::Slt, p, _) | Op::Icmp(IntCond::Sgt, _, p)) => (p, then.block),
            Some(Op::Icmp(IntCond::Sge, p, _) | Op::Icmp(IntCond::Sle, _, p)) => (p, els.block),
            _ => continue,
        };
        let Some(&(b, i)) = defs.param.get(p) else { continue };
        if b != h || then.block == els.block || cfg.preds(inside).len() != 1 {
            continue;
        }
        let counts_up = |arg: Value, pred: Block| match defs.op(func, arg) {
            Some(Op::Iconst(c)) => *c >= 0,
            // Below something, so not MAX: one more does not overflow.
            Some(Op::Binary(BinOp::Add, x, step)) => {
                x == p && defs.constant(func, *step) == Some(1) && cfg.dominates(inside, pred)
            }
            _ => false,
        };
        let all = cfg.preds(h).iter().all(|&pred| {
            let targets = func.terminator(pred).map(Op::targets).unwrap_or_default();
            targets
                .iter()
                .filter(|t| t.block == h)
                .all(|t| t.args.get(i).is_some_and(|&a| counts_up(a, pred)))
        });
        if all {
            out.insert(*p);
        }
    }
    out
}

/// What the branch says that is the only way into the block.
fn edge_facts(func: &Func, cfg: &Cfg, known: &Known, b: Block, facts: &mut Facts) {
    let [pred] = cfg.preds(b) else { return };
    let Some(Op::Branch { cond, then, els }) = func.terminator(*pred) else { return };
    if then.block == els.block {
        return;
    }
    let taken = then.block == b;
    if let Some(&(pointer, not_nil)) = known.nil_tests.get(cond)
        && taken == not_nil
    {
        facts.add(Fact::NotNil(pointer));
    }
    if let Some(&Op::Icmp(cc, x, y)) = known.defs.op(func, *cond) {
        if func.ty(x) != Ty::Ptr {
            limits(func, known, (cc, taken), x, y, facts);
        }
        let fact = match (cc, taken) {
            (IntCond::Slt, true) | (IntCond::Sge, false) => Fact::Less(x, y),
            (IntCond::Sgt, true) | (IntCond::Sle, false) => Fact::Less(y, x),
            (IntCond::Sle, true) | (IntCond::Sgt, false) => Fact::LessEqual(x, y),
            (IntCond::Sge, true) | (IntCond::Slt, false) => Fact::LessEqual(y, x),
            (IntCond::Ult, true) | (IntCond::Uge, false) => Fact::Below(x, y),
            (IntCond::Ule, true) | (IntCond::Ugt, false) => Fact::Within(x, y),
            _ => return,
        };
        facts.add(fact);
    }
}

/// What a comparison with a constant says of the other number.
fn limits(func: &Func, known: &Known, (cc, taken): (IntCond, bool), x: Value, y: Value, facts: &mut Facts) {
    let cc = if taken { cc } else { cc.inverse() };
    let (v, cc, c) = match (known.defs.constant(func, x), known.defs.constant(func, y)) {
        (None, Some(c)) => (x, cc, c),
        (Some(c), None) => (y, cc.swapped(), c),
        _ => return,
    };
    // The constant as it is in the type of the numbers.
    let unused = 64 - 8 * func.ty(v).size();
    let (unsigned, c) = ((c as u64) << unused >> unused, c << unused >> unused);
    let most = match cc {
        IntCond::Eq | IntCond::Ule => Some(unsigned),
        IntCond::Ult => unsigned.checked_sub(1),
        IntCond::Sle if c >= 0 && known.not_negative(func, facts, v) => Some(c as u64),
        IntCond::Slt if c > 0 && known.not_negative(func, facts, v) => Some(c as u64 - 1),
        _ => None,
    };
    if let Some(most) = most {
        facts.add_limit(v, most);
    }
    if matches!((cc, c), (IntCond::Sge, 0..) | (IntCond::Sgt, -1..)) {
        facts.add(Fact::NotNegative(v));
    }
}

fn block(func: &mut Func, b: Block, known: &Known, facts: &mut Facts) {
    let insts = std::mem::take(&mut func.blocks[b].insts);
    let kept: Vec<Inst> = insts.into_iter().filter(|&i| !is_needless(func, i, known, facts)).collect();
    func.blocks[b].insts = kept;
}

fn in_bounds(func: &Func, known: &Known, facts: &Facts, kind: BoundsKind, index: Value, len: Value) -> bool {
    let constants = (known.defs.constant(func, index), known.defs.constant(func, len));
    if let (Some(index), Some(len)) = constants {
        return 0 <= index && (index < len || (index == len && kind != BoundsKind::Index));
    }
    if let (Some(most), Some(len)) = (known.most(func, facts, index, MAX_DEPTH), constants.1)
        && let Ok(len) = u64::try_from(len)
        && (most < len || most == len && kind != BoundsKind::Index)
    {
        return true;
    }
    // For a signed comparison to say enough, the index must not be negative; the length never is.
    let not_negative = || known.not_negative(func, facts, index);
    if facts.has(Fact::Below(index, len)) || (facts.has(Fact::Less(index, len)) && not_negative()) {
        return true;
    }
    kind != BoundsKind::Index
        && (index == len
            || constants.0 == Some(0)
            || facts.has(Fact::Within(index, len))
            || (facts.has(Fact::LessEqual(index, len)) && not_negative()))
}

/// Updates the facts by the instruction; true if it is a check without need.
fn is_needless(func: &mut Func, inst: Inst, known: &Known, facts: &mut Facts) -> bool {
    if let Op::BoundsCheck { kind, index, len, .. } = func.insts[inst].op {
        if in_bounds(func, known, facts, kind, index, len) {
            return true;
        }
        let fact = if kind == BoundsKind::Index { Fact::Below } else { Fact::Within };
        facts.add(fact(index, len));
        return false;
    }
    let data = &mut func.insts[inst];
    let result = data.results.first().copied();
    match &mut data.op {
        Op::SymAddr(..) | Op::SlotAddr(..) => facts.add_not_nil(result),
        Op::Call(Callee::Runtime(RuntimeFn::NewObject | RuntimeFn::NewArray), _) => facts.add_not_nil(result),
        Op::PtrAdd(base, _) if facts.has(Fact::NotNil(*base)) => facts.add_not_nil(result),
        Op::Load { addr, nil_check, .. } | Op::Store { addr, nil_check, .. } => {
            if facts.has(Fact::NotNil(*addr)) {
                *nil_check = false;
            } else if *nil_check {
                facts.add(Fact::NotNil(*addr));
            }
        }
        Op::NilCheck(addr) => {
            if facts.has(Fact::NotNil(*addr)) {
                return true;
            }
            facts.add(Fact::NotNil(*addr));
        }
        _ => {}
    }
    false
}

impl Facts {
    fn add_not_nil(&mut self, v: Option<Value>) {
        if let Some(v) = v {
            self.add(Fact::NotNil(v));
        }
    }
}
