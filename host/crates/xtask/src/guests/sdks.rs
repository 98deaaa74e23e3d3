//! The tests that the SDKs of other languages have of their own: no host, no component.

use std::process::Command;

use anyhow::{Context as _, Result};

use super::{c, go, javascript, python};
use crate::command::{run, works};
use crate::project::Project;

/// Runs those of all languages but Rust, which cargo tests.
pub(crate) fn test(project: &Project) -> Result<()> {
    let tests: [(&str, Command); 4] = [
        ("python", python::sdk_tests(project)?),
        ("javascript", javascript::sdk_tests(project)?),
        ("go", go::sdk_tests(project)?),
        ("c", c::sdk_tests(project)?),
    ];
    for (language, mut command) in tests {
        eprintln!("the SDK for {language}");
        run(&mut command).with_context(|| format!("the tests of sdk/{language} fail"))?;
    }
    Ok(())
}

/// True if the machine has a C++ compiler beside the C compiler that Rust needs.
pub(super) fn has_cxx() -> bool {
    works(Command::new("c++").arg("--version"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::project::Project;

    #[test]
    fn the_copies_of_the_contract_are_copies() {
        let project = Project::find().unwrap();
        let contract = fs::read_to_string(project.path("wit/soloist.wit")).unwrap();
        for copy in [
            "sdk/javascript/soloist.wit",
            "sdk/python/src/soloist/wit/contract/soloist.wit",
        ] {
            let text = fs::read_to_string(project.path(copy)).unwrap();
            assert!(
                text == contract,
                "{copy} differs from wit/soloist.wit; copy it anew"
            );
        }
    }
}
