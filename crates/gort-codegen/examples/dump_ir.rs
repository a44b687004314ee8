//! Prints the CLIF and machine code of IR text: `cargo run -p gort-codegen --example dump_ir < x.ir`.

use gort_codegen::{Options, dump};
use std::io::Read;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut module = gort_ir::parse::parse_module(&text)?;
    gort_ir::verify::verify_module(&module)?;
    gort_ir::passes::run_module(&mut module, Default::default())?;
    println!("{module}");
    for f in module.funcs.indices().filter(|&f| module.funcs[f].body.is_some()) {
        println!("{}", dump::dump_clif(&module, f, &Options::default())?);
        println!("{}", dump::dump_asm(&module, f, &Options::default())?);
    }
    Ok(())
}
