//! Numbers the values of a function: equal numbers, equal values. Only what is computed without memory is looked into.
//!
//! An equal value need not be known at the place where the other is.

use crate::func::{Func, Slot, Value};
use crate::inst::{BinOp, ConvOp, Op, Ty};
use crate::passes::cfg::Cfg;
use gort_abi::module::SymbolId;
use index_vec::IndexVec;
use rustc_hash::FxHashMap;

/// For each value the first that is equal to it.
pub fn run(func: &Func, cfg: &Cfg) -> IndexVec<Value, Value> {
    #[derive(PartialEq, Eq, Hash)]
    enum Key {
        Iconst(i64),
        SymAddr(SymbolId, i64),
        SlotAddr(Slot, u32),
        Binary(BinOp, Value, Value),
        Convert(ConvOp, Value),
        PtrAdd(Value, Value),
    }
    let mut number: IndexVec<Value, Value> = func.values.indices().collect();
    let mut first: FxHashMap<(Key, Ty), Value> = FxHashMap::default();
    for &b in &cfg.rpo {
        for &i in &func.blocks[b].insts {
            let data = &func.insts[i];
            let [result] = data.results.as_slice() else { continue };
            let n = |v: &Value| number[*v];
            let key = match &data.op {
                Op::Iconst(c) => Key::Iconst(*c),
                Op::SymAddr(s, o) => Key::SymAddr(*s, *o),
                Op::SlotAddr(s, o) => Key::SlotAddr(*s, *o),
                Op::Binary(op, x, y) => Key::Binary(*op, n(x), n(y)),
                Op::Convert(op, x) => Key::Convert(*op, n(x)),
                Op::PtrAdd(x, y) => Key::PtrAdd(n(x), n(y)),
                _ => continue,
            };
            number[*result] = *first.entry((key, func.ty(*result))).or_insert(*result);
        }
    }
    number
}
