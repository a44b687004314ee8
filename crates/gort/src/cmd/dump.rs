//! `gort dump`: what the compiler makes of a program, stage by stage.

use crate::backend::{self, Failure};
use crate::driver::{Frontend, on_big_stack};
use crate::load::Input;
use crate::report;
use gort_codegen::SourcePositions;
use gort_codegen::dump::{dump_asm, dump_clif, dump_stack_maps};
use gort_ir::module::Module;
use gort_syntax::ast::{Decl, File};
use gort_syntax::source::SourceMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `gort dump`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which form
    stage: Stage,
    /// FILE.go (or a directory), or FILE.go:FUNC for one function: `f`, `T.m`, `(*T).m`, `f.func1`, `runtime.f`
    place: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    /// The syntax tree
    Ast,
    /// The program as printed from its tree
    Go,
    /// The intermediate form, as lowered
    Ir,
    /// Cranelift's intermediate form
    Clif,
    /// Machine code
    Asm,
    /// Where pointers are at each call, traps, inlined calls
    Stackmaps,
}

impl Args {
    pub(super) fn execute(self) -> ExitCode {
        match on_big_stack(|| self.dump()) {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(code)) => code,
            Err(e) => report::error(e),
        }
    }

    fn dump(&self) -> Result<(), ExitCode> {
        let (file, func) = match self.place.rsplit_once(".go:") {
            Some((file, func)) => (format!("{file}.go"), Some(func)),
            None => (self.place.clone(), None),
        };
        let input = Input::read(&[PathBuf::from(file)]).map_err(report::error)?;
        let mut front = Frontend::parse(input).map_err(report::error)?;
        if front.diags.has_syntax_errors() {
            return Err(report::diagnostics(&front.sources, &front.diags, false));
        }
        if matches!(self.stage, Stage::Ast | Stage::Go) {
            for file in front.packages.last().map_or(&[][..], |p| &p.files) {
                self.tree(file, func);
            }
            return Ok(());
        }
        if !front.check(false) {
            return Err(report::diagnostics(&front.sources, &front.diags, false));
        }
        let module = backend::lower(&mut front).map_err(|failure| match failure {
            Failure::Program => report::diagnostics(&front.sources, &front.diags, false),
            Failure::Internal(message) => report::error(message),
        })?;
        self.code(&front.sources, &module, func)
    }

    fn tree(&self, file: &File, func: Option<&str>) {
        let mut file = file.clone();
        if let Some(name) = func {
            file.decls.retain(|d| matches!(d, Decl::Func(f) if &*f.name.name == name));
        }
        match self.stage {
            Stage::Ast => println!("{:#?}", file.decls),
            _ => print!("{}", gort_syntax::print::file(&file)),
        }
    }

    /// Functions of package main, or the one named.
    fn code(&self, sources: &SourceMap, module: &Module, func: Option<&str>) -> Result<(), ExitCode> {
        let wanted = |name: &str| match func {
            Some(f) => name == f || name.strip_prefix("main.") == Some(f),
            None => name.starts_with("main."),
        };
        let mut found = false;
        for id in module.funcs.indices() {
            let f = &module.funcs[id];
            let Some(body) = f.body.as_ref().filter(|_| wanted(&f.name)) else { continue };
            found = true;
            let options = backend::codegen_options();
            let text = match self.stage {
                Stage::Clif => dump_clif(module, id, &options).map_err(report::error)?,
                Stage::Stackmaps => {
                    let positions = SourcePositions::new(sources);
                    dump_stack_maps(module, id, &positions, &options).map_err(report::error)?
                }
                Stage::Asm => dump_asm(module, id, &options).map_err(report::error)?,
                _ => gort_ir::print::print_func(body, Some(module)),
            };
            println!("{text}");
        }
        if found { Ok(()) } else { Err(report::error("no such function in the program")) }
    }
}
