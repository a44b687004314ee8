//! perf's map of generated code: `/tmp/perf-PID.map`, so that `perf report` shows Go functions by name.
//!
//! A line for each function, `start size name` in hexadecimal, in the order in which they are loaded; the format is
//! that of the kernel's tools/perf/Documentation/jit-interface.txt.

use gort_abi::module::FuncFlags;
use gort_stack::func_table::{FuncInfo, FuncTable};
use gort_sync::{LockRank, Mutex};
use std::fs::File;
use std::io::{self, Write};

/// From now on the file gets a line for every function that is added to the table.
pub fn watch(table: &FuncTable) -> io::Result<()> {
    let path = format!("/tmp/perf-{}.map", std::process::id());
    let file = Mutex::new(LockRank::Leaf, File::create(path)?);
    table.watch(move |func| {
        // A profile that lacks a name is no reason to end the program.
        let _ = file.lock().write_all(line(func).as_bytes());
    });
    Ok(())
}

fn line(func: &FuncInfo) -> String {
    let stub = if func.func.flags.contains(FuncFlags::LAZY) { " (stub)" } else { "" };
    format!("{:x} {:x} {}{stub}\n", func.start.0, func.len, func.func.name)
}
