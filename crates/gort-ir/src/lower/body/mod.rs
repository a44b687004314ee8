//! Bodies of functions: from checked statements and expressions to IR.
//!
//! A [`Body`] lowers one function. Statements are lowered in order; what an expression yields is a
//! [`value::Val`], what can be assigned to is a [`place::Place`]. Where a variable lives is decided before
//! by [`facts`]: SSA values if nobody needs its address, a stack slot if it is too big for that, a heap
//! cell if its address is taken or a closure shares it.
//!
//! Order of evaluation is Go's: calls, receives and what may panic happen in source order; what is
//! assigned to is located completely only when the assignment happens.

mod append;
mod arith;
mod assign;
mod builtin;
mod call;
mod chan_ops;
mod closure;
mod compare;
mod complex;
mod constant;
mod convert;
mod defer;
mod entry;
mod expr;
mod facts;
mod iface;
mod index;
mod jump;
mod known;
mod literal;
mod map_ops;
mod method;
mod minmax;
mod note;
mod order;
pub mod package_vars;
mod place;
mod print;
mod range;
mod range_func;
mod select;
mod shape;
mod shift;
mod slice;
mod stmt;
mod string;
mod switch;
mod text;
mod typeswitch;
mod uintptr_args;
mod unsafe_ops;
mod value;
mod variable;

use super::Lowering;
use super::abi::FnAbi;
use super::generic::FuncInstance;
use crate::builder::{FuncBuilder, Var};
use crate::func::Slot;
use facts::Facts;
use gort_syntax::ast::FuncLit;
use gort_syntax::source::Pos;
use gort_types::object::ObjId;
use gort_types::types::TypeId;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use variable::Home;

/// A function literal waiting to be lowered.
#[derive(Debug)]
pub struct LitJob<'a> {
    /// The literal.
    lit: &'a FuncLit,
    /// Its type.
    sig: TypeId,
    /// Its type before substitution: that of the parameters its body refers to.
    declared: TypeId,
    /// The instance it belongs to.
    instance: Option<Rc<FuncInstance>>,
    /// What it captures, in closure order.
    captures: Vec<closure::Capture>,
    /// Facts of the outermost function around it.
    facts: Rc<Facts>,
}

/// One function being lowered.
struct Body<'l, 'a> {
    l: &'l mut Lowering<'a>,
    b: FuncBuilder,
    /// Link name: literals are named after it.
    name: String,
    /// Is it a literal itself?
    is_lit: bool,
    /// Number of literals and of wrappers seen so far.
    lits: u32,
    wraps: u32,
    facts: Rc<Facts>,
    /// Under which number `facts` knows this function (0: the declared one).
    lit_key: u32,
    /// Set in the body of a loop over a function, and how many such loops were seen.
    range: Option<Box<range_func::RangeBody>>,
    ranges: u32,
    homes: FxHashMap<ObjId, Home>,
    abi: Rc<FnAbi>,
    /// Where each result lives, if it has a place.
    results: Vec<Option<Home>>,
    result_objs: Vec<ObjId>,
    jumps: jump::Jumps,
    /// Set if the function defers.
    exit: Option<defer::Exit>,
    /// Where the result area's address is, if results are returned in memory.
    result_area: Option<ResultArea>,
}

/// How to find the address of the result area.
#[derive(Clone, Copy, Debug)]
enum ResultArea {
    Var(Var),
    Slot(Slot),
}

impl<'l, 'a> Body<'l, 'a> {
    fn new(l: &'l mut Lowering<'a>, name: String, abi: Rc<FnAbi>, facts: Rc<Facts>, pos: Pos) -> Self {
        let b = FuncBuilder::new(&name, abi.sig.clone(), pos);
        Self {
            l,
            b,
            name,
            is_lit: false,
            lits: 0,
            wraps: 0,
            facts,
            lit_key: 0,
            range: None,
            ranges: 0,
            homes: FxHashMap::default(),
            abi,
            results: Vec::new(),
            result_objs: Vec::new(),
            jumps: jump::Jumps::default(),
            exit: None,
            result_area: None,
        }
    }

    /// Reports a construct that cannot be lowered yet.
    fn unsupported(&mut self, pos: Pos, what: &str) {
        self.l.diags.unsupported(pos, what);
    }

    /// Reports a state that checked syntax should not lead to.
    fn surprise(&mut self, pos: Pos, what: &str) {
        let message = format!("internal error: {what}");
        self.l.diags.error(pos, "Internal", message);
    }
}
