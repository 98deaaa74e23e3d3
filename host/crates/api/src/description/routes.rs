use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use utoipa::openapi::path::{HttpMethod, Operation};

/// A router that serves only what is described.
pub(crate) struct Routes<S> {
    router: Router<S>,
    described: Vec<(Describe, &'static str)>,
}

/// An operation and where it is.
pub(crate) struct Described {
    pub(crate) methods: Vec<HttpMethod>,
    pub(crate) path: String,
    pub(crate) operation: Operation,
}

/// Says what there is to say of an operation. It is asked only when somebody asks the host, which holds no description till then.
pub(crate) type Describe = fn() -> Described;

/// As it stands beside a function.
pub(crate) fn beside<D: utoipa::Path>() -> Described {
    Described {
        methods: D::methods(),
        path: D::path(),
        operation: D::operation(),
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub(crate) fn new() -> Self {
        Self {
            router: Router::new(),
            described: Vec::new(),
        }
    }

    /// Answers by `handler` what the description beside it names.
    #[must_use]
    pub(crate) fn serve<D, T, F>(mut self, _: D, handler: F) -> Self
    where
        D: utoipa::Path,
        T: 'static,
        F: Handler<T, S>,
    {
        let methods = D::methods();
        let methods = methods
            .iter()
            .map(filter)
            .reduce(MethodFilter::or)
            .expect("it names a method");
        self.router = self.router.route(&D::path(), on(methods, handler));
        self.described.push((beside::<D>, ""));
        self
    }

    /// Answers another writing of a path that is described.
    #[must_use]
    pub(crate) fn also(mut self, path: &str, methods: MethodRouter<S>) -> Self {
        self.router = self.router.route(path, methods);
        self
    }

    /// Tells of operations that the fallback answers under a base.
    #[must_use]
    pub(crate) fn describe(mut self, base: &'static str, described: &[Describe]) -> Self {
        let described = described.iter().map(|describe| (*describe, base));
        self.described.extend(described);
        self
    }

    pub(crate) fn split(self) -> (Router<S>, Vec<(Describe, &'static str)>) {
        (self.router, self.described)
    }
}

fn filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}
