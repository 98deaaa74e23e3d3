//! What callers ask of the engine, and what they may be told. A new operation of the engine is a new [`Ask`] here, and what it
//! may answer is an arm in [`State::told`].

use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use soloist_core::{ExecutionId, InstanceId, Payload};
use soloist_engine::{
    Deployment, Engine, HubError, InstanceStatus, ModuleState, OnExisting, Purged, Reach,
    RemovedModule, Start, StartError, Started, Told,
};

use crate::guest::instance_name;
use crate::guests::{SimGuests, SimPlatform, digest_of};
use crate::hub::SimHub;
use crate::invariants::Invariant;
use crate::scripts::EVENTS;
use crate::world::{State, World};

pub(crate) type SimEngine = Engine<SimHub, SimGuests, SimPlatform>;

/// The orchestrator functions.
pub(crate) const ORCHESTRATORS: [&str; 2] = ["first", "second"];

/// How many versions of a module there are.
const VERSIONS: u32 = 3;

#[derive(Debug, Clone)]
pub(crate) enum Ask {
    Start {
        function: &'static str,
        input: String,
        pin: bool,
    },
    Raise {
        name: &'static str,
        data: String,
    },
    Terminate,
    Suspend,
    Resume,
    Purge,
    Status,
    Wait(Duration),
    /// Binds a version, and then removes all others.
    Deploy {
        function: &'static str,
        version: u32,
    },
    RemoveModule {
        function: &'static str,
        version: u32,
    },
}

/// The bytes of a module.
pub(crate) fn module(function: &str, version: u32) -> Vec<u8> {
    format!("{function} version {version}").into_bytes()
}

#[derive(Debug)]
enum Heard {
    Started(Result<Started, StartError>),
    Told(Result<Told, HubError>),
    Purged(Result<Purged, HubError>),
    Status(Result<Option<InstanceStatus>, HubError>),
    Waited(Result<Option<InstanceStatus>, HubError>),
    Deployed(bool),
    Removed(bool),
}

impl State {
    /// Some instance.
    pub(crate) fn draw_instance(&mut self) -> InstanceId {
        let known = self.ledger.instances.len();
        if known > 0 && self.happens(250) {
            let number = self.rng.random_range(0..known);
            let mut known = self.ledger.instances.keys();
            return known.nth(number).unwrap().clone();
        }
        let number = self.rng.random_range(0..self.temper.instances);
        instance_name(number).parse().unwrap()
    }

    /// A start whose input no other has.
    pub(crate) fn draw_start(&mut self, function: &'static str) -> Ask {
        Ask::Start {
            function,
            input: format!("\"input {}\"", self.number()),
            pin: self.rng.random_range(0..4) == 0,
        }
    }

    /// Something that a caller may want, at random.
    pub(crate) fn draw_ask(&mut self) -> Ask {
        let unique = self.number();
        let function = ORCHESTRATORS[self.rng.random_range(0..ORCHESTRATORS.len())];
        let version = self.rng.random_range(0..VERSIONS);
        match self.rng.random_range(0..40) {
            0..=12 => self.draw_start(function),
            13..=22 => Ask::Raise {
                name: EVENTS[self.rng.random_range(0..EVENTS.len())],
                data: format!("{unique}"),
            },
            23 | 24 => Ask::Terminate,
            25 | 26 => Ask::Suspend,
            27..=29 => Ask::Resume,
            30 | 31 => Ask::Purge,
            32 => Ask::Status,
            33..=35 => Ask::Wait(Duration::from_secs(self.rng.random_range(0..600))),
            36 | 37 => Ask::Deploy { function, version },
            _ => Ask::RemoveModule { function, version },
        }
    }
}

/// Asks; what the engine answers is held against the books at once.
pub(crate) async fn ask(world: Arc<World>, engine: SimEngine, id: InstanceId, ask: Ask) {
    let (asked, began) = {
        let mut state = world.lock();
        state.asking += 1;
        state.note(format!("{id}: {ask:?} is asked"));
        (state.ledger.tick(), state.elapsed)
    };
    let heard = put(&engine, &id, &ask).await;
    let mut state = world.lock();
    state.asking -= 1;
    state.note(format!("{id}: {ask:?} is told {}", brief(&heard)));
    if let (Ask::Wait(patience), Heard::Waited(Ok(Some(status)))) = (&ask, &heard)
        && status.status.is_live()
        && u128::from(state.elapsed - began) < patience.as_millis()
        && !state.closing
    {
        let what = format!("{id}: {ask:?} was told early that it is live");
        state.broke(Invariant::AnswerAfterCommit, what);
    }
    state.told(&id, &ask, asked, heard);
}

async fn put(engine: &SimEngine, id: &InstanceId, ask: &Ask) -> Heard {
    match ask {
        Ask::Start {
            function,
            input,
            pin,
        } => {
            let start = Start {
                function: function.parse().unwrap(),
                instance: Some(id.clone()),
                input: Payload::parse(input).unwrap(),
                pin: *pin,
                start_at: None,
                tags: std::collections::BTreeMap::new(),
                on_existing: OnExisting::Reject,
            };
            Heard::Started(engine.start(start).await)
        }
        Ask::Raise { name, data } => {
            let data = Payload::parse(data).unwrap();
            Heard::Told(engine.raise_event(id, (*name).to_owned(), data).await)
        }
        Ask::Terminate => Heard::Told(engine.terminate(id, None, Reach::Alone).await),
        Ask::Suspend => Heard::Told(engine.suspend(id, None, Reach::Alone).await),
        Ask::Resume => Heard::Told(engine.resume(id, None, Reach::Alone).await),
        Ask::Purge => Heard::Purged(
            engine
                .purge(id, Reach::Alone)
                .await
                .map(|(purged, _)| purged),
        ),
        Ask::Status => Heard::Status(engine.status(id).await),
        Ask::Wait(patience) => Heard::Waited(engine.wait(id, *patience).await),
        Ask::Deploy { function, version } => {
            let bytes = module(function, *version).into();
            let name = function.parse().unwrap();
            let kind = Some(soloist_engine::FunctionKind::Orchestrator);
            let deployed = engine.deploy(name, kind, bytes, Duration::from_mins(1));
            let is_bound = matches!(deployed.await, Ok(Deployment::Bound(..)));
            for other in (0..VERSIONS).filter(|other| is_bound && other != version) {
                let digest = digest_of(&module(function, other));
                // What is needed stays; a hub that fails may be asked again.
                drop(engine.remove_module(digest).await);
            }
            Heard::Deployed(is_bound)
        }
        Ask::RemoveModule { function, version } => {
            let digest = digest_of(&module(function, *version));
            let known = engine.module(digest).await;
            let removed = match known {
                Ok(Some(ModuleState::Ready(_))) => engine.remove_module(digest).await,
                Ok(_) => Ok(RemovedModule::Unknown),
                Err(error) => Err(error),
            };
            Heard::Removed(matches!(removed, Ok(RemovedModule::Removed)))
        }
    }
}

fn brief(heard: &Heard) -> String {
    match heard {
        Heard::Status(Ok(status)) | Heard::Waited(Ok(status)) => {
            format!("{:?}", status.as_ref().map(|status| status.status))
        }
        Heard::Deployed(is_done) => format!("Deployed({is_done})"),
        Heard::Removed(is_done) => format!("Removed({is_done})"),
        other => format!("{other:?}"),
    }
}

impl State {
    fn told(&mut self, id: &InstanceId, ask: &Ask, asked: u64, heard: Heard) {
        let wrong = match (ask, heard) {
            (Ask::Start { input, .. }, Heard::Started(Ok(Started::Started { execution, .. }))) => {
                self.told_started(id, input, execution)
            }
            (_, Heard::Started(Ok(Started::Exists { .. }))) => {
                let live = &self.ledger.standing(id).live;
                (!live.held_since(asked)).then(|| "told that it exists, not live".to_owned())
            }
            (Ask::Raise { data, .. }, Heard::Told(told)) => {
                self.told_raised(id, data, asked, &told)
            }
            (_, Heard::Told(Ok(Told::Accepted))) => self.told_accepted(id, ask, asked),
            (_, Heard::Told(Ok(Told::Ended))) => self.told_ended(id, asked),
            (_, Heard::Told(Ok(Told::Unknown))) => self.told_unknown(id, asked),
            (_, Heard::Purged(Ok(Purged::Live))) => {
                let live = &self.ledger.standing(id).live;
                (!live.held_since(asked)).then(|| "not purged, though not live".to_owned())
            }
            (_, Heard::Purged(Ok(Purged::Purged | Purged::Unknown))) => {
                let exists = &self.ledger.standing(id).exists;
                (!exists.failed_since(asked)).then(|| "told purged, but is there".to_owned())
            }
            (_, Heard::Status(Ok(status))) => self.told_status(id, asked, status.as_ref()),
            (Ask::Wait(_), Heard::Waited(Ok(status))) => {
                self.told_status(id, asked, status.as_ref())
            }
            (
                _,
                Heard::Started(Err(_))
                | Heard::Told(Err(_))
                | Heard::Purged(Err(_))
                | Heard::Status(Err(_))
                | Heard::Waited(_)
                | Heard::Deployed(_)
                | Heard::Removed(_),
            ) => None,
            (ask, heard) => unreachable!("{ask:?} is not answered with {heard:?}"),
        };
        if let Some(wrong) = wrong {
            self.broke(
                Invariant::AnswerAfterCommit,
                format!("{id}, {ask:?}: {wrong}"),
            );
        }
    }

    fn told_started(
        &mut self,
        id: &InstanceId,
        input: &str,
        execution: ExecutionId,
    ) -> Option<String> {
        match self.ledger.executions.get_mut(&execution) {
            None => Some(format!("{execution} is started, but not durable")),
            Some(begun) if begun.instance != *id => Some("another instance".to_owned()),
            Some(begun) if begun.is_told => Some(format!("{execution} was started twice")),
            Some(begun) => {
                begun.is_told = true;
                // An execution that continues as new in its first turn is never stored; its successor has another input.
                let is_own = begun.input == input || begun.generation > 0;
                (!is_own).then(|| format!("{execution} was given {}", begun.input))
            }
        }
    }

    fn told_raised(
        &mut self,
        id: &InstanceId,
        data: &str,
        asked: u64,
        told: &Result<Told, HubError>,
    ) -> Option<String> {
        let is_placed = self.ledger.placed.contains_key(data);
        match told {
            Ok(Told::Accepted) => {
                return (!is_placed).then(|| "accepted, but not durable".to_owned());
            }
            // Who is told while the host stops cannot know.
            Err(_) if self.closing => return None,
            Err(_) | Ok(Told::Ended | Told::Unknown) if is_placed => {
                let what = format!("{data} was refused, but came to {id}");
                self.broke(Invariant::RefusedIsVoid, what);
            }
            Err(_) | Ok(Told::Ended | Told::Unknown) => {
                self.ledger.refused.insert(data.to_owned());
            }
        }
        match told {
            Ok(Told::Ended) => self.told_ended(id, asked),
            Ok(Told::Unknown) => self.told_unknown(id, asked),
            Ok(Told::Accepted) | Err(_) => None,
        }
    }

    fn told_accepted(&mut self, id: &InstanceId, ask: &Ask, asked: u64) -> Option<String> {
        let standing = self.ledger.standing(id);
        let holds = match ask {
            Ask::Terminate => standing.last_terminated > asked,
            Ask::Suspend => standing.suspended.held_since(asked),
            Ask::Resume => standing.suspended.failed_since(asked),
            _ => true,
        };
        (!holds).then(|| "accepted, but not durable".to_owned())
    }

    fn told_ended(&mut self, id: &InstanceId, asked: u64) -> Option<String> {
        let live = &self.ledger.standing(id).live;
        (!live.failed_since(asked)).then(|| "told that it has ended, but is live".to_owned())
    }

    fn told_unknown(&mut self, id: &InstanceId, asked: u64) -> Option<String> {
        let exists = &self.ledger.standing(id).exists;
        (!exists.failed_since(asked)).then(|| "told that it is unknown, but is there".to_owned())
    }

    fn told_status(
        &mut self,
        id: &InstanceId,
        asked: u64,
        status: Option<&InstanceStatus>,
    ) -> Option<String> {
        let standing = self.ledger.standing(id);
        let holds = match status {
            None => standing.exists.failed_since(asked),
            Some(status) if status.status.is_live() => standing.live.held_since(asked),
            Some(_) => standing.live.failed_since(asked),
        };
        (!holds).then(|| format!("{:?}", status.map(|status| status.status)))
    }
}
