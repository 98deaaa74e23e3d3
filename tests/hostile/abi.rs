//! Guests that break the rules of the interface itself.

use anyhow::Result;

use crate::lane::End;
use crate::stage::Stage;
use crate::wat::Core;

const LOG: &str =
    r#"(import "soloist:orchestration/durable@0.1.0" "log" (func $log (param i32 i32 i32)))"#;
const KEY: &str =
    r#"(import "soloist:orchestration/activity-context@0.1.0" "task-key" (func $key (param i32)))"#;
const TIME: &str =
    r#"(import "soloist:orchestration/durable@0.1.0" "current-time" (func $time (result f64)))"#;
const FOR_EVER: &str = "(loop $again (br $again)) unreachable";

/// Both kinds of each run beside all others.
async fn endure(attack: &'static str, cores: &[(&str, Core, End)]) -> Result<()> {
    let stage = Stage::set(attack).await?;
    let mut lanes = Vec::new();
    for (name, core, end) in cores {
        lanes.extend(core.lanes(&stage, name, *end).await?);
    }
    stage.endure(&lanes).await
}

fn trap(part: &'static str) -> End {
    End::Fails("Trap", part)
}

#[tokio::test]
async fn pointers_that_lead_nowhere() -> Result<()> {
    let nowhere = Core {
        imports: LOG,
        body: "(call $log (i32.const 0) (i32.const -16) (i32.const 100)) unreachable",
        ..Core::default()
    };
    let cores = [
        ("argument", nowhere, trap("out of bounds")),
        (
            "long",
            Core {
                body: "(call $log (i32.const 0) (i32.const 0) (i32.const -1)) unreachable",
                ..nowhere
            },
            trap("out of bounds"),
        ),
        (
            "level",
            Core {
                body: "(call $log (i32.const 77) (i32.const 0) (i32.const 1)) unreachable",
                ..nowhere
            },
            trap("discriminant"),
        ),
        (
            "answer",
            Core {
                imports: KEY,
                body: "(call $key (i32.const -4)) unreachable",
                ..Core::default()
            },
            trap(""),
        ),
        (
            "result",
            Core {
                body: "(i32.const -4)",
                ..Core::default()
            },
            trap("out of bounds"),
        ),
        (
            "output",
            Core {
                body: "(i32.store (i32.const 1028) (i32.const -4)) (i32.const 1024)",
                ..Core::default()
            },
            trap("out of bounds"),
        ),
        (
            "unaligned",
            Core {
                body: "(i32.const 1025)",
                ..Core::default()
            },
            trap("aligned"),
        ),
    ];
    endure("pointers that lead nowhere", &cores).await
}

#[tokio::test]
async fn text_that_is_not_utf_8() -> Result<()> {
    let cores = [
        (
            "argument",
            Core {
                imports: LOG,
                more: r#"(data (i32.const 64) "\ff\fe")"#,
                body: "(call $log (i32.const 0) (i32.const 64) (i32.const 2)) unreachable",
                ..Core::default()
            },
            trap("utf-8"),
        ),
        (
            "output",
            Core {
                more: r#"(data (i32.const 2049) "\ff\fe")"#,
                ..Core::default()
            },
            trap("utf-8"),
        ),
    ];
    endure("text that is not UTF-8", &cores).await
}

#[tokio::test]
async fn allocators_that_lie() -> Result<()> {
    let cores = [
        (
            "garbage",
            Core {
                realloc: "(i32.const -4)",
                ..Core::default()
            },
            trap("beyond end of memory"),
        ),
        (
            "trap",
            Core {
                realloc: "unreachable",
                ..Core::default()
            },
            trap("panicked or aborted"),
        ),
    ];
    endure("allocators that lie", &cores).await
}

#[tokio::test]
async fn calls_where_none_are_allowed() -> Result<()> {
    let cores = [
        (
            "realloc",
            Core {
                imports: TIME,
                realloc: "(drop (call $time)) (i32.const 4096)",
                ..Core::default()
            },
            trap("cannot leave"),
        ),
        (
            "post-return",
            Core {
                imports: TIME,
                post_return: "(drop (call $time))",
                ..Core::default()
            },
            trap("cannot leave"),
        ),
    ];
    endure("calls where none are allowed", &cores).await
}

#[tokio::test]
async fn loops_beside_the_work() -> Result<()> {
    let places = [
        (
            "at-start",
            Core {
                more: "(func $spin (loop $again (br $again))) (start $spin)",
                ..Core::default()
            },
        ),
        (
            "in-realloc",
            Core {
                realloc: FOR_EVER,
                ..Core::default()
            },
        ),
        (
            "after-return",
            Core {
                post_return: FOR_EVER,
                ..Core::default()
            },
        ),
    ];
    let stage = Stage::set("loops at the start, in the allocator, after the return").await?;
    let mut lanes = Vec::new();
    for (name, core) in places {
        let both = core
            .lanes(&stage, name, End::Fails("TurnTimeout", "300ms"))
            .await?;
        for mut lane in both {
            if lane.function == "hostile" {
                lane.end = End::Fails("ActivityTimeout", "3s");
            }
            lanes.push(lane);
        }
    }
    stage.endure(&lanes).await
}
