//! The concurrent collector: precise, non-moving, marking while goroutines run.
//!
//! # A cycle
//!
//! [`cycle`] drives it, one file per step:
//!
//! 1. `trigger`: the heap has grown to the trigger, or `runtime.GC` asks. What is left of the last sweep
//!    is finished.
//! 2. `mark_setup`: the world stops. Caches are emptied, the write barrier goes on everywhere, the
//!    goroutines and globals that exist now become root jobs, and the world goes on.
//! 3. Mark workers ([`mark::worker`]) and assisting allocations ([`mutator::assist`]) run root jobs and
//!    scan grey objects ([`mark::drain`]), while the program runs.
//! 4. `mark_done`: whoever finds nothing to do and is the last makes every P flush what it holds; if
//!    something was grey after all, marking goes on.
//! 5. `mark_termination`: the world stops, everything is flushed once more, and if nothing is grey the
//!    barrier goes off and the next goal is computed ([`pacer`]).
//! 6. `sweep_start`: unmarked slots become free, lazily ([`gort_heap::sweep_one`]).
//!
//! # Invariants
//!
//! * **INV-GC-1 (hybrid tricolour).** While the barrier is on, every pointer that is overwritten and every
//!   pointer that is written is shaded. So an object reachable at mark setup, or allocated since, stays
//!   reachable by a path of grey or marked objects until it is marked itself.
//! * **INV-GC-2 (one setter).** Only `shade` and allocation while marking set marks, and whoever finds white and sets
//!   the bit of an object with pointers puts it in a work buffer (unless it was born marked).
//! * **INV-GC-3 (stacks once).** Every goroutine of the snapshot is scanned exactly once; a scanned stack
//!   is black, and goroutines born later start black.
//! * **INV-GC-4 (done means empty).** Mark termination begins only when the world is stopped, all buffers
//!   of all Ps are empty, no root job is left and no drain is under way.
//! * **INV-GC-5 (one driver).** The phase changes only while the world is stopped, by the thread that
//!   stopped it.
//!
//! What should happen when an object becomes unreachable: [`finalize`].
//!
//! Go counterpart: `mgc.go` and its neighbours.

mod collector;
pub mod config;
pub mod cycle;
pub mod finalize;
pub mod host;
pub mod limits;
pub mod mark;
pub mod metrics;
pub mod mutator;
pub mod pacer;
pub mod roots;
pub mod size_stats;
pub mod stats;
mod trace;
mod verify;

pub use collector::Collector;
pub use config::{AssistPolicy, Config};
pub use host::{
    Frames, GoroutineId, GoroutineView, Host, PreemptWish, StopReason, Suspendable, WorldStopped,
};
pub use mark::worker::WorkerMode;
pub use mutator::Mutator;
pub use stats::MemStats;
