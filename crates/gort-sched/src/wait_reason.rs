//! Why a goroutine waits, in the words of Go's tracebacks.
//!
//! Go counterpart: `runtime2.go` (`waitReasonStrings`).

macro_rules! wait_reasons {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        /// The reason, for display only.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
        #[repr(u8)]
        pub enum WaitReason {
            $($(#[$doc])* $name,)*
        }

        impl WaitReason {
            /// Go's words.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Can only a goroutine of the same bubble, or its clock, end such a wait?
            pub const fn is_durable(self) -> bool {
                use WaitReason as R;
                matches!(
                    self,
                    R::ChanReceiveNil
                        | R::ChanSendNil
                        | R::SelectNoCases
                        | R::Sleep
                        | R::SyncCondWait
                        | R::Coroutine
                        | R::SynctestRun
                        | R::SynctestWait
                        | R::SynctestChanReceive
                        | R::SynctestChanSend
                        | R::SynctestSelect
                        | R::SynctestWaitGroupWait
                )
            }

            pub(crate) fn from_u8(value: u8) -> Self {
                const ALL: &[WaitReason] = &[$(WaitReason::$name,)*];
                ALL.get(value as usize).copied().unwrap_or_default()
            }
        }
    };
}

wait_reasons! {
    /// None.
    #[default]
    Zero "";
    /// Marks for its own allocations.
    GcAssistMarking "GC assist marking";
    /// Receives from a nil channel.
    ChanReceiveNil "chan receive (nil chan)";
    /// Sends to a nil channel.
    ChanSendNil "chan send (nil chan)";
    /// Collects synchronously.
    GarbageCollection "garbage collection";
    /// Waits for mark credit.
    GcAssistWait "GC assist wait";
    /// Waits for a sweep.
    GcSweepWait "GC sweep wait";
    /// `select` with cases.
    Select "select";
    /// `select {}`.
    SelectNoCases "select (no cases)";
    /// Receives.
    ChanReceive "chan receive";
    /// Sends.
    ChanSend "chan send";
    /// Runs finalizers.
    FinalizerWait "finalizer wait";
    /// Runs cleanups.
    CleanupWait "cleanup wait";
    /// The goroutine that forces a cycle every two minutes.
    ForceGcIdle "force gc (idle)";
    /// A semaphore.
    Semacquire "semacquire";
    /// Sleeps.
    Sleep "sleep";
    /// A mark worker with nothing to do.
    GcWorkerIdle "GC worker (idle)";
    /// A mark worker at work.
    GcWorkerActive "GC worker (active)";
    /// Made way for a suspender.
    Preempted "preempted";
    /// A sync.Mutex.
    SyncMutexLock "sync.Mutex.Lock";
    /// A reader waits for a sync.RWMutex.
    SyncRWMutexRLock "sync.RWMutex.RLock";
    /// A writer waits for a sync.RWMutex.
    SyncRWMutexLock "sync.RWMutex.Lock";
    /// A sync.WaitGroup.
    SyncWaitGroupWait "sync.WaitGroup.Wait";
    /// A sync.Cond.
    SyncCondWait "sync.Cond.Wait";
    /// The network or a file.
    IoWait "IO wait";
    /// Waits for the world to stop.
    StoppingTheWorld "stopping the world";
    /// The other goroutine of a coroutine runs.
    Coroutine "coroutine";
    /// A Rust goroutine waits for something.
    Native "native wait";
    /// The root of a bubble waits until that is blocked.
    SynctestRun "synctest.Run";
    /// Waits until the others of its bubble are blocked.
    SynctestWait "synctest.Wait";
    /// Receives from a channel of its bubble.
    SynctestChanReceive "chan receive (durable)";
    /// Sends to a channel of its bubble.
    SynctestChanSend "chan send (durable)";
    /// `select` with channels of its bubble.
    SynctestSelect "select (durable)";
    /// A sync.WaitGroup of its bubble.
    SynctestWaitGroupWait "sync.WaitGroup.Wait (durable)";
}
