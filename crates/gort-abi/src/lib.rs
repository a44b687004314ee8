//! What generated code and the runtime must agree on, declared once; no behaviour.
//!
//! The front half of the house produces a [`module::CompiledModule`], which is plain data; the runtime
//! half loads it. Neither half knows the other: both know this crate (ARCH-1).
#![forbid(unsafe_code)]

pub mod addr;
pub mod alloc;
pub mod layout;
pub mod module;
pub mod runtime_fn;
pub mod stack_map;
pub mod type_desc;
