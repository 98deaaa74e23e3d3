//! The guests in Rust: one cargo call a target.

use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::install;
use super::toolchain::{Kind, Toolchain, UNKNOWN, WASIP2};
use crate::command::run;
use crate::project::Project;

/// Most orchestrators do without WASI; whoever sleeps or reads a clock by Rust's own means needs it.
const GUESTS: [(&str, &[&str]); 2] = [
    (
        UNKNOWN,
        &[
            "hello-cities-rust",
            "approval-rust",
            "thumbnails",
            "night-watch",
            "scenarios",
            "bench",
            "hostile",
            "suite-rust",
            "suite-rust-activity",
        ],
    ),
    (
        WASIP2,
        &["say-hello", "look-around", "effects", "native-rust"],
    ),
];

pub(crate) fn build(project: &Project, toolchain: &Toolchain) -> Result<()> {
    // One directory a compiler: to switch is then not to build anew.
    let target_dir = project.path(match toolchain.kind {
        Kind::Rustup => "plugins/target",
        Kind::Debian => "plugins/target/debian",
    });
    for (target, packages) in GUESTS {
        let mut cargo = project.cargo();
        // There, because cargo reads its settings from where it runs.
        cargo
            .current_dir(project.path("plugins"))
            .env_remove("RUSTFLAGS")
            .args([
                "build",
                "--release",
                "--locked",
                "--target",
                target,
                "--target-dir",
            ])
            .arg(&target_dir);
        for package in packages {
            cargo.args(["--package", package]);
        }
        toolchain.configure(&mut cargo, target, remapped_paths(project)?)?;
        run(&mut cargo)?;
        for package in packages {
            let built = target_dir
                .join(target)
                .join("release")
                .join(package.replace('-', "_"));
            install(project, &built.with_extension("wasm"), package)?;
        }
    }
    Ok(())
}

/// A panic's text names its file, which should not tell where it was built.
fn remapped_paths(project: &Project) -> Result<Vec<String>> {
    let cargo_home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => PathBuf::from(env::var_os("HOME").context("HOME is not set")?).join(".cargo"),
    };
    Ok(vec![
        format!("--remap-path-prefix={}=/soloist", project.root().display()),
        format!(
            "--remap-path-prefix={}=/registry",
            cargo_home.join("registry/src").display()
        ),
    ])
}
