//! Functions that the compiler makes to pass a call on.
//!
//! * [`Wrapper::DropCtx`]: code of the func value of a plain function.
//! * [`Wrapper::Native`]: a Go function around a runtime function, so that it can be a func value.
//! * [`Wrapper::Method`]: code in an itab, where the receiver is not the data word itself.
//!
//! They are marked as wrappers: `recover` and tracebacks look through them.

use super::Lowering;
use super::abi::{First, FnAbi, Pass, Results};
use super::data::runtime_sig;
use super::layout::Layout;
use crate::builder::FuncBuilder;
use crate::func::{SlotData, Value};
use crate::inst::{Callee, ConvOp, IntCond, Op, Ty};
use crate::module::FuncId;
use gort_types::object::{ObjId, ObjKind};
use gort_types::types::{Type, TypeId};

/// A wrapper to be made.
#[derive(Clone, Debug)]
pub enum Wrapper {
    /// `(ctx, args...)` calls `target(args...)`.
    DropCtx {
        /// The function.
        target: FuncId,
    },
    /// `(args...)` calls the runtime function of a declaration without a body.
    Native {
        /// The declaration.
        obj: ObjId,
    },
    /// `(word, args...)` calls a method of a value of type `recv` that lies in an interface.
    Method {
        /// The type in the interface.
        recv: TypeId,
        /// The method.
        obj: ObjId,
        /// Path to its receiver, see [`super::itab::MethodEntry`].
        path: Vec<usize>,
    },
}

/// A value on the way to a receiver.
enum Place {
    /// In memory.
    At(Value, TypeId),
    /// A pointer-shaped value.
    Word(Value, TypeId),
}

impl Lowering<'_> {
    pub(super) fn lower_wrapper(&mut self, id: FuncId, wrapper: Wrapper) {
        let entry = &self.module.funcs[id];
        let mut b = FuncBuilder::new(&entry.name.clone(), entry.sig.clone(), Default::default());
        b.func.wrapper = true;
        match wrapper {
            Wrapper::DropCtx { target } => {
                let args = b.params()[1..].to_vec();
                let results = b.func.sig.results.clone();
                let values = b.call(Callee::Func(target), args, &results);
                b.ret(values);
            }
            Wrapper::Native { obj } => self.native_wrapper(&mut b, obj),
            Wrapper::Method { recv, obj, path } => self.method_wrapper(&mut b, recv, obj, &path),
        }
        self.module.funcs[id].body = Some(b.finish());
    }

    fn native_wrapper(&mut self, b: &mut FuncBuilder, obj: ObjId) {
        let Some(native) = self.native(obj) else { return };
        let sig = runtime_sig(native);
        let params = b.params().to_vec();
        let args: Vec<Value> = params.iter().zip(&sig.params).map(|(&v, &to)| widen(b, v, to)).collect();
        let values = b.call(Callee::Runtime(native), args, &sig.results);
        let wanted = b.func.sig.results.clone();
        let values = values.into_iter().zip(wanted).map(|(v, to)| narrow(b, v, to)).collect();
        b.ret(values);
    }

    fn method_wrapper(&mut self, b: &mut FuncBuilder, recv: TypeId, obj: ObjId, path: &[usize]) {
        let word = b.params()[0];
        let mut place =
            if self.is_direct_iface(recv) { Place::Word(word, recv) } else { Place::At(word, recv) };
        let Some((_, fields)) = path.split_last() else { return };
        for &f in fields {
            place = self.embedded_field(b, place, f);
        }
        let t = match place {
            Place::At(_, t) | Place::Word(_, t) => t,
        };
        let (callee, first) = if self.prog.is_interface(t) {
            self.interface_callee(b, &place, obj)
        } else {
            (Callee::Func(self.func_id(obj)), self.receiver(b, place, obj))
        };
        let rest = b.params()[1..].to_vec();
        let sig = self.obj_type(obj);
        let abi = self.fn_abi(sig, First::Word);
        let args = self.wrapped_args(&abi, first, rest);
        let results = b.func.sig.results.clone();
        let values = b.call(callee, args, &results);
        b.ret(values);
    }

    /// The wrapper's own parameters after the word are the callee's after the receiver.
    fn wrapped_args(&mut self, abi: &FnAbi, mut first: Vec<Value>, rest: Vec<Value>) -> Vec<Value> {
        debug_assert!(matches!(abi.first, Some(Pass::Scalars(_))), "code in an itab takes the data word");
        debug_assert!(!matches!(abi.results, Results::Memory { param: 0, .. }), "the word comes first");
        first.extend(rest);
        first
    }

    /// Steps into an embedded field, through a pointer if the place holds one.
    fn embedded_field(&mut self, b: &mut FuncBuilder, place: Place, index: usize) -> Place {
        let place = self.deref(b, place);
        let t = match place {
            Place::At(_, t) | Place::Word(_, t) => t,
        };
        let under = self.prog.under(t);
        let Type::Struct(s) = self.prog.types[under].clone() else { return place };
        let field = s.fields.get(index).map_or(t, |&f| self.obj_type(f));
        match place {
            // A pointer-shaped struct has one field only, as pointer-shaped as itself.
            Place::Word(v, _) => Place::Word(v, field),
            Place::At(p, _) => {
                let offset = self.field_offset(t, index);
                let offset = b.iconst(Ty::I64, i64::from(offset));
                Place::At(b.emit1(Op::PtrAdd(p, offset), Ty::Ptr), field)
            }
        }
    }

    /// If the place holds a pointer: the place it points to.
    fn deref(&mut self, b: &mut FuncBuilder, place: Place) -> Place {
        let t = match place {
            Place::At(_, t) | Place::Word(_, t) => t,
        };
        let under = self.prog.under(t);
        let Type::Pointer(elem) = self.prog.types[under] else { return place };
        let p = match place {
            Place::At(at, _) => b.load(Ty::Ptr, at, 0),
            Place::Word(p, _) => p,
        };
        b.emit(Op::NilCheck(p), &[]);
        Place::At(p, elem)
    }

    /// The receiver arguments of a declared method.
    fn receiver(&mut self, b: &mut FuncBuilder, place: Place, obj: ObjId) -> Vec<Value> {
        let ptr_recv = matches!(self.prog.objs[obj].kind, ObjKind::Func { ptr_recv: true });
        let t = match place {
            Place::At(_, t) | Place::Word(_, t) => t,
        };
        let under = self.prog.under(t);
        let is_pointer = matches!(self.prog.types[under], Type::Pointer(_));
        match (place, ptr_recv, is_pointer) {
            (Place::At(p, _), true, false) => vec![p],
            (Place::At(p, _), true, true) => vec![b.load(Ty::Ptr, p, 0)],
            (Place::Word(p, _), true, _) => vec![p],
            (place, false, true) => {
                let p = match place {
                    Place::At(at, _) => b.load(Ty::Ptr, at, 0),
                    Place::Word(p, _) => p,
                };
                let Type::Pointer(elem) = self.prog.types[under] else { return vec![p] };
                self.check_wrapped(b, p);
                self.load_receiver(b, p, elem)
            }
            (Place::Word(p, _), false, false) => vec![p],
            (Place::At(p, t), false, false) => self.load_receiver(b, p, t),
        }
    }

    /// `panicwrap` if a value method is called through a nil pointer.
    fn check_wrapped(&mut self, b: &mut FuncBuilder, p: Value) {
        let nil = b.nil();
        let is_nil = b.icmp(IntCond::Eq, p, nil);
        let (bad, good) = (b.create_block(), b.create_block());
        b.set_cold(bad);
        b.branch(is_nil, bad, good);
        b.switch_to(bad);
        let f = self.rt("panicwrap");
        b.call(f.callee, Vec::new(), &[]);
        b.emit(Op::Unreachable, &[]);
        b.switch_to(good);
    }

    fn load_receiver(&mut self, b: &mut FuncBuilder, p: Value, t: TypeId) -> Vec<Value> {
        let l = self.layout(t);
        match &l.scalars {
            Some(scalars) => scalars.iter().map(|s| b.load(s.ty, p, s.offset as i32)).collect(),
            None => vec![copy_to_slot(b, p, &l)],
        }
    }

    /// A method of an interface that lies in `place`.
    fn interface_callee(
        &mut self,
        b: &mut FuncBuilder,
        place: &Place,
        method: ObjId,
    ) -> (Callee, Vec<Value>) {
        let (Place::At(p, t) | Place::Word(p, t)) = *place;
        let itab = b.load(Ty::Ptr, p, 0);
        let word = b.load(Ty::Ptr, p, 8);
        let offset = self.itab_method_offset(t, method);
        let code = b.emit1(Op::Load { addr: itab, offset, nil_check: true }, Ty::Ptr);
        let sig = self.obj_type(method);
        let abi = self.fn_abi(sig, First::Word);
        (Callee::Indirect(code, abi.sig.clone()), vec![word])
    }
}

/// A copy of a memory value in a new slot.
pub fn copy_to_slot(b: &mut FuncBuilder, src: Value, l: &Layout) -> Value {
    let slot = b.create_slot(SlotData { size: l.size as u32, align: l.align, pointers: l.pointers.to_vec() });
    let dst = b.emit1(Op::SlotAddr(slot, 0), Ty::Ptr);
    b.emit(Op::Copy { dst, src, size: l.size as u32 }, &[]);
    dst
}

/// An integer or float argument as wide as the runtime function wants it (Go's bool and unsigned kinds are
/// zero-extended; signed narrow kinds do not occur in runtime declarations).
fn widen(b: &mut FuncBuilder, v: Value, to: Ty) -> Value {
    match (b.func.ty(v), to) {
        (from, to) if from == to => v,
        (Ty::F32, Ty::F64) => b.convert(ConvOp::Promote, v, to),
        (Ty::I32, Ty::I64) => b.convert(ConvOp::Sext, v, to),
        (Ty::I8 | Ty::I16, Ty::I64) => b.convert(ConvOp::Zext, v, to),
        _ => b.convert(ConvOp::Bitcast, v, to),
    }
}

fn narrow(b: &mut FuncBuilder, v: Value, to: Ty) -> Value {
    match (b.func.ty(v), to) {
        (from, to) if from == to => v,
        (Ty::I64, Ty::I8 | Ty::I16 | Ty::I32) => b.convert(ConvOp::Trunc, v, to),
        _ => b.convert(ConvOp::Bitcast, v, to),
    }
}
