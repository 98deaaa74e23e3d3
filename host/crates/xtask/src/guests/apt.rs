//! Debian packages: installed where we may, else asked for with one command.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::command::{capture, run};

/// Sees to it that `packages` are there.
pub(crate) fn require(packages: &[&str]) -> Result<()> {
    let missing: Vec<_> = packages
        .iter()
        .copied()
        .filter(|package| !installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("this needs what Debian calls {}", missing.join(", "));
    }
    if capture(Command::new("id").arg("-u"))? != "0" {
        bail!(
            "missing packages; run: sudo apt-get install -y {}",
            missing.join(" ")
        );
    }
    eprintln!("guests: apt-get install {}", missing.join(" "));
    let apt_get = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq");
        command
    };
    run(apt_get().arg("update"))?;
    run(apt_get()
        .args(["install", "-y", "--no-install-recommends"])
        .args(&missing))
}

fn installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat", "${db:Status-Status}", package]);
    // It fails, with a line on stderr, for a package that was never there.
    query
        .output()
        .is_ok_and(|output| output.status.success() && output.stdout == b"installed")
}
