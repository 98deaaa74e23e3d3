//! What compiles Rust for wasm: rustup's targets, or Debian's compiler, which builds the standard library itself.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::apt;
use crate::command::{capture, works};

pub(crate) const UNKNOWN: &str = "wasm32-unknown-unknown";
pub(crate) const WASIP2: &str = "wasm32-wasip2";

const VARIABLE: &str = "SOLOIST_GUEST_TOOLCHAIN";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LIBC: &str = "/usr/lib/wasm32-wasi";

/// Which of the two is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Rustup's targets where they are or can be added, else Debian.
    Auto,
    Rustup,
    Debian,
}

impl Choice {
    pub(crate) fn from_environment() -> Result<Self> {
        match env::var(VARIABLE).as_deref() {
            Err(env::VarError::NotPresent) | Ok("" | "auto") => Ok(Self::Auto),
            Ok("rustup") => Ok(Self::Rustup),
            Ok("debian") => Ok(Self::Debian),
            _ => bail!("{VARIABLE} is none of auto, rustup and debian"),
        }
    }
}

/// The one that is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Rustup,
    Debian,
}

/// A compiler that is there, and the linker beside it.
pub(crate) struct Toolchain {
    pub(crate) kind: Kind,
    /// Where `wasm-component-ld` and `rust-lld` are.
    linkers: PathBuf,
    /// The C library for wasm, which the C guests link.
    libc: PathBuf,
}

impl Toolchain {
    /// Checks what is there, adds what may be added, or says which command is missing.
    pub(crate) fn prepare(choice: Choice) -> Result<Self> {
        let sysroot = PathBuf::from(capture(Command::new("rustc").args(["--print", "sysroot"]))?);
        let linkers = linkers(&sysroot)?;
        if choice != Choice::Debian {
            let missing = missing_targets(&sysroot);
            if missing.is_empty() || add_targets(&missing) {
                let libc = sysroot
                    .join("lib/rustlib")
                    .join(WASIP2)
                    .join("lib/self-contained");
                return Ok(Self {
                    kind: Kind::Rustup,
                    linkers,
                    libc,
                });
            }
            let advice = format!("rustup target add {}", missing.join(" "));
            if choice == Choice::Rustup {
                bail!("missing targets; run: {advice}");
            }
            eprintln!("guests: no luck, so Debian's compiler builds them; else run: {advice}");
        }
        apt::require(&["rustc-web", "rust-web-src", "wasi-libc"])?;
        Ok(Self {
            kind: Kind::Debian,
            linkers,
            libc: PathBuf::from(DEBIAN_LIBC),
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Rustup => "rustup",
            Kind::Debian => "debian",
        }
    }

    pub(crate) fn component_linker(&self) -> PathBuf {
        self.linkers.join("wasm-component-ld")
    }

    pub(crate) fn libc(&self) -> &Path {
        &self.libc
    }

    /// Gives a cargo command what this compiler needs for `target`.
    pub(crate) fn configure(
        &self,
        cargo: &mut Command,
        target: &str,
        mut flags: Vec<String>,
    ) -> Result<()> {
        if self.kind == Kind::Debian {
            let linker = format!(
                "CARGO_TARGET_{}_LINKER",
                target.to_uppercase().replace('-', "_")
            );
            cargo
                .env("RUSTC", DEBIAN_RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env(linker, self.component_linker())
                .arg("-Zbuild-std=std,panic_abort");
            self.find_linkers(cargo)?;
            if target == WASIP2 {
                flags.extend([
                    "-Clink-self-contained=no".to_owned(),
                    format!("-Lnative={DEBIAN_LIBC}"),
                    format!("-Clink-arg={DEBIAN_LIBC}/crt1-reactor.o"),
                ]);
            }
            flags.push("--remap-path-prefix=/usr/lib/rustlib/src/rust=/rustc".to_owned());
        }
        // Unlike RUSTFLAGS, this one takes paths with spaces; and it wins over what a user has set.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        Ok(())
    }

    /// Puts `rust-lld` where `wasm-component-ld` looks for it.
    pub(crate) fn find_linkers(&self, command: &mut Command) -> Result<()> {
        let path = env::var_os("PATH").unwrap_or_default();
        let paths = [self.linkers.clone()]
            .into_iter()
            .chain(env::split_paths(&path));
        command.env(
            "PATH",
            env::join_paths(paths).context("cannot extend PATH")?,
        );
        Ok(())
    }
}

fn missing_targets(sysroot: &Path) -> Vec<&'static str> {
    let libraries = |target: &str| sysroot.join("lib/rustlib").join(target).join("lib");
    [UNKNOWN, WASIP2]
        .into_iter()
        .filter(|target| !libraries(target).exists())
        .collect()
}

fn add_targets(missing: &[&str]) -> bool {
    eprintln!("guests: rustup target add {}", missing.join(" "));
    works(Command::new("rustup").args(["target", "add"]).args(missing))
}

/// The directory of the linkers that come with rustup's compiler.
fn linkers(sysroot: &Path) -> Result<PathBuf> {
    let version = capture(Command::new("rustc").arg("-vV"))?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc does not say its host")?;
    let linkers = sysroot.join("lib/rustlib").join(host).join("bin");
    if !linkers.join("wasm-component-ld").exists() {
        bail!(
            "this Rust has no wasm-component-ld; install one from rustup: rustup toolchain install stable"
        );
    }
    Ok(linkers)
}
