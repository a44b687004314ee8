//! Expressions: one arm for each kind.

use super::Body;
use super::shape::Shape;
use super::value::{Addr, Val};
use crate::func::{Block, Value};
use crate::inst::{Op, Target, Ty, UnOp};
use gort_syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use gort_types::info::{Mode, SelectionKind};
use gort_types::object::ObjKind;
use gort_types::types::{BasicKind, Type, TypeId};

impl<'a> Body<'_, 'a> {
    /// The value of an expression, of type `type_of(e)`.
    pub(super) fn expr(&mut self, e: &'a Expr) -> Val {
        let saved = self.b.pos;
        self.b.pos = e.pos;
        let constant = self.l.prog.info.types.get(&e.id).and_then(|tv| Some((tv.typ, tv.value.clone()?)));
        let v = match constant {
            Some((t, value)) => self.const_val(t, &value),
            None => self.expr_inner(e),
        };
        self.b.pos = saved;
        v
    }

    /// The value of an expression, converted to the type it is assigned to.
    pub(super) fn expr_to(&mut self, e: &'a Expr, to: TypeId) -> Val {
        if self.is_nil(e) {
            return self.zero_val(to);
        }
        let from = self.value_type(e);
        if self.is_interface(to)
            && let Some(value) = self.fact(e).and_then(|tv| tv.value)
            && let Some(boxed) = self.const_box(from, &value, to)
        {
            return boxed;
        }
        let v = self.expr(e);
        let v = self.implicit(v, from, to);
        if self.is_interface(to) && !self.is_interface(from) {
            self.note_boxed(&v, e);
        }
        v
    }

    /// As `expr_to`, a value that later assignments do not change.
    pub(super) fn stable_expr_to(&mut self, e: &'a Expr, to: TypeId) -> Val {
        let v = self.expr_to(e, to);
        self.stable(to, v)
    }

    /// The type of an expression as a value: an untyped one has its default type.
    pub(super) fn value_type(&mut self, e: &Expr) -> TypeId {
        let t = self.type_of(e);
        self.l.prog.default_type(t)
    }

    pub(super) fn is_nil(&self, e: &Expr) -> bool {
        let e = e.unparen();
        if self.mode(e) == Mode::NilValue {
            return true;
        }
        if matches!(self.l.prog.ty(self.type_of(e)), Type::Basic(BasicKind::UntypedNil)) {
            return true;
        }
        matches!(&e.kind, ExprKind::Name(_))
            && self.object(e).is_some_and(|o| matches!(self.l.prog.objs[o].kind, ObjKind::Nil))
    }

    /// The only scalar of an expression.
    pub(super) fn expr_scalar(&mut self, e: &'a Expr) -> Value {
        let v = self.expr(e);
        self.scalar(&v)
    }

    fn expr_inner(&mut self, e: &'a Expr) -> Val {
        match &e.kind {
            ExprKind::Name(_) => self.name(e),
            ExprKind::CompositeLit(c) => self.composite(e, c),
            ExprKind::FuncLit(lit) => self.func_lit(e, lit),
            ExprKind::Paren(x) => self.expr(x),
            ExprKind::Selector(x, _) => self.selector(e, x),
            ExprKind::Index(x, index) => {
                if let Some(obj) = self.denoted(e) {
                    let s = self.l.func_value_symbol(obj);
                    return Val::one(self.b.emit1(Op::SymAddr(s, 0), Ty::Ptr));
                }
                if self.is_instantiation(x) {
                    return match self.selected(e) {
                        Some((x, s)) if s.kind == SelectionKind::MethodVal => self.method_value(e, x, &s),
                        Some((_, s)) => self.method_expr(e, &s),
                        None => self.zero_of(e),
                    };
                }
                if self.is_place(e) {
                    return self.place_value(e);
                }
                match index.first() {
                    Some(i) => self.index_expr(x, i),
                    None => self.zero_of(e),
                }
            }
            ExprKind::Slice(s) => self.slice_expr(e, s),
            ExprKind::TypeAssert(x, _) => self.type_assert(e, x),
            ExprKind::Call(c) => self.call_value(e, c),
            ExprKind::Star(_) => self.place_value(e),
            ExprKind::Unary(op, x) => self.unary(e, *op, x),
            ExprKind::Binary(op, x, y) => self.binary(e, *op, x, y),
            _ => {
                self.surprise(e.pos, "an expression that is no value");
                self.zero_of(e)
            }
        }
    }

    pub(super) fn zero_of(&mut self, e: &Expr) -> Val {
        let t = self.type_of(e);
        self.zero_val(t)
    }

    fn place_value(&mut self, e: &'a Expr) -> Val {
        let t = self.type_of(e);
        let place = self.place(e);
        self.load_place(t, place)
    }

    fn name(&mut self, e: &'a Expr) -> Val {
        let Some(obj) = self.object(e) else {
            self.surprise(e.pos, "a name without an object");
            return self.zero_of(e);
        };
        match self.l.prog.objs[obj].kind.clone() {
            ObjKind::Var { .. } => self.place_value(e),
            ObjKind::Func { .. } => {
                let obj = self.denoted(e).unwrap_or(obj);
                let s = self.l.func_value_symbol(obj);
                Val::one(self.b.emit1(Op::SymAddr(s, 0), Ty::Ptr))
            }
            ObjKind::Const { value: Some(value) } => {
                let t = self.type_of(e);
                self.const_val(t, &value)
            }
            ObjKind::Nil => self.zero_of(e),
            _ => {
                self.surprise(e.pos, "a name that is no value");
                self.zero_of(e)
            }
        }
    }

    fn selector(&mut self, e: &'a Expr, x: &'a Expr) -> Val {
        let Some((_, s)) = self.selected(e) else { return self.name(e) };
        match s.kind {
            SelectionKind::MethodVal => self.method_value(e, x, &s),
            SelectionKind::MethodExpr => self.method_expr(e, &s),
            SelectionKind::FieldVal if self.is_place(e) => self.place_value(e),
            SelectionKind::FieldVal => {
                let (mut v, mut t) = (self.expr(x), self.type_of(x));
                for &i in &s.index {
                    if let Some(elem) = self.pointer_elem(t) {
                        let p = self.nth(&v, 0, Ty::Ptr);
                        v = self.load(elem, Addr::deref(p));
                        t = elem;
                    }
                    let Some(&field) = self.field_types(t).get(i) else { break };
                    let offset = u64::from(self.l.field_offset(t, i));
                    v = self.part(t, &v, offset, field);
                    t = field;
                }
                v
            }
        }
    }

    fn unary(&mut self, e: &'a Expr, op: UnaryOp, x: &'a Expr) -> Val {
        let t = self.type_of(e);
        match op {
            UnaryOp::Addr => return self.address_of(x),
            UnaryOp::Recv => return self.receive(x).0,
            UnaryOp::Plus | UnaryOp::Tilde => return self.expr(x),
            UnaryOp::Not => {
                let v = self.expr_scalar(x);
                return Val::one(self.not(v));
            }
            UnaryOp::Neg | UnaryOp::Com => {}
        }
        let v = self.expr(x);
        let unop = match (op, self.shape(t)) {
            (UnaryOp::Com, _) => UnOp::Not,
            (_, Shape::Float(_) | Shape::Complex(_)) => UnOp::Fneg,
            _ => UnOp::Neg,
        };
        let Val::Scalars(values) = v else { return self.zero_val(t) };
        let negate = |v| {
            let ty = self.b.func.ty(v);
            self.b.emit1(Op::Unary(unop, v), ty)
        };
        Val::Scalars(values.into_iter().map(negate).collect())
    }

    /// `!v`
    pub(super) fn not(&mut self, v: Value) -> Value {
        let one = self.b.iconst(Ty::I8, 1);
        self.b.binary(crate::inst::BinOp::Xor, v, one)
    }

    /// `&x`
    fn address_of(&mut self, x: &'a Expr) -> Val {
        let inner = x.unparen();
        if let ExprKind::CompositeLit(c) = &inner.kind {
            let t = self.type_of(inner);
            let p = self.new_object(t);
            self.note_expr(p, inner.pos, || format!("&{}", literal_text(c)));
            self.composite_into(t, c, Addr::heap(p), true);
            return Val::one(p);
        }
        let t = self.type_of(inner);
        let place = self.place(inner);
        let addr = self.place_addr(place, t, inner);
        Val::one(self.addr_value(addr))
    }

    fn binary(&mut self, e: &'a Expr, op: BinaryOp, x: &'a Expr, y: &'a Expr) -> Val {
        match op {
            BinaryOp::LogAnd | BinaryOp::LogOr => {
                let join = self.b.create_block();
                let result = self.b.add_param(join, Ty::I8);
                let more = self.b.create_block();
                let first = self.expr_scalar(x);
                let (to_more, to_join) =
                    (Target { block: more, args: Vec::new() }, Target { block: join, args: vec![first] });
                let (then, els) =
                    if op == BinaryOp::LogAnd { (to_more, to_join) } else { (to_join, to_more) };
                self.b.emit(Op::Branch { cond: first, then, els }, &[]);
                self.b.seal(more);
                self.b.switch_to(more);
                let second = self.expr_scalar(y);
                self.b.jump_args(join, vec![second]);
                self.b.seal(join);
                self.b.switch_to(join);
                Val::one(result)
            }
            op if op.is_comparison() => Val::one(self.comparison(op, x, y)),
            op if op.is_shift() => self.shift_expr(e, op, x, y),
            BinaryOp::Add if self.shape(self.type_of(e)) == Shape::String => self.concat(e),
            _ => {
                let t = self.type_of(e);
                let constant = self.is_constant(y);
                let [a, b] = self.pair_to([x, y], t);
                self.arithmetic(t, op, &a, &b, constant)
            }
        }
    }

    /// Branches by a condition; `&&`, `||` and `!` become control flow.
    pub(super) fn cond(&mut self, e: &'a Expr, then: Block, els: Block) {
        let saved = self.b.pos;
        self.b.pos = e.pos;
        if self.is_constant(e) {
            let v = self.fact(e).and_then(|tv| tv.value).and_then(|v| v.as_bool());
            self.b.jump(if v == Some(false) { els } else { then });
            self.b.pos = saved;
            return;
        }
        match &e.kind {
            ExprKind::Paren(x) => self.cond(x, then, els),
            ExprKind::Unary(UnaryOp::Not, x) => self.cond(x, els, then),
            ExprKind::Binary(op @ (BinaryOp::LogAnd | BinaryOp::LogOr), x, y) => {
                let more = self.b.create_block();
                if *op == BinaryOp::LogAnd {
                    self.cond(x, more, els);
                } else {
                    self.cond(x, then, more);
                }
                self.b.seal(more);
                if self.b.has_preds(more) {
                    self.b.switch_to(more);
                    self.cond(y, then, els);
                }
            }
            _ => {
                let v = self.expr_scalar(e);
                self.b.branch(v, then, els);
            }
        }
        self.b.pos = saved;
    }
}

/// A composite literal without its elements.
pub(super) fn literal_text(c: &gort_syntax::ast::CompositeLit) -> String {
    let typ = c.typ.as_ref().map(gort_syntax::print::expr).unwrap_or_default();
    format!("{typ}{{...}}")
}
