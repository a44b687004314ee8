//! How functions are called.
//!
//! IR parameters, in order: the closure context or the receiver, if any; a pointer to the result area, if
//! the results are returned in memory; then the Go parameters. A parameter that flattens is passed as its
//! scalars, any other as the address of a copy that lives for the time of the call. Results are returned
//! in registers if all flatten and are [`MAX_RESULT_SCALARS`] scalars at most together; else the caller
//! passes the address of a slot of its own, which the callee fills without barriers.
//!
//! A method's receiver is an ordinary first parameter, but the code in an itab takes the interface's data
//! word there: see [`super::wrapper`].

use super::Lowering;
use crate::inst::{Sig, Ty};
use gort_types::types::{Signature, Type, TypeId};
use std::ops::Range;
use std::rc::Rc;

/// More result scalars than this are returned in memory.
pub const MAX_RESULT_SCALARS: usize = 6;

/// What comes before the Go parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Nothing: a plain function.
    None,
    /// The closure pointer: code of a func value.
    Ctx,
    /// The interface data word: code in an itab.
    Word,
    /// A receiver of this type.
    Recv(TypeId),
}

/// How a Go parameter is passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// As scalars: these IR parameters.
    Scalars(Range<usize>),
    /// As the address of a copy: this IR parameter.
    Mem(usize),
}

/// How results are returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Results {
    /// As IR results: a range for each Go result.
    Registers(Vec<Range<usize>>),
    /// In the area that this IR parameter points to.
    Memory {
        /// The parameter.
        param: usize,
        /// Byte offset of each result.
        offsets: Vec<u32>,
        /// Bytes of the area.
        size: u32,
        /// Its alignment.
        align: u32,
        /// Byte offsets of its pointer words.
        pointers: Vec<u32>,
    },
}

/// How a function is called.
#[derive(Clone, Debug)]
pub struct FnAbi {
    /// IR signature.
    pub sig: Sig,
    /// The context, data word or receiver.
    pub first: Option<Pass>,
    /// Each Go parameter.
    pub params: Vec<Pass>,
    /// Types of the Go parameters; the last one of a variadic function is the slice.
    pub param_types: Vec<TypeId>,
    /// Results.
    pub results: Results,
    /// Types of the Go results.
    pub result_types: Vec<TypeId>,
}

impl Lowering<'_> {
    /// The signature behind a function type.
    pub fn signature(&mut self, t: TypeId) -> Signature {
        let under = self.prog.under(t);
        match &self.prog.types[under] {
            Type::Signature(s) => s.clone(),
            _ => Signature::default(),
        }
    }

    /// How a function of the type `sig` (a signature) is called.
    pub fn fn_abi(&mut self, sig: TypeId, first: First) -> Rc<FnAbi> {
        let signature = self.signature(sig);
        let param_types: Vec<TypeId> = signature.params.iter().map(|&p| self.obj_type(p)).collect();
        let result_types: Vec<TypeId> = signature.results.iter().map(|&p| self.obj_type(p)).collect();
        Rc::new(self.fn_abi_of(first, param_types, result_types))
    }

    /// How a function of these parameter and result types is called.
    pub fn fn_abi_of(&mut self, first: First, param_types: Vec<TypeId>, result_types: Vec<TypeId>) -> FnAbi {
        let mut params = Vec::new();
        let first = match first {
            First::None => None,
            First::Ctx | First::Word => {
                params.push(Ty::Ptr);
                Some(Pass::Scalars(0..1))
            }
            First::Recv(t) => Some(self.pass(t, &mut params)),
        };
        let (results, result_tys) = self.results(&result_types, &mut params);
        let passes = param_types.iter().map(|&t| self.pass(t, &mut params)).collect();
        let sig = Sig { params, results: result_tys };
        FnAbi { sig, first, params: passes, param_types, results, result_types }
    }

    fn pass(&mut self, t: TypeId, params: &mut Vec<Ty>) -> Pass {
        let start = params.len();
        match self.layout(t).scalars {
            Some(scalars) => {
                params.extend(scalars.iter().map(|s| s.ty));
                Pass::Scalars(start..params.len())
            }
            None => {
                params.push(Ty::Ptr);
                Pass::Mem(start)
            }
        }
    }

    fn results(&mut self, types: &[TypeId], params: &mut Vec<Ty>) -> (Results, Vec<Ty>) {
        let mut tys = Vec::new();
        let mut ranges = Vec::new();
        for &t in types {
            match self.layout(t).scalars {
                Some(scalars) if tys.len() + scalars.len() <= MAX_RESULT_SCALARS => {
                    let start = tys.len();
                    tys.extend(scalars.iter().map(|s| s.ty));
                    ranges.push(start..tys.len());
                }
                _ => {
                    let param = params.len();
                    params.push(Ty::Ptr);
                    let (l, offsets) = self.sequence_layout(types, false);
                    let (size, pointers) = (l.size as u32, l.pointers.to_vec());
                    return (Results::Memory { param, offsets, size, align: l.align, pointers }, Vec::new());
                }
            }
        }
        (Results::Registers(ranges), tys)
    }
}
