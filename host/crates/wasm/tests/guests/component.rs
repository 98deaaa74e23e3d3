//! Components made of core modules in text form, by the canonical ABI, against `wit/soloist.wit`.

use std::path::Path;
use std::sync::Arc;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What every guest here begins with: memory, an allocator that never frees, and texts.
///
/// An answer of `result<json, failure>` is: at 0 whether it failed, at 4 and 8 the text or the error type, at 12 and 16 the
/// message, at 20, 24 and 28 the details, at 32 whether it is not to be tried again.
const PRELUDE: &str = r#"
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 65536))
  (func $realloc (export "cabi_realloc") (param $old i32) (param $held i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (block $enough
      (loop $grow
        (br_if $enough (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
        (br $grow)))
    (local.get $at))
  ;; A pointer to `ok(text)`.
  (func $ok (param $text i32) (param $length i32) (result i32)
    (local $at i32)
    (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 36)))
    (i32.store offset=4 (local.get $at) (local.get $text))
    (i32.store offset=8 (local.get $at) (local.get $length))
    (local.get $at))
  (data (i32.const 1024) "work")
  (data (i32.const 1040) "null")
  (data (i32.const 1056) "not json")
  (data (i32.const 1072) "go")
"#;

/// Imports that most orchestrators here use.
const DURABLE: &str = r#"
  (import "soloist:orchestration/durable@0.1.0" "call-activity" (func $call-activity
    (param i32 i32 i32 i32 i32 i32 f64 f64 i32 f64 i32 f64 i32 f64) (result i32)))
  (import "soloist:orchestration/durable@0.1.0" "await-task" (func $await-task (param i32 i32)))
  (import "soloist:orchestration/durable@0.1.0" "await-any" (func $await-any (param i32 i32) (result i32)))
  (import "soloist:orchestration/durable@0.1.0" "await-all" (func $await-all (param i32 i32 i32)))
  (import "soloist:orchestration/durable@0.1.0" "create-timer" (func $create-timer (param f64) (result i32)))
  (import "soloist:orchestration/durable@0.1.0" "wait-for-event" (func $wait-for-event (param i32 i32) (result i32)))
  (import "soloist:orchestration/durable@0.1.0" "current-time" (func $current-time (result f64)))
  (import "soloist:orchestration/durable@0.1.0" "is-replaying" (func $is-replaying (result i32)))
"#;

/// Helpers over those imports.
const HELPERS: &str = r"
  ;; Asks for the activity `work` with this input.
  (func $work (param $input i32) (param $length i32) (result i32)
    (call $call-activity (i32.const 1024) (i32.const 4) (local.get $input) (local.get $length)
      (i32.const 0) (i32.const 0) (f64.const 0) (f64.const 0)
      (i32.const 0) (f64.const 0) (i32.const 0) (f64.const 0) (i32.const 0) (f64.const 0)))
  ;; A pointer to the answer of a task.
  (func $answer (param $task i32) (result i32)
    (local $at i32)
    (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 36)))
    (call $await-task (local.get $task) (local.get $at))
    (local.get $at))
";

/// A component for `world`, of a core module.
pub(crate) fn component(core: &str, world: &str) -> Arc<[u8]> {
    component_with(core, world, &[])
}

/// A component for a world that may be in one of these further packages.
pub(crate) fn component_with(core: &str, world: &str, packages: &[&str]) -> Arc<[u8]> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../wit");
    let mut resolve = Resolve::default();
    let (mut package, _) = resolve.push_dir(wit).expect("the WIT is good");
    for text in packages {
        package = resolve
            .push_str("test.wit", text)
            .expect("the test's WIT is good");
    }
    let world = resolve
        .select_world(&[package], Some(world))
        .expect("the world is there");
    let mut module = wat::parse_str(core).expect("the test's module is good");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("the module fits its world");
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .expect("the module fits its world")
        .into()
}

/// An orchestrator whose `run` is `body`: `$input` and `$length` are given, a pointer to the result is wanted.
pub(crate) fn orchestrator(body: &str) -> Arc<[u8]> {
    component(&orchestrator_core(body, ""), "orchestrator-module")
}

pub(crate) fn orchestrator_core(body: &str, more: &str) -> String {
    format!(
        r#"(module {DURABLE} {more} {PRELUDE} {HELPERS}
            (func $run (export "soloist:orchestration/orchestrator@0.1.0#run")
              (param $input i32) (param $length i32) (result i32)
              (local $task i32) (local $other i32) (local $at i32)
              {body}))"#
    )
}

/// An activity whose `run` is `body`, with further definitions ahead of it.
pub(crate) fn activity(body: &str) -> Arc<[u8]> {
    component(&activity_core(body, ""), "activity-module")
}

pub(crate) fn activity_core(body: &str, more: &str) -> String {
    format!(
        r#"(module {more} {PRELUDE}
            (func $run (export "soloist:orchestration/activity@0.1.0#run")
              (param $input i32) (param $length i32) (result i32)
              {body}))"#
    )
}

/// One component that is both: its orchestrator returns what the activity `work` makes of its input, its activity its input.
pub(crate) fn application(orchestrator: &str, activity: &str) -> Arc<[u8]> {
    let core = format!(
        r#"(module {DURABLE}
            (import "soloist:orchestration/activity-context@0.1.0" "attempt" (func $attempt (result i32)))
            {PRELUDE} {HELPERS}
            (func (export "soloist:orchestration/orchestrator@0.1.0#run")
              (param $input i32) (param $length i32) (result i32)
              {orchestrator})
            (func (export "soloist:orchestration/activity@0.1.0#run")
              (param $input i32) (param $length i32) (result i32)
              {activity}))"#
    );
    component(&core, "application")
}

/// Does one activity after another, five in all, each with the answer of the one before; stops at a failure.
pub(crate) const CHAIN: &str = "
    (loop $next
      (local.set $at (call $answer (call $work (local.get $input) (local.get $length))))
      (if (i32.load (local.get $at)) (then (return (local.get $at))))
      (local.set $input (i32.load offset=4 (local.get $at)))
      (local.set $length (i32.load offset=8 (local.get $at)))
      (local.set $task (i32.add (local.get $task) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $task) (i32.const 5))))
    (local.get $at)";
