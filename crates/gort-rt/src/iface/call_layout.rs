//! Where the arguments and results of a function are, from its type: in registers and on the stack, as compiled code has
//! them, and in a memory frame, as `reflect` has them.
//!
//! The first is decided by the compiler for static calls; what is here must decide the same (front half: `lower/layout.rs`
//! and `lower/abi.rs` of gort-ir). The second is Go's ABI0 layout: receiver word and parameters one after the other, then the
//! results from a multiple of 8 on.
//!
//! INV-CALLAY-1 (same rule): a type flattens here exactly as it does in the compiler.

use super::type_info::TypeInfo;
use crate::code::Modules;
use gort_abi::addr::Addr;
use gort_abi::type_desc::Kind;

/// A type of more scalars lies in memory.
const MAX_SCALARS: usize = 4;
/// More result scalars than these are returned in memory.
const MAX_RESULT_SCALARS: usize = 6;
/// Registers of the `Tail` convention.
pub const INT_REGISTERS: usize = 6;
/// Likewise.
pub const FLOAT_REGISTERS: usize = 8;

/// How a scalar is loaded and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// An integer of that many bytes.
    Int(u8),
    /// A pointer.
    Pointer,
    /// A float of that many bytes.
    Float(u8),
}

/// A scalar of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// Its class.
    pub class: Class,
    /// Its byte offset.
    pub offset: usize,
}

/// The scalars of a type that flattens.
#[derive(Clone, Copy, Debug)]
pub struct Scalars {
    list: [Scalar; MAX_SCALARS],
    len: usize,
}

impl Scalars {
    const NONE: Self = Self { list: [Scalar { class: Class::Pointer, offset: 0 }; MAX_SCALARS], len: 0 };

    fn of(classes: &[Class], size: usize) -> Self {
        let mut all = Self::NONE;
        for (i, &class) in classes.iter().enumerate() {
            all.list[i] = Scalar { class, offset: i * size };
        }
        all.len = classes.len();
        all
    }

    /// Adds those of a field at the offset; false if they are too many.
    fn extend(&mut self, field: &Self, offset: usize) -> bool {
        if self.len + field.len > MAX_SCALARS {
            return false;
        }
        for s in field.as_slice() {
            self.list[self.len] = Scalar { class: s.class, offset: s.offset + offset };
            self.len += 1;
        }
        true
    }

    /// In order.
    pub fn as_slice(&self) -> &[Scalar] {
        &self.list[..self.len]
    }
}

/// The scalars of a type, none if its values are passed in memory.
pub fn scalars(modules: &Modules, typ: Addr) -> Option<Scalars> {
    use Class::{Float, Int, Pointer};
    let info = TypeInfo::new(modules, typ);
    let kind = info.kind();
    let is = |k: Kind| kind == k as u8;
    Some(if is(Kind::Struct) {
        let mut all = Scalars::NONE;
        for (field, offset) in info.fields() {
            if !all.extend(&scalars(modules, field)?, offset) {
                return None;
            }
        }
        all
    } else if is(Kind::Array) {
        match info.array_len() {
            _ if info.size() == 0 => Scalars::NONE,
            1 => scalars(modules, info.elem())?,
            _ => return None,
        }
    } else if is(Kind::String) {
        Scalars::of(&[Pointer, Int(8)], 8)
    } else if is(Kind::Slice) {
        Scalars::of(&[Pointer, Int(8), Int(8)], 8)
    } else if is(Kind::Interface) {
        Scalars::of(&[Pointer, Pointer], 8)
    } else if is(Kind::Complex64) {
        Scalars::of(&[Float(4), Float(4)], 4)
    } else if is(Kind::Complex128) {
        Scalars::of(&[Float(8), Float(8)], 8)
    } else if is(Kind::Float32) || is(Kind::Float64) {
        Scalars::of(&[Float(info.size() as u8)], 8)
    } else if info.ptr_bytes() != 0 {
        Scalars::of(&[Pointer], 8)
    } else {
        Scalars::of(&[Int(info.size() as u8)], 8)
    })
}

/// A parameter or result in a memory frame.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// Its type.
    pub typ: Addr,
    /// Bytes.
    pub size: usize,
    /// Where it is.
    pub offset: usize,
    /// None: passed by address, or returned in memory.
    pub scalars: Option<Scalars>,
}

/// What comes before the parameters of the function type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Receiver {
    /// Nothing.
    None,
    /// A receiver of one word, as in an interface.
    Word,
    /// A receiver of that type: a parameter like any other.
    Typed(Addr),
}

/// Everything about the calls of a function type.
#[derive(Clone, Debug)]
pub struct CallLayout {
    /// Has the frame a receiver word first?
    pub receiver: bool,
    /// Parameters.
    pub params: Vec<Slot>,
    /// Results.
    pub results: Vec<Slot>,
    /// Are the results returned in memory that the caller passes?
    pub results_in_memory: bool,
    /// Where the results begin in the frame.
    pub results_at: usize,
    /// Bytes of the frame.
    pub size: usize,
    /// Words of stack arguments.
    pub stack_words: usize,
    /// Bytes of what is passed by address or returned in memory.
    pub memory: usize,
}

/// The types one after the other, from `at` on; and where they end.
fn sequence(modules: &Modules, types: impl Iterator<Item = Addr>, mut at: usize) -> (Vec<Slot>, usize) {
    let slots = types
        .map(|typ| {
            let t = TypeInfo::new(modules, typ);
            at = at.next_multiple_of(t.align().max(1));
            let slot = Slot { typ, size: t.size(), offset: at, scalars: scalars(modules, typ) };
            at += slot.size;
            slot
        })
        .collect();
    (slots, at)
}

impl CallLayout {
    /// Of the function type whose descriptor is at `ftyp`.
    pub fn new(modules: &Modules, ftyp: Addr, receiver: Receiver) -> Self {
        let (params, results) = TypeInfo::new(modules, ftyp).func_types();
        let first = match receiver {
            Receiver::Typed(t) => Some(t),
            _ => None,
        };
        let receiver = receiver == Receiver::Word;
        let at = if receiver { 8 } else { 0 };
        let (params, end) = sequence(modules, first.into_iter().chain(params), at);
        let results_at = end.next_multiple_of(8);
        let (results, end) = sequence(modules, results.into_iter(), results_at);
        let size = end.next_multiple_of(8);
        let count = results.iter().try_fold(0, |n, r| Some(n + r.scalars.as_ref()?.len));
        let results_in_memory = count.is_none_or(|n| n > MAX_RESULT_SCALARS);
        let mut layout = Self {
            receiver,
            params,
            results,
            results_in_memory,
            results_at,
            size,
            stack_words: 0,
            memory: 0,
        };
        (layout.stack_words, layout.memory) = layout.area();
        layout
    }

    fn area(&self) -> (usize, usize) {
        let mut places = Places::default();
        places.int();
        if self.results_in_memory {
            places.int();
        }
        let mut memory = if self.results_in_memory { self.size - self.results_at } else { 0 };
        for p in &self.params {
            match &p.scalars {
                Some(all) => all.as_slice().iter().for_each(|s| {
                    places.next(s.class);
                }),
                None => {
                    places.int();
                    memory = memory.next_multiple_of(16) + p.size;
                }
            }
        }
        (places.stack, memory)
    }
}

/// Where a word of the arguments goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The nth integer register.
    Int(usize),
    /// The nth float register.
    Float(usize),
    /// The nth word of the stack.
    Stack(usize),
}

/// Hands out places in the order of the arguments.
#[derive(Debug, Default)]
pub struct Places {
    ints: usize,
    floats: usize,
    stack: usize,
}

impl Places {
    /// For an integer or pointer.
    pub fn int(&mut self) -> Place {
        self.next(Class::Pointer)
    }

    /// For a scalar.
    pub fn next(&mut self, class: Class) -> Place {
        let (used, all) = match class {
            Class::Float(_) => (&mut self.floats, FLOAT_REGISTERS),
            _ => (&mut self.ints, INT_REGISTERS),
        };
        if *used == all {
            self.stack += 1;
            return Place::Stack(self.stack - 1);
        }
        *used += 1;
        let n = *used - 1;
        if matches!(class, Class::Float(_)) { Place::Float(n) } else { Place::Int(n) }
    }
}
