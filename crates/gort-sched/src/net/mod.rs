//! The network poller: goroutines wait for descriptors, one thread waits for all of them.
//!
//! Go counterpart: `netpoll.go`, `netpoll_epoll.go`.
//!
//! * [`poll_desc`]: a descriptor, with the goroutines that wait for it and their deadlines.
//! * [`poller`]: the epoll instance, and the thread that sleeps in it until an event or the next timer.

pub mod poll_desc;
pub(crate) mod poller;
