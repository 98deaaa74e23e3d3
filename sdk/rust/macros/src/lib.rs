//! The attributes `#[soloist::orchestrator]` and `#[soloist::activity]`. Use them through `soloist-sdk`.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Error, ItemFn};

/// Exports one function as the orchestrator of this component, under whatever name it is deployed.
///
/// The function takes `&Context` and one input that `serde` can read, and returns a `Result` whose `Ok` `serde`
/// can write and whose `Err` converts into `Failure`. For several functions use `soloist::orchestrators!`.
#[proc_macro_attribute]
pub fn orchestrator(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(
        &arguments.into(),
        &item.into(),
        "orchestrator",
        &quote!(::soloist::orchestrators),
    )
    .into()
}

/// Exports one function as the activity of this component, under whatever name it is deployed.
///
/// The function takes `&ActivityContext` and one input that `serde` can read, and returns a `Result` whose `Ok`
/// `serde` can write and whose `Err` converts into `Failure`. For several functions use `soloist::activities!`.
#[proc_macro_attribute]
pub fn activity(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(
        &arguments.into(),
        &item.into(),
        "activity",
        &quote!(::soloist::activities),
    )
    .into()
}

/// The item as it was, followed by its export or by what is wrong with it.
fn expand(arguments: &Tokens, item: &Tokens, kind: &str, export: &Tokens) -> Tokens {
    let rest = match syn::parse2::<ItemFn>(item.clone())
        .and_then(|function| check(arguments, &function, kind))
    {
        Ok(name) => quote!(#export! { _ => #name }),
        Err(error) => error.into_compile_error(),
    };
    quote! {
        #[allow(
            clippy::needless_pass_by_value,
            clippy::unnecessary_wraps,
            reason = "the host gives an owned input and takes a `Result`"
        )]
        #item
        #rest
    }
}

/// The name of `function`, if it has the shape of an orchestrator or activity.
fn check(arguments: &Tokens, function: &ItemFn, kind: &str) -> Result<syn::Ident, Error> {
    let signature = &function.sig;
    if !arguments.is_empty() {
        return Err(Error::new_spanned(
            arguments,
            format!(
                "`#[soloist::{kind}]` takes no arguments: the name is given when the component is deployed"
            ),
        ));
    }
    if let Some(asyncness) = &signature.asyncness {
        return Err(Error::new_spanned(
            asyncness,
            format!(
                "an {kind} is not async: waiting parks it in the host, so write `task.wait()?`"
            ),
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &signature.generics,
            format!("an {kind} cannot be generic"),
        ));
    }
    if signature.inputs.len() != 2 {
        return Err(Error::new_spanned(
            signature,
            format!(
                "an {kind} takes two parameters: its context and its input (`_: ()` where there is none)"
            ),
        ));
    }
    Ok(signature.ident.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(arguments: &Tokens, item: Tokens) -> String {
        let function = syn::parse2::<ItemFn>(item).expect("the test writes a function");
        match check(arguments, &function, "activity") {
            Ok(name) => format!("ok: {name}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_function_of_context_and_input_is_taken() {
        let item = quote!(
            fn greet(ctx: &ActivityContext, city: String) -> Result<String, Failure> {
                Ok(city)
            }
        );
        assert_eq!(message(&Tokens::new(), item), "ok: greet");
    }

    #[test]
    fn other_shapes_are_refused_with_a_reason() {
        let cases = [
            (
                quote!(name = "x"),
                quote!(
                    fn f(a: A, b: B) {}
                ),
                "takes no arguments",
            ),
            (
                quote!(),
                quote!(
                    async fn f(a: A, b: B) {}
                ),
                "is not async",
            ),
            (
                quote!(),
                quote!(
                    fn f<T>(a: A, b: T) {}
                ),
                "cannot be generic",
            ),
            (
                quote!(),
                quote!(
                    fn f(a: A) {}
                ),
                "takes two parameters",
            ),
        ];
        for (arguments, item, reason) in cases {
            let message = message(&arguments, item);
            assert!(message.contains(reason), "{message}");
        }
    }
}
