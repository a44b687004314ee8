//! Escape analysis: which objects need not be in the heap.
//!
//! # Problem
//! Lowering puts every variable whose address is taken, every composite literal behind `&`, every closure, boxed
//! value and slice into the heap. What nobody can reach after the function has returned may as well lie in its
//! frame: no allocation, no collection, and (after [`crate::passes::promote`]) often no memory at all.
//!
//! # Method
//! The one of gc, on SSA values instead of syntax: a graph of *locations* (values, slots, allocated objects) with
//! edges "may flow from, after so many dereferences" (see [`flow`]). A walk backwards from the heap finds what
//! leaks: an object whose *address* gets there must be a heap object. What a function does with its parameters is
//! condensed into a [`Summary`] for its callers; callees are looked at first, and functions in a circle of calls
//! together, starting from the assumption that nothing leaks.
//!
//! # Invariants
//! * **INV-ESC-1 (no way in).** No heap object or global points into a stack: the address of a slot never flows to
//!   the heap.
//! * **INV-ESC-2 (one at a time).** When an allocation that became a slot is executed again, nothing alive leads
//!   to its last object.
//!
//! Stacks move, but a move adjusts every word of the stack that points into it; so addresses of slots may be kept
//! in values and in other slots.
//!
//! # Temporary strings
//! A conversion whose result does not escape puts up to 32 bytes into the frame ([`temporary`]), or does not copy at all
//! ([`borrow`]): `[]byte(s)`, if nobody writes to the result.
//!
//! # Uintptr
//! As in gc, an address that went through an integer is followed only through additions and masks in one
//! expression. `x ^ 0` is how the standard library hides a pointer on purpose.
//!
//! Go counterpart: `cmd/compile/internal/escape`.

pub mod arrays;
pub mod borrow;
pub mod boxes;
pub mod explain;
pub mod flow;
pub mod natives;
pub mod slot_life;
pub mod slots;
pub mod temporary;
pub mod types;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

/// Dereferences beyond this many are not counted.
pub const MAX_DEREFS: i8 = 4;

/// What may become of one parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leak {
    /// It reaches the heap after this many dereferences, at least.
    pub heap: Option<i8>,
    /// It is (in) these results after so many dereferences.
    pub results: Vec<(u32, i8)>,
    /// It gets into the memory for results.
    pub area: Option<i8>,
    /// Memory that it leads to, after this many dereferences at least, is written to.
    pub written: Option<i8>,
}

/// What callers must know of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// One per IR parameter.
    pub params: Vec<Leak>,
    /// Words of the object that the first parameter leads to, by offset: what becomes of those that are loaded, one
    /// by one.
    pub words: Vec<(i32, Leak)>,
    /// What becomes of the first parameter otherwise.
    pub rest: Leak,
    /// The parameter that is the address of the memory for results.
    pub area: Option<u32>,
}

impl Summary {
    /// Nothing leaks: where the analysis of a circle of functions starts.
    pub fn nothing(params: usize, area: Option<u32>) -> Self {
        Self { params: vec![Leak::default(); params], area, ..Self::default() }
    }

    /// Everything leaks.
    pub fn everything(params: usize, area: Option<u32>) -> Self {
        let leak = Leak { heap: Some(0), written: Some(0), ..Leak::default() };
        Self { rest: leak.clone(), params: vec![leak; params], area, ..Self::default() }
    }
}
