//! What this host tells of its HTTP surfaces: as `OpenAPI`, and as a page to read.
//!
//! Each operation is described by `#[utoipa::path]` on what answers it, and the body that it answers with by `ToSchema` on the
//! struct that is written. [`Routes`] takes method and path from there, so what is served is described, and what is said of it
//! stands in one place. What any request may be answered with, whatever it asks for, is added in `common`.

mod common;
mod document;
mod page;
mod parameters;
mod routes;
mod schemas;

use std::sync::OnceLock;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use soloist_engine::{Guests, Platform, TaskHub};

use crate::app::App;
use crate::reply::bytes;
pub(crate) use parameters::{Function, Instance};
pub(crate) use routes::{Describe, Described, Routes, beside};
pub(crate) use schemas::one_of;

/// The description of all routes. Its texts are made when somebody first asks for them.
pub(crate) struct Description {
    described: Vec<(Describe, &'static str)>,
    json: OnceLock<Bytes>,
    page: OnceLock<Page>,
}

struct Page {
    html: Bytes,
    policy: HeaderValue,
}

impl Description {
    pub(crate) fn new(described: Vec<(Describe, &'static str)>) -> Self {
        Self {
            described,
            json: OnceLock::new(),
            page: OnceLock::new(),
        }
    }

    fn json(&self) -> Bytes {
        let json = self.json.get_or_init(|| {
            let document = document::of(&self.described);
            let text = document.to_pretty_json();
            let text = text.expect("a description has string keys and cannot fail");
            (text + "\n").into()
        });
        json.clone()
    }

    fn page(&self) -> &Page {
        self.page.get_or_init(|| Page {
            html: page::of(&document::of(&self.described)).into(),
            policy: page::policy(),
        })
    }
}

/// This description, for programs
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "showDescription", security(()),
    responses((status = 200, description = "The description.", body = Object))
)]
pub(crate) async fn show_json<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
) -> Response {
    let json = app.shared.description.json();
    bytes(StatusCode::OK, "application/json; charset=utf-8", json)
}

/// This description, as a page to read
#[utoipa::path(
    get, path = "/docs", operation_id = "showPage", security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(crate) async fn show_page<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
) -> Response {
    let page = app.shared.description.page();
    let html = page.html.clone();
    let mut reply = bytes(StatusCode::OK, "text/html; charset=utf-8", html);
    let headers = reply.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, page.policy.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    reply
}
