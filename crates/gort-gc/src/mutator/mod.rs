//! The per-P state of the collector, embedded in every P.

/// Per-P state.
#[derive(Debug)]
pub struct Mutator {}
