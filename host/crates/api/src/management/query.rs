//! Instances are listed, and cleaned up, by a filter.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Serialize;
use soloist_core::Timestamp;
use soloist_engine::{
    Guests, InstanceFilter, InstanceList, InstanceOrder, InstancePlace, Platform, RuntimeStatus,
    Shown, TaskHub,
};
use utoipa::{IntoParams, ToSchema};

use super::fault::{Fault, FaultBody};
use super::status::{StatusBody, StatusOptions, body};
use super::{Call, PurgedBody};
use crate::app::App;
use crate::moment::{Rounding, read};
use crate::query::Query;
use crate::reply::{empty, json};
use crate::tags::{Tag, tags};

/// Where a page went on from, and where the next one does; empty if there is none.
pub(crate) const TOKEN: HeaderName = HeaderName::from_static("x-ms-continuation-token");

/// How many instances a page has where the request does not say.
const TOP: usize = 100;
/// The most instances of one page.
const TOP_MAX: usize = 1_000;

/// Which instances are meant.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "the description reads it; see `filter`")]
struct FilterQuery {
    /// At or before this time.
    #[param(format = "date-time")]
    created_time_to: Option<String>,
    /// One of these, separated by commas: Pending, Running, Suspended, Completed, Failed, Terminated. It may stand more than once. What
    /// is no status is dropped; where nothing else is named, no instance is meant.
    runtime_status: Option<Vec<String>>,
    /// The ID begins with this.
    instance_id_prefix: Option<String>,
    /// Of this function.
    #[param(pattern = "^[A-Za-z][A-Za-z0-9_-]{0,126}$")]
    function_name: Option<String>,
    /// `name:value`: has this tag. Where it stands more than once, all of them.
    #[param(inline, max_items = 16)]
    tag: Option<Vec<Tag>>,
}

/// From when on instances are meant, if anything is said.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "the description reads it; see `filter`")]
struct FromQuery {
    /// At or after this time.
    #[param(format = "date-time")]
    created_time_from: Option<String>,
}

/// From when on instances are meant, where it must be said.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "the description reads it; see `purge`")]
struct NeededFromQuery {
    /// At or after this time.
    #[param(format = "date-time")]
    created_time_from: String,
}

/// What is shown of each, and of how many.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "the description reads it; `list` reads the query")]
struct PageQuery {
    /// So many at most: 100 if nothing is said, and 1,000 at most.
    #[param(minimum = 1)]
    top: Option<u64>,
    /// With the inputs; which is the default.
    show_input: Option<bool>,
}

/// Where a page begins.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the description reads it; see `after`")]
struct PageHeader {
    /// The token of the page before, to be sent with the same query.
    #[param(rename = "x-ms-continuation-token", required = false)]
    token: String,
}

/// List instances, a page at a time
///
/// With `instanceIdPrefix` and no `tag` the order is that of the IDs, else that of creation. A page may be short, or empty, before
/// the last.
#[utoipa::path(
    get, path = "/instances", operation_id = "listInstances",
    params(FromQuery, FilterQuery, PageQuery, PageHeader),
    responses(
        (status = 200, description = "A page.", body = [StatusBody], headers(
            ("x-ms-continuation-token" = String, description = "Where the next page begins; empty on the last one."))),
        (status = 400, description = "The function or a tag is none, or the token is not of this query.", body = FaultBody),
    )
)]
pub(super) async fn list<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    call: &Call,
) -> Result<Response, Fault> {
    let query = &call.query;
    let filter = filter(query)?;
    let after = after(&call.parts.headers, filter.order())?;
    let options = StatusOptions::of(query);
    let list = InstanceList {
        filter,
        after,
        shown: if options.shows_inputs() {
            Shown::Whole
        } else {
            Shown::WithoutInput
        },
        limit: top(query),
    };
    let page = app.engine.instances(list).await?;
    let bodies: Vec<_> = page
        .instances
        .iter()
        .map(|status| body(status, None, options))
        .collect();
    let mut reply = json(StatusCode::OK, &bodies);
    let token = page.next.as_ref().map_or_else(String::new, token);
    let token = HeaderValue::try_from(token).expect("a token is of letters and digits");
    reply.headers_mut().insert(TOKEN, token);
    Ok(reply)
}

/// Why nothing is cleaned up.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the description reads it")]
enum NotCleanedUp {
    /// `createdTimeFrom` is missing: a sentence.
    Sentence(String),
    Fault(FaultBody<'static>),
}

/// Purge what has ended
///
/// A clean-up that would take longer than 30 s is broken off, and says how much went: whoever asks
/// again cleans up the rest.
#[utoipa::path(
    delete, path = "/instances", operation_id = "purgeInstances",
    params(NeededFromQuery, FilterQuery),
    responses(
        (status = 200, description = "So many went.", body = PurgedBody),
        (status = 400, description = "`createdTimeFrom` is missing, or the function or a tag is none.", body = inline(NotCleanedUp)),
        (status = 404, description = "Nothing has ended of what is meant."),
    )
)]
pub(super) async fn purge<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    call: &Call,
) -> Result<Response, Fault> {
    let filter = filter(&call.query)?;
    if filter.created_from.is_none() {
        let text = "Please provide value for 'createdTimeFrom' parameter.";
        return Ok(json(StatusCode::BAD_REQUEST, &text));
    }
    let deleted = purge_within(app, &filter, app.shared.settings.purge_max).await?;
    if deleted == 0 {
        return Ok(empty(StatusCode::NOT_FOUND));
    }
    let body = PurgedBody {
        instances_deleted: u64::try_from(deleted).unwrap_or(u64::MAX),
    };
    Ok(json(StatusCode::OK, &body))
}

async fn purge_within<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    filter: &InstanceFilter,
    patience: Duration,
) -> Result<usize, Fault> {
    let time_is_up = tokio::time::sleep(patience);
    tokio::pin!(time_is_up);
    let (mut deleted, mut after) = (0, None);
    loop {
        let cleaned = app.engine.clean_up(filter, after).await?;
        deleted += cleaned.purged;
        after = cleaned.next;
        let is_over = tokio::select! {
            biased;
            () = app.shared.stopping.cancelled() => true,
            () = &mut time_is_up => true,
            () = std::future::ready(()) => after.is_none(),
        };
        if is_over {
            return Ok(deleted);
        }
    }
}

fn filter(query: &Query) -> Result<InstanceFilter, Fault> {
    let function = query.text("functionName").map(str::parse).transpose();
    let time = |key, rounding| query.words(key).and_then(|text| read(text, rounding));
    Ok(InstanceFilter {
        created_from: time("createdTimeFrom", Rounding::Up),
        created_to: time("createdTimeTo", Rounding::Down),
        statuses: statuses(query),
        prefix: query.words("instanceIdPrefix").map(str::to_owned),
        function: function.map_err(|error: soloist_core::InvalidFunctionName| {
            Fault::Argument(format!("functionName is no name of a function: {error}"))
        })?,
        tags: tags(query).map_err(|error| Fault::Argument(error.to_string()))?,
    })
}

/// The states of all `runtimeStatus`. What is no state is dropped; but where no other is named, nothing is in it.
fn statuses(query: &Query) -> Option<Vec<RuntimeStatus>> {
    let texts: Vec<_> = query
        .all("runtimeStatus")
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .collect();
    (!texts.is_empty()).then(|| texts.into_iter().filter_map(status).collect())
}

/// A state by its name or its number, as .NET reads them. `ContinuedAsNew` and `Canceled` are states of no instance here.
fn status(text: &str) -> Option<RuntimeStatus> {
    match text {
        "Running" | "0" => Some(RuntimeStatus::Running),
        "Completed" | "1" => Some(RuntimeStatus::Completed),
        "Failed" | "3" => Some(RuntimeStatus::Failed),
        "Terminated" | "5" => Some(RuntimeStatus::Terminated),
        "Pending" | "6" => Some(RuntimeStatus::Pending),
        "Suspended" | "7" => Some(RuntimeStatus::Suspended),
        _ => None,
    }
}

fn top(query: &Query) -> usize {
    let top = query.words("top").and_then(|top| top.trim().parse().ok());
    top.filter(|top| *top > 0).unwrap_or(TOP).min(TOP_MAX)
}

fn after(headers: &HeaderMap, order: InstanceOrder) -> Result<Option<InstancePlace>, Fault> {
    let Some(token) = headers.get(TOKEN).filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    let place = token.to_str().ok().and_then(place);
    let place = place.filter(|place| place.order() == order);
    place.map(Some).ok_or_else(|| {
        Fault::Argument(format!(
            "{TOKEN} is none that this query gave: send it with the query whose answer it came with, or leave it out"
        ))
    })
}

fn token(place: &InstancePlace) -> String {
    match place {
        InstancePlace::Id(id) => {
            format!("i{}", utf8_percent_encode(id.as_str(), NON_ALPHANUMERIC))
        }
        InstancePlace::Creation { created, number } => {
            format!("c{}.{number}", created.as_millis())
        }
    }
}

fn place(token: &str) -> Option<InstancePlace> {
    if let Some(id) = token.strip_prefix('i') {
        let id = percent_decode_str(id).decode_utf8().ok()?;
        return id.parse().ok().map(InstancePlace::Id);
    }
    let (created, number) = token.strip_prefix('c')?.split_once('.')?;
    Some(InstancePlace::Creation {
        created: Timestamp::from_millis(created.parse().ok()?),
        number: number.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> InstanceFilter {
        filter(&Query::parse(Some(text))).unwrap()
    }

    #[test]
    fn states_are_a_list_of_names_and_numbers_however_often_the_key_stands() {
        use RuntimeStatus::{Completed, Failed, Pending};
        for (query, expected) in [
            ("", None),
            ("runtimeStatus=", None),
            (
                "runtimeStatus=Completed,Failed",
                Some(vec![Completed, Failed]),
            ),
            (
                "runtimestatus=6&RuntimeStatus=Failed, ,",
                Some(vec![Pending, Failed]),
            ),
            ("runtimeStatus=completed,Failed", Some(vec![Failed])),
            ("runtimeStatus=Compleeted", Some(vec![])),
            ("runtimeStatus=Canceled,ContinuedAsNew", Some(vec![])),
        ] {
            assert_eq!(of(query).statuses, expected, "{query}");
        }
    }

    #[test]
    fn times_within_a_millisecond_are_cut_towards_the_inside() {
        let filter = of(
            "createdTimeFrom=2026-01-02T03:04:05.678001Z&createdTimeTo=2026-01-02T03:04:05.678901Z",
        );
        assert_eq!(
            filter.created_from,
            Some(Timestamp::from_millis(1_767_323_045_679))
        );
        assert_eq!(
            filter.created_to,
            Some(Timestamp::from_millis(1_767_323_045_678))
        );
        let filter = of("createdTimeFrom=yesterday&createdTimeTo=");
        assert_eq!((filter.created_from, filter.created_to), (None, None));
    }

    #[test]
    fn a_page_is_as_long_as_asked_for_but_bounded() {
        for (query, expected) in [
            ("", 100),
            ("top=3", 3),
            ("top=0", 100),
            ("top=-1", 100),
            ("top=many", 100),
            ("top=5000", 1_000),
        ] {
            assert_eq!(top(&Query::parse(Some(query))), expected, "{query}");
        }
    }

    #[test]
    fn a_place_comes_back_from_its_token() {
        for expected in [
            InstancePlace::Id("night 7+\u{fc}".parse().unwrap()),
            InstancePlace::Creation {
                created: Timestamp::from_millis(-5),
                number: 7,
            },
        ] {
            let token = token(&expected);
            assert!(HeaderValue::from_str(&token).is_ok(), "{token}");
            assert_eq!(place(&token), Some(expected));
        }
        for token in ["x", "i", "i@a", "i%FF", "c1", "c1.", "c.1", "cx.1"] {
            assert_eq!(place(token), None, "{token}");
        }
    }
}
