//! What all runtime functions of one runtime share: reached through `PContext::runtime`.
//!
//! INV-SHARED-1 (outlives): a [`Shared`] lives until the threads of its scheduler are gone.

use crate::code::Modules;
use crate::contention::Contention;
use crate::cpu_profile::CpuProfile;
use crate::debug_vars::{Traceback, Zeal};
use crate::iface::call_layout::{CallLayout, Receiver};
use crate::iface::call_layouts::CallLayouts;
use crate::iface::itab::Itabs;
use crate::iface::type_info::TypeInfo;
use crate::iface::typed_method::TypedMethods;
use crate::print::Printer;
use gort_abi::addr::{Addr, Pc};
use gort_abi::type_desc::{Kind, TYPE_HEAD, offset};
use gort_gc::metrics::Snapshot;
use gort_sched::{Current, Sched};
use gort_sync::{LockRank, Mutex};
use gort_sys::fd;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU64, AtomicUsize, Ordering};

/// What a program sees of the process.
#[derive(Clone, Debug, Default)]
pub struct ProcessView {
    /// Program name and arguments.
    pub args: Vec<Vec<u8>>,
    /// Environment, `NAME=value` each.
    pub environment: Vec<Vec<u8>>,
}

impl ProcessView {
    /// The process's own environment, and these arguments.
    pub fn of_process(args: Vec<Vec<u8>>) -> Self {
        let environment = std::env::vars_os()
            .map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat())
            .collect();
        Self { args, environment }
    }

    /// Sets a variable of the environment.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        let head = [name.as_bytes(), b"="].concat();
        self.environment.retain(|entry| !entry.starts_with(&head));
        self.environment.push([&head, value].concat());
    }

    /// From now on the process's standard error goes where its standard output does.
    pub fn join_outputs() {
        _ = fd::duplicate(fd::STDOUT, fd::STDERR);
    }
}

/// The language's state of a runtime.
#[derive(Debug)]
pub struct Shared {
    /// Loaded code.
    pub modules: Modules,
    /// Method tables made at run time.
    pub itabs: Itabs,
    /// How functions are called by reflect.
    pub call_layouts: CallLayouts,
    /// Code made at run time for methods.
    pub typed_methods: TypedMethods,
    /// The print statement in progress.
    pub printer: Printer,
    /// Type of a channel's head.
    pub chan_head: OwnType,
    /// Arguments and environment.
    pub process: ProcessView,
    /// How much a fatal error shows: a `Traceback`; the program may change it.
    traceback: AtomicU8,
    /// The level that the environment asks for.
    least_traceback: Traceback,
    /// See [`Shared::typelinks`].
    typelinks: OnceLock<Vec<Addr>>,
    /// A file descriptor that gets fatal errors' reports too, or -1.
    pub crash_fd: AtomicI32,
    /// A fatal error is being reported: further ones wait.
    pub dying: AtomicBool,
    /// Modes for tests.
    pub zeal: Zeal,
    /// Zeal points so far.
    pub zeal_points: AtomicU64,
    /// Func values that MakeFunc thunks call: those of `reflect.callReflect` and `reflect.callMethod`.
    pub make_func: [AtomicUsize; 2],
    /// Which of the runtime's own Go goroutines have been started.
    pub system_gos: [AtomicBool; 4],
    /// What `runtime/metrics` reads.
    pub metrics: Mutex<Snapshot>,
    /// The block profile and the mutex profile.
    pub contention: [Contention; 2],
    /// Samples of the CPU profile.
    pub cpu_profile: CpuProfile,
    random: AtomicU64,
    panicmem: AtomicUsize,
}

impl Shared {
    /// A runtime without code.
    pub fn new(traceback: Traceback, zeal: Zeal, seed: u64, process: ProcessView) -> Self {
        Self {
            modules: Modules::default(),
            itabs: Itabs::default(),
            call_layouts: CallLayouts::default(),
            typed_methods: TypedMethods::default(),
            printer: Printer::default(),
            chan_head: OwnType::new(size_of::<crate::chan::Hchan>(), 16, &[3]),
            process,
            traceback: AtomicU8::new(traceback as u8),
            least_traceback: traceback,
            typelinks: OnceLock::new(),
            crash_fd: AtomicI32::new(-1),
            dying: AtomicBool::new(false),
            zeal,
            zeal_points: AtomicU64::new(0),
            make_func: [const { AtomicUsize::new(0) }; 2],
            system_gos: [const { AtomicBool::new(false) }; 4],
            metrics: Mutex::new(LockRank::Leaf, Snapshot::default()),
            contention: Default::default(),
            cpu_profile: CpuProfile::default(),
            random: AtomicU64::new(seed),
            panicmem: AtomicUsize::new(0),
        }
    }

    /// In which window compiled code allocates objects of the type whose descriptor is at `typ`.
    pub fn window_of(&self, sched: &Sched, typ: Addr) -> Option<u32> {
        match self.zeal.any() {
            // In zeal mode every allocation comes to the runtime.
            true => None,
            // SAFETY: INV-DESC-1: the loader passes descriptors of the module, which stays.
            false => unsafe { sched.collector().window_of(typ) },
        }
    }

    /// That of the running goroutine.
    pub fn of<'a>(cur: &Current<'a>) -> &'a Self {
        // SAFETY: INV-SHARED-1; boot.rs stores the address of a `Shared` there.
        unsafe { &*(cur.runtime() as *const Self) }
    }

    /// How much a fatal error shows.
    pub fn traceback(&self) -> Traceback {
        // Relaxed: a level of its own.
        Traceback::from_level(self.traceback.load(Ordering::Relaxed))
    }

    /// The program asks for this much, the environment perhaps for more.
    pub fn set_traceback(&self, level: Traceback) {
        // Relaxed: a level of its own.
        self.traceback.store(level.max(self.least_traceback) as u8, Ordering::Relaxed);
    }

    /// How a function type is called by reflect.
    pub fn call_layout(&self, ftyp: Addr, receiver: Receiver) -> &CallLayout {
        self.call_layouts.get(&self.modules, ftyp, receiver)
    }

    /// The program's types without a name, sorted by their text.
    pub fn typelinks(&self) -> &[Addr] {
        self.typelinks.get_or_init(|| {
            let mut types = self.modules.program().map_or(Vec::new(), |m| m.typelinks.clone());
            types.sort_by_cached_key(|&t| TypeInfo::new(&self.modules, t).string());
            types
        })
    }

    /// A random number (a counter through splitmix64's mixer).
    pub fn random(&self) -> u64 {
        // Relaxed: numbers need to differ, nothing else.
        let mut z = self.random.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Entry of `runtime.panicmem`, where faults go.
    pub fn panicmem(&self) -> Pc {
        // Relaxed: set before the program starts.
        Pc(self.panicmem.load(Ordering::Relaxed))
    }

    /// Sets it, when the program is loaded.
    pub fn set_panicmem(&self, at: Addr) {
        // Relaxed: read by threads started afterwards.
        self.panicmem.store(at.0, Ordering::Relaxed);
    }
}

/// A type descriptor for an object of the runtime's own in the collected heap.
#[derive(Debug)]
pub struct OwnType {
    head: Box<[u64; TYPE_HEAD / 8]>,
    _mask: Box<[u8]>,
}

impl OwnType {
    /// A type of `size` bytes; `mask` has one bit per word of the first `ptr_bytes` bytes.
    pub fn new(size: usize, ptr_bytes: usize, mask: &[u8]) -> Self {
        // Whole words, for readers that take the mask by words.
        let mut bytes = mask.to_vec();
        bytes.resize(mask.len().next_multiple_of(8), 0);
        let mask = bytes.into_boxed_slice();
        let mut head = Box::new([0_u64; TYPE_HEAD / 8]);
        head[offset::SIZE / 8] = size as u64;
        head[offset::PTR_BYTES / 8] = ptr_bytes as u64;
        head[offset::GC_DATA / 8] = mask.as_ptr() as u64;
        // Hash 0; align and field align 8; kind struct: bytes 21, 22, 23.
        head[2] = 8 << 40 | 8 << 48 | (Kind::Struct as u64) << 56;
        Self { head, _mask: mask }
    }

    /// Its address, as the collector takes it.
    pub fn address(&self) -> Addr {
        Addr(self.head.as_ptr() as usize)
    }
}
