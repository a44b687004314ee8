//! The language on top of the machine: channels, interfaces, panics, printing; loading and running code.
//!
//! * [`boot`]: a runtime as a value. * [`code`]: loading. * [`calls`]: the bodies of the runtime functions
//!   that compiled code calls, bound to [`gort_abi::runtime_fn::RuntimeFn`].
//! * [`chan`]: channels and select. * [`iface`]: types and method tables. * [`print`]: print statements.
//! * [`fatal`], [`traceback`], [`fault`]: how programs die, and nil dereferences.
//! * [`cpu_profile`], [`contention`]: profiles. * [`debug_vars`]: environment variables.
//!
//! What of the language is written in Go is in `std/runtime`.

pub mod boot;
pub mod calls;
pub mod chan;
pub mod code;
pub mod contention;
pub mod cpu_profile;
pub mod debug_vars;
pub mod fatal;
pub mod fault;
pub mod iface;
pub mod print;
pub mod shared;
pub mod traceback;

pub use boot::{BootError, Config, Runtime};
pub use debug_vars::Env;
pub use shared::ProcessView;
