//! `//go:uintptrescapes`: what a call of such a function gets as `uintptr(pointer)` is not on the stack, and lives until
//! the call returns.
//!
//! The pointers are made anew from the numbers before the call, and passed to `runtime.keepescaped` after it: so they are
//! roots in between, and escape analysis sees them leave.

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::Value;
use crate::inst::{ConvOp, Ty};
use gort_syntax::ast::{CallExpr, Expr, ExprKind};
use gort_types::object::ObjId;
use gort_types::types::TypeId;

/// Values of arguments, with the expressions they come from.
pub(super) type Given<'a> = Vec<(&'a Expr, Val)>;

impl<'a> Body<'_, 'a> {
    /// Does the function, or method, have the pragma?
    pub(super) fn keeps_uintptrs(&mut self, callee: Option<ObjId>) -> bool {
        let Some(obj) = callee else { return false };
        let origin = self.l.instance_of(obj).map_or(obj, |i| i.origin);
        let decl = self.l.decls.get(&origin);
        decl.is_some_and(|d| d.pragmas.iter().any(|p| &**p == "go:uintptrescapes"))
    }

    /// The pointers among the arguments that are passed as numbers.
    pub(super) fn pointers_in(&mut self, given: Given<'a>) -> Vec<Value> {
        let mut pointers = Vec::new();
        for (e, v) in given {
            if let (ExprKind::Call(c), Val::Scalars(words)) = (&e.unparen().kind, v)
                && self.is_uintptr_of_pointer(e, c)
                && let [word] = words.as_slice()
            {
                pointers.push(self.b.convert(ConvOp::Bitcast, *word, Ty::Ptr));
            }
        }
        pointers
    }

    /// Is it a conversion of an unsafe.Pointer to an integer?
    fn is_uintptr_of_pointer(&mut self, e: &'a Expr, c: &'a CallExpr) -> bool {
        let [x] = c.args.as_slice() else { return false };
        let (to, from): (TypeId, TypeId) = (self.type_of(e), self.type_of(x));
        self.is_type(c.fun.unparen())
            && matches!(self.shape(to), Shape::Int { .. })
            && matches!(self.shape(from), Shape::UnsafePointer)
    }

    /// After the call.
    pub(super) fn keep_escaped(&mut self, pointers: Vec<Value>) {
        for p in pointers {
            self.rt("keepescaped", vec![p]);
        }
    }
}
