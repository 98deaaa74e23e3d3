use std::process::ExitCode;

/// The caller asked for something that cannot be asked for: exit code 2, as for an unknown flag.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Prints an error with its chain of causes, and says how to exit.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let mut said = error.to_string();
    eprintln!("error: {said}");
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // The database says each of its errors twice, the second time with a number.
        if !cause.ends_with(&said) {
            eprintln!("  because: {cause}");
        }
        said = cause;
    }
    if error.is::<Usage>() {
        ExitCode::from(2)
    } else {
        ExitCode::from(1)
    }
}
