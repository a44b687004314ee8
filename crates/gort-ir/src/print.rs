//! The text form of a function and a module, read back by [`crate::parse`].
//!
//! ```text
//! func "main.add" (i64, ptr) -> (i64) !12 {
//!   slot s0 size 16 align 8 ptrs [0, 8]
//! b0(v0: i64, v1: ptr):
//!   v2: i64 = load v1+8 checked !40
//!   v3: i64 = add v0, v2
//!   jump b1(v3)
//! b1(v4: i64) cold:
//!   return v4
//! }
//! ```
//!
//! `!n` is a source position. A callee is `"name"` in a module and `f3` in a function printed alone.

use crate::func::{Block, Func, Inst, Value};
use crate::inst::{BinOp, BoundsKind, Callee, ConvOp, FloatCond, IntCond, Op, RmwOp, Sig, Target, Ty, UnOp};
use crate::module::{FuncId, Module};
use gort_abi::module::Symbol;
use std::fmt::{self, Display, Write};

macro_rules! words {
    ($($ty:ident { $($variant:ident $word:literal)* })*) => {
        $(impl $ty {
            /// The word in the text form.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The one that word stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        })*
    };
}

words! {
    Ty { I8 "i8" I16 "i16" I32 "i32" I64 "i64" F32 "f32" F64 "f64" Ptr "ptr" }
    BinOp {
        Add "add" Sub "sub" Mul "mul" Sdiv "sdiv" Udiv "udiv" Srem "srem" Urem "urem" And "and" Or "or"
        Xor "xor" Shl "shl" Ushr "ushr" Sshr "sshr" Fadd "fadd" Fsub "fsub" Fmul "fmul" Fdiv "fdiv"
        Rotl "rotl" UmulHi "umul_hi" Fcopysign "fcopysign"
    }
    UnOp {
        Neg "neg" Not "not" Fneg "fneg" Sqrt "sqrt" Clz "clz" Ctz "ctz" Popcnt "popcnt" Bswap "bswap" Fabs "fabs"
        Ffloor "ffloor" Fceil "fceil" Ftrunc "ftrunc" Fnearest "fnearest"
    }
    RmwOp { Add "atomic_add" And "atomic_and" Or "atomic_or" Xchg "atomic_xchg" }
    IntCond {
        Eq "eq" Ne "ne" Slt "slt" Sle "sle" Sgt "sgt" Sge "sge" Ult "ult" Ule "ule" Ugt "ugt" Uge "uge"
    }
    FloatCond { Eq "eq" Ne "ne" Lt "lt" Le "le" Gt "gt" Ge "ge" }
    ConvOp {
        Sext "sext" Zext "zext" Trunc "trunc" SintToFloat "sint_to_float" UintToFloat "uint_to_float"
        FloatToSint "float_to_sint" FloatToUint "float_to_uint" Promote "promote" Demote "demote"
        Bitcast "bitcast"
    }
    BoundsKind {
        Index "index" SliceAlen "slice_alen" SliceAcap "slice_acap" SliceB "slice_b"
        Slice3Alen "slice3_alen" Slice3Acap "slice3_acap" Slice3B "slice3_b" Slice3C "slice3_c"
        SliceConvert "slice_convert"
    }
}

impl Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Display for Sig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", list(&self.params))?;
        if self.results.is_empty() { Ok(()) } else { write!(f, " -> ({})", list(&self.results)) }
    }
}

impl Display for Func {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print_func(self, None))
    }
}

impl Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, symbol) in self.symbols.iter().enumerate() {
            if let Symbol::Data(d) = symbol
                && let Some(data) = self.data.get(*d as usize)
            {
                let kind = if data.writable { "var" } else { "const" };
                writeln!(
                    f,
                    "# @{i} = {kind} {:?} size {} pointers {:?}",
                    data.name, data.size, data.pointers
                )?;
            }
        }
        for entry in &self.funcs {
            match &entry.body {
                Some(body) => f.write_str(&print_func(body, Some(self)))?,
                None => writeln!(f, "declare {:?} {}", entry.name, entry.sig)?,
            }
        }
        Ok(())
    }
}

fn list<T: Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

fn values(items: &[Value]) -> String {
    items.iter().map(|v| format!("v{}", v.raw())).collect::<Vec<_>>().join(", ")
}

/// A function as text; callees are named if the module is given.
pub fn print_func(func: &Func, module: Option<&Module>) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = Printer { func, module, out: &mut out }.func();
    out
}

struct Printer<'a> {
    func: &'a Func,
    module: Option<&'a Module>,
    out: &'a mut String,
}

impl Printer<'_> {
    fn func(&mut self) -> fmt::Result {
        let func = self.func;
        write!(self.out, "func {:?} {}", func.name, func.sig)?;
        if func.wrapper {
            self.out.push_str(" wrapper");
        }
        self.pos(func.pos.0)?;
        self.out.push_str(" {\n");
        for (slot, data) in func.slots.iter_enumerated() {
            writeln!(
                self.out,
                "  slot s{} size {} align {} ptrs [{}]",
                slot.raw(),
                data.size,
                data.align,
                list(&data.pointers)
            )?;
        }
        if let Some(defers) = &func.defers {
            let sites: Vec<String> = defers.sites.iter().map(|s| format!("s{}", s.raw())).collect();
            writeln!(self.out, "  defers s{} [{}]", defers.bits.raw(), sites.join(", "))?;
        }
        for (block, data) in func.blocks.iter_enumerated() {
            write!(self.out, "b{}", block.raw())?;
            if !data.params.is_empty() {
                let params: Vec<String> = data.params.iter().map(|&v| self.typed(v)).collect();
                write!(self.out, "({})", params.join(", "))?;
            }
            self.out.push_str(if data.cold { " cold:\n" } else { ":\n" });
            for &inst in &data.insts {
                self.inst(inst)?;
            }
        }
        self.out.push_str("}\n");
        Ok(())
    }

    fn pos(&mut self, pos: u32) -> fmt::Result {
        if pos != 0 { write!(self.out, " !{pos}") } else { Ok(()) }
    }

    fn typed(&self, v: Value) -> String {
        format!("v{}: {}", v.raw(), self.func.ty(v))
    }

    fn inst(&mut self, inst: Inst) -> fmt::Result {
        let data = &self.func.insts[inst];
        self.out.push_str("  ");
        if !data.results.is_empty() {
            let results: Vec<String> = data.results.iter().map(|&v| self.typed(v)).collect();
            write!(self.out, "{} = ", results.join(", "))?;
        }
        let text = self.op(&data.op);
        self.out.push_str(&text);
        self.pos(data.pos.0)?;
        self.out.push('\n');
        Ok(())
    }

    fn callee(&self, id: FuncId) -> String {
        match self.module.and_then(|m| m.funcs.get(id)) {
            Some(entry) => format!("{:?}", entry.name),
            None => format!("f{}", id.raw()),
        }
    }

    fn op(&self, op: &Op) -> String {
        let checked = |c: bool| if c { " checked" } else { "" };
        let v = |v: &Value| format!("v{}", v.raw());
        match op {
            Op::Iconst(c) => format!("iconst {c}"),
            Op::Fconst(bits) => format!("fconst {bits:#x}"),
            Op::SymAddr(s, offset) => format!("sym_addr @{}{offset:+}", s.0),
            Op::SlotAddr(s, offset) => format!("slot_addr s{}+{offset}", s.raw()),
            Op::Binary(op, a, b) => format!("{} {}, {}", op.word(), v(a), v(b)),
            Op::Unary(op, a) => format!("{} {}", op.word(), v(a)),
            Op::Icmp(c, a, b) => format!("icmp {} {}, {}", c.word(), v(a), v(b)),
            Op::Fcmp(c, a, b) => format!("fcmp {} {}, {}", c.word(), v(a), v(b)),
            Op::Convert(c, a) => format!("{} {}", c.word(), v(a)),
            Op::Select(c, a, b) => format!("select {}, {}, {}", v(c), v(a), v(b)),
            Op::PtrAdd(a, b) => format!("ptr_add {}, {}", v(a), v(b)),
            Op::Load { addr, offset, nil_check } => {
                format!("load {}{offset:+}{}", v(addr), checked(*nil_check))
            }
            Op::Store { addr, offset, value, nil_check, barrier } => {
                let barrier = barriered(*barrier);
                format!("store {}{offset:+}, {}{}{barrier}", v(addr), v(value), checked(*nil_check))
            }
            Op::AtomicLoad(a) => format!("atomic_load {}", v(a)),
            Op::AtomicStore { addr, value, barrier } => {
                format!("atomic_store {}, {}{}", v(addr), v(value), barriered(*barrier))
            }
            Op::AtomicRmw { op, addr, value, barrier } => {
                format!("{} {}, {}{}", op.word(), v(addr), v(value), barriered(*barrier))
            }
            Op::AtomicCas { addr, old, new, barrier } => {
                format!("atomic_cas {}, {}, {}{}", v(addr), v(old), v(new), barriered(*barrier))
            }
            Op::SlotLoad(s, offset) => format!("slot_load s{}+{offset}", s.raw()),
            Op::SlotStore(s, offset, a) => format!("slot_store s{}+{offset}, {}", s.raw(), v(a)),
            Op::Copy { dst, src, size } => format!("copy {}, {}, {size}", v(dst), v(src)),
            Op::Zero { dst, size } => format!("zero {}, {size}", v(dst)),
            Op::NilCheck(a) => format!("nil_check {}", v(a)),
            Op::BoundsCheck { kind, index, len, signed } => {
                let signed = if *signed { " signed" } else { "" };
                format!("bounds {} {}, {}{signed}", kind.word(), v(index), v(len))
            }
            Op::Call(Callee::Func(f), args) => format!("call {}({})", self.callee(*f), values(args)),
            Op::Call(Callee::Indirect(code, sig), args) => {
                format!("call_indirect {} {sig} : ({})", v(code), values(args))
            }
            Op::Call(Callee::Runtime(f), args) => format!("call_runtime {}({})", f.name(), values(args)),
            Op::FramePointer => "frame_pointer".into(),
            Op::GetG => "get_g".into(),
            Op::Poll => "poll".into(),
            Op::Jump(t) => format!("jump {}", target(t)),
            Op::Branch { cond, then, els } => {
                format!("branch {}, {}, {}", v(cond), target(then), target(els))
            }
            Op::Switch { value, cases, default } => {
                let cases: String = cases.iter().map(|(c, t)| format!(" {c}: {},", target(t))).collect();
                format!("switch {},{cases} default {}", v(value), target(default))
            }
            Op::Return(results) if results.is_empty() => "return".into(),
            Op::Return(results) => format!("return {}", values(results)),
            Op::Unreachable => "unreachable".into(),
            Op::DeferEnter { normal, landing } => {
                format!("defer_enter {}, landing {}", block(*normal), block(*landing))
            }
        }
    }
}

fn barriered(barrier: bool) -> &'static str {
    if barrier { " barrier" } else { "" }
}

fn block(b: Block) -> String {
    format!("b{}", b.raw())
}

fn target(t: &Target) -> String {
    if t.args.is_empty() { block(t.block) } else { format!("{}({})", block(t.block), values(&t.args)) }
}
