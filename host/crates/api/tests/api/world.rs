use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use soloist_api::{ApiSettings, router};
use soloist_engine::testing::MemoryHub;
use soloist_engine::{Engine, EngineSettings};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::contract;
use crate::scripted::{Scripted, StillClock};

pub(crate) const BASE: &str = "/runtime/webhooks/durabletask";

/// One host, as far as its HTTP surfaces go.
pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) hub: MemoryHub,
    pub(crate) guests: Scripted,
    pub(crate) stopping: CancellationToken,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(ApiSettings::default()).await
    }

    pub(crate) async fn with(settings: ApiSettings) -> Self {
        Self::over(settings, EngineSettings::default()).await
    }

    pub(crate) async fn over(settings: ApiSettings, engine: EngineSettings) -> Self {
        Self::on(MemoryHub::new(), settings, engine).await
    }

    pub(crate) async fn on(hub: MemoryHub, settings: ApiSettings, engine: EngineSettings) -> Self {
        let guests = Scripted::new();
        let stopping = CancellationToken::new();
        let engine = Engine::start_up(hub.clone(), guests.clone(), StillClock, engine);
        let router = router(engine.await.unwrap(), settings, stopping.clone());
        Self {
            router,
            hub,
            guests,
            stopping,
        }
    }

    /// A host with these functions, each a name and its script.
    pub(crate) async fn with_functions<const N: usize>(
        functions: [(&str, &'static str); N],
    ) -> Self {
        Self::new().await.and_functions(functions).await
    }

    /// A host that keeps so many earlier executions of each instance.
    pub(crate) async fn keeping<const N: usize>(
        earlier: usize,
        functions: [(&str, &'static str); N],
    ) -> Self {
        let (api, engine) = (ApiSettings::default(), EngineSettings::default());
        let world = Self::on(MemoryHub::keeping(earlier), api, engine).await;
        world.and_functions(functions).await
    }

    pub(crate) async fn and_functions<const N: usize>(
        self,
        functions: [(&str, &'static str); N],
    ) -> Self {
        for (name, script) in functions {
            let reply = self
                .send("PUT", &format!("/admin/functions/{name}"), script)
                .await;
            assert_eq!(reply.status, 201, "{reply:?}");
        }
        self
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: impl Into<Body>) -> Reply {
        self.call(request(method, path).body(body.into()).unwrap())
            .await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &'static str) -> Reply {
        self.send("POST", path, body).await
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Reply {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let reply = self.ask(request).await;
        contract::check(&method, &path, &reply);
        reply
    }

    /// Without a look at what is described.
    pub(crate) async fn ask(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }
}

pub(crate) fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost:7071")
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A problem with this status and code.
    pub(crate) fn assert_problem(&self, status: StatusCode, code: &str) {
        assert_eq!(self.status, status.as_u16(), "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json()["code"], code);
        assert_eq!(self.json()["status"], status.as_u16());
    }

    /// An error of the management API, whose three keys are always there.
    pub(crate) fn assert_fault(&self, status: u16, message: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            "application/json; charset=utf-8"
        );
        let body = self.json();
        assert_eq!(body["Message"], message);
        assert!(body["ExceptionMessage"].is_string(), "{body}");
        assert!(body["ExceptionType"].is_string(), "{body}");
    }

    /// A reply whose body is truly empty.
    pub(crate) fn assert_empty(&self, status: u16) {
        assert_eq!((self.status, self.text.as_str()), (status, ""), "{self:?}");
    }
}
