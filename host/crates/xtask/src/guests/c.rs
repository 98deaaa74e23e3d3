//! The guests in C: made as their authors would, by the SDK's Makefile; and one without the SDK, by hand.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::install;
use super::sdks::has_cxx;
use super::stamp::Stamp;
use super::toolchain::{Kind, Toolchain};
use super::venv::Venv;
use crate::command::{run, works};
use crate::project::Project;

/// What is made with the SDK: its folder, the component's name, and what `make` is told besides.
const COMPONENTS: [(&str, &str, &[&str]); 5] = [
    ("plugins/hello-cities/c", "hello-cities-c", &[]),
    ("plugins/approval/c", "approval-c", &[]),
    ("plugins/checksum", "checksum", &[]),
    ("tests/guests/suite/c", "suite-c", &[]),
    (
        "tests/guests/suite/c",
        "suite-c-activity",
        &["KIND=activity"],
    ),
];

const SDK: &str = "sdk/c";
/// The compiler.
pub(super) const REQUIREMENTS: &str = "sdk/c/requirements.txt";
/// What `make` leaves there when a person calls it.
const BUILT: &str = "build";

const SOURCES: [&str; 2] = ["hello.c", "bindings/orchestrator_module.c"];
const HEADER: &str = "bindings/orchestrator_module.h";
const WORLD: &str = "bindings/orchestrator_module_component_type.o";

/// Without it, 16 MiB are set aside for each instance.
const STACK_BYTES: &str = "stack-size=131072";

pub(crate) fn build(project: &Project, toolchain: &Toolchain) -> Result<()> {
    hello(project, toolchain)?;
    for (folder, name, options) in COMPONENTS {
        component(project, toolchain, folder, name, options)
            .with_context(|| format!("cannot build {name}"))?;
    }
    Ok(())
}

fn component(
    project: &Project,
    toolchain: &Toolchain,
    folder: &str,
    name: &str,
    options: &[&str],
) -> Result<()> {
    let output = project.guests().join(format!("{name}.wasm"));
    let mut stamp = Stamp::of(&output).text(toolchain.name());
    for option in options {
        stamp = stamp.text(option);
    }
    for directory in [SDK, folder] {
        for file in files(&project.path(directory))? {
            stamp = stamp.file(&file)?;
        }
    }
    if stamp.is_fresh() && output.exists() {
        return Ok(());
    }

    if !works(Command::new("make").arg("--version")) {
        bail!("there is no make; run: sudo apt-get install -y make");
    }
    let venv = Venv::with(project, &project.path(REQUIREMENTS))?;
    let objects = project.tools().join("c").join(toolchain.name());
    let built = objects.join(format!("{name}.wasm"));
    let mut make = Command::new("make");
    make.args(["--silent", "-C"])
        .arg(project.path(folder))
        .args(options)
        .arg("ZIG=python3 -m ziglang")
        .arg(format!("BUILD={}", objects.join(name).display()))
        .arg(format!("SOLOIST_BUILD={}", objects.join("sdk").display()))
        .arg(format!("OUTPUT={}", built.display()))
        .env("PATH", first_in_path(venv.programs())?)
        .env("ZIG_GLOBAL_CACHE_DIR", project.tools().join("zig"))
        .env("ZIG_LOCAL_CACHE_DIR", project.tools().join("zig"));
    if toolchain.kind == Kind::Debian {
        make.arg(format!("LIBC={}", toolchain.libc().display()));
    }
    // What a user has set is for other programs.
    for variable in [
        "MAKEFLAGS",
        "CFLAGS",
        "LDFLAGS",
        "VIRTUAL_ENV",
        "PYTHONPATH",
    ] {
        make.env_remove(variable);
    }
    run(&mut make)?;
    install(project, &built, name)?;
    stamp.keep()
}

/// The tests of the SDK, with the compilers of the machine, or zig's where it has but one for C.
pub(super) fn sdk_tests(project: &Project) -> Result<Command> {
    if !works(Command::new("make").arg("--version")) {
        bail!("there is no make; run: sudo apt-get install -y make");
    }
    let mut make = Command::new("make");
    make.args(["--silent", "-C"])
        .arg(project.path(SDK))
        .arg("test")
        .arg(format!(
            "BUILD={}",
            project.tools().join("c/sdk-tests").display()
        ));
    if !has_cxx() {
        let venv = Venv::with(project, &project.path(REQUIREMENTS))?;
        make.args(["CC=python3 -m ziglang cc", "CXX=python3 -m ziglang c++"])
            .env("PATH", first_in_path(venv.programs())?)
            .env("ZIG_GLOBAL_CACHE_DIR", project.tools().join("zig"))
            .env("ZIG_LOCAL_CACHE_DIR", project.tools().join("zig"));
    }
    for variable in ["MAKEFLAGS", "CFLAGS", "LDFLAGS"] {
        make.env_remove(variable);
    }
    Ok(make)
}

/// All files of a directory, in order, without what was built there.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(directory)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .with_context(|| format!("cannot list {}", directory.display()))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != BUILT {
            found.extend(files(&path)?);
        } else if path.is_file() && path.extension().is_none_or(|extension| extension != "wasm") {
            found.push(path);
        }
    }
    Ok(found)
}

/// PATH with another directory in front.
fn first_in_path(directory: PathBuf) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let paths = [directory].into_iter().chain(env::split_paths(&path));
    env::join_paths(paths).context("cannot extend PATH")
}

fn hello(project: &Project, toolchain: &Toolchain) -> Result<()> {
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
