//! Allocation of small objects in compiled code.
//!
//! The P has for every layout of objects a window {next, end} of free zeroed slots. Taking one is a load, a
//! compare, an add and a store, without any call; only when the window is used up the runtime is asked. Which
//! window serves a type is known when the module is loaded: a relocation.
//!
//! Nothing between the load of `next` and its store is a safepoint, so the window cannot change meanwhile.

use super::{Done, Translator, namespace};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};
use gort_abi::alloc::{MAX_INLINE, WINDOW_END, WINDOW_NEXT, slot_size};
use gort_abi::layout::{GPrefix, p_offset};
use gort_abi::module::{Symbol, SymbolId};
use gort_abi::runtime_fn::RuntimeFn;
use gort_abi::type_desc::offset;
use gort_ir::func::{Func, Inst, Value};
use gort_ir::inst::{Callee, Op};
use gort_ir::module::Module;
use rustc_hash::FxHashMap;
use std::mem::offset_of;

const PARAM: i32 = offset_of!(GPrefix, param) as i32;

/// The slot size of the type that a descriptor describes, if it is allocated inline.
fn inline_slot(module: &Module, symbol: SymbolId) -> Option<usize> {
    let Some(Symbol::Data(d)) = module.symbols.get(symbol.0 as usize) else { return None };
    let size = module.data.get(*d as usize)?.bytes.get(offset::SIZE..)?.first_chunk::<8>()?;
    let size = usize::try_from(u64::from_le_bytes(*size)).ok()?;
    (1..=MAX_INLINE).contains(&size).then(|| slot_size(size))
}

/// The calls of a function that [`Translator::inline_alloc`] will do without a call on the hot way.
pub(crate) fn inline_allocs(func: &Func, module: &Module) -> FxHashMap<Inst, (SymbolId, usize)> {
    let mut types: FxHashMap<Value, SymbolId> = FxHashMap::default();
    for data in &func.insts {
        if let (Op::SymAddr(symbol, 0), [v]) = (&data.op, data.results.as_slice()) {
            types.insert(*v, *symbol);
        }
    }
    let mut out = FxHashMap::default();
    for (i, data) in func.insts.iter_enumerated() {
        if let Op::Call(Callee::Runtime(RuntimeFn::NewObject), args) = &data.op
            && let Some(&symbol) = args.first().and_then(|a| types.get(a))
            && let Some(slot) = inline_slot(module, symbol)
        {
            out.insert(i, (symbol, slot));
        }
    }
    out
}

impl Translator<'_, '_> {
    /// `newobject` of the type described by `symbol`, whose address is `typ`.
    pub(super) fn inline_alloc(&mut self, inst: Inst, symbol: SymbolId, slot: usize, typ: Value) -> Done {
        let table = self.context_load(types::I64, p_offset::ALLOC_WINDOWS);
        let at = self.symbol_value(namespace::WINDOW, symbol, 0, false);
        let window = self.b.ins().iadd(table, at);
        let object = self.b.ins().load(types::I64, Self::trusted(), window, WINDOW_NEXT);
        let end = self.b.ins().load(types::I64, Self::trusted(), window, WINDOW_END);
        let empty = self.b.ins().icmp(IntCC::Equal, object, end);
        let (fast, slow, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let result = self.b.append_block_param(done, types::I64);
        self.b.ins().brif(empty, slow, &[], fast, &[]);
        self.b.set_cold_block(slow);
        self.b.switch_to_block(slow);
        self.keep_lazy(inst)?;
        let typ = self.value(typ)?;
        let callee = self.import_runtime(RuntimeFn::NewObjectSlow);
        let call = self.b.ins().call(callee, &[typ]);
        self.map_roots(inst, call);
        let g = self.context_load(types::I64, p_offset::G);
        let allocated = self.b.ins().load(types::I64, Self::trusted(), g, PARAM);
        let nil = self.b.ins().iconst(types::I64, 0);
        self.b.ins().store(Self::trusted(), nil, g, PARAM);
        self.b.ins().jump(done, &[allocated.into()]);
        self.b.switch_to_block(fast);
        let next = self.b.ins().iadd_imm_s(object, slot as i64);
        self.b.ins().store(Self::trusted(), next, window, WINDOW_NEXT);
        self.b.ins().jump(done, &[object.into()]);
        self.b.switch_to_block(done);
        self.define_results(inst, &[result])
    }
}
