use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;

use super::common::{FAULT, PROBLEM, complete};
use super::{Describe, Described};
use crate::caller::WEBHOOK_BASE;
use crate::management::{RPC_BASE, is_below_a_base};

/// The surfaces: a name, what it is, and what the paths of its operations begin with.
const SURFACES: [(&str, &str, &[&str]); 6] = [
    (
        "Starts",
        "Starts by name. Exactly one of any number of concurrent callers gets 202.",
        &["/api/"],
    ),
    (
        "Instances",
        "The management API of Durable Functions.",
        &[WEBHOOK_BASE],
    ),
    (
        "Instances, second base",
        "The same under `/durabletask`, which the clients of Durable Functions call.",
        &[RPC_BASE],
    ),
    (
        "Functions",
        "Components, and the names that they are bound to.",
        &["/admin/functions", "/admin/modules"],
    ),
    (
        "Histories",
        "What became of an instance, in the host's own words.",
        &["/admin/instances"],
    ),
    ("Host", "The host itself, and the keys to it.", &["/"]),
];

/// What does not belong to one operation.
#[derive(OpenApi)]
#[openapi(
    info(title = "Soloist", description = include_str!("about.md")),
    components(schemas(
        crate::problem::Problem,
        crate::caller::ManagementPayload,
        crate::management::FaultBody,
        crate::management::PurgedBody,
        crate::management::history::HistoryRow,
        crate::management::history::FailureDetails,
        crate::management::status::StatusBody,
        crate::admin::binding::Binding,
        crate::admin::counts::CountsBody,
        crate::admin::counts::StateCounts,
        crate::admin::keys::KeyBody,
        crate::admin::binding::CreationUrls,
        crate::admin::binding::ManagementUrls,
        crate::admin::executions::ExecutionBody,
        crate::admin::functions::FunctionBody,
        crate::admin::history::ExecutionHistory,
        crate::admin::history::HistoryEvent,
        crate::admin::history::InstanceHistory,
        crate::admin::log::InstanceLog,
        crate::admin::log::Line,
        crate::admin::modules::ModuleBody,
        crate::admin::modules::StateBody,
    )),
    // Nothing is required where the host asks for no keys.
    security((), ("header" = []), ("query" = []), ("password" = []))
)]
struct Document;

/// The whole description.
pub(super) fn of(described: &[(Describe, &'static str)]) -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let mut components = document.components.take().unwrap_or_default();
    for (describe, base) in described {
        let Described {
            methods,
            path,
            mut operation,
        } = describe();
        let path = format!("{base}{path}");
        let shape = if is_below_a_base(&path) {
            FAULT
        } else {
            PROBLEM
        };
        complete(&mut operation, shape, &mut components);
        let mut surfaces = SURFACES.into_iter();
        let surface = surfaces.find(|(.., starts)| starts.iter().any(|s| path.starts_with(s)));
        operation.tags = surface.map(|(name, ..)| vec![name.to_owned()]);
        if *base == RPC_BASE {
            // An ID is for one operation.
            operation.operation_id = operation.operation_id.map(|id| id + "Rpc");
        }
        document.paths.add_path_operation(path, methods, operation);
    }
    let keys = [
        (
            "header",
            ApiKey::Header(ApiKeyValue::new("x-functions-key")),
        ),
        ("query", ApiKey::Query(ApiKeyValue::new("code"))),
    ];
    for (name, key) in keys {
        components.add_security_scheme(name, SecurityScheme::ApiKey(key));
    }
    // A client that can only be given a base URL has its key there, in the place of a password.
    let password = SecurityScheme::Http(Http::new(HttpAuthScheme::Basic));
    components.add_security_scheme("password", password);
    document.components = Some(components);
    let tags = SURFACES.map(|(name, text, _)| {
        let tag = TagBuilder::new().name(name).description(Some(text));
        tag.build()
    });
    document.tags = Some(tags.into());
    document
}
