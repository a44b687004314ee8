//! The concurrent collector.

pub mod host;
pub mod mutator;
