//! Why a goroutine left its thread: the value of `PContext::leave` and the result of `enter`.

/// It is `Waiting` already; somebody else may run it already.
pub const PARKED: usize = 1;
/// It wants to be `Runnable` again, at the end of the queue.
pub const YIELD: usize = 2;
/// It is over.
pub const EXIT: usize = 3;
/// It is `Preempted` already, for a suspender.
pub const PREEMPTED: usize = 4;
/// A Rust goroutine wants to be `Waiting`, then the commit function of the M decides.
pub const COMMIT: usize = 5;
/// It goes on at once, from the context stored in its descriptor.
pub const RESUME: usize = 6;
/// It wants to be `Runnable` again, at the end of its P's own queue: who was made ready just now runs first.
pub const YIELD_TO_NEXT: usize = 7;
/// It is back from a system call, `Syscall`, and its thread has no P any more.
pub const LOST_P: usize = 8;
