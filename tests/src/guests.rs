use std::path::PathBuf;

use anyhow::{Context, Result};

/// A built guest, by the name of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guest {
    /// The plugin `hello-cities`.
    HelloCities,
    /// The plugin's activity `say-hello`.
    SayHello,
    /// The plugin `approval`.
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
}

impl Guest {
    fn file(self) -> &'static str {
        match self {
            Self::HelloCities => "hello-cities.wasm",
            Self::SayHello => "say-hello.wasm",
            Self::Approval => "approval.wasm",
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
        }
    }
}

/// The bytes of a built guest.
///
/// # Errors
/// If it is not built.
pub fn component(guest: Guest) -> Result<Vec<u8>> {
    let path = guest_file(guest.file());
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
