use std::any::type_name;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::orchestrator::soloist::orchestration::types;
use crate::decode::decode;
use crate::{ActivityContext, Context, Failure, Level};

/// The JSON that a function answers.
pub type Answer = Result<String, Failure>;

/// Exports several orchestrators from one component: deploy it once for each name.
///
/// A last arm `_ => function` takes all other names; without it they fail with [`Failure::UNKNOWN_FUNCTION`].
/// Together with [`activities!`](crate::activities) it makes one component of a whole application.
///
/// ```
/// use soloist::{Context, Failure};
///
/// fn open(_: &Context, account: String) -> Result<String, Failure> {
///     Ok(account)
/// }
///
/// fn close(_: &Context, account: String) -> Result<(), Failure> {
///     Err(Failure::new("NotYours", account))
/// }
///
/// soloist::orchestrators! {
///     "open-account" => open,
///     "close-account" => close,
/// }
/// ```
#[macro_export]
macro_rules! orchestrators {
    ($($table:tt)+) => {
        $crate::__export! {
            Context, orchestrate, run_orchestrator, orchestrator, export_orchestrator; $($table)+
        }
    };
}

/// Exports several activities from one component: deploy it once for each name.
///
/// A last arm `_ => function` takes all other names; without it they fail with [`Failure::UNKNOWN_FUNCTION`].
///
/// ```
/// use soloist::{ActivityContext, Failure};
///
/// fn greet(_: &ActivityContext, city: String) -> Result<String, Failure> {
///     Ok(format!("Hello {city}!"))
/// }
///
/// soloist::activities! { "say-hello" => greet }
/// ```
#[macro_export]
macro_rules! activities {
    ($($table:tt)+) => {
        $crate::__export! {
            ActivityContext, act, run_activity, activity, export_activity; $($table)+
        }
    };
}

/// What both of the above become. Only wasm gets the export, so that the same code can be tested natively.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($context:ident, $call:ident, $run:ident, $world:ident, $export:ident;
     $($name:literal => $function:expr),* $(, _ => $rest:expr)? $(,)?) => {
        $crate::__export! { @ $context, $call, $run, $world, $export;
            |context, name, input| match name {
                $($name => $crate::__private::$call($function, context, input),)*
                $(_ if true => $crate::__private::$call($rest, context, input),)?
                other => $crate::__private::unknown(other, &[$($name),*]),
            }
        }
    };
    ($context:ident, $call:ident, $run:ident, $world:ident, $export:ident;
     _ => $rest:expr $(,)?) => {
        $crate::__export! { @ $context, $call, $run, $world, $export;
            |context, _name, input| $crate::__private::$call($rest, context, input)
        }
    };
    (@ $context:ident, $call:ident, $run:ident, $world:ident, $export:ident; $serve:expr) => {
        #[allow(unsafe_code, reason = "an export is a symbol by name")]
        const _: () = {
            const SERVE: fn(&$crate::$context, &str, &str) -> $crate::__private::Answer = $serve;

            // Elsewhere it is only checked, and counts as used.
            #[cfg(not(target_arch = "wasm32"))]
            const _: fn(&$crate::$context, &str, &str) -> $crate::__private::Answer = SERVE;

            #[cfg(target_arch = "wasm32")]
            struct Exported;

            #[cfg(target_arch = "wasm32")]
            impl $crate::bindings::$world::exports::soloist::orchestration::$world::Guest
                for Exported
            {
                fn run(input: String) -> Result<String, $crate::__private::WitFailure> {
                    $crate::__private::$run(SERVE, &input)
                }
            }

            #[cfg(target_arch = "wasm32")]
            $crate::bindings::$world::$export!(Exported);
        };
    };
}

/// Runs an orchestrator on its input.
pub fn orchestrate<I, O, E>(
    function: impl FnOnce(&Context, I) -> Result<O, E>,
    context: &Context,
    input: &str,
) -> Answer
where
    I: DeserializeOwned,
    O: Serialize,
    E: Into<Failure>,
{
    let output = function(context, read(input)?);
    if context.continues_as_new() {
        // The host starts the next execution when `run` returns; whatever this one says is dropped.
        return Ok("null".to_owned());
    }
    write(&output.map_err(Into::into)?)
}

/// Runs an activity on its input.
pub fn act<I, O, E>(
    function: impl FnOnce(&ActivityContext, I) -> Result<O, E>,
    context: &ActivityContext,
    input: &str,
) -> Answer
where
    I: DeserializeOwned,
    O: Serialize,
    E: Into<Failure>,
{
    write(&function(context, read(input)?).map_err(Into::into)?)
}

/// The answer under a name that the component does not serve.
pub fn unknown(name: &str, served: &[&str]) -> Answer {
    let message = format!(
        "this component does not serve `{name}`, but {}",
        served.join(", ")
    );
    Err(Failure::new(Failure::UNKNOWN_FUNCTION, message).non_retriable())
}

/// The body of the export `orchestrator.run`.
pub fn run_orchestrator(
    serve: fn(&Context, &str, &str) -> Answer,
    input: &str,
) -> Result<String, types::Failure> {
    // A panic ends in a trap that has no text; this keeps the text.
    std::panic::set_hook(Box::new(|panic| {
        crate::durable::log(Level::Error.into(), &panic.to_string());
    }));
    let context = Context::new();
    serve(&context, &context.function_name(), input).map_err(Failure::into_host)
}

/// The body of the export `activity.run`.
pub fn run_activity(
    serve: fn(&ActivityContext, &str, &str) -> Answer,
    input: &str,
) -> Result<String, types::Failure> {
    let context = ActivityContext::new();
    serve(&context, &context.function_name(), input).map_err(Failure::into_host)
}

fn read<I: DeserializeOwned>(input: &str) -> Result<I, Failure> {
    decode(input).map_err(|error| {
        let message = format!("the input is not a {}: {error}", type_name::<I>());
        Failure::new(Failure::INVALID_INPUT, message).non_retriable()
    })
}

fn write<O: Serialize>(output: &O) -> Answer {
    serde_json::to_string(output).map_err(|error| {
        let message = format!("a {} does not fit JSON: {error}", type_name::<O>());
        Failure::new(Failure::INVALID_OUTPUT, message).non_retriable()
    })
}
