//! What a function allocates, and which of that could be in its frame.

use super::{Graph, HEAP, Node};
use crate::escape::arrays;
use crate::escape::temporary::{GROW, Temporary};
use crate::escape::types::shape;
use crate::func::{Block, ENTRY, Inst, Value};
use crate::inst::{Callee, IntCond, Op, Ty};
use crate::module::FuncId;
use crate::passes::cfg::Cfg;
use gort_abi::runtime_fn::RuntimeFn;

/// An allocation bigger than this is in the heap.
const MAX_OBJECT: u64 = 64 << 10;
/// So is one with more pointers: each is named in every stack map.
const MAX_POINTERS: usize = 128;
/// An object that may be put in a slot.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The call that allocates it.
    pub inst: Inst,
    /// Its block.
    pub block: Block,
    /// Bytes.
    pub size: u64,
    /// Alignment.
    pub align: u32,
    /// Byte offsets of the pointer words.
    pub pointers: Vec<u32>,
    /// It gets away.
    pub escapes: bool,
    /// It may be made again while something alive leads to the last one.
    pub repeated: bool,
    /// Its memory is written to after it was made. Known of temporaries only.
    pub written: bool,
    /// The call makes a string or a slice of bytes or runes.
    pub temporary: Option<Temporary>,
    /// The call makes an array of so many elements as are known when it runs; up to this many are in the slot.
    pub most: Option<i64>,
}

impl Candidate {
    /// May it lie in the frame?
    pub fn fits_frame(&self) -> bool {
        !self.escapes && !self.repeated
    }
}

impl Graph<'_> {
    /// Definitions, constants, and a location for each allocation.
    pub(super) fn find_objects(&mut self, cfg: &Cfg) {
        let func = self.func;
        for &b in &cfg.rpo {
            for &i in &func.blocks[b].insts {
                let data = &func.insts[i];
                data.results.iter().for_each(|&r| self.def[r] = Some(i));
                for t in data.op.targets() {
                    for (&p, &a) in func.blocks[t.block].params.iter().zip(&t.args) {
                        if func.ty(p) == Ty::Ptr {
                            self.arguments.entry(p).or_default().push(a);
                        }
                    }
                }
                match (&data.op, data.results.as_slice()) {
                    (Op::Iconst(c), &[v]) => {
                        self.constants.insert(v, *c);
                    }
                    (Op::SymAddr(s, 0), &[v]) => {
                        self.symbols.insert(v, *s);
                    }
                    _ => {}
                }
            }
        }
        for &b in &cfg.rpo {
            for &i in &func.blocks[b].insts {
                let data = &func.insts[i];
                let candidate = match &data.op {
                    Op::Call(Callee::Runtime(f), args) => match f {
                        RuntimeFn::NewObject | RuntimeFn::NewArray | RuntimeFn::RawMem => {
                            self.candidate(b, i, *f, args)
                        }
                        _ => continue,
                    },
                    Op::Call(Callee::Func(f), args) => {
                        let grown = || self.elements(cfg, b, i, *f, args);
                        match self.temporary(*f, args).map(|t| Candidate::temporary(b, i, t)).or_else(grown) {
                            Some(candidate) => Some(candidate),
                            None => continue,
                        }
                    }
                    _ => continue,
                };
                let node = self.objects + self.candidates.len() as Node;
                self.into.add_node();
                self.object_of.insert(i, node);
                let fits = candidate.is_some();
                // One with more elements is in the heap, and what is stored in it is there (INV-ESC-1).
                let is_grown = |c: &Candidate| c.temporary == Some(Temporary::Elements);
                if candidate.as_ref().is_some_and(|c| c.most.is_some() || is_grown(c)) {
                    self.edge(HEAP, node, 0);
                }
                if let (Op::Call(_, args), Some(true)) = (&data.op, candidate.as_ref().map(is_grown)) {
                    let old = self.value(args[0]);
                    self.edge(node, old, 1);
                }
                self.candidates.push(candidate.unwrap_or(Candidate {
                    inst: i,
                    block: b,
                    size: 0,
                    align: 8,
                    pointers: Vec::new(),
                    escapes: true,
                    repeated: false,
                    written: false,
                    temporary: None,
                    most: None,
                }));
                if !fits {
                    self.edge(HEAP, node, -1);
                }
                if let Some(&result) = data.results.first() {
                    let to = self.value(result);
                    self.edge(to, node, -1);
                }
            }
        }
    }

    fn candidate(&self, block: Block, inst: Inst, f: RuntimeFn, args: &[Value]) -> Option<Candidate> {
        let constant = |at: usize| self.constants.get(args.get(at)?).copied();
        let mut most = None;
        let (size, align, pointers) = if f == RuntimeFn::RawMem {
            (u64::try_from(constant(0)?).ok()?, 16, Vec::new())
        } else {
            let element = shape(self.module, *self.symbols.get(args.first()?)?)?;
            let count = match constant(1) {
                _ if f == RuntimeFn::NewObject => 1,
                Some(n) => u64::try_from(n).ok()?,
                None if self.is_split(block, *args.get(1)?) => return None,
                None => {
                    let count = arrays::MAX_BYTES.checked_div(element.size)?;
                    most = Some(i64::try_from(count).ok()?);
                    count
                }
            };
            // Of elements without bytes there may be any number.
            let size = element.size.checked_mul(count).filter(|size| (1..=MAX_OBJECT).contains(size))?;
            if element.pointers.len() as u64 * count > MAX_POINTERS as u64 {
                return None;
            }
            let at = |n: u64| element.pointers.iter().map(move |&p| (n as u32, p));
            let pointers = (0..count).flat_map(at).map(|(n, p)| n * element.size as u32 + p).collect();
            (size, element.align, pointers)
        };
        let fits = (1..=MAX_OBJECT).contains(&size) && pointers.len() <= MAX_POINTERS;
        fits.then_some(Candidate {
            inst,
            block,
            size,
            align,
            pointers,
            escapes: false,
            repeated: false,
            written: false,
            temporary: None,
            most,
        })
    }

    /// Was the making of an array of that many elements put behind a test of the number already?
    fn is_split(&self, block: Block, count: Value) -> bool {
        let before = self.func.blocks.iter().filter_map(|b| Some(&self.func.insts[*b.insts.last()?].op));
        before.filter(|op| op.successors().contains(&block)).any(|op| {
            let Op::Branch { cond, .. } = op else { return false };
            let test = self.def[*cond].map(|i| &self.func.insts[i].op);
            matches!(test, Some(Op::Icmp(IntCond::Ule, n, _)) if *n == count)
        })
    }

    /// What a call of `growslice` makes that has no buffer yet.
    fn elements(&self, cfg: &Cfg, block: Block, inst: Inst, f: FuncId, args: &[Value]) -> Option<Candidate> {
        let &[_, _, _, _, element, buffer] = args else { return None };
        let bare = self.constants.get(&buffer) == Some(&0) && cfg.preds(ENTRY).is_empty();
        (bare && self.module.funcs.get(f)?.name == GROW).then_some(())?;
        Candidate::elements(block, inst, &shape(self.module, *self.symbols.get(&element)?)?)
    }

    /// What a call makes to which no buffer is given, if it is one of a conversion.
    fn temporary(&self, f: FuncId, args: &[Value]) -> Option<Temporary> {
        (self.constants.get(args.first()?) == Some(&0)).then_some(())?;
        Temporary::made_by(&self.module.funcs.get(f)?.name)
    }
}
