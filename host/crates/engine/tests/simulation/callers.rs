//! What callers ask of the engine, and what they may be told. A new operation of the engine is a new [`Ask`] here, and what it
//! may answer is an arm in [`State::told`].

use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use soloist_core::{InstanceId, Payload, Timestamp};
use soloist_engine::{
    Deployment, Engine, HubError, InstanceStatus, ModuleState, OnExisting, Purged, Reach,
    RemovedModule, Restarted, Rewound, Start, StartError, Started, Told,
};

use crate::guest::instance_name;
use crate::guests::{SimGuests, SimPlatform, digest_of};
use crate::hub::SimHub;
use crate::invariants::Invariant;
use crate::planted::Planted;
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
        on_existing: OnExisting,
        /// So many milliseconds from now.
        delay: Option<u64>,
    },
    /// With the same input.
    Restart,
    Rewind,
    Raise {
        name: &'static str,
        data: String,
    },
    Terminate(Reach),
    Suspend(Reach),
    Resume(Reach),
    Purge(Reach),
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
pub(crate) enum Heard {
    Started(Result<Started, StartError>),
    Restarted(Result<Restarted, StartError>),
    Rewound(Result<Rewound, HubError>),
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

    /// Some instance that has failed.
    pub(crate) fn draw_failed(&mut self) -> Option<InstanceId> {
        let all = self.ledger.instances.iter();
        let failed = all.filter(|(_, standing)| standing.failed.holds());
        let failed: Vec<_> = failed.map(|(id, _)| id.clone()).collect();
        (!failed.is_empty()).then(|| failed[self.rng.random_range(0..failed.len())].clone())
    }

    /// A start whose input no other has.
    pub(crate) fn draw_start(&mut self, function: &'static str) -> Ask {
        let delays = [0, 1, 5_000, 100_000];
        let on_existing = match self.rng.random_range(0..6) {
            0 => OnExisting::Replace,
            _ => OnExisting::Reject,
        };
        Ask::Start {
            function,
            on_existing,
            delay: match self.rng.random_range(0..6) {
                0 => Some(delays[self.rng.random_range(0..delays.len())]),
                _ => None,
            },
            input: format!("\"input {}\"", self.number()),
            pin: self.rng.random_range(0..4) == 0,
        }
    }

    /// Something that a caller may want, at random.
    pub(crate) fn draw_ask(&mut self) -> Ask {
        let unique = self.number();
        let function = ORCHESTRATORS[self.rng.random_range(0..ORCHESTRATORS.len())];
        let version = self.rng.random_range(0..VERSIONS);
        let reach = match self.rng.random_range(0..2) {
            0 => Reach::Alone,
            _ => Reach::Children,
        };
        match self.rng.random_range(0..47) {
            0..=12 => self.draw_start(function),
            13..=22 => Ask::Raise {
                name: EVENTS[self.rng.random_range(0..EVENTS.len())],
                data: format!("{unique}"),
            },
            23 | 24 => Ask::Terminate(reach),
            25 | 26 => Ask::Suspend(reach),
            27..=29 => Ask::Resume(reach),
            30 | 31 => Ask::Purge(reach),
            40..=44 => Ask::Rewind,
            45 => Ask::Restart,
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
    let (now, number) = {
        let mut state = world.lock();
        let number = state.number();
        if let Ask::Wait(_) = ask {
            state.waiting.insert(number, id.clone());
        }
        (state.now(), number)
    };
    let heard = match &ask {
        Ask::Wait(patience) if world.is_planted(Planted::WakesNobody) => {
            world
                .sleep(u64::try_from(patience.as_millis()).unwrap())
                .await;
            Heard::Waited(engine.status(&id).await)
        }
        _ => put(&engine, &id, &ask, now).await,
    };
    let mut state = world.lock();
    state.asking -= 1;
    state.waiting.remove(&number);
    let told = brief(&heard);
    state.note(format!("{id}: {ask:?} is told {told}"));
    if told.contains("the host is stopping") && !state.closing {
        let what = format!("{id}: {ask:?} was told {told}, while the host runs");
        state.broke(Invariant::Answered, what);
    }
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

async fn put(engine: &SimEngine, id: &InstanceId, ask: &Ask, now: Timestamp) -> Heard {
    match ask {
        Ask::Start {
            function,
            input,
            pin,
            on_existing,
            delay,
        } => {
            let start = Start {
                function: function.parse().unwrap(),
                instance: Some(id.clone()),
                input: Payload::parse(input).unwrap(),
                pin: *pin,
                start_at: delay.map(|delay| now.plus(Duration::from_millis(delay))),
                tags: std::collections::BTreeMap::new(),
                on_existing: *on_existing,
            };
            Heard::Started(engine.start(start).await)
        }
        Ask::Raise { name, data } => {
            let data = Payload::parse(data).unwrap();
            Heard::Told(engine.raise_event(id, (*name).to_owned(), data).await)
        }
        Ask::Restart => Heard::Restarted(engine.restart(id, false).await),
        Ask::Rewind => Heard::Rewound(engine.rewind(id, None).await),
        Ask::Terminate(reach) => Heard::Told(engine.terminate(id, None, *reach).await),
        Ask::Suspend(reach) => Heard::Told(engine.suspend(id, None, *reach).await),
        Ask::Resume(reach) => Heard::Told(engine.resume(id, None, *reach).await),
        Ask::Purge(reach) => {
            let purged = engine.purge(id, *reach).await;
            Heard::Purged(purged.map(|(purged, _)| purged))
        }
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
