//! Switching, thunks, walking and growing, on hand-assembled code.

use crate::alloc::{NativeStack, StackAlloc};
use crate::arch::{self, SavedContext, THUNK_SIZE};
use crate::context;
use crate::func_table::{FuncInfo, FuncTable, ModuleFuncs};
use crate::grow;
use crate::guard::stack_limit;
use crate::walk::{FrameCursor, FrameKind, StackView, for_each_root};
use gort_abi::addr::{Pc, Sp};
use gort_abi::layout::{GPrefix, PContext};
use gort_abi::module::CompiledFunc;
use gort_abi::runtime_fn::Thunk;
use gort_abi::stack_map::{ArgMap, StackMap};
use gort_protocols::g_status::GStatus;
use gort_sys::code_memory::{CodeMemory, PublishedCode};
use std::cell::Cell;

/// What the runtime functions of these tests see.
struct World {
    ctx: PContext,
    g: GPrefix,
    stacks: StackAlloc,
    table: FuncTable,
    log: Vec<String>,
    moves: usize,
    status: GStatus,
}

thread_local! {
    static WORLD: Cell<*mut World> = const { Cell::new(std::ptr::null_mut()) };
}

fn world<'a>() -> &'a mut World {
    // SAFETY: set by `run_go` for the time of the run; each runtime function uses it alone.
    unsafe { &mut *WORLD.get() }
}

extern "sysv64" fn rt_add(a: u64, b: u64) -> u64 {
    world().log.push(format!("add {a} {b}"));
    a + b
}

extern "sysv64" fn rt_exit(result: u64) {
    let w = world();
    w.log.push(format!("exit {result}"));
    w.ctx.leave = 2;
}

extern "sysv64" fn rt_park() -> u64 {
    world().ctx.leave = 1;
    0
}

extern "sysv64" fn rt_more() {
    let w = world();
    let view = StackView {
        lo: Sp(w.g.stack_lo),
        hi: Sp(w.g.stack_hi),
        sp: Sp(w.ctx.saved_sp),
        fp: Sp(w.ctx.saved_fp),
    };
    let mut roots = vec![];
    // SAFETY: the goroutine is stopped in the MoreStack thunk.
    unsafe { for_each_root(view, &w.table, |_, value| roots.push(value)) };
    // SAFETY: as above.
    let kinds: Vec<_> =
        unsafe { FrameCursor::new(view, &w.table) }.map(|f| (f.info.is_some(), f.kind)).collect();
    assert!(matches!(kinds[0], (true, FrameKind::Entry(_))), "{kinds:?}");
    assert!(kinds[1..].iter().all(|k| *k == (true, FrameKind::Call)), "{kinds:?}");
    if w.moves < 2 {
        w.log.push(format!("frames {} roots {roots:?}", kinds.len()));
    }
    w.moves += 1;
    let copying = w.status.copy_stack();
    // SAFETY: the goroutine is stopped in the MoreStack thunk.
    unsafe { grow::grow_current(&mut w.ctx, &mut w.g, &w.stacks, 0, &copying.movable()) }.unwrap();
}

struct Assembler {
    code: CodeMemory,
    at: usize,
}

impl Assembler {
    fn put(&mut self, bytes: &[u8]) {
        self.code.bytes_mut()[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }
    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }
    fn pc(&self) -> Pc {
        self.code.base().add(self.at)
    }
    fn call(&mut self, target: Pc) -> Pc {
        let rel = target.offset_from(self.pc().add(5)) as u32;
        self.put(&[0xE8]);
        self.put(&rel.to_le_bytes());
        self.pc()
    }
    fn thunk(&mut self, kind: Thunk, f: *const ()) -> Pc {
        self.align(16);
        let pc = self.pc();
        let at = self.at;
        let n = arch::write_thunk(kind, None, f as usize, &mut self.code.bytes_mut()[at..]);
        assert!(n <= THUNK_SIZE);
        self.at += n;
        pc
    }
}

struct Program {
    code: PublishedCode,
    start: Pc,
    main: Pc,
    /// The recursive function: start, len, body offset, return offset of its call.
    rec: (Pc, u32, u32, u32),
    main_range: (Pc, u32, Vec<u32>),
}

/// main(closure): r = rec(100000); park(); exit(add(r, park()))
/// rec(n): if n == 0 { return 0 }; local = n; return *(&local) + rec(n - 1), &local being kept in rbx
fn assemble() -> Program {
    let mut a = Assembler { code: CodeMemory::new(4096).unwrap(), at: 0 };
    let add = a.thunk(Thunk::Quick, rt_add as *const ());
    let exit = a.thunk(Thunk::Blocking, rt_exit as *const ());
    let park = a.thunk(Thunk::Blocking, rt_park as *const ());
    let more = a.thunk(Thunk::MoreStack, rt_more as *const ());
    a.align(16);
    let start = a.pc();
    let at = a.at;
    a.at += arch::write_start_stub(exit, &mut a.code.bytes_mut()[at..]);
    a.align(16);
    let rec = a.pc();
    a.call(more); // slow path of the stub
    a.put(&[0x49, 0x3B, 0x27]); // entry: cmp rsp, [r15]
    a.put(&[0x76, 0xF6]); // jbe slow (-10)
    let body = a.pc();
    a.put(&[0x55, 0x48, 0x89, 0xE5, 0x53, 0x57]); // push rbp; mov rbp,rsp; push rbx; push rdi
    a.put(&[0x31, 0xC0, 0x48, 0x85, 0xFF]); // xor eax,eax; test rdi,rdi
    a.put(&[0x74, 0x0F]); // jz done (+15)
    a.put(&[0x48, 0x89, 0xE3]); // mov rbx, rsp: the address of the local
    a.put(&[0x48, 0xFF, 0xCF]); // dec rdi
    let rec_return = a.call(rec.add(5));
    a.put(&[0x48, 0x03, 0x03, 0x90]); // add rax, [rbx]; nop
    a.put(&[0x59, 0x5B, 0x5D, 0xC3]); // done: pop rcx; pop rbx; pop rbp; ret
    let rec_len = a.pc().offset_from(rec) as u32;
    a.align(16);
    let main = a.pc();
    a.put(&[0x55, 0x48, 0x89, 0xE5, 0x53, 0x57]); // push rbp; mov rbp,rsp; push rbx; push rdi (alignment)
    a.put(&[0xBF]);
    a.put(&100_000_u32.to_le_bytes()); // mov edi, 100000
    let r1 = a.call(rec.add(5));
    a.put(&[0x48, 0x89, 0xC3]); // mov rbx, rax
    let r2 = a.call(park);
    a.put(&[0x48, 0x89, 0xDF, 0x48, 0x89, 0xC6]); // mov rdi, rbx; mov rsi, rax
    let r3 = a.call(add);
    a.put(&[0x48, 0x89, 0xC7]); // mov rdi, rax
    let r4 = a.call(exit);
    a.put(&[0x0F, 0x0B]);
    let main_len = a.pc().offset_from(main) as u32;
    let returns = [r1, r2, r3, r4].map(|r| r.offset_from(main) as u32).to_vec();
    Program {
        code: a.code.publish().unwrap(),
        start,
        main,
        rec: (rec, rec_len, body.offset_from(rec) as u32, rec_return.offset_from(rec) as u32),
        main_range: (main, main_len, returns),
    }
}

fn functions(p: &Program) -> ModuleFuncs {
    let (start, len, body_offset, rec_return) = p.rec;
    let rec = CompiledFunc {
        name: "main.rec".into(),
        body_offset,
        entry_offset: 5,
        stack_maps: vec![StackMap { return_offset: rec_return, slots: vec![16] }],
        args: ArgMap { registers: 1, stack: vec![] },
        ..CompiledFunc::default()
    };
    let (main, main_len, returns) = p.main_range.clone();
    let stack_maps = returns.iter().map(|&r| StackMap { return_offset: r, slots: vec![16] }).collect();
    let main_func = CompiledFunc { name: "main.main".into(), stack_maps, ..CompiledFunc::default() };
    ModuleFuncs {
        funcs: vec![
            FuncInfo { start: main, len: main_len, func: main_func },
            FuncInfo { start, len, func: rec },
        ],
        files: vec![],
        ..ModuleFuncs::default()
    }
}

#[test]
fn go_code_calls_grows_parks_and_exits() {
    let program = assemble();
    let closure = [program.main.0];
    let mut w = World {
        ctx: PContext::default(),
        g: GPrefix::default(),
        stacks: StackAlloc::new().unwrap(),
        table: FuncTable::new(),
        log: vec![],
        moves: 0,
        status: GStatus::new(),
    };
    w.status.publish();
    w.status.execute();
    w.table.add(functions(&program));
    assert!(program.code.contains(program.main));
    let stack = w.stacks.alloc(2048).unwrap();
    w.g.stack_lo = stack.lo.0;
    w.g.stack_hi = stack.hi.0;
    w.g.param = closure.as_ptr() as usize;
    w.ctx.g = &raw mut w.g as usize;
    *w.ctx.stack_limit.get_mut() = stack_limit(stack.lo);
    // SAFETY: the stack is ours, `start` is a start stub.
    let at = unsafe { context::new_go(stack, program.start) };
    WORLD.set(&raw mut w);
    let ctx = &raw mut w.ctx;
    // SAFETY: a new goroutine's resume frame.
    assert_eq!(unsafe { arch::enter(ctx, at.sp, 0, 0) }, 1);
    let w = world();
    let parked = Sp(w.ctx.saved_sp);
    // SAFETY: the goroutine left at that sp.
    assert_eq!(unsafe { arch::enter(&raw mut w.ctx, parked, 7, 0) }, 2);
    let w = world();
    let arg = closure.as_ptr() as usize;
    assert!(w.log[0].starts_with("frames"), "{:?}", w.log);
    assert!(w.log[0].ends_with(&format!("{arg}]")), "{:?} {arg}", w.log);
    assert_eq!(w.log[2..], ["add 5000050000 7", "exit 5000050007"]);
    assert!(w.moves > 8, "{}", w.moves);
    WORLD.set(std::ptr::null_mut());
}

struct Native {
    ctx: PContext,
    saved: SavedContext,
    steps: Vec<u32>,
}

unsafe extern "sysv64" fn on_system_stack(arg: *mut u8) {
    // SAFETY: `native_main` passes its own argument on.
    let n = unsafe { &mut *arg.cast::<Native>() };
    n.steps.push(10);
}

unsafe extern "sysv64" fn native_main(arg: *mut u8) -> ! {
    let n = arg.cast::<Native>();
    let mut i = 0;
    loop {
        i += 1;
        // SAFETY: the test keeps it alive; nobody else touches it while the goroutine runs.
        let steps = unsafe { &mut (*n).steps };
        steps.push(i);
        // SAFETY: as above.
        let ctx = unsafe { &raw mut (*n).ctx };
        // SAFETY: as above.
        let saved = unsafe { &raw mut (*n).saved };
        // SAFETY: on our own native stack, with the context we run with.
        unsafe { arch::system_stack(ctx, on_system_stack, arg) };
        // SAFETY: as above.
        unsafe { arch::leave(ctx, i as usize, saved) };
    }
}

#[test]
fn rust_goroutine_leaves_and_comes_back() {
    let stack = NativeStack::new(NativeStack::SIZE).unwrap();
    let mut n = Native { ctx: PContext::default(), saved: SavedContext::default(), steps: vec![] };
    let n = &raw mut n;
    // SAFETY: nobody else uses the stack.
    let first = unsafe { context::new_native(&stack, native_main, n.cast()) };
    // SAFETY: `n` is alive.
    let ctx = unsafe { &raw mut (*n).ctx };
    // SAFETY: a new goroutine's resume frame.
    assert_eq!(unsafe { arch::enter(ctx, first.sp, 0, 0) }, 1);
    for round in 2..5 {
        // SAFETY: the goroutine is stopped.
        let sp = unsafe { (*n).saved.sp };
        // SAFETY: it left with that context.
        assert_eq!(unsafe { arch::enter(ctx, sp, 0, 0) }, round);
    }
    // SAFETY: the goroutine is stopped.
    assert_eq!(unsafe { &(*n).steps }, &[1, 10, 2, 10, 3, 10, 4, 10]);
}
