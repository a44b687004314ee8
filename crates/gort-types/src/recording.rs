//! Writing facts down: the side tables of [`crate::info::Info`].
//!
//! Go counterpart: `go/types/recording.go`. One difference: an untyped expression that nothing converts
//! (`if a == b`, the 2 of `x << 2`) is recorded with its default type where the value fits, since
//! later stages know typed values only.

use crate::checker::{Checker, UntypedExpr};
use crate::const_check::representable_const;
use crate::info::{ConstValue, Mode, Selection, SelectionKind, TypeAndValue};
use crate::object::ObjId;
use crate::operand::Operand;
use crate::types::{BasicKind, Type, TypeId};
use gort_syntax::ast::{Expr, ExprKind, Ident};

impl<'a> Checker<'a> {
    /// Records what was found out about an operand's expression, or remembers it as untyped.
    pub fn record(&mut self, x: &Operand<'a>) {
        let Some(e) = x.expr else { return };
        match x.mode {
            Mode::Invalid => {}
            Mode::NoValue => {
                let empty = self.prog.add_type(Type::Tuple(Vec::new()));
                self.record_type_and_value(e, Mode::NoValue, empty, None);
            }
            _ if self.prog.is_untyped(x.typ) => {
                let mut operand = x.clone();
                if x.mode != Mode::Constant {
                    operand.val = None;
                }
                self.untyped.insert(e.id, UntypedExpr { expr: e, is_lhs: false, operand });
            }
            Mode::Constant => self.record_type_and_value(e, x.mode, x.typ, x.val.clone()),
            _ => self.record_type_and_value(e, x.mode, x.typ, None),
        }
    }

    /// Records an expression's facts.
    pub fn record_type_and_value(&mut self, e: &Expr, mode: Mode, typ: TypeId, value: Option<ConstValue>) {
        if mode != Mode::Invalid {
            self.prog.info.types.insert(e.id, TypeAndValue { mode, typ, value });
        }
    }

    /// Records that `e` yields two values.
    pub fn record_comma_ok_types(&mut self, e: &'a Expr, types: [TypeId; 2]) {
        let vars =
            types.map(|t| self.new_var(crate::object::VarKind::Local, e.pos, "".into(), Some(t))).to_vec();
        let tuple = self.prog.add_type(Type::Tuple(vars));
        let mut e = e;
        loop {
            if let Some(tv) = self.prog.info.types.get_mut(&e.id) {
                tv.typ = tuple;
            }
            match &e.kind {
                ExprKind::Paren(x) => e = x,
                _ => return,
            }
        }
    }

    /// Records what is still untyped when the package is done: see the module header.
    pub fn record_untyped(&mut self) {
        let left: Vec<_> = self.untyped.drain().map(|(_, u)| u).collect();
        for UntypedExpr { expr, operand: x, .. } in left {
            let default = self.prog.default_type(x.typ);
            let (mut typ, mut val) = (default, x.val.clone());
            if let (Mode::Constant, Some(v)) = (x.mode, &x.val) {
                let kind = self.prog.basic_kind(default).unwrap_or(BasicKind::Invalid);
                match representable_const(v, kind) {
                    Some(rounded) => val = Some(rounded),
                    None => typ = x.typ,
                }
            }
            self.record_type_and_value(expr, x.mode, typ, val);
        }
    }

    /// Records what an identifier declares.
    pub fn record_def(&mut self, id: &Ident, obj: ObjId) {
        self.prog.info.defs.insert(id.id, obj);
    }

    /// Records what an identifier refers to.
    pub fn record_use(&mut self, id: &Ident, obj: ObjId) {
        self.prog.info.uses.insert(id.id, obj);
    }

    /// Records the instance that the expression denotes.
    pub fn record_instance(&mut self, e: &Expr, type_args: Vec<TypeId>, typ: TypeId) {
        let mut e = e;
        loop {
            match &e.kind {
                ExprKind::Paren(x) | ExprKind::Index(x, _) => e = x,
                ExprKind::Name(id) | ExprKind::Selector(_, id) => {
                    self.prog.info.instances.insert(id.id, crate::info::Instance { type_args, typ });
                    return;
                }
                _ => return,
            }
        }
    }

    /// Records how the selector `e` (whose name is `sel`) selects.
    pub fn record_selection(&mut self, e: &Expr, sel: &Ident, selection: Selection) {
        self.record_use(sel, selection.obj);
        self.prog.info.selections.insert(e.id, selection);
    }
}

impl Selection {
    /// A selection; its type is filled in by whoever knows it.
    pub fn new(
        kind: SelectionKind,
        recv: TypeId,
        obj: ObjId,
        index: Vec<usize>,
        indirect: bool,
        typ: TypeId,
    ) -> Self {
        Self { kind, recv, obj, index, indirect, typ }
    }
}
