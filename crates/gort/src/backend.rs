//! The way of a checked program to machine code: lower, passes, code generation.

use crate::driver::Frontend;
use crate::load::resolve::Origin;
use gort_abi::module::CompiledModule;
use gort_codegen::{OnDemand, Options, SourcePositions};
use gort_ir::escape::explain::Remark;
use gort_ir::func::Func;
use gort_ir::lower::{PackageSyntax, lower_program};
use gort_ir::module::Module;
use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;

/// Why there is no code.
#[derive(Debug)]
pub enum Failure {
    /// The program has mistakes, or needs what is not supported: see the front half's diagnostics.
    Program,
    /// A mistake of ours.
    Internal(String),
}

fn internal(e: impl Display) -> Failure {
    Failure::Internal(e.to_string())
}

/// Lowers a checked program and runs the passes.
pub fn lower(front: &mut Frontend) -> Result<Module, Failure> {
    Ok(lower_explained(front, false)?.0)
}

/// As [`lower`], with remarks on what escapes and what is inlined if `explain`.
pub fn lower_explained(front: &mut Frontend, explain: bool) -> Result<(Module, Vec<Remark>), Failure> {
    let packages: Vec<PackageSyntax<'_>> =
        front.packages.iter().filter_map(|p| Some(PackageSyntax { pkg: p.pkg?, files: &p.files })).collect();
    let mut module = lower_program(&mut front.prog, &packages, &mut front.diags, explain);
    if !front.diags.is_empty() {
        return Err(Failure::Program);
    }
    let mut options = gort_ir::passes::Options::default();
    options.verify |= std::env::var_os("GORT_VERIFY").is_some();
    options.explain = explain;
    let remarks = gort_ir::passes::run_module(&mut module, options).map_err(internal)?;
    Ok((module, remarks))
}

/// Compiles a lowered program: its own functions at once, those of the standard library and of other modules when they
/// are first called.
pub fn compile(front: Frontend, module: Module) -> Result<(CompiledModule, OnDemand), gort_codegen::Error> {
    let own = front.packages.iter().filter(|p| p.origin == Origin::Own).flat_map(|p| &p.files);
    let own: HashSet<_> = own.filter_map(|file| front.sources.file_of(file.package_pos)).collect();
    let sources = Arc::new(front.sources);
    let positions = Box::new(SourcePositions::new(Arc::clone(&sources)));
    let ahead = |func: &Func| sources.file_of(func.pos).is_some_and(|f| own.contains(&f));
    gort_codegen::compile_on_demand(module, positions, &codegen_options(), ahead)
}

/// How machine code is made here.
pub fn codegen_options() -> Options {
    Options { poison_slots: poisons_slots(), ..Options::default() }
}

/// `GODEBUG=slotpoison=1`. Such a program is not kept in the cache.
pub fn poisons_slots() -> bool {
    gort_rt::Env::of_process().godebug_number("slotpoison").unwrap_or(0) != 0
}
