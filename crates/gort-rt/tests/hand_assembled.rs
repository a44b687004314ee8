//! Small programs in machine code, run by the whole runtime half: no front half is needed to test it.

use gort_abi::module::{
    CompiledFunc, CompiledModule, DataObject, Landing, Reloc, RelocKind, Symbol, SymbolId, Trap,
};
use gort_abi::runtime_fn::RuntimeFn;
use gort_abi::stack_map::StackMap;
use gort_abi::type_desc::{Kind, offset};
use gort_rt::{Config, Runtime};

/// Machine code of one function, with a stack map at each call.
struct Asm {
    func: CompiledFunc,
    /// Root slots of all calls from here on, as offsets below fp.
    roots: Vec<u32>,
}

/// A module under construction.
#[derive(Default)]
struct Builder {
    module: CompiledModule,
}

impl Builder {
    fn symbol(&mut self, s: Symbol) -> SymbolId {
        self.module.symbols.push(s);
        SymbolId(self.module.symbols.len() as u32 - 1)
    }

    fn data(&mut self, object: DataObject) -> SymbolId {
        self.module.data.push(object);
        let i = self.module.data.len() as u32 - 1;
        self.symbol(Symbol::Data(i))
    }

    fn func(&mut self, asm: Asm) -> SymbolId {
        let name = asm.func.name.clone();
        self.module.funcs.push(asm.func);
        let i = self.module.funcs.len() as u32 - 1;
        let id = self.symbol(Symbol::Func(i));
        self.module.exports.insert(name, id);
        id
    }

    /// A type descriptor: size, pointer mask of one byte, kind; `elem` for channels.
    fn typ(&mut self, size: u64, mask: u8, kind: Kind, elem: Option<SymbolId>) -> SymbolId {
        let gc = self.data(DataObject { bytes: vec![mask; 1], size: 8, align: 8, ..Default::default() });
        let mut bytes = vec![0; 64];
        bytes[offset::SIZE..][..8].copy_from_slice(&size.to_le_bytes());
        let ptr_bytes = 8 * (8 - u64::from(mask.leading_zeros()));
        bytes[offset::PTR_BYTES..][..8].copy_from_slice(&ptr_bytes.to_le_bytes());
        bytes[offset::ALIGN] = 8;
        bytes[offset::FIELD_ALIGN] = 8;
        bytes[offset::KIND] = kind as u8;
        let abs8 = |at: usize, target| Reloc { offset: at as u32, kind: RelocKind::Abs8, target, addend: 0 };
        let mut relocs = vec![abs8(offset::GC_DATA, gc)];
        relocs.extend(elem.map(|e| abs8(48, e)));
        self.data(DataObject { bytes, size: 64, align: 8, relocs, ..Default::default() })
    }

    fn run(mut self) -> i32 {
        for name in ["runtime.panicmem"] {
            if !self.module.exports.contains_key(name) {
                let mut asm = Asm::new(name);
                asm.put(&[0x0F, 0x0B]);
                self.func(asm);
            }
        }
        let mut rt = Runtime::new(&Config::default()).unwrap();
        rt.load(self.module, None).unwrap();
        rt.run().unwrap()
    }
}

impl Asm {
    fn new(name: &str) -> Self {
        let func = CompiledFunc { name: name.into(), ..Default::default() };
        let mut asm = Self { func, roots: vec![] };
        // push rbp; mov rbp, rsp; sub rsp, 64
        asm.put(&[0x55, 0x48, 0x89, 0xE5, 0x48, 0x83, 0xEC, 64]);
        asm
    }

    fn put(&mut self, bytes: &[u8]) {
        self.func.code.extend_from_slice(bytes);
    }

    fn at(&self) -> u32 {
        self.func.code.len() as u32
    }

    fn call(&mut self, target: SymbolId) {
        self.put(&[0xE8, 0, 0, 0, 0]);
        let offset = self.at() - 4;
        self.func.relocs.push(Reloc { offset, kind: RelocKind::PcRel4, target, addend: -4 });
        self.func.stack_maps.push(StackMap { return_offset: self.at(), slots: self.roots.clone() });
    }

    /// mov rdi, address
    fn rdi(&mut self, target: SymbolId) {
        self.put(&[0x48, 0xBF, 0, 0, 0, 0, 0, 0, 0, 0]);
        let offset = self.at() - 8;
        self.func.relocs.push(Reloc { offset, kind: RelocKind::Abs8, target, addend: 0 });
    }

    fn ret(&mut self) {
        self.put(&[0xC9, 0xC3]); // leave; ret
    }
}

#[test]
fn exit_code() {
    let mut b = Builder::default();
    let exit = b.symbol(Symbol::Runtime(RuntimeFn::Exit));
    let mut main = Asm::new("main.init·start");
    main.put(&[0xBF, 7, 0, 0, 0]); // mov edi, 7
    main.call(exit);
    b.func(main);
    assert_eq!(b.run(), 7);
}

#[test]
fn main_returns() {
    let mut b = Builder::default();
    let print = b.symbol(Symbol::Runtime(RuntimeFn::Gosched));
    let mut main = Asm::new("main.init·start");
    main.call(print);
    main.ret();
    b.func(main);
    assert_eq!(b.run(), 0);
}

#[test]
fn goroutines_talk_while_the_collector_runs() {
    let mut b = Builder::default();
    let rt = |b: &mut Builder, f| b.symbol(Symbol::Runtime(f));
    let (exit, new_chan, new_proc) =
        (rt(&mut b, RuntimeFn::Exit), rt(&mut b, RuntimeFn::NewChan), rt(&mut b, RuntimeFn::NewProc));
    let (send, recv, gc, new_object) = (
        rt(&mut b, RuntimeFn::ChanSend),
        rt(&mut b, RuntimeFn::ChanRecv),
        rt(&mut b, RuntimeFn::GcNow),
        rt(&mut b, RuntimeFn::NewObject),
    );
    let elem = b.typ(8, 0, Kind::Int, None);
    let chan = b.typ(8, 1, Kind::Chan, Some(elem));
    let closure = b.typ(16, 2, Kind::Struct, None);

    // worker(closure): gcnow(); send(closure.chan, &42)
    let mut worker = Asm::new("main.worker");
    worker.put(&[0x48, 0x8B, 0x47, 8, 0x48, 0x89, 0x45, 0xF8]); // mov rax,[rdi+8]; mov [rbp-8],rax
    worker.roots = vec![8];
    worker.call(gc);
    worker.put(&[0x48, 0xC7, 0x45, 0xF0, 42, 0, 0, 0]); // mov qword [rbp-16], 42
    worker.put(&[0x48, 0x8B, 0x7D, 0xF8, 0x48, 0x8D, 0x75, 0xF0]); // mov rdi,[rbp-8]; lea rsi,[rbp-16]
    worker.call(send);
    worker.ret();
    let worker = b.func(worker);

    // main: c := newchan(chan, 0); go {worker, c}; gcnow(); recv(c, &x); exit(x)
    let mut main = Asm::new("main.init·start");
    main.rdi(chan);
    main.put(&[0x31, 0xF6]); // xor esi, esi
    main.call(new_chan);
    main.put(&[0x48, 0x89, 0x45, 0xF8]); // mov [rbp-8], rax
    main.roots = vec![8];
    main.rdi(closure);
    main.call(new_object);
    main.put(&[0x48, 0x8B, 0x4D, 0xF8, 0x48, 0x89, 0x48, 8]); // mov rcx,[rbp-8]; mov [rax+8],rcx
    main.put(&[0x48, 0x89, 0xC3]); // mov rbx, rax
    main.rdi(worker);
    main.put(&[0x48, 0x89, 0x3B, 0x48, 0x89, 0xDF]); // mov [rbx],rdi; mov rdi,rbx
    main.call(new_proc);
    main.call(gc);
    main.put(&[0x48, 0x8B, 0x7D, 0xF8, 0x48, 0x8D, 0x75, 0xF0]); // mov rdi,[rbp-8]; lea rsi,[rbp-16]
    main.call(recv);
    main.put(&[0x8B, 0x7D, 0xF0]); // mov edi,[rbp-16]
    main.call(exit);
    b.func(main);
    assert_eq!(b.run(), 42);
}

#[test]
fn nil_dereference_lands() {
    let mut b = Builder::default();
    let exit = b.symbol(Symbol::Runtime(RuntimeFn::Exit));
    let recovery = b.symbol(Symbol::Runtime(RuntimeFn::Recovery));
    // panicmem: recovery(stack_hi - caller's fp)
    let mut panicmem = Asm::new("runtime.panicmem");
    panicmem.put(&[0x49, 0x8B, 0x47, 32, 0x48, 0x8B, 0x78, 16]); // mov rax,[r15+g]; mov rdi,[rax+stack_hi]
    panicmem.put(&[0x48, 0x2B, 0x7D, 0]); // sub rdi,[rbp]
    panicmem.call(recovery);
    b.func(panicmem);
    let mut main = Asm::new("main.init·start");
    main.put(&[0x31, 0xC0]); // xor eax, eax
    main.func.traps = vec![(main.at(), Trap::NilDereference)];
    main.put(&[0x48, 0x8B, 0x40, 8]); // mov rax,[rax+8]
    main.put(&[0x0F, 0x0B]);
    main.func.landing = Some(Landing { offset: main.at(), frame_offset: 64 });
    main.put(&[0xBF, 9, 0, 0, 0]); // mov edi, 9
    main.call(exit);
    b.func(main);
    assert_eq!(b.run(), 9);
}
