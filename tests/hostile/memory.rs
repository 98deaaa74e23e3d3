//! Memory, tables, stack, panics.

use anyhow::Result;

use crate::lane::{End, Lane, activity, orchestrator};
use crate::stage::Stage;
use crate::wat::{Core, refused};

const OUT_OF_MEMORY: End = End::Fails("OutOfMemory", "wanted more memory than the 67108864 bytes");

/// Half of them orchestrators, half of them activities.
fn both(deed: &str, end: End) -> Vec<Lane> {
    [
        vec![orchestrator(deed, end); 4],
        vec![activity(deed, end); 4],
    ]
    .concat()
}

#[tokio::test]
async fn memory_that_doubles() -> Result<()> {
    let lanes = both("grow-doubling", OUT_OF_MEMORY);
    Stage::set("memory that doubles")
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn memory_page_by_page() -> Result<()> {
    let lanes = both("grow-by-pages", OUT_OF_MEMORY);
    Stage::set("memory page by page")
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn a_table_that_grows() -> Result<()> {
    let stage = Stage::set("a table that grows").await?;
    let bomb = Core {
        body: "(loop $more
                 (br_if $more (i32.ne (table.grow $table (ref.null func) (i32.const 1000)) (i32.const -1))))
               unreachable",
        more: "(table $table 1 funcref)",
        ..Core::default()
    };
    let lanes = bomb.lanes(&stage, "table", OUT_OF_MEMORY).await?;
    stage
        .endure(&[lanes.clone(), lanes.clone(), lanes.clone(), lanes].concat())
        .await
}

/// Such a component is never bound.
#[tokio::test]
async fn memory_and_tables_that_are_huge_from_the_start() -> Result<()> {
    let huge = [
        (
            Core {
                memory: "65536",
                ..Core::default()
            },
            "memory",
        ),
        (
            Core {
                more: "(table 100000000 funcref)",
                ..Core::default()
            },
            "table",
        ),
    ];
    let stage = Stage::set("memory and tables that are huge from the start").await?;
    let client = stage.client().clone();
    stage
        .beside(1, async |siege| {
            siege.begun.wait().await;
            let mut count = 0;
            while !*siege.over.borrow() || count == 0 {
                for (core, part) in &huge {
                    refused(&client, &core.component(), part).await?;
                    count += 1;
                }
            }
            Ok(format!("{count} refused with 422"))
        })
        .await
}

#[tokio::test]
async fn recursion_without_end() -> Result<()> {
    let stage = Stage::set("recursion without end").await?;
    let pure = Core {
        body: "(call $run (local.get 0) (local.get 1))",
        ..Core::default()
    };
    let deep = pure
        .lanes(&stage, "deep", End::Fails("Trap", "call stack is used up"))
        .await?;
    let framed = both("recurse", End::Fails("Trap", "recursion"));
    stage.endure(&[deep, framed].concat()).await
}

#[tokio::test]
async fn panics() -> Result<()> {
    let lanes = both("panic", End::Fails("Trap", "panicked or aborted"));
    Stage::set("panics").await?.endure(&lanes).await
}

#[tokio::test]
async fn aborts() -> Result<()> {
    let lanes = both("abort", End::Fails("Trap", "panicked or aborted"));
    Stage::set("aborts").await?.endure(&lanes).await
}
