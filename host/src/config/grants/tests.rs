use std::fs::create_dir;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

fn read(text: &str) -> Result<BTreeMap<FunctionName, FunctionTable>, toml::de::Error> {
    #[derive(Deserialize)]
    struct File {
        function: BTreeMap<FunctionName, FunctionTable>,
    }
    toml::from_str::<File>(text).map(|file| file.function)
}

/// What a host grants whose environment has HOME, and whose data is in `dir`/data.
fn granted(dir: &TempDir, text: &str) -> Result<Grant> {
    let data = Utf8Path::from_path(dir.path()).unwrap().join("data");
    let variable = |name: &str| match name {
        "HOME" => Ok("/root".to_owned()),
        "BYTES" => Err(VarError::NotUnicode("\u{1}".into())),
        _ => Err(VarError::NotPresent),
    };
    let text = text.replace("DIR", dir.path().to_str().unwrap());
    let grants = check(&read(&text).unwrap(), &data, variable)?;
    Ok(grants.of(&"f".parse().unwrap()).as_ref().clone())
}

/// The usage error that a host says and does not start.
fn refused(dir: &TempDir, text: &str) -> String {
    let error = granted(dir, text).unwrap_err();
    assert!(error.is::<Usage>(), "{error:?}");
    format!("{error:#}")
}

#[test]
fn a_table_grants_what_it_lists_to_its_function_alone() {
    let dir = TempDir::new().unwrap();
    create_dir(dir.path().join("in")).unwrap();
    create_dir(dir.path().join("out")).unwrap();
    let text = "[function.f]
        allow_hosts = [\"api.example.com\"]
        env = [\"HOME\", \"REGION=eu=1\", \"EMPTY=\", \"ABSENT\"]
        dirs = [\"DIR/in\", \"DIR/out:/out:rw\"]";
    let grant = granted(&dir, text).unwrap();
    assert!(!grant.allow_hosts.is_empty());
    let env: Vec<_> = grant
        .env
        .iter()
        .map(|variable| (&*variable.name, &*variable.value))
        .collect();
    assert_eq!(env, [("HOME", "/root"), ("REGION", "eu=1"), ("EMPTY", "")]);
    let dirs: Vec<_> = grant
        .dirs
        .iter()
        .map(|directory| (&*directory.guest_path, directory.access))
        .collect();
    let seen = dir.path().join("in");
    assert_eq!(
        dirs,
        [
            (seen.to_str().unwrap(), Access::ReadOnly),
            ("/out", Access::ReadWrite)
        ]
    );
    assert_eq!(
        granted(&dir, "[function.g]\nenv = [\"HOME\"]").unwrap(),
        Grant::default()
    );
}

#[test]
fn an_entry_that_cannot_be_meant_is_named_with_its_line() {
    for (text, part) in [
        ("[function.f]\nallow_hosts = [\"ftp://x\"]", "'ftp://x'"),
        (
            "[function.f]\nallow_host = []",
            "unknown field `allow_host`",
        ),
        ("[function.f]\nenv = [\"=x\"]", "no name of a variable"),
        ("[function.f]\nenv = [\"A B\"]", "no name of a variable"),
        ("[function.f]\ndirs = [\"data\"]", "begin with /"),
        ("[function.f]\ndirs = [\"/data:data\"]", "begin with /"),
        ("[function.f]\ndirs = [\"/a:/b:/c\"]", "too many parts"),
        ("[function.f]\ndirs = [\"/a:/b:ro\"]", "too many parts"),
        ("[function.f]\ndirs = [\"/a:/b/../c\"]", "no .."),
        ("[function.9]\nenv = []", "\"9\" is not a function name"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.message().contains(part), "{text}: {error}");
        assert!(error.span().is_some(), "{text}: {error}");
    }
}

#[test]
fn a_directory_that_cannot_be_granted_is_a_usage_error_that_names_it() {
    let dir = TempDir::new().unwrap();
    create_dir(dir.path().join("data")).unwrap();
    create_dir(dir.path().join("data/compiled")).unwrap();
    create_dir(dir.path().join("a")).unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    symlink("data", dir.path().join("link")).unwrap();
    for (dirs, part) in [
        ("\"DIR/missing\"", "cannot be read"),
        ("\"DIR/file\"", "cannot be read"),
        ("\"DIR\"", "keeps its own data"),
        ("\"DIR/data\"", "keeps its own data"),
        ("\"DIR/data/compiled:/c:rw\"", "keeps its own data"),
        ("\"DIR/link:/l\"", "keeps its own data"),
        ("\"/:/host\"", "keeps its own data"),
        ("\"DIR/a:/a\", \"DIR/a:/a/:rw\"", "two directories"),
    ] {
        let said = refused(&dir, &format!("[function.f]\ndirs = [{dirs}]"));
        assert!(said.contains("dirs of [function.f]"), "{said}");
        assert!(said.contains(part), "{dirs}: {said}");
    }
}

#[test]
fn the_hosts_own_directory_is_found_before_it_is_made() {
    let dir = TempDir::new().unwrap();
    let said = refused(&dir, "[function.f]\ndirs = [\"DIR\"]");
    assert!(said.contains("keeps its own data"), "{said}");
}

#[test]
fn a_variable_that_cannot_be_passed_is_a_usage_error() {
    let dir = TempDir::new().unwrap();
    for (env, part) in [
        ("\"BYTES\"", "not Unicode"),
        ("\"A=1\", \"A\"", "has A twice"),
    ] {
        let said = refused(&dir, &format!("[function.f]\nenv = [{env}]"));
        assert!(said.contains(part), "{said}");
    }
}
