use std::sync::Arc;

use axum::http::Uri;
use axum::http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use soloist_core::InstanceId;
use utoipa::ToSchema;

use crate::arrival::Arrival;
use crate::query::Query;

/// The path of the management API that all links name.
pub(crate) const WEBHOOK_BASE: &str = "/runtime/webhooks/durabletask";
pub(crate) const TASK_HUB: &str = "Soloist";
const CONNECTION: &str = "Storage";

/// What is left as it is in an id within a URL. A space becomes `%20`, which a path and a form both read as a space; the
/// `+` of a form would be a plus sign in a path.
const KEPT: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*');

/// How a caller reached this host, from which follows how links must look to lead back to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// What every link begins with.
    base: Arc<str>,
    /// The key in the query of the request, encoded: every link carries it on. One in a header stays with the caller.
    key: Option<String>,
    /// Carried on by the status link alone.
    fails_with_500: bool,
}

/// The management payload: the links of one instance, in the order of Durable Functions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManagementPayload<'i> {
    id: &'i str,
    pub(crate) status_query_get_uri: String,
    send_event_post_uri: String,
    terminate_post_uri: String,
    purge_history_delete_uri: String,
    restart_post_uri: String,
    suspend_post_uri: String,
    resume_post_uri: String,
}

impl Caller {
    pub(crate) fn new(parts: &Parts, query: &Query) -> Self {
        let arrival = parts.extensions.get::<Arrival>();
        let arrival = arrival.expect("every request passes `arrive`");
        Self {
            base: Arc::clone(arrival.base()),
            key: query
                .words("code")
                .map(|code| utf8_percent_encode(code, &KEPT).to_string()),
            fails_with_500: query.flag("returnInternalServerErrorOnFailure", false),
        }
    }

    /// The URL of the request itself.
    pub(crate) fn request_url(&self, uri: &Uri) -> String {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        format!("{}{path}", self.base)
    }

    /// The URL under which the status of an instance is found.
    pub(crate) fn status_url(&self, id: &InstanceId) -> String {
        let fails = if self.fails_with_500 {
            "&returnInternalServerErrorOnFailure=true"
        } else {
            ""
        };
        self.url(id, "", "") + fails
    }

    pub(crate) fn management_payload<'i>(&self, id: &'i InstanceId) -> ManagementPayload<'i> {
        ManagementPayload {
            id: id.as_str(),
            status_query_get_uri: self.status_url(id),
            send_event_post_uri: self.url(id, "/raiseEvent/{eventName}", ""),
            terminate_post_uri: self.url(id, "/terminate", "reason={text}&"),
            purge_history_delete_uri: self.url(id, "", ""),
            restart_post_uri: self.url(id, "/restart", ""),
            suspend_post_uri: self.url(id, "/suspend", "reason={text}&"),
            resume_post_uri: self.url(id, "/resume", "reason={text}&"),
        }
    }

    /// `http://localhost:7071`, or where callers reach a proxy in front of this host.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The second base of the management API. A client joins its paths to it, and adds no query: its key is in the place of a
    /// password.
    pub(crate) fn rpc_base(&self) -> String {
        let Self { base, key, .. } = self;
        match (base.split_once("://"), key) {
            (Some((scheme, host)), Some(key)) => {
                format!("{scheme}://key:{key}@{host}/durabletask/")
            }
            _ => format!("{base}/durabletask/"),
        }
    }

    /// What every request needs in its query: the key that this one brought, or nothing.
    pub(crate) fn required(&self) -> String {
        let key = self.key.as_ref();
        key.map_or_else(String::new, |key| format!("code={key}"))
    }

    pub(crate) fn url(&self, id: &InstanceId, operation: &str, query: &str) -> String {
        let id = utf8_percent_encode(id.as_str(), &KEPT);
        let Self { base, key, .. } = self;
        let carried = key.as_ref();
        let carried = carried.map_or_else(String::new, |key| format!("&code={key}"));
        format!(
            "{base}{WEBHOOK_BASE}/instances/{id}{operation}?{query}taskHub={TASK_HUB}&connection={CONNECTION}{carried}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(target: &str) -> Caller {
        let parts = Arrival::parts(target);
        Caller::new(&parts, &Query::parse(parts.uri.query()))
    }

    #[test]
    fn the_management_payload_has_eight_links_in_order() {
        let id = "night 7+ü".parse().unwrap();
        let payload = caller("/x?code=a%2Fb").management_payload(&id);
        let base =
            "http://localhost:7071/runtime/webhooks/durabletask/instances/night%207%2B%C3%BC";
        let hub = "taskHub=Soloist&connection=Storage&code=a%2Fb";
        let expected = [
            ("id", "night 7+ü".to_owned()),
            ("statusQueryGetUri", format!("{base}?{hub}")),
            (
                "sendEventPostUri",
                format!("{base}/raiseEvent/{{eventName}}?{hub}"),
            ),
            (
                "terminatePostUri",
                format!("{base}/terminate?reason={{text}}&{hub}"),
            ),
            ("purgeHistoryDeleteUri", format!("{base}?{hub}")),
            ("restartPostUri", format!("{base}/restart?{hub}")),
            (
                "suspendPostUri",
                format!("{base}/suspend?reason={{text}}&{hub}"),
            ),
            (
                "resumePostUri",
                format!("{base}/resume?reason={{text}}&{hub}"),
            ),
        ]
        .map(|(key, value)| format!("\"{key}\":\"{value}\""))
        .join(",");
        assert_eq!(
            serde_json::to_string(&payload).unwrap(),
            format!("{{{expected}}}")
        );
    }

    #[test]
    fn only_the_status_link_carries_the_wish_for_500() {
        let id = "a".parse().unwrap();
        let payload = caller("/x?returninternalservererroronfailure=True").management_payload(&id);
        assert!(
            payload
                .status_query_get_uri
                .ends_with("connection=Storage&returnInternalServerErrorOnFailure=true")
        );
        assert!(payload.restart_post_uri.ends_with("connection=Storage"));
    }

    #[test]
    fn the_request_url_is_the_one_that_was_asked_for() {
        let uri = "/runtime/Webhooks/durabletask/instances/a+b?x=%20"
            .parse()
            .unwrap();
        assert_eq!(
            caller("/").request_url(&uri),
            "http://localhost:7071/runtime/Webhooks/durabletask/instances/a+b?x=%20"
        );
    }
}
