//! Loaded code: from a [`gort_abi::module::CompiledModule`], which is data, to memory that runs.

mod late;
mod link;
mod load;
pub mod made_offsets;
mod memory;
mod modules;
pub mod perf_map;
pub mod thunks;

pub use link::WindowOf;
pub use load::{LoadError, load};
pub use modules::{LoadedModule, Modules};
