//! `soloist new`: a smallest project in one of the languages, from the template in its SDK.

use std::env;
use std::fs;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use super::function::Kind;
use super::line;
use crate::failure::Usage;

#[derive(Debug, Args)]
pub(crate) struct New {
    /// What the project is to make
    kind: Kind,
    /// The project's name, which is that of its folder and its function
    name: String,
    /// The language to write it in
    #[arg(long)]
    lang: Language,
    /// The folder `sdk` of Soloist's sources; by default it is looked for around this program and the current folder
    #[arg(long, env = "SOLOIST_SDK", value_name = "DIR")]
    sdk: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    Rust,
    #[value(alias = "js", alias = "typescript", alias = "ts")]
    Javascript,
    #[value(alias = "py")]
    Python,
    C,
    Go,
}

impl Language {
    fn folder(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Javascript => "javascript",
            Self::Python => "python",
            Self::C => "c",
            Self::Go => "go",
        }
    }
}

impl New {
    pub(crate) fn run(self) -> Result<()> {
        check_name(&self.name)?;
        let language = self.lang.folder();
        let sdk = match &self.sdk {
            Some(sdk) => given(sdk, language)?,
            None => found(language)?,
        };
        let template = Template {
            folder: sdk.join(language).join("template"),
            name: &self.name,
            sdk: &sdk,
        };
        let build = template.read(&template.folder.join("build.txt"))?;
        let (Some(command), Some(component)) = (build.lines().next(), build.lines().nth(1)) else {
            bail!("{}/build.txt has no two lines", template.folder);
        };
        let kind = self.kind.name();
        template.write(kind)?;
        let name = &self.name;
        line(&format!(
            "wrote {name}/, an {kind} in {language}; next:\n  \
             cd {name} && {command}\n  \
             soloist function deploy {name} {component}"
        ))
    }
}

/// A name that is a function's, and a package's in every language.
fn check_name(name: &str) -> Result<()> {
    let mut letters = name.chars();
    let is_good = letters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase())
        && letters.all(|letter| matches!(letter, 'a'..='z' | '0'..='9' | '-'))
        && name.len() <= 63
        && !name.ends_with('-');
    if is_good {
        return Ok(());
    }
    let said = format!(
        "'{name}' is no name for a project; use 1 to 63 lower-case letters, digits and hyphens, a letter first"
    );
    Err(Usage(said).into())
}

fn has_templates(sdk: &Utf8Path, language: &str) -> bool {
    sdk.join(language).join("template/build.txt").is_file()
}

fn given(sdk: &Utf8Path, language: &str) -> Result<Utf8PathBuf> {
    if !has_templates(sdk, language) {
        let said =
            format!("{sdk} has no {language}/template; give the folder `sdk` of Soloist's sources");
        return Err(Usage(said).into());
    }
    sdk.canonicalize_utf8()
        .with_context(|| format!("cannot find {sdk}"))
}

/// The folder `sdk` of the sources that this program was built in, or that the current folder is in or beside.
fn found(language: &str) -> Result<Utf8PathBuf> {
    let program = env::current_exe().ok();
    let program = program.and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    let here = env::current_dir().ok();
    let here = here.and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    for start in program.iter().chain(&here) {
        for folder in start.ancestors() {
            for sdk in [folder.join("sdk"), folder.join("soloist/sdk")] {
                if has_templates(&sdk, language) {
                    return given(&sdk, language);
                }
            }
        }
    }
    let said = format!(
        "the SDK for {language} is not found; give the folder `sdk` of Soloist's sources with --sdk or in SOLOIST_SDK"
    );
    Err(Usage(said).into())
}

struct Template<'a> {
    folder: Utf8PathBuf,
    name: &'a str,
    sdk: &'a Utf8Path,
}

impl Template<'_> {
    /// Writes the project beside its final place first, so that a half-written one is never there.
    fn write(&self, kind: &str) -> Result<()> {
        let target = Utf8Path::new(self.name);
        if target.exists() {
            bail!("{target} is there already; choose another name, or remove it");
        }
        let draft = Utf8PathBuf::from(format!(".{}.draft", self.name));
        let written = self.copy(&self.folder.join(kind), &draft).and_then(|()| {
            fs::rename(&draft, target).with_context(|| format!("cannot write {target}"))
        });
        if written.is_err() {
            // What cannot be removed either is named by the error already.
            drop(fs::remove_dir_all(&draft));
        }
        written
    }

    fn copy(&self, from: &Utf8Path, to: &Utf8Path) -> Result<()> {
        fs::create_dir(to).with_context(|| format!("cannot make the folder {to}"))?;
        let entries = from
            .read_dir_utf8()
            .with_context(|| format!("cannot read {from}"))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {from}"))?;
            let target = to.join(self.fill(entry.file_name()));
            if entry.path().is_dir() {
                self.copy(entry.path(), &target)?;
            } else {
                let text = self.read(entry.path())?;
                fs::write(&target, text).with_context(|| format!("cannot write {target}"))?;
            }
        }
        Ok(())
    }

    fn read(&self, file: &Utf8Path) -> Result<String> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
        Ok(self.fill(&text))
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{{name}}", self.name)
            .replace("{{sdk}}", self.sdk.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_functions_and_packages() {
        for good in ["a", "night-watch", "a2"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "2a", "a_b", "a/b", "..", "a-", &"a".repeat(64)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
