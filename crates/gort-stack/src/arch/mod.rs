//! The machine-dependent part: one file per architecture, each with the same functions.

#[cfg(target_arch = "x86_64")]
mod frame_call;
#[cfg(target_arch = "x86_64")]
mod registers;
#[cfg(target_arch = "x86_64")]
mod short_forms;
#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
pub use frame_call::{BLOCK, MADE_SIZE, Registers, is_frame_return, write_made};
#[cfg(target_arch = "x86_64")]
pub use short_forms::{in_short_form, short_form};
#[cfg(target_arch = "x86_64")]
pub use x86_64::*;
