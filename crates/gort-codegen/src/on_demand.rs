//! Compiling functions when they are first called.
//!
//! A program reaches far more of the standard library than it runs. What is expected to run is compiled ahead, in
//! parallel; of the rest only the facts that the runtime needs of a function that has not been called.

use crate::error::Error;
use crate::finish::head;
use crate::module::{Options, Worker, assemble, compile_all, defined};
use crate::positions::PosResolver;
use crate::stored::Stored;
use cranelift_codegen::isa::OwnedTargetIsa;
use gort_abi::module::{CodeSource, CompiledFunc, CompiledModule, FuncFlags};
use gort_ir::func::Func;
use gort_ir::module::{FuncId, Module};

/// More machine code than this for an instruction of IR, all a function has counted, is not seen.
const BYTES_PER_INST: usize = 64;
/// Likewise for a function without instructions.
const BYTES_PER_FUNC: usize = 1024;

/// A program whose functions are compiled one by one.
pub struct OnDemand {
    module: Module,
    isa: OwnedTargetIsa,
    sources: Box<dyn PosResolver>,
    defined: Vec<FuncId>,
    code_size: usize,
    poison_slots: bool,
}

/// Compiles the functions for which `ahead` is true; the rest of the module waits for its first call, and the second
/// result compiles it then. The passes of gort-ir have run.
pub fn compile_on_demand(
    module: Module,
    sources: Box<dyn PosResolver>,
    options: &Options,
    ahead: impl Fn(&Func) -> bool,
) -> Result<(CompiledModule, OnDemand), Error> {
    let isa = crate::isa::make(options)?;
    let defined = defined(&module);
    let body = |f: FuncId| module.funcs[f].body.as_ref();
    let (now, later): (Vec<FuncId>, Vec<FuncId>) =
        defined.iter().copied().partition(|&f| body(f).is_some_and(&ahead));
    let insts = |f: FuncId| body(f).map_or(0, |b| b.insts.len());
    let code_size = later.iter().map(|&f| insts(f) * BYTES_PER_INST + BYTES_PER_FUNC).sum();
    let mut compiled = compile_all(&module, &now, isa.as_ref(), sources.as_ref(), options)?.into_iter();
    let mut now = now.into_iter().peekable();
    let mut funcs = Vec::with_capacity(defined.len());
    for &f in &defined {
        let func = if now.next_if_eq(&f).is_some() { compiled.next() } else { None };
        funcs.extend(func.or_else(|| Some(declare(body(f)?, sources.as_ref()))));
    }
    let compiled = assemble(&module, &defined, funcs, sources.as_ref());
    let poison_slots = options.poison_slots;
    Ok((compiled, OnDemand { module, isa, sources, defined, code_size, poison_slots }))
}

impl OnDemand {
    /// What [`crate::stored::StoredCode`] needs to go on where this stands, in another process.
    pub fn store(&self) -> Stored {
        Stored::new(&self.module, self.sources.as_ref(), &self.defined, self.code_size)
    }
}

fn declare(func: &Func, sources: &dyn PosResolver) -> CompiledFunc {
    let mut out = head(func, sources);
    out.flags |= FuncFlags::LAZY;
    out
}

impl CodeSource for OnDemand {
    fn compile(&self, index: u32) -> Result<CompiledFunc, String> {
        let f = *self.defined.get(index as usize).ok_or("no such function")?;
        Worker::new(&self.module, self.isa.as_ref(), self.sources.as_ref(), self.poison_slots)
            .compile(f)
            .map_err(|e| e.to_string())
    }

    fn code_size(&self) -> usize {
        self.code_size
    }
}
