//! From checked syntax to IR.
//!
//! The lowering starts at the program's entry and follows references: a function, type descriptor or
//! wrapper is made when something refers to it first, so what is not reached costs nothing. Two halves:
//! the files of this folder know *things* (layouts, calling, descriptors, itabs, wrappers, package
//! initialisation), the files of `body/` lower *function bodies*, statement by statement.
//!
//! # How values are held
//!
//! A value whose type flattens to at most [`layout::MAX_SCALARS`] scalars is held as these SSA values
//! (a string is two, a slice three, an interface two); any other is held in memory and named by address.
//!
//! # How functions are called
//!
//! See [`abi`].

pub mod abi;
pub mod body;
pub mod data;
pub mod equal;
pub mod generic;
pub mod hash;
pub mod init;
pub mod intrinsic;
pub mod itab;
pub mod layout;
pub mod link;
pub mod maps;
pub mod names;
pub mod type_desc;
pub mod wrapper;

use crate::module::{FuncId, Module};
use gort_abi::module::SymbolId;
use gort_syntax::ast::{File, FuncDecl};
use gort_syntax::diag::Diagnostics;
use gort_types::object::ObjId;
use gort_types::program::{PkgId, Program};
use gort_types::types::TypeId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// A package with its syntax.
#[derive(Clone, Copy, Debug)]
pub struct PackageSyntax<'a> {
    /// Which.
    pub pkg: PkgId,
    /// Its files, as they were checked.
    pub files: &'a [File],
}

/// A function waiting for its body.
#[derive(Debug)]
pub enum Work<'a> {
    /// A declared function or method.
    Decl(FuncId, ObjId, &'a FuncDecl),
    /// A function literal.
    Lit(FuncId, body::LitJob<'a>),
    /// A wrapper.
    Wrapper(FuncId, wrapper::Wrapper),
    /// An equality function `(ctx, p, q *T) bool`.
    Equal(FuncId, TypeId),
    /// A declared function that nothing stands behind.
    Missing(FuncId),
    /// An intrinsic, as a function.
    Intrinsic(FuncId, intrinsic::Intrinsic),
    /// A hash function `(ctx, p *T, seed uintptr) uintptr`.
    Hash(FuncId, TypeId),
}

/// The lowering of one program.
pub struct Lowering<'a> {
    /// What the checker found.
    pub prog: &'a mut Program,
    /// The packages, in dependency order.
    pub packages: &'a [PackageSyntax<'a>],
    /// What cannot be lowered.
    pub diags: &'a mut Diagnostics,
    /// The result.
    pub module: Module,
    /// Remember what the source calls things ([`crate::func::Notes`])?
    pub explain: bool,
    /// Bodies to come.
    pub queue: VecDeque<Work<'a>>,
    decls: FxHashMap<ObjId, &'a FuncDecl>,
    runtime_pkg: Option<PkgId>,
    links: link::Links,
    layouts: FxHashMap<TypeId, layout::Layout>,
    /// Byte offsets of the fields of struct types.
    field_offsets: FxHashMap<TypeId, Vec<u32>>,
    types: FxHashMap<String, SymbolId>,
    type_cache: FxHashMap<TypeId, SymbolId>,
    func_ids: FxHashMap<ObjId, FuncId>,
    strings: FxHashMap<Vec<u8>, SymbolId>,
    unused: body::package_vars::Unused<'a>,
    /// Types made by the compiler whose values are never compared.
    no_equal: FxHashSet<TypeId>,
    generic: generic::Generic,
}

/// Lowers a program: everything reachable from package initialisation and `main.main`. Constructs that are
/// not supported yet are reported in `diags` (the module is not to be run then).
pub fn lower_program<'a>(
    prog: &'a mut Program,
    packages: &'a [PackageSyntax<'a>],
    diags: &'a mut Diagnostics,
    explain: bool,
) -> Module {
    let mut l = Lowering::new(prog, packages, diags);
    l.explain = explain;
    l.lower_entry();
    loop {
        while let Some(work) = l.queue.pop_front() {
            l.lower_work(work);
        }
        if !l.lower_used_maps() {
            break;
        }
    }
    l.drop_unused_maps();
    l.export_if_used("memRecords");
    l.module
}
