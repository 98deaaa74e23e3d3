use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::clock::now;
use crate::host::{Host, LOOK_AGAIN};
use crate::http::{once, request};
use crate::load::{self, Load, Until};
use crate::names;
use crate::report::Stage;
use crate::report::axis::{Axis, Scale};
use crate::report::figure::{Chart, Curve, Ink, Lines, Section, Table, figures};
use crate::rows::replay::{Listener, Replays, replays, rest_after};
use crate::stored::Reader;

/// The languages of the suite.
const LANGUAGES: [&str; 5] = ["rust", "javascript", "python", "c", "go"];
/// The events of a listener that has had none: its start, its beginning, its first wait.
const FIRST: u64 = 3;
/// Connections that raise events.
const RAISERS: usize = 16;
/// Replays that are not measured.
const WARM_UP: u64 = 10;
/// More events than a listener is ever sent while it is measured.
const SPARE: u64 = 100;
/// How long an instance may take to end.
const PATIENCE: Duration = Duration::from_mins(2);

/// All replays of one guest, that of the shortest history first.
#[derive(Debug)]
struct Guest {
    name: String,
    replays: Vec<Replays>,
}

pub(crate) async fn measure(stage: &Stage) -> Result<Section> {
    let (mut guests, mut missing) = (Vec::new(), Vec::new());
    for language in LANGUAGES {
        let file = stage.guests.join(format!("suite-{language}.wasm"));
        if !file.exists() {
            missing.push(language);
            continue;
        }
        eprintln!("bench: replay in {language}");
        let replays = events(stage, &file)
            .await
            .with_context(|| language.to_owned())?;
        guests.push(Guest {
            name: language.to_owned(),
            replays,
        });
    }
    guests.push(Guest {
        name: "rust, of activities".to_owned(),
        replays: activities(stage).await.context("activities")?,
    });
    Ok(section(&guests, &missing))
}

/// Replays of histories that are made of activities, in the guest of the benchmark.
async fn activities(stage: &Stage) -> Result<Vec<Replays>> {
    let dir = stage.place.directory()?;
    let data = dir.path().join("host");
    let host = stage.place.host_with_functions(&data).await?;
    let mut listeners = Vec::new();
    for events in lengths(stage) {
        listeners.push(rest_after(&host, (events - FIRST) / 2).await?);
    }
    host.stop().await?;
    let host = stage.place.cold_host(&data).await?;
    let replays = all(stage, &host, &mut listeners).await?;
    host.stop().await?;
    Ok(replays)
}

/// Replays of histories that are made of external events, in a guest of the suite. At the end each listener has to tell what
/// it has heard.
async fn events(stage: &Stage, component: &Path) -> Result<Vec<Replays>> {
    let dir = stage.place.directory()?;
    let data = dir.path().join("host");
    let host = stage.place.host(&data).await?;
    let component =
        fs::read(component).with_context(|| format!("cannot read {}", component.display()))?;
    host.bind("events", "orchestrator", &component).await?;
    let mut listeners = Vec::new();
    for events in lengths(stage) {
        listeners.push(listener(&host, (events - FIRST) / 2).await?);
    }
    host.stop().await?;
    let host = stage.place.cold_host(&data).await?;
    let wanted: Vec<_> = listeners
        .iter()
        .map(|listener| listener.had + SPARE)
        .collect();
    let replays = all(stage, &host, &mut listeners).await?;
    host.stop().await?;
    let host = stage.place.host(&data).await?;
    for (listener, wanted) in listeners.into_iter().zip(wanted) {
        heard(&host, listener, wanted).await?;
    }
    host.stop().await?;
    Ok(replays)
}

/// How many events the histories have that are replayed: the first has none to speak of.
fn lengths(stage: &Stage) -> impl Iterator<Item = u64> {
    let longer = stage.scale.replayed.iter().map(|events| events | 1);
    [FIRST].into_iter().chain(longer)
}

async fn all(stage: &Stage, host: &Host, listeners: &mut [Listener]) -> Result<Vec<Replays>> {
    // What a host does for the first time should not count to the shortest history.
    if let Some(first) = listeners.first_mut() {
        replays(host, first, WARM_UP).await?;
    }
    let mut all = Vec::new();
    for listener in listeners {
        all.push(replays(host, listener, stage.scale.replays).await?);
    }
    Ok(all)
}

/// Starts an instance that listens, and lets it hear so many events.
async fn listener(host: &Host, had: u64) -> Result<Listener> {
    let name = names::instance();
    let path = format!("/api/orchestrators/events/{name}");
    let body = json!({"name": "Go", "n": had + SPARE}).to_string();
    let (status, text) = once(host.address(), "POST", &path, body.as_bytes()).await?;
    ensure!(status == 202, "{path}: {status}: {text}");
    if had > 0 {
        let (address, next) = (host.address(), Cell::new(0));
        let write = |out: &mut Vec<u8>| {
            let number = next.replace(next.get() + 1).to_string();
            let path = format_args!("/runtime/webhooks/durabletask/instances/{name}/raiseEvent/Go");
            request(out, address, "POST", path, number.as_bytes());
        };
        let load = Load {
            address,
            connections: RAISERS,
            status: 202,
            request: &write,
        };
        load::run(&load, Until::Count(had)).await?;
    }
    let listener = Listener {
        name,
        events: FIRST + 2 * had,
        had,
        shows: false,
    };
    listener.rests(&Reader::open(host.data())?).await?;
    Ok(listener)
}

/// Sends the rest of the events that a listener waits for, and sees that it has heard all, each once.
async fn heard(host: &Host, mut listener: Listener, wanted: u64) -> Result<()> {
    while listener.had < wanted {
        listener.raise(host).await?;
    }
    let path = format!("/runtime/webhooks/durabletask/instances/{}", listener.name);
    let start = now();
    let ended = loop {
        let (_, text) = once(host.address(), "GET", &path, &[]).await?;
        let status: Value = serde_json::from_str(&text)?;
        if status["runtimeStatus"] != "Running" {
            break status;
        }
        ensure!(start.elapsed() < PATIENCE, "it does not end");
        sleep(LOOK_AGAIN).await;
    };
    ensure!(
        ended["runtimeStatus"] == "Completed",
        "it ended as {}",
        ended["runtimeStatus"]
    );
    let mut heard: Vec<u64> = serde_json::from_value(ended["output"].clone())?;
    heard.sort_unstable();
    ensure!(
        heard.into_iter().eq(0..wanted),
        "it has not heard each event once"
    );
    Ok(())
}

impl Guest {
    /// Of each history but the first: its length, and what an event costs more there than in the first.
    fn per_event(&self) -> Vec<(f64, f64)> {
        let Some((first, longer)) = self.replays.split_first() else {
            return Vec::new();
        };
        let cost = |replays: &Replays| {
            let events = replays.events - first.events;
            (replays.events, (replays.cpu_us - first.cpu_us) / events)
        };
        longer.iter().map(cost).collect()
    }
}

/// A row for each length, which is the same for all guests: what a replay takes, and an event of it.
fn table(guests: &[Guest]) -> Table {
    let names = guests.iter().map(|guest| guest.name.clone());
    let mut table = Table {
        head: ["events".to_owned()].into_iter().chain(names).collect(),
        rows: Vec::new(),
    };
    let lengths = guests.first().map_or(&[][..], |guest| &guest.replays);
    for (place, length) in lengths.iter().enumerate() {
        let cells = guests.iter().map(|guest| {
            let whole = guest
                .replays
                .get(place)
                .map(|replays| figures(replays.cpu_us / 1e3));
            // The first is what the others are compared with.
            let events = guest.per_event();
            let event = place.checked_sub(1).and_then(|place| events.get(place));
            match (whole, event) {
                (Some(whole), Some((_, event))) => format!("{whole} ms, {} us", figures(*event)),
                (Some(whole), None) => format!("{whole} ms"),
                (None, _) => String::new(),
            }
        });
        table.row([format!("{:.0}", length.events)].into_iter().chain(cells));
    }
    table
}

fn section(guests: &[Guest], missing: &[&str]) -> Section {
    let curves = |of: &dyn Fn(&Guest) -> Vec<(f64, f64)>| -> Vec<Curve> {
        let curves = guests.iter().enumerate();
        curves
            .map(|(number, guest)| Curve::new(&guest.name, Ink::Measured(number), of(guest)))
            .collect()
    };
    let lines = |title: &str, unit: &str, curves| {
        Chart::Lines(Lines {
            title: title.to_owned(),
            x: Axis::new("events in the history", Scale::Decades),
            y: Axis::new(unit, Scale::Decades),
            curves,
        })
    };
    // A short replay costs so little that the machine's noise may be more; what is below zero has no place here.
    let mut events = curves(&|guest| {
        let costs = guest.per_event().into_iter();
        costs.filter(|(_, cost)| *cost > 0.0).collect()
    });
    events.push(Curve::level(
        "2 us: the budget of a Rust guest",
        2.0,
        &events,
    ));
    let whole = curves(&|guest| {
        let replays = guest.replays.iter();
        replays
            .map(|replays| (replays.events, replays.cpu_us / 1e3))
            .collect()
    });
    let notes = missing.iter().map(|language| {
        format!("{language}: left out, since target/guests has no suite-{language}.wasm. `cargo xtask plugins` builds it.")
    });
    Section {
        name: "replay".to_owned(),
        title: "Replay against the length of the history".to_owned(),
        about: "An external event reaches an instance on a host that keeps no guest in memory (--hot-bytes 0): it loads the \
                history, makes a guest, replays all of it and takes one turn. An event's cost is what the replay takes more than \
                that of a history of a few events, by the events that it has more; so the turn, its commit and the making of the \
                guest are not in it. Histories are of external events, and in one more guest of activities; each of these has \
                two events in the history, its request and its answer. The table has the CPU time of a replay, and of an event."
            .to_owned(),
        charts: vec![
            lines("An event", "CPU, microseconds per event", events),
            lines("A whole replay, with its turn", "CPU, milliseconds", whole),
        ],
        table: table(guests),
        notes: notes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(name: &str, replays: &[(f64, f64)]) -> Guest {
        let replays = replays.iter().map(|(events, cpu_us)| Replays {
            events: *events,
            cpu_us: *cpu_us,
            load_us: 0.0,
        });
        Guest {
            name: name.to_owned(),
            replays: replays.collect(),
        }
    }

    #[test]
    fn what_a_short_history_costs_too_is_not_the_events() {
        let guest = guest("rust", &[(23.0, 500.0), (123.0, 700.0), (1_023.0, 2_500.0)]);
        assert_eq!(guest.per_event(), [(123.0, 2.0), (1_023.0, 2.0)]);
        assert_eq!(self::guest("none", &[]).per_event(), []);
    }

    #[test]
    fn what_cannot_be_drawn_is_told() {
        let guests = [guest(
            "rust",
            &[(23.0, 500.0), (123.0, 700.0), (223.0, 400.0)],
        )];
        let section = section(&guests, &["go"]);
        let Chart::Lines(events) = &section.charts[0] else {
            panic!("there are no bars");
        };
        assert_eq!(events.curves[0].points, [(123.0, 2.0)]);
        assert_eq!(section.table.head, ["events", "rust"]);
        assert_eq!(section.table.rows[0], ["23", "0.500 ms"]);
        assert_eq!(section.table.rows[1], ["123", "0.700 ms, 2.00 us"]);
        assert_eq!(section.table.rows[2], ["223", "0.400 ms, -0.500 us"]);
        assert!(section.notes[0].starts_with("go: left out"));
    }
}
