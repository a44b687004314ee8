//! Compiles a module, its functions in parallel.

use crate::error::Error;
use crate::finish::finish;
use crate::positions::PosResolver;
use crate::translate::translate;
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::FunctionBuilderContext;
use gort_abi::module::{CompiledFunc, CompiledModule, Symbol};
use gort_abi::runtime_fn;
use gort_ir::func::Func;
use gort_ir::module::{FuncId, Module};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How to compile.
#[derive(Clone, Debug)]
pub struct Options {
    /// Optimize (else compile fast).
    pub optimize: bool,
    /// Run Cranelift's verifier.
    pub verify: bool,
    /// Threads; 0: as many as there are processors.
    pub threads: usize,
    /// Zeal: code that fills dead slots with junk at each safepoint, which shows a wrong [`gort_ir::passes::slot_liveness`].
    pub poison_slots: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { optimize: true, verify: cfg!(debug_assertions), threads: 0, poison_slots: false }
    }
}

/// Compiles all defined functions. The passes of gort-ir have run.
pub fn compile_module(
    module: &Module,
    sources: &dyn PosResolver,
    options: &Options,
) -> Result<CompiledModule, Error> {
    let isa = crate::isa::make(options)?;
    let defined = defined(module);
    let funcs = compile_all(module, &defined, isa.as_ref(), sources, options)?;
    Ok(assemble(module, &defined, funcs, sources))
}

/// The functions that have a body; their order is that of [`CompiledModule::funcs`].
pub(crate) fn defined(module: &Module) -> Vec<FuncId> {
    module.funcs.indices().filter(|&f| module.funcs[f].body.is_some()).collect()
}

/// Puts a module together from its functions, which are those of `defined`.
pub(crate) fn assemble(
    module: &Module,
    defined: &[FuncId],
    funcs: Vec<CompiledFunc>,
    sources: &dyn PosResolver,
) -> CompiledModule {
    let mut place = vec![None; module.funcs.len()];
    for (i, f) in defined.iter().enumerate() {
        place[f.index()] = Some(i as u32);
    }
    let own = module.symbols.iter().map(|s| match s {
        Symbol::Func(f) => place.get(*f as usize).copied().flatten().map_or(Symbol::Undefined, Symbol::Func),
        other => *other,
    });
    let symbols = own.chain(runtime_fn::ALL.iter().map(|&f| Symbol::Runtime(f))).collect();
    CompiledModule {
        funcs,
        data: module.data.clone(),
        symbols,
        exports: module.exports.clone(),
        files: sources.files(),
    }
}

pub(crate) fn compile_all(
    module: &Module,
    defined: &[FuncId],
    isa: &dyn TargetIsa,
    sources: &dyn PosResolver,
    options: &Options,
) -> Result<Vec<CompiledFunc>, Error> {
    let processors = || std::thread::available_parallelism().map_or(1, |n| n.get());
    let threads = if options.threads == 0 { processors() } else { options.threads };
    // A thread costs about as much as a few small functions.
    let threads = threads.min(defined.len() / 8 + 1);
    let next = AtomicUsize::new(0);
    let results = Mutex::new((Vec::with_capacity(defined.len()), None));
    let work = || {
        let mut worker = Worker::new(module, isa, sources, options.poison_slots);
        let mut done = Vec::new();
        let mut failed = None;
        loop {
            // Relaxed: only hands out numbers; results are passed under the lock.
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(&f) = defined.get(i) else { break };
            match worker.compile(f) {
                Ok(func) => done.push((i, func)),
                Err(e) => {
                    failed.get_or_insert(e);
                }
            }
        }
        let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        results.0.append(&mut done);
        if let Some(e) = failed {
            results.1.get_or_insert(e);
        }
    };
    std::thread::scope(|s| {
        for _ in 1..threads {
            s.spawn(work);
        }
        work();
    });
    let (mut funcs, failed) = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(e) = failed {
        return Err(e);
    }
    funcs.sort_unstable_by_key(|f: &(usize, CompiledFunc)| f.0);
    Ok(funcs.into_iter().map(|f| f.1).collect())
}

/// What one thread uses again for each function.
pub(crate) struct Worker<'a> {
    module: &'a Module,
    isa: &'a dyn TargetIsa,
    sources: &'a dyn PosResolver,
    context: Context,
    builder: FunctionBuilderContext,
    poison_slots: bool,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(
        module: &'a Module,
        isa: &'a dyn TargetIsa,
        sources: &'a dyn PosResolver,
        poison_slots: bool,
    ) -> Self {
        let (context, builder) = (Context::new(), FunctionBuilderContext::new());
        Self { module, isa, sources, context, builder, poison_slots }
    }

    pub(crate) fn compile(&mut self, f: FuncId) -> Result<CompiledFunc, Error> {
        let Some(func) = &self.module.funcs[f].body else { return Err(Error::new("", "not defined")) };
        self.compile_func(f, func)
    }

    /// Compiles `func`, the body of `f`.
    pub(crate) fn compile_func(&mut self, f: FuncId, func: &Func) -> Result<CompiledFunc, Error> {
        match catch_unwind(AssertUnwindSafe(|| self.compile_body(f, func))) {
            Ok(result) => result,
            Err(panic) => {
                self.context = Context::new();
                self.builder = FunctionBuilderContext::new();
                let message = panic.downcast_ref::<String>().cloned();
                let message = message.or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()));
                Err(Error::new(&func.name, message.unwrap_or_else(|| "panic".into())))
            }
        }
    }

    fn compile_body(&mut self, f: FuncId, func: &Func) -> Result<CompiledFunc, Error> {
        self.context.clear();
        let clif = &mut self.context.func;
        let facts =
            translate(func, self.module, f.raw(), clif, &mut self.builder, self.isa, self.poison_slots)?;
        self.context.compile(self.isa, &mut ControlPlane::default()).map_err(|e| {
            Error::new(&func.name, cranelift_codegen::print_errors::pretty_error(e.func, e.inner))
        })?;
        let Some(code) = self.context.compiled_code() else { return Err(Error::new(&func.name, "no code")) };
        finish(func, self.module, &self.context.func, code, &facts, self.sources)
    }

    /// The CLIF of a function, and Cranelift's listing of the machine code.
    pub(crate) fn listing(&mut self, f: FuncId) -> Result<(String, String), Error> {
        let Some(func) = &self.module.funcs[f].body else { return Err(Error::new("", "not defined")) };
        self.context.clear();
        self.context.set_disasm(true);
        translate(
            func,
            self.module,
            f.raw(),
            &mut self.context.func,
            &mut self.builder,
            self.isa,
            self.poison_slots,
        )?;
        let clif = self.context.func.display().to_string();
        self.context.compile(self.isa, &mut ControlPlane::default()).map_err(|e| {
            Error::new(&func.name, cranelift_codegen::print_errors::pretty_error(e.func, e.inner))
        })?;
        let code = self.context.compiled_code();
        let asm = code.and_then(|c| c.vcode.clone()).unwrap_or_default();
        self.context.set_disasm(false);
        Ok((clif, asm))
    }
}
