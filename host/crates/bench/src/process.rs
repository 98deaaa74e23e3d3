//! What the kernel says of a process.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

/// A process, looked at from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process {
    pid: u32,
    clock: libc::clockid_t,
}

/// How often each thread of a process has been switched to and from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Switches(BTreeMap<u32, u64>);

impl Process {
    pub(crate) fn new(pid: u32) -> Result<Self> {
        let number = libc::pid_t::try_from(pid).context("a process has a small number")?;
        let mut clock = 0;
        #[expect(unsafe_code, reason = "only C tells the clock of another process")]
        // SAFETY: it writes into `clock`, which lives.
        let failed = unsafe { libc::clock_getcpuclockid(number, &raw mut clock) };
        ensure!(failed == 0, "the process {pid} has no clock");
        Ok(Self { pid, clock })
    }

    /// This process.
    pub(crate) fn own() -> Result<Self> {
        Self::new(std::process::id())
    }

    /// The CPU time of all its threads, also of those that have ended.
    pub(crate) fn cpu(self) -> Result<Duration> {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        #[expect(unsafe_code, reason = "as above")]
        // SAFETY: it writes into `time`, which lives.
        let failed = unsafe { libc::clock_gettime(self.clock, &raw mut time) };
        ensure!(failed == 0, "the process {} has gone", self.pid);
        let seconds = u64::try_from(time.tv_sec).context("CPU time before its start")?;
        let nanos = u32::try_from(time.tv_nsec).context("CPU time before its start")?;
        Ok(Duration::new(seconds, nanos))
    }

    /// Its memory that is in RAM, in bytes.
    pub(crate) fn resident(self) -> Result<u64> {
        let text = self.read("smaps_rollup")?;
        let kib = field(&text, "Rss").context("no Rss in smaps_rollup")?;
        Ok(kib * 1024)
    }

    /// The context switches of its threads, so far.
    pub(crate) fn switches(self) -> Result<Switches> {
        let mut threads = BTreeMap::new();
        let directory = format!("/proc/{}/task", self.pid);
        for entry in fs::read_dir(&directory).with_context(|| format!("cannot list {directory}"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let thread: u32 = name.parse().context("a thread has a number")?;
            // It may have ended since the list was made.
            let Ok(status) = fs::read_to_string(format!("{directory}/{name}/status")) else {
                continue;
            };
            let switches = switches(&status).context("no context switches in a thread's status")?;
            threads.insert(thread, switches);
        }
        Ok(Switches(threads))
    }

    fn read(self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.pid);
        fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
    }
}

impl Switches {
    /// How many there were since `before`. What a thread did that has ended meanwhile is not known.
    pub(crate) fn since(&self, before: &Self) -> u64 {
        let of = |(thread, now): (&u32, &u64)| now - before.0.get(thread).unwrap_or(&0);
        self.0.iter().map(of).sum()
    }
}

fn switches(status: &str) -> Option<u64> {
    let voluntary = field(status, "voluntary_ctxt_switches")?;
    Some(voluntary + field(status, "nonvoluntary_ctxt_switches")?)
}

/// The number of a line `name: number [unit]`.
fn field(text: &str, name: &str) -> Option<u64> {
    let mut values = text
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    values.next()?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "RssAnon: 3 kB\nRss:             4096 kB\nvoluntary_ctxt_switches:\t12\n";
        assert_eq!(field(text, "Rss"), Some(4096));
        assert_eq!(field(text, "Pss"), None);
        assert_eq!(switches(text), None);
        assert_eq!(
            switches("voluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t30\n"),
            Some(42)
        );
    }

    #[test]
    fn switches_of_new_threads_count_whole() {
        let before = Switches([(1, 10), (2, 5)].into());
        let after = Switches([(1, 12), (3, 4)].into());
        assert_eq!(after.since(&before), 6);
    }

    #[test]
    fn a_process_that_computes_has_cpu_time_and_memory() {
        let own = Process::own().unwrap();
        let (start, before) = (now(), own.cpu().unwrap());
        while own.cpu().unwrap() == before {
            assert!(start.elapsed() < Duration::from_mins(1), "no time passes");
        }
        assert!(own.resident().unwrap() > 100_000);
    }

    #[test]
    fn another_process_has_a_clock_of_its_own() {
        let mut other = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let process = Process::new(other.id()).unwrap();
        let (start, own) = (now(), Process::own().unwrap());
        while own.cpu().unwrap() < process.cpu().unwrap() + Duration::from_millis(10) {
            assert!(
                start.elapsed() < Duration::from_mins(1),
                "one clock for both"
            );
        }
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(process.cpu().is_err());
        assert!(Process::new(other.id()).is_err());
    }

    #[test]
    fn threads_that_wait_for_each_other_are_switched() {
        let own = Process::own().unwrap();
        let (start, before) = (now(), own.switches().unwrap());
        while own.switches().unwrap().since(&before) == 0 {
            // Joining waits.
            std::thread::spawn(|| ()).join().unwrap();
            assert!(start.elapsed() < Duration::from_mins(1), "no switch");
        }
    }
}
