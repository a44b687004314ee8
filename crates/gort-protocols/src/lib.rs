//! Every lock-free state machine of the runtime, as a pure type.
//!
//! No pointer, no OS call, no `static`, no unsafe (ARCH-3): payloads are integer handles. Each file has a
//! model beside it, `tests/loom_<same name>.rs`, which runs the real code on loom's atomics:
//! `RUSTFLAGS="--cfg loom" cargo test --release -p gort-protocols`. What several of them promise together is run under
//! seeded random schedules, `tests/shuttle_*.rs`: `cargo xtask schedules`.
#![forbid(unsafe_code)]

pub mod assist_credit;
pub mod bubble_count;
pub mod coroutine;
pub mod full_count;
pub mod g_status;
pub mod mark_byte;
pub mod mark_termination;
pub mod p_status;
pub mod poll_word;
pub mod run_queue;
pub mod select_claim;
pub mod semaphore;
pub mod sleeper;
pub mod spinning;
pub mod sweep_claim;
pub mod timer_state;
pub mod turns;
