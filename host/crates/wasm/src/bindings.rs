//! What `wit/soloist.wit` says, as Rust. Generated once, for the world that has everything.
//!
//! Only the three calls that can park are asynchronous: the others are cheaper as plain functions.

wasmtime::component::bindgen!({
    path: "../../../wit",
    world: "application",
    imports: {
        "soloist:orchestration/durable.await-task": async | trappable,
        "soloist:orchestration/durable.await-any": async | trappable,
        "soloist:orchestration/durable.await-all": async | trappable,
        default: trappable,
    },
    exports: { default: async },
});
