//! Runs compiled IR without the runtime: code in one mapping, thunks that call Rust on the same stack.
//!
//! INV-RUN-1 (trusted code): the code in the mapping was compiled from a verified module, and the test calls it with
//! arguments its signature takes.
#![allow(dead_code)]

use gort_abi::layout::PContext;
use gort_abi::module::{CompiledModule, RelocKind, Symbol};
use gort_abi::runtime_fn::{RuntimeFn, Thunk};
use gort_codegen::positions::RawPositions;
use gort_codegen::{Options, compile_module};
use gort_ir::module::Module;
use gort_sys::code_memory::{CodeMemory, PublishedCode};
use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering;

/// `extern "C" fn(ctx: *mut PContext, code, values: *mut [u64; 10])`: loads six integer and two float
/// arguments, calls, stores eight integer and two float results.
const CALL: &[u8] = &[
    0x55, 0x48, 0x89, 0xe5, 0x53, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, 0x52, 0x49, 0x89, 0xff,
    0x48, 0x89, 0xf0, 0x49, 0x89, 0xd3, 0xf2, 0x41, 0x0f, 0x10, 0x43, 0x30, 0xf2, 0x41, 0x0f, 0x10, 0x4b,
    0x38, 0x49, 0x8b, 0x3b, 0x49, 0x8b, 0x73, 0x08, 0x49, 0x8b, 0x53, 0x10, 0x49, 0x8b, 0x4b, 0x18, 0x4d,
    0x8b, 0x43, 0x20, 0x4d, 0x8b, 0x4b, 0x28, 0xff, 0xd0, 0x41, 0x5b, 0x49, 0x89, 0x03, 0x49, 0x89, 0x4b,
    0x08, 0x49, 0x89, 0x53, 0x10, 0x49, 0x89, 0x73, 0x18, 0x49, 0x89, 0x7b, 0x20, 0x4d, 0x89, 0x43, 0x28,
    0x4d, 0x89, 0x4b, 0x30, 0x4d, 0x89, 0x53, 0x38, 0xf2, 0x41, 0x0f, 0x11, 0x43, 0x40, 0xf2, 0x41, 0x0f,
    0x11, 0x4b, 0x48, 0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5b, 0x5d, 0xc3,
];

/// Calls the function whose address follows, all integer registers preserved.
const PRESERVE: &[u8] = &[
    0x55, 0x48, 0x89, 0xe5, 0x50, 0x51, 0x52, 0x56, 0x57, 0x41, 0x50, 0x41, 0x51, 0x41, 0x52, 0x41, 0x53,
    0x41, 0x53, 0xff, 0x15, 0x11, 0x00, 0x00, 0x00, 0x41, 0x5b, 0x41, 0x5b, 0x41, 0x5a, 0x41, 0x59, 0x41,
    0x58, 0x5f, 0x5e, 0x5a, 0x59, 0x58, 0x5d, 0xc3,
];

const SIZE: usize = 1 << 20;

thread_local! {
    static CONTEXT: Cell<*mut PContext> = const { Cell::new(std::ptr::null_mut()) };
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn log(s: String) {
    LOG.with_borrow_mut(|l| l.push(s));
}

fn clear_limit() {
    let ctx = CONTEXT.get();
    // SAFETY: INV-RUN-1: a call is in progress, so the context is alive.
    let limit = unsafe { &(*ctx).stack_limit };
    limit.store(0, Ordering::SeqCst);
}

extern "C" fn more_stack() {
    log("morestack".into());
    clear_limit();
}

extern "C" fn poll() {
    log("poll".into());
    clear_limit();
}

extern "C" fn write_barrier(slot: usize, value: usize) {
    log(format!("barrier {value}"));
    assert_ne!(slot, 0);
}

extern "C" fn print_int(v: i64) {
    log(format!("{v}"));
}

extern "C" fn mem_clr(p: *mut u8, n: usize) {
    // SAFETY: INV-RUN-1.
    unsafe { p.write_bytes(0, n) };
}

extern "C" fn mem_move(to: *mut u8, from: *const u8, n: usize) {
    // SAFETY: INV-RUN-1.
    unsafe { std::ptr::copy(from, to, n) };
}

extern "C" fn cmp_string(a: i64, b: i64, c: i64, d: i64) -> i64 {
    a * 1000 + b * 100 + c * 10 + d
}

extern "C" fn unexpected() {
    eprintln!("unexpected runtime call");
    std::process::abort();
}

fn runtime_address(f: RuntimeFn) -> usize {
    match f {
        RuntimeFn::MoreStack => more_stack as *const () as usize,
        RuntimeFn::Poll => poll as *const () as usize,
        RuntimeFn::WriteBarrier => write_barrier as *const () as usize,
        RuntimeFn::PrintInt => print_int as *const () as usize,
        RuntimeFn::MemClr => mem_clr as *const () as usize,
        RuntimeFn::MemMove => mem_move as *const () as usize,
        RuntimeFn::CmpString => cmp_string as *const () as usize,
        _ => unexpected as *const () as usize,
    }
}

/// A loaded module.
pub struct Program {
    pub module: CompiledModule,
    code: PublishedCode,
    entries: Vec<usize>,
    pub context: Box<PContext>,
}

/// Compiles IR text (verified, with the passes that look at one function).
pub fn compile(text: &str) -> CompiledModule {
    compile_ir(&mut gort_ir::parse::parse_module(text).unwrap())
}

pub fn compile_ir(module: &mut Module) -> CompiledModule {
    gort_ir::verify::verify_module(module).unwrap();
    module
        .funcs
        .iter_mut()
        .filter_map(|f| f.body.as_mut())
        .for_each(|body| gort_ir::passes::run(body).unwrap());
    gort_ir::verify::verify_module(module).unwrap();
    compile_module(module, &RawPositions, &Options::default()).unwrap_or_else(|e| panic!("{e}"))
}

struct Writer<'a> {
    base: usize,
    bytes: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8], align: usize) -> usize {
        self.at = self.at.next_multiple_of(align);
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
        self.base + self.at - bytes.len()
    }

    fn patch(&mut self, place: usize, bytes: &[u8]) {
        let at = place - self.base;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

impl Program {
    pub fn new(text: &str) -> Self {
        Self::load(compile(text))
    }

    pub fn load(module: CompiledModule) -> Self {
        let mut memory = CodeMemory::new(SIZE).unwrap();
        let base = memory.base().0;
        let mut w = Writer { base, bytes: memory.bytes_mut(), at: 0 };
        w.put(CALL, 16);
        let starts: Vec<usize> = module.funcs.iter().map(|f| w.put(&f.code, 16)).collect();
        let entries = starts.iter().zip(&module.funcs).map(|(s, f)| s + f.entry_offset as usize);
        let entries: Vec<usize> = entries.collect();
        let addresses: Vec<usize> = module
            .symbols
            .iter()
            .map(|s| match s {
                Symbol::Func(f) => entries[*f as usize],
                Symbol::Data(d) => {
                    let data = &module.data[*d as usize];
                    let mut bytes = data.bytes.clone();
                    bytes.resize(data.size as usize, 0);
                    w.put(&bytes, 16)
                }
                Symbol::Runtime(f) => thunk(&mut w, *f),
                Symbol::Undefined => 0,
            })
            .collect();
        for (f, start) in module.funcs.iter().zip(&starts) {
            for r in &f.relocs {
                let place = start + r.offset as usize;
                let target = (addresses[r.target.0 as usize] as i64).wrapping_add(r.addend);
                let bytes = match r.kind {
                    RelocKind::Abs8 => target.to_le_bytes().to_vec(),
                    RelocKind::PcRel4 => ((target - place as i64) as i32).to_le_bytes().to_vec(),
                    kind => panic!("{kind:?}"),
                };
                w.patch(place, &bytes);
            }
        }
        Self { module, code: memory.publish().unwrap(), entries, context: Box::default() }
    }

    pub fn func(&self, name: &str) -> &gort_abi::module::CompiledFunc {
        &self.module.funcs[self.index(name)]
    }

    fn index(&self, name: &str) -> usize {
        self.module.funcs.iter().position(|f| f.name == name).unwrap()
    }

    pub fn entry(&self, name: &str) -> u64 {
        self.entries[self.index(name)] as u64
    }

    /// Calls with integer and float arguments; eight integer and two float results.
    pub fn call_raw(&mut self, name: &str, ints: &[u64], floats: &[f64]) -> [u64; 10] {
        let mut values = [0; 10];
        values[..ints.len()].copy_from_slice(ints);
        for (i, f) in floats.iter().enumerate() {
            values[6 + i] = f.to_bits();
        }
        let ctx: *mut PContext = &mut *self.context;
        CONTEXT.set(ctx);
        type Call = extern "C" fn(*mut PContext, u64, *mut [u64; 10]);
        // SAFETY: CALL is the code of such a function.
        let call = unsafe { std::mem::transmute::<usize, Call>(self.code.base().0) };
        call(ctx, self.entry(name), &raw mut values);
        values
    }

    pub fn call(&mut self, name: &str, ints: &[u64]) -> u64 {
        self.call_raw(name, ints, &[])[0]
    }

    pub fn take_log(&self) -> Vec<String> {
        LOG.take()
    }
}

fn thunk(w: &mut Writer<'_>, f: RuntimeFn) -> usize {
    let address = runtime_address(f).to_le_bytes();
    let code: Vec<u8> = match f.thunk() {
        Thunk::Nop => vec![0xC3],
        Thunk::PreserveAll | Thunk::Barrier => [PRESERVE, &address].concat(),
        // Called before the frame exists: align. sub rsp, 16; call +5; add rsp, 16; ret
        Thunk::MoreStack => {
            let align = [0x48, 0x83, 0xEC, 16, 0xE8, 5, 0, 0, 0, 0x48, 0x83, 0xC4, 16, 0xC3];
            [align.as_slice(), PRESERVE, &address].concat()
        }
        Thunk::Quick
        | Thunk::Blocking
        | Thunk::Syscall
        | Thunk::Fork
        | Thunk::FrameCall
        | Thunk::MakeFunc => [&[0xFF, 0x25, 0, 0, 0, 0], address.as_slice()].concat(),
    };
    w.put(&code, 16)
}
