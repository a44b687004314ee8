//! Where stacks come from: goroutine stacks from pools by power-of-two size, in one address range of
//! their own (INV-STACK-3); stacks of Rust goroutines from the OS, with a guard page.
//!
//! The range of its own matters: a moving stack is adjusted by value ([`crate::grow`]), so no integer
//! that a program plausibly computes may look like a stack address.
//!
//! Go counterpart: `runtime/stack.go` (stackalloc, stackfree).

use crate::shrink::ShrinkPolicy;
use gort_abi::addr::{Addr, Sp};
use gort_sync::{LockRank, Mutex};
use gort_sys::{OsError, mem};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

/// Size of a new goroutine's stack in bytes.
pub const STACK_MIN: usize = 2048;
/// A goroutine stack that would get bigger than this is Go's "stack overflow".
pub const STACK_MAX: usize = 1_000_000_000;
/// Address space for goroutine stacks.
const RANGE: usize = 256 << 30;
/// Where: far from what the OS hands out, and odd enough that no computed number hits it.
const HINT: Addr = Addr(0x2B57_A000_0000);
/// Memory is made accessible in steps of this size.
const COMMIT_STEP: usize = 4 << 20;
/// A free stack from this size on gives its pages back to the OS.
const DISCARD_FROM: usize = 256 << 10;
const ORDERS: usize = 19;
/// What freed stacks are filled with: read as an address it faults.
const CLOBBER: u8 = 0xDB;
/// Zeal: so many freed stacks are kept without access.
const VACATED: usize = 256;

/// A goroutine stack. Whoever holds it last gives it back with [`StackAlloc::free`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Lowest byte.
    pub lo: Sp,
    /// One past the highest byte, 16-aligned.
    pub hi: Sp,
}

impl Stack {
    /// Size in bytes.
    pub fn size(&self) -> usize {
        self.hi.offset_from(self.lo)
    }
}

/// The goroutine stacks of one runtime.
#[derive(Debug)]
pub struct StackAlloc {
    base: Addr,
    /// Bytes of it.
    range: usize,
    pools: Mutex<Pools>,
    /// A stack that would get bigger is an overflow.
    max: AtomicUsize,
    /// A [`ShrinkPolicy`].
    shrink: AtomicU8,
    /// Zeal: fill freed stacks with [`CLOBBER`].
    clobber_free: AtomicBool,
    /// Zeal: freed stacks cannot be accessed for a while.
    quarantine: AtomicBool,
}

#[derive(Debug, Default)]
struct Pools {
    /// Free stacks of size `STACK_MIN << order`.
    free: [Vec<Sp>; ORDERS],
    /// Bytes of the range handed out so far.
    used: usize,
    /// Bytes of the range that are accessible.
    committed: usize,
    /// Bytes in stacks that are in use.
    in_use: usize,
    /// Zeal: freed last, not accessible.
    vacated: VecDeque<Stack>,
}

impl StackAlloc {
    /// Reserves the range.
    pub fn new() -> Result<Self, OsError> {
        // A reservation counts where the address space is limited (`ulimit -v`).
        let limit = mem::address_space_limit().unwrap_or(usize::MAX);
        let range = RANGE.min((limit / 8).next_multiple_of(COMMIT_STEP));
        let base = mem::reserve_aligned(range, COMMIT_STEP, HINT)?;
        Ok(Self {
            base,
            range,
            pools: Mutex::new(LockRank::StackPool, Pools::default()),
            max: AtomicUsize::new(STACK_MAX),
            shrink: AtomicU8::new(ShrinkPolicy::Quarter as u8),
            clobber_free: AtomicBool::new(false),
            quarantine: AtomicBool::new(false),
        })
    }

    /// A stack of at least `size` bytes; none if the OS gives no memory. Its contents are anything.
    pub fn alloc(&self, size: usize) -> Option<Stack> {
        // Relaxed: set before the first stack is made. What is protected is whole pages.
        let least = if self.quarantine.load(Ordering::Relaxed) { mem::PAGE } else { STACK_MIN };
        let order = order_of(size.max(least));
        let size = STACK_MIN << order;
        let mut pools = self.pools.lock();
        let lo = match pools.free[order].pop() {
            Some(lo) => lo,
            None => self.extend(&mut pools, size)?,
        };
        pools.in_use += size;
        Some(Stack { lo, hi: lo.add(size) })
    }

    fn extend(&self, pools: &mut Pools, size: usize) -> Option<Sp> {
        let end = pools.used.checked_add(size).filter(|end| *end <= self.range)?;
        if end > pools.committed {
            let upto = end.next_multiple_of(COMMIT_STEP);
            // SAFETY: part of the range reserved in `new`, handed out to nobody yet.
            unsafe { mem::commit(self.base.add(pools.committed), upto - pools.committed) }.ok()?;
            pools.committed = upto;
        }
        let lo = Sp(self.base.0 + pools.used);
        pools.used = end;
        Some(lo)
    }

    /// Takes a stack back.
    ///
    /// # Safety
    /// It came from this allocator, and nobody uses it any more.
    pub unsafe fn free(&self, stack: Stack) {
        let size = stack.size();
        // Relaxed: set before the first stack is freed.
        if self.clobber_free.load(Ordering::Relaxed) {
            // SAFETY: the whole stack, unused by contract.
            unsafe { std::ptr::write_bytes(stack.lo.0 as *mut u8, CLOBBER, size) };
        }
        if size >= DISCARD_FROM {
            // SAFETY: whole pages of the range, unused by contract.
            unsafe { mem::discard(Addr(stack.lo.0), size) };
        }
        let mut pools = self.pools.lock();
        pools.in_use -= size;
        // Relaxed: set before the first stack is freed.
        if self.quarantine.load(Ordering::Relaxed) {
            return Self::vacate(&mut pools, stack);
        }
        pools.free[order_of(size)].push(stack.lo);
    }

    /// Zeal: whoever uses the stack from now on faults, until [`VACATED`] more have been freed.
    #[cold]
    fn vacate(pools: &mut Pools, stack: Stack) {
        // SAFETY: whole pages of the range, unused by the contract of `free`.
        if unsafe { mem::protect_none(Addr(stack.lo.0), stack.size()) }.is_ok() {
            pools.vacated.push_back(stack);
        }
        if pools.vacated.len() <= VACATED {
            return;
        }
        let Some(oldest) = pools.vacated.pop_front() else { return };
        // SAFETY: as above.
        if unsafe { mem::commit(Addr(oldest.lo.0), oldest.size()) }.is_ok() {
            pools.free[order_of(oldest.size())].push(oldest.lo);
        }
    }

    /// When stacks shrink.
    pub fn shrink_policy(&self) -> ShrinkPolicy {
        // Relaxed: a setting.
        match self.shrink.load(Ordering::Relaxed) {
            0 => ShrinkPolicy::Quarter,
            1 => ShrinkPolicy::Never,
            _ => ShrinkPolicy::Always,
        }
    }

    /// Changes when stacks shrink.
    pub fn set_shrink_policy(&self, policy: ShrinkPolicy) {
        // Relaxed: a setting, made before goroutines run.
        self.shrink.store(policy as u8, Ordering::Relaxed);
    }

    /// The largest stack, at first [`STACK_MAX`].
    pub fn max(&self) -> usize {
        // Relaxed: a setting.
        self.max.load(Ordering::Relaxed)
    }

    /// Changes it; returns what it was.
    pub fn set_max(&self, max: usize) -> usize {
        // Relaxed: a setting.
        self.max.swap(max, Ordering::Relaxed)
    }

    /// Zeal: freed stacks cannot be accessed for a while.
    pub fn set_quarantine(&self, on: bool) {
        // Relaxed: a setting, made before goroutines run.
        self.quarantine.store(on, Ordering::Relaxed);
    }

    /// Are freed stacks kept unusable?
    pub(crate) fn is_quarantine_on(&self) -> bool {
        // Relaxed: a switch.
        self.quarantine.load(Ordering::Relaxed)
    }

    /// Zeal: makes what is left behind in freed stacks unusable.
    pub fn set_clobber_free(&self, on: bool) {
        // Relaxed: a setting, made before goroutines run.
        self.clobber_free.store(on, Ordering::Relaxed);
    }

    /// Does the range of goroutine stacks contain this address?
    pub fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.base.0) < self.range
    }

    /// Bytes in stacks that are in use.
    pub fn in_use(&self) -> usize {
        self.pools.lock().in_use
    }
}

impl Drop for StackAlloc {
    fn drop(&mut self) {
        // SAFETY: reserved in `new`; the runtime that owned the stacks is gone.
        unsafe { mem::release(self.base, self.range) };
    }
}

fn order_of(size: usize) -> usize {
    let size = size.max(STACK_MIN).next_power_of_two();
    let order = (size / STACK_MIN).trailing_zeros() as usize;
    assert!(order < ORDERS, "a stack of {size} bytes");
    order
}

/// The stack of a Rust goroutine: never moves; below it is a page without access.
#[derive(Debug)]
pub struct NativeStack {
    base: Addr,
    len: usize,
}

impl NativeStack {
    /// Size of a Rust goroutine's stack in bytes.
    pub const SIZE: usize = 256 << 10;

    /// Maps one.
    pub fn new(size: usize) -> Result<Self, OsError> {
        let len = mem::round_up_page(size) + mem::PAGE;
        let base = mem::map(len)?;
        // SAFETY: the lowest page of the mapping just made.
        unsafe { mem::protect_none(base, mem::PAGE)? };
        Ok(Self { base, len })
    }

    /// Lowest accessible byte.
    pub fn lo(&self) -> Sp {
        Sp(self.base.0 + mem::PAGE)
    }

    /// One past the highest byte.
    pub fn hi(&self) -> Sp {
        Sp(self.base.0 + self.len)
    }
}

impl Drop for NativeStack {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`; the owner of the goroutine drops it when nothing runs on it.
        unsafe { mem::release(self.base, self.len) };
    }
}
