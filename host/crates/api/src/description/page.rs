//! The description as a page: HTML without a script, a font or a picture.

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, to_value};
use sha2::{Digest, Sha256};
use utoipa::openapi::OpenApi;

use crate::management::RPC_BASE;

const STYLE: &str = include_str!("page.css");

/// What a browser may load for the page: nothing but its own style.
pub(super) fn policy() -> HeaderValue {
    let digest = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("base64 can stand in a header")
}

/// The page.
pub(super) fn of(document: &OpenApi) -> String {
    let document = to_value(document).expect("a description has string keys and cannot fail");
    let tags = items(&document["tags"]);
    let groups: String = tags.map(|tag| group(&document, tag)).collect();
    let names = items(&document["tags"]).map(|tag| text(&tag["name"]));
    let places: Vec<_> = names.chain(["Bodies"]).map(place).collect();
    let schemas = entries(&document["components"]["schemas"]);
    let schemas: String = schemas.map(|(name, schema)| body(name, schema)).collect();
    let title = escaped(text(&document["info"]["title"]));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}: HTTP</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\n\
         <body><h1>{title}</h1>{about}<p class=\"quiet\">Version {version}, as <a href=\"openapi.json\">OpenAPI</a></p>\
         <nav>{}</nav>\n{groups}<h2 id=\"bodies\">Bodies</h2>\n{schemas}</body></html>\n",
        places.concat(),
        about = paragraphs(text(&document["info"]["description"])),
        version = escaped(text(&document["info"]["version"])),
    )
}

fn place(name: &str) -> String {
    format!("<a href=\"#{}\">{}</a>", anchor(name), escaped(name))
}

/// The operations of one surface.
fn group(document: &Value, tag: &Value) -> String {
    let name = text(&tag["name"]);
    let mut operations: Vec<_> = entries(&document["paths"])
        .filter(|(path, _)| !path.starts_with(RPC_BASE))
        .flat_map(|(path, item)| entries(item).map(move |(method, one)| (path, method, one)))
        .filter(|(.., one)| items(&one["tags"]).any(|tag| text(tag) == name))
        .collect();
    // What is not there comes last, and of one path what takes something away.
    operations.sort_by_key(|(path, method, one)| {
        let is_absent = one["responses"]["501"].is_object();
        (is_absent, *path, *method == "delete")
    });
    let operations = operations.into_iter();
    let operations: String = operations
        .map(|(path, method, one)| operation(document, path, method, one))
        .collect();
    format!(
        "<h2 id=\"{}\">{}</h2>{}\n{operations}",
        anchor(name),
        escaped(name),
        paragraphs(text(&tag["description"])),
    )
}

fn operation(document: &Value, path: &str, method: &str, one: &Value) -> String {
    let parameters = items(&one["parameters"]).map(|parameter| {
        let is_required = parameter["required"] == true;
        let place = format!("{}{}", text(&parameter["in"]), needed(is_required));
        let description = text(&parameter["description"]);
        row(
            &code(text(&parameter["name"])),
            &place,
            &said(description, &kind(&parameter["schema"])),
        )
    });
    let parameters = table("Parameters", parameters.collect());
    let request = &one["requestBody"];
    let sent = entries(&request["content"]).map(|(media_type, content)| {
        let description = said(text(&request["description"]), &kind(&content["schema"]));
        row(&code(media_type), "", &description)
    });
    let sent = table("Body", sent.collect());
    let answers = entries(&one["responses"]).map(|(status, answer)| {
        let answer = resolved(document, answer);
        let bodies = entries(&answer["content"]).map(|(media_type, content)| {
            format!("{}: {}", code(media_type), kind(&content["schema"]))
        });
        let headers = entries(&answer["headers"]).map(|(name, header)| {
            format!("{}: {}", code(name), inline(text(&header["description"])))
        });
        let details: Vec<_> = bodies.chain(headers).collect();
        let details = details.join("<br>");
        row(
            &code(status),
            "",
            &said(text(&answer["description"]), &details),
        )
    });
    format!(
        "<details id=\"{}\"><summary><span class=\"method\">{}</span><code>{}</code><span>{}</span></summary>{}{parameters}{sent}{}</details>\n",
        escaped(text(&one["operationId"])),
        method.to_uppercase(),
        // A long one breaks at a slash.
        escaped(path).replace('/', "/<wbr>"),
        inline(text(&one["summary"])),
        paragraphs(text(&one["description"])),
        table("Answers", answers.collect()),
    )
}

/// What a body is made of.
fn body(name: &str, schema: &Value) -> String {
    format!(
        "<details id=\"body-{}\"><summary>{}</summary>{}{}</details>\n",
        escaped(name),
        code(name),
        paragraphs(text(&schema["description"])),
        keys(schema),
    )
}

fn keys(schema: &Value) -> String {
    for (key, title) in [("allOf", "All of"), ("oneOf", "One of")] {
        let parts = items(&schema[key]).map(|part| match text(&part["$ref"]) {
            "" => keys(part),
            _ => format!("<p>{}</p>", kind(part)),
        });
        let parts: String = parts.collect();
        if !parts.is_empty() {
            return format!("<h3>{title}</h3>{parts}");
        }
    }
    let rows = entries(&schema["properties"]).map(|(name, property)| {
        let is_required = items(&schema["required"]).any(|required| text(required) == name);
        row(
            &code(name),
            needed(is_required).trim_start_matches(", "),
            &said(text(&property["description"]), &kind(property)),
        )
    });
    table("Keys", rows.collect())
}

/// What a value is, in words.
fn kind(schema: &Value) -> String {
    let all = |key: &str, joint| {
        let kinds: Vec<_> = items(&schema[key]).map(kind).collect();
        (!kinds.is_empty()).then(|| kinds.join(joint))
    };
    if let Some((_, name)) = text(&schema["$ref"]).rsplit_once('/') {
        return format!("<a href=\"#body-{0}\">{0}</a>", escaped(name));
    }
    if let Some(kinds) = all("oneOf", " or ").or_else(|| all("allOf", " and ")) {
        return kinds;
    }
    let values: Vec<_> = items(&schema["enum"])
        .map(|value| code(text(value)))
        .collect();
    if !values.is_empty() {
        return values.join(", ");
    }
    let types: Vec<_> = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect(),
        one => vec![text(one)],
    };
    let kinds = types
        .into_iter()
        .map(|kind| match (kind, text(&schema["format"])) {
            ("string", "date-time") => "time".to_owned(),
            ("string", "uuid") => "GUID".to_owned(),
            ("string", _) => "text".to_owned(),
            ("integer" | "number", _) => "number".to_owned(),
            ("boolean", _) => "<code>true</code> or <code>false</code>".to_owned(),
            ("array", _) => format!("list of {}", self::kind(&schema["items"])),
            ("object", _) => "object".to_owned(),
            ("null", _) => "<code>null</code>".to_owned(),
            _ if schema.is_null() => "bytes".to_owned(),
            _ => "any JSON".to_owned(),
        });
    kinds.collect::<Vec<_>>().join(" or ")
}

fn needed(is_required: bool) -> &'static str {
    if is_required { "" } else { ", optional" }
}

fn said(description: &str, details: &str) -> String {
    let joint = if description.is_empty() || details.is_empty() {
        ""
    } else {
        "<br>"
    };
    format!(
        "{}{joint}<span class=\"quiet\">{details}</span>",
        inline(description)
    )
}

fn row(first: &str, second: &str, third: &str) -> String {
    format!("<tr><td>{first}</td><td class=\"quiet\">{second}</td><td>{third}</td></tr>")
}

fn table(title: &str, rows: String) -> String {
    if rows.is_empty() {
        return rows;
    }
    format!("<h3>{title}</h3><div class=\"table\"><table>{rows}</table></div>")
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let place = text(&value["$ref"]).strip_prefix('#');
    place
        .and_then(|place| document.pointer(place))
        .unwrap_or(value)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.as_str(), value))
}

fn anchor(name: &str) -> String {
    name.to_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

fn paragraphs(text: &str) -> String {
    let paragraphs = text
        .split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty());
    let paragraphs: Vec<_> = paragraphs
        .map(|paragraph| format!("<p>{}</p>", inline(paragraph.trim())))
        .collect();
    paragraphs.concat()
}

/// Text in which backticks mark code.
fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(number, part)| {
            if number % 2 == 1 {
                code(part)
            } else {
                escaped(part)
            }
        })
        .collect()
}
