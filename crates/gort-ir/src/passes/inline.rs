//! Puts bodies of functions in place of calls to them.
//!
//! Which functions qualify is decided by [`cost`], as gc does it by its budget: small ones, whatever they
//! contain, except what depends on having a frame of its own: `defer`, `recover` and the like, which ask for
//! the frame pointer.
//!
//! # Tracebacks
//! The copied instructions get positions of their own ([`INLINE_POS`]), which say in which inlined call they are;
//! they end up in the line table.
//!
//! # Recover
//! `recover` looks at the frame that called its function, wrappers left out. A function that calls others
//! therefore never goes into a wrapper: it would become invisible, and a function it calls would seem to be the
//! deferred one.

use crate::func::{Block, BlockData, ENTRY, Func, INLINE_POS, InlinedCall, InstData, Slot, Value};
use crate::inst::{Callee, Op, Target};
use crate::module::FuncId;
use crate::passes::cfg::Cfg;
use gort_abi::runtime_fn::RuntimeFn;
use gort_syntax::source::Pos;
use index_vec::IndexVec;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A function of at most this cost goes in place of its calls.
const BUDGET: u32 = 80;
/// In a big caller, and where the call is seldom reached, only functions of this cost do.
const SMALL_BUDGET: u32 = 20;
/// Instructions from which on a caller is big.
const BIG_CALLER: usize = 3000;
/// A function does not grow beyond this many instructions.
const MAX_CALLER: usize = 12_000;
/// What a call costs.
const CALL_COST: u32 = 45;
/// Bytes of slots that an inlined function may bring along.
const MAX_SLOTS: u32 = 512;

/// A body that may go in place of calls.
#[derive(Debug)]
pub struct Body {
    func: Func,
    /// Its reachable blocks in reverse postorder.
    order: Vec<Block>,
    name: Arc<str>,
    cost: u32,
    /// It calls no Go function.
    leaf: bool,
}

impl Body {
    /// The body, if the function, on which the passes have run, qualifies.
    pub fn of(func: &Func) -> Option<Arc<Self>> {
        if func.noinline || func.insts.len() > 40 * BUDGET as usize {
            return None;
        }
        let slots: u32 = func.slots.iter().map(|s| s.size).sum();
        let (cost, leaf) = cost(func)?;
        if slots > MAX_SLOTS || func.name == "runtime.KeepAlive" {
            return None;
        }
        let order = Cfg::new(func).rpo;
        Some(Arc::new(Self { func: compact(func), order, name: func.name.as_str().into(), cost, leaf }))
    }
}

/// What it costs to have the body once more, and whether it calls no Go function. None if it is too much, or
/// the function needs a frame of its own.
fn cost(func: &Func) -> Option<(u32, bool)> {
    let cfg = Cfg::new(func);
    let is_param = |v: &Value| func.blocks[ENTRY].params.contains(v);
    let (mut cost, mut leaf) = (0, true);
    for &b in &cfg.rpo {
        for &i in &func.blocks[b].insts {
            let full = match &func.insts[i].op {
                Op::FramePointer | Op::DeferEnter { .. } => return None,
                Op::Call(Callee::Runtime(RuntimeFn::NewObject), _) => 4,
                Op::Call(Callee::Runtime(_), _) => CALL_COST / 3,
                // Where it is inlined its function may be known, and what it captures need not be in the heap.
                Op::Call(Callee::Indirect(..), args) if args.first().is_some_and(is_param) => {
                    leaf = false;
                    CALL_COST * 2 / 3
                }
                Op::Call(..) => {
                    leaf = false;
                    CALL_COST
                }
                Op::Iconst(_) | Op::Fconst(_) | Op::SymAddr(..) | Op::SlotAddr(..) | Op::Unreachable => 0,
                Op::Jump(_) | Op::Return(_) | Op::Convert(..) | Op::NilCheck(_) | Op::Poll => 0,
                Op::BoundsCheck { .. } | Op::Store { barrier: true, .. } => 2,
                Op::Switch { cases, .. } => 2 + 2 * cases.len() as u32,
                Op::Copy { size, .. } | Op::Zero { dst: _, size } => 1 + size / 32,
                _ => 1,
            };
            cost += if func.blocks[b].cold { full / 8 } else { full };
            if cost > BUDGET {
                return None;
            }
        }
    }
    Some((cost, leaf))
}

/// A copy without unreachable blocks and dead instructions, so that copying it again is cheap.
fn compact(func: &Func) -> Func {
    let mut new = Func { insts: IndexVec::new(), ..func.clone() };
    for data in &mut new.blocks {
        let insts = std::mem::take(&mut data.insts);
        data.insts = insts.into_iter().map(|i| new.insts.push(func.insts[i].clone())).collect();
    }
    new
}

/// Replaces calls in `func` for which `body` has a body; true if there were any.
pub fn run(func: &mut Func, body: impl Fn(FuncId) -> Option<Arc<Body>>) -> bool {
    let mut any = false;
    let mut work: Vec<Block> = func.blocks.indices().collect();
    while let Some(b) = work.pop() {
        if func.insts.len() > MAX_CALLER {
            break;
        }
        let found = func.blocks[b].insts.iter().enumerate().find_map(|(at, &i)| {
            let Op::Call(Callee::Func(f), _) = func.insts[i].op else { return None };
            body(f).filter(|body| fits(func, b, body)).map(|body| (at, body))
        });
        let Some((at, body)) = found else { continue };
        let rest = replace(func, b, at, &body);
        any = true;
        work.push(rest);
    }
    any
}

fn fits(func: &Func, b: Block, body: &Body) -> bool {
    let small = func.insts.len() > BIG_CALLER || func.blocks[b].cold;
    body.cost <= if small { SMALL_BUDGET } else { BUDGET } && (body.leaf || !func.wrapper)
}

/// Positions of a body as they are in the function it is copied to.
struct Positions {
    /// Index of the call itself, and of each call inlined in the body.
    call: u32,
    inner: Vec<u32>,
    known: FxHashMap<Pos, Pos>,
}

impl Positions {
    fn new(func: &mut Func, body: &Body, pos: Pos) -> Self {
        let call = func.inlined.len() as u32;
        let source = &body.func;
        let no_params = source.has_no_params();
        let wrapper = source.wrapper;
        func.inlined.push(InlinedCall {
            name: Arc::clone(&body.name),
            start: source.pos,
            pos,
            wrapper,
            no_params,
        });
        let mut this = Self { call, inner: Vec::new(), known: FxHashMap::default() };
        for inner in &source.inlined {
            let pos = this.map(func, source, inner.pos);
            this.inner.push(func.inlined.len() as u32);
            func.inlined.push(InlinedCall { pos, ..inner.clone() });
        }
        this
    }

    fn map(&mut self, func: &mut Func, body: &Func, pos: Pos) -> Pos {
        let (call, inner) = (self.call, &self.inner);
        *self.known.entry(pos).or_insert_with(|| {
            let (source, within) = body.source_pos(pos);
            // An inlined call comes after the one it is in.
            let call = within.map_or(Some(call), |i| inner.get(i as usize).copied()).unwrap_or(call);
            func.inline_pos.push((source, call));
            Pos(INLINE_POS | (func.inline_pos.len() as u32 - 1))
        })
    }
}

/// Replaces the call at `at` in `b`. Returns the block that holds what followed it; the call's results are
/// its parameters.
fn replace(func: &mut Func, b: Block, at: usize, body: &Body) -> Block {
    let source = &body.func;
    let call = func.blocks[b].insts[at];
    let args = match &func.insts[call].op {
        Op::Call(_, args) => args.clone(),
        _ => Vec::new(),
    };
    let mut positions = Positions::new(func, body, func.insts[call].pos);
    let results = std::mem::take(&mut func.insts[call].results);
    let mut after = func.blocks[b].insts.split_off(at);
    after.remove(0);
    let cold = func.blocks[b].cold;
    let rest = func.blocks.push(BlockData { params: results.into_vec(), insts: after, cold });

    let slots: IndexVec<Slot, Slot> = source.slots.iter().map(|s| func.slots.push(s.clone())).collect();
    let mut values: IndexVec<Value, Option<Value>> = index_vec::index_vec![None; source.values.len()];
    let mut blocks: IndexVec<Block, Block> = index_vec::index_vec![b; source.blocks.len()];
    for (&p, &a) in source.blocks[ENTRY].params.iter().zip(&args) {
        values[p] = Some(a);
    }
    for &from in body.order.iter().filter(|&&from| from != ENTRY) {
        let params = source.blocks[from].params.iter();
        let params = params.map(|&p| copy_value(func, source, &mut values, p)).collect();
        let cold = cold || source.blocks[from].cold;
        blocks[from] = func.blocks.push(BlockData { params, insts: Vec::new(), cold });
    }
    for &from in &body.order {
        for &i in &source.blocks[from].insts {
            let data = &source.insts[i];
            let op = copy_op(&data.op, rest, &values, &blocks, &slots);
            let pos = positions.map(func, source, data.pos);
            let results = data.results.iter().map(|&r| copy_value(func, source, &mut values, r)).collect();
            if !source.boxes.is_empty() {
                let boxes = data.results.iter().filter(|r| source.boxes.contains(r));
                func.boxes.extend(boxes.filter_map(|&r| values[r]));
            }
            let inst = func.insts.push(InstData { op, results, pos });
            func.blocks[blocks[from]].insts.push(inst);
        }
    }
    rest
}

fn copy_op(
    op: &Op,
    rest: Block,
    values: &IndexVec<Value, Option<Value>>,
    blocks: &IndexVec<Block, Block>,
    slots: &IndexVec<Slot, Slot>,
) -> Op {
    let mut op = match op {
        Op::Return(values) => Op::Jump(Target { block: rest, args: values.clone() }),
        op => {
            let mut op = op.clone();
            for t in crate::passes::params::targets_mut(&mut op) {
                t.block = blocks[t.block];
            }
            op
        }
    };
    if let Op::SlotAddr(s, _) | Op::SlotLoad(s, _) | Op::SlotStore(s, _, _) = &mut op {
        *s = slots[*s];
    }
    // In reverse postorder a definition comes before its uses; parameters have been copied before. For `Return` the
    // block is the caller's already.
    op.for_each_operand_mut(|v| *v = values[*v].unwrap_or(*v));
    op
}

fn copy_value(func: &mut Func, body: &Func, values: &mut IndexVec<Value, Option<Value>>, v: Value) -> Value {
    let new = func.values.push(body.values[v]);
    values[v] = Some(new);
    new
}
