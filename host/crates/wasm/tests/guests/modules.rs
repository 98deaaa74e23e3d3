use std::sync::Arc;

use soloist_engine::{Exports, GuestError, Guests};
use soloist_wasm::WasmGuests;

use crate::component::{
    CHAIN, activity, application, component_with, orchestrator, orchestrator_core,
};
use crate::owner::{Host, Outcome, call, settings};

#[tokio::test]
async fn the_exports_of_a_component_are_told() {
    let host = Host::new();
    let exports = async |bytes: Arc<[u8]>| {
        let digest = host.guests.digest(&bytes);
        host.guests
            .prepare(digest, bytes)
            .await
            .expect("it is good")
    };
    let told = |orchestrator, activity| Exports {
        orchestrator,
        activity,
    };
    let echo = "(call $ok (local.get $input) (local.get $length))";
    assert_eq!(exports(orchestrator(CHAIN)).await, told(true, false));
    assert_eq!(exports(activity(echo)).await, told(false, true));
    assert_eq!(exports(application(echo, echo)).await, told(true, true));
}

#[tokio::test]
async fn what_cannot_run_is_refused_with_what_to_do() {
    let host = Host::new();
    let good = orchestrator(CHAIN);

    let core = wat::parse_str("(module)").unwrap();
    assert!(
        host.refused(&core)
            .await
            .contains("wasm-tools component new")
    );
    assert!(host.refused(b"").await.contains("empty"));
    assert!(host.refused(b"(component)").await.contains("text"));
    let truncated = host.refused(&good[..good.len() / 2]).await;
    assert!(truncated.contains("truncated"), "{truncated}");

    let empty = wat::parse_str("(component)").unwrap();
    let missing = host.refused(&empty).await;
    assert!(missing.contains("exports neither"), "{missing}");
    assert!(missing.contains("it exports nothing"), "{missing}");

    let mistyped = wat::parse_str(
        r#"(component
            (core module $m (func (export "run") (result i32) i32.const 0))
            (core instance $i (instantiate $m))
            (func $run (result u32) (canon lift (core func $i "run")))
            (instance $o (export "run" (func $run)))
            (export "soloist:orchestration/orchestrator@0.1.0" (instance $o)))"#,
    )
    .unwrap();
    let mistyped = host.refused(&mistyped).await;
    assert!(
        mistyped.contains("with the types of wit/soloist.wit"),
        "{mistyped}"
    );

    let large = orchestrator_core("unreachable", "")
        .replace("(export \"memory\") 2", "(export \"memory\") 2000");
    let large = host
        .refused(&crate::component::component(&large, "orchestrator-module"))
        .await;
    assert!(large.contains("raise guest-bytes"), "{large}");
}

const EXTRA: [&str; 2] = [
    "package acme:tools@1.2.3; interface hammer { hit: func(); }",
    "package test:extra;
     world extra { import acme:tools/hammer@1.2.3; include soloist:orchestration/orchestrator-module@0.1.0; }",
];

#[tokio::test]
async fn an_unknown_import_is_named() {
    let host = Host::new();
    let import = r#"(import "acme:tools/hammer@1.2.3" "hit" (func $hit))"#;
    let core = orchestrator_core("(call $hit) unreachable", import);
    let refused = host.refused(&component_with(&core, "extra", &EXTRA)).await;
    assert!(
        refused.contains("imports 'acme:tools/hammer@1.2.3'"),
        "{refused}"
    );
    assert!(refused.contains("orchestrator-module"), "{refused}");
}

#[tokio::test]
async fn a_module_is_loaded_again_from_the_directory() {
    let host = Host::new();
    let bytes = orchestrator(CHAIN);
    let digest = host.prepare(&bytes).await;
    let again = WasmGuests::new(settings(&host.dir)).unwrap();
    let execution = host.start(&bytes, "0").await.shared();
    assert!(again.orchestrator(digest, execution).await.is_ok());
}

#[tokio::test]
async fn a_damaged_file_is_compiled_again() {
    let host = Host::new();
    let bytes = orchestrator(CHAIN);
    let digest = host.prepare(&bytes).await;
    let file = files(host.dir.path()).pop().expect("one module is kept");
    let mut damaged = std::fs::read(&file).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(&file, damaged).unwrap();

    let again = Host {
        guests: WasmGuests::new(settings(&host.dir)).unwrap(),
        dir: host.dir,
    };
    assert!(matches!(
        again.guests.activity(digest, call("1")).await,
        Err(GuestError::NotPrepared(_))
    ));
    let mut owner = again.start(&bytes, "0").await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
}

#[tokio::test]
async fn a_module_that_is_forgotten_is_gone() {
    let host = Host::new();
    let bytes = activity("(call $ok (local.get $input) (local.get $length))");
    let digest = host.prepare(&bytes).await;
    host.guests.forget(digest);
    assert!(matches!(
        host.guests.activity(digest, call("1")).await,
        Err(GuestError::NotPrepared(_))
    ));
    assert_eq!(files(host.dir.path()).len(), 0);
}

/// All files below `dir`.
fn files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
