//! Components by hand, for what no compiler would make.

use std::path::Path;

use anyhow::{Result, ensure};
use reqwest::StatusCode;
use tests::Client;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::lane::{End, Lane, orchestrator};
use crate::stage::Stage;

/// A core module that is both an orchestrator and an activity; both run the same. By itself it returns `null`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Core {
    pub(crate) imports: &'static str,
    /// Pages, from the start.
    pub(crate) memory: &'static str,
    /// What the allocator does: it is given four parameters and returns a pointer.
    pub(crate) realloc: &'static str,
    /// Further definitions.
    pub(crate) more: &'static str,
    /// What `run` does: it is given the input's place and length, and returns a pointer to its result.
    pub(crate) body: &'static str,
    /// What is done after the result was taken.
    pub(crate) post_return: &'static str,
}

impl Default for Core {
    fn default() -> Self {
        Self {
            imports: "",
            memory: "2",
            realloc: "(i32.const 4096)",
            more: "",
            body: "(i32.const 1024)",
            post_return: "",
        }
    }
}

impl Core {
    fn text(&self) -> String {
        let Self {
            imports,
            memory,
            realloc,
            more,
            body,
            post_return,
        } = self;
        let exports = ["orchestrator", "activity"].map(|kind| {
            format!(
                r#"(export "soloist:orchestration/{kind}@0.1.0#run" (func $run))
                   (export "cabi_post_soloist:orchestration/{kind}@0.1.0#run" (func $post))"#
            )
        });
        let exports = exports.concat();
        // At 1024 stands `ok("null")`.
        format!(
            r#"(module {imports}
                 (memory (export "memory") {memory})
                 (data (i32.const 1028) "\00\08\00\00\04\00\00\00")
                 (data (i32.const 2048) "null")
                 {more}
                 (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
                 (func $post (param i32) {post_return})
                 (func $run (param i32 i32) (result i32) {body})
                 {exports})"#
        )
    }

    pub(crate) fn component(&self) -> Vec<u8> {
        self.component_in("application", &[])
    }

    /// One that imports more: for the world of this name in one of these packages.
    pub(crate) fn component_in(&self, world: &str, packages: &[&str]) -> Vec<u8> {
        encode(&self.text(), world, packages)
    }

    /// Deploys it under a name; one lane for each kind.
    pub(crate) async fn lanes(&self, stage: &Stage, name: &str, end: End) -> Result<Vec<Lane>> {
        let component = self.component();
        let activity = format!("{name}-activity");
        stage.deploy(name, &component, "orchestrator").await?;
        stage.deploy(&activity, &component, "activity").await?;
        let own = Lane {
            function: name.to_owned(),
            deed: name.to_owned(),
            end,
        };
        let called = orchestrator(&format!("call {activity} {name}"), end);
        Ok(vec![own, called])
    }
}

fn encode(core: &str, world: &str, packages: &[&str]) -> Vec<u8> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let mut resolve = Resolve::default();
    let (mut package, _) = resolve.push_dir(wit).unwrap();
    for text in packages {
        package = resolve.push_str("test.wit", text).unwrap();
    }
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut module = wat::parse_str(core).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut encoder = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .unwrap();
    encoder.encode().unwrap()
}

/// Tries to deploy what is refused with a sentence that has `part` in it.
pub(crate) async fn refused(client: &Client, component: &[u8], part: &str) -> Result<()> {
    let path = client.url("/admin/functions/refused?kind=orchestrator");
    let request = client.http().put(path).body(component.to_vec());
    let response = request.send().await?;
    let status = response.status();
    let text = response.text().await?;
    ensure!(
        status == StatusCode::UNPROCESSABLE_ENTITY && text.contains(part),
        "{status}: {text}"
    );
    Ok(())
}
