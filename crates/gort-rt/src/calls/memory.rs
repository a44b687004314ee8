//! Allocating, moving, clearing, comparing memory.

use super::{bytes, zeal};
use crate::shared::Shared;
use gort_abi::addr::Addr;
use gort_sched::Current;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What objects without size are called.
static ZERO_BASE: u64 = 0;

fn zero_base() -> Addr {
    Addr(&raw const ZERO_BASE as usize)
}

/// Is the address one of a module's data, or that of objects without size?
pub(super) fn is_static(shared: &Shared, at: Addr) -> bool {
    at == zero_base() || shared.modules.with_data(at).is_some()
}

fn size_of_type(typ: Addr) -> usize {
    // SAFETY: INV-CALL-1: a type descriptor; its size is the first word.
    unsafe { (typ.0 as *const usize).read() }
}

/// Ends an allocation: a goroutine that owes marking waits now, with its object as the call's result.
fn settle(cur: &Current<'_>, at: Addr) -> Addr {
    // Also when it does not wait: one store on a slow path.
    cur.g().set_results(at.0 as u64, 0);
    if !cur.collector().settle_debt(cur.mutator()) {
        cur.g().set_results(0, 0);
    }
    at
}

fn object_of(cur: &Current<'_>, typ: Addr) -> Addr {
    if size_of_type(typ) == 0 {
        return zero_base();
    }
    zeal::point(cur);
    // SAFETY: INV-CALL-1, and the goroutine is stopped at a call with a stack map.
    let at = unsafe { cur.collector().alloc_object(cur.mutator(), typ) };
    zeal::check_zero(cur, at, size_of_type(typ))
}

pub(super) extern "C" fn new_object(typ: Addr) -> Addr {
    let cur = Current::get();
    let at = object_of(&cur, typ);
    settle(&cur, at)
}

pub(super) extern "C" fn new_object_slow(typ: Addr) {
    let cur = Current::get();
    let object = object_of(&cur, typ);
    // Only now: allocating may stop the goroutine, and whoever resumes it may use the word.
    let g = cur.g().prefix();
    // SAFETY: INV-CALL-1: the current goroutine's own descriptor, used by nobody else now.
    unsafe { (*g).param = object.0 };
    // Last: then the goroutine may be somebody else's.
    cur.collector().settle_debt(cur.mutator());
}

pub(super) extern "C" fn new_array(elem: Addr, n: usize) -> Addr {
    if n == 0 || size_of_type(elem) == 0 {
        return zero_base();
    }
    let cur = Current::get();
    zeal::point(&cur);
    // SAFETY: INV-CALL-1, and the goroutine is stopped at a call with a stack map.
    let at = unsafe { cur.collector().alloc_array(cur.mutator(), elem, n) };
    settle(&cur, zeal::check_zero(&cur, at, n.saturating_mul(size_of_type(elem))))
}

pub(super) extern "C" fn raw_mem(size: usize) -> Addr {
    if size == 0 {
        return zero_base();
    }
    let cur = Current::get();
    zeal::point(&cur);
    // SAFETY: INV-CALL-1, and the goroutine is stopped at a call with a stack map.
    let at = unsafe { cur.collector().alloc_noscan(cur.mutator(), size) };
    settle(&cur, zeal::check_zero(&cur, at, size))
}

pub(super) extern "C" fn typed_mem_move(typ: Addr, dst: Addr, src: Addr) {
    typed_slice_copy(typ, dst, src, 1);
}

pub(super) extern "C" fn typed_mem_clr(typ: Addr, at: Addr) {
    typed_slice_clr(typ, at, 1);
}

pub(super) extern "C" fn typed_slice_copy(typ: Addr, dst: Addr, src: Addr, n: usize) {
    if n == 0 || dst == src {
        return;
    }
    let cur = Current::get();
    // SAFETY: INV-CALL-1: n values of the type at both places.
    unsafe { cur.collector().typed_copy(cur.mutator(), typ, dst, src, n) };
}

pub(super) extern "C" fn typed_slice_clr(typ: Addr, at: Addr, n: usize) {
    if n == 0 {
        return;
    }
    let cur = Current::get();
    // SAFETY: INV-CALL-1: n values of the type.
    unsafe { cur.collector().typed_clear(cur.mutator(), typ, at, n) };
}

pub(super) extern "C" fn mem_move(dst: *mut u8, src: *const u8, n: usize) {
    if n != 0 {
        // SAFETY: INV-CALL-1; overlap is allowed.
        unsafe { std::ptr::copy(src, dst, n) };
    }
}

pub(super) extern "C" fn mem_clr(at: *mut u8, n: usize) {
    if n != 0 {
        // SAFETY: INV-CALL-1.
        unsafe { std::ptr::write_bytes(at, 0, n) };
    }
}

pub(super) extern "C" fn mem_equal(p: *const u8, q: *const u8, n: usize) -> u64 {
    // SAFETY: INV-CALL-1.
    let p = unsafe { bytes(p, n) };
    // SAFETY: INV-CALL-1.
    let q = unsafe { bytes(q, n) };
    u64::from(p == q)
}

pub(super) extern "C" fn cmp_string(p: *const u8, n: usize, q: *const u8, m: usize) -> i64 {
    // SAFETY: INV-CALL-1.
    let p = unsafe { bytes(p, n) };
    // SAFETY: INV-CALL-1.
    let q = unsafe { bytes(q, m) };
    p.cmp(q) as i64
}

pub(super) extern "C" fn index_byte(p: *const u8, n: usize, c: u64) -> i64 {
    // SAFETY: INV-CALL-1.
    let text = unsafe { bytes(p, n) };
    memchr::memchr(c as u8, text).map_or(-1, |i| i as i64)
}

pub(super) extern "C" fn count_byte(p: *const u8, n: usize, c: u64) -> i64 {
    // SAFETY: INV-CALL-1.
    let text = unsafe { bytes(p, n) };
    memchr::memchr_iter(c as u8, text).count() as i64
}

/// Compare and swap of a pointer word that may lie in the heap.
pub(super) extern "C" fn cas_ptr(slot: Addr, old: Addr, new: Addr) -> u64 {
    let cur = Current::get();
    if cur.collector().barrier_on() {
        // What goes and what comes; if the swap fails, a shade too many does no harm.
        cur.collector().shade(cur.mutator(), old);
        cur.collector().shade(cur.mutator(), new);
    }
    // SAFETY: INV-CALL-1: an aligned word that lives as long as the call.
    let word = unsafe { AtomicUsize::from_ptr(slot.0 as *mut usize) };
    // SeqCst: Go's atomics are.
    u64::from(word.compare_exchange(old.0, new.0, Ordering::SeqCst, Ordering::SeqCst).is_ok())
}

pub(super) extern "C" fn in_heap(at: Addr) -> u64 {
    let cur = Current::get();
    u64::from(cur.collector().heap().find(at.0).is_some())
}

/// See [`static_uints`]: in the executable's read-only data.
static UINTS: [u64; 256] = {
    let mut uints = [0; 256];
    let mut i = 0;
    while i < 256 {
        uints[i] = i as u64;
        i += 1;
    }
    uints
};

pub(super) extern "C" fn static_uints() -> *const u64 {
    UINTS.as_ptr()
}
