#![expect(
    dead_code,
    reason = "descriptions read these; handlers read the path itself"
)]

use utoipa::IntoParams;

/// The function in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Function {
    /// The name of a function: a letter, then letters, digits, `_` and `-`, at most 127 characters in all.
    #[param(pattern = "^[A-Za-z][A-Za-z0-9_-]{0,126}$")]
    function: String,
}

/// The instance in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Instance {
    /// The ID of an instance: 1 to 256 characters, without `/ \ # ?` and control characters, not beginning with `@`, and neither
    /// `.` nor `..`.
    #[param(
        min_length = 1,
        max_length = 256,
        pattern = r"^[^@/\\#?\x00-\x1f\x7f-\x9f][^/\\#?\x00-\x1f\x7f-\x9f]*$"
    )]
    instance: String,
}
