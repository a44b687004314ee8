//! `gort run`: compile in memory and run.

use super::split_files;
use crate::backend::{self, Failure};
use crate::cache::{Cache, Keep, Program};
use crate::driver::{Frontend, on_big_stack};
use crate::load::Input;
use crate::report;
use gort_abi::module::CompiledModule;
use gort_codegen::OnDemand;
use gort_rt::{BootError, Config, Env, ProcessView, Runtime};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Arguments of `gort run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Say first what escapes to the heap and what is inlined, as `gort check -m`
    #[arg(short = 'm')]
    explain: bool,
    /// Say what the cache of compiled programs is good for
    #[arg(short = 'v')]
    verbose: bool,
    /// FILE.go... or a directory, then the program's arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    words: Vec<String>,
}

impl Args {
    pub(super) fn execute(self) -> ExitCode {
        let (files, args) = split_files(&self.words);
        if self.explain {
            match on_big_stack(|| super::check::explain_program(&files)) {
                Ok(Ok(())) => {}
                Ok(Err(code)) => return code,
                Err(e) => return report::error(e),
            }
        }
        let cache = Cache::of_user(self.verbose);
        let program = match on_big_stack(|| compile(&files, cache.as_ref())) {
            Ok(Ok(program)) => program,
            Ok(Err(code)) => return code,
            Err(e) => return report::error(e),
        };
        // The program is named as the first file, without .go.
        let name = files.first().map(|f| f.with_extension("")).unwrap_or_default();
        match run(program, process(name, &args)) {
            // Goroutines may still be running; they end with the process, as in Go.
            Ok(code) => std::process::exit(code),
            Err(e) => report::error(e),
        }
    }
}

fn compile(files: &[PathBuf], cache: Option<&Cache>) -> Result<Program, ExitCode> {
    let input = Input::read(files).map_err(report::error)?;
    let looked_up = cache.and_then(|cache| Some((cache, cache.look_up(&input)?)));
    let (cache, key) = match looked_up {
        Some((_, (_, Some(program)))) => return Ok(program),
        Some((cache, (key, None))) => (cache, key),
        None => return compile_checked(Frontend::parse(input).map_err(report::error)?).map(uncached),
    };
    let (module, rest) = compile_checked(Frontend::parse(input).map_err(report::error)?)?;
    Ok(cache.add(key, module, rest))
}

/// A program that is not kept.
pub(super) fn uncached((module, rest): (CompiledModule, OnDemand)) -> Program {
    Program { module, rest: Arc::new(rest), keep: None }
}

/// Checks and compiles a parsed program.
pub(super) fn compile_checked(mut front: Frontend) -> Result<(CompiledModule, OnDemand), ExitCode> {
    if !front.check(false) {
        return Err(report::diagnostics(&front.sources, &front.diags, false));
    }
    front.runnable().map_err(report::error)?;
    let module = backend::lower(&mut front).map_err(|failure| match failure {
        Failure::Program => report::diagnostics(&front.sources, &front.diags, false),
        Failure::Internal(message) => report::error(message),
    })?;
    let (mut module, rest) = backend::compile(front, module).map_err(report::error)?;
    // A running program knows its files by their full names.
    for file in module.files.iter_mut().filter(|f| !f.starts_with("runtime/")) {
        if let Ok(full) = std::path::absolute(&*file) {
            *file = full.display().to_string();
        }
    }
    Ok((module, rest))
}

/// What a program sees of this process; `name` is its `os.Args[0]`.
pub(super) fn process(name: PathBuf, args: &[String]) -> ProcessView {
    let mut words = vec![name.into_os_string().into_encoded_bytes()];
    words.extend(args.iter().map(|a| a.clone().into_bytes()));
    ProcessView::of_process(words)
}

/// Runs a program.
pub(super) fn run(program: Program, process: ProcessView) -> Result<i32, BootError> {
    let mut runtime = Runtime::new(&Config { env: Env::of_process(), process })?;
    runtime.load(program.module, Some(program.rest))?;
    runtime.watch_quit();
    runtime.trim_process();
    let code = runtime.run();
    if let Some(keep) = program.keep.filter(Keep::is_worth_it) {
        // The program has ended: none of its goroutines is to be seen any more.
        runtime.freeze();
        keep.write();
    }
    // The process ends: threads in system calls need not be waited for.
    std::mem::forget(runtime);
    code
}
