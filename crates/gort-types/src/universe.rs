//! What is declared before any package: the universe scope and package unsafe.
//!
//! Go counterpart: `go/types/universe.go`.

use crate::info::{ConstValue, Info};
use crate::instantiate::Generics;
use crate::object::{BuiltinId, ObjId, ObjKind, Object, Scope, ScopeId, VarKind};
use crate::program::{Package, PkgId, Program};
use crate::types::{BasicKind, Interface, Named, Signature, Type, TypeId, TypeSet};
use gort_syntax::source::Pos;
use index_vec::IndexVec;
use num_bigint::BigInt;
use std::sync::Arc;

const BUILTINS: [(&str, BuiltinId); 18] = [
    ("append", BuiltinId::Append),
    ("cap", BuiltinId::Cap),
    ("clear", BuiltinId::Clear),
    ("close", BuiltinId::Close),
    ("complex", BuiltinId::Complex),
    ("copy", BuiltinId::Copy),
    ("delete", BuiltinId::Delete),
    ("imag", BuiltinId::Imag),
    ("len", BuiltinId::Len),
    ("make", BuiltinId::Make),
    ("max", BuiltinId::Max),
    ("min", BuiltinId::Min),
    ("new", BuiltinId::New),
    ("panic", BuiltinId::Panic),
    ("print", BuiltinId::Print),
    ("println", BuiltinId::Println),
    ("real", BuiltinId::Real),
    ("recover", BuiltinId::Recover),
];

const UNSAFE_BUILTINS: [(&str, BuiltinId); 8] = [
    ("Add", BuiltinId::UnsafeAdd),
    ("Alignof", BuiltinId::UnsafeAlignof),
    ("Offsetof", BuiltinId::UnsafeOffsetof),
    ("Sizeof", BuiltinId::UnsafeSizeof),
    ("Slice", BuiltinId::UnsafeSlice),
    ("SliceData", BuiltinId::UnsafeSliceData),
    ("String", BuiltinId::UnsafeString),
    ("StringData", BuiltinId::UnsafeStringData),
];

/// A program without packages, except unsafe.
pub(crate) fn program() -> Program {
    let mut types = IndexVec::new();
    let basic = BasicKind::ALL.map(|k| types.push(Type::Basic(k)));
    let [invalid, ..] = basic;
    let byte_type = types.push(Type::Basic(BasicKind::Uint8));
    let rune_type = types.push(Type::Basic(BasicKind::Int32));
    let top = Interface { type_set: Some(TypeSet::default()), ..Interface::default() };
    let any_type = types.push(Type::Interface(top));
    let mut scopes = IndexVec::new();
    let universe = scopes.push(Scope::default());
    let unsafe_scope = scopes.push(Scope { parent: Some(universe), ..Scope::default() });
    let mut pkgs = IndexVec::new();
    let unsafe_pkg = pkgs.push(Package {
        path: "unsafe".to_owned(),
        name: "unsafe".to_owned(),
        scope: unsafe_scope,
        imports: Vec::new(),
        init_order: Vec::new(),
        inits: Vec::new(),
        fake: false,
    });
    let mut p = Program {
        types,
        objs: IndexVec::new(),
        scopes,
        pkgs,
        info: Info::default(),
        universe,
        unsafe_pkg,
        basic,
        error_type: invalid,
        any_type,
        byte_type,
        rune_type,
        comparable_type: invalid,
        generics: Generics::default(),
        waiting: rustc_hash::FxHashMap::default(),
    };
    declare_types(&mut p);
    declare_interfaces(&mut p);
    declare_values(&mut p, unsafe_scope);
    p
}

fn declare(
    p: &mut Program,
    scope: ScopeId,
    pkg: Option<PkgId>,
    name: &str,
    typ: TypeId,
    kind: ObjKind,
) -> ObjId {
    let name: Arc<str> = Arc::from(name);
    let parent = Some(scope);
    let obj = p.add_obj(Object {
        name: name.clone(),
        pkg,
        parent,
        pos: Pos::NONE,
        typ: Some(typ),
        scope_pos: Pos::NONE,
        kind,
    });
    p.scope_mut(scope).names.insert(name, obj);
    obj
}

fn declare_types(p: &mut Program) {
    let universe = p.universe;
    for kind in BasicKind::ALL {
        if kind != BasicKind::Invalid && kind != BasicKind::UnsafePointer && !kind.is_untyped() {
            let t = p.basic(kind);
            declare(p, universe, None, kind.name(), t, ObjKind::TypeName { alias: false });
        }
    }
    for (name, t) in [("byte", p.byte_type), ("rune", p.rune_type), ("any", p.any_type)] {
        declare(p, universe, None, name, t, ObjKind::TypeName { alias: true });
    }
}

fn named(p: &mut Program, name: &str, underlying: TypeId) -> TypeId {
    let universe = p.universe;
    let obj = declare(p, universe, None, name, underlying, ObjKind::TypeName { alias: false });
    let t = p.add_type(Type::Named(Named {
        obj,
        underlying: Some(underlying),
        rhs: Some(underlying),
        methods: Vec::new(),
        type_params: Vec::new(),
        type_args: Vec::new(),
        origin: None,
    }));
    p.obj_mut(obj).typ = Some(t);
    t
}

fn declare_interfaces(p: &mut Program) {
    let string = p.basic(BasicKind::String);
    let var = |typ, kind| Object {
        name: Arc::from(""),
        pkg: None,
        parent: None,
        pos: Pos::NONE,
        typ: Some(typ),
        scope_pos: Pos::NONE,
        kind: ObjKind::Var { kind, embedded: false, used: true },
    };
    let result = p.add_obj(var(string, VarKind::Result));
    let recv = p.add_obj(var(string, VarKind::Recv));
    let sig = p.add_type(Type::Signature(Signature {
        recv: Some(recv),
        results: vec![result],
        ..Signature::default()
    }));
    let method = p.add_obj(Object {
        name: Arc::from("Error"),
        pkg: None,
        parent: None,
        pos: Pos::NONE,
        typ: Some(sig),
        scope_pos: Pos::NONE,
        kind: ObjKind::Func { ptr_recv: false },
    });
    let iface = p.add_type(Type::Interface(Interface {
        methods: vec![method],
        type_set: Some(TypeSet { methods: vec![method], ..TypeSet::default() }),
        ..Interface::default()
    }));
    p.error_type = named(p, "error", iface);
    p.obj_mut(recv).typ = Some(p.error_type);

    let type_set = Some(TypeSet { comparable: true, ..TypeSet::default() });
    let iface = p.add_type(Type::Interface(Interface { type_set, ..Interface::default() }));
    p.comparable_type = named(p, "comparable", iface);
}

impl Program {
    /// Declares what the checker's own tests have beside Go: `assert` and `trace`.
    pub fn declare_test_functions(&mut self) {
        let (universe, invalid) = (self.universe, self.invalid());
        for (name, id) in [("assert", BuiltinId::Assert), ("trace", BuiltinId::Trace)] {
            declare(self, universe, None, name, invalid, ObjKind::Builtin(id));
        }
    }
}

fn declare_values(p: &mut Program, unsafe_scope: ScopeId) {
    let universe = p.universe;
    let (bool_type, int_type) = (p.basic(BasicKind::UntypedBool), p.basic(BasicKind::UntypedInt));
    for (name, typ, value) in [
        ("true", bool_type, ConstValue::Bool(true)),
        ("false", bool_type, ConstValue::Bool(false)),
        ("iota", int_type, ConstValue::Int(BigInt::from(0))),
    ] {
        declare(p, universe, None, name, typ, ObjKind::Const { value: Some(value) });
    }
    let nil = p.basic(BasicKind::UntypedNil);
    declare(p, universe, None, "nil", nil, ObjKind::Nil);
    let invalid = p.invalid();
    for (name, id) in BUILTINS {
        declare(p, universe, None, name, invalid, ObjKind::Builtin(id));
    }
    let pkg = Some(p.unsafe_pkg);
    let pointer = p.basic(BasicKind::UnsafePointer);
    declare(p, unsafe_scope, pkg, "Pointer", pointer, ObjKind::TypeName { alias: false });
    for (name, id) in UNSAFE_BUILTINS {
        declare(p, unsafe_scope, pkg, name, invalid, ObjKind::Builtin(id));
    }
}
