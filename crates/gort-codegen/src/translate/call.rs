//! Calls.

use super::{Done, TRAP_UNREACHABLE, Translator};
use crate::error::Error;
use cranelift_codegen::ir::{self, BlockArg, ExceptionTableData, ExceptionTableItem, InstBuilder, types};
use gort_abi::runtime_fn::{RuntimeFn, Thunk, Word};
use gort_ir::func::{Block, Inst, Value};
use gort_ir::inst::{Callee, Ty};

impl Translator<'_, '_> {
    pub(super) fn call(&mut self, inst: Inst, callee: &Callee, args: &[Value]) -> Done {
        if !self.inline_allocs.contains_key(&inst) {
            self.keep_lazy(inst)?;
        }
        let call = match callee {
            Callee::Func(f) => {
                self.facts.calls = true;
                let f = self.import_go(*f)?;
                let args = self.values(args)?;
                self.b.ins().call(f, &args)
            }
            Callee::Indirect(code, sig) => {
                self.facts.calls = true;
                let sig = self.import_sig(sig)?;
                let code = self.value(*code)?;
                let args = self.values(args)?;
                self.b.ins().call_indirect(sig, code, &args)
            }
            Callee::Runtime(f) => return self.call_runtime(inst, *f, args),
        };
        self.map_roots(inst, call);
        self.forget();
        let results = self.b.inst_results(call).to_vec();
        self.define_results(inst, &results)
    }

    pub(super) fn define_results(&mut self, inst: Inst, results: &[ir::Value]) -> Done {
        let func = self.func;
        let wanted = &func.insts[inst].results;
        if wanted.len() != results.len() {
            return self.error("wrong number of results");
        }
        wanted.iter().zip(results).try_for_each(|(&w, &r)| self.define(w, r))
    }

    fn call_runtime(&mut self, inst: Inst, f: RuntimeFn, args: &[Value]) -> Done {
        if f == RuntimeFn::Escape {
            return Ok(());
        }
        if matches!(f.thunk(), Thunk::MoreStack | Thunk::Nop | Thunk::MakeFunc)
            || args.len() != f.params().len()
        {
            return self.error(format!("bad call of {}", f.name()));
        }
        if let (Some(&(symbol, slot)), [typ]) = (self.inline_allocs.get(&inst), args) {
            return self.inline_alloc(inst, symbol, slot, *typ);
        }
        let words: Result<Vec<ir::Value>, Error> =
            args.iter().zip(f.params()).map(|(&a, &word)| self.word(a, word)).collect();
        let words = words?;
        let next = self.unless_marking(inst, f, &words);
        let forks = f.thunk() == Thunk::Fork;
        if forks {
            self.facts.forks = true;
            let pin = self.import_runtime(RuntimeFn::ForkPin);
            self.b.ins().call(pin, &[]);
        }
        let callee = self.import_runtime(f);
        let call = self.b.ins().call(callee, &words);
        self.map_roots(inst, call);
        if let Some(next) = next {
            self.b.ins().jump(next, &[]);
            self.b.switch_to_block(next);
        }
        if super::reload::destroys(self.func, inst, |_| false) {
            self.forget();
        }
        let mut results = self.b.inst_results(call).to_vec();
        if let (true, Some(&child)) = (forks, results.first()) {
            self.unpin_parent(child);
        }
        let func = self.func;
        for (r, &v) in results.iter_mut().zip(&func.insts[inst].results) {
            *r = match func.ty(v) {
                Ty::I8 => self.b.ins().ireduce(types::I8, *r),
                Ty::I16 => self.b.ins().ireduce(types::I16, *r),
                Ty::I32 => self.b.ins().ireduce(types::I32, *r),
                _ => *r,
            };
        }
        self.define_results(inst, &results)
    }

    /// After a fork: `child` is 0 in the child, which stays pinned.
    fn unpin_parent(&mut self, child: ir::Value) {
        let (parent, next) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(child, parent, &[], next, &[]);
        self.b.switch_to_block(parent);
        let unpin = self.import_runtime(RuntimeFn::ForkUnpin);
        self.b.ins().call(unpin, &[]);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
    }

    /// An argument as the runtime function takes it.
    fn word(&mut self, v: Value, word: Word) -> Result<ir::Value, Error> {
        let clif = self.value(v)?;
        match (self.ty(v), word) {
            (Ty::F64, Word::f) | (Ty::I64 | Ty::Ptr, Word::i | Word::p) => Ok(clif),
            (Ty::I8 | Ty::I16 | Ty::I32, Word::i) => Ok(self.b.ins().uextend(types::I64, clif)),
            (ty, word) => self.error(format!("{ty} for a runtime function's {word:?}")),
        }
    }

    /// Names the landing block: a call of a bare return, whose exceptional way leads there.
    pub(super) fn defer_enter(&mut self, landing: Block) -> Done {
        self.facts.defers = true;
        let callee = self.import_runtime(RuntimeFn::DeferEnter);
        let landing = self.block(landing)?;
        let next = self.b.create_block();
        let signature = self.b.func.dfg.ext_funcs[callee].signature;
        let none: [BlockArg; 0] = [];
        let next_call = self.b.func.dfg.block_call(next, &none);
        let landing_call = self.b.func.dfg.block_call(landing, &none);
        let table =
            ExceptionTableData::new(signature, next_call, [ExceptionTableItem::Default(landing_call)]);
        let table = self.b.func.dfg.exception_tables.push(table);
        self.b.ins().try_call(callee, &[], table);
        self.b.switch_to_block(next);
        Ok(())
    }

    pub(super) fn unreachable(&mut self) {
        self.b.ins().trap(TRAP_UNREACHABLE);
    }
}
