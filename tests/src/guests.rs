use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// A language that has an SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust.
    Rust,
    /// JavaScript, and so TypeScript.
    JavaScript,
    /// Python.
    Python,
    /// C, and so C++.
    C,
    /// Go.
    Go,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Rust,
        Self::JavaScript,
        Self::Python,
        Self::C,
        Self::Go,
    ];
}

impl fmt::Display for Language {
    /// As it stands in names of files and functions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rust => "rust",
            Self::JavaScript => "javascript",
            Self::Python => "python",
            Self::C => "c",
            Self::Go => "go",
        })
    }
}

/// A built guest, by the name of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guest {
    /// The plugin `hello-cities`, in Rust.
    HelloCities,
    /// The plugin's activity `say-hello`.
    SayHello,
    /// The plugin `approval`, in Rust.
    Approval,
    /// The plugin `thumbnails`: the orchestrator and both activities.
    Thumbnails,
    /// The plugin `night-watch`.
    NightWatch,
    /// The plugin's activity `look-around`.
    LookAround,
    /// Orchestrators and activities for tests, by function name.
    Scenarios,
    /// Orchestrators and activities that do what they must not, by their input.
    Hostile,
    /// An activity with WASI that sleeps and says what it did.
    Effects,
    /// An orchestrator in C, made from the WIT alone.
    C,
    /// An orchestrator in Python, made from the WIT alone.
    Python,
    /// An orchestrator that asks Rust's standard library for time and random numbers.
    NativeRust,
    /// The same in JavaScript.
    NativeJavaScript,
    /// The same in Python.
    NativePython,
    /// The same in Go.
    NativeGo,
    /// The suite's orchestrators, by function name.
    Suite(Language),
    /// The suite's activities, by function name.
    SuiteActivity(Language),
    /// A plugin that is there in each language, by its name.
    Plugin(&'static str, Language),
    /// What is there in one language only, by the name of its component.
    Lesson(&'static str),
}

impl Guest {
    /// The name of its file.
    pub fn file(self) -> String {
        let name = match self {
            Self::HelloCities => return Self::Plugin("hello-cities", Language::Rust).file(),
            Self::Approval => return Self::Plugin("approval", Language::Rust).file(),
            Self::Suite(language) => return format!("suite-{language}.wasm"),
            Self::SuiteActivity(language) => return format!("suite-{language}-activity.wasm"),
            Self::Lesson(name) => return format!("{name}.wasm"),
            Self::Plugin(name, language) => return format!("{name}-{language}.wasm"),
            Self::SayHello => "say-hello.wasm",
            Self::Thumbnails => "thumbnails.wasm",
            Self::NightWatch => "night-watch.wasm",
            Self::LookAround => "look-around.wasm",
            Self::Scenarios => "scenarios.wasm",
            Self::Hostile => "hostile.wasm",
            Self::Effects => "effects.wasm",
            Self::C => "c-hello.wasm",
            Self::Python => "py-hello.wasm",
            Self::NativeRust => "native-rust.wasm",
            Self::NativeJavaScript => "native-js.wasm",
            Self::NativePython => "native-py.wasm",
            Self::NativeGo => "native-go.wasm",
        };
        name.to_owned()
    }
}

/// The bytes of a built guest.
///
/// # Errors
/// If it is not built.
pub fn component(guest: Guest) -> Result<Vec<u8>> {
    let path = guest_file(&guest.file());
    std::fs::read(&path).with_context(|| {
        format!(
            "cannot read {}; run `cargo xtask plugins` first",
            path.display()
        )
    })
}

/// Where a guest is built to.
pub fn guest_file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/guests")).join(name)
}
