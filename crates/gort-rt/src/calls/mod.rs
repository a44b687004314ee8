//! The runtime functions that compiled code calls: one Rust function per entry of the table in
//! [`gort_abi::runtime_fn`], by area.
//!
//! They run on the system stack, called by a thunk, and return normally. One that parks its goroutine
//! (only in a `Blocking` entry) does so as the last thing and returns anything.
//!
//! INV-CALL-1 (called by thunks): arguments are what compiled code passed: addresses of live objects,
//! stack slots and type descriptors, as the declaration in std/runtime says. The goroutine is stopped in
//! the thunk, so its stack neither runs nor moves meanwhile.

mod bubbles;
mod chans;
mod compile;
mod finalizers;
mod frames;
mod gc;
mod goroutines;
mod interfaces;
mod memory;
mod netpoll;
mod panics;
mod printing;
mod process;
mod profiles;
mod signals;
mod symbols;
mod sync;
mod syscalls;
mod system;
mod timers;
mod zeal;

use gort_abi::runtime_fn::RuntimeFn;
pub(crate) use symbols::split_calls;

/// Two result words: rax and rdx.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Pair(pub u64, pub u64);

impl Pair {
    /// A string that lives as long as the program.
    fn text(s: &str) -> Self {
        Self(s.as_ptr() as u64, s.len() as u64)
    }
}

/// The bytes of a string or array of compiled code.
///
/// # Safety
/// INV-CALL-1.
unsafe fn bytes<'a>(p: *const u8, n: usize) -> &'a [u8] {
    if n == 0 {
        return &[];
    }
    // SAFETY: the caller's contract.
    unsafe { std::slice::from_raw_parts(p, n) }
}

/// The address of a runtime function's body. Exhaustive: a new entry of the table does not compile
/// without one.
pub fn address(f: RuntimeFn) -> usize {
    use RuntimeFn as F;
    let body: *const () = match f {
        F::MoreStack => goroutines::more_stack as _,
        F::CompileFunc => compile::compile_func as _,
        F::Poll => goroutines::poll as _,
        F::WriteBarrier => gc::write_barrier as _,
        F::DeferEnter | F::Escape => panics::defer_enter as _,
        F::NewObject => memory::new_object as _,
        F::NewObjectSlow => memory::new_object_slow as _,
        F::NewArray => memory::new_array as _,
        F::RawMem => memory::raw_mem as _,
        F::TypedMemMove => memory::typed_mem_move as _,
        F::TypedMemClr => memory::typed_mem_clr as _,
        F::TypedSliceCopy => memory::typed_slice_copy as _,
        F::TypedSliceClr => memory::typed_slice_clr as _,
        F::MemMove => memory::mem_move as _,
        F::MemClr => memory::mem_clr as _,
        F::MemEqual => memory::mem_equal as _,
        F::CmpString => memory::cmp_string as _,
        F::IndexByte => memory::index_byte as _,
        F::CountByte => memory::count_byte as _,
        F::NewProc => goroutines::new_proc as _,
        F::Gosched => goroutines::gosched as _,
        F::Goexit0 => goroutines::goexit0 as _,
        F::Block => goroutines::block as _,
        F::Syscall6 => syscalls::syscall6 as _,
        // The thunk is all of it.
        F::VforkSyscall => panics::defer_enter as _,
        F::BeforeFork => syscalls::before_fork as _,
        F::AfterFork => syscalls::after_fork as _,
        F::AfterForkInChild => syscalls::after_fork_in_child as _,
        F::NewChan => chans::new_chan as _,
        F::ChanSend => chans::send as _,
        F::ChanRecv => chans::recv as _,
        F::ChanClose => chans::close as _,
        F::ChanLen => chans::len as _,
        F::ChanCap => chans::cap as _,
        F::SelectWait => chans::select_wait as _,
        F::SelectDone => chans::select_done as _,
        F::CallerFrame => panics::caller_frame as _,
        F::CallerName => panics::caller_name as _,
        F::OpenDefer => panics::open_defer as _,
        F::TakeOpenDefer => panics::take_open_defer as _,
        F::Recovery => panics::recovery as _,
        F::StartPanic => panics::start_panic as _,
        F::FatalPanic => panics::fatal_panic as _,
        F::Throw => panics::throw as _,
        F::Exit => system::exit as _,
        F::GetItab => interfaces::get_itab as _,
        F::MissingMethod => interfaces::missing_method as _,
        F::TypeString => interfaces::type_string as _,
        F::TypePkgPath => interfaces::type_pkg_path as _,
        F::ResolveDataOff => interfaces::resolve_data_off as _,
        F::ResolveTextOff => interfaces::resolve_text_off as _,
        F::AddReflectOff => interfaces::add_reflect_off as _,
        F::Typelinks => interfaces::typelinks as _,
        F::CasPtr => memory::cas_ptr as _,
        F::InHeap => memory::in_heap as _,
        F::StaticUints => memory::static_uints as _,
        F::FrameCallLayout => frames::frame_call_layout as _,
        F::EnsureStack => frames::ensure_stack as _,
        F::FrameCall => frames::frame_call as _,
        F::SetMakeFunc => frames::set_make_func as _,
        F::TypedMethodWords => frames::typed_method_words as _,
        F::TypedMethodMove => frames::typed_method_move as _,
        F::MakeFuncStub => frames::make_func_stub as _,
        F::MethodValueCall => frames::method_value_call as _,
        F::ArgCount => process::arg_count as _,
        F::Argument => process::argument as _,
        F::EnvCount => process::env_count as _,
        F::Environment => process::environment as _,
        F::WriteFd => process::write_fd as _,
        F::SigPipe => process::sigpipe as _,
        F::SetTraceback => process::set_traceback as _,
        F::SetCrashFd => process::set_crash_fd as _,
        F::StackTrace => symbols::stack_trace as _,
        F::PrintLock => printing::lock as _,
        F::PrintUnlock => printing::unlock as _,
        F::PrintBool => printing::bool as _,
        F::PrintInt => printing::int as _,
        F::PrintUint => printing::uint as _,
        F::PrintHex => printing::hex as _,
        F::PrintFloat => printing::float as _,
        F::PrintFloat32 => printing::float32 as _,
        F::PrintComplex => printing::complex as _,
        F::PrintComplex64 => printing::complex64 as _,
        F::PrintString => printing::string as _,
        F::PrintPointer => printing::hex as _,
        F::PrintSlice => printing::slice as _,
        F::PrintEface => printing::eface as _,
        F::PrintNl => printing::nl as _,
        F::PrintSp => printing::sp as _,
        F::SystemGo => finalizers::system_go as _,
        F::FindObject => finalizers::find_object as _,
        F::ObjectHolds => finalizers::object_holds as _,
        F::AddFinalizer => finalizers::add_finalizer as _,
        F::RemoveFinalizer => finalizers::remove_finalizer as _,
        F::FinNext => finalizers::fin_next as _,
        F::AddCleanup => finalizers::add_cleanup as _,
        F::StopCleanup => finalizers::stop_cleanup as _,
        F::CleanupNext => finalizers::cleanup_next as _,
        F::AddWeak => finalizers::add_weak as _,
        F::StrongFromWeak => finalizers::strong_from_weak as _,
        F::SetPoolCleanup => gc::set_pool_cleanup as _,
        F::SetGcPercent => gc::set_gc_percent as _,
        F::SetMemoryLimit => gc::set_memory_limit as _,
        F::SetMaxStack => gc::set_max_stack as _,
        F::FreeOsMemory => gc::free_os_memory as _,
        F::ReadGcStats => gc::read_gc_stats as _,
        F::StartMemProfile => symbols::start_mem_profile as _,
        F::ReadMemProfile => symbols::read_mem_profile as _,
        F::SnapshotMetrics => gc::snapshot_metrics as _,
        F::ReadMetric => gc::read_metric as _,
        F::MetricName => gc::metric_name as _,
        F::ReadHistogram => gc::read_histogram as _,
        F::GcNow => gc::gc_now as _,
        F::LeakSearch => gc::leak_search as _,
        F::SemAcquire => sync::sem_acquire as _,
        F::SemRelease => sync::sem_release as _,
        F::NotifyListAdd => sync::notify_list_add as _,
        F::BeginCoro => sync::begin_coro as _,
        F::SwitchCoro => sync::switch_coro as _,
        F::FinishCoro => sync::finish_coro as _,
        F::NotifyListWait => sync::notify_list_wait as _,
        F::NotifyListNotifyAll => sync::notify_list_notify_all as _,
        F::NotifyListNotifyOne => sync::notify_list_notify_one as _,
        F::ProcPin => sync::proc_pin as _,
        F::ProcUnpin => sync::proc_unpin as _,
        F::CanSpin => sync::can_spin as _,
        F::DoSpin => sync::do_spin as _,
        F::ForkPin => syscalls::fork_pin as _,
        F::ForkUnpin => syscalls::fork_unpin as _,
        F::BubbleBegin => bubbles::begin as _,
        F::BubbleEnd => bubbles::end as _,
        F::BubbleTimer => bubbles::timer as _,
        F::BubblePark => bubbles::park as _,
        F::BubbleWait => bubbles::wait as _,
        F::BubbleWaited => bubbles::waited as _,
        F::BubbleAdvance => bubbles::advance as _,
        F::BubbleNow => bubbles::now as _,
        F::BubbleHold => bubbles::hold as _,
        F::BubbleAssociate => bubbles::associate as _,
        F::BubbleDisassociate => bubbles::disassociate as _,
        F::WallTime => timers::wall_time as _,
        F::TimeSleep => timers::sleep as _,
        F::TimerInit => timers::init as _,
        F::TimerStart => timers::start as _,
        F::TimerStop => timers::stop as _,
        F::TimerBlock => timers::block as _,
        F::TimerLook => timers::look as _,
        F::TimerSent => timers::sent as _,
        F::TimerNext => timers::next as _,
        F::StartTimerCaller => timers::start_caller as _,
        F::ChanDrain => chans::drain as _,
        F::PollOpen => netpoll::open as _,
        F::PollClose => netpoll::close as _,
        F::PollReset => netpoll::reset as _,
        F::PollWait => netpoll::wait as _,
        F::PollSetDeadline => netpoll::set_deadline as _,
        F::PollUnblock => netpoll::unblock as _,
        F::IsPollDescriptor => netpoll::is_descriptor as _,
        F::LockOsThread => system::lock_os_thread as _,
        F::UnlockOsThread => system::unlock_os_thread as _,
        F::SetMaxThreads => system::set_max_threads as _,
        F::DefaultGoMaxProcs => system::default_go_max_procs as _,
        F::SignalFd => signals::fd as _,
        F::AllThreadsSyscall => signals::all_threads_syscall as _,
        F::SignalSet => signals::set as _,
        F::SignalIgnored => signals::ignored as _,
        F::SignalNext => signals::next as _,
        F::SignalPending => signals::pending as _,
        F::NumGoroutine => system::num_goroutine as _,
        F::GoMaxProcs => system::go_max_procs as _,
        F::NumCpu => system::num_cpu as _,
        F::ReadMemStats => gc::read_mem_stats as _,
        F::Callers => symbols::callers as _,
        F::PcName => symbols::pc_name as _,
        F::PcFile => symbols::pc_file as _,
        F::PcLine => symbols::pc_line as _,
        F::PcStartLine => symbols::pc_start_line as _,
        F::GoroutineStacks => symbols::goroutine_stacks as _,
        F::ContentionEvent => profiles::contention_event as _,
        F::ContentionRead => profiles::contention_read as _,
        F::ProfileStart => profiles::start as _,
        F::ProfileStop => profiles::stop as _,
        F::ProfileFetch => profiles::fetch as _,
        F::PcInlined => symbols::pc_inlined as _,
        F::PcEntry => symbols::pc_entry as _,
        F::NanoTime => system::nano_time as _,
        F::FastRand => system::fast_rand as _,
    };
    body as usize
}
