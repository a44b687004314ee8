//! Writes CLIF for one function.
//!
//! One CLIF block per reachable IR block, in reverse postorder, plus cold blocks for the slow ways of checks,
//! polls and write barriers. IR values become CLIF values one to one; a pointer is an I64.

mod alloc;
mod arith;
mod call;
mod check;
mod control;
mod convert;
mod memory;
mod reload;
mod switch;
mod typed;

use crate::abi::{clif_type, go_signature, runtime_signature};
use crate::clobbers::Clobbers;
use crate::error::Error;
use crate::roots::Roots;
use crate::slot_life::{POISON, SlotLife};
use crate::whole_words::WholeWords;
use cranelift_codegen::ir::{
    self, ExtFuncData, ExternalName, FuncRef, Function, GlobalValue, GlobalValueData, InstBuilder,
    MemFlagsData, SigRef, Signature, SourceLoc, StackSlot, StackSlotData, StackSlotKind, TrapCode,
    UserExternalName, UserFuncName, UserStackMapEntry, types,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use gort_abi::layout::p_offset;
use gort_abi::module::SymbolId;
use gort_abi::runtime_fn::RuntimeFn;
use gort_ir::func::{Block, ENTRY, Func, INLINE_POS, Inst, Slot, Value};
use gort_ir::inst::{IntCond, Op, Sig, Ty};
use gort_ir::module::{FuncId, Module};
use gort_ir::passes::cfg::Cfg;
use gort_ir::passes::loops::Loops;
use index_vec::IndexVec;
use rustc_hash::FxHashMap;

/// A load or store through nil.
pub(crate) const TRAP_NIL: TrapCode = TrapCode::unwrap_user(1);
/// Not reached.
pub(crate) const TRAP_UNREACHABLE: TrapCode = TrapCode::unwrap_user(2);

/// Namespaces of symbol numbers: what is asked about the symbol.
pub(crate) mod namespace {
    /// Its address.
    pub const ADDRESS: u32 = 0;
    /// The offset of the allocation window of the type it describes.
    pub const WINDOW: u32 = 1;
}

/// What [`crate::finish`] must know besides the compiled code.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Slots of open defers: the bits, then each closure.
    pub open_defers: Vec<StackSlot>,
    /// Words of slots that hold pointers: (slot, byte offset).
    pub base: Vec<(StackSlot, u32)>,
    /// Calls Go functions (other than to panic), so it needs an entry stub.
    pub calls: bool,
    /// Has a landing block.
    pub defers: bool,
    /// Makes a child that shares its stack.
    pub forks: bool,
}

/// Numbers of the symbols behind the module's own: one per runtime function.
pub(crate) fn runtime_symbol(module: &Module, f: RuntimeFn) -> SymbolId {
    SymbolId(module.symbols.len() as u32 + f as u32)
}

pub(crate) struct Translator<'a, 'b> {
    func: &'a Func,
    module: &'a Module,
    cfg: &'a Cfg,
    loops: &'a Loops,
    roots: &'a Roots,
    clobbers: &'a Clobbers,
    known: reload::Known,
    slot_life: &'a SlotLife,
    whole_words: &'a WholeWords,
    b: FunctionBuilder<'b>,
    values: IndexVec<Value, Option<ir::Value>>,
    blocks: IndexVec<Block, Option<ir::Block>>,
    slots: IndexVec<Slot, StackSlot>,
    root_area: Option<StackSlot>,
    constants: FxHashMap<Value, i64>,
    compares: FxHashMap<Value, (IntCond, ir::Value, ir::Value)>,
    inline_allocs: &'a FxHashMap<Inst, (SymbolId, usize)>,
    funcs: FxHashMap<SymbolId, FuncRef>,
    sigs: FxHashMap<Sig, SigRef>,
    globals: FxHashMap<(u32, SymbolId, i64), GlobalValue>,
    facts: Facts,
}

type Done = Result<(), Error>;

/// Set in the source location of every `return`, so that [`crate::finish`] finds the epilogues.
pub(crate) const RETURN_LOC: u32 = 1 << 31;

/// Fills `clif` with the translation of `func`.
pub(crate) fn translate(
    func: &Func,
    module: &Module,
    index: u32,
    clif: &mut Function,
    ctx: &mut FunctionBuilderContext,
    isa: &dyn cranelift_codegen::isa::TargetIsa,
    poison_slots: bool,
) -> Result<Facts, Error> {
    clif.signature =
        go_signature(&func.sig).ok_or_else(|| Error::new(&func.name, "more results than registers"))?;
    if func.pos.0 >= INLINE_POS || func.insts.iter().any(|i| i.pos.0 >= RETURN_LOC) {
        return Err(Error::new(&func.name, "more than 1 GiB of source"));
    }
    clif.name = UserFuncName::user(0, index);
    let cfg = Cfg::new(func);
    let loops = Loops::new(func, &cfg);
    let inline_allocs = alloc::inline_allocs(func, module);
    let roots = Roots::new(func, &cfg, |i| inline_allocs.contains_key(&i));
    let destroys = |i| reload::destroys(func, i, |i| inline_allocs.contains_key(&i));
    let clobbers = Clobbers::new(func, &cfg, &loops, destroys);
    let slot_life = SlotLife::new(func, &cfg, poison_slots);
    let whole_words = WholeWords::new(func, &cfg);
    let mut t = Translator {
        func,
        module,
        cfg: &cfg,
        loops: &loops,
        roots: &roots,
        clobbers: &clobbers,
        known: reload::Known::default(),
        slot_life: &slot_life,
        whole_words: &whole_words,
        b: FunctionBuilder::new(clif, ctx),
        values: index_vec::index_vec![None; func.values.len()],
        blocks: index_vec::index_vec![None; func.blocks.len()],
        slots: IndexVec::new(),
        root_area: None,
        constants: FxHashMap::default(),
        compares: FxHashMap::default(),
        inline_allocs: &inline_allocs,
        funcs: FxHashMap::default(),
        sigs: FxHashMap::default(),
        globals: FxHashMap::default(),
        facts: Facts { open_defers: Vec::new(), base: Vec::new(), calls: false, defers: false, forks: false },
    };
    t.frame();
    t.look_at_loops();
    t.body()?;
    t.b.seal_all_blocks();
    t.b.finalize(isa.frontend_config());
    Ok(t.facts)
}

impl Translator<'_, '_> {
    fn error<T>(&self, message: impl Into<String>) -> Result<T, Error> {
        Err(Error::new(&self.func.name, message))
    }

    /// Stack slots.
    fn frame(&mut self) {
        for (s, data) in self.func.slots.iter_enumerated() {
            let align = data.align.clamp(8, 16).next_power_of_two().trailing_zeros() as u8;
            let size = data.size.next_multiple_of(8).max(8);
            let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, size, align);
            let slot = self.b.create_sized_stack_slot(slot);
            self.slots.push(slot);
            if self.slot_life.pinned[s] {
                self.facts.base.extend(data.pointers.iter().map(|&p| (slot, p)));
            }
        }
        if let Some(defers) = &self.func.defers {
            self.facts.open_defers =
                [&defers.bits].into_iter().chain(&defers.sites).map(|&s| self.slots[s]).collect();
        }
        if self.roots.words > 0 {
            let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, self.roots.words * 8, 3);
            self.root_area = Some(self.b.create_sized_stack_slot(slot));
        }
    }

    fn body(&mut self) -> Done {
        for &b in &self.cfg.rpo {
            let block = self.b.create_block();
            self.blocks[b] = Some(block);
            if self.func.blocks[b].cold && b != ENTRY {
                self.b.set_cold_block(block);
            }
            if b == ENTRY {
                continue;
            }
            for &p in &self.func.blocks[b].params {
                let v = self.b.append_block_param(block, clif_type(self.func.ty(p)));
                self.values[p] = Some(v);
            }
        }
        self.entry()?;
        let rpo = &self.cfg.rpo;
        for &b in rpo {
            if b != ENTRY {
                let block = self.block(b)?;
                self.b.switch_to_block(block);
                self.set_pos(self.func.blocks[b].insts.first());
                self.begin_known(b);
                self.keep_params(b)?;
            }
            for &i in &self.func.blocks[b].insts {
                self.set_pos(Some(&i));
                self.inst(b, i)?;
            }
            self.end_known(b);
        }
        Ok(())
    }

    /// The start: with a landing, the `try_call` comes before anything else (INV-CG-2).
    fn entry(&mut self) -> Done {
        let block = self.block(ENTRY)?;
        self.b.switch_to_block(block);
        self.b.set_srcloc(SourceLoc::new(self.func.pos.0));
        for &p in &self.func.blocks[ENTRY].params {
            let v = self.b.append_block_param(block, clif_type(self.func.ty(p)));
            self.values[p] = Some(v);
        }
        if let Some(Op::DeferEnter { landing, .. }) = self.func.terminator(ENTRY) {
            self.defer_enter(*landing)?;
        }
        for (slot, data) in self.func.slots.iter_enumerated() {
            if self.whole_words.cleared[slot] {
                let clif = self.slots[slot];
                self.zero_slot(clif, data.size.next_multiple_of(8));
            }
        }
        self.keep_params(ENTRY)
    }

    fn keep_params(&mut self, b: Block) -> Done {
        for &p in &self.func.blocks[b].params {
            let clif = self.defined(p)?;
            self.know(p, clif);
            self.keep_if_eager(p)?;
        }
        Ok(())
    }

    fn set_pos(&mut self, inst: Option<&Inst>) {
        if let Some(&i) = inst {
            let data = &self.func.insts[i];
            let mark = if matches!(data.op, Op::Return(_)) { RETURN_LOC } else { 0 };
            self.b.set_srcloc(SourceLoc::new(data.pos.0 | mark));
        }
    }

    fn block(&self, b: Block) -> Result<ir::Block, Error> {
        self.blocks[b].map_or_else(|| self.error(format!("b{} is unreachable", b.raw())), Ok)
    }

    fn defined(&self, v: Value) -> Result<ir::Value, Error> {
        self.values[v].map_or_else(|| self.error(format!("v{} is used before it is defined", v.raw())), Ok)
    }

    fn values(&mut self, list: &[Value]) -> Result<Vec<ir::Value>, Error> {
        list.iter().map(|&v| self.value(v)).collect()
    }

    fn ty(&self, v: Value) -> Ty {
        self.func.ty(v)
    }

    fn define(&mut self, ir: Value, clif: ir::Value) -> Done {
        self.values[ir] = Some(clif);
        self.know(ir, clif);
        self.keep_if_eager(ir)
    }

    fn keep_if_eager(&mut self, v: Value) -> Done {
        if self.roots.eager[v] { self.keep(v) } else { Ok(()) }
    }

    /// Stores a pointer at its place in the root area.
    fn keep(&mut self, v: Value) -> Done {
        let (Some(&place), Some(area)) = (self.roots.place.get(&v), self.root_area) else {
            return self.error(format!("v{} has no place in the frame", v.raw()));
        };
        let value = self.defined(v)?;
        self.b.ins().stack_store(types::I64, value, area, (place * 8) as i32);
        Ok(())
    }

    /// Before a safepoint: stores what is not stored yet.
    fn keep_lazy(&mut self, inst: Inst) -> Done {
        let (roots, life) = (self.roots, self.slot_life);
        for &s in life.poisoned.get(&inst).into_iter().flatten() {
            let junk = self.b.ins().iconst(types::I64, POISON);
            for at in (0..self.func.slots[s].size).step_by(8) {
                self.b.ins().stack_store(types::I64, junk, self.slots[s], at as i32);
            }
        }
        let Some(values) = roots.at.get(&inst) else { return Ok(()) };
        values.iter().filter(|&&v| !roots.eager[v]).try_for_each(|&v| self.keep(v))
    }

    /// Names the roots of an IR safepoint at the CLIF call made for it.
    fn map_roots(&mut self, inst: Inst, call: ir::Inst) {
        for &s in self.slot_life.live.get(&inst).into_iter().flatten() {
            for &offset in &self.func.slots[s].pointers {
                let entry = UserStackMapEntry { ty: types::I64, slot: self.slots[s], offset };
                self.b.func.dfg.append_user_stack_map_entry(call, entry);
            }
        }
        let (Some(values), Some(slot)) = (self.roots.at.get(&inst), self.root_area) else { return };
        for v in values {
            let Some(&place) = self.roots.place.get(v) else { continue };
            let entry = UserStackMapEntry { ty: types::I64, slot, offset: place * 8 };
            self.b.func.dfg.append_user_stack_map_entry(call, entry);
        }
    }

    fn trusted() -> MemFlagsData {
        MemFlagsData::new().with_notrap()
    }

    /// Load of a field of the P context.
    fn context_load(&mut self, ty: ir::Type, offset: i32) -> ir::Value {
        let ctx = self.b.ins().get_pinned_reg(types::I64);
        self.b.ins().load(ty, Self::trusted(), ctx, offset)
    }

    fn import(&mut self, symbol: SymbolId, signature: Signature) -> FuncRef {
        if let Some(&f) = self.funcs.get(&symbol) {
            return f;
        }
        let name = UserExternalName::new(namespace::ADDRESS, symbol.0);
        let name = self.b.func.declare_imported_user_function(name);
        let signature = self.b.import_signature(signature);
        let name = ExternalName::user(name);
        let f = self.b.import_function(ExtFuncData { name, signature, colocated: true, patchable: false });
        self.funcs.insert(symbol, f);
        f
    }

    fn import_runtime(&mut self, f: RuntimeFn) -> FuncRef {
        self.import(runtime_symbol(self.module, f), runtime_signature(f))
    }

    fn import_go(&mut self, f: FuncId) -> Result<FuncRef, Error> {
        let Some(entry) = self.module.funcs.get(f) else { return self.error("call of an unknown function") };
        let Some(sig) = go_signature(&entry.sig) else {
            return self.error(format!("{} has more results than registers", entry.name));
        };
        Ok(self.import(entry.symbol, sig))
    }

    fn import_sig(&mut self, sig: &Sig) -> Result<SigRef, Error> {
        if let Some(&s) = self.sigs.get(sig) {
            return Ok(s);
        }
        let Some(clif) = go_signature(sig) else { return self.error("more results than registers") };
        let s = self.b.import_signature(clif);
        self.sigs.insert(sig.clone(), s);
        Ok(s)
    }

    fn symbol_address(&mut self, symbol: SymbolId, offset: i64) -> ir::Value {
        // Code and data of a module lie together: relative addresses reach.
        self.symbol_value(namespace::ADDRESS, symbol, offset, true)
    }

    fn symbol_value(&mut self, space: u32, symbol: SymbolId, offset: i64, near: bool) -> ir::Value {
        let global = match self.globals.get(&(space, symbol, offset)) {
            Some(&g) => g,
            None => {
                let name = UserExternalName::new(space, symbol.0);
                let name = ExternalName::user(self.b.func.declare_imported_user_function(name));
                let offset_imm = offset.into();
                let data = GlobalValueData::Symbol { name, offset: offset_imm, colocated: near, tls: false };
                let g = self.b.create_global_value(data);
                self.globals.insert((space, symbol, offset), g);
                g
            }
        };
        self.b.ins().symbol_value(types::I64, global)
    }

    fn inst(&mut self, b: Block, i: Inst) -> Done {
        let func = self.func;
        let data = &func.insts[i];
        if data.op.is_terminator() {
            self.load_for_loops(b, &data.op)?;
            return self.terminator(b, &data.op);
        }
        let Some(&result) = data.results.first() else { return self.effect(i, &data.op) };
        let clif = match &data.op {
            Op::Call(callee, args) => return self.call(i, callee, args),
            Op::Iconst(c) => {
                self.constants.insert(result, *c);
                let ty = clif_type(self.ty(result));
                let mask = if ty.bits() == 64 { -1 } else { (1 << ty.bits()) - 1 };
                self.b.ins().iconst(ty, *c & mask)
            }
            Op::Fconst(bits) if self.ty(result) == Ty::F32 => {
                self.b.ins().f32const(f32::from_bits(*bits as u32))
            }
            Op::Fconst(bits) => self.b.ins().f64const(f64::from_bits(*bits)),
            Op::SymAddr(symbol, offset) => self.symbol_address(*symbol, *offset),
            Op::SlotAddr(slot, offset) => {
                let slot = self.slots[*slot];
                self.b.ins().stack_addr(types::I64, slot, *offset as i32)
            }
            Op::SlotLoad(slot, offset) => {
                let slot = self.slots[*slot];
                let ty = clif_type(self.ty(result));
                self.b.ins().stack_load(types::I64, ty, slot, *offset as i32)
            }
            Op::Binary(op, x, y) => self.binary(*op, *x, *y)?,
            Op::Unary(op, x) => self.unary(*op, *x)?,
            Op::Icmp(cond, x, y) => {
                let (x, y) = (self.value(*x)?, self.value(*y)?);
                self.compares.insert(result, (*cond, x, y));
                self.icmp(*cond, x, y)
            }
            Op::Fcmp(cond, x, y) => self.fcmp(*cond, *x, *y)?,
            Op::Convert(op, x) => self.convert(*op, *x, self.ty(result))?,
            Op::Select(c, x, y) => {
                let (c, x, y) = (self.value(*c)?, self.value(*x)?, self.value(*y)?);
                self.b.ins().select(c, x, y)
            }
            Op::PtrAdd(base, offset) => {
                let (base, offset) = (self.value(*base)?, self.value(*offset)?);
                self.b.ins().iadd(base, offset)
            }
            Op::Load { addr, offset, nil_check } => self.load(*addr, *offset, *nil_check, self.ty(result))?,
            Op::AtomicLoad(addr) => self.atomic_load(*addr, self.ty(result))?,
            Op::AtomicRmw { op, addr, value, barrier } => self.atomic_rmw(*op, *addr, *value, *barrier)?,
            Op::AtomicCas { addr, old, new, barrier } => self.atomic_cas(*addr, *old, *new, *barrier)?,
            Op::FramePointer => self.b.ins().get_frame_pointer(types::I64),
            Op::GetG => self.context_load(types::I64, p_offset::G),
            op => return self.error(format!("{op:?} has a result")),
        };
        self.define(result, clif)
    }

    fn effect(&mut self, i: Inst, op: &Op) -> Done {
        match op {
            Op::Call(callee, args) => self.call(i, callee, args),
            Op::Poll => self.poll(i),
            Op::Store { addr, offset, value, nil_check, barrier } => {
                self.store(*addr, *offset, *value, *nil_check, *barrier)
            }
            Op::AtomicStore { addr, value, barrier } => self.atomic_store(*addr, *value, *barrier),
            Op::SlotStore(slot, offset, value) => {
                let (slot, value) = (self.slots[*slot], self.value(*value)?);
                self.b.ins().stack_store(types::I64, value, slot, *offset as i32);
                Ok(())
            }
            Op::Copy { dst, src, size } => self.copy(*dst, *src, *size),
            Op::Zero { dst, size } => {
                // INV-WORD-1: slots end with a word.
                let whole = self.whole_words.fills.contains(&i);
                self.zero(*dst, if whole { size.next_multiple_of(8) } else { *size })
            }
            Op::NilCheck(addr) => self.nil_check(*addr),
            Op::BoundsCheck { kind, index, len, signed } => self.bounds_check(*kind, *index, *len, *signed),
            op => self.error(format!("{op:?} has no result")),
        }
    }
}
