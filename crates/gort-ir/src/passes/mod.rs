//! Changes to a function between lowering and code generation.
//!
//! Each pass is one file; [`run`] is their order. The verifier runs after each one in debug builds.

pub mod cfg;
pub mod checks;
pub mod dead_code;
pub mod doomed;
pub mod fold;
pub mod inline;
pub mod known_memory;
pub mod liveness;
pub mod loops;
pub mod numbering;
pub mod order;
pub mod params;
pub mod polls;
pub mod promote;
pub mod short_cuts;
pub mod slot_liveness;
pub mod unreachable;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use crate::escape::explain::{Remark, remarks};
use crate::escape::flow::{self, Found};
use crate::escape::{Summary, borrow, boxes, slots};
use crate::func::{Func, INLINE_POS};
use crate::module::{FuncId, Module};
use crate::verify::{VerifyError, verify};
use index_vec::IndexVec;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

type Pass = (&'static str, fn(&mut Func));

/// Makes the graph small.
const TIDY: &[Pass] = &[("unreachable", unreachable::run), ("doomed", doomed::run), ("params", params::run)];

/// The rest.
const FINISH: &[Pass] = &[
    ("short_cuts", short_cuts::run),
    ("doomed", doomed::run),
    ("params", params::run),
    ("known_memory", known_memory::run),
    ("checks", checks::run),
    ("dead_code", dead_code::run),
    ("slots", slots::drop_unused),
    ("polls", polls::run),
];

/// How to run the passes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Run the verifier after each pass.
    pub verify: bool,
    /// Say what becomes of what [`crate::func::Notes`] name.
    pub explain: bool,
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
    if options.verify || cfg!(debug_assertions) {
        verify(func, None).map_err(|e| e.after(after))
    } else {
        Ok(())
    }
}

/// Runs all passes on all functions of a module, callees first, on as many threads as there are processors.
/// What there is to say is in order of position.
pub fn run_module(module: &mut Module, options: Options) -> Result<Vec<Remark>, VerifyError> {
    let groups = order::Groups::new(module);
    let bodies: IndexVec<FuncId, Mutex<Option<Func>>> =
        module.funcs.iter_mut().map(|f| Mutex::new(f.body.take())).collect();
    let done = bodies.iter().map(|_| OnceLock::new()).collect();
    let program = ProgramPasses { module, done, options, remarks: Mutex::default() };
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
    let failed = failed.into_inner();
    let mut remarks = program.remarks.into_inner().unwrap_or_else(PoisonError::into_inner);
    remarks.sort();
    remarks.dedup();
    for (entry, body) in module.funcs.iter_mut().zip(bodies) {
        entry.body = body.into_inner().unwrap_or_else(PoisonError::into_inner);
    }
    match failed {
        Ok(Some(e)) => Err(e),
        _ => Ok(remarks),
    }
}

/// The passes at work on a program.
struct ProgramPasses<'m> {
    /// The program; its functions' bodies are not in it.
    module: &'m Module,
    /// What callers may know of the functions that are done.
    done: IndexVec<FuncId, OnceLock<Known>>,
    options: Options,
    remarks: Mutex<Vec<Remark>>,
}

/// What is known of a function that is done.
#[derive(Debug)]
struct Known {
    inline: Option<Arc<inline::Body>>,
    summary: Summary,
}

/// Functions in a circle are analysed so often at most before everything is taken to leak.
const MAX_ROUNDS: usize = 12;

impl ProgramPasses<'_> {
    /// Functions that call each other in a circle; mostly one.
    fn group(&self, funcs: &mut [(FuncId, Func)]) -> Result<(), VerifyError> {
        let plain = if self.options.explain { self.explained(funcs)? } else { Vec::new() };
        for (_, func) in funcs.iter_mut() {
            check(func, "lowering", self.options)?;
            self.simplify(func)?;
        }
        let mut found = self.escapes(funcs);
        let mut borrowed = false;
        for ((_, func), found) in funcs.iter_mut().zip(&found) {
            if borrow::run(func, self.module, &found.candidates) {
                check(func, "borrow", self.options)?;
                self.compute(func)?;
                borrowed = true;
            }
        }
        if borrowed {
            found = self.escapes(funcs);
        }
        // Closures that are in slots now may have been inlined, and what they captured may stay.
        if self.to_slots(funcs, &found)? {
            found = self.escapes(funcs);
            self.to_slots(funcs, &found)?;
        }
        for ((f, func), found) in funcs.iter_mut().zip(found) {
            boxes::run(func, self.module, &found.candidates);
            check(func, "boxes", self.options)?;
            self.run_all(func, FINISH)?;
            if self.options.explain {
                self.inlining_remarks(func);
            }
            let _ = self.done[*f].set(Known { inline: inline::Body::of(func), summary: found.summary });
        }
        let found = self.escapes(&plain);
        let remarks = plain.iter().zip(&found).flat_map(|((_, func), found)| remarks(func, found));
        self.add_remarks(remarks.collect());
        Ok(())
    }

    /// Puts into slots what does not escape. Says if something was inlined then.
    fn to_slots(&self, funcs: &mut [(FuncId, Func)], found: &[Found]) -> Result<bool, VerifyError> {
        let mut inlined = false;
        for ((_, func), found) in funcs.iter_mut().zip(found) {
            if slots::run(func, &found.candidates) {
                inlined |= self.simplify(func)?;
            }
        }
        Ok(inlined)
    }

    /// The functions as they are before anything is inlined, which remarks are about.
    fn explained(&self, funcs: &[(FuncId, Func)]) -> Result<Vec<(FuncId, Func)>, VerifyError> {
        let mut plain = funcs.to_vec();
        for (_, func) in &mut plain {
            self.run_all(func, TIDY)?;
            fold::run(func, self.module);
        }
        Ok(plain)
    }

    fn inlining_remarks(&self, func: &Func) {
        let short = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
        let own = |name: &str| short(name).strip_prefix("main.").map_or_else(|| short(name), str::to_owned);
        let direct = func.inlined.iter().filter(|c| c.pos.0 & INLINE_POS == 0 && !c.wrapper);
        let mut remarks: Vec<Remark> = direct
            .map(|c| Remark { pos: c.pos, text: format!("inlining call to {}", own(&c.name)) })
            .collect();
        if let (Some(notes), false, true) = (&func.notes, func.wrapper, inline::Body::of(func).is_some()) {
            remarks.push(Remark { pos: notes.at, text: format!("can inline {}", own(&func.name)) });
        }
        self.add_remarks(remarks);
    }

    fn add_remarks(&self, new: Vec<Remark>) {
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner).extend(new);
    }

    /// Escape analysis of a group: again until the summaries do not change.
    fn escapes(&self, funcs: &[(FuncId, Func)]) -> Vec<Found> {
        let start = |f: &Func| Summary::nothing(f.sig.params.len(), f.result_area);
        let mut own: FxHashMap<FuncId, Summary> = funcs.iter().map(|(id, f)| (*id, start(f))).collect();
        for round in 0.. {
            let summary = |f: FuncId| own.get(&f).or_else(|| Some(&self.known(f)?.summary));
            let found: Vec<Found> =
                funcs.iter().map(|(_, func)| flow::analyze(func, self.module, &summary)).collect();
            let same = funcs.iter().zip(&found).all(|((f, _), found)| own.get(f) == Some(&found.summary));
            if same {
                return found;
            }
            for ((id, f), found) in funcs.iter().zip(&found) {
                let all = || Summary::everything(f.sig.params.len(), f.result_area);
                own.insert(*id, if round < MAX_ROUNDS { found.summary.clone() } else { all() });
            }
            if round > MAX_ROUNDS {
                break;
            }
        }
        funcs.iter().map(|(_, f)| Found::nothing(f)).collect()
    }

    fn known(&self, f: FuncId) -> Option<&Known> {
        self.done.get(f)?.get()
    }

    fn run_all(&self, func: &mut Func, passes: &[Pass]) -> Result<(), VerifyError> {
        run_all(func, passes, self.options)
    }

    /// Inlines and computes until nothing changes, within reason. Says if something was inlined.
    fn simplify(&self, func: &mut Func) -> Result<bool, VerifyError> {
        let mut inlined = false;
        self.run_all(func, TIDY)?;
        for _ in 0..3 {
            self.compute(func)?;
            let promoted = promote::run(func);
            check(func, "promote", self.options)?;
            if promoted {
                self.run_all(func, &TIDY[2..])?;
                self.compute(func)?;
            }
            if !inline::run(func, |f| self.known(f)?.inline.clone()) {
                break;
            }
            inlined = true;
            check(func, "inline", self.options)?;
            self.run_all(func, TIDY)?;
        }
        Ok(inlined)
    }

    /// Folds, and what follows from branches that need no condition any more.
    fn compute(&self, func: &mut Func) -> Result<(), VerifyError> {
        fold::run(func, self.module);
        check(func, "fold", self.options)?;
        if unreachable::fold_branches(func) {
            self.run_all(func, TIDY)?;
        }
        Ok(())
    }
}
