//! What activities may do beyond computing: nothing, but what the settings grant their function.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Authority, Client, Guest, Host, HostOptions, Server};

/// A host with settings of its own, and the activity `effects` under several names.
struct Granted {
    host: Host,
    client: Client,
    asked: AtomicUsize,
    _settings: TempDir,
}

impl Granted {
    /// The names are those of the tables in `settings`, and `plain`, which has none.
    async fn start(settings: &str) -> Result<Self> {
        Self::start_with(settings, HostOptions::default()).await
    }

    async fn start_with(settings: &str, mut options: HostOptions) -> Result<Self> {
        let dir = TempDir::new()?;
        let file = dir.path().join("soloist.toml");
        fs::write(&file, settings)?;
        let file = file.to_str().context("a temporary path is Unicode")?;
        options
            .arguments
            .extend(["--config".to_owned(), file.to_owned()]);
        let (host, client) = crate::host_with(options, &["chain"]).await?;
        let tables = settings
            .lines()
            .filter_map(|line| line.strip_prefix("[function.")?.strip_suffix(']'));
        for name in tables.chain(["plain"]) {
            client
                .deploy(name, Guest::Effects, Some("activity"))
                .await?;
        }
        Ok(Self {
            host,
            client,
            asked: AtomicUsize::new(0),
            _settings: dir,
        })
    }

    /// What the activity answers to its wish: its output, or its failure.
    async fn ask(&self, activity: &str, wish: Value) -> Result<Result<Value, Value>> {
        let id = format!("ask-{}", self.asked.fetch_add(1, Ordering::Relaxed));
        let input = json!({"n": 1, "activity": activity, "input": wish});
        let ended = self.client.run("chain", &id, &input).await?;
        if ended.status == "Completed" {
            return Ok(Ok(ended.output[0].clone()));
        }
        let events = self.client.events(&id).await?;
        let failed = events.iter().find(|event| event["type"] == "TaskFailed");
        Ok(Err(
            failed.context("the activity failed")?["failure"].clone()
        ))
    }

    async fn output(&self, activity: &str, wish: Value) -> Result<Value> {
        let output = self.ask(activity, wish).await?;
        output.map_err(|failure| anyhow::anyhow!("it failed: {failure}"))
    }

    /// Asserts that the activity fails with this error type, and details with all of these parts.
    async fn fails(
        &self,
        activity: &str,
        wish: Value,
        error_type: &str,
        parts: &[&str],
    ) -> Result<()> {
        let answer = self.ask(activity, wish.clone()).await?;
        let failure = answer.expect_err("it fails");
        assert_eq!(failure["errorType"], error_type, "{wish}: {failure}");
        let details = failure["details"].as_str().unwrap_or_default();
        for part in parts {
            assert!(details.contains(part), "{part:?} is not in {details:?}");
        }
        Ok(())
    }
}

fn fetch(url: &str) -> Value {
    json!({"do": "fetch", "url": url})
}

fn read(path: &str) -> Value {
    json!({"do": "read", "path": path})
}

#[tokio::test]
async fn nothing_is_granted_by_default() -> Result<()> {
    let server = Server::start().await?;
    let granted = Granted::start("").await?;
    let url = server.url("/hello");
    let entry = server.address().to_string();
    let parts = [&server.url(""), &entry, "allow_hosts", "[function.plain]"];
    granted
        .fails("plain", fetch(&url), "HttpRequestDenied", &parts)
        .await?;
    assert_eq!(server.seen().len(), 0);
    let log = granted.host.log();
    assert!(log.contains("an activity was refused something"), "{log}");
    assert!(log.contains("allow_hosts of [function.plain]"), "{log}");

    assert_eq!(
        granted.output("plain", json!({"do": "env"})).await?,
        json!({})
    );
    let failure = granted.ask("plain", read("/etc/hostname")).await?;
    let failure = failure.expect_err("it sees no directory");
    let details = failure["details"].as_str().unwrap_or_default();
    assert!(details.contains("dirs of [function.plain]"), "{failure}");

    // Resources of WASI take the host's memory, also where nothing is granted.
    let failure = granted.ask("plain", json!({"do": "hoard"})).await?;
    let failure = failure.expect_err("it takes too many");
    assert_eq!(failure["errorType"], "Trap", "{failure}");
    Ok(())
}

#[tokio::test]
async fn sockets_and_lookups_are_refused_with_a_way_out() -> Result<()> {
    let server = Server::start().await?;
    let settings = format!(
        "[function.f]\nallow_hosts = [\"{}\", \"localhost\"]",
        server.address()
    );
    let granted = Granted::start(&settings).await?;
    let address = server.address().to_string();
    for (wish, part) in [
        (
            json!({"do": "connect", "address": address}),
            "open a TCP socket",
        ),
        (
            json!({"do": "send", "address": address}),
            "open a UDP socket",
        ),
        (
            json!({"do": "look-up", "name": "localhost"}),
            "look up the name \"localhost\"",
        ),
    ] {
        let parts = [part, "wasi:http", "allow_hosts of [function.f]"];
        granted.fails("f", wish, "PermissionDenied", &parts).await?;
    }
    assert_eq!(server.seen().len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_listed_host_can_be_called_by_its_function_alone() -> Result<()> {
    let server = Server::start().await?;
    let other = Server::start().await?;
    let settings = format!(
        "[function.by-address]\nallow_hosts = [\"{}\"]\n[function.by-name]\nallow_hosts = [\"localhost:{}\"]",
        server.address(),
        server.port(),
    );
    let granted = Granted::start(&settings).await?;
    let answer = granted
        .output("by-address", fetch(&server.url("/hello")))
        .await?;
    assert_eq!(
        (&answer["status"], &answer["text"]),
        (&json!(200), &json!("hello"))
    );
    let answer = granted
        .output("by-name", fetch(&server.named_url("/hello")))
        .await?;
    assert_eq!(answer["text"], "hello");
    let hosts = [
        format!("host: {}", server.address()),
        format!("host: localhost:{}", server.port()),
    ];
    for (head, host) in server.seen().iter().zip(hosts) {
        assert!(head.to_ascii_lowercase().contains(&host), "{head}");
    }

    // Another spelling of the address is the same address; another port, name or function is not.
    let mapped = format!("http://[::ffff:7f00:1]:{}/hello", server.port());
    assert_eq!(
        granted.output("by-address", fetch(&mapped)).await?["text"],
        "hello"
    );
    for (activity, url) in [
        ("plain", server.url("/hello")),
        ("by-address", server.named_url("/hello")),
        ("by-address", other.url("/hello")),
        ("by-name", server.url("/hello")),
        ("by-name", other.named_url("/hello")),
    ] {
        granted
            .fails(activity, fetch(&url), "HttpRequestDenied", &["allow_hosts"])
            .await?;
    }
    assert_eq!((server.seen().len(), other.seen().len()), (3, 0));
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() -> Result<()> {
    let server = Server::start().await?;
    let forbidden = Server::start().await?;
    let settings = format!("[function.f]\nallow_hosts = [\"{}\"]", server.address());
    let granted = Granted::start(&settings).await?;
    let to = forbidden.url("/hello");
    let answer = granted
        .output("f", fetch(&server.url(&format!("/redirect/{to}"))))
        .await?;
    assert_eq!(
        (&answer["status"], &answer["location"]),
        (&json!(302), &json!(to))
    );
    granted
        .fails("f", fetch(&to), "HttpRequestDenied", &["allow_hosts"])
        .await?;
    assert_eq!(forbidden.seen().len(), 0);
    Ok(())
}

#[tokio::test]
async fn bodies_are_bounded_by_a_setting_that_the_failure_names() -> Result<()> {
    let server = Server::start().await?;
    let settings = format!(
        "http_body_bytes = \"64KiB\"\n[function.f]\nallow_hosts = [\"{}\"]",
        server.address()
    );
    let granted = Granted::start(&settings).await?;
    // wasmtime tells the error code of a body only where it is known ahead; its text is there in either case.
    for (verb, error_type) in [
        ("large", "HttpResponseBodySize"),
        ("chunked", "StreamError"),
    ] {
        let fits = granted
            .output("f", fetch(&server.url(&format!("/{verb}/65536"))))
            .await?;
        assert_eq!(fits["bytes"], 65536);
        let url = server.url(&format!("/{verb}/65537"));
        let parts = ["65536 bytes", "http-body-bytes"];
        granted.fails("f", fetch(&url), error_type, &parts).await?;
    }
    let send = |bytes: usize| json!({"do": "fetch", "method": "POST", "url": server.url("/count"), "bodyBytes": bytes});
    assert_eq!(granted.output("f", send(65536)).await?["text"], "65536");
    granted
        .fails(
            "f",
            send(65537),
            "HttpRequestBodySize",
            &["65536 bytes", "http-body-bytes"],
        )
        .await
}

#[tokio::test]
async fn a_server_that_is_slow_or_gone_is_an_error_code() -> Result<()> {
    let server = Server::start().await?;
    let closed = Server::start().await?.address();
    let settings = format!(
        "[function.f]\nallow_hosts = [\"{}\", \"{closed}\"]",
        server.address()
    );
    let granted = Granted::start(&settings).await?;
    let within = |path: &str| json!({"do": "fetch", "url": server.url(path), "firstByteMs": 100, "betweenBytesMs": 100});
    for (wish, error_type) in [
        (within("/never"), "HttpResponseTimeout"),
        (within("/drip"), "StreamError"),
        (fetch(&server.url("/half")), "StreamError"),
        (fetch(&server.url("/hang-up")), "HttpResponseIncomplete"),
        (
            fetch(&format!("http://{closed}/hello")),
            "ConnectionRefused",
        ),
    ] {
        granted.fails("f", wish, error_type, &["127.0.0.1"]).await?;
    }
    let tunnel = json!({"do": "fetch", "method": "CONNECT", "url": server.url("/hello")});
    granted
        .fails("f", tunnel, "HttpRequestMethodInvalid", &["CONNECT"])
        .await
}

#[tokio::test]
async fn waiting_for_a_server_counts_as_the_activitys_time() -> Result<()> {
    let server = Server::start().await?;
    let settings = format!(
        "activity_timeout = \"300ms\"\n[function.f]\nallow_hosts = [\"{}\"]",
        server.address()
    );
    let granted = Granted::start(&settings).await?;
    for path in ["/never", "/drip"] {
        let failure = granted.ask("f", fetch(&server.url(path))).await?;
        let failure = failure.expect_err("it takes too long");
        // Whichever of the two limits of the same length is met first.
        let told = failure["errorType"].as_str().unwrap_or_default();
        assert!(
            ["ActivityTimeout", "HttpResponseTimeout", "StreamError"].contains(&told),
            "{failure}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_server_is_trusted_by_the_authorities_of_the_operator() -> Result<()> {
    let authority = Authority::new()?;
    let server = Server::secure(&authority).await?;
    let dir = TempDir::new()?;
    let file = dir.path().join("authority.pem");
    authority.write(&file)?;
    let settings = format!(
        "[function.f]\nallow_hosts = [\"https://localhost:{0}\", \"127.0.0.1:{0}\"]",
        server.port()
    );
    let trusting = |file: &Path| HostOptions {
        environment: vec![(
            "SSL_CERT_FILE".to_owned(),
            file.to_string_lossy().into_owned(),
        )],
        ..HostOptions::default()
    };
    let granted = Granted::start_with(&settings, trusting(&file)).await?;
    let answer = granted
        .output("f", fetch(&server.named_url("/hello")))
        .await?;
    assert_eq!(answer["text"], "hello");
    // The certificate is for the name.
    granted
        .fails(
            "f",
            fetch(&server.url("/hello")),
            "TlsCertificateError",
            &["TLS"],
        )
        .await?;

    Authority::new()?.write(&file)?;
    let granted = Granted::start_with(&settings, trusting(&file)).await?;
    granted
        .fails(
            "f",
            fetch(&server.named_url("/hello")),
            "TlsCertificateError",
            &["TLS"],
        )
        .await?;
    assert_eq!(server.seen().len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_activity_has_the_variables_that_are_listed() -> Result<()> {
    let options = HostOptions {
        environment: vec![
            ("SOLOIST_TEST_PASSED".to_owned(), "from the host".to_owned()),
            ("SOLOIST_TEST_SECRET".to_owned(), "hunter2".to_owned()),
        ],
        ..HostOptions::default()
    };
    let settings =
        "[function.f]\nenv = [\"SOLOIST_TEST_PASSED\", \"MODE=a=b\", \"SOLOIST_TEST_ABSENT\"]";
    let granted = Granted::start_with(settings, options).await?;
    assert_eq!(
        granted.output("f", json!({"do": "env"})).await?,
        json!({"SOLOIST_TEST_PASSED": "from the host", "MODE": "a=b"})
    );
    assert_eq!(
        granted.output("plain", json!({"do": "env"})).await?,
        json!({})
    );
    let log = granted.host.log();
    assert!(log.contains("SOLOIST_TEST_ABSENT"), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_directory_is_read_and_with_rw_written_and_nothing_beside_it() -> Result<()> {
    let dir = TempDir::new()?;
    for name in ["in", "out", "beside"] {
        fs::create_dir(dir.path().join(name))?;
    }
    fs::write(dir.path().join("in/note"), "inside")?;
    fs::write(dir.path().join("beside/secret"), "outside")?;
    let [inside, outside] = ["in", "beside"].map(|name| dir.path().join(name));
    for (link, target) in [
        ("within", Path::new("note")),
        ("up", Path::new("../beside/secret")),
        ("absolute", &outside.join("secret")),
        ("folder", Path::new("../beside")),
    ] {
        symlink(target, inside.join(link))?;
        symlink(target, dir.path().join("out").join(link))?;
    }
    let settings = format!(
        "[function.reader]\ndirs = [\"{0}/in:/data\"]\n[function.writer]\ndirs = [\"{0}/in:/in\", \"{0}/out:/out:rw\"]",
        dir.path().display()
    );
    let granted = Granted::start(&settings).await?;
    let write = |path: &str| json!({"do": "write", "path": path, "text": "written"});

    assert_eq!(
        granted.output("reader", read("/data/note")).await?,
        "inside"
    );
    assert_eq!(
        granted.output("reader", read("/data/within")).await?,
        "inside"
    );
    let names = granted
        .output("reader", json!({"do": "list", "path": "/data"}))
        .await?;
    assert_eq!(names, json!(["absolute", "folder", "note", "up", "within"]));
    for wish in [
        write("/data/new"),
        write("/data/note"),
        json!({"do": "remove", "path": "/data/note"}),
    ] {
        let refused = granted.ask("reader", wish.clone()).await?;
        assert!(refused.is_err(), "{wish}: {refused:?}");
    }

    granted.output("writer", write("/out/new")).await?;
    assert_eq!(fs::read_to_string(dir.path().join("out/new"))?, "written");
    assert_eq!(granted.output("writer", read("/out/new")).await?, "written");
    granted
        .output("writer", json!({"do": "remove", "path": "/out/new"}))
        .await?;
    assert!(granted.ask("writer", write("/in/note")).await?.is_err());

    for way_out in [
        "../beside/secret",
        "up",
        "absolute",
        "folder/secret",
        "folder/../beside/secret",
    ] {
        for (activity, root) in [("reader", "/data"), ("writer", "/out")] {
            let path = format!("{root}/{way_out}");
            let answer = granted.ask(activity, read(&path)).await?;
            assert!(answer.is_err(), "{path}: {answer:?}");
        }
        let path = format!("/out/{way_out}");
        let answer = granted.ask("writer", write(&path)).await?;
        assert!(answer.is_err(), "{path}: {answer:?}");
    }
    let outside = outside.join("secret").to_string_lossy().into_owned();
    for activity in ["reader", "writer", "plain"] {
        assert!(granted.ask(activity, read(&outside)).await?.is_err());
    }
    assert_eq!(fs::read_to_string(outside)?, "outside");
    assert_eq!(fs::read_to_string(inside.join("note"))?, "inside");
    Ok(())
}

#[tokio::test]
async fn a_directory_that_is_gone_is_told_to_the_call() -> Result<()> {
    let dir = TempDir::new()?;
    let granted = Granted::start(&format!(
        "[function.f]\ndirs = [\"{}:/data\"]",
        dir.path().display()
    ))
    .await?;
    let path = dir.path().display().to_string();
    dir.close()?;
    let failure = granted.ask("f", read("/data/note")).await?;
    let failure = failure.expect_err("it is gone");
    let details = failure["details"].as_str().unwrap_or_default();
    assert!(details.contains(&path), "{failure}");
    Ok(())
}
