//! Data objects of a module: string literals, globals, static closures; and references to functions.

use super::abi::First;
use super::link::Linked;
use super::wrapper::Wrapper;
use super::{Lowering, Work};
use crate::inst::{Callee, Sig, Ty};
use crate::module::FuncId;
use gort_abi::module::{DataObject, Reloc, RelocKind, SymbolId};
use gort_abi::runtime_fn::{RuntimeFn, Word};
use gort_types::object::ObjId;

/// A function of package runtime, called by compiled code.
#[derive(Clone, Debug)]
pub struct RtFn {
    /// What to call.
    pub callee: Callee,
    /// Exactly the IR types to pass and expect.
    pub sig: Sig,
    /// Its declaration.
    pub obj: Option<ObjId>,
}

/// A relocation that writes an 8-byte address.
pub fn abs8(offset: u32, target: SymbolId) -> Reloc {
    Reloc { offset, kind: RelocKind::Abs8, target, addend: 0 }
}

impl<'a> Lowering<'a> {
    /// Read-only bytes.
    pub fn string_symbol(&mut self, bytes: &[u8]) -> SymbolId {
        if let Some(&s) = self.strings.get(bytes) {
            return s;
        }
        let name = format!("go:string.{}", self.strings.len());
        let size = bytes.len() as u64;
        let s = self.module.add_data(DataObject {
            name,
            bytes: bytes.to_vec(),
            size,
            align: 1,
            ..Default::default()
        });
        self.strings.insert(bytes.to_vec(), s);
        s
    }

    /// A table of all bytes, in order: boxed bytes are in it.
    pub fn bytes_symbol(&mut self) -> SymbolId {
        let name = "go:bytes";
        self.module.data_by_name(name).unwrap_or_else(|| {
            let bytes = (0..=255).collect();
            self.module.add_data(DataObject {
                name: name.into(),
                bytes,
                size: 256,
                align: 8,
                ..Default::default()
            })
        })
    }

    /// A table of the integers below 256, in 8 bytes each: boxed ones are in it.
    pub fn small_ints_symbol(&mut self) -> SymbolId {
        let name = crate::escape::boxes::TABLE;
        self.module.data_by_name(name).unwrap_or_else(|| {
            let bytes: Vec<u8> = (0..256u64).flat_map(u64::to_le_bytes).collect();
            let size = bytes.len() as u64;
            self.module.add_data(DataObject {
                name: name.into(),
                bytes,
                size,
                align: 8,
                ..Default::default()
            })
        })
    }

    /// Link name of a package-level variable.
    pub(super) fn global_name(&self, var: ObjId) -> String {
        let own = || format!("{}.{}", self.pkg_path(var), self.prog.objs[var].name);
        let name = self.links.name(var).map_or_else(own, str::to_owned);
        if &*self.prog.objs[var].name == "_" { format!("{name}·{}", var.index()) } else { name }
    }

    /// A package-level variable.
    pub fn global_symbol(&mut self, var: ObjId) -> SymbolId {
        let name = self.global_name(var);
        if let Some(s) = self.module.data_by_name(&name) {
            return s;
        }
        let t = self.obj_type(var);
        let l = self.layout(t);
        let symbol = self.module.add_data(DataObject {
            name: name.clone(),
            size: l.size.max(1),
            align: l.align.max(8),
            writable: true,
            pointers: l.pointers.to_vec(),
            ..Default::default()
        });
        self.variable_used(&name, symbol);
        symbol
    }

    /// The static closure of code that takes a context and has no captures.
    pub fn closure_symbol(&mut self, func: FuncId) -> SymbolId {
        let name = format!("{}·f", self.module.funcs[func].name);
        if let Some(s) = self.module.data_by_name(&name) {
            return s;
        }
        let code = self.module.func_symbol(func);
        self.module.add_data(DataObject {
            name,
            size: 8,
            align: 8,
            relocs: vec![abs8(0, code)],
            ..Default::default()
        })
    }

    /// The static closure of a declared function (not a method): its code drops the context.
    pub fn func_value_symbol(&mut self, obj: ObjId) -> SymbolId {
        let target = self.func_id(obj);
        let sig = self.obj_type(obj);
        let abi = self.fn_abi(sig, First::Ctx);
        let name = format!("{}·value", self.module.funcs[target].name);
        let (id, new) = self.module.declare_func(&name, &abi.sig);
        if new {
            self.queue.push_back(Work::Wrapper(id, Wrapper::DropCtx { target }));
        }
        self.closure_symbol(id)
    }

    /// A declared function or method, queued for lowering at its first use. A function without a body is
    /// called through [`Lowering::callee`].
    pub fn func_id(&mut self, obj: ObjId) -> FuncId {
        if let Some(&id) = self.func_ids.get(&obj) {
            return id;
        }
        let linked = self.linked(obj);
        if let Linked::Other(other) = linked {
            let id = self.linked_func(obj, other);
            self.func_ids.insert(obj, id);
            return id;
        }
        let mut name = self.func_name(obj);
        if matches!(&*self.prog.objs[obj].name, "_" | "init") {
            name = format!("{name}.{}", obj.index());
        }
        let sig_type = self.obj_type(obj);
        let first = match self.signature(sig_type).recv {
            Some(recv) => First::Recv(self.obj_type(recv)),
            None => First::None,
        };
        if !self.lowerable(obj, &name) {
            let (id, _) = self.module.declare_func(&name, &Sig::default());
            return id;
        }
        let abi = self.fn_abi(sig_type, first);
        let (id, _) = self.module.declare_func(&name, &abi.sig);
        self.func_ids.insert(obj, id);
        let origin = self.instance_of(obj).map_or(obj, |i| i.origin);
        let work = match (self.decls.get(&origin), linked) {
            (Some(decl), Linked::Own) if decl.body.is_some() => Work::Decl(id, obj, decl),
            (_, Linked::Native(_)) => Work::Wrapper(id, Wrapper::Native { obj }),
            (_, Linked::Intrinsic(which)) => Work::Intrinsic(id, which),
            _ => Work::Missing(id),
        };
        self.queue.push_back(work);
        id
    }

    /// What to call for a declared function: a runtime function directly, where it is one.
    pub fn callee(&mut self, obj: ObjId) -> Callee {
        match self.native(obj) {
            Some(f) => Callee::Runtime(f),
            None => Callee::Func(self.func_id(obj)),
        }
    }

    /// The runtime function that a declaration without a body stands for.
    pub fn native(&mut self, obj: ObjId) -> Option<RuntimeFn> {
        match self.linked(obj) {
            Linked::Native(f) => Some(f),
            _ => None,
        }
    }

    /// The function of that name of package runtime.
    pub fn rt(&mut self, name: &str) -> RtFn {
        let link = format!("runtime.{name}");
        if let Some(f) = RuntimeFn::by_name(&link) {
            return RtFn { callee: Callee::Runtime(f), sig: runtime_sig(f), obj: None };
        }
        let obj = self.runtime_obj(name);
        match obj {
            Some(obj) => {
                let sig_type = self.obj_type(obj);
                let sig = self.fn_abi(sig_type, First::None).sig.clone();
                RtFn { callee: self.callee(obj), sig, obj: Some(obj) }
            }
            None => {
                self.diags.error(
                    gort_syntax::source::Pos::NONE,
                    "Internal",
                    format!("internal error: package runtime has no function {name}"),
                );
                let sig = Sig::default();
                let (id, _) = self.module.declare_func(&link, &sig);
                RtFn { callee: Callee::Func(id), sig, obj: None }
            }
        }
    }

    /// An object of package runtime by name, exported or not.
    pub fn runtime_obj(&self, name: &str) -> Option<ObjId> {
        let scope = self.prog.pkgs[self.runtime_pkg?].scope;
        self.prog.scopes[scope].names.get(name).copied()
    }
}

/// The IR signature of a runtime function.
pub fn runtime_sig(f: RuntimeFn) -> Sig {
    let ty = |w: &Word| match w {
        Word::p => Ty::Ptr,
        Word::i => Ty::I64,
        Word::f => Ty::F64,
    };
    Sig { params: f.params().iter().map(ty).collect(), results: f.results().iter().map(ty).collect() }
}
