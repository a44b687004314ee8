//! Interface types.
//!
//! Go counterpart: `go/types/interface.go`.

use crate::checker::Checker;
use crate::object::{ObjId, ObjKind, VarKind};
use crate::types::{Interface, Type, TypeId};
use gort_syntax::ast::{FuncType, Ident, InterfaceElem};
use gort_syntax::source::Pos;
use std::sync::Arc;

impl<'a> Checker<'a> {
    pub(crate) fn interface_type(
        &mut self,
        pos: Pos,
        elems: &'a [InterfaceElem],
        def: Option<ObjId>,
    ) -> TypeId {
        if elems.is_empty() {
            return self.prog.add_type(Type::Interface(Interface {
                type_set: Some(crate::types::TypeSet::default()),
                ..Interface::default()
            }));
        }
        let t = self.prog.add_type(Type::Interface(Interface::default()));
        let named = def.and_then(|d| self.prog.obj(d).typ).filter(|&d| self.prog.named(d).is_some());
        let recv = named.unwrap_or(t);
        let mut methods: Vec<ObjId> = Vec::new();
        let (mut embeddeds, mut embed_pos) = (Vec::new(), Vec::new());
        for elem in elems {
            match elem {
                InterfaceElem::Method(name, _) if name.is_blank() => {
                    let msg = "methods must have a unique non-blank name";
                    self.error(name.pos, "BlankIfaceMethod", msg);
                }
                InterfaceElem::Method(name, ft) => methods.push(self.interface_method(name, ft, recv)),
                InterfaceElem::Embedded(e) => {
                    embeddeds.push(self.union(e));
                    embed_pos.push(e.start());
                }
            }
        }
        self.prog.sort_methods(&mut methods);
        *self.prog.ty_mut(t) =
            Type::Interface(Interface { methods, embeddeds, embed_pos, type_set: None, implicit: false });
        self.later_type_set(t, pos);
        t
    }

    fn interface_method(&mut self, name: &'a Ident, ft: &'a FuncType, recv: TypeId) -> ObjId {
        let (sig, _) = self.func_type(None, ft);
        let recv = self.new_var(VarKind::Recv, name.pos, Arc::from(""), Some(recv));
        if let Type::Signature(s) = self.prog.ty_mut(sig) {
            s.recv = Some(recv);
        }
        let m = self.new_obj(name.pos, name.name.clone(), Some(sig), ObjKind::Func { ptr_recv: false });
        self.record_def(name, m);
        m
    }
}
