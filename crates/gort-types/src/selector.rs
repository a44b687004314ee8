//! `x.f`: qualified identifiers, fields, methods.
//!
//! Go counterpart: `selector` in `go/types/call.go`.

use crate::checker::Checker;
use crate::exprstring::expr_string;
use crate::info::{ConstValue, Mode, Selection, SelectionKind};
use crate::lookup::LookupResult;
use crate::object::{ObjId, ObjKind, VarKind};
use crate::operand::Operand;
use crate::predicates::is_exported;
use crate::program::PkgId;
use crate::types::{Signature, Type, TypeId};
use gort_syntax::ast::{Expr, ExprKind, Ident};

/// What Go's package runtime exports and this one may lack: missing it is no mistake of the program.
const GO_RUNTIME: &[&str] = &[
    "AddCleanup",
    "BlockProfile",
    "BlockProfileRecord",
    "Breakpoint",
    "CPUProfile",
    "Caller",
    "Callers",
    "CallersFrames",
    "Cleanup",
    "Frame",
    "Frames",
    "Func",
    "FuncForPC",
    "GOROOT",
    "GoroutineProfile",
    "LockOSThread",
    "MemProfile",
    "MemProfileRate",
    "MemProfileRecord",
    "MutexProfile",
    "NumCgoCall",
    "Pinner",
    "ReadTrace",
    "SetBlockProfileRate",
    "SetCPUProfileRate",
    "SetCgoTraceback",
    "SetFinalizer",
    "SetMutexProfileFraction",
    "Stack",
    "StackRecord",
    "StartTrace",
    "StopTrace",
    "ThreadCreateProfile",
    "UnlockOSThread",
];

impl<'a> Checker<'a> {
    /// Checks a selector expression; `want_type`: only a type will do.
    pub fn selector(&mut self, x: &mut Operand<'a>, e: &'a Expr, want_type: bool) {
        let ExprKind::Selector(operand, sel) = &e.kind else { return };
        if let ExprKind::Name(id) = &operand.kind
            && let Some(obj) = self.lookup(&id.name)
            && let ObjKind::PkgName { imported, .. } = self.prog.obj(obj).kind
        {
            self.record_use(id, obj);
            self.mark_used(obj);
            self.qualified(x, e, sel, imported);
        } else {
            self.selected(x, e, operand, sel, want_type);
        }
        x.expr = Some(e);
        if !x.is_valid() {
            x.typ = self.prog.invalid();
        }
    }

    /// `pkg.Name`
    fn qualified(&mut self, x: &mut Operand<'a>, e: &'a Expr, sel: &'a Ident, pkg: PkgId) {
        let package = self.prog.pkg(pkg);
        let (fake, name) = (package.fake, package.name.clone());
        let names = &self.prog.scope(package.scope).names;
        let Some(&obj) = names.get(&sel.name) else {
            let folded = sel.name.to_lowercase();
            let mut near: Vec<_> =
                names.keys().filter(|n| is_exported(n) && n.to_lowercase() == folded).cloned().collect();
            near.sort();
            if name == "runtime" && GO_RUNTIME.contains(&&*sel.name) {
                self.diags.unsupported(sel.pos, &expr_string(e));
            } else if !fake && !sel.is_blank() {
                let message = match near.first() {
                    Some(near) => format!("undefined: {} (but have {near})", expr_string(e)),
                    None => format!("undefined: {}", expr_string(e)),
                };
                self.error(sel.pos, "UndeclaredImportedName", message);
            }
            x.invalidate();
            return;
        };
        if !is_exported(&sel.name) {
            let message = format!("name {} not exported by package {name}", sel.name);
            self.error(sel.pos, "UnexportedName", message);
        }
        self.record_use(sel, obj);
        x.typ = self.prog.obj_type(obj);
        match &self.prog.obj(obj).kind {
            ObjKind::Const { value } => {
                x.val = Some(value.clone().unwrap_or(ConstValue::Unknown));
                x.mode = Mode::Constant;
            }
            ObjKind::TypeName { .. } => x.mode = Mode::TypExpr,
            ObjKind::Var { .. } => x.mode = Mode::Variable,
            ObjKind::Func { .. } => x.mode = Mode::Value,
            ObjKind::Builtin(id) => x.mode = Mode::Builtin(*id),
            _ => x.invalidate(),
        }
    }

    fn selected(
        &mut self,
        x: &mut Operand<'a>,
        e: &'a Expr,
        operand: &'a Expr,
        sel: &'a Ident,
        want_type: bool,
    ) {
        self.expr_or_type(x, operand);
        match x.mode {
            Mode::Invalid => return,
            Mode::Builtin(_) => {
                let message = format!("invalid use of {} in selector expression", self.operand_string(x));
                self.error(e.pos, "UncalledBuiltin", message);
                x.invalidate();
                return;
            }
            _ => {}
        }
        if !self.is_complete(x.typ) {
            x.invalidate();
            return;
        }
        if want_type {
            self.error(sel.pos, "NotAType", format!("{} is not a type", expr_string(e)));
            x.invalidate();
            return;
        }
        if self.prog.pointer_base(x.typ).is_some_and(|b| !self.is_complete(b)) {
            x.invalidate();
            return;
        }
        let addressable = x.mode == Mode::Variable;
        match self.prog.lookup_field_or_method(x.typ, addressable, Some(self.pkg), &sel.name, false) {
            LookupResult::Found { obj, index, indirect } => self.found(x, e, sel, obj, index, indirect),
            failed => {
                self.selector_error(x, sel, &failed);
                x.invalidate();
            }
        }
    }

    fn selector_error(&mut self, x: &Operand<'a>, sel: &Ident, failed: &LookupResult) {
        if !self.prog.is_valid(self.prog.under(x.typ)) {
            return;
        }
        let text = x.expr.map(expr_string).unwrap_or_default();
        let (typ, name) = (self.type_string(x.typ), &sel.name);
        let (code, message) = match failed {
            LookupResult::Ambiguous { .. } => {
                ("AmbiguousSelector", format!("ambiguous selector {text}.{name}"))
            }
            LookupResult::PtrRecv if x.mode == Mode::TypExpr => (
                "InvalidMethodExpr",
                format!("invalid method expression {typ}.{name} (needs pointer receiver (*{typ}).{name})"),
            ),
            LookupResult::PtrRecv => {
                ("InvalidMethodExpr", format!("cannot call pointer method {name} on {typ}"))
            }
            _ if self.is_interface_ptr(x.typ) => (
                "MissingFieldOrMethod",
                format!("{text}.{name} undefined (type {typ} is pointer to interface, not interface)"),
            ),
            _ => {
                let addressable = x.mode == Mode::Variable;
                let alt =
                    match self.prog.lookup_field_or_method(x.typ, addressable, Some(self.pkg), name, true) {
                        LookupResult::Found { obj, .. } => Some(obj),
                        _ => None,
                    };
                let why = self.lookup_error(x.typ, name, alt, false);
                ("MissingFieldOrMethod", format!("{text}.{name} undefined ({why})"))
            }
        };
        self.error(sel.pos, code, message);
    }

    fn found(
        &mut self,
        x: &mut Operand<'a>,
        e: &'a Expr,
        sel: &'a Ident,
        obj: ObjId,
        index: Vec<usize>,
        indirect: bool,
    ) {
        let recv = x.typ;
        if let ObjKind::Var { .. } = self.prog.obj(obj).kind {
            if x.mode == Mode::TypExpr {
                let typ = self.type_string(recv);
                let message = format!("operand for field selector {} must be value of type {typ}", sel.name);
                self.error(x.pos(), "MissingFieldOrMethod", message);
                x.invalidate();
                return;
            }
            x.mode = if x.mode == Mode::Variable || indirect { Mode::Variable } else { Mode::Value };
            x.typ = self.prog.obj_type(obj);
            x.val = None;
            let selection = Selection::new(SelectionKind::FieldVal, recv, obj, index, indirect, x.typ);
            self.record_selection(e, sel, selection);
            return;
        }
        self.obj_decl(obj);
        self.prog.complete_selected_method(obj);
        let declared = self.prog.method_origin(obj);
        self.add_decl_dep(declared);
        let typ = self.prog.obj_type(obj);
        let Type::Signature(sig) = self.prog.ty(typ).clone() else {
            x.invalidate();
            return;
        };
        let (kind, sig) = if x.mode == Mode::TypExpr {
            (SelectionKind::MethodExpr, self.method_expr(sig, recv))
        } else {
            (SelectionKind::MethodVal, Signature { recv: None, ..sig })
        };
        x.mode = Mode::Value;
        x.val = None;
        x.typ = self.prog.add_type(Type::Signature(sig));
        let selection = Selection::new(kind, recv, obj, index, indirect, x.typ);
        self.record_selection(e, sel, selection);
    }

    /// The signature of `T.m`: the receiver becomes the first parameter.
    fn method_expr(&mut self, sig: Signature, recv: TypeId) -> Signature {
        let named = sig.params.first().is_some_and(|&p| !self.prog.obj(p).name.is_empty());
        let (pos, name) = match sig.recv.map(|r| self.prog.obj(r)) {
            Some(r) if named && r.name.is_empty() => (r.pos, "_".into()),
            Some(r) if named => (r.pos, r.name.clone()),
            Some(r) => (r.pos, "".into()),
            None => (gort_syntax::source::Pos::NONE, if named { "_".into() } else { "".into() }),
        };
        let first = self.new_var(VarKind::Param, pos, name, Some(recv));
        let params = std::iter::once(first).chain(sig.params.iter().copied()).collect();
        Signature { recv: None, params, ..sig }
    }
}
