//! Hash functions: `(ctx, p *T, seed uintptr) uintptr`, one per type that is the key of a map.
//!
//! Equal keys have equal hashes; what is not compared (blank fields, padding) is not hashed.
//!
//! Go counterpart: `cmd/compile/internal/reflectdata/alg.go`.

use super::{Lowering, Work};
use crate::builder::FuncBuilder;
use crate::func::Value;
use crate::inst::{BinOp, IntCond, Op, Sig, Ty};
use crate::module::FuncId;
use gort_types::types::{BasicKind, Type, TypeId};

impl Lowering<'_> {
    /// The hash function of a comparable type.
    pub fn hash_func(&mut self, t: TypeId) -> FuncId {
        let name = format!("type:.hash.{}", self.type_link_name(t));
        let sig = Sig { params: vec![Ty::Ptr, Ty::Ptr, Ty::I64], results: vec![Ty::I64] };
        let (id, new) = self.module.declare_func(&name, &sig);
        if new {
            self.queue.push_back(Work::Hash(id, t));
        }
        id
    }

    pub(super) fn lower_hash(&mut self, id: FuncId, t: TypeId) {
        let entry = &self.module.funcs[id];
        let mut b = FuncBuilder::new(&entry.name.clone(), entry.sig.clone(), Default::default());
        b.func.wrapper = true;
        let (p, seed) = (b.params()[1], b.params()[2]);
        let h = self.hash_memory(&mut b, t, p, seed);
        b.ret(vec![h]);
        self.module.funcs[id].body = Some(b.finish());
    }

    /// The seed with the value of type `t` at `p` hashed into it.
    fn hash_memory(&mut self, b: &mut FuncBuilder, t: TypeId, p: Value, seed: Value) -> Value {
        let size = self.layout(t).size;
        if size == 0 {
            return seed;
        }
        if self.is_plain_memory(t) {
            return self.hash_bytes(b, p, size, seed);
        }
        let under = self.prog.under(t);
        match self.prog.types[under].clone() {
            Type::Struct(s) => {
                let mut h = seed;
                for (i, &f) in s.fields.iter().enumerate() {
                    if &*self.prog.objs[f].name == "_" {
                        continue;
                    }
                    let offset = self.field_offset(t, i);
                    let at = offset_ptr(b, p, u64::from(offset));
                    let field = self.obj_type(f);
                    h = self.hash_memory(b, field, at, h);
                }
                h
            }
            Type::Array { elem, len } => self.hash_array(b, elem, len, p, seed),
            Type::Basic(k) if k.is_string() => {
                let (s, n) = (b.load(Ty::Ptr, p, 0), b.load(Ty::I64, p, 8));
                self.call_maps(b, "StrHash", vec![s, n, seed])
            }
            Type::Basic(k) => {
                let name = match k {
                    BasicKind::Float32 => "f32hash",
                    BasicKind::Float64 => "f64hash",
                    BasicKind::Complex64 => "c64hash",
                    _ => "c128hash",
                };
                self.call_rt(b, name, vec![p, seed])
            }
            Type::Interface(_) if self.interface_methods(t).is_empty() => {
                self.call_rt(b, "nilinterhash", vec![p, seed])
            }
            _ => self.call_rt(b, "interhash", vec![p, seed]),
        }
    }

    fn hash_bytes(&mut self, b: &mut FuncBuilder, p: Value, size: u64, seed: Value) -> Value {
        match size {
            4 => {
                let v = b.load(Ty::I32, p, 0);
                self.call_maps(b, "MemHash32", vec![v, seed])
            }
            8 => {
                let v = b.load(Ty::I64, p, 0);
                self.call_maps(b, "MemHash64", vec![v, seed])
            }
            _ => {
                let n = b.iconst(Ty::I64, size as i64);
                self.call_maps(b, "MemHash", vec![p, seed, n])
            }
        }
    }

    fn hash_array(&mut self, b: &mut FuncBuilder, elem: TypeId, len: i64, p: Value, seed: Value) -> Value {
        let size = self.layout(elem).size as i64;
        let (i, h) = (b.declare_var(Ty::I64), b.declare_var(Ty::I64));
        let zero = b.iconst(Ty::I64, 0);
        b.def_var(i, zero);
        b.def_var(h, seed);
        let (head, body, done) = (b.create_block(), b.create_block(), b.create_block());
        b.jump(head);
        b.switch_to(head);
        let (now, end) = (b.use_var(i), b.iconst(Ty::I64, len * size));
        let more = b.icmp(IntCond::Slt, now, end);
        b.branch(more, body, done);
        b.seal(body);
        b.switch_to(body);
        let at = b.emit1(Op::PtrAdd(p, now), Ty::Ptr);
        let before = b.use_var(h);
        let after = self.hash_memory(b, elem, at, before);
        b.def_var(h, after);
        let step = b.iconst(Ty::I64, size);
        let now = b.use_var(i);
        let next = b.binary(BinOp::Add, now, step);
        b.def_var(i, next);
        b.jump(head);
        b.seal(head);
        b.seal(done);
        b.switch_to(done);
        b.use_var(h)
    }

    fn call_maps(&mut self, b: &mut FuncBuilder, name: &str, args: Vec<Value>) -> Value {
        let f = self.maps_fn(name);
        first(b.call(f.callee, args, &f.sig.results), b)
    }

    fn call_rt(&mut self, b: &mut FuncBuilder, name: &str, args: Vec<Value>) -> Value {
        let f = self.rt(name);
        first(b.call(f.callee, args, &f.sig.results), b)
    }
}

fn first(values: Vec<Value>, b: &mut FuncBuilder) -> Value {
    match values.first() {
        Some(&v) => v,
        None => b.iconst(Ty::I64, 0),
    }
}

fn offset_ptr(b: &mut FuncBuilder, p: Value, offset: u64) -> Value {
    if offset == 0 {
        return p;
    }
    let n = b.iconst(Ty::I64, offset as i64);
    b.emit1(Op::PtrAdd(p, n), Ty::Ptr)
}
