//! The stack limit: what an entry check compares with.

use gort_abi::addr::Sp;
use gort_abi::layout::{STACK_GUARD, STACK_POISON_MIN};

/// The unpoisoned `PContext::stack_limit` of a goroutine whose stack begins at `lo`.
pub const fn stack_limit(lo: Sp) -> usize {
    lo.0 + STACK_GUARD
}

/// Does a limit ask the goroutine to come to the runtime?
pub const fn is_poisoned(limit: usize) -> bool {
    limit >= STACK_POISON_MIN
}
