//! Changes to a function between lowering and code generation.
//!
//! Each pass is one file; [`run`] is their order. The verifier runs after each one in debug builds.

pub mod cfg;
pub mod checks;
pub mod dead_code;
pub mod inline;
pub mod liveness;
pub mod loops;
pub mod params;
pub mod polls;
pub mod unreachable;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use crate::func::Func;
use crate::module::Module;
use crate::verify::{VerifyError, verify};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

type Pass = (&'static str, fn(&mut Func));

const PIPELINE: &[Pass] = &[
    ("unreachable", unreachable::run),
    ("params", params::run),
    ("checks", checks::run),
    ("dead_code", dead_code::run),
    ("polls", polls::run),
];

/// Runs all passes on a function. An error is a bug of the lowering or of a pass.
pub fn run(func: &mut Func) -> Result<(), VerifyError> {
    if cfg!(debug_assertions) {
        verify(func, None).map_err(|e| e.after("lowering"))?;
    }
    for (name, pass) in PIPELINE {
        pass(func);
        if cfg!(debug_assertions) {
            verify(func, None).map_err(|e| e.after(name))?;
        }
    }
    Ok(())
}

/// Runs all passes on all functions of a module, on as many threads as there are processors.
pub fn run_module(module: &mut Module) -> Result<(), VerifyError> {
    each_body(module, run)?;
    let bodies = inline::inlinable(module);
    each_body(module, |func| if inline::run(func, &bodies) { run(func) } else { Ok(()) })
}

fn each_body(
    module: &mut Module,
    work: impl Fn(&mut Func) -> Result<(), VerifyError> + Sync,
) -> Result<(), VerifyError> {
    let bodies: Vec<Mutex<&mut Func>> =
        module.funcs.iter_mut().filter_map(|f| f.body.as_mut()).map(Mutex::new).collect();
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get()).min(bodies.len() / 16 + 1);
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    let worker = || {
        loop {
            // Relaxed: only hands out numbers; the scope's join publishes the results.
            let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            let Ok(mut func) = body.lock() else { return };
            if let Err(e) = work(&mut func)
                && let Ok(mut failed) = failed.lock()
            {
                failed.get_or_insert(e);
            }
        }
    };
    std::thread::scope(|s| {
        for _ in 1..threads {
            s.spawn(worker);
        }
        worker();
    });
    match failed.into_inner() {
        Ok(Some(e)) => Err(e),
        _ => Ok(()),
    }
}
