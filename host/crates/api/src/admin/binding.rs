use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;
use soloist_core::InstanceId;
use soloist_engine::{Guests, KeyDigest, Platform, TaskHub};
use utoipa::ToSchema;

use crate::access;
use crate::app::App;
use crate::caller::{Caller, ManagementPayload, TASK_HUB, WEBHOOK_BASE};
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::json;

/// What clients of Durable Functions put an ID in place of.
const PLACE: &str = "INSTANCEID";

/// What a client of Durable Functions is set up with: the JSON that Azure's host hands to a function with a client binding.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Binding<'p> {
    task_hub_name: &'static str,
    #[schema(required)]
    connection_name: Option<&'static str>,
    creation_urls: CreationUrls,
    management_urls: ManagementUrls<'p>,
    base_url: String,
    required_query_string_parameters: String,
    rpc_base_url: String,
    #[schema(required)]
    http_base_url: Option<&'static str>,
}

/// Links with places for a function and an ID.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreationUrls {
    create_new_instance_post_uri: String,
    create_and_wait_on_new_instance_post_uri: String,
}

/// The links of one instance, and the one to rewind it, which the management payload does not have.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManagementUrls<'p> {
    #[serde(flatten)]
    payload: ManagementPayload<'p>,
    rewind_post_uri: String,
}

impl<'p> Binding<'p> {
    fn new(caller: &Caller, place: &'p InstanceId) -> Self {
        let base = format!("{}{WEBHOOK_BASE}", caller.base());
        let code = caller.required();
        let create = format!("{base}/orchestrators/{{functionName}}[/{{instanceId}}]");
        let and = if code.is_empty() { "" } else { "&" };
        let question = if code.is_empty() { "" } else { "?" };
        Self {
            task_hub_name: TASK_HUB,
            connection_name: None,
            creation_urls: CreationUrls {
                create_new_instance_post_uri: format!("{create}{question}{code}"),
                create_and_wait_on_new_instance_post_uri: format!(
                    "{create}?timeout={{timeoutInSeconds}}&pollingInterval={{intervalInSeconds}}{and}{code}"
                ),
            },
            management_urls: ManagementUrls {
                payload: caller.management_payload(place),
                rewind_post_uri: caller.url(place, "/rewind", "reason={text}&"),
            },
            base_url: base,
            required_query_string_parameters: code,
            rpc_base_url: caller.rpc_base(),
            http_base_url: None,
        }
    }
}

/// How a client of Durable Functions reaches this host
///
/// As the caller reached it. The key in the query is the one that the client will bring: a system key.
#[utoipa::path(
    get, path = "/admin/host/binding", operation_id = "showBinding",
    responses(
        (status = 200, description = "What a client is set up with.", body = Binding),
        (status = 400, description = "The key in the query is a master key, which is none for links.", body = Problem),
    )
)]
pub(crate) async fn show<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    parts: Parts,
) -> Result<Response, Problem> {
    let query = Query::parse(parts.uri.query());
    let code = query.words("code").map(KeyDigest::of);
    if code.is_some_and(|code| access::is_master(&app, &code)) {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "key-too-strong",
            "a client passes its key on in links, so a master key is none for it: make a system key, and ask with that one",
        ));
    }
    let caller = Caller::new(&parts, &query);
    let place = PLACE.parse().expect("an instance id");
    Ok(json(StatusCode::OK, &Binding::new(&caller, &place)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::arrival::Arrival;

    fn binding(target: &str) -> Value {
        let parts = Arrival::parts(target);
        let caller = Caller::new(&parts, &Query::parse(parts.uri.query()));
        let place = PLACE.parse().unwrap();
        serde_json::to_value(Binding::new(&caller, &place)).unwrap()
    }

    #[test]
    fn a_key_is_in_every_link() {
        let base = "http://localhost:7071/runtime/webhooks/durabletask";
        let of = format!("{base}/instances/INSTANCEID");
        let hub = "taskHub=Soloist&connection=Storage&code=K";
        let create = format!("{base}/orchestrators/{{functionName}}[/{{instanceId}}]");
        assert_eq!(
            binding("/admin/host/binding?code=K"),
            json!({
                "taskHubName": "Soloist",
                "connectionName": null,
                "creationUrls": {
                    "createNewInstancePostUri": format!("{create}?code=K"),
                    "createAndWaitOnNewInstancePostUri": format!(
                        "{create}?timeout={{timeoutInSeconds}}&pollingInterval={{intervalInSeconds}}&code=K"
                    ),
                },
                "managementUrls": {
                    "id": "INSTANCEID",
                    "statusQueryGetUri": format!("{of}?{hub}"),
                    "sendEventPostUri": format!("{of}/raiseEvent/{{eventName}}?{hub}"),
                    "terminatePostUri": format!("{of}/terminate?reason={{text}}&{hub}"),
                    "rewindPostUri": format!("{of}/rewind?reason={{text}}&{hub}"),
                    "purgeHistoryDeleteUri": format!("{of}?{hub}"),
                    "restartPostUri": format!("{of}/restart?{hub}"),
                    "suspendPostUri": format!("{of}/suspend?reason={{text}}&{hub}"),
                    "resumePostUri": format!("{of}/resume?reason={{text}}&{hub}"),
                },
                "baseUrl": base,
                "requiredQueryStringParameters": "code=K",
                "rpcBaseUrl": "http://key:K@localhost:7071/durabletask/",
                "httpBaseUrl": null,
            })
        );
    }

    #[test]
    fn without_a_key_the_links_end_where_they_should() {
        let binding = binding("/admin/host/binding");
        let create = binding["creationUrls"]["createNewInstancePostUri"]
            .as_str()
            .unwrap();
        assert!(create.ends_with("[/{instanceId}]"), "{create}");
        let wait = &binding["creationUrls"]["createAndWaitOnNewInstancePostUri"];
        let wait = wait.as_str().unwrap();
        assert!(wait.ends_with("={intervalInSeconds}"), "{wait}");
        assert_eq!(binding["requiredQueryStringParameters"], "");
        assert_eq!(binding["rpcBaseUrl"], "http://localhost:7071/durabletask/");
    }
}
