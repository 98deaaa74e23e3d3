//! What any request may be answered with, whatever it asks for.

use utoipa::openapi::content::Content;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{
    Components, ContentBuilder, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder,
};

/// Who gives an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Giver {
    /// What every request passes. It says the same on all surfaces.
    Door,
    /// Whoever reads a body.
    Reader,
    /// Whatever the operation does.
    Surface,
}

use Giver::{Door, Reader, Surface};

/// The answers that no operation has to name.
const ANSWERS: [(&str, &[Giver], &str); 9] = [
    (
        "400",
        &[Door, Reader],
        "The request is malformed: its host, its path or its body.",
    ),
    (
        "401",
        &[Surface],
        "The request brings no key that this host knows, and one is asked for.",
    ),
    (
        "403",
        &[Door, Surface],
        "The key is not good for this; or there is none, and the request is not addressed to this machine; or it comes from a \
         page of another origin.",
    ),
    ("408", &[Reader], "The body did not come in time."),
    ("413", &[Reader], "The body is larger than it may be."),
    ("415", &[Reader], "The body has a Content-Encoding."),
    (
        "431",
        &[Door],
        "The request line and the headers are larger than they may be.",
    ),
    (
        "500",
        &[Door, Surface],
        "The host could not do this; its log says why.",
    ),
    (
        "503",
        &[Door, Surface],
        "The host cannot do this now: try again after so many seconds.",
    ),
];

pub(super) const PROBLEM: &str = "Problem";
pub(super) const FAULT: &str = "Fault";
const PROBLEM_JSON: &str = "application/problem+json";
const JSON: &str = "application/json";

/// Adds the answers that `operation` does not name, and to those that it names what else may come with their status. `shape` is
/// how its surface tells of errors: as a problem or as a fault.
pub(super) fn complete(
    operation: &mut Operation,
    shape: &'static str,
    components: &mut Components,
) {
    let named = &mut operation.responses.responses;
    named.values_mut().for_each(say_problem_json);
    for (status, givers, text) in ANSWERS {
        let reads = operation.request_body.is_some();
        let shapes: Vec<_> = givers
            .iter()
            .filter(|giver| **giver != Reader || reads)
            .map(|giver| if *giver == Door { PROBLEM } else { shape })
            .collect();
        if shapes.is_empty() {
            continue;
        }
        if let Some(RefOr::T(answer)) = named.get_mut(status) {
            for shape in shapes {
                add(answer, shape);
            }
            continue;
        }
        // Its name tells what is in it.
        let is_fault = shapes.contains(&FAULT);
        let name = format!("{}{status}", if is_fault { FAULT } else { PROBLEM });
        named.insert(status.to_owned(), Ref::from_response_name(&name).into());
        components.responses.entry(name).or_insert_with(|| {
            let mut answer = Response::new(text);
            for shape in shapes {
                add(&mut answer, shape);
            }
            if status == "503" {
                answer = with_retry_after(answer);
            }
            answer.into()
        });
    }
}

/// Descriptions name the struct; what it is written as goes without saying.
fn say_problem_json(answer: &mut RefOr<Response>) {
    let RefOr::T(answer) = answer else { return };
    let is_problem = |content: &RefOr<Content>| matches!(content, RefOr::T(content) if content.schema == Some(body(PROBLEM)));
    if answer.content.get(JSON).is_some_and(is_problem) {
        answer.content.shift_remove(JSON);
        add(answer, PROBLEM);
    }
}

fn body(shape: &str) -> RefOr<Schema> {
    Ref::from_schema_name(shape).into()
}

/// Adds a body to an answer, beside those that it may have already.
fn add(answer: &mut Response, shape: &str) {
    let media_type = if shape == PROBLEM { PROBLEM_JSON } else { JSON };
    let mut schema = body(shape);
    if let Some(RefOr::T(Content {
        schema: Some(other),
        ..
    })) = answer.content.get(media_type)
    {
        if *other == schema {
            return;
        }
        let either = OneOfBuilder::new().item(other.clone()).item(schema);
        schema = Schema::OneOf(either.build()).into();
    }
    let content = ContentBuilder::new().schema(Some(schema)).build();
    answer.content.insert(media_type.to_owned(), content.into());
}

fn with_retry_after(answer: Response) -> Response {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).build();
    let header = HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("When to come back, in seconds."))
        .build();
    ResponseBuilder::from(answer)
        .header("Retry-After", header)
        .build()
}
