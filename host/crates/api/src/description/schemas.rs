use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// A text that is one of these.
pub(crate) fn one_of<const N: usize>(texts: [&'static str; N]) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(texts))
        .build()
}
