//! How many CPUs this process may use.

/// CPUs in the affinity mask, at least one.
pub fn cpu_count() -> usize {
    // SAFETY: an all-zero cpu_set_t is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: INV-SYS-2; the set is a live local of the size passed.
    let rc = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) };
    if rc != 0 {
        return 1;
    }
    // SAFETY: INV-SYS-2; reads the local set.
    let count = unsafe { libc::CPU_COUNT(&set) };
    usize::try_from(count).unwrap_or(1).max(1)
}

/// As [`cpu_count`], asked once.
pub fn cpu_count_cached() -> usize {
    static COUNT: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    *COUNT.get_or_init(cpu_count)
}

/// A random word from the operating system.
pub fn random_seed() -> u64 {
    let mut word = 0_u64;
    // SAFETY: INV-SYS-2; the word is a live local of the size passed.
    let got = unsafe { libc::getrandom((&raw mut word).cast(), size_of::<u64>(), 0) };
    if got == size_of::<u64>() as isize { word } else { crate::clock::nanotime() as u64 }
}
