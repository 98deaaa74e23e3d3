//! What the kernel says of a process.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// A process, looked at from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process {
    pid: u32,
    ticks_per_second: u32,
}

/// How often each thread of a process has been switched to and from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Switches(BTreeMap<u32, u64>);

impl Process {
    pub(crate) fn new(pid: u32) -> Result<Self> {
        let auxv = fs::read("/proc/self/auxv").context("cannot read /proc/self/auxv")?;
        let ticks_per_second = ticks_per_second(&auxv)
            .context("the kernel does not say how long a tick of CPU time is")?;
        Ok(Self {
            pid,
            ticks_per_second,
        })
    }

    /// This process.
    pub(crate) fn own() -> Result<Self> {
        Self::new(std::process::id())
    }

    /// The CPU time of all its threads, also of those that have ended, to a tick of the kernel.
    pub(crate) fn cpu(self) -> Result<Duration> {
        let stat = self.read("stat")?;
        let ticks = cpu_ticks(&stat).with_context(|| format!("no CPU time in {stat:?}"))?;
        Ok(Duration::from_secs(ticks) / self.ticks_per_second)
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

/// User and system time. The name of the program stands in parentheses before them, and may hold any character.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
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

/// How many ticks a second has: a pair of the auxiliary vector.
fn ticks_per_second(auxv: &[u8]) -> Option<u32> {
    const CLOCK_TICKS: usize = 17;
    const WORD: usize = size_of::<usize>();
    let words: Vec<usize> = auxv
        .chunks_exact(WORD)
        .filter_map(|bytes| Some(usize::from_ne_bytes(bytes.try_into().ok()?)))
        .collect();
    let (_, ticks) = words
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .find(|(key, _)| *key == CLOCK_TICKS)?;
    u32::try_from(ticks).ok().filter(|ticks| *ticks > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;

    #[test]
    fn a_program_may_be_named_anything() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 12 0 3 0 250 31 9 9 20 0 4 0 100 1000 20\n";
        assert_eq!(cpu_ticks(stat), Some(281));
        assert_eq!(cpu_ticks("7 (soloist) S 1 7"), None);
        assert_eq!(cpu_ticks("nothing"), None);
    }

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
    fn the_length_of_a_tick_is_found_among_other_pairs() {
        let pairs = [6_usize, 4096, 17, 250, 0, 0];
        let auxv: Vec<u8> = pairs.iter().flat_map(|word| word.to_ne_bytes()).collect();
        assert_eq!(ticks_per_second(&auxv), Some(250));
        assert_eq!(ticks_per_second(&auxv[..32]), Some(250));
        assert_eq!(ticks_per_second(&auxv[..16]), None);
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
