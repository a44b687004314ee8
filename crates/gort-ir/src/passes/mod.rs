//! Changes to a function between lowering and code generation.
//!
//! Each pass is one file; [`run`] is their order. The verifier runs after each one in debug builds.

pub mod cfg;
pub mod checks;
pub mod dead_code;
pub mod inline;
pub mod liveness;
pub mod loops;
pub mod order;
pub mod params;
pub mod polls;
pub mod unreachable;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use crate::func::Func;
use crate::module::{FuncId, Module};
use crate::verify::{VerifyError, verify};
use index_vec::IndexVec;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

type Pass = (&'static str, fn(&mut Func));

/// Makes the graph small.
const TIDY: &[Pass] = &[("unreachable", unreachable::run), ("params", params::run)];

/// The rest.
const FINISH: &[Pass] = &[("checks", checks::run), ("dead_code", dead_code::run), ("polls", polls::run)];

/// How to run the passes.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Run the verifier after each pass.
    pub verify: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { verify: cfg!(debug_assertions) }
    }
}

/// Runs all passes that look at one function only. An error is a bug of the lowering or of a pass.
pub fn run(func: &mut Func) -> Result<(), VerifyError> {
    let options = Options::default();
    check(func, "lowering", options)?;
    run_all(func, TIDY, options)?;
    run_all(func, FINISH, options)
}

fn run_all(func: &mut Func, passes: &[Pass], options: Options) -> Result<(), VerifyError> {
    passes.iter().try_for_each(|(name, pass)| {
        pass(func);
        check(func, name, options)
    })
}

fn check(func: &Func, after: &'static str, options: Options) -> Result<(), VerifyError> {
    if options.verify { verify(func, None).map_err(|e| e.after(after)) } else { Ok(()) }
}

/// Runs all passes on all functions of a module, callees first, on as many threads as there are processors.
pub fn run_module(module: &mut Module, options: Options) -> Result<(), VerifyError> {
    let groups = order::Groups::new(module);
    let bodies: IndexVec<FuncId, Mutex<Option<Func>>> =
        module.funcs.iter_mut().map(|f| Mutex::new(f.body.take())).collect();
    let done = bodies.iter().map(|_| OnceLock::new()).collect();
    let program = ProgramPasses { done, options };
    let failed = Mutex::new(None);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get()).min(bodies.len() / 16 + 1);
    groups.each(threads, |members| {
        let mut funcs: Vec<(FuncId, Func)> = Vec::new();
        for &f in members {
            let body = bodies[f].lock().ok().and_then(|mut body| body.take());
            funcs.extend(body.map(|body| (f, body)));
        }
        if let Err(e) = program.group(&mut funcs)
            && let Ok(mut failed) = failed.lock()
        {
            failed.get_or_insert(e);
        }
        for (f, func) in funcs {
            *bodies[f].lock().unwrap_or_else(PoisonError::into_inner) = Some(func);
        }
    });
    for (entry, body) in module.funcs.iter_mut().zip(bodies) {
        entry.body = body.into_inner().unwrap_or_else(PoisonError::into_inner);
    }
    match failed.into_inner() {
        Ok(Some(e)) => Err(e),
        _ => Ok(()),
    }
}

/// The passes at work on a program.
struct ProgramPasses {
    /// What callers may know of the functions that are done.
    done: IndexVec<FuncId, OnceLock<Known>>,
    options: Options,
}

/// What is known of a function that is done.
#[derive(Debug)]
struct Known {
    inline: Option<Arc<inline::Body>>,
}

impl ProgramPasses {
    fn group(&self, funcs: &mut [(FuncId, Func)]) -> Result<(), VerifyError> {
        for (_, func) in funcs.iter_mut() {
            self.function(func)?;
        }
        for (f, func) in funcs {
            let _ = self.done[*f].set(Known { inline: inline::Body::of(func) });
        }
        Ok(())
    }

    fn known(&self, f: FuncId) -> Option<&Known> {
        self.done.get(f)?.get()
    }

    fn function(&self, func: &mut Func) -> Result<(), VerifyError> {
        check(func, "lowering", self.options)?;
        run_all(func, TIDY, self.options)?;
        if inline::run(func, |f| self.known(f)?.inline.clone()) {
            check(func, "inline", self.options)?;
            run_all(func, TIDY, self.options)?;
        }
        run_all(func, FINISH, self.options)
    }
}
