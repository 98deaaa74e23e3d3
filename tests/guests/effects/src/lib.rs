//! An activity that does one thing with the world outside, as `do` in its input says; without `do` it sleeps as long as
//! `delayMs` says, and returns its input. It says on standard output that it ran, so that a test can count the runs of
//! each task.

mod fetch;

use std::collections::BTreeMap;
use std::net::{TcpStream, ToSocketAddrs as _, UdpSocket};
use std::time::Duration;
use std::{env, fs, io, thread};

use serde::Deserialize;
use serde_json::{Value, json};
use soloist::{ActivityContext, Failure};

use fetch::Fetch;

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
enum Wish {
    Fetch(Fetch),
    Read { path: String },
    Write { path: String, text: String },
    Remove { path: String },
    List { path: String },
    Env,
    Connect { address: String },
    Send { address: String },
    LookUp { name: String },
    Hoard,
}

#[soloist::activity]
fn effects(ctx: &ActivityContext, input: Value) -> Result<Value, Failure> {
    let label = input.get("label").and_then(Value::as_str);
    println!("effect={} {}", ctx.task_key(), label.unwrap_or("-"));
    if input.get("do").is_some() {
        return fulfil(serde_json::from_value(input)?);
    }
    let delay_ms = input
        .get("delayMs")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    thread::sleep(Duration::from_millis(delay_ms));
    Ok(input)
}

fn fulfil(wish: Wish) -> Result<Value, Failure> {
    Ok(match wish {
        Wish::Fetch(fetch) => fetch.run()?,
        Wish::Read { path } => fs::read_to_string(path).map_err(told)?.into(),
        Wish::Write { path, text } => {
            fs::write(path, text).map_err(told)?;
            Value::Null
        }
        Wish::Remove { path } => {
            fs::remove_file(path).map_err(told)?;
            Value::Null
        }
        Wish::List { path } => {
            let mut names = fs::read_dir(path)
                .and_then(Iterator::collect::<io::Result<Vec<_>>>)
                .map_err(told)?
                .into_iter()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect::<Vec<_>>();
            names.sort();
            names.into()
        }
        Wish::Env => json!(env::vars().collect::<BTreeMap<_, _>>()),
        Wish::Connect { address } => {
            TcpStream::connect(address).map_err(told)?;
            Value::Null
        }
        Wish::Send { address } => {
            let socket = UdpSocket::bind("0.0.0.0:0").map_err(told)?;
            socket.send_to(b"hello", address).map_err(told)?.into()
        }
        Wish::LookUp { name } => {
            let found = (name.as_str(), 80).to_socket_addrs().map_err(told)?;
            found
                .map(|address| address.to_string())
                .collect::<Vec<_>>()
                .into()
        }
        Wish::Hoard => fetch::hoard(),
    })
}

/// With the kind of the error as its type.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` calls")]
fn told(error: io::Error) -> Failure {
    Failure::new(format!("{:?}", error.kind()), error.to_string())
}
