//! The way of a checked program to machine code: lower, passes, code generation.

use crate::driver::Frontend;
use gort_abi::module::CompiledModule;
use gort_codegen::{Options, SourcePositions};
use gort_ir::lower::{PackageSyntax, lower_program};
use gort_ir::module::Module;
use std::fmt::Display;

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
    let packages: Vec<PackageSyntax<'_>> =
        front.packages.iter().filter_map(|p| Some(PackageSyntax { pkg: p.pkg?, files: &p.files })).collect();
    let mut module = lower_program(&mut front.prog, &packages, &mut front.diags);
    if !front.diags.is_empty() {
        return Err(Failure::Program);
    }
    let mut options = gort_ir::passes::Options::default();
    options.verify |= std::env::var_os("GORT_VERIFY").is_some();
    gort_ir::passes::run_module(&mut module, options).map_err(internal)?;
    Ok(module)
}

/// Compiles a lowered program.
pub fn compile(front: &Frontend, module: &Module) -> Result<CompiledModule, Failure> {
    let positions = SourcePositions::new(&front.sources);
    gort_codegen::compile_module(module, &positions, &Options::default()).map_err(internal)
}
