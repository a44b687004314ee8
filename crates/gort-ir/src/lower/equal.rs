//! Equality functions: `(ctx, p, q *T) bool`, one per comparable type that needs one.
//!
//! They are what a descriptor's `Equal` points to, and what the lowering calls for memory values. The first
//! difference ends a comparison, so that an interface of an uncomparable type behind it does not panic.

use super::layout::Layout;
use super::{Lowering, Work};
use crate::builder::FuncBuilder;
use crate::func::{Block, Value};
use crate::inst::{BinOp, FloatCond, IntCond, Op, Sig, Ty};
use crate::module::FuncId;
use gort_types::types::{Type, TypeId};

/// A field whose comparison was put off: its type, where it is in both, and a string's length.
type Late = (TypeId, Value, Value, Option<Value>);

impl Lowering<'_> {
    /// The equality function of a comparable type.
    pub fn equal_func(&mut self, t: TypeId) -> FuncId {
        let name = format!("type:.eq.{}", self.type_link_name(t));
        let sig = Sig { params: vec![Ty::Ptr; 3], results: vec![Ty::I8] };
        let (id, new) = self.module.declare_func(&name, &sig);
        if new {
            self.queue.push_back(Work::Equal(id, t));
        }
        id
    }

    /// Are values equal exactly if their bytes are?
    pub fn is_plain_memory(&mut self, t: TypeId) -> bool {
        let under = self.prog.under(t);
        match self.prog.types[under].clone() {
            Type::Basic(k) => !k.is_float() && !k.is_complex() && !k.is_string(),
            Type::Pointer(_) | Type::Chan { .. } => true,
            Type::Array { elem, .. } => self.is_plain_memory(elem),
            Type::Struct(s) => {
                let l = self.layout(t);
                let mut next = 0;
                for (i, &f) in s.fields.iter().enumerate() {
                    let field = self.obj_type(f);
                    let blank = &*self.prog.objs[f].name == "_";
                    let offset = u64::from(self.field_offset(t, i));
                    if blank || offset != next || !self.is_plain_memory(field) {
                        return false;
                    }
                    next = offset + self.layout(field).size;
                }
                next == l.size
            }
            _ => false,
        }
    }

    pub(super) fn lower_equal(&mut self, id: FuncId, t: TypeId) {
        let entry = &self.module.funcs[id];
        let mut b = FuncBuilder::new(&entry.name.clone(), entry.sig.clone(), Default::default());
        b.func.wrapper = true;
        let (p, q) = (b.params()[1], b.params()[2]);
        let differ = b.create_block();
        self.compare_memory(&mut b, t, p, q, differ);
        let yes = b.iconst(Ty::I8, 1);
        b.ret(vec![yes]);
        b.switch_to(differ);
        let no = b.iconst(Ty::I8, 0);
        b.ret(vec![no]);
        self.module.funcs[id].body = Some(b.finish());
    }

    /// Goes to `differ` unless the values of type `t` at `p` and `q` are equal.
    fn compare_memory(&mut self, b: &mut FuncBuilder, t: TypeId, p: Value, q: Value, differ: Block) {
        let under = self.prog.under(t);
        let l = self.layout(t);
        if l.size == 0 {
            return;
        }
        if self.is_plain_memory(t) && l.scalars.as_ref().is_none_or(|s| s.len() != 1) {
            let n = b.iconst(Ty::I64, l.size as i64);
            let f = self.rt("memequal");
            let r = b.call(f.callee, vec![p, q, n], &[Ty::I64]);
            return go_on_if(b, r[0], differ);
        }
        match self.prog.types[under].clone() {
            Type::Struct(s) => {
                let mut parts = Vec::with_capacity(s.fields.len());
                for (i, &f) in s.fields.iter().enumerate() {
                    if &*self.prog.objs[f].name != "_" {
                        parts.push((self.obj_type(f), self.field_offset(t, i)));
                    }
                }
                self.compare_fields(b, &parts, p, q, differ);
            }
            Type::Array { elem, len } => self.compare_array(b, elem, len, p, q, differ),
            Type::Basic(k) if k.is_string() => self.compare_strings(b, p, q, differ),
            Type::Interface(_) => self.compare_interfaces(b, t, p, q, differ),
            _ => compare_scalars(b, &l, p, q, differ),
        }
    }

    /// Compares fields, in order but for this: what costs little, lengths of strings too, goes before the
    /// contents of strings and other memory, as far as the next field whose comparison may panic.
    fn compare_fields(
        &mut self,
        b: &mut FuncBuilder,
        parts: &[(TypeId, u32)],
        p: Value,
        q: Value,
        differ: Block,
    ) {
        let mut late = Vec::new();
        for &(field, offset) in parts {
            let (fp, fq) = (at(b, p, offset), at(b, q, offset));
            let under = self.prog.under(field);
            match self.prog.types[under].clone() {
                Type::Basic(k) if k.is_string() => {
                    let n = self.compare_lengths(b, fp, fq, differ);
                    late.push((field, fp, fq, Some(n)));
                }
                Type::Basic(_) | Type::Pointer(_) | Type::Chan { .. } => {
                    self.compare_memory(b, field, fp, fq, differ);
                }
                _ if self.hash_might_panic(field) => {
                    self.compare_late(b, &mut late, differ);
                    self.compare_memory(b, field, fp, fq, differ);
                }
                _ => late.push((field, fp, fq, None)),
            }
        }
        self.compare_late(b, &mut late, differ);
    }

    /// Compares the fields that were put off; of a string, whose length is given, the contents.
    fn compare_late(&mut self, b: &mut FuncBuilder, late: &mut Vec<Late>, differ: Block) {
        for (field, p, q, len) in late.drain(..) {
            match len {
                Some(n) => self.compare_contents(b, p, q, n, differ),
                None => self.compare_memory(b, field, p, q, differ),
            }
        }
    }

    fn compare_array(
        &mut self,
        b: &mut FuncBuilder,
        elem: TypeId,
        len: i64,
        p: Value,
        q: Value,
        differ: Block,
    ) {
        let size = self.layout(elem).size as i64;
        let i = b.declare_var(Ty::I64);
        let zero = b.iconst(Ty::I64, 0);
        b.def_var(i, zero);
        let (head, body, done) = (b.create_block(), b.create_block(), b.create_block());
        b.jump(head);
        b.switch_to(head);
        let (now, end) = (b.use_var(i), b.iconst(Ty::I64, len * size));
        let more = b.icmp(IntCond::Slt, now, end);
        b.branch(more, body, done);
        b.seal(body);
        b.switch_to(body);
        let ep = b.emit1(Op::PtrAdd(p, now), Ty::Ptr);
        let eq = b.emit1(Op::PtrAdd(q, now), Ty::Ptr);
        self.compare_memory(b, elem, ep, eq, differ);
        let step = b.iconst(Ty::I64, size);
        let now = b.use_var(i);
        let next = b.binary(BinOp::Add, now, step);
        b.def_var(i, next);
        b.jump(head);
        b.seal(head);
        b.seal(done);
        b.switch_to(done);
    }

    fn compare_strings(&mut self, b: &mut FuncBuilder, p: Value, q: Value, differ: Block) {
        let n = self.compare_lengths(b, p, q, differ);
        self.compare_contents(b, p, q, n, differ);
    }

    /// Goes to `differ` unless two strings are equally long; their length.
    fn compare_lengths(&mut self, b: &mut FuncBuilder, p: Value, q: Value, differ: Block) -> Value {
        let (n, m) = (b.load(Ty::I64, p, 8), b.load(Ty::I64, q, 8));
        let same = b.icmp(IntCond::Eq, n, m);
        go_on_if(b, same, differ);
        n
    }

    fn compare_contents(&mut self, b: &mut FuncBuilder, p: Value, q: Value, n: Value, differ: Block) {
        let (p, q) = (b.load(Ty::Ptr, p, 0), b.load(Ty::Ptr, q, 0));
        let f = self.rt("memequal");
        let r = b.call(f.callee, vec![p, q, n], &[Ty::I64]);
        go_on_if(b, r[0], differ);
    }

    fn compare_interfaces(&mut self, b: &mut FuncBuilder, t: TypeId, p: Value, q: Value, differ: Block) {
        let (tp, tq) = (b.load(Ty::Ptr, p, 0), b.load(Ty::Ptr, q, 0));
        let same = b.icmp(IntCond::Eq, tp, tq);
        go_on_if(b, same, differ);
        let (dp, dq) = (b.load(Ty::Ptr, p, 8), b.load(Ty::Ptr, q, 8));
        let name = if self.interface_methods(t).is_empty() { "efaceeq" } else { "ifaceeq" };
        let f = self.rt(name);
        let results = f.sig.results.clone();
        let r = b.call(f.callee, vec![tp, dp, dq], &results);
        go_on_if(b, r[0], differ);
    }
}

fn compare_scalars(b: &mut FuncBuilder, l: &Layout, p: Value, q: Value, differ: Block) {
    for s in l.scalars.iter().flat_map(|s| s.iter()) {
        let (x, y) = (b.load(s.ty, p, s.offset as i32), b.load(s.ty, q, s.offset as i32));
        let same = if s.ty.is_float() {
            b.emit1(Op::Fcmp(FloatCond::Eq, x, y), Ty::I8)
        } else {
            b.icmp(IntCond::Eq, x, y)
        };
        go_on_if(b, same, differ);
    }
}

fn at(b: &mut FuncBuilder, p: Value, offset: u32) -> Value {
    if offset == 0 {
        return p;
    }
    let offset = b.iconst(Ty::I64, i64::from(offset));
    b.emit1(Op::PtrAdd(p, offset), Ty::Ptr)
}

/// Goes on here if `cond` (I8, or I64 from the runtime) is not 0, else at `differ`.
fn go_on_if(b: &mut FuncBuilder, cond: Value, differ: Block) {
    let cond = if b.func.ty(cond) == Ty::I8 {
        cond
    } else {
        let zero = b.iconst(Ty::I64, 0);
        b.icmp(IntCond::Ne, cond, zero)
    };
    let next = b.create_block();
    b.branch(cond, next, differ);
    b.seal(next);
    b.switch_to(next);
}
