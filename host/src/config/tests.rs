use super::*;

fn refused(text: &str) -> String {
    Settings::parse(text).unwrap_err().to_string()
}

#[test]
fn a_flag_beats_the_file_and_the_file_beats_the_default() {
    let flags = Settings {
        hot_bytes: Some(ByteSize(0)),
        ..Settings::default()
    };
    let file =
        "hot_bytes = \"1MiB\"\nactivities = 3\nturn_timeout = \"250ms\"\nlog_format = \"json\"";
    let config = flags.or(Settings::parse(file).unwrap()).check().unwrap();
    assert_eq!(config.engine.hot_bytes_max, 0);
    assert_eq!(config.engine.activities_max, 3);
    assert_eq!(config.guests.turn_timeout, Duration::from_millis(250));
    assert_eq!(config.guests.bytes, 64 << 20);
    assert_eq!(config.log_format, LogFormat::Json);
    assert_eq!(config.engine.retention, None);
    assert_eq!(config.listen.to_string(), "127.0.0.1:7071");
}

#[test]
fn grants_come_from_the_file() {
    let file = "http_timeout = \"9s\"\nhttp_body_bytes = \"1KiB\"\n[function.fetch]\nenv = [\"HOME\"]\n[function.read]\n";
    let config = Settings::default()
        .or(Settings::parse(file).unwrap())
        .check()
        .unwrap();
    let functions: Vec<_> = config.functions.keys().map(FunctionName::as_str).collect();
    assert_eq!(functions, ["fetch", "read"]);
    assert_eq!(config.guests.http_timeout, Duration::from_secs(9));
    assert_eq!(config.guests.http_body_bytes, 1024);
    assert_eq!(config.guests.http_connections, 256);
}

#[test]
fn how_callers_reach_the_host_is_a_url_a_list_of_proxies_and_one_of_origins() {
    let file = Settings::parse(
        "public_url = \"https://jobs.example.com/\"\ntrusted_proxies = [\"127.0.0.1\", \"fd00::/8\"]\n\
         cors_origins = [\"https://app.example.com:443\"]",
    );
    let flags = Settings {
        trusted_proxies: Some(vec!["10.0.0.0/8".parse().unwrap()]),
        ..Settings::default()
    };
    let file = file.unwrap();
    let written = |settings: Settings| {
        let api = settings.check().unwrap().api;
        let url = api.public_url.iter().map(ToString::to_string);
        let proxies = api.trusted_proxies.iter().map(ToString::to_string);
        let origins = api.cors_origins.iter().map(ToString::to_string);
        url.chain(proxies).chain(origins).collect::<Vec<_>>()
    };
    let (public, page) = ("https://jobs.example.com", "https://app.example.com");
    let of_file = [public, "127.0.0.1/32", "fd00::/8", page];
    assert_eq!(written(file.clone()), of_file);
    assert_eq!(written(flags.or(file)), [public, "10.0.0.0/8", page]);
    assert_eq!(written(Settings::default()), [""; 0]);
}

#[test]
fn a_retention_is_a_time_and_not_none() {
    let check = |file: &str| Settings::parse(file).unwrap().check();
    let config = check("retention = \"30d\"").unwrap();
    assert_eq!(config.engine.retention, Some(Duration::from_hours(30 * 24)));
    let said = check("retention = \"0s\"").unwrap_err().0;
    assert!(said.contains("retention is 0"), "{said}");
}

#[test]
fn no_earlier_executions_are_kept_unless_it_is_said_how_many() {
    let check = |file: &str| Settings::parse(file).unwrap().check();
    let kept = |file: &str| check(file).unwrap().store.kept_executions;
    assert_eq!(kept(""), 0);
    assert_eq!(kept("kept_executions = 1000"), 1_000);
    let said = check("kept_executions = 1001").unwrap_err().0;
    let expected = "kept-executions is 1001: 1000 at most can be kept";
    assert_eq!(said, expected);
}

#[test]
fn limits_of_functions_come_from_the_file() {
    let check = |file: &str| {
        Settings::default()
            .or(Settings::parse(file).unwrap())
            .check()
    };
    let file = "[function.nightly]\nmax_concurrent_instances = 1\nwhen_full = \"queue\"\n\
        [function.report]\nmax_concurrent_instances = 3\n[function.free]\n";
    let limits = check(file).unwrap().engine.limits;
    let said: Vec<_> = limits
        .iter()
        .map(|(name, limit)| (name.as_str(), limit.max.get(), limit.when_full))
        .collect();
    let expected = [
        ("nightly", 1, soloist_engine::WhenFull::Queue),
        ("report", 3, soloist_engine::WhenFull::Reject),
    ];
    assert_eq!(said, expected);
    let refused_table = check("[function.nightly]\nwhen_full = \"queue\"")
        .unwrap_err()
        .0;
    assert!(
        refused_table.contains("add max_concurrent_instances"),
        "{refused_table}"
    );
    for (table, part) in [
        ("max_concurrent_instances = 0", "nonzero"),
        (
            "max_concurrent_instances = 1\nwhen_full = \"wait\"",
            "`reject` or `queue`",
        ),
    ] {
        let said = refused(&format!("[function.nightly]\n{table}"));
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_key_that_is_unknown_is_named_with_its_line() {
    let said = refused("activities = 3\nactivites = 4\n");
    assert!(
        said.starts_with("line 2: unknown field `activites`"),
        "{said}"
    );
}

#[test]
fn a_value_that_cannot_be_is_refused() {
    for (text, part) in [
        ("listen = \"nowhere\"", "invalid socket address"),
        ("hot_bytes = -1", "-1 is no size"),
        ("hot_bytes = \"lots\"", "'lots' is no size"),
        ("turn_timeout = \"soon\"", "'soon' is no length of time"),
        ("worker_threads = 0", "nonzero"),
        ("log_format = \"xml\"", "unknown variant `xml`"),
        ("public_url = \"here\"", "'here' is no address that callers"),
        (
            "trusted_proxies = [\"10.0.0.1/8\"]",
            "'10.0.0.1/8' is no network: write 10.0.0.0/8",
        ),
        ("trusted_proxies = \"10.0.0.1\"", "expected a sequence"),
        ("cors_origins = [\"*\"]", "'*' would let every page call"),
    ] {
        let said = refused(text);
        assert!(said.contains(part), "{text}: {said}");
    }
}

#[test]
fn keys_are_required_on_addresses_that_others_reach_and_where_that_is_set() {
    let required = |listen: &str, require_keys| {
        let settings = Settings {
            listen: Some(listen.parse().unwrap()),
            require_keys,
            ..Settings::default()
        };
        settings.check().unwrap().api.keys_required
    };
    for listen in ["127.0.0.2:0", "[::1]:7071"] {
        assert!(!required(listen, None), "{listen}");
        assert!(!required(listen, Some(false)), "{listen}");
        assert!(required(listen, Some(true)), "{listen}");
    }
    for listen in ["0.0.0.0:7071", "192.168.1.5:80", "[::]:7071"] {
        assert!(required(listen, None), "{listen}");
        assert!(required(listen, Some(false)), "{listen}");
    }
}

#[test]
fn what_no_machine_has_is_refused() {
    for (text, part) in [
        ("guest_bytes = \"5GiB\"", "guest-bytes is 5GiB"),
        ("worker_threads = 513", "worker-threads is 513"),
        ("data = \"\"", "data is empty"),
    ] {
        let said = Settings::parse(text).unwrap().check().unwrap_err();
        assert!(said.to_string().contains(part), "{text}: {said}");
    }
    assert!(
        Settings::parse("guest_bytes = \"4GiB\"")
            .unwrap()
            .check()
            .is_ok()
    );
}

#[test]
fn a_bound_at_which_nothing_could_run_is_refused() {
    for text in [
        "guest_bytes = 0",
        "module_bytes = \"0KiB\"",
        "body_bytes = 0",
        "turn_timeout = \"0s\"",
        "activity_timeout = \"0s\"",
        "http_timeout = \"0s\"",
    ] {
        assert!(Settings::parse(text).unwrap().check().is_err(), "{text}");
    }
}
