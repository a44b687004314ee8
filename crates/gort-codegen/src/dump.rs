//! CLIF and machine code as text, for `gort dump`.

use crate::error::Error;
use crate::module::{Options, Worker};
use crate::positions::RawPositions;
use gort_ir::module::{FuncId, Module};

/// The CLIF that the function is translated to, before Cranelift's optimizations.
pub fn dump_clif(module: &Module, f: FuncId, options: &Options) -> Result<String, Error> {
    Ok(listing(module, f, options)?.0)
}

/// The machine code of the body (the entry stub not among it), in Cranelift's notation.
pub fn dump_asm(module: &Module, f: FuncId, options: &Options) -> Result<String, Error> {
    Ok(listing(module, f, options)?.1)
}

fn listing(module: &Module, f: FuncId, options: &Options) -> Result<(String, String), Error> {
    let isa = crate::isa::make(options)?;
    Worker::new(module, isa.as_ref(), &RawPositions).listing(f)
}
