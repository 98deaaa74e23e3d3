//! What wit-bindgen makes of `wit/soloist.wit`: one module a world, so that a component exports only what it serves.
//! Both at once give the world `application`: the linker merges them.

/// The world `orchestrator-module`.
pub mod orchestrator {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "orchestrator-module",
        default_bindings_module: "soloist::bindings::orchestrator",
        export_macro_name: "export_orchestrator",
        pub_export_macro: true,
    });
}

/// The world `activity-module`.
pub mod activity {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "activity-module",
        with: {
            "soloist:orchestration/types@0.1.0":
                crate::bindings::orchestrator::soloist::orchestration::types,
        },
        default_bindings_module: "soloist::bindings::activity",
        export_macro_name: "export_activity",
        pub_export_macro: true,
    });
}
