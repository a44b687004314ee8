//! Print statements: [`crate::print`].

use super::bytes;
use crate::print::{Printer, format};
use crate::shared::Shared;
use gort_sched::Current;

fn with(add: impl FnOnce(&mut Vec<u8>)) {
    printer(|p| p.with(add));
}

fn printer(use_it: impl FnOnce(&Printer)) {
    let cur = Current::get();
    use_it(&Shared::of(&cur).printer);
}

pub(super) extern "C" fn lock() {
    printer(Printer::lock);
}

pub(super) extern "C" fn unlock() {
    printer(Printer::unlock);
}

pub(super) extern "C" fn bool(value: u64) {
    with(|out| out.extend_from_slice(if value & 1 != 0 { b"true" } else { b"false" }));
}

pub(super) extern "C" fn int(value: i64) {
    with(|out| format::int(out, value));
}

pub(super) extern "C" fn uint(value: u64) {
    with(|out| format::uint(out, value));
}

pub(super) extern "C" fn hex(value: u64) {
    with(|out| format::hex(out, value));
}

pub(super) extern "C" fn float(value: f64) {
    with(|out| format::float64(out, value));
}

pub(super) extern "C" fn float32(value: f64) {
    with(|out| format::float32(out, value));
}

pub(super) extern "C" fn complex(re: f64, im: f64) {
    with(|out| format::complex(out, re, im, format::float64));
}

pub(super) extern "C" fn complex64(re: f64, im: f64) {
    with(|out| format::complex(out, re, im, format::float32));
}

pub(super) extern "C" fn string(p: *const u8, n: usize) {
    // SAFETY: INV-CALL-1.
    with(|out| out.extend_from_slice(unsafe { bytes(p, n) }));
}

pub(super) extern "C" fn slice(p: u64, len: u64, cap: u64) {
    with(|out| {
        out.push(b'[');
        format::uint(out, len);
        out.push(b'/');
        format::uint(out, cap);
        out.push(b']');
        format::hex(out, p);
    });
}

pub(super) extern "C" fn eface(tab: u64, data: u64) {
    with(|out| {
        out.push(b'(');
        format::hex(out, tab);
        out.push(b',');
        format::hex(out, data);
        out.push(b')');
    });
}

pub(super) extern "C" fn nl() {
    with(|out| out.push(b'\n'));
}

pub(super) extern "C" fn sp() {
    with(|out| out.push(b' '));
}
