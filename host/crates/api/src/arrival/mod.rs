//! How a request came here: under which URL, and whether by a proxy.

mod authority;
mod element;
mod hops;
mod network;
mod origin;
mod public_url;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::Shared;
use crate::problem::Problem;
use crate::{ApiSettings, guard};
use authority::Authority;
use hops::Misleading;
pub use network::{Network, NoNetwork};
use origin::Scheme;
pub use origin::{NoOrigin, Origin};
pub use public_url::{NoPublicUrl, PublicUrl};

/// How many bytes a request line and its headers may have. The listener puts it among the extensions of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadLimit(pub(crate) usize);

/// How a request came here. [`arrive`] puts it among the extensions of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    base: Arc<str>,
    is_proxied: bool,
}

/// Finds out how a request came here, and refuses one that leaves it open.
pub(crate) async fn arrive(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    let settings = &shared.settings;
    match check_head(&request).and_then(|()| Arrival::of(&request, settings)) {
        Ok(arrival) => request.extensions_mut().insert(arrival),
        Err(problem) => return problem.into_response(),
    };
    // What a browser asks before a page's request is answered before the guard sees it.
    let is_asked_before = request.method() == Method::OPTIONS && !settings.cors_origins.is_empty();
    if is_asked_before && let Err(problem) = guard::check_address(&request, settings) {
        return problem.into_response();
    }
    next.run(request).await
}

/// Lets in a request whose line and headers are small enough. The library checks that only while it waits for more of
/// them, so that what comes at once may have twice as much.
fn check_head(request: &Request) -> Result<(), Problem> {
    let Some(HeadLimit(max)) = request.extensions().get().copied() else {
        return Ok(());
    };
    let line = request.method().as_str().len()
        + request
            .uri()
            .path_and_query()
            .map_or(0, |path| path.as_str().len());
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| name.as_str().len() + value.len() + 4);
    let bytes = line + headers.sum::<usize>();
    if bytes <= max {
        return Ok(());
    }
    let detail = format!(
        "the request line and the headers have {bytes} bytes, and {max} are allowed: send fewer or shorter ones"
    );
    let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    Err(Problem::new(status, "head-too-large", detail))
}

impl Arrival {
    /// What a request of `serve`'s, or one with an address among its extensions, tells of its way.
    fn of(request: &Request, settings: &ApiSettings) -> Result<Self, Problem> {
        let (uri, headers) = (request.uri(), request.headers());
        let addressed = addressed(uri, headers)?;
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let trusted = &settings.trusted_proxies;
        let is_trusted = peer.is_some_and(|ConnectInfo(peer)| {
            trusted.iter().any(|network| network.contains(peer.ip()))
        });
        let public_url = settings.public_url.as_ref();
        let is_public = public_url
            .zip(addressed.as_ref())
            .is_some_and(|(url, addressed)| url.origin().is_at(addressed));
        let base = if let Some(url) = public_url {
            url.to_string()
        } else {
            let said = is_trusted.then(|| hops::said(headers, trusted));
            let said = said.transpose()?.unwrap_or_default();
            let scheme = said.scheme.unwrap_or(Scheme::Http);
            let origin = said.authority.or(addressed);
            let origin = origin.map(|authority| Origin::new(scheme, authority).to_string());
            origin.unwrap_or_default()
        };
        Ok(Self {
            base: base.into(),
            is_proxied: is_trusted || is_public || names_a_proxy(headers),
        })
    }

    /// What links begin with: `http://localhost:7071`, or where callers reach a proxy in front of this host.
    pub(crate) fn base(&self) -> &Arc<str> {
        &self.base
    }

    /// Whether a proxy has passed the request on, as far as can be seen, and so whether it may come from anywhere whatever its
    /// `Host` and its sender's address are. That takes no trust: a header of a proxy says so whoever has sent it.
    pub(crate) fn is_proxied(&self) -> bool {
        self.is_proxied
    }
}

/// What a request is addressed to, if it says so once.
fn addressed(uri: &Uri, headers: &HeaderMap) -> Result<Option<Authority>, Problem> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (uri.authority(), hosts.next(), hosts.next()) {
        (_, _, Some(_)) | (None, None, None) => return Ok(None),
        (Some(authority), ..) => Some(authority.as_str()),
        (None, Some(host), None) => host.to_str().ok(),
    };
    let authority = host.and_then(Authority::parse).ok_or_else(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "host-invalid",
            "the request is addressed to what is no host: send one, such as `Host: 127.0.0.1:7071`",
        )
    });
    authority.map(Some)
}

/// Whether a header is there that proxies add.
fn names_a_proxy(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        let name = name.as_str();
        ["forwarded", "via", "x-real-ip"].contains(&name) || name.starts_with("x-forwarded-")
    })
}

impl From<Misleading> for Problem {
    fn from(error: Misleading) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "forwarding-misleading",
            error.to_string(),
        )
    }
}

#[cfg(test)]
mod tests;
