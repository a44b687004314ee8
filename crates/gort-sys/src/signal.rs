//! Faults and signals: the process-wide handlers, which chain to those that were there before.
//!
//! Signal handlers are process-wide by nature (design decision D1), so this file has the only mutable
//! statics of the runtime half: the handler function and the previous actions. A handler finds its
//! runtime through the current thread. Go counterpart: `signal_unix.go`, `os_linux.go`.

pub mod every_thread;
pub mod notify;
pub mod profile;

use crate::{OsError, mem};
use gort_abi::addr::{Addr, Pc, Sp};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What kind of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// SIGSEGV.
    Segv,
    /// SIGBUS.
    Bus,
    /// SIGFPE: division.
    Fpe,
    /// SIGILL: an undefined instruction, `ud2` among them.
    Ill,
}

const FAULTS: [(i32, FaultKind); 4] = [
    (libc::SIGSEGV, FaultKind::Segv),
    (libc::SIGBUS, FaultKind::Bus),
    (libc::SIGFPE, FaultKind::Fpe),
    (libc::SIGILL, FaultKind::Ill),
];

/// The registers of a thread that faulted; what is set here holds when the handler returns.
#[derive(Debug)]
pub struct FaultContext<'a> {
    kind: FaultKind,
    address: Addr,
    context: &'a mut libc::ucontext_t,
}

impl FaultContext<'_> {
    /// What happened.
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// The address whose access failed (for SIGSEGV and SIGBUS).
    pub fn address(&self) -> Addr {
        self.address
    }

    fn register(&self, index: i32) -> usize {
        self.context.uc_mcontext.gregs[index as usize] as usize
    }

    fn set_register(&mut self, index: i32, value: usize) {
        self.context.uc_mcontext.gregs[index as usize] = value as i64;
    }

    /// The faulting instruction.
    pub fn pc(&self) -> Pc {
        Pc(self.register(libc::REG_RIP))
    }

    /// Where to continue.
    pub fn set_pc(&mut self, pc: Pc) {
        self.set_register(libc::REG_RIP, pc.0);
    }

    /// Stack pointer.
    pub fn sp(&self) -> Sp {
        Sp(self.register(libc::REG_RSP))
    }

    /// Changes the stack pointer.
    pub fn set_sp(&mut self, sp: Sp) {
        self.set_register(libc::REG_RSP, sp.0);
    }

    /// Frame pointer.
    pub fn fp(&self) -> Sp {
        Sp(self.register(libc::REG_RBP))
    }

    /// Changes the frame pointer.
    pub fn set_fp(&mut self, fp: Sp) {
        self.set_register(libc::REG_RBP, fp.0);
    }

    /// The context register, r15.
    pub fn context_register(&self) -> usize {
        self.register(libc::REG_R15)
    }

    /// Changes the context register.
    pub fn set_context_register(&mut self, value: usize) {
        self.set_register(libc::REG_R15, value);
    }
}

/// Looks at a fault; true if it dealt with it. It runs inside a signal handler: no allocation, no locks.
pub type FaultHandler = fn(&mut FaultContext<'_>) -> bool;

/// The handler, as an address, 0 for none. Process-wide, see the header.
static HANDLER: AtomicUsize = AtomicUsize::new(0);
/// How often SIGQUIT came. Process-wide, see the header.
static QUITS: AtomicUsize = AtomicUsize::new(0);

struct Previous([UnsafeCell<MaybeUninit<libc::sigaction>>; FAULTS.len()]);
// SAFETY: written under `INSTALLED` before the handler that reads it is in place.
unsafe impl Sync for Previous {}
static PREVIOUS: Previous = Previous([const { UnsafeCell::new(MaybeUninit::zeroed()) }; FAULTS.len()]);
static INSTALLED: OnceLock<Result<(), OsError>> = OnceLock::new();

/// Installs the process-wide fault handler. A second call with the same function does nothing.
///
/// # Panics
/// If another function is installed already.
pub fn install_fault_handler(handler: FaultHandler) -> Result<(), OsError> {
    let address = handler as usize;
    // Relaxed failure: only the value matters. AcqRel: pairs with the Acquire load in `on_fault`.
    let seen = HANDLER.compare_exchange(0, address, Ordering::AcqRel, Ordering::Relaxed);
    assert!(seen.is_ok() || seen == Err(address), "another fault handler is installed");
    *INSTALLED.get_or_init(|| {
        for (index, (signal, _)) in FAULTS.iter().enumerate() {
            let old: *mut libc::sigaction = PREVIOUS.0[index].get().cast();
            // A fault inside the handler reaches the previous handler instead of hanging.
            install(*signal, on_fault as *const () as usize, Others::Come, old)?;
        }
        Ok(())
    })
}

/// As [`install`]. While the handler runs all signals wait: however many come, one such handler is on the signal stack, whose
/// size is that of a few register files.
fn set_action(signal: i32, handler: usize, old: *mut libc::sigaction) -> Result<(), OsError> {
    install(signal, handler, Others::Wait, old)
}

/// What signals do that come while a handler runs.
enum Others {
    Come,
    Wait,
}

fn install(signal: i32, handler: usize, others: Others, old: *mut libc::sigaction) -> Result<(), OsError> {
    // SAFETY: all-zero is the default action with an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
    match others {
        Others::Come => action.sa_flags |= libc::SA_NODEFER,
        // SAFETY: INV-SYS-2; a live local.
        Others::Wait => _ = unsafe { libc::sigfillset(&raw mut action.sa_mask) },
    }
    // SAFETY: INV-SYS-2; both structures live through the call, and the handler has the right signature.
    if unsafe { libc::sigaction(signal, &raw const action, old) } != 0 {
        return Err(OsError::last());
    }
    Ok(())
}

extern "C" fn on_fault(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let Some(index) = FAULTS.iter().position(|(s, _)| *s == signal) else { return };
    // SAFETY: INV-SYS-3.
    let info_ref = unsafe { &*info };
    // SAFETY: INV-SYS-3; all signals in `FAULTS` carry an address.
    let address = unsafe { info_ref.si_addr() };
    // SAFETY: INV-SYS-3.
    let ucontext = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    // Acquire: pairs with the AcqRel in `install_fault_handler`.
    let handler = HANDLER.load(Ordering::Acquire);
    if handler != 0 {
        // SAFETY: only `install_fault_handler` stores here, from a `FaultHandler`.
        let handler: FaultHandler = unsafe { std::mem::transmute(handler) };
        let mut fault =
            FaultContext { kind: FAULTS[index].1, address: Addr(address.addr()), context: ucontext };
        if handler(&mut fault) {
            return;
        }
    }
    chain(index, signal, info, context);
}

/// The fault is not ours: do what would have been done without us.
fn chain(index: usize, signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let slot: *const libc::sigaction = PREVIOUS.0[index].get().cast();
    // SAFETY: written before this handler was installed, never since.
    let old = unsafe { *slot };
    match old.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // An ignored fault would repeat for ever: the default action, on the retry.
            // SAFETY: all-zero is the default action.
            let default: libc::sigaction = unsafe { std::mem::zeroed() };
            // SAFETY: INV-SYS-2.
            unsafe { libc::sigaction(signal, &raw const default, ptr::null_mut()) };
        }
        f if old.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: the previous owner registered it with this signature.
            let f: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                unsafe { std::mem::transmute(f) };
            f(signal, info, context);
        }
        f => {
            // SAFETY: the previous owner registered it with this signature.
            let f: extern "C" fn(i32) = unsafe { std::mem::transmute(f) };
            f(signal);
        }
    }
}

/// From now on a SIGQUIT is counted instead of ending the process.
pub fn watch_quit() -> Result<(), OsError> {
    set_action(libc::SIGQUIT, on_quit as *const () as usize, ptr::null_mut())
}

/// How often SIGQUIT came.
pub fn quits() -> usize {
    // Relaxed: a count, nothing else travels with it.
    QUITS.load(Ordering::Relaxed)
}

/// So that a thread in a system call can be made to return from it: see [`crate::thread::Thread::interrupt`].
pub fn allow_interrupts() {
    // SAFETY: all-zero is the default action with an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_interrupt as *const () as usize;
    // Without SA_RESTART: the call is to fail.
    action.sa_flags = libc::SA_ONSTACK;
    // SAFETY: INV-SYS-2; the structure lives through the call.
    unsafe { libc::sigaction(libc::SIGURG, &raw const action, ptr::null_mut()) };
}

extern "C" fn on_interrupt(_: i32) {}

extern "C" fn on_quit(_: i32, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // Relaxed: a count, nothing else travels with it.
    QUITS.fetch_add(1, Ordering::Relaxed);
}

/// Makes writes to a closed pipe an error instead of the end of the process, or the reverse.
pub fn set_sigpipe_ignored(ignored: bool) {
    // SAFETY: INV-SYS-2.
    unsafe { libc::signal(libc::SIGPIPE, if ignored { libc::SIG_IGN } else { libc::SIG_DFL }) };
}

/// Blocks all signals of this thread; returns the mask that was.
pub fn block_all() -> u64 {
    set_mask(u64::MAX)
}

/// Sets this thread's mask, a bit per signal; returns the one that was. The kernel's own call: a child that shares
/// memory with its parent must not go through a library.
pub fn set_mask(mask: u64) -> u64 {
    let mut old = 0_u64;
    let (new_at, old_at) = (&raw const mask, &raw mut old);
    // SAFETY: INV-SYS-2; both masks are live locals of the size passed.
    unsafe { libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, new_at, old_at, size_of::<u64>()) };
    old
}

/// Number of the highest signal.
const SIGNAL_MAX: i32 = 64;

/// Signals that have a handler get the default action, in a forked child before it executes another program.
pub fn reset_handlers() {
    // As the kernel lays it out: handler, flags, restorer, mask.
    type KernelAction = [usize; 4];
    for signal in 1..=SIGNAL_MAX {
        let mut action: KernelAction = [0; 4];
        let old_at = &raw mut action;
        let none = ptr::null::<KernelAction>();
        // SAFETY: INV-SYS-2; the result is a live local.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, none, old_at, size_of::<u64>()) };
        if action[0] == libc::SIG_DFL || action[0] == libc::SIG_IGN {
            continue;
        }
        let default: KernelAction = [0; 4];
        let new_at = &raw const default;
        let nowhere = ptr::null_mut::<KernelAction>();
        // SAFETY: INV-SYS-2; the new action is a live local.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, new_at, nowhere, size_of::<u64>()) };
    }
}

/// An alternate signal stack for this thread: fault handlers run on it, since the goroutine stack may be
/// the reason for the fault. Dropped on the same thread, it brings the previous one back.
#[derive(Debug)]
pub struct AltStack {
    base: Addr,
    len: usize,
    previous: libc::stack_t,
    /// It belongs to this thread.
    _not_send: std::marker::PhantomData<*mut ()>,
}

impl AltStack {
    /// Size that holds a handler and the largest register file.
    pub const SIZE: usize = 64 << 10;

    /// Installs one for the calling thread.
    pub fn install() -> Result<Self, OsError> {
        let len = Self::SIZE;
        let base = mem::map(len)?;
        let wanted =
            libc::stack_t { ss_sp: ptr::with_exposed_provenance_mut(base.0), ss_flags: 0, ss_size: len };
        let mut previous = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: 0, ss_size: 0 };
        // SAFETY: INV-SYS-2; the memory stays mapped until `drop`.
        if unsafe { libc::sigaltstack(&raw const wanted, &raw mut previous) } != 0 {
            return Err(OsError::last());
        }
        Ok(Self { base, len, previous, _not_send: std::marker::PhantomData })
    }
}

impl Drop for AltStack {
    fn drop(&mut self) {
        // SAFETY: INV-SYS-2; `previous` was given by the kernel for this thread.
        unsafe { libc::sigaltstack(&raw const self.previous, ptr::null_mut()) };
        // SAFETY: INV-SYS-1; mapped in `install`, no longer the signal stack.
        unsafe { mem::release(self.base, self.len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skip_load(fault: &mut FaultContext<'_>) -> bool {
        // The load below is 3 bytes: `mov rax, [rdi]` in code memory.
        let ours = fault.address() == Addr(8);
        if ours {
            fault.set_pc(fault.pc().add(3));
        }
        ours
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn fault_is_seen_and_skipped() {
        install_fault_handler(skip_load).unwrap();
        let _alt = AltStack::install().unwrap();
        let mut code = crate::code_memory::CodeMemory::new(16).unwrap();
        code.bytes_mut()[..9].copy_from_slice(&[0x31, 0xc0, 0x48, 0x8b, 0x07, 0xff, 0xc0, 0xc3, 0]);
        let code = code.publish().unwrap();
        let p = ptr::with_exposed_provenance::<()>(code.base().0);
        // SAFETY: `xor eax,eax; mov rax,[rdi]; inc eax; ret`.
        let f: extern "C" fn(usize) -> u32 = unsafe { std::mem::transmute(p) };
        assert_eq!(f(8), 1);
    }
}
