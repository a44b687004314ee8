//! A runtime as a value: made, loaded, run.

use crate::code::{self, LoadError};
use crate::debug_vars::{BadVar, Env};
use crate::shared::{ProcessView, Shared};
use crate::{fatal, fault};
use gort_abi::addr::{Addr, Pc};
use gort_abi::layout::Closure;
use gort_abi::module::{CodeSource, CompiledModule};
use gort_sched::{GRef, Hooks, Sched};
use gort_sys::{OsError, cpu, signal};
use std::fmt;
use std::io;
use std::sync::Arc;

/// The function that initialises all packages and then calls `main.main`.
const ENTRY: &str = "main.init·start";

/// How a runtime is set up.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Environment variables that the runtime itself reads.
    pub env: Env,
    /// What the program sees as its arguments (`os.Args`) and its environment.
    pub process: ProcessView,
}

/// Why a runtime cannot start.
#[derive(Debug)]
pub enum BootError {
    /// An environment variable.
    Var(BadVar),
    /// The OS.
    Os(io::Error),
    /// The module.
    Load(LoadError),
    /// The module lacks a symbol.
    MissingSymbol(&'static str),
    /// A second program.
    AlreadyLoaded,
    /// The module has functions that wait for their first call, and nobody compiles them.
    MissingSource,
}

impl fmt::Display for BootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Var(e) => e.fmt(f),
            Self::Os(e) => e.fmt(f),
            Self::Load(e) => e.fmt(f),
            Self::MissingSymbol(name) => write!(f, "the program has no {name}"),
            Self::AlreadyLoaded => f.write_str("a program is loaded already"),
            Self::MissingSource => f.write_str("the program is not compiled to the end"),
        }
    }
}

impl std::error::Error for BootError {}

impl From<BadVar> for BootError {
    fn from(e: BadVar) -> Self {
        Self::Var(e)
    }
}

impl From<io::Error> for BootError {
    fn from(e: io::Error) -> Self {
        Self::Os(e)
    }
}

impl From<OsError> for BootError {
    fn from(e: OsError) -> Self {
        Self::Os(io::Error::from_raw_os_error(e.0))
    }
}

impl From<LoadError> for BootError {
    fn from(e: LoadError) -> Self {
        Self::Load(e)
    }
}

/// A Go runtime: heap, collector, scheduler, and the program loaded into it.
pub struct Runtime {
    // Dropped first: ends the threads that use `shared`.
    sched: Arc<Sched>,
    shared: Arc<Shared>,
    entry: Option<Box<Closure>>,
}

struct Fatal(Arc<Shared>);

impl Hooks for Fatal {
    fn fatal(&self, sched: &Sched, message: &str) -> ! {
        fatal::of_runtime(sched, &self.0, None, message)
    }

    fn channels(&self, g: GRef, visit: &mut dyn FnMut(usize)) -> bool {
        // SAFETY: the scheduler's contract: it waits for channels, and the world is stopped.
        unsafe { crate::chan::awaited::awaited(g) }.into_iter().all(|chan| {
            visit(chan.0.0);
            // SAFETY: INV-CHAN-1: as above.
            !unsafe { chan.has_timer() }
        })
    }

    fn quit(&self, sched: &Sched) -> ! {
        fatal::quit(sched, &self.0)
    }
}

impl Runtime {
    /// A runtime without a program.
    pub fn new(config: &Config) -> Result<Self, BootError> {
        let env = &config.env;
        env.check_gogc()?;
        env.check_gomemlimit()?;
        env.check_godebug()?;
        let procs = env.procs()?.unwrap_or(0);
        let zeal = env.zeal();
        let mut seed = cpu::random_seed();
        match zeal.sched_seed {
            Some(0) => eprintln!("runtime: schedseed={seed}"),
            Some(given) => seed = given,
            None => {}
        }
        let shared = Arc::new(Shared::new(env.traceback()?, zeal, seed, config.process.clone()));
        signal::install_fault_handler(fault::handle)?;
        let mut gc =
            gort_gc::Config::from_env(env.gogc.as_deref(), env.gomemlimit.as_deref(), env.godebug.as_deref());
        gc.clobber_free |= zeal.poison;
        let sched = Sched::new(gort_sched::Config {
            procs,
            go_start: Pc::NULL,
            hooks: Arc::new(Fatal(Arc::clone(&shared))),
            runtime: Arc::as_ptr(&shared) as usize,
            gc,
            trace_every_ms: env.godebug_number("schedtrace").unwrap_or(0),
            trace_detail: env.godebug_number("scheddetail") == Some(1),
            chaos: zeal.sched_seed.map(|_| seed),
        })?;
        if env.godebug_number("perfmap").unwrap_or(0) != 0 {
            code::perf_map::watch(sched.funcs())?;
        }
        sched.stacks().set_shrink_policy(env.shrink_policy());
        sched.stacks().set_clobber_free(zeal.poison || zeal.stack_move);
        sched.stacks().set_quarantine(zeal.stack_move);
        Ok(Self { sched, shared, entry: None })
    }

    /// Loads the program. `source` compiles those of its functions that wait for their first call; a module without such
    /// functions needs none.
    pub fn load(
        &mut self,
        module: CompiledModule,
        source: Option<Arc<dyn CodeSource>>,
    ) -> Result<(), BootError> {
        if source.is_none() && module.has_lazy() {
            return Err(BootError::MissingSource);
        }
        let window_of = |typ| self.shared.window_of(&self.sched, typ);
        let loaded = code::load(module, source, self.sched.funcs(), &window_of)?;
        let export =
            |name: &'static str| loaded.exports.get(name).copied().ok_or(BootError::MissingSymbol(name));
        let entry = export(ENTRY)?;
        self.shared.set_panicmem(export("runtime.panicmem")?);
        self.sched.set_go_start(Pc(loaded.start_stub.0));
        // SAFETY: INV-SHARED-1: the module's memory outlives the scheduler, which owns the collector.
        unsafe { self.sched.collector().register_globals(loaded.variables(), &loaded.roots) };
        for &[inter, typ, table] in &loaded.itabs {
            self.shared.itabs.add(inter, typ, table);
        }
        self.entry = Some(Box::new(Closure { code: entry.0 }));
        if self.shared.modules.set(loaded) { Ok(()) } else { Err(BootError::AlreadyLoaded) }
    }

    /// Lets go of what only getting here took: free memory of the process's allocator, and pages of its code and
    /// constants, which are read again when they are used. For a process that does nothing but run this program.
    pub fn trim_process(&self) {
        gort_sys::mem::trim_native();
        gort_sys::image::drop_unwritten();
    }

    /// Runs the program to its end and returns its exit code.
    pub fn run(&self) -> Result<i32, BootError> {
        let entry = self.entry.as_deref().ok_or(BootError::MissingSymbol(ENTRY))?;
        Ok(self.sched.run_main(std::ptr::from_ref(entry) as usize))
    }

    /// Stops what goroutines still run, for good: the program has ended, the process has not yet.
    pub fn freeze(&self) {
        self.sched.freeze_world();
    }

    /// From now on SIGQUIT ends the process with the stacks of all goroutines, and signals that Go programs do not heed have
    /// no effect, as in Go.
    pub fn watch_quit(&self) {
        self.sched.watch_quit();
        signal::notify::catch_harmless();
    }

    /// Address of an exported symbol of the program.
    pub fn symbol(&self, name: &str) -> Option<Addr> {
        self.shared.modules.export(name)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.sched.shutdown();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Set in the process that is to die.
    const CHILD: &str = "GORT_TEST_OVERFLOW";

    #[inline(never)]
    fn endless(n: u64) -> u64 {
        let frame = std::hint::black_box([n; 64]);
        if n == u64::MAX { 0 } else { endless(n + 1) + frame[63] }
    }

    /// Runs this test again in another process, which overflows a stack; what that writes.
    fn overflow(test: &str, body: fn()) -> Option<String> {
        if std::env::var_os(CHILD).is_some() {
            let runtime = Runtime::new(&Config::default()).unwrap();
            runtime.sched.start();
            runtime.sched.spawn_native("overflow", body);
            runtime.sched.wait_done();
            return None;
        }
        let mut child = Command::new(std::env::current_exe().unwrap());
        let child = child.args(["--exact", &format!("boot::tests::{test}"), "--nocapture"]).env(CHILD, "1");
        let output = child.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        Some(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    #[test]
    fn overflow_of_a_system_stack_is_reported() {
        let body = || {
            gort_sched::system_stack(|| endless(0));
        };
        if let Some(text) = overflow("overflow_of_a_system_stack_is_reported", body) {
            assert!(text.contains("fatal error: system stack overflow\nruntime: thread m"), "{text}");
            assert!(text.contains("P0: "), "{text}");
        }
    }

    #[test]
    fn overflow_of_a_rust_goroutine_is_reported() {
        if let Some(text) = overflow("overflow_of_a_rust_goroutine_is_reported", || _ = endless(0)) {
            assert!(text.contains("fatal error: system stack overflow\nruntime: goroutine "), "{text}");
        }
    }
}
