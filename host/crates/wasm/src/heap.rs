//! The host's heap, where guests' documents and requests are held, and what the allocator keeps of it.

/// From this size on, in bytes, memory goes back to the system as soon as it is free. Left to itself the allocator would
/// learn to keep blocks of up to 32 MiB, which is what the largest documents take.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAPPED_BYTES_MIN: i32 = 1 << 20;

/// How much more memory than when it last settled, in bytes, makes it worth a look through the heap.
const GROWN_BYTES: u64 = 16 << 20;

/// Sees to it that memory goes back to the system once it is free.
#[derive(Debug, Default)]
pub(crate) struct Heap {
    /// When the process last settled, it had so much, in bytes.
    resident: u64,
}

impl Heap {
    /// Gives free memory back to the system, if the process has grown. After a hundred thousand requests that are over, 127
    /// of 188 MiB were free, in small pieces.
    pub(crate) fn tidy(&self) {
        if resident_bytes() > self.resident.saturating_add(GROWN_BYTES) {
            give_back();
        }
    }

    /// What the process has now is what it needs.
    pub(crate) fn settle(&mut self) {
        self.resident = resident_bytes();
    }
}

/// The memory that this process has, in bytes; 0 where the system does not tell.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .map_or(0, |kib| kib << 10)
}

/// Tells the allocator what to keep. Once a process.
pub(crate) fn set_up() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "the allocator has no other interface for this")]
    // SAFETY: it may be called at any time from any thread.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_BYTES_MIN);
    }
}

/// Gives all free memory back to the system.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "the allocator has no other interface for this")]
    // SAFETY: it may be called at any time from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
