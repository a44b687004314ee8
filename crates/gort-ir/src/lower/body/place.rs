//! Places: what can be assigned to and have its address taken.
//!
//! Locating a place evaluates its operands; the bounds check and the nil check that belong to it are done
//! when it is used, as Go's two phases of assignment ask for.

use super::Body;
use super::map_ops::Entry;
use super::shape::Shape;
use super::value::{Addr, Base, Val};
use crate::builder::Var;
use crate::func::Value;
use crate::inst::{BoundsKind, Op, Ty};
use gort_syntax::ast::{Expr, ExprKind};
use gort_types::info::SelectionKind;
use gort_types::types::TypeId;

/// A place.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// `_`
    Blank,
    /// Some SSA variables.
    Vars(Vec<Var>),
    /// In memory.
    Mem(Addr),
    /// An element not checked yet.
    Elem(Elem),
    /// An element of a map.
    Map(Entry),
}

/// Element `index` of `len`, each of `size` bytes, and `after` bytes into it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elem {
    base: Addr,
    index: Value,
    signed: bool,
    len: Value,
    in_range: bool,
    size: u64,
    after: u64,
}

impl<'a> Body<'_, 'a> {
    /// Does the expression name a place (rather than a temporary value)?
    pub(super) fn is_place(&self, e: &Expr) -> bool {
        match &e.kind {
            _ if self.is_constant(e) => false,
            ExprKind::Name(_) => true,
            ExprKind::Paren(x) => self.is_place(x),
            ExprKind::Star(_) => true,
            ExprKind::Selector(x, _) => match self.l.prog.info.selections.get(&e.id) {
                Some(s) => {
                    s.kind == SelectionKind::FieldVal
                        && (s.indirect || self.pointer_elem(self.type_of(x)).is_some() || self.is_place(x))
                }
                None => true,
            },
            ExprKind::Index(x, _) => match self.shape(self.type_of(x)) {
                Shape::Slice(_) | Shape::Pointer(_) => true,
                Shape::Array(..) => self.is_place(x),
                _ => false,
            },
            _ => false,
        }
    }

    /// Evaluates the operands of a place.
    pub(super) fn place(&mut self, e: &'a Expr) -> Place {
        let saved = self.b.pos;
        self.b.pos = e.pos;
        let place = self.place_inner(e);
        self.b.pos = saved;
        place
    }

    fn place_inner(&mut self, e: &'a Expr) -> Place {
        match &e.kind {
            ExprKind::Name(id) if id.is_blank() => Place::Blank,
            ExprKind::Name(_) => self.name_place(e),
            ExprKind::Paren(x) => self.place(x),
            ExprKind::Star(x) => {
                let v = self.expr(x);
                Place::Mem(Addr::deref(self.nth(&v, 0, Ty::Ptr)))
            }
            ExprKind::Selector(x, _) => match self.l.prog.info.selections.get(&e.id).cloned() {
                Some(s) if s.kind == SelectionKind::FieldVal => {
                    let t = self.type_of(x);
                    let (place, t) = self.operand_place(x, t);
                    self.path_place(place, t, &s.index).0
                }
                Some(_) => {
                    self.surprise(e.pos, "a method is no place");
                    Place::Blank
                }
                None => self.name_place(e),
            },
            ExprKind::Index(x, index) => match index.first() {
                Some(i) => self.index_place(x, i),
                None => Place::Blank,
            },
            _ => {
                let t = self.type_of(e);
                let v = self.expr(e);
                Place::Mem(self.in_memory(t, &v))
            }
        }
    }

    fn name_place(&mut self, e: &Expr) -> Place {
        match self.object(e) {
            Some(obj) => self.object_place(obj, e.pos),
            None => {
                self.surprise(e.pos, "a name without an object");
                Place::Blank
            }
        }
    }

    /// The place of an operand: of a pointer operand the place it points to. Of a temporary value: memory.
    fn operand_place(&mut self, x: &'a Expr, t: TypeId) -> (Place, TypeId) {
        if let Some(elem) = self.pointer_elem(t) {
            let v = self.expr(x);
            return (Place::Mem(Addr::deref(self.nth(&v, 0, Ty::Ptr))), elem);
        }
        (self.place(x), t)
    }

    /// Follows a path of field indices, through pointers where there are some.
    pub(super) fn path_place(&mut self, mut place: Place, mut t: TypeId, path: &[usize]) -> (Place, TypeId) {
        for &i in path {
            if let Some(elem) = self.pointer_elem(t) {
                let v = self.load_place(t, place);
                place = Place::Mem(Addr::deref(self.nth(&v, 0, Ty::Ptr)));
                t = elem;
            }
            (place, t) = self.field_place(place, t, i);
        }
        (place, t)
    }

    /// A field of a struct.
    pub(super) fn field_place(&mut self, place: Place, t: TypeId, i: usize) -> (Place, TypeId) {
        let Some(&field) = self.field_types(t).get(i) else { return (place, t) };
        let offset = u64::from(self.l.field_offset(t, i));
        let place = match place {
            Place::Blank => Place::Blank,
            Place::Vars(vars) => {
                let range = self.scalar_range(t, offset, field);
                Place::Vars(vars.get(range).unwrap_or_default().to_vec())
            }
            Place::Mem(a) => Place::Mem(a.plus(offset)),
            Place::Elem(e) => Place::Elem(Elem { after: e.after + offset, ..e }),
            Place::Map(e) => Place::Map(e),
        };
        (place, field)
    }

    /// `x[i]` of a slice, array or pointer to array.
    fn index_place(&mut self, x: &'a Expr, i: &'a Expr) -> Place {
        let t = self.type_of(x);
        match self.shape(t) {
            Shape::Slice(elem) => {
                let v = self.expr(x);
                let (index, signed) = self.index_value(i);
                let base = Addr::heap(self.nth(&v, 0, Ty::Ptr));
                let len = self.nth(&v, 1, Ty::I64);
                let size = self.layout(elem).size;
                Place::Elem(Elem { base, index, signed, len, in_range: false, size, after: 0 })
            }
            Shape::Pointer(array) => {
                let v = self.expr(x);
                let base = Place::Mem(Addr::deref(self.nth(&v, 0, Ty::Ptr)));
                self.array_elem_place(base, array, i)
            }
            Shape::Array(..) => {
                let base = self.place(x);
                self.array_elem_place(base, t, i)
            }
            Shape::Map => Place::Map(self.map_entry(x, i)),
            _ => {
                self.surprise(x.pos, "indexing of something else");
                Place::Blank
            }
        }
    }

    fn array_elem_place(&mut self, base: Place, array: TypeId, i: &'a Expr) -> Place {
        let Shape::Array(elem, n) = self.shape(array) else { return Place::Blank };
        let base = self.resolve(base);
        let constant = self.fact(i).and_then(|tv| tv.value).and_then(|v| v.as_i64());
        let (index, signed) = self.index_value(i);
        let len = self.i64(n);
        let in_range = constant.is_some_and(|c| c >= 0 && c < n);
        let size = self.layout(elem).size;
        match base {
            Place::Mem(base) => match constant {
                Some(c) if in_range => Place::Mem(base.plus(c as u64 * size)),
                _ => Place::Elem(Elem { base, index, signed, len, in_range, size, after: 0 }),
            },
            // An array in SSA variables has one element, or none.
            place => {
                if !in_range {
                    self.bounds_check(BoundsKind::Index, index, len, signed);
                }
                if n == 0 { Place::Vars(Vec::new()) } else { place }
            }
        }
    }

    /// The place with its checks done, but for the nil check of the final access.
    pub(super) fn resolve(&mut self, place: Place) -> Place {
        match place {
            Place::Elem(e) => {
                if !e.in_range {
                    self.bounds_check(BoundsKind::Index, e.index, e.len, e.signed);
                }
                Place::Mem(self.element(e.base, e.index, e.size).plus(e.after))
            }
            place => place,
        }
    }

    /// Address of element `index` of memory, known to be in range.
    pub(super) fn element(&mut self, base: Addr, index: Value, size: u64) -> Addr {
        let p = self.addr_value(base);
        let bytes = self.scale(index, size);
        let p = self.b.emit1(Op::PtrAdd(p, bytes), Ty::Ptr);
        match base.base {
            Base::Heap { .. } => Addr::heap(p),
            Base::Slot(_) | Base::Stack(_) => Addr::stack(p),
        }
    }

    pub(super) fn load_place(&mut self, t: TypeId, place: Place) -> Val {
        match self.resolve(place) {
            Place::Vars(vars) => Val::Scalars(vars.into_iter().map(|v| self.b.use_var(v)).collect()),
            Place::Mem(a) => self.load(t, a),
            Place::Map(e) => self.map_load(&e),
            Place::Blank | Place::Elem(_) => self.zero_val(t),
        }
    }

    pub(super) fn store_place(&mut self, t: TypeId, place: Place, v: &Val) {
        match self.resolve(place) {
            Place::Vars(vars) => {
                if let Val::Scalars(values) = v {
                    for (&var, &value) in vars.iter().zip(values) {
                        self.b.def_var(var, value);
                    }
                }
            }
            Place::Mem(a) => self.store(t, a, v),
            Place::Map(e) => {
                let addr = self.map_assign(&e);
                self.store(t, addr, v);
            }
            Place::Blank | Place::Elem(_) => {}
        }
    }

    /// The address of a place that is in memory.
    pub(super) fn place_addr(&mut self, place: Place, t: TypeId, e: &Expr) -> Addr {
        match self.resolve(place) {
            Place::Mem(a) => a,
            place => {
                if matches!(&place, Place::Vars(v) if !v.is_empty()) {
                    self.surprise(e.pos, "the address of a variable in registers");
                }
                let v = self.load_place(t, place);
                let _ = v;
                Addr::heap(self.new_object(t))
            }
        }
    }
}
