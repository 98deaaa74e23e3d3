use std::net::{IpAddr, SocketAddr};

/// What one proxy has said of the request as it came to it: an element of `Forwarded` (RFC 7239).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Who sent the request to that proxy.
    pub(super) node: Option<String>,
    pub(super) host: Option<String>,
    pub(super) proto: Option<String>,
}

/// The elements of a line of `Forwarded`, or `None` if any part of it is malformed. They stand in the order in which proxies
/// added them, so that a quotation mark that a caller has opened may hide what follows it: nothing of such a line is believed.
pub(super) fn elements(line: &[u8]) -> Option<Vec<Element>> {
    let mut rest = Rest(line);
    let mut elements = Vec::new();
    loop {
        let mut names = Vec::new();
        let mut element = Element::default();
        loop {
            rest.skip_space();
            if let Some(name) = rest.word(TOKEN) {
                rest.take(b'=').then_some(())?;
                let value = rest.value()?;
                rest.skip_space();
                let name = name.to_ascii_lowercase();
                match name.as_slice() {
                    b"for" => element.node = Some(value),
                    b"host" => element.host = Some(value),
                    b"proto" => element.proto = Some(value),
                    _ => {}
                }
                if names.contains(&name) {
                    return None;
                }
                names.push(name);
            }
            if !rest.take(b';') {
                break;
            }
        }
        if !names.is_empty() {
            elements.push(element);
        }
        if !rest.take(b',') {
            return rest.0.is_empty().then_some(elements);
        }
    }
}

/// What a token may have beside letters and digits.
const TOKEN: &[u8] = b"!#$%&'*+-.^_`|~";
/// What a value may have: some proxies leave out the quotation marks around a port.
const UNQUOTED: &[u8] = b"!#$%&'*+-.^_`|~:[]";

/// What has not been read yet.
struct Rest<'l>(&'l [u8]);

impl<'l> Rest<'l> {
    fn take(&mut self, byte: u8) -> bool {
        let rest = self.0.strip_prefix(&[byte]);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn skip_space(&mut self) {
        while self.take(b' ') || self.take(b'\t') {}
    }

    /// Letters, digits, and these.
    fn word(&mut self, others: &[u8]) -> Option<&'l [u8]> {
        let is_end = |byte: &u8| !byte.is_ascii_alphanumeric() && !others.contains(byte);
        let end = self.0.iter().position(is_end).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    /// A word, or what stands between quotation marks.
    fn value(&mut self) -> Option<String> {
        if !self.take(b'"') {
            return String::from_utf8(self.word(UNQUOTED)?.to_vec()).ok();
        }
        let mut value = Vec::new();
        loop {
            let (mut byte, mut rest) = self.0.split_first()?;
            let is_escaped = *byte == b'\\';
            if is_escaped {
                (byte, rest) = rest.split_first()?;
            }
            self.0 = rest;
            match byte {
                b'"' if !is_escaped => return String::from_utf8(value).ok(),
                byte => value.push(*byte),
            }
        }
    }
}

/// The address of a node, with or without a port and brackets. A node may also be unknown, or have a name of its proxy's own.
pub(super) fn address(node: &str) -> Option<IpAddr> {
    if let Ok(address) = node.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = node.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    // The port may be a name too.
    let host = match node.strip_prefix('[') {
        Some(node) => node.split_once(']')?.0,
        None => node.split_once(':')?.0,
    };
    host.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An element of these parts, each absent where it is empty.
    fn element([node, host, proto]: [&str; 3]) -> Element {
        let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Element {
            node: part(node),
            host: part(host),
            proto: part(proto),
        }
    }

    fn read(line: &str) -> Option<Vec<Element>> {
        elements(line.as_bytes())
    }

    #[test]
    fn elements_are_read_as_rfc_7239_writes_them() {
        for (line, expected) in [
            ("", vec![]),
            ("for=192.0.2.43", vec![["192.0.2.43", "", ""]]),
            ("For=\"_gazonk\"", vec![["_gazonk", "", ""]]),
            (
                "For=\"[2001:db8:cafe::17]:4711\"",
                vec![["[2001:db8:cafe::17]:4711", "", ""]],
            ),
            (
                "for=192.0.2.60;proto=http;by=203.0.113.43",
                vec![["192.0.2.60", "", "http"]],
            ),
            (
                "for=192.0.2.43, for=198.51.100.17;HOST=\"a:1\"",
                vec![["192.0.2.43", "", ""], ["198.51.100.17", "a:1", ""]],
            ),
            (
                "host=\"a\\\"b,;c\" ; proto=https ,\t, ;for=unknown;",
                vec![["", "a\"b,;c", "https"], ["unknown", "", ""]],
            ),
            ("for=[::1]:80;host=a:8080", vec![["[::1]:80", "a:8080", ""]]),
            ("secret=x;extra=\"\"", vec![["", "", ""]]),
        ] {
            let expected = expected.into_iter().map(element).collect();
            assert_eq!(read(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn of_a_malformed_line_nothing_is_read() {
        for line in [
            "for",
            "for=",
            "=a",
            "for =a",
            "for= a",
            "for=a b",
            "for=a;for=b",
            "for=a/80",
            "host=\"a",
            "host=\"a\\",
            "host=\"a\\\"",
            "host=\"a\"b",
            "for=\"x, for=192.0.2.1;host=good",
            "for=a=b",
            "för=a",
            "host=\"\u{fffd}\" x",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
        assert_eq!(elements(b"host=\"\xff\""), None);
    }

    #[test]
    fn the_address_of_a_node_is_found_beside_its_port() {
        for (node, expected) in [
            ("192.0.2.43", Some("192.0.2.43")),
            ("192.0.2.43:47011", Some("192.0.2.43")),
            ("192.0.2.43:_port", Some("192.0.2.43")),
            ("[2001:db8::17]:4711", Some("2001:db8::17")),
            ("[2001:db8::17]:_port", Some("2001:db8::17")),
            ("[2001:db8::17]", Some("2001:db8::17")),
            ("2001:db8::17", Some("2001:db8::17")),
            ("unknown", None),
            ("_hidden", None),
            ("_hidden:80", None),
            ("[::1", None),
            ("", None),
        ] {
            assert_eq!(
                address(node),
                expected.map(|a| a.parse().unwrap()),
                "{node}"
            );
        }
    }

    /// A value, written between quotation marks, with a backslash before each character or only where there must be one.
    fn quoted(value: &str, escape_all: bool) -> String {
        let escaped = value.chars().map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if escape_all => format!("\\{c}"),
            c => c.to_string(),
        });
        format!("\"{}\"", escaped.collect::<String>())
    }

    /// What a proxy adds to what a caller has sent.
    const ADDED: &str = ", for=\"[2001:db8::1]\";host=\"good:80\";proto=https";

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            parts in prop::collection::vec(("[ -~äß]{0,8}", "[ -~]{1,8}", any::<bool>(), "[ \t]{0,2}"), 0..4)
        ) {
            let line: Vec<_> = parts
                .iter()
                .map(|(node, host, escape_all, space)| {
                    let [node, host] = [node, host].map(|value| quoted(value, *escape_all));
                    format!("{space}for={node}{space};{space}Host={host};other={host}{space}")
                })
                .collect();
            let expected = parts.iter().map(|(node, host, ..)| Element {
                node: Some(node.clone()),
                host: Some(host.clone()),
                proto: None,
            });
            prop_assert_eq!(read(&line.join(",")), Some(expected.collect()));
        }

        /// What a caller has sent is either malformed, and so is the whole, or it leaves alone what a proxy adds.
        #[test]
        fn no_beginning_changes_what_a_proxy_adds(caller in prop::collection::vec(any::<u8>(), 0..24)) {
            let line = [&caller, ADDED.as_bytes()].concat();
            if let Some(elements) = elements(&line) {
                prop_assert_eq!(elements.last(), Some(&element(["[2001:db8::1]", "good:80", "https"])));
            }
        }

        #[test]
        fn no_beginning_in_the_grammar_s_own_letters_changes_it_either(caller in "[fo=;,\"\\\\ h]{0,24}") {
            if let Some(elements) = read(&format!("{caller}{ADDED}")) {
                prop_assert_eq!(elements.last(), Some(&element(["[2001:db8::1]", "good:80", "https"])));
            }
        }
    }
}
