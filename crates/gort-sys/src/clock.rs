//! What time it is.

fn read(clock: libc::clockid_t) -> libc::timespec {
    let mut spec = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: INV-SYS-2; the result is a live local.
    let rc = unsafe { libc::clock_gettime(clock, &raw mut spec) };
    assert_eq!(rc, 0, "clock_gettime");
    spec
}

/// Nanoseconds of a clock that never goes back.
pub fn nanotime() -> i64 {
    let spec = read(libc::CLOCK_MONOTONIC);
    spec.tv_sec * 1_000_000_000 + spec.tv_nsec
}

/// Seconds since 1970 and nanoseconds of the second.
pub fn walltime() -> (i64, i32) {
    let spec = read(libc::CLOCK_REALTIME);
    (spec.tv_sec, spec.tv_nsec as i32)
}

/// CPU nanoseconds this thread has used.
pub fn thread_cpu_nanos() -> i64 {
    let spec = read(libc::CLOCK_THREAD_CPUTIME_ID);
    spec.tv_sec * 1_000_000_000 + spec.tv_nsec
}

/// CPU nanoseconds this process has used.
pub fn process_cpu_nanos() -> i64 {
    let spec = read(libc::CLOCK_PROCESS_CPUTIME_ID);
    spec.tv_sec * 1_000_000_000 + spec.tv_nsec
}

/// The CPU clock of this thread, by which others can ask.
pub fn own_cpu_clock() -> Option<i32> {
    let mut clock: libc::clockid_t = 0;
    // SAFETY: INV-SYS-2; no arguments.
    let me = unsafe { libc::pthread_self() };
    // SAFETY: INV-SYS-2; the result is a live local.
    let rc = unsafe { libc::pthread_getcpuclockid(me, &raw mut clock) };
    (rc == 0).then_some(clock)
}

/// CPU nanoseconds of a thread's clock; none if the thread has ended.
pub fn cpu_nanos(clock: i32) -> Option<i64> {
    let mut spec = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: INV-SYS-2; the result is a live local.
    let rc = unsafe { libc::clock_gettime(clock, &raw mut spec) };
    (rc == 0).then(|| spec.tv_sec * 1_000_000_000 + spec.tv_nsec)
}
