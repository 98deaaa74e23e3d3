//! What a page says of the machine that it was measured on.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use crate::clock::time_of_day;

/// Names and values.
pub(crate) fn facts(dir: &Path) -> Result<Vec<(String, String)>> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let dir = fs::canonicalize(dir).with_context(|| format!("no {}", dir.display()))?;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = processor(&read("/proc/cpuinfo"))
        .unwrap_or("unknown")
        .to_owned();
    let memory = memory_gb(&read("/proc/meminfo")).unwrap_or(0);
    let system = read("/proc/sys/kernel/osrelease");
    let mounts = read("/proc/mounts");
    let files = file_system(&mounts, &dir).unwrap_or("unknown");
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    let date = Timestamp::from_millisecond(time_of_day().as_millis()).context("no date")?;
    let facts = [
        ("Date", date.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        (
            "Machine",
            format!("{cores} cores of {processor}, {memory} GB of memory"),
        ),
        (
            "System",
            format!("Linux {}, data on {files}", system.trim()),
        ),
        (
            "Load average when it began",
            format!(
                "{load} (much above 0: other programs took part, and the numbers are worth little)"
            ),
        ),
    ];
    Ok(facts.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

/// Nothing where there is no such file.
fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn processor(cpuinfo: &str) -> Option<&str> {
    let mut fields = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let (_, name) = fields.find(|(key, _)| key.trim() == "model name")?;
    Some(name.trim())
}

fn memory_gb(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some((kib * 1_024).div_ceil(1_000_000_000))
}

/// The kind of the file system that a directory is on.
fn file_system<'m>(mounts: &'m str, dir: &Path) -> Option<&'m str> {
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((Path::new(fields.next()?), fields.next()?))
    });
    // A later mount hides an earlier one at the same place.
    let (_, kind) = mounts
        .filter(|(place, _)| dir.starts_with(place))
        .max_by_key(|(place, _)| place.components().count())?;
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_described_by_what_the_kernel_says() {
        let cpuinfo = "processor\t: 0\nmodel name\t: A Processor: 3 GHz\nmodel name\t: B\n";
        assert_eq!(processor(cpuinfo), Some("A Processor: 3 GHz"));
        assert_eq!(processor("nothing"), None);
        assert_eq!(
            memory_gb("MemFree: 1 kB\nMemTotal:       24000000 kB\n"),
            Some(25)
        );
        assert_eq!(memory_gb("MemTotal: many"), None);
    }

    #[test]
    fn a_file_system_is_that_of_the_nearest_mount() {
        let mounts =
            "/dev/a / ext4 rw 0 0\ntmpfs /srv/tmp tmpfs rw 0 0\n/dev/b /srv/tmp xfs rw 0 0\n";
        let of = |dir| file_system(mounts, Path::new(dir));
        assert_eq!(of("/srv/target"), Some("ext4"));
        assert_eq!(of("/srv/tmp/run"), Some("xfs"));
        assert_eq!(of("/srv/tmpfs"), Some("ext4"));
        assert_eq!(file_system("", Path::new("/")), None);
    }
}
