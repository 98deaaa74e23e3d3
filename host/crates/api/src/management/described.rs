//! The operations of this API, which no router of axum's knows.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder, Type};

use super::again::{__path_restart, __path_rewind};
use super::message::{__path_raise_event, __path_resume, __path_suspend, __path_terminate};
use super::query::{__path_list, __path_purge as __path_clean_up};
use super::{__path_purge, __path_show, __path_start_and_wait};
use crate::description::{Describe, Described, beside};

/// What there is under each base.
pub(crate) const DESCRIBED: [Describe; 18] = [
    start_new,
    beside::<__path_start_and_wait>,
    beside::<__path_list>,
    beside::<__path_clean_up>,
    beside::<__path_show>,
    beside::<__path_purge>,
    beside::<__path_raise_event>,
    beside::<__path_terminate>,
    beside::<__path_suspend>,
    beside::<__path_resume>,
    beside::<__path_rewind>,
    beside::<__path_restart>,
    || absent(HttpMethod::Get, "/entities", "listEntities"),
    || absent(HttpMethod::Get, "/entities/{name}", "listEntitiesOfName"),
    || absent(HttpMethod::Get, "/entities/{name}/{key}", "showEntity"),
    || absent(HttpMethod::Post, "/entities/{name}/{key}", "signalEntity"),
    || absent(HttpMethod::Delete, "/entities/{name}/{key}", "deleteEntity"),
    || absent(HttpMethod::Post, "/makeprimary", "makePrimary"),
];

/// The start, without an ID.
fn start_new() -> Described {
    let mut start = beside::<__path_start_and_wait>();
    start.path = start.path.replace("/{instance}", "");
    let summary = "Start an instance under a new ID, and wait for its end if that is wanted";
    let operation = &mut start.operation;
    operation.operation_id = Some("startNewInstance".to_owned());
    operation.summary = Some(summary.to_owned());
    operation.description = None;
    if let Some(parameters) = &mut operation.parameters {
        parameters
            .retain(|parameter| !matches!(parameter, RefOr::T(one) if one.name == "instance"));
    }
    start
}

/// What Durable Functions has, and this host does not have yet.
fn absent(method: HttpMethod, path: &str, id: &str) -> Described {
    let fault = Ref::from_schema_name("Fault");
    let fault = ContentBuilder::new().schema(Some(fault)).build();
    let answer = ResponseBuilder::new()
        .description("This host does not have it.")
        .content("application/json", fault);
    let names = path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?;
        name.strip_suffix('}')
    });
    let parameters = names.map(|name| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build()
    });
    let operation = OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(
            "Durable Functions has it, this host does not have it yet",
        ))
        .parameters(Some(parameters))
        .response("501", answer);
    Described {
        methods: vec![method],
        path: path.to_owned(),
        operation: operation.build(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use serde_json::json;

    use super::super::route::{RPC_BASE, Route, route};
    use super::*;

    fn id_of(describe: Describe) -> String {
        describe().operation.operation_id.unwrap()
    }

    /// The description of what a route leads to. What has none does not compile.
    fn description_of(route: &Route<'_>) -> Option<Describe> {
        Some(match route {
            Route::Start { instance: None, .. } => start_new,
            Route::Start { .. } => beside::<__path_start_and_wait>,
            Route::List => beside::<__path_list>,
            Route::PurgeAll => beside::<__path_clean_up>,
            Route::Status(_) => beside::<__path_show>,
            Route::Purge(_) => beside::<__path_purge>,
            Route::RaiseEvent { .. } => beside::<__path_raise_event>,
            Route::Terminate(_) => beside::<__path_terminate>,
            Route::Suspend(_) => beside::<__path_suspend>,
            Route::Resume(_) => beside::<__path_resume>,
            Route::Rewind(_) => beside::<__path_rewind>,
            Route::Restart(_) => beside::<__path_restart>,
            // More than one operation, and none that does anything.
            Route::NotUtf8 | Route::NotSupported(_) => return None,
        })
    }

    #[test]
    fn every_description_is_of_the_route_that_its_path_leads_to() {
        for describe in DESCRIBED {
            let described = describe();
            let path = described.path.replace(['{', '}'], "");
            let path = format!("{RPC_BASE}{path}");
            for method in described.methods {
                let text = json!(method).as_str().unwrap().to_uppercase();
                let method: Method = text.parse().unwrap();
                let route = route(&method, &path);
                let route = route.unwrap_or_else(|| panic!("{method} {path} leads nowhere"));
                match description_of(&route) {
                    Some(other) => assert_eq!(id_of(describe), id_of(other), "{path}"),
                    None => assert!(described.operation.responses.responses.contains_key("501")),
                }
            }
        }
    }
}
