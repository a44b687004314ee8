//! Which words of a frame are roots at a return address.
//!
//! A frame is named by its frame pointer (rbp after the prologue). Slots are listed as byte offsets below
//! it: the root word is at `fp - offset`. Written by gort-codegen, read by gort-stack.

use serde::{Deserialize, Serialize};

/// The roots of one frame at one return address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StackMap {
    /// Return address, as an offset from the start of the function's bytes (its entry stub included).
    pub return_offset: u32,
    /// Byte offsets below the frame pointer, each the place of one root word, sorted, no duplicates.
    pub slots: Vec<u32>,
}

/// Where pointer arguments are while a function stands at its entry stub, before its prologue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArgMap {
    /// Bit i: the i-th integer argument register (rdi rsi rdx rcx r8 r9) holds a pointer.
    pub registers: u8,
    /// Byte offsets above the return address slot (`[rsp + 8 + offset]` at entry) that hold pointers.
    pub stack: Vec<u32>,
}
