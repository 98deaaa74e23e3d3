//! What the command line says when no host runs: its help, and its refusals.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops here")]

use std::net::TcpListener;
use std::process::Command;

use tempfile::TempDir;

/// What the binary wrote, and how it ended.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn soloist(arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_soloist"))
        .args(arguments)
        .env_clear()
        .output()
        .unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A refusal that says all of `parts` on standard error, and nothing on standard output.
fn assert_refused(arguments: &[&str], code: i32, parts: &[&str]) {
    let said = soloist(arguments);
    assert_eq!(said.code, Some(code), "{arguments:?}: {}", said.err);
    assert_eq!(said.out, "", "{arguments:?}");
    for part in parts {
        assert!(said.err.contains(part), "{arguments:?}: {}", said.err);
    }
    assert!(!said.err.contains("panicked"), "{}", said.err);
}

#[test]
fn the_help_is_what_it_was() {
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("help_serve", &["serve", "--help"]),
        ("help_new", &["new", "--help"]),
        ("help_function", &["function", "--help"]),
        ("help_function_deploy", &["function", "deploy", "--help"]),
        ("help_instance", &["instance", "--help"]),
        ("help_instance_start", &["instance", "start", "--help"]),
        ("help_instance_list", &["instance", "list", "--help"]),
        ("help_instance_purge", &["instance", "purge", "--help"]),
        ("help_instance_wait", &["instance", "wait", "--help"]),
    ] {
        let said = soloist(arguments);
        assert_eq!(said.code, Some(0));
        insta::assert_snapshot!(name, said.out);
    }
}

#[test]
fn what_is_no_command_is_a_usage_error() {
    assert_refused(&["instance", "start"], 2, &["<FUNCTION>"]);
    assert_refused(&["serve", "--colour"], 2, &["--colour"]);
    let twice = [
        "instance",
        "start",
        "F",
        "--input",
        "1",
        "--input-file",
        "x",
    ];
    assert_refused(&twice, 2, &["cannot be used with"]);
    assert_refused(&["serve", "--hot-bytes", "lots"], 2, &["'lots' is no size"]);
}

#[test]
fn many_instances_are_purged_only_if_it_is_said_which() {
    assert_refused(&["instance", "purge"], 2, &["say what to purge"]);
    let both = ["instance", "purge", "a", "--status", "completed"];
    assert_refused(&both, 2, &["give one of them"]);
    for (option, value) in [
        ("--status", "complete"),
        ("--created-to", "yesterday"),
        ("--tag", "urgent"),
        // An empty variable of a script must not mean all.
        ("--prefix", ""),
        ("--function", ""),
    ] {
        assert_refused(&["instance", "purge", option, value], 2, &[value]);
        assert_refused(&["instance", "list", option, value], 2, &[value]);
    }
}

#[test]
fn a_listen_address_that_others_could_reach_is_a_usage_error() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let data_text = data.to_str().unwrap();
    let arguments = ["serve", "--listen", "0.0.0.0:7071", "--data", data_text];
    assert_refused(&arguments, 2, &["error: ", "0.0.0.0:7071", "master key"]);
    assert!(!data.exists(), "nothing is left behind");
}

#[test]
fn a_setting_that_does_not_exist_is_named_with_its_file_and_line() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("soloist.toml");
    std::fs::write(&file, "hot_bytes = 0\nhot_byte = 0\n").unwrap();
    let file = file.to_str().unwrap();
    let arguments = ["serve", "--config", file];
    assert_refused(
        &arguments,
        2,
        &[file, "line 2", "`hot_byte`", "`hot_bytes`"],
    );
    let arguments = ["serve", "--config", "/nowhere/soloist.toml"];
    assert_refused(&arguments, 2, &["/nowhere/soloist.toml", "No such file"]);
}

#[test]
fn a_grant_that_cannot_be_meant_is_a_usage_error_that_names_it() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("soloist.toml");
    for (table, parts) in [
        (
            "[function.fetch]\nallow_hosts = [\"https://a.test/v1\"]",
            &["line 2", "'https://a.test/v1'"][..],
        ),
        (
            "[function.fetch]\nallow = []",
            &["line 2", "`allow`", "`allow_hosts`"],
        ),
        (
            "[function.\"no name\"]\nenv = []",
            &["\"no name\" is not a function name"],
        ),
        (
            "[function.fetch]\ndirs = [\"/nowhere/at/all\"]",
            &[
                "dirs of [function.fetch]",
                "/nowhere/at/all",
                "No such file",
            ],
        ),
    ] {
        std::fs::write(&file, table).unwrap();
        let file = file.to_str().unwrap();
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--config", file];
        assert_refused(&arguments, 2, parts);
    }
}

#[test]
fn a_log_filter_that_cannot_be_read_is_a_usage_error() {
    let arguments = ["serve", "--log-filter", "info=loud=very"];
    assert_refused(&arguments, 2, &["info=loud=very"]);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let dir = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let data = dir.path().to_str().unwrap();
    let arguments = ["serve", "--listen", &listen, "--data", data];
    assert_refused(&arguments, 1, &[&listen, "--listen"]);
}

#[test]
fn a_data_directory_that_cannot_be_one_is_named() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let data = file.join("data");
    let data = data.to_str().unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", data];
    assert_refused(&arguments, 1, &[data]);
}

#[test]
fn a_host_that_does_not_answer_is_named() {
    let port = {
        let closed_at_once = TcpListener::bind("127.0.0.1:0").unwrap();
        closed_at_once.local_addr().unwrap().port()
    };
    let host = format!("http://127.0.0.1:{port}");
    for arguments in [
        &["function", "list"][..],
        &["instance", "show", "night-7"],
        &["instance", "raise", "night-7", "Go", "--data", "1"],
        &["instance", "terminate", "night-7"],
    ] {
        let arguments = [arguments, &["--host", &host]].concat();
        let sentence = format!("no host answers at {host}: start one with `soloist serve`");
        assert_refused(&arguments, 1, &[&sentence]);
    }
}

#[test]
fn an_address_that_is_none_is_a_usage_error() {
    let arguments = ["function", "list", "--host", "localhost:7071"];
    assert_refused(&arguments, 2, &["'localhost:7071' is no address of a host"]);
}

#[test]
fn a_component_that_cannot_be_read_is_named() {
    let arguments = ["function", "deploy", "F", "/nowhere/f.wasm"];
    assert_refused(&arguments, 1, &["/nowhere/f.wasm", "No such file"]);
}

/// A folder `sdk` with a template in it.
fn sdk() -> TempDir {
    let folder = TempDir::new().unwrap();
    let template = folder.path().join("python/template");
    std::fs::create_dir_all(template.join("activity/src")).unwrap();
    let file = |name: &str, text: &str| std::fs::write(template.join(name), text).unwrap();
    file("build.txt", "make {{name}}\nout/{{name}}.wasm\n");
    file("activity/src/{{name}}.py", "# {{name}} uses {{sdk}}\n");
    folder
}

#[test]
fn a_new_project_is_written_whole_or_not_at_all() {
    let (sdk, here) = (sdk(), TempDir::new().unwrap());
    let new = |name: &str| {
        Command::new(env!("CARGO_BIN_EXE_soloist"))
            .args(["new", "activity", name, "--lang", "python", "--sdk"])
            .arg(sdk.path())
            .current_dir(here.path())
            .output()
            .unwrap()
    };
    let output = new("greeter");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "wrote greeter/, an activity in python; next:\n  \
         cd greeter && make greeter\n  \
         soloist function deploy greeter out/greeter.wasm\n"
    );
    let source = std::fs::read_to_string(here.path().join("greeter/src/greeter.py")).unwrap();
    let folder = sdk.path().canonicalize().unwrap();
    assert_eq!(source, format!("# greeter uses {}\n", folder.display()));

    let output = new("greeter");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("greeter is there already"), "{said}");

    std::fs::write(sdk.path().join("python/template/activity/broken"), [0xFF]).unwrap();
    let output = new("other");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("cannot read"), "{said}");
    let left: Vec<_> = std::fs::read_dir(here.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["greeter"], "nothing is left half-written");
}

#[test]
fn a_project_that_cannot_be_is_a_usage_error() {
    let sdk = sdk();
    let sdk = sdk.path().to_str().unwrap();
    let new = |name: &'static str, lang: &'static str| {
        ["new", "activity", name, "--lang", lang, "--sdk", sdk].map(str::to_owned)
    };
    for (arguments, parts) in [
        (new("A b", "python"), ["'A b'", "lower-case letters"]),
        (new("a", "go"), ["has no go/template", "the folder `sdk`"]),
        (new("a", "cobol"), ["'cobol'", "possible values"]),
    ] {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        assert_refused(&arguments, 2, &parts);
    }
}
