//! Waiting for many descriptors at once: epoll, with an eventfd to be woken by.

use crate::OsError;
use std::sync::atomic::{AtomicBool, Ordering};

/// What happened at a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What the descriptor was added with.
    pub key: u64,
    /// It may be read (or has an error, or is at its end).
    pub readable: bool,
    /// It may be written (or has an error).
    pub writable: bool,
    /// Only an error was reported.
    pub error: bool,
}

/// The key of the eventfd.
const WAKE: u64 = u64::MAX;
/// At most so many events at a time.
const EVENTS: usize = 128;

/// An epoll instance.
#[derive(Debug)]
pub struct Poll {
    epoll: i32,
    event: i32,
    /// A wake-up is on its way.
    woken: AtomicBool,
}

fn checked(result: i32) -> Result<i32, OsError> {
    if result < 0 { Err(OsError::last()) } else { Ok(result) }
}

impl Poll {
    /// A new instance, watching nothing.
    pub fn new() -> Result<Self, OsError> {
        // SAFETY: INV-SYS-2; no pointers.
        let epoll = checked(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: as above.
        let event = checked(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
        let poll = Self { epoll, event, woken: AtomicBool::new(false) };
        poll.control(libc::EPOLL_CTL_ADD, event, libc::EPOLLIN as u32, WAKE)?;
        Ok(poll)
    }

    fn control(&self, what: i32, fd: i32, events: u32, key: u64) -> Result<(), OsError> {
        let mut event = libc::epoll_event { events, u64: key };
        // SAFETY: INV-SYS-2; the event is a live local.
        checked(unsafe { libc::epoll_ctl(self.epoll, what, fd, &raw mut event) }).map(|_| ())
    }

    /// Watches a descriptor, both ways, for changes.
    pub fn add(&self, fd: i32, key: u64) -> Result<(), OsError> {
        let events = libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLET;
        self.control(libc::EPOLL_CTL_ADD, fd, events as u32, key)
    }

    /// Watches it no more.
    pub fn remove(&self, fd: i32) -> Result<(), OsError> {
        self.control(libc::EPOLL_CTL_DEL, fd, 0, 0)
    }

    /// Is it one of the descriptors of this instance itself?
    pub fn owns(&self, fd: i32) -> bool {
        fd == self.epoll || fd == self.event
    }

    /// Makes [`Self::wait`] return, now or the next time.
    pub fn wake(&self) {
        if self.woken.swap(true, Ordering::SeqCst) {
            return;
        }
        let one = 1_u64.to_ne_bytes();
        let _ = crate::fd::write(self.event, &one);
    }

    /// Waits for events, at most so many nanoseconds (`None`: for ever; 0: not at all).
    pub fn wait(&self, nanos: Option<i64>, visit: &mut dyn FnMut(Event)) {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; EVENTS];
        let count = self.wait_for(nanos, &mut events);
        for event in &events[..count] {
            let (bits, key) = (event.events as i32, event.u64);
            if key == WAKE {
                // A call that does not wait leaves the wake-up to the one that does.
                if nanos != Some(0) {
                    let mut word = [0; 8];
                    let _ = crate::fd::read(self.event, &mut word);
                    self.woken.store(false, Ordering::SeqCst);
                }
                continue;
            }
            let bad = libc::EPOLLHUP | libc::EPOLLERR;
            visit(Event {
                key,
                readable: bits & (libc::EPOLLIN | libc::EPOLLRDHUP | bad) != 0,
                writable: bits & (libc::EPOLLOUT | bad) != 0,
                error: bits == libc::EPOLLERR,
            });
        }
    }

    fn wait_for(&self, nanos: Option<i64>, events: &mut [libc::epoll_event; EVENTS]) -> usize {
        let spec = nanos.map(|n| libc::timespec { tv_sec: n / 1_000_000_000, tv_nsec: n % 1_000_000_000 });
        let spec_at = spec.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        let (to, max) = (events.as_mut_ptr(), EVENTS as i32);
        let no_mask = std::ptr::null::<libc::sigset_t>();
        // SAFETY: INV-SYS-2; the events and the time are live locals.
        let count = unsafe {
            libc::syscall(libc::SYS_epoll_pwait2, self.epoll, to, max, spec_at, no_mask, size_of::<u64>())
        };
        if count >= 0 {
            return count as usize;
        }
        if OsError::last().0 != libc::ENOSYS {
            return 0;
        }
        // An old kernel: whole milliseconds, rounded up.
        let millis = nanos.map_or(-1, |n| i32::try_from((n + 999_999) / 1_000_000).unwrap_or(i32::MAX));
        // SAFETY: as above.
        let count = unsafe { libc::epoll_wait(self.epoll, to, max, millis) };
        usize::try_from(count).unwrap_or(0)
    }
}

impl Drop for Poll {
    fn drop(&mut self) {
        // SAFETY: INV-SYS-2; ours.
        unsafe { libc::close(self.event) };
        // SAFETY: as above.
        unsafe { libc::close(self.epoll) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakes_and_sees_pipes() {
        let poll = Poll::new().unwrap();
        let mut seen = Vec::new();
        poll.wait(Some(1_000_000), &mut |e| seen.push(e));
        assert!(seen.is_empty());
        poll.wake();
        poll.wait(None, &mut |e| seen.push(e));
        assert!(seen.is_empty());
        let mut ends = [0; 2];
        // SAFETY: a live local.
        assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
        poll.add(ends[0], 7).unwrap();
        crate::fd::write(ends[1], b"x").unwrap();
        poll.wait(None, &mut |e| seen.push(e));
        assert!(seen.len() == 1 && seen[0].key == 7 && seen[0].readable);
    }
}
