//! A program whose functions wait for their first call, as bytes that outlive the process.
//!
//! The optimised IR of each function is by itself, so that a later process reads the few that it calls and that no
//! process before it has compiled.

use crate::isa;
use crate::module::{Options, Worker};
use crate::positions::{LineTable, PosResolver};
use cranelift_codegen::isa::OwnedTargetIsa;
use gort_abi::module::{CodeSource, CompiledFunc};
use gort_ir::func::Func;
use gort_ir::module::{FuncId, Module};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// The bytes.
#[derive(Debug)]
pub struct Stored {
    /// What is asked for when any function is compiled.
    pub shared: Vec<u8>,
    /// The IR of each function, in the order of [`gort_abi::module::CompiledModule::funcs`].
    pub bodies: Vec<Vec<u8>>,
    /// See [`CodeSource::code_size`].
    pub code_size: usize,
}

/// What [`Stored::shared`] holds.
#[derive(Serialize, Deserialize)]
struct Shared<M> {
    /// Without bodies.
    module: M,
    lines: LineTable,
    defined: Vec<u32>,
}

impl Stored {
    pub(crate) fn new(
        module: &Module,
        sources: &dyn PosResolver,
        defined: &[FuncId],
        code_size: usize,
    ) -> Self {
        let body = |f: &FuncId| encode(&module.funcs[*f].body);
        let bodies = defined.iter().map(body).collect();
        let shared = Shared {
            module: module.without_bodies(),
            lines: LineTable::of(sources),
            defined: defined.iter().map(|f| f.raw()).collect(),
        };
        Self { shared: encode(&shared), bodies, code_size }
    }
}

/// Writing to memory cannot fail; what is empty is refused when it is read.
fn encode(value: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).unwrap_or_default()
}

/// Where the bytes are.
pub trait Bytes: Send + Sync {
    /// [`Stored::shared`].
    fn shared(&self) -> Result<Vec<u8>, String>;

    /// An element of [`Stored::bodies`].
    fn body(&self, index: u32) -> Result<Vec<u8>, String>;
}

/// Compiles functions of a stored program when they are first called.
pub struct StoredCode<B> {
    bytes: B,
    code_size: usize,
    ready: OnceLock<Result<Ready, String>>,
}

struct Ready {
    shared: Shared<Module>,
    isa: OwnedTargetIsa,
}

impl<B: Bytes> StoredCode<B> {
    /// Nothing is read before the first function is asked for.
    pub fn new(bytes: B, code_size: usize) -> Self {
        Self { bytes, code_size, ready: OnceLock::new() }
    }

    fn ready(&self) -> Result<Ready, String> {
        let shared = decode(&self.bytes.shared()?)?;
        Ok(Ready { shared, isa: isa::make(&Options::default()).map_err(|e| e.to_string())? })
    }
}

fn decode<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, String> {
    postcard::from_bytes(bytes).map_err(|e| format!("stored program: {e}"))
}

impl<B: Bytes> CodeSource for StoredCode<B> {
    fn compile(&self, index: u32) -> Result<CompiledFunc, String> {
        let Ready { shared, isa } = self.ready.get_or_init(|| self.ready()).as_ref().map_err(Clone::clone)?;
        let f = FuncId::from_raw(*shared.defined.get(index as usize).ok_or("no such function")?);
        let bytes = self.bytes.body(index)?;
        let func: Option<Func> = decode(&bytes)?;
        let func = func.ok_or("a function without a body")?;
        Worker::new(&shared.module, isa.as_ref(), &shared.lines, false)
            .compile_func(f, &func)
            .map_err(|e| e.to_string())
    }

    fn code_size(&self) -> usize {
        self.code_size
    }
}

/// Names what machine code depends on besides the program: the features of this machine that are used.
pub fn target() -> String {
    match isa::make(&Options::default()) {
        Ok(isa) => {
            let own: Vec<String> = isa.isa_flags().iter().map(|flag| flag.to_string()).collect();
            format!("{}{}", isa.flags(), own.join(" "))
        }
        Err(e) => e.to_string(),
    }
}
