//! `gort dump`: what the compiler makes of a program, stage by stage.

use crate::driver::{Frontend, on_big_stack};
use crate::load::Input;
use crate::report;
use gort_syntax::ast::Decl;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `gort dump`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which form
    stage: Stage,
    /// FILE.go, or FILE.go:FUNC for one function
    place: String,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Stage {
    /// The syntax tree
    Ast,
    /// The program as printed from its tree
    Go,
}

impl Args {
    pub(super) fn execute(self) -> ExitCode {
        on_big_stack(|| self.dump()).unwrap_or_else(report::error)
    }

    fn dump(&self) -> ExitCode {
        let (file, func) = match self.place.rsplit_once(".go:") {
            Some((file, func)) => (format!("{file}.go"), Some(func)),
            None => (self.place.clone(), None),
        };
        let front = match Input::read(&[PathBuf::from(file)]).and_then(Frontend::parse) {
            Ok(front) => front,
            Err(e) => return report::error(e),
        };
        if front.diags.has_syntax_errors() {
            return report::diagnostics(&front.sources, &front.diags, false);
        }
        for file in front.packages.last().map_or(&[][..], |p| &p.files) {
            match (self.stage, func) {
                (Stage::Ast, None) => println!("{:#?}", file.decls),
                (Stage::Go, None) => print!("{}", gort_syntax::print::file(file)),
                (stage, Some(name)) => {
                    let is_func = |d: &&Decl| matches!(d, Decl::Func(f) if &*f.name.name == name);
                    let mut one = file.clone();
                    one.decls.retain(|d| is_func(&d));
                    match stage {
                        Stage::Ast => println!("{:#?}", one.decls),
                        Stage::Go => print!("{}", gort_syntax::print::file(&one)),
                    }
                }
            }
        }
        ExitCode::SUCCESS
    }
}
