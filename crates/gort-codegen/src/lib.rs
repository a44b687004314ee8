//! IR to machine code: the only crate that knows Cranelift.
//!
//! A function goes through five steps: [`roots`] decides which pointers are kept in the frame at which
//! calls, [`translate`] writes CLIF, Cranelift compiles it, [`prologue`] puts the entry stub in front, and
//! [`finish`] turns Cranelift's tables into those of gort-abi.
//!
//! # Invariants
//! * INV-CG-1 (precise frames): at every call that is a safepoint, each heap pointer needed afterwards lies
//!   in a slot that the call's stack map names, besides wherever Cranelift keeps it.
//! * INV-CG-2 (bare landing): nothing but parameters is computed before the `try_call` that names the
//!   landing block, so no value can be shared between it and the landing.
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used)]

pub mod abi;
mod clobbers;
pub mod dump;
pub mod error;
mod finish;
mod isa;
pub mod module;
pub mod on_demand;
pub mod positions;
mod prologue;
mod roots;
mod slot_life;
mod stored;
mod translate;
mod whole_words;

pub use error::Error;
pub use module::{Options, compile_module};
pub use on_demand::{OnDemand, compile_on_demand};
pub use positions::{PosResolver, SourcePositions};
pub use stored::{Bytes, Stored, StoredCode, target};
