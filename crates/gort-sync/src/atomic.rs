//! The atomics that protocols are written with: std's, loom's under `cfg(loom)`, shuttle's under `cfg(shuttle)`.
//!
//! Loom explores every schedule of a small model, weak orderings included. Shuttle runs large compositions under random
//! schedules, and its atomics are sequentially consistent whatever ordering is asked for: a missing fence is loom's to find.

#[cfg(loom)]
pub use loom::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
    fence,
};
#[cfg(shuttle)]
pub use shuttle::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
    fence,
};
#[cfg(not(any(loom, shuttle)))]
pub use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
    fence,
};

/// A `SeqCst` fence. On x86-64 any locked instruction is one, and cheaper than the instruction made for it.
#[inline]
pub fn full_fence() {
    #[cfg(all(target_arch = "x86_64", not(any(loom, shuttle))))]
    {
        let word = AtomicU32::new(0);
        // Behind the box the exchange is not optimised away; the fence below orders the compiler.
        let _ = std::hint::black_box(&word).compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst);
        std::sync::atomic::compiler_fence(Ordering::SeqCst);
    }
    #[cfg(any(not(target_arch = "x86_64"), loom, shuttle))]
    fence(Ordering::SeqCst);
}

/// One turn of a spin loop. A model lets another thread run instead.
#[inline]
pub fn spin_loop() {
    #[cfg(loom)]
    loom::thread::yield_now();
    #[cfg(shuttle)]
    shuttle::hint::spin_loop();
    #[cfg(not(any(loom, shuttle)))]
    std::hint::spin_loop();
}

/// Gives the CPU away.
#[inline]
pub fn yield_now() {
    #[cfg(loom)]
    loom::thread::yield_now();
    #[cfg(shuttle)]
    shuttle::thread::yield_now();
    #[cfg(not(any(loom, shuttle)))]
    gort_sys::thread::yield_now();
}
