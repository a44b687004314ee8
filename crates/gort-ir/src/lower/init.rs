//! The entry of a program: package initialisation in dependency order, then `main.main`.

use super::link::Links;
use super::maps::MAPS;
use super::{Lowering, PackageSyntax, Work};
use crate::builder::FuncBuilder;
use crate::inst::{Callee, Sig, Ty};
use gort_abi::runtime_fn::RuntimeFn;
use gort_syntax::ast::{Decl, FuncDecl};
use gort_syntax::diag::Diagnostics;
use gort_types::object::ObjId;
use gort_types::program::Program;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Functions of package runtime that compiled code or the Rust side calls by name: always there.
const RUNTIME_ROOTS: &[&str] = &[
    "panicmem",
    "panicdivide",
    "panicIndex",
    "panicIndexU",
    "panicSliceAlen",
    "panicSliceAlenU",
    "panicSliceAcap",
    "panicSliceAcapU",
    "panicSliceB",
    "panicSliceBU",
    "panicSlice3Alen",
    "panicSlice3AlenU",
    "panicSlice3Acap",
    "panicSlice3AcapU",
    "panicSlice3B",
    "panicSlice3BU",
    "panicSlice3C",
    "panicSlice3CU",
    "panicSliceConvert",
    "gopanic",
    "Goexit",
];

impl<'a> Lowering<'a> {
    pub(super) fn new(
        prog: &'a mut Program,
        packages: &'a [PackageSyntax<'a>],
        diags: &'a mut Diagnostics,
    ) -> Self {
        let mut decls: FxHashMap<ObjId, &'a FuncDecl> = FxHashMap::default();
        for decl in packages.iter().flat_map(|p| p.files).flat_map(|f| &f.decls) {
            if let Decl::Func(f) = decl
                && let Some(&obj) = prog.info.defs.get(&f.name.id)
            {
                decls.insert(obj, f);
            }
        }
        let has_body = |obj| {
            decls.get(&obj).is_some_and(|d| {
                d.body.is_some() || RuntimeFn::by_name(&format!("runtime.{}", d.name.name)).is_some()
            })
        };
        let links = Links::new(prog, packages, has_body);
        let runtime_pkg = packages.iter().map(|p| p.pkg).find(|&p| prog.pkgs[p].path == "runtime");
        Self {
            prog,
            packages,
            diags,
            explain: false,
            module: Default::default(),
            queue: VecDeque::new(),
            decls,
            runtime_pkg,
            links,
            layouts: FxHashMap::default(),
            field_offsets: FxHashMap::default(),
            types: FxHashMap::default(),
            type_cache: FxHashMap::default(),
            func_ids: FxHashMap::default(),
            strings: FxHashMap::default(),
            unused: Default::default(),
            no_equal: Default::default(),
            generic: Default::default(),
        }
    }

    /// Makes `main.init·start`, the code of a func value that runs the program, and exports what the
    /// runtime looks up: that, its closure (`main.init·start·f`), and [`RUNTIME_ROOTS`].
    pub(super) fn lower_entry(&mut self) {
        for name in RUNTIME_ROOTS {
            if let Some(obj) = self.runtime_obj(name) {
                let id = self.func_id(obj);
                let symbol = self.module.func_symbol(id);
                self.module.exports.insert(format!("runtime.{name}"), symbol);
            }
        }
        let sig = Sig { params: vec![Ty::Ptr], results: Vec::new() };
        let (id, _) = self.module.declare_func("main.init·start", &sig);
        let mut b = FuncBuilder::new("main.init·start", sig, Default::default());
        b.func.wrapper = true;
        let packages = self.packages;
        if self.package_obj(MAPS, "AlgInit").is_some() {
            let seed = self.maps_fn("AlgInit");
            b.call(seed.callee, Vec::new(), &[]);
        }
        for p in packages {
            self.call_inits(&mut b, *p);
        }
        match self.main_func() {
            _ if self.explain => self.lower_whole_package(),
            Some(main) => {
                let main = self.func_id(main);
                b.call(Callee::Func(main), Vec::new(), &[]);
            }
            None => self.diags.error(
                Default::default(),
                "MissingMain",
                "function main is undeclared in the main package",
            ),
        }
        b.ret(Vec::new());
        self.module.funcs[id].body = Some(b.finish());
        let symbol = self.module.func_symbol(id);
        let closure = self.closure_symbol(id);
        self.module.exports.insert("main.init·start".into(), symbol);
        self.module.exports.insert("main.init·start·f".into(), closure);
    }

    /// Exports a function of package runtime that something reachable uses: its presence tells the runtime so.
    pub(super) fn export_if_used(&mut self, name: &str) {
        let used = self.runtime_obj(name).and_then(|obj| self.func_ids.get(&obj).copied());
        if let Some(id) = used {
            let symbol = self.module.func_symbol(id);
            self.module.exports.insert(format!("runtime.{name}"), symbol);
        }
    }

    /// All that the last package declares, called or not.
    fn lower_whole_package(&mut self) {
        let decls = self.packages.last().into_iter().flat_map(|p| p.files).flat_map(|f| &f.decls);
        for decl in decls {
            let Decl::Func(f) = decl else { continue };
            let Some(&obj) = self.prog.info.defs.get(&f.name.id) else { continue };
            let sig = self.obj_type(obj);
            let sig = self.signature(sig);
            if sig.type_params.is_empty() && sig.recv_type_params.is_empty() && f.body.is_some() {
                self.func_id(obj);
            }
        }
    }

    fn main_func(&self) -> Option<ObjId> {
        let pkg = self.packages.iter().map(|p| p.pkg).find(|&p| self.prog.pkgs[p].path == "main")?;
        let scope = self.prog.pkgs[pkg].scope;
        let obj = self.prog.scopes[scope].names.get("main").copied()?;
        self.decls.contains_key(&obj).then_some(obj)
    }

    fn call_inits(&mut self, b: &mut FuncBuilder, p: PackageSyntax<'a>) {
        let pkg = self.prog.pkgs[p.pkg].clone();
        if !pkg.init_order.is_empty() {
            let sig = Sig::default();
            let (id, _) = self.module.declare_func(&format!("{}.init", pkg.path), &sig);
            self.lower_package_vars(id, p);
            b.call(Callee::Func(id), Vec::new(), &[]);
        }
        for (n, (file, decl)) in pkg.inits.iter().enumerate() {
            let Some(Decl::Func(f)) = p.files.get(*file).and_then(|f| f.decls.get(*decl)) else { continue };
            let (id, _) = self.module.declare_func(&format!("{}.init.{n}", pkg.path), &Sig::default());
            match self.prog.info.defs.get(&f.name.id) {
                Some(&obj) => self.queue.push_back(Work::Decl(id, obj, f)),
                None => continue,
            }
            b.call(Callee::Func(id), Vec::new(), &[]);
        }
    }

    pub(super) fn lower_work(&mut self, work: Work<'a>) {
        match work {
            Work::Decl(id, obj, decl) => self.lower_decl(id, obj, decl),
            Work::Lit(id, job) => self.lower_lit(id, job),
            Work::Missing(id) => self.lower_missing(id),
            Work::Intrinsic(id, which) => self.lower_intrinsic(id, which),
            Work::Wrapper(id, wrapper) => self.lower_wrapper(id, wrapper),
            Work::Equal(id, t) => self.lower_equal(id, t),
            Work::Hash(id, t) => self.lower_hash(id, t),
        }
    }
}
