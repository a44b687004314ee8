//! Loaded code: from a [`gort_abi::module::CompiledModule`], which is data, to memory that runs.

mod load;
pub mod made_offsets;
mod memory;
mod modules;
pub mod thunks;

pub use load::{LoadError, load};
pub use modules::{LoadedModule, Modules};
