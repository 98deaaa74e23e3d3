//! The guest in C: zig compiles, the linker of the Rust guests makes a component of it.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::install;
use super::stamp::Stamp;
use super::toolchain::Toolchain;
use super::venv::Venv;
use crate::command::run;
use crate::project::Project;

const SOURCES: [&str; 2] = ["hello.c", "bindings/orchestrator_module.c"];
const HEADER: &str = "bindings/orchestrator_module.h";
const WORLD: &str = "bindings/orchestrator_module_component_type.o";

/// Without it, 16 MiB are set aside for each instance.
const STACK_BYTES: &str = "stack-size=131072";

pub(crate) fn build(project: &Project, toolchain: &Toolchain) -> Result<()> {
    let source = project.path("tests/guests/c-hello");
    let requirements = source.join("requirements.txt");
    let output = project.guests().join("c-hello.wasm");
    let mut stamp = Stamp::of(&output).text(toolchain.name()).text(STACK_BYTES);
    stamp = stamp.file(&requirements)?;
    for input in SOURCES.iter().chain(&[HEADER, WORLD]) {
        stamp = stamp.file(&source.join(input))?;
    }
    if stamp.is_fresh() && output.exists() {
        return Ok(());
    }

    let venv = Venv::with(project, &requirements)?;
    let objects = project.tools().join("c-hello");
    fs::create_dir_all(&objects).with_context(|| format!("cannot create {}", objects.display()))?;
    let mut linker = Command::new(toolchain.component_linker());
    for (index, file) in SOURCES.iter().enumerate() {
        let object = objects.join(format!("{index}.o"));
        let mut zig = venv.program("python");
        // Relative names, so that no path of this machine gets into the object.
        zig.current_dir(&source)
            .env("ZIG_GLOBAL_CACHE_DIR", project.tools().join("zig"))
            .env("ZIG_LOCAL_CACHE_DIR", project.tools().join("zig"))
            .args([
                "-m",
                "ziglang",
                "cc",
                "-target",
                "wasm32-wasi",
                "-Oz",
                "-Wall",
                "-Wextra",
            ])
            .args(["-c", file, "-o"])
            .arg(&object);
        run(&mut zig)?;
        linker.arg(object);
    }
    let built = objects.join("c-hello.wasm");
    linker
        .arg(source.join(WORLD))
        .arg("-L")
        .arg(toolchain.libc())
        .args([
            "-lc",
            "--no-entry",
            "-s",
            "-z",
            STACK_BYTES,
            "--wasi-adapter",
            "none",
            "-o",
        ])
        .arg(&built);
    toolchain.find_linkers(&mut linker)?;
    run(&mut linker)?;
    install(project, &built, "c-hello")?;
    stamp.keep()
}
