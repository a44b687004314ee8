//! Turns what Cranelift reports about compiled code into a [`CompiledFunc`].

use crate::abi::arg_map;
use crate::error::Error;
use crate::positions::PosResolver;
use crate::prologue;
use crate::translate::{Facts, RETURN_LOC, TRAP_NIL, namespace, runtime_symbol};
use cranelift_codegen::FinalizedMachExceptionHandler as Handler;
use cranelift_codegen::binemit::Reloc as ClifReloc;
use cranelift_codegen::ir::{ExternalName, Function};
use cranelift_codegen::{CompiledCode, FinalizedRelocTarget};
use gort_abi::layout::STACK_SMALL;
use gort_abi::module::{
    self, CompiledFunc, FuncFlags, Landing, LineEntry, OpenDefers, Reloc, RelocKind, SymbolId, Trap,
};
use gort_abi::runtime_fn::RuntimeFn;
use gort_abi::stack_map::StackMap;
use gort_ir::func::{Func, InlinedCall};
use gort_ir::module::Module;
use gort_ir::source::Pos;

/// Bytes of stack that a function which forks has below its frame: what its child calls before `exec` runs on the stack of
/// the parent, which must find it where it was.
const FORK_ROOM: u32 = 8 << 10;

/// What is known of a function before it is compiled.
pub fn head(func: &Func, sources: &dyn PosResolver) -> CompiledFunc {
    let (file, start_line) = sources.resolve(func.pos);
    let mut flags = FuncFlags::empty();
    flags.set(FuncFlags::WRAPPER, func.wrapper);
    flags.set(FuncFlags::NO_PARAMS, func.has_no_params());
    let args = arg_map(&func.sig);
    CompiledFunc { name: printed_name(&func.name), args, flags, file, start_line, ..CompiledFunc::default() }
}

/// Assembles the result.
pub fn finish(
    func: &Func,
    module: &Module,
    clif: &Function,
    code: &CompiledCode,
    facts: &Facts,
    sources: &dyn PosResolver,
) -> Result<CompiledFunc, Error> {
    let fail = |m: &str| Error::new(&func.name, m);
    let layout = code.buffer.frame_layout().ok_or_else(|| fail("no frame layout"))?;
    let frame = layout.frame_to_fp_offset;
    let mut out = head(func, sources);
    out.inlined = func.inlined.iter().map(|c| inlined_call(func, c, sources)).collect();
    if facts.calls || facts.forks || frame as usize > STACK_SMALL {
        let stub = prologue::stub(frame + if facts.forks { FORK_ROOM } else { 0 });
        out.code = stub.bytes;
        out.entry_offset = stub.entry;
        let target = runtime_symbol(module, RuntimeFn::MoreStack);
        out.relocs.push(Reloc { offset: stub.call_field, kind: RelocKind::PcRel4, target, addend: -4 });
    } else {
        out.flags |= FuncFlags::NO_STUB;
    }
    out.body_offset = out.code.len() as u32;
    out.code.extend_from_slice(code.buffer.data());
    for &(slot, offset) in &facts.base {
        out.base_slots.push(frame - layout.stackslots[slot].offset - offset);
    }
    out.base_slots.sort_unstable();
    let mut defers = facts.open_defers.iter().map(|&slot| frame - layout.stackslots[slot].offset);
    out.open_defers = defers.next().map(|bits| OpenDefers { bits, sites: defers.collect() });
    relocs(&mut out, clif, code).map_err(|m| fail(&m))?;
    stack_maps(&mut out, code, facts).map_err(|m| fail(&m))?;
    traps(&mut out, code);
    lines(&mut out, func, code, sources);
    shorten_epilogues(&mut out, code);
    Ok(out)
}

/// Replaces the epilogue's `mov rsp, rbp` by a no-op of the same length: rsp has been added up already, and
/// the move would make the following `pop` and `ret` wait for rbp, which costs call-heavy code a third.
///
/// Not a search: the last instruction of a `return`'s code is the `ret`, and Cranelift always writes
/// `mov rsp, rbp; pop rbp; ret` there. Should it stop doing so, nothing is replaced.
fn shorten_epilogues(out: &mut CompiledFunc, code: &CompiledCode) {
    const MOV: [u8; 3] = [0x48, 0x89, 0xEC];
    const NOP: [u8; 3] = [0x0F, 0x1F, 0x00];
    for loc in code.buffer.get_srclocs_sorted() {
        if loc.loc.is_default() || loc.loc.bits() & RETURN_LOC == 0 {
            continue;
        }
        let (body, end) = (out.body_offset as usize, loc.end as usize);
        let code = &mut out.code[body + loc.start as usize..body + end];
        let at = match code {
            [.., 0x48, 0x89, 0xEC, 0x5D, 0xC3] => code.len() - 5,
            [.., 0x48, 0x89, 0xEC, 0x5D, 0xC2, _, _] => code.len() - 7,
            _ => continue,
        };
        debug_assert_eq!(code[at..at + 3], MOV);
        code[at..at + 3].copy_from_slice(&NOP);
    }
}

fn relocs(out: &mut CompiledFunc, clif: &Function, code: &CompiledCode) -> Result<(), String> {
    for r in code.buffer.relocs() {
        let kind = match r.kind {
            ClifReloc::Abs8 => RelocKind::Abs8,
            ClifReloc::X86PCRel4 | ClifReloc::X86CallPCRel4 => RelocKind::PcRel4,
            kind => return Err(format!("relocation {kind:?}")),
        };
        let FinalizedRelocTarget::ExternalName(ExternalName::User(name)) = &r.target else {
            return Err(format!("relocation against {:?}", r.target));
        };
        let name = &clif.params.user_named_funcs()[*name];
        let target = SymbolId(name.index);
        let kind = match (name.namespace, kind) {
            (namespace::ADDRESS, kind) => kind,
            (namespace::WINDOW, RelocKind::Abs8) => RelocKind::WindowOff8,
            (space, kind) => return Err(format!("{kind:?} in name space {space}")),
        };
        out.relocs.push(Reloc { offset: out.body_offset + r.offset, kind, target, addend: r.addend });
    }
    Ok(())
}

/// A function's name as Go shows it: type arguments are `[...]`.
fn printed_name(name: &str) -> String {
    match (name.find('['), name.rfind(']')) {
        (Some(open), Some(close)) if open < close => format!("{}[...]{}", &name[..open], &name[close + 1..]),
        _ => name.to_owned(),
    }
}

/// One map per call: the slots always named, and what Cranelift was told at this call.
fn stack_maps(out: &mut CompiledFunc, code: &CompiledCode, facts: &Facts) -> Result<(), String> {
    let mut maps = code.buffer.user_stack_maps().iter().peekable();
    for site in code.buffer.call_sites() {
        let mut slots = out.base_slots.clone();
        if maps.peek().is_some_and(|m| m.0 < site.ret_addr) {
            return Err("a stack map without a call".into());
        }
        if let Some((_, span, map)) = maps.next_if(|m| m.0 == site.ret_addr) {
            slots.extend(map.entries().map(|(_, offset)| span - offset));
            slots.sort_unstable();
        }
        out.stack_maps.push(StackMap { return_offset: out.body_offset + site.ret_addr, slots });
        for handler in site.exception_handlers {
            let (Handler::Default(offset), Some(frame_offset)) = (handler, site.frame_offset) else {
                continue;
            };
            let offset = out.body_offset + offset;
            out.landing = Some(Landing { offset, frame_offset });
        }
    }
    if maps.next().is_some() {
        return Err("a stack map without a call".into());
    }
    if facts.defers != out.landing.is_some() {
        return Err("the landing block got lost".into());
    }
    Ok(())
}

fn traps(out: &mut CompiledFunc, code: &CompiledCode) {
    for t in code.buffer.traps() {
        let trap = if t.code == TRAP_NIL { Trap::NilDereference } else { Trap::Unreachable };
        out.traps.push((out.body_offset + t.offset, trap));
    }
    out.traps.sort_unstable_by_key(|t| t.0);
    out.traps.dedup_by_key(|t| t.0);
}

fn inlined_call(func: &Func, call: &InlinedCall, sources: &dyn PosResolver) -> module::InlinedCall {
    let (file, start_line) = sources.resolve(call.start);
    let (pos, parent) = func.source_pos(call.pos);
    let (call_file, call_line) = sources.resolve(pos);
    let mut flags = FuncFlags::empty();
    flags.set(FuncFlags::WRAPPER, call.wrapper);
    flags.set(FuncFlags::NO_PARAMS, call.no_params);
    let parent = parent.map_or(0, |p| p + 1);
    module::InlinedCall {
        name: printed_name(&call.name),
        file,
        start_line,
        flags,
        call_file,
        call_line,
        parent,
    }
}

fn lines(out: &mut CompiledFunc, func: &Func, code: &CompiledCode, sources: &dyn PosResolver) {
    let unknown = |offset| LineEntry { offset, file: 0, line: 0, inline: 0 };
    let mut end = 0;
    let mut push = |entry: LineEntry| match out.lines.last_mut() {
        Some(last) if LineEntry { offset: entry.offset, ..*last } == entry => {}
        Some(last) if last.offset == entry.offset => *last = entry,
        _ => out.lines.push(entry),
    };
    for loc in code.buffer.get_srclocs_sorted() {
        if loc.start > end {
            push(unknown(out.body_offset + end));
        }
        end = loc.end;
        let offset = out.body_offset + loc.start;
        if loc.loc.is_default() {
            push(unknown(offset));
            continue;
        }
        let (pos, inline) = func.source_pos(Pos(loc.loc.bits() & !RETURN_LOC));
        let (file, line) = sources.resolve(pos);
        push(LineEntry { offset, file, line, inline: inline.map_or(0, |i| i + 1) });
    }
    if end < code.buffer.data().len() as u32 {
        push(unknown(out.body_offset + end));
    }
}
