//! Atomics facade, ranked locks, one-shot notes: how threads of the runtime agree.
//!
//! * [`atomic`]: std's atomics, or loom's or shuttle's when protocols are being modelled.
//! * [`mutex`]: a futex lock that knows its [`lock_rank::LockRank`].
//! * [`note`]: one sleeps, another wakes, once.
//! * [`cache_padded`]: two words that do not share a cache line.

pub mod atomic;
pub mod cache_padded;
pub mod lock_rank;
pub mod mutex;
pub mod note;

pub use cache_padded::CachePadded;
pub use lock_rank::LockRank;
pub use mutex::{Mutex, MutexGuard, RawMutex};
pub use note::Note;
