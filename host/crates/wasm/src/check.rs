//! Is this a component that can run here? Every answer but yes says what to do.

use soloist_engine::{Exports, ModuleError};
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex};

use crate::bindings::soloist::orchestration::types::Failure;
use crate::shape;
use crate::trap::Kind;

const ORCHESTRATOR: &str = "soloist:orchestration/orchestrator@0.1.0";
const ACTIVITY: &str = "soloist:orchestration/activity@0.1.0";

/// What precedes every WebAssembly binary.
const MAGIC: &[u8] = b"\0asm";
/// The version and layer that follow, of a core module and of a component.
const CORE: [u8; 4] = [1, 0, 0, 0];
const COMPONENT: [u8; 4] = [0x0D, 0, 1, 0];

/// A look at the first bytes, before they are compiled.
pub(crate) fn header(bytes: &[u8]) -> Result<(), ModuleError> {
    let say = |text: &str| Err(ModuleError(text.to_owned()));
    if bytes.is_empty() {
        return say("the body is empty: send the bytes of a WebAssembly component");
    }
    if let Some(rest) = bytes.strip_prefix(MAGIC) {
        return match rest.first_chunk::<4>() {
            Some(&COMPONENT) => shape::check(bytes),
            Some(&CORE) => say(
                "this is a core module, not a component: make a component of it, for example with \
                 `wasm-tools component new module.wasm -o component.wasm`",
            ),
            Some(_) => say(
                "this is a WebAssembly binary of a version that the host does not know: build a component with \
                 current tools",
            ),
            None => say("this component is truncated: send the whole file"),
        };
    }
    if MAGIC.starts_with(bytes) {
        return say("this component is truncated: send the whole file");
    }
    let text = bytes.trim_ascii_start();
    if text.starts_with(b"(") || text.starts_with(b";;") {
        return say(
            "this is WebAssembly text, not a binary: convert it, for example with `wasm-tools parse`",
        );
    }
    say("this is not a WebAssembly component: send the .wasm file that your build makes")
}

/// Which interfaces the component exports, with the right types.
pub(crate) fn exports(component: &Component) -> Result<Exports, ModuleError> {
    let exported = Exports {
        orchestrator: exports_run(component, ORCHESTRATOR)?,
        activity: exports_run(component, ACTIVITY)?,
    };
    if exported.orchestrator || exported.activity {
        return Ok(exported);
    }
    let ty = component.component_type();
    let found: Vec<&str> = ty
        .exports(component.engine())
        .map(|(name, _)| name)
        .collect();
    let found = if found.is_empty() {
        "it exports nothing".to_owned()
    } else {
        format!("it exports {}", quoted(&found))
    };
    Err(ModuleError(format!(
        "this component exports neither '{ORCHESTRATOR}' nor '{ACTIVITY}' ({found}): build it for the world \
         orchestrator-module, activity-module or application of wit/soloist.wit"
    )))
}

fn exports_run(component: &Component, interface: &'static str) -> Result<bool, ModuleError> {
    let Some(instance) = component.get_export_index(None, interface) else {
        return Ok(false);
    };
    if run_of(component, &instance).is_some_and(|run| {
        let ty = component.component_type();
        run.typecheck::<(String,), (Result<String, Failure>,)>(&ty.instance_type())
            .is_ok()
    }) {
        return Ok(true);
    }
    Err(ModuleError(format!(
        "this component exports '{interface}', but not its function `run` with the types of wit/soloist.wit: build it \
         against that file"
    )))
}

fn run_of(component: &Component, instance: &ComponentExportIndex) -> Option<ComponentFunc> {
    match component.get_export(Some(instance), "run")?.0 {
        ComponentItem::ComponentFunc(run) => Some(run),
        _ => None,
    }
}

/// The names of all imports.
fn imports(component: &Component) -> impl Iterator<Item = String> {
    let ty = component.component_type();
    let names: Vec<String> = ty
        .imports(component.engine())
        .map(|(name, _)| name.to_owned())
        .collect();
    names.into_iter()
}

/// Why a component cannot be linked as `kind`, naming the import.
pub(crate) fn link_error(
    component: &Component,
    kind: Kind,
    error: &wasmtime::Error,
) -> ModuleError {
    let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
    let named = imports(component).find(|name| {
        chain
            .iter()
            .any(|message| message.contains(&format!("`{name}`")))
    });
    let Some(name) = named else {
        return ModuleError(format!(
            "this component cannot be linked: {}",
            chain.join(": ")
        ));
    };
    let (noun, world) = match kind {
        Kind::Orchestrator => ("an orchestrator", "orchestrator-module"),
        Kind::Activity => ("an activity", "activity-module"),
    };
    let cause = error.root_cause();
    if name.starts_with("soloist:orchestration/") {
        return ModuleError(format!(
            "this component imports '{name}' in a form that this host does not offer ({cause}): build it against the \
             wit/soloist.wit of this host's version"
        ));
    }
    ModuleError(format!(
        "this component imports '{name}', which the host does not offer to {noun} ({cause}): build it for the world \
         {world} of wit/soloist.wit, with no other imports than that names and WASI 0.2 with wasi:http"
    ))
}

/// Why bytes that begin like a component could not be compiled.
pub(crate) fn unusable(error: &wasmtime::Error) -> ModuleError {
    let cause = one_line(&error.root_cause().to_string());
    if cause.contains("unexpected end") || cause.contains("is out of bounds") {
        return ModuleError(format!(
            "this component is truncated ({cause}): send the whole file"
        ));
    }
    let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
    let chain = one_line(&chain.join(": "));
    if chain.contains("does not fit in pooling allocator") {
        return ModuleError(format!(
            "this component wants more than a guest gets ({cause}): build it with less, or raise guest-bytes where the host \
             is started if it is memory"
        ));
    }
    if chain.contains("failed to parse") || chain.contains("Invalid input WebAssembly code") {
        return ModuleError(format!(
            "this component is damaged, or made with newer tools than this host knows ({chain}): build it again, and send \
             the file as it is"
        ));
    }
    ModuleError(format!("this component cannot be used: {chain}"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn quoted(names: &[&str]) -> String {
    const SHOWN_MAX: usize = 5;
    let mut shown: Vec<String> = names
        .iter()
        .take(SHOWN_MAX)
        .map(|name| format!("'{name}'"))
        .collect();
    if names.len() > SHOWN_MAX {
        shown.push(format!("{} more", names.len() - SHOWN_MAX));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        header(bytes).expect_err("it is refused").0
    }

    #[test]
    fn what_is_no_component_is_named_before_it_is_compiled() {
        assert!(refused(b"").contains("empty"));
        assert!(refused(b"\0as").contains("truncated"));
        assert!(refused(b"\0asm\x0D\0").contains("truncated"));
        assert!(refused(b"\0asm\x01\0\0\0").contains("wasm-tools component new"));
        assert!(refused(b"\0asm\x02\0\0\0").contains("version"));
        assert!(refused(b"\n (component)").contains("text"));
        assert!(refused(b"#!/bin/sh").contains("not a WebAssembly component"));
        assert!(header(b"\0asm\x0D\0\x01\0").is_ok());
    }
}
