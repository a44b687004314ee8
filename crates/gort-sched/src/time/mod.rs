//! Timers: sleeping goroutines, timers of package time, deadlines of descriptors.
//!
//! Go counterpart: `time.go`.
//!
//! * [`queue`]: every P has a queue of entries, ordered by time. Any thread may run what is due in any of them.
//! * [`timer`]: the timers of package time, on top of [`gort_protocols::timer_state`]. Their functions are Go code,
//!   called by one goroutine of the runtime, which takes due timers from a list.
//!
//! A P looks at its own queue at every turn of its loop; one that steals looks at the others'; and one thread without work
//! sleeps until the earliest of all ([`crate::net::poller`]).
//!
//! Roots: the timers in queues and in the list of due ones are roots, shown to the collector with the goroutine that
//! calls their functions. One that is put there while marking is on is shaded.

pub(crate) mod queue;
pub mod timer;
