//! The table of runtime functions: what Go code can call that is written in Rust.
//!
//! Declared once here and expanded by both halves. The Go side declares the same names without a body
//! in std/runtime; the lowering checks a declaration against this table, gort-rt binds an address to
//! each entry and fails to start if one is missing.
//!
//! Parameters are words: `p` pointer, `i` integer of any width (zero or sign extended to 64 bits by the
//! caller), `f` float64. At most six `p`/`i` in, at most two out (rax, rdx).

use serde::{Deserialize, Serialize};

/// How a call gets from Go code to the Rust function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thunk {
    /// Switches to the system stack, calls, switches back. The function never leaves its goroutine. Some of these
    /// functions do short work in assembly, without a switch (`gort-stack/src/arch/short_forms.rs`).
    Quick,
    /// As `Quick`, but saves the callee-saved registers too, and looks at `PContext::leave` afterwards:
    /// the function may park, yield or end the goroutine. Results after a park come from `GPrefix::ret0/1`.
    Blocking,
    /// For cold calls in hot code: saves every register, no results (`Blocking` otherwise). Called with
    /// the system calling convention's argument registers, `CallConv::PreserveAll` on the Go side.
    PreserveAll,
    /// As `PreserveAll`, for `(slot, new)`: stores `*slot` and `new` in the P's barrier buffer and calls the
    /// function only when that is full.
    Barrier,
    /// As `Blocking`, for a function that may lose its P in a system call: it returns its one result and the
    /// leave reason (0: go on), and touches nothing of the P once it lost it.
    Syscall,
    /// `vfork` and the like: the thunk makes the system call itself, as two processes return from it on one stack.
    Fork,
    /// Called by an entry stub, before a frame exists: saves all argument registers, grows the stack or answers a
    /// preemption request, and returns to the stub, which tries again.
    MoreStack,
    /// Calls Go code with arguments and results in memory: `(code, first, ftyp, receiver, frame, area)`. The function is
    /// called twice, with the thunk's frame pointer and 0 or 1: to set the registers, and to take the results.
    FrameCall,
    /// The code of a func value: calls a Go function that finds arguments and leaves results in memory. The function is
    /// called three times, with the thunk's frame pointer and 0, 1 or 2.
    MakeFunc,
    /// A bare `ret` in the `Tail` convention: the target of the `try_call` that names a landing block.
    Nop,
}

macro_rules! runtime_fns {
    ($($(#[$doc:meta])* $variant:ident $name:literal $thunk:ident ($($param:ident)*) -> ($($result:ident)*);)*) => {
        /// A runtime function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[repr(u16)]
        #[allow(clippy::upper_case_acronyms)]
        pub enum RuntimeFn {
            $($(#[$doc])* $variant,)*
        }

        /// Every runtime function, in table order.
        pub const ALL: &[RuntimeFn] = &[$(RuntimeFn::$variant,)*];

        impl RuntimeFn {
            /// Link name: `runtime.newobject`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => concat!("runtime.", $name),)* }
            }

            /// How it is called.
            pub const fn thunk(self) -> Thunk {
                match self { $(Self::$variant => Thunk::$thunk,)* }
            }

            /// Parameter words.
            pub const fn params(self) -> &'static [Word] {
                match self { $(Self::$variant => &[$(Word::$param,)*],)* }
            }

            /// Result words.
            pub const fn results(self) -> &'static [Word] {
                match self { $(Self::$variant => &[$(Word::$result,)*],)* }
            }

            /// The function of that link name (with `runtime.`), if there is one.
            pub fn by_name(name: &str) -> Option<Self> {
                match name {
                    "reflect.makeFuncStub" => return Some(Self::MakeFuncStub),
                    "reflect.methodValueCall" => return Some(Self::MethodValueCall),
                    _ => {}
                }
                let short = name.strip_prefix("runtime.")?;
                match short { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

/// One word of a runtime function's signature.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A pointer, seen by the collector.
    p,
    /// An integer or bool.
    i,
    /// A float64.
    f,
}

runtime_fns! {
    // Called by generated code only, never by name from Go.
    /// The stack check failed: grow, or answer a preemption request.
    MoreStack "newstack" MoreStack () -> ();
    /// Called by the stub of a function that is not compiled yet: compiles it. The stub then goes there.
    CompileFunc "compilefunc" MoreStack () -> ();
    /// A loop poll saw a poisoned stack limit.
    Poll "poll" PreserveAll () -> ();
    /// Hybrid write barrier: (slot, new value), called before the store while the barrier is on.
    WriteBarrier "gcWriteBarrier" Barrier (p p) -> ();
    /// Names the landing block of a function that defers.
    DeferEnter "deferenter" Nop () -> ();
    /// Says that a pointer escapes. No code is made of it.
    Escape "escape" Nop (p) -> ();

    // Memory.
    /// `newobject(typ *_type) unsafe.Pointer`: a zeroed object of the type.
    NewObject "newobject" Blocking (p) -> (p);
    /// As `newobject`, when compiled code finds the type's allocation window empty: the object's address is left in
    /// `GPrefix::param`, which compiled code clears.
    NewObjectSlow "newobjectslow" PreserveAll (p) -> ();
    /// `newarray(typ *_type, n int) unsafe.Pointer`: n zeroed elements; the size has been checked.
    NewArray "newarray" Blocking (p i) -> (p);
    /// `rawmem(size uintptr) unsafe.Pointer`: zeroed pointer-free bytes.
    RawMem "rawmem" Blocking (i) -> (p);
    /// `typedmemmove(typ *_type, dst, src unsafe.Pointer)`: one value, with barriers.
    TypedMemMove "typedmemmove" Quick (p p p) -> ();
    /// `typedmemclr(typ *_type, p unsafe.Pointer)`: zero one value, with barriers.
    TypedMemClr "typedmemclr" Quick (p p) -> ();
    /// `typedslicecopy(typ *_type, dst, src unsafe.Pointer, n int)`: n elements, overlap allowed, with barriers.
    TypedSliceCopy "typedslicecopy" Quick (p p p i) -> ();
    /// `typedsliceclr(typ *_type, p unsafe.Pointer, n int)`: zero n elements, with barriers.
    TypedSliceClr "typedsliceclr" Quick (p p i) -> ();
    /// `memmove(dst, src unsafe.Pointer, n uintptr)`: no pointers, or not visible to the collector.
    MemMove "memmove" Quick (p p i) -> ();
    /// `memclr(p unsafe.Pointer, n uintptr)`: no pointers, or not visible to the collector.
    MemClr "memclr" Quick (p i) -> ();
    /// `memequal(p, q unsafe.Pointer, n uintptr) bool`
    MemEqual "memequal" Quick (p p i) -> (i);
    /// `cmpstring(a, b string) int`: -1, 0, 1.
    CmpString "cmpstring" Quick (p i p i) -> (i);
    /// `indexbyte(p unsafe.Pointer, n int, c byte) int`: -1 if it is not there.
    IndexByte "indexbyte" Quick (p i i) -> (i);
    /// `countbyte(p unsafe.Pointer, n int, c byte) int`
    CountByte "countbyte" Quick (p i i) -> (i);

    // Goroutines.
    /// `newproc(fn func())`
    NewProc "newproc" Quick (p) -> ();
    /// `gosched()`
    Gosched "gosched" Blocking () -> ();
    /// `goexit0()`: ends the goroutine, deferred calls have run.
    Goexit0 "goexit0" Blocking () -> ();
    /// `block()`: waits for ever (`select {}`).
    Block "block" Blocking () -> ();

    /// `syscall6(a1, a2, a3, a4, a5, a6 uintptr) uintptr`: the system call `g.trap`, others using the P meanwhile if
    /// `g.blocking`; the kernel's result, errors negative.
    Syscall6 "syscall6" Syscall (i i i i i i) -> (i);
    /// Before `vforksyscall`, called by generated code: the child, which shares our memory, is not to be taken for a goroutine
    /// that can be stopped or moved.
    ForkPin "forkpin" Quick () -> ();
    /// After it, in the parent.
    ForkUnpin "forkunpin" Quick () -> ();
    /// `vforksyscall(trap, a1, a2, a3 uintptr) (r1, errno uintptr)`
    VforkSyscall "vforksyscall" Fork (i i i i) -> (i i);
    /// `beforefork()`: signals are blocked, the goroutine stays on its P.
    BeforeFork "beforefork" Quick () -> ();
    /// `afterfork()`
    AfterFork "afterfork" Quick () -> ();
    /// `afterforkinchild()`: signal handlers are the default ones.
    AfterForkInChild "afterforkinchild" Quick () -> ();

    // Channels. Status results: 0 done, 1 the channel was closed.
    /// `newchan(t *chantype, size int) *hchan`: the size has been checked.
    NewChan "newchan" Blocking (p i) -> (p);
    /// `chansend(c *hchan, elem unsafe.Pointer) int`
    ChanSend "chansend" Blocking (p p) -> (i);
    /// `chanrecv(c *hchan, elem unsafe.Pointer) bool`: false if closed; elem may be nil.
    ChanRecv "chanrecv" Blocking (p p) -> (i);
    /// `chanclose(c *hchan) int`: 0 done, 1 it was closed, 2 it is nil.
    ChanClose "chanclose" Quick (p) -> (i);
    /// `chanlen(c *hchan) int`
    ChanLen "chanlen" Quick (p) -> (i);
    /// `chancap(c *hchan) int`
    ChanCap "chancap" Quick (p) -> (i);
    /// `selectwait(cases *scase, n int, nsends int, block bool) (index int, status int)`: cases are
    /// {c *hchan, elem unsafe.Pointer}, sends first; index -1 for the default case; status 0 done,
    /// 1 received from a closed channel, 2 sent on a closed channel; 4 is added if it waited.
    SelectWait "selectwait" Blocking (p i i i) -> (i i);
    /// `selectdone()`: after a `selectwait` that waited: leave the other channels' queues.
    SelectDone "selectdone" Quick () -> ();

    // Panics.
    /// `callerframe(fp uintptr) uintptr`: frame pointer of the first caller that is no wrapper.
    CallerFrame "callerframe" Quick (i) -> (i);
    /// `callername(fp uintptr) string`: name of the function that called the one with that frame pointer.
    CallerName "callername" Quick (i) -> (p i);
    /// `opendefer(link, bound uintptr) (frame, link uintptr)`: the newest frame with pending open defers among the callers
    /// of the frame `stack_hi - link` that are newer than `stack_hi - bound`; 0 if there is none.
    OpenDefer "opendefer" Quick (i i) -> (i i);
    /// `takeopendefer(frame, link uintptr) unsafe.Pointer`: the newest pending call of that frame, pending no more: its
    /// closure, which lies in the frame.
    TakeOpenDefer "takeopendefer" Quick (i i) -> (p);
    /// `recovery(frame uintptr)`: continue at the landing block of the frame `stack_hi - fp`.
    Recovery "recovery" Blocking (i) -> ();
    /// `startpanic()`: the program ends with the panics of this goroutine, which prints them now. Does not return if
    /// another one is doing that.
    StartPanic "startpanic" Blocking () -> ();
    /// `fatalpanic()`: the panic message is printed; print the traceback and exit with status 2.
    FatalPanic "fatalpanic" Blocking () -> ();
    /// `throw(s string)`: Go's `fatal error: s`, traceback, exit status 2.
    Throw "throw" Blocking (p i) -> ();
    /// `exit(code int)`
    Exit "exit" Blocking (i) -> ();

    // Interfaces.
    /// `getitab(inter *interfacetype, typ *_type) *itab`: one without code for its first method if a method is missing.
    GetItab "getitab" Quick (p p) -> (p);
    /// `missingmethod(inter *interfacetype, typ *_type) string`: its name.
    MissingMethod "missingmethod" Quick (p p) -> (p i);
    /// `typestring(typ *_type) string`: as `reflect.Type.String` gives it, with package names.
    TypeString "typestring" Quick (p) -> (p i);
    /// `typepkgpath(typ *_type) string`
    TypePkgPath "typepkgpath" Quick (p) -> (p i);

    /// `resolvedataoff(typ unsafe.Pointer, off int) unsafe.Pointer`: what a NameOff or TypeOff in a descriptor means.
    ResolveDataOff "resolvedataoff" Quick (p i) -> (p);
    /// `resolvetextoff(typ unsafe.Pointer, off int, helper unsafe.Pointer) uintptr`: what a TextOff in a descriptor means;
    /// `helper` is the closure of what code made for it calls.
    ResolveTextOff "resolvetextoff" Quick (p i p) -> (i);
    /// `addreflectoff(ptr unsafe.Pointer) int`: an offset, below -1, that stands for the pointer.
    AddReflectOff "addreflectoff" Quick (p) -> (i);
    /// `typelinks() (unsafe.Pointer, int)`: types without a name, sorted by their text.
    Typelinks "typelinks" Quick () -> (p i);
    /// `casptr(slot, old, new unsafe.Pointer) bool`: with the barrier.
    CasPtr "casptr" Quick (p p p) -> (i);
    /// `inheap(p uintptr) bool`: does it point into an object of the collected heap?
    InHeap "inheap" Quick (i) -> (i);
    /// `staticuints() unsafe.Pointer`: the numbers below 256, as uint64s that cannot be written.
    StaticUints "staticuints" Quick () -> (p);

    // Calls by reflect.
    /// `framecalllayout(frame, ftyp *_type, receiver bool) (layout uintptr, area int)`: what `framecall` needs to know of
    /// calls of that function type, or, if that is nil, of those with a frame type that was named with one before; no layout
    /// if there was none. The complement of the area if there has to be made room for it first.
    FrameCallLayout "framecalllayout" Quick (p p i) -> (i i);
    /// `ensurestack(n int)`: makes room on the stack for n bytes more.
    EnsureStack "ensurestack" Blocking (i) -> ();
    /// `framecall(code uintptr, first unsafe.Pointer, layout uintptr, frame unsafe.Pointer, area int)`: calls code with
    /// arguments and results in the frame; its first argument is `first`, or, of a method, the frame's first word.
    FrameCall "framecall" FrameCall (i p i p i) -> ();
    /// `setmakefunc(callReflect, callMethod unsafe.Pointer)`: closures of the functions that the next two call.
    SetMakeFunc "setmakefunc" Quick (p p) -> ();
    /// `typedmethodwords(m *typedmethod) int`: words of the frame of a call with a receiver word.
    TypedMethodWords "typedmethodwords" Quick (p) -> (i);
    /// `typedmethodmove(m *typedmethod, typed, word unsafe.Pointer, results bool)`: parameters, or results back.
    TypedMethodMove "typedmethodmove" Quick (p p p i) -> ();
    /// Code of the func values of reflect.MakeFunc; linked as `reflect.makeFuncStub`.
    MakeFuncStub "makefuncstub" MakeFunc () -> ();
    /// Code of the func values that reflect makes of methods; linked as `reflect.methodValueCall`.
    MethodValueCall "methodvaluecall" MakeFunc () -> ();

    // The process.
    /// `argcount() int`
    ArgCount "argcount" Quick () -> (i);
    /// `argument(i int) string`
    Argument "argument" Quick (i) -> (p i);
    /// `envcount() int`
    EnvCount "envcount" Quick () -> (i);
    /// `environment(i int) string`: `NAME=value`.
    Environment "environment" Quick (i) -> (p i);
    /// `writefd(fd int, p unsafe.Pointer, n int) int`: bytes written, or minus the error number.
    WriteFd "writefd" Quick (i p i) -> (i);
    /// `sigpipe()`: die of SIGPIPE.
    SigPipe "sigpipe" Quick () -> ();
    /// `settraceback(level string)`
    SetTraceback "settraceback" Quick (p i) -> ();
    /// `setcrashfd(fd int) int`: returns the one before, or -1.
    SetCrashFd "setcrashfd" Quick (i) -> (i);
    /// `stacktrace(fp uintptr, buf unsafe.Pointer, n int, all bool) int`: `runtime.Stack` for its caller, fp being its frame.
    StackTrace "stacktrace" Blocking (i p i i) -> (i);

    // print and println; the text of one statement is written at once by printunlock.
    /// `printlock()`
    PrintLock "printlock" Quick () -> ();
    /// `printunlock()`
    PrintUnlock "printunlock" Quick () -> ();
    /// `printbool(b bool)`
    PrintBool "printbool" Quick (i) -> ();
    /// `printint(v int64)`
    PrintInt "printint" Quick (i) -> ();
    /// `printuint(v uint64)`
    PrintUint "printuint" Quick (i) -> ();
    /// `printhex(v uint64)`
    PrintHex "printhex" Quick (i) -> ();
    /// `printfloat(v float64)`
    PrintFloat "printfloat" Quick (f) -> ();
    /// `printfloat32(v float32)`, the value widened.
    PrintFloat32 "printfloat32" Quick (f) -> ();
    /// `printcomplex(re, im float64)`
    PrintComplex "printcomplex" Quick (f f) -> ();
    /// `printcomplex64(re, im float64)`, the parts widened.
    PrintComplex64 "printcomplex64" Quick (f f) -> ();
    /// `printstring(s string)`
    PrintString "printstring" Quick (p i) -> ();
    /// `printpointer(p unsafe.Pointer)`
    PrintPointer "printpointer" Quick (p) -> ();
    /// `printslice(p unsafe.Pointer, len, cap int)`
    PrintSlice "printslice" Quick (p i i) -> ();
    /// `printeface(tab, data unsafe.Pointer)`, interfaces of both kinds.
    PrintEface "printeface" Quick (p p) -> ();
    /// `printnl()`
    PrintNl "printnl" Quick () -> ();
    /// `printsp()`
    PrintSp "printsp" Quick () -> ();

    // Package runtime.
    /// `systemgo(which int, fn func())`: starts one of the runtime's own goroutines, once.
    SystemGo "systemgo" Quick (i p) -> ();
    /// `findobject(p unsafe.Pointer) (base uintptr, size uintptr)`: the heap object that contains it; 1, 0 in static data;
    /// else 0, 0.
    FindObject "findobject" Quick (p) -> (i i);
    /// `objectholds(p unsafe.Pointer, base uintptr, size uintptr) bool`: does the heap object point into that range?
    ObjectHolds "objectholds" Quick (p i i) -> (i);
    /// `addfinalizer(p, fn, word unsafe.Pointer, mode int) bool`: false if the object has one.
    AddFinalizer "addfinalizer" Quick (p p p i) -> (i);
    /// `removefinalizer(p unsafe.Pointer)`
    RemoveFinalizer "removefinalizer" Quick (p) -> ();
    /// `finnext(r *finrec) int`: the next finalizer to run; 0 if it had to wait for one.
    FinNext "finnext" Blocking (p) -> (i);
    /// `addcleanup(p, fn unsafe.Pointer) uint64`: its number.
    AddCleanup "addcleanup" Quick (p p) -> (i);
    /// `stopcleanup(p uintptr, id uint64)`
    StopCleanup "stopcleanup" Quick (i i) -> ();
    /// `cleanupnext() unsafe.Pointer`: the next cleanup to run, a `func()`; nil if it had to wait for one.
    CleanupNext "cleanupnext" Blocking () -> (p);
    /// `addweak(p, fresh unsafe.Pointer) unsafe.Pointer`: the weak handle of the address: the one it has, or fresh.
    AddWeak "addweak" Quick (p p) -> (p);
    /// `strongfromweak(handle unsafe.Pointer) unsafe.Pointer`: nil if the object is gone.
    StrongFromWeak "strongfromweak" Quick (p) -> (p);
    /// `setpoolcleanup(fn func())`: called at the start of each collection.
    SetPoolCleanup "setpoolcleanup" Quick (p) -> ();
    /// `setgcpercent(n int) int`
    SetGcPercent "setgcpercent" Blocking (i) -> (i);
    /// `setmemorylimit(n int) int`
    SetMemoryLimit "setmemorylimit" Quick (i) -> (i);
    /// `setmaxstack(n int) int`
    SetMaxStack "setmaxstack" Quick (i) -> (i);
    /// `freeosmemory()`
    FreeOsMemory "freeosmemory" Blocking () -> ();
    /// `readgcstats(to unsafe.Pointer) int`: fills 2 * 256 + 3 words, returns the number of pauses.
    ReadGcStats "readgcstats" Quick (p) -> (i);
    /// `startmemprofile(rate *int)`: from now on objects are sampled, at the rate there.
    StartMemProfile "startmemprofile" Quick (p) -> ();
    /// `readmemprofile(buf *uintptr, n, depth int, all bool) int`: records of three words (objects allocated, freed, their
    /// size) and depth addresses, ended by 0 if shorter. Returns how many there are.
    ReadMemProfile "readmemprofile" Quick (p i i i) -> (i);
    /// `snapshotmetrics()`
    SnapshotMetrics "snapshotmetrics" Blocking () -> ();
    /// `readmetric(name string) (kind int, bits uint64)`: a value of the snapshot.
    ReadMetric "readmetric" Quick (p i) -> (i i);
    /// `metricname(i int) string`: the names one after the other, then an empty one.
    MetricName "metricname" Quick (i) -> (p i);
    /// `readhistogram(name string, counts, bounds unsafe.Pointer)`: a histogram of the snapshot.
    ReadHistogram "readhistogram" Quick (p i p p) -> ();
    /// `gcnow()`: a whole cycle, as runtime.GC.
    GcNow "gcnow" Blocking () -> ();
    /// `semacquire(addr *uint32, lifo bool, reason int) bool`: false: call again. Reasons: std/runtime/sema.go.
    SemAcquire "semacquire" Blocking (p i i) -> (i);
    /// `semrelease(addr *uint32, handoff bool) int64`: since when the goroutine that was woken had waited for a mutex, or 0.
    SemRelease "semrelease" Blocking (p i) -> (i);
    /// `notifylistadd(l *notifyList) uint32`: a ticket.
    NotifyListAdd "notifylistadd" Quick (p) -> (i);
    /// `notifylistwait(l *notifyList, ticket uint32)`
    NotifyListWait "notifylistwait" Blocking (p i) -> ();
    /// `notifylistnotifyall(l *notifyList)`
    NotifyListNotifyAll "notifylistnotifyall" Quick (p) -> ();
    /// `notifylistnotifyone(l *notifyList)`
    NotifyListNotifyOne "notifylistnotifyone" Quick (p) -> ();
    /// `begincoro(c *coro, f func())`: a goroutine that calls f when it is switched to.
    BeginCoro "begincoro" Blocking (p p) -> ();
    /// `switchcoro(c *coro) bool`: waits, and lets the other one run. False: there is none.
    SwitchCoro "switchcoro" Blocking (p) -> (i);
    /// `finishcoro(c *coro) bool`: lets the other one run; the caller is about to end.
    FinishCoro "finishcoro" Quick (p) -> (i);
    /// `procpin() int`: the goroutine stays on its P, whose number is returned.
    ProcPin "procpin" Quick () -> (i);
    /// `procunpin()`
    ProcUnpin "procunpin" Quick () -> ();
    /// `canspin(turn int) bool`
    CanSpin "canspin" Quick (i) -> (i);
    /// `dospin()`
    DoSpin "dospin" Quick () -> ();
    /// `bubblebegin()`: the goroutine is the root of a new bubble (`testing/synctest`).
    BubbleBegin "bubblebegin" Quick () -> ();
    /// `bubbleend() int`: the root leaves it; 1: others are blocked, 2: the main one too.
    BubbleEnd "bubbleend" Quick () -> (i);
    /// `bubbletimer() (t *timeTimer, delta int64)`: the next one that is due by the bubble's clock.
    BubbleTimer "bubbletimer" Quick () -> (p i);
    /// `bubblepark()`: until the bubble is blocked.
    BubblePark "bubblepark" Blocking () -> ();
    /// `bubblewait() bool`: until the others are blocked. False: another one waits for that.
    BubbleWait "bubblewait" Blocking () -> (i);
    /// `bubblewaited()`: `bubblewait` is over.
    BubbleWaited "bubblewaited" Quick () -> ();
    /// `bubbleadvance() bool`: moves the clock to the next timer.
    BubbleAdvance "bubbleadvance" Quick () -> (i);
    /// `bubblenow() int64`: nanoseconds of Unix time.
    BubbleNow "bubblenow" Quick () -> (i);
    /// `bubblehold(id uint64, hold bool)`: the bubble is not blocked until that is taken back.
    BubbleHold "bubblehold" Quick (i i) -> ();
    /// `bubbleassociate(p unsafe.Pointer, id uint64, add bool) int`: 0: of no bubble, 1: of this one, 2: of another one.
    BubbleAssociate "bubbleassociate" Quick (p i i) -> (i);
    /// `bubbledisassociate(p unsafe.Pointer)`
    BubbleDisassociate "bubbledisassociate" Quick (p) -> ();
    /// `walltime() (sec int64, nsec int64)`
    WallTime "walltime" Quick () -> (i i);
    /// `timesleep(ns int64)`
    TimeSleep "timesleep" Blocking (i) -> ();
    /// `timerinit(t *timeTimer, channel bool)`
    TimerInit "timerinit" Quick (p i) -> ();
    /// `timerstart(t *timeTimer, when, period int64) int`: was it active; 2: busy, try again.
    TimerStart "timerstart" Quick (p i i) -> (i);
    /// `timerstop(t *timeTimer) int`: as timerstart.
    TimerStop "timerstop" Quick (p) -> (i);
    /// `timerblock(t *timeTimer, blocks bool)`
    TimerBlock "timerblock" Quick (p i) -> ();
    /// `timerlook(t *timeTimer) int64`: not negative: call its function, then timersent.
    TimerLook "timerlook" Quick (p) -> (i);
    /// `timersent(t *timeTimer)`
    TimerSent "timersent" Quick (p) -> ();
    /// `timernext() (t *timeTimer, delta int64)`: nil: call again.
    TimerNext "timernext" Blocking () -> (p i);
    /// `starttimercaller(fn func())`: the goroutine that calls timernext, once.
    StartTimerCaller "starttimercaller" Quick (p) -> ();
    /// `chandrain(c *hchan) bool`: was there anything?
    ChanDrain "chandrain" Quick (p) -> (i);
    /// `pollopen(fd uintptr) (ctx uintptr, errno int)`
    PollOpen "pollopen" Quick (i) -> (i i);
    /// `pollclose(ctx uintptr)`
    PollClose "pollclose" Quick (i) -> ();
    /// `pollreset(ctx uintptr, mode int) int`
    PollReset "pollreset" Quick (i i) -> (i);
    /// `pollwait(ctx uintptr, mode int, canceled bool) int`: negative: call again.
    PollWait "pollwait" Blocking (i i i) -> (i);
    /// `pollsetdeadline(ctx uintptr, ns int64, mode int)`
    PollSetDeadline "pollsetdeadline" Quick (i i i) -> ();
    /// `pollunblock(ctx uintptr)`
    PollUnblock "pollunblock" Quick (i) -> ();
    /// `ispolldescriptor(fd uintptr) bool`
    IsPollDescriptor "ispolldescriptor" Quick (i) -> (i);
    /// `lockosthread()`
    LockOsThread "lockosthread" Quick () -> ();
    /// `unlockosthread()`
    UnlockOsThread "unlockosthread" Quick () -> ();
    /// `setmaxthreads(n int) int`
    SetMaxThreads "setmaxthreads" Quick (i) -> (i);
    /// `defaultgomaxprocs()`
    DefaultGoMaxProcs "defaultgomaxprocs" Blocking () -> ();
    /// `signalfd() int`: readable when a signal comes; -1: none.
    SignalFd "signalfd" Quick () -> (i);
    /// `allthreadssyscall(call *[7]uintptr) (result int, same bool)`: makes the call in every thread; the kernel's result for
    /// this one, and whether all others got the same.
    AllThreadsSyscall "allthreadssyscall" Quick (p) -> (i i);
    /// `signalset(sig uint32, what int)`: 0 disable, 1 enable, 2 ignore.
    SignalSet "signalset" Quick (i i) -> ();
    /// `signalignored(sig uint32) bool`
    SignalIgnored "signalignored" Quick (i) -> (i);
    /// `signalnext() int`: a signal that came; 0: none.
    SignalNext "signalnext" Quick () -> (i);
    /// `signalpending() bool`
    SignalPending "signalpending" Quick () -> (i);
    /// `numgoroutine() int`
    NumGoroutine "numgoroutine" Quick () -> (i);
    /// `gomaxprocs(n int) int`
    GoMaxProcs "gomaxprocs" Blocking (i) -> (i);
    /// `numcpu() int`
    NumCpu "numcpu" Quick () -> (i);
    /// `readmemstats(m *MemStats)`
    ReadMemStats "readmemstats" Blocking (p) -> ();
    /// `callers(fp uintptr, skip int, pcs *uintptr, n int) int`: return addresses into the callers of the
    /// function with that frame pointer, the first `skip` and wrappers left out.
    Callers "callers" Quick (i i p i) -> (i);
    /// `pcname(pc uintptr) string`: name of the function that contains the pc; empty if none.
    PcName "pcname" Quick (i) -> (p i);
    /// `pcfile(pc uintptr) string`
    PcFile "pcfile" Quick (i) -> (p i);
    /// `pcline(pc uintptr) int`
    PcLine "pcline" Quick (i) -> (i);
    /// `pcentry(pc uintptr) uintptr`: entry of the function that contains the pc; 0 if none.
    PcEntry "pcentry" Quick (i) -> (i);
    /// `pcinlined(pc uintptr) bool`
    PcInlined "pcinlined" Quick (i) -> (i);
    /// `pcstartline(pc uintptr) int`: the line of the `func` of the function that contains the pc.
    PcStartLine "pcstartline" Quick (i) -> (i);
    /// `goroutinestacks(buf unsafe.Pointer, n, depth int, labels unsafe.Pointer, leaked bool) int`: the stacks of all
    /// goroutines, or of those found to have leaked, if they are at most n, depth addresses each, the rest 0, and their
    /// labels. Returns how many goroutines there are.
    GoroutineStacks "goroutinestacks" Blocking (p i i p i) -> (i);
    /// `leaksearch(begin bool) bool`: asks the next collection to look for leaked goroutines, if begin; is one still asked?
    LeakSearch "leaksearch" Quick (i) -> (i);
    /// `contentionevent(which, ns, rate int, fp uintptr)`: adds to the block (0) or mutex (1) profile, if it is the one in
    /// `rate`; fp is the frame of the calling function.
    ContentionEvent "contentionevent" Quick (i i i i) -> ();
    /// `contentionread(which int, buf unsafe.Pointer, n int) int`: the words its records take; they are in buf if they fit.
    ContentionRead "contentionread" Quick (i p i) -> (i);
    /// `profilestart(hz int) bool`: samples are taken from now on.
    ProfileStart "profilestart" Quick (i) -> (i);
    /// `profilestop()`
    ProfileStop "profilestop" Quick () -> ();
    /// `profilefetch(buf unsafe.Pointer, n int) int`: moves the samples to buf, n words at most.
    ProfileFetch "profilefetch" Quick (p i) -> (i);
    /// `nanotime() int64`
    NanoTime "nanotime" Quick () -> (i);
    /// `fastrand() uint64`
    FastRand "fastrand" Quick () -> (i);
}
