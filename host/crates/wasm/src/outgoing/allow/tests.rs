use proptest::prelude::*;

use super::*;

fn list(entries: &[&str]) -> AllowList {
    entries.iter().map(|entry| entry.parse().unwrap()).collect()
}

fn target(url: &str) -> Target {
    let (scheme, authority) = url.split_once("://").unwrap();
    Target::new(scheme.parse().unwrap(), authority).unwrap()
}

/// Would a request to `url` be sent, if its host led to `address`?
fn sent(entries: &[&str], url: &str, address: &str) -> bool {
    let list = list(entries);
    let target = target(url);
    list.check(&target).is_ok()
        && list
            .check_address(&target, address.parse().unwrap())
            .is_ok()
}

fn refused(text: &str) -> String {
    text.parse::<AllowedHost>().unwrap_err().to_string()
}

#[test]
fn an_entry_without_scheme_and_port_is_for_the_ports_of_both_schemes() {
    let entries = ["api.example.com"];
    for (url, expected) in [
        ("https://api.example.com", true),
        ("http://api.example.com", true),
        ("https://api.example.com:443", true),
        ("https://API.Example.COM.", true),
        ("https://api.example.com:80", false),
        ("https://api.example.com:8443", false),
        ("https://example.com", false),
        ("https://api.example.com.evil.test", false),
        ("https://xapi.example.com", false),
        ("https://a.api.example.com", false),
    ] {
        assert_eq!(sent(&entries, url, "1.1.1.1"), expected, "{url}");
    }
}

#[test]
fn a_scheme_and_a_port_narrow_an_entry() {
    assert!(sent(&["https://a.test"], "https://a.test", "1.1.1.1"));
    assert!(!sent(&["https://a.test"], "http://a.test", "1.1.1.1"));
    assert!(!sent(&["https://a.test"], "http://a.test:443", "1.1.1.1"));
    assert!(sent(&["a.test:8443"], "https://a.test:8443", "1.1.1.1"));
    assert!(sent(&["a.test:8443"], "http://a.test:8443", "1.1.1.1"));
    assert!(!sent(&["a.test:8443"], "https://a.test", "1.1.1.1"));
    assert!(sent(&["HTTP://a.test:1"], "http://a.test:1", "1.1.1.1"));
}

#[test]
fn a_wildcard_is_for_names_under_it_and_not_for_itself() {
    let entries = ["*.example.com"];
    assert!(sent(&entries, "https://a.example.com", "1.1.1.1"));
    assert!(sent(&entries, "https://a.b.example.com", "1.1.1.1"));
    assert!(!sent(&entries, "https://example.com", "1.1.1.1"));
    assert!(!sent(&entries, "https://badexample.com", "1.1.1.1"));
    assert!(!sent(
        &["*.1.1.1.example.com"],
        "https://1.1.1.1",
        "1.1.1.1"
    ));
}

#[test]
fn a_listed_name_leads_into_a_private_network_only_if_it_was_written_out() {
    for address in ["10.1.2.3", "192.168.0.9", "fd12::1", "::ffff:10.1.2.3"] {
        assert!(sent(&["db.test"], "http://db.test", address), "{address}");
        assert!(!sent(&["*.test"], "http://db.test", address), "{address}");
        assert!(
            sent(&["*.test", "db.test"], "http://db.test", address),
            "{address}"
        );
    }
    // Not if the entry is for another port.
    assert!(!sent(
        &["*.test", "db.test:81"],
        "http://db.test",
        "10.1.2.3"
    ));
}

#[test]
fn a_listed_name_never_leads_into_the_machine_or_the_cloud_around_it() {
    for address in [
        "127.0.0.1",
        "::1",
        "0.0.0.0",
        "::",
        "169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "224.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
    ] {
        for entry in ["a.test", "*.test"] {
            assert!(!sent(&[entry], "http://a.test", address), "{address}");
        }
    }
    let metadata = ["a.test", "169.254.169.254"];
    assert!(sent(&metadata, "http://a.test", "169.254.169.254"));
    assert!(sent(&metadata, "http://a.test", "::ffff:169.254.169.254"));
    assert!(!sent(&metadata, "http://a.test", "169.254.169.253"));
    let elsewhere = ["a.test", "127.0.0.1:9000"];
    assert!(!sent(&elsewhere, "http://a.test", "127.0.0.1"));
}

#[test]
fn localhost_leads_to_loopback_and_nowhere_else_in_the_machine() {
    let entries = ["localhost:9000"];
    assert!(sent(&entries, "http://localhost:9000", "127.0.0.1"));
    assert!(sent(&entries, "http://LOCALHOST.:9000", "::1"));
    assert!(!sent(&entries, "http://localhost:9001", "127.0.0.1"));
    assert!(!sent(&entries, "http://localhost:9000", "169.254.169.254"));
    assert!(!sent(&entries, "http://localhost:9000", "0.0.0.0"));
    assert!(sent(&["a.localhost"], "http://a.localhost", "127.0.0.1"));
    assert!(!sent(&["*.localhost"], "http://a.localhost", "127.0.0.1"));
}

#[test]
fn an_address_is_the_same_however_it_is_written() {
    assert!(sent(
        &["[::1]:9000"],
        "http://[0:0:0:0:0:0:0:1]:9000",
        "::1"
    ));
    assert!(sent(&["127.0.0.1"], "http://[::ffff:7f00:1]", "127.0.0.1"));
    assert!(sent(
        &["[::ffff:127.0.0.1]"],
        "http://127.0.0.1",
        "127.0.0.1"
    ));
    for spelling in [
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.0.0.0x1",
        "127.0.0.01",
    ] {
        assert!(Target::new(Scheme::Http, spelling).is_err(), "{spelling}");
    }
}

#[test]
fn an_entry_that_cannot_be_meant_is_refused_with_the_reason() {
    for (text, part) in [
        ("", "names nothing"),
        ("*", "letters, digits"),
        ("*.", "names nothing"),
        ("a.*.test", "letters, digits"),
        ("*.10.0.0.1", "no names under it"),
        ("ftp://a.test", "neither http nor https"),
        ("https://a.test/", "paths"),
        ("a.test/v1", "paths"),
        ("me@a.test", "user"),
        ("a.test:", "port"),
        ("a.test:0", "port"),
        ("a.test:+80", "port"),
        ("a.test:65536", "port"),
        ("a.test:http", "port"),
        ("::1", "brackets"),
        ("[::1", "bracket"),
        ("[::1]9", "bracket"),
        ("[fe80::1%eth0]", "no IPv6 address"),
        ("[10.0.0.1]", "no IPv6 address"),
        ("10.0.0.0/8", "paths"),
        ("10.0.1", "four numbers"),
        ("0x7f000001", "four numbers"),
        ("a..test", "empty"),
        ("-a.test", "'-'"),
        ("a test", "letters, digits"),
        ("b\u{fc}cher.test", "xn--"),
    ] {
        let said = refused(text);
        assert!(said.contains(part), "{text}: {said}");
        assert!(said.contains(&format!("'{text}'")), "{said}");
    }
    assert!(refused(&"a.".repeat(130)).contains("longer"));
    assert!(refused(&format!("{}.test", "a".repeat(64))).contains("longer"));
}

#[test]
fn a_refusal_names_an_entry_that_allows_what_was_refused() {
    for (entries, url, address) in [
        (&[][..], "https://a.test", "1.1.1.1"),
        (&["a.test"], "http://a.test:8080", "1.1.1.1"),
        (&["*.test"], "https://a.test", "10.0.0.1"),
        (&["*.test"], "https://a.test:8443", "10.0.0.1"),
        (&["a.test:90"], "http://a.test:90", "127.0.0.1"),
        (&["a.test"], "https://a.test", "fe80::1"),
        (&[], "http://[::1]:9000", "::1"),
    ] {
        let target = target(url);
        let before = list(entries);
        let refused = before
            .check(&target)
            .and_then(|()| before.check_address(&target, address.parse().unwrap()))
            .unwrap_err();
        let (what, entry) = refused.said();
        assert!(what.contains(url), "{what}");
        let after = [entries, &[entry.as_str()]].concat();
        assert!(sent(&after, url, address), "{after:?}");
    }
}

fn label() -> impl Strategy<Value = String> {
    "[a-z]([a-z0-9_-]{0,8}[a-z0-9])?"
}

fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(label(), 1..4).prop_map(|labels| labels.join("."))
}

fn entry() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![Just(""), Just("http://"), Just("https://")];
    let host = prop_oneof![
        name(),
        name().prop_map(|name| format!("*.{name}")),
        any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|address| format!("[{address}]")),
    ];
    let port = prop_oneof![
        Just(String::new()),
        (1..=u16::MAX).prop_map(|port| format!(":{port}"))
    ];
    (scheme, host, port).prop_map(|(scheme, host, port)| format!("{scheme}{host}{port}"))
}

proptest! {
    /// An entry is read as it is written.
    #[test]
    fn an_entry_that_was_written_is_read_as_the_same(text in entry()) {
        let read: AllowedHost = text.parse().unwrap();
        prop_assert_eq!(read.to_string().parse::<AllowedHost>().unwrap(), read);
    }

    /// No text makes the reader fail in another way than by an error.
    #[test]
    fn any_text_is_an_entry_or_is_refused(text in ".{0,40}") {
        if let Ok(entry) = text.parse::<AllowedHost>() {
            prop_assert_eq!(entry.to_string().parse::<AllowedHost>().unwrap(), entry);
        }
    }

    /// An address of the machine is reached only by a list that holds it, or `localhost`.
    #[test]
    fn loopback_is_reached_by_its_entry_alone(
        entries in prop::collection::vec(entry(), 0..6), name in name(), last in 1u8..255, port in 1u16..,
    ) {
        let address = format!("127.0.0.{last}");
        let url = format!("http://{name}:{port}");
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let listed = entries.contains(&&*format!("{address}:{port}"))
            || entries.contains(&&*format!("http://{address}:{port}"));
        prop_assume!(!listed && !name.ends_with("localhost"));
        prop_assert!(!sent(&entries, &url, &address));
        let [by_name, by_address] = [&name, &address].map(|host| format!("{host}:{port}"));
        let named = [&entries[..], &[by_name.as_str()]].concat();
        prop_assert!(!sent(&named, &url, &address));
        let listed = [&named[..], &[by_address.as_str()]].concat();
        prop_assert!(sent(&listed, &url, &address));
    }

    /// A longer list allows no less, and no list allows what none of its entries names.
    #[test]
    fn a_name_is_called_only_if_an_entry_names_it(
        entries in prop::collection::vec(entry(), 0..6), more in entry(), name in name(),
    ) {
        let url = format!("https://{name}");
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let before = sent(&entries, &url, "1.1.1.1");
        let names = |entry: &&str| {
            let bare = entry.trim_start_matches("https://").trim_end_matches(":443");
            bare == name || bare.strip_prefix("*.").is_some_and(|parent| name.ends_with(&format!(".{parent}")))
        };
        prop_assert_eq!(before, entries.iter().any(names));
        let longer = [&entries[..], &[more.as_str()]].concat();
        prop_assert!(!before || sent(&longer, &url, "1.1.1.1"));
    }
}
