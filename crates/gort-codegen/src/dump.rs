//! CLIF, machine code and its tables as text, for `gort dump`.

use crate::error::Error;
use crate::module::{Options, Worker};
use crate::positions::{PosResolver, RawPositions};
use gort_abi::module::CompiledFunc;
use gort_ir::module::{FuncId, Module};
use std::fmt::Write;

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
    Worker::new(module, isa.as_ref(), &RawPositions, options.poison_slots).listing(f)
}

/// What the runtime is told of the function's code: where pointers are at each call, where it traps, which calls
/// are inlined. Places are offsets from the frame pointer.
pub fn dump_stack_maps(
    module: &Module,
    f: FuncId,
    sources: &dyn PosResolver,
    options: &Options,
) -> Result<String, Error> {
    let isa = crate::isa::make(options)?;
    let func = Worker::new(module, isa.as_ref(), sources, options.poison_slots).compile(f)?;
    Ok(tables(&func, &sources.files()).unwrap_or_default())
}

fn tables(func: &CompiledFunc, files: &[String]) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let slots = |slots: &[u32]| slots.iter().map(|s| format!(" fp-{s}")).collect::<String>();
    writeln!(out, "{}: {} bytes, body at +{:#x}", func.name, func.code.len(), func.body_offset)?;
    writeln!(out, "  arguments: registers {:#b}, stack {:?}", func.args.registers, func.args.stack)?;
    writeln!(out, "  always:{}", slots(&func.base_slots))?;
    for map in &func.stack_maps {
        let at = map.return_offset;
        writeln!(out, "  call +{at:#x} {}:{}", place(func, files, at - 1), slots(&map.slots))?;
    }
    for (at, trap) in &func.traps {
        writeln!(out, "  trap +{at:#x} {}: {trap:?}", place(func, files, *at))?;
    }
    if let Some(landing) = &func.landing {
        writeln!(out, "  landing +{:#x}, sp = fp-{}", landing.offset, landing.frame_offset)?;
    }
    for (i, call) in func.inlined.iter().enumerate() {
        let file = files.get(call.call_file as usize).map_or("?", String::as_str);
        writeln!(out, "  inlined {}: {} at {file}:{} in {}", i + 1, call.name, call.call_line, call.parent)?;
    }
    Ok(out)
}

/// Line, and the inlined call if any.
fn place(func: &CompiledFunc, files: &[String], offset: u32) -> String {
    let after = func.lines.partition_point(|l| l.offset <= offset);
    match after.checked_sub(1).and_then(|i| func.lines.get(i)) {
        Some(l) if l.line != 0 => {
            let file = files.get(l.file as usize).map_or("?", String::as_str);
            let inlined = if l.inline == 0 { String::new() } else { format!(" (inlined {})", l.inline) };
            format!("{file}:{}{inlined}", l.line)
        }
        _ => "?".into(),
    }
}
