//! Where a `Location` leads, seen from the address that it was given at (RFC 3986, section 5.2).

use http::Uri;

/// Each is an event of a history.
const BYTES_MAX: usize = 8 << 10;

pub(super) fn resolve(base: &Uri, location: &[u8]) -> Result<Uri, &'static str> {
    let location = str::from_utf8(location).map_err(|_| "it is no text")?;
    if location.len() > BYTES_MAX {
        return Err("it is longer than 8 KiB");
    }
    let location = location.split('#').next().unwrap_or_default();
    let scheme = base.scheme_str().unwrap_or_default();
    let text = if has_scheme(location) {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else {
        let authority = base.authority().map_or("", |authority| authority.as_str());
        format!("{scheme}://{authority}{}", path(base, location))
    };
    text.parse().map_err(|_| "it is no URI")
}

fn has_scheme(location: &str) -> bool {
    location.split_once(':').is_some_and(|(scheme, _)| {
        let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(rest)
    })
}

/// The path and query.
fn path(base: &Uri, location: &str) -> String {
    let (path, query) = match location.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (location, None),
    };
    let (path, query) = if path.is_empty() {
        (base.path().to_owned(), query.or(base.query()))
    } else if path.starts_with('/') {
        (without_dots(path), query)
    } else {
        let folder = base
            .path()
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        (without_dots(&format!("{folder}/{path}")), query)
    };
    match query {
        Some(query) => format!("{path}?{query}"),
        None => path,
    }
}

/// The path without its segments `.` and `..`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_seen_from_where_it_was_given() {
        let base: Uri = "http://a.test:81/b/c/d?q=1".parse().expect("it is a URI");
        for (location, leads_to) in [
            ("https://b.test/x?y", "https://b.test/x?y"),
            ("//b.test/x", "http://b.test/x"),
            ("/x/./y/../z", "http://a.test:81/x/z"),
            ("/x:y", "http://a.test:81/x:y"),
            ("x", "http://a.test:81/b/c/x"),
            ("x:y?z", "x:y?z"),
            ("./x:y", "http://a.test:81/b/c/x:y"),
            ("../x?r=2#part", "http://a.test:81/b/x?r=2"),
            ("../../../x", "http://a.test:81/x"),
            ("..", "http://a.test:81/b/"),
            (".", "http://a.test:81/b/c/"),
            ("?r=2", "http://a.test:81/b/c/d?r=2"),
            ("", "http://a.test:81/b/c/d?q=1"),
            ("#part", "http://a.test:81/b/c/d?q=1"),
        ] {
            let found = resolve(&base, location.as_bytes()).map(|uri| uri.to_string());
            match leads_to.parse::<Uri>() {
                Ok(uri) => assert_eq!(found, Ok(uri.to_string()), "{location}"),
                Err(_) => assert_eq!(found, Err("it is no URI"), "{location}"),
            }
        }
        for location in ["/a b", "http://", &"x".repeat(BYTES_MAX + 1)] {
            assert!(resolve(&base, location.as_bytes()).is_err(), "{location}");
        }
        assert!(resolve(&base, &[b'/', 0xFF]).is_err());
    }
}
