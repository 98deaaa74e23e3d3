//! Guests that use WASI against the host.

use anyhow::Result;

use crate::lane::{End, Lane, activity};
use crate::stage::Stage;
use crate::wat::Core;

const TURN_TIMEOUT: End = End::Fails("TurnTimeout", "computed for more than 300ms");
const ACTIVITY_TIMEOUT: End = End::Fails("ActivityTimeout", "ran for more than 3s");

/// A little of WASI, and a world of an application that imports it.
const WASI: [&str; 5] = [
    "package wasi:io@0.2.0;
     interface error { resource error; }
     interface poll { resource pollable { block: func(); } }
     interface streams {
       use error.{error};
       variant stream-error { last-operation-failed(error), closed }
       resource output-stream {
         blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
       }
     }",
    "package wasi:clocks@0.2.0;
     interface monotonic-clock { use wasi:io/poll@0.2.0.{pollable}; subscribe-duration: func(when: u64) -> pollable; }",
    "package wasi:random@0.2.0;
     interface random { get-random-bytes: func(len: u64) -> list<u8>; }",
    "package wasi:cli@0.2.0;
     interface stdout { use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream; }",
    "package test:wasi;
     world hostile {
       import wasi:clocks/monotonic-clock@0.2.0;
       import wasi:random/random@0.2.0;
       import wasi:cli/stdout@0.2.0;
       include soloist:orchestration/application@0.1.0;
     }",
];

const SUBSCRIBE: &str = r#"
    (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $subscribe (param i64) (result i32)))
    (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))"#;

const RANDOM: &str =
    r#"(import "wasi:random/random@0.2.0" "get-random-bytes" (func $random (param i64 i32)))"#;

const STDOUT: &str = r#"
    (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
    (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
      (func $write (param i32 i32 i32 i32)))"#;

/// Four orchestrators and four activities at once.
async fn endure(
    attack: &'static str,
    core: Core,
    orchestrators: End,
    activities: End,
) -> Result<()> {
    let stage = Stage::set(attack).await?;
    let component = core.component_in("hostile", &WASI);
    stage.deploy("own", &component, "orchestrator").await?;
    stage
        .deploy("hostile-activity", &component, "activity")
        .await?;
    let own = Lane {
        function: "own".to_owned(),
        deed: "now".to_owned(),
        end: orchestrators,
    };
    let lanes = [vec![own; 4], vec![activity("now", activities); 4]].concat();
    stage.endure(&lanes).await
}

#[tokio::test]
async fn guests_that_sleep_for_ever() -> Result<()> {
    let core = Core {
        imports: SUBSCRIBE,
        body: "(call $block (call $subscribe (i64.const -1))) (i32.const 1024)",
        ..Core::default()
    };
    endure("sleep for ever", core, End::Never, ACTIVITY_TIMEOUT).await
}

#[tokio::test]
async fn guests_that_print_for_ever() -> Result<()> {
    let core = Core {
        imports: STDOUT,
        body: "(local $out i32)
               (memory.fill (i32.const 8192) (i32.const 10) (i32.const 4096))
               (memory.fill (i32.const 8193) (i32.const 65) (i32.const 4094))
               (local.set $out (call $stdout))
               (loop $again
                 (call $write (local.get $out) (i32.const 8192) (i32.const 4096) (i32.const 512))
                 (br $again))
               unreachable",
        ..Core::default()
    };
    endure("print for ever", core, TURN_TIMEOUT, ACTIVITY_TIMEOUT).await
}

#[tokio::test]
async fn a_million_pollables() -> Result<()> {
    let core = Core {
        imports: SUBSCRIBE,
        body: "(loop $again (drop (call $subscribe (i64.const -1))) (br $again)) unreachable",
        ..Core::default()
    };
    let end = End::Fails("Trap", "table");
    endure("open a million resources", core, end, end).await
}

#[tokio::test]
async fn gigabytes_of_random_bytes() -> Result<()> {
    let core = Core {
        imports: RANDOM,
        body: "(call $random (i64.const 4000000000) (i32.const 512)) (i32.const 1024)",
        ..Core::default()
    };
    let refused = End::Fails("LimitExceeded", "at most 1048576 are allowed");
    let trap = End::Fails("Trap", "1048576");
    endure("ask for gigabytes of random bytes", core, refused, trap).await
}

#[tokio::test]
async fn random_bytes_for_ever() -> Result<()> {
    let core = Core {
        imports: RANDOM,
        memory: "40",
        realloc: "(i32.const 131072)",
        body: "(loop $again (call $random (i64.const 1048576) (i32.const 512)) (br $again)) unreachable",
        ..Core::default()
    };
    endure(
        "ask for random bytes for ever",
        core,
        TURN_TIMEOUT,
        ACTIVITY_TIMEOUT,
    )
    .await
}
