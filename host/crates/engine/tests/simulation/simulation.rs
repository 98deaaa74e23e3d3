//! The scheduler: one thread, and a seed that says what goes on next, when time moves and where a host falls.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use rand::Rng;
use soloist_core::{EventId, Tempting};
use soloist_engine::{
    Engine, EngineSettings, FunctionKind, FunctionRecord, HubError, NewModule, Reach,
    RuntimeStatus, TaskHub,
};
use tokio::runtime::Runtime;

use crate::callers::{Ask, ORCHESTRATORS, SimEngine, ask, module};
use crate::guests::{SimGuests, SimPlatform, digest_of};
use crate::hub::SimHub;
use crate::invariants::{Broken, Invariant};
use crate::planted::Planted;
use crate::scripts::EVENTS;
use crate::world::World;
use crate::writer::at_once;

/// How many steps the calm may last, once faults have stopped.
const CALM_STEPS_MAX: u32 = 60_000;

/// How often in the calm every live instance is resumed and sent every event.
const ROUNDS_MAX: u32 = 60;

/// What came of a seed: the trace, and the invariant that did not hold, if one did not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) trace: Vec<String>,
    pub(crate) broken: Option<Broken>,
}

/// Plays a seed to its end.
pub(crate) fn simulate(seed: u64, planted: Option<Planted>) -> Outcome {
    let rule = match planted {
        Some(Planted::NothingIsHeld) => Tempting::NothingIsHeld,
        Some(Planted::AnyAnswerIsDone) => Tempting::AnyAnswerIsDone,
        Some(Planted::AssignOnArrival) => Tempting::AssignOnArrival,
        _ => return play(seed, planted),
    };
    rule.during(|| play(seed, planted))
}

fn play(seed: u64, planted: Option<Planted>) -> Outcome {
    watch_for_panics();
    let world = World::new(seed, planted);
    let mut simulation = Simulation {
        life: Life::begin(&world),
        world: Arc::clone(&world),
    };
    let broken = simulation.play().err();
    drop(simulation);
    let trace = std::mem::take(&mut world.lock().trace);
    Outcome { trace, broken }
}

/// One host on the machine. Dropped, it has fallen: nothing of it goes on.
struct Life {
    runtime: Runtime,
    engine: Arc<Mutex<Option<Result<SimEngine, HubError>>>>,
    stopped: Arc<Mutex<bool>>,
}

impl Life {
    fn begin(world: &Arc<World>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime can be made");
        if world.lock().ledger.instances.is_empty() {
            deploy(world);
        }
        let settings = EngineSettings {
            hot_guests_max: world.lock().temper.hot_guests,
            activities_max: 3,
            wakes_max: 2,
            timers_max: 4,
            ..EngineSettings::default()
        };
        let engine = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&engine);
        let world = Arc::clone(world);
        runtime.spawn(async move {
            let (hub, guests) = (SimHub(Arc::clone(&world)), SimGuests(Arc::clone(&world)));
            let started = Engine::start_up(hub, guests, SimPlatform(world), settings).await;
            *slot.lock().unwrap() = Some(started);
        });
        Self {
            runtime,
            engine,
            stopped: Arc::default(),
        }
    }

    /// Until all that runs waits for the scheduler: the paused clock moves on only then.
    fn run(&self) {
        self.runtime
            .block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
    }

    fn engine(&self) -> Option<SimEngine> {
        self.engine.lock().unwrap().as_ref()?.as_ref().ok().cloned()
    }

    fn has_failed(&self) -> bool {
        matches!(*self.engine.lock().unwrap(), Some(Err(_)))
    }
}

/// The functions are there from the beginning.
fn deploy(world: &World) {
    let orchestrators = ORCHESTRATORS.map(|name| (name, FunctionKind::Orchestrator));
    let activities =
        ["echo", "slow", "flaky", "fails", "broken"].map(|name| (name, FunctionKind::Activity));
    for (name, kind) in orchestrators.into_iter().chain(activities) {
        let bytes = module(name, 0);
        let digest = digest_of(&bytes);
        let record = FunctionRecord {
            name: name.parse().unwrap(),
            kind,
            digest,
            size: bytes.len() as u64,
            created: world.lock().now(),
        };
        let bytes = bytes.into();
        let bound = at_once(world.hub.bind(record, NewModule { digest, bytes }));
        bound.expect("a hub in memory binds");
    }
}

struct Simulation {
    life: Life,
    world: Arc<World>,
}

impl Simulation {
    fn play(&mut self) -> Result<(), Broken> {
        let steps = self.world.lock().temper.steps;
        for _ in 0..steps {
            self.settle()?;
            self.step();
        }
        self.calm()
    }

    /// Lets the host run until all of it waits, and sees whether everything still holds.
    fn settle(&mut self) -> Result<(), Broken> {
        self.life.run();
        if let Some(panic) = PANIC.take() {
            self.world.lock().broke(Invariant::NoPanic, panic);
        }
        while self.life.has_failed() || *self.life.stopped.lock().unwrap() {
            self.begin_again();
            self.life.run();
        }
        let mut state = self.world.lock();
        let unheard = state.ledger.unheard();
        if !unheard.is_empty() {
            state.broke(Invariant::Interrupted, format!("{unheard:?} go on"));
        }
        match &state.broken {
            Some(broken) => Err(broken.clone()),
            None => Ok(()),
        }
    }

    /// The host falls, and the next begins on what is durable.
    fn begin_again(&mut self) {
        self.world.lock().note("the host falls".to_owned());
        self.world.fall();
        let next = Life::begin(&self.world);
        drop(std::mem::replace(&mut self.life, next));
        // What the last host held is gone only now.
        self.world.lock().ledger.host_fell();
    }

    fn step(&mut self) {
        let mut state = self.world.lock();
        let temper = state.temper.clone();
        if state.happens(temper.falls) {
            drop(state);
            return self.begin_again();
        }
        if state.happens(temper.sets_clock) {
            let by = state.rng.random_range(-600_000..=600_000);
            let wall = state.wall + by;
            state.note(format!("the clock is set by {by}"));
            state.set_wall(wall);
        }
        if state.happens(temper.stops) && !state.closing {
            drop(state);
            return self.stop();
        }
        let choice = state.rng.random_range(0..100);
        drop(state);
        match choice {
            0..=24 => self.call(),
            25..=34 => drop(self.pass()),
            _ => drop(self.go_on()),
        }
    }

    /// Stops the host as an operator would.
    fn stop(&self) {
        if let Some(engine) = self.life.engine() {
            let mut state = self.world.lock();
            state.closing = true;
            state.note("the host stops".to_owned());
            let stopped = Arc::clone(&self.life.stopped);
            self.life.runtime.spawn(async move {
                engine.shut_down(Duration::from_secs(5)).await;
                *stopped.lock().unwrap() = true;
            });
        }
    }

    /// Callers ask for something: often one, sometimes several at once for the same.
    fn call(&self) {
        let Some(engine) = self.life.engine() else {
            return;
        };
        let mut state = self.world.lock();
        let mut id = state.draw_instance();
        let mut asks = vec![state.draw_ask()];
        if let Ask::Rewind = asks[0] {
            id = state.draw_failed().unwrap_or(id);
        }
        while state.happens(300) {
            asks.push(state.draw_ask());
        }
        if let Ask::Deploy { function, .. } = asks[0] {
            // A start that is on its way when its module is replaced.
            asks.insert(0, state.draw_start(function));
        }
        drop(state);
        for next in asks {
            self.ask(&engine, id.clone(), next);
        }
    }

    fn ask(&self, engine: &SimEngine, id: soloist_core::InstanceId, what: Ask) {
        let (world, engine) = (Arc::clone(&self.world), engine.clone());
        self.life.runtime.spawn(ask(world, engine, id, what));
    }

    /// Lets one thing go on that waits for the scheduler. False if there is none.
    fn go_on(&self) -> bool {
        let mut state = self.world.lock();
        let (gates, untold, writes) = (state.closed_gates(), state.untold(), state.writes.len());
        let count = gates.len() + untold.len() + writes;
        if count == 0 {
            return false;
        }
        let choice = state.rng.random_range(0..count);
        if let Some(number) = gates.get(choice) {
            let line = format!("{number}: {}", state.gates[number].label);
            state.note(line);
            state.open_gate(*number);
        } else if let Some(number) = untold.get(choice - gates.len()) {
            if self.world.is_planted(Planted::NeverAnswers) && state.happens(20) {
                state.answers.remove(number);
                return true;
            }
            state.note(format!("write {number} is told"));
            state.tell(*number);
        } else {
            let count = state.rng.random_range(1..=writes.min(4));
            drop(state);
            self.world.commit_batch(count);
        }
        true
    }

    /// Time passes: to the next moment that somebody waits for, or some of the way.
    fn pass(&self) -> bool {
        let mut state = self.world.lock();
        let Some(((at, _), _)) = state.sleeps.first_key_value() else {
            return false;
        };
        let rest = at.saturating_sub(state.elapsed);
        let millis = if state.calm || state.happens(700) {
            rest
        } else {
            state.rng.random_range(0..=rest)
        };
        state.note(format!("{millis} ms pass"));
        state.pass(millis);
        true
    }

    /// Faults stop: everything ends, and nothing is left.
    fn calm(&mut self) -> Result<(), Broken> {
        {
            let mut state = self.world.lock();
            state.note("calm".to_owned());
            state.calm = true;
        }
        let mut steps = 0;
        for _ in 0..ROUNDS_MAX {
            self.quiet(&mut steps)?;
            self.nothing_is_due()?;
            if !self.help() {
                return self.nothing_is_left();
            }
        }
        let live = self.live();
        Err(self.broke(Invariant::Liveness, format!("{live:?} do not end")))
    }

    /// Until nothing goes on, and time would bring nothing.
    fn quiet(&mut self, steps: &mut u32) -> Result<(), Broken> {
        loop {
            self.settle()?;
            *steps += 1;
            if *steps > CALM_STEPS_MAX {
                let live = self.live();
                return Err(self.broke(Invariant::Liveness, format!("{live:?} never rest")));
            }
            if !self.go_on() {
                self.check_woken()?;
                if !self.pass() {
                    return Ok(());
                }
            }
        }
    }

    /// While nothing goes on, nobody waits for an end that has come.
    fn check_woken(&self) -> Result<(), Broken> {
        let mut state = self.world.lock();
        let waiting: Vec<_> = state.waiting.values().cloned().collect();
        let late = waiting
            .into_iter()
            .find(|id| !state.ledger.standing(id).live.holds());
        match late {
            None => Ok(()),
            Some(id) => {
                state.broke(
                    Invariant::Woken,
                    format!("{id} has ended, and a caller waits"),
                );
                Err(state.broken.clone().expect("it just broke"))
            }
        }
    }

    fn broke(&self, invariant: Invariant, what: String) -> Broken {
        let mut state = self.world.lock();
        state.broke(invariant, what);
        state.broken.clone().expect("something just broke")
    }

    fn live(&self) -> Vec<soloist_core::InstanceId> {
        let state = self.world.lock();
        let all = state.ledger.instances.iter();
        let live = all.filter(|(_, standing)| standing.live.holds());
        live.map(|(id, _)| id.clone()).collect()
    }

    /// Resumes what is live, and sends it every event. False if nothing is live.
    fn help(&self) -> bool {
        let live = self.live();
        let Some(engine) = self.life.engine().filter(|_| !live.is_empty()) else {
            return false;
        };
        for id in live {
            self.ask(&engine, id.clone(), Ask::Resume(Reach::Alone));
            for name in EVENTS {
                let data = format!("{}", self.world.lock().number());
                self.ask(&engine, id.clone(), Ask::Raise { name, data });
            }
        }
        true
    }

    /// When a host rests, all has been done that can be done without callers, whether instances are live or not.
    fn nothing_is_due(&self) -> Result<(), Broken> {
        let hub = &self.world.hub;
        let forever = soloist_core::Timestamp::from_millis(i64::MAX);
        let mut timers = at_once(hub.timers(None, forever, 10)).unwrap();
        // A start whose time has come waits on while it is suspended.
        timers.retain(|timer| {
            let loaded = at_once(hub.load(&timer.instance)).unwrap();
            let is_held = loaded.is_some_and(|loaded| loaded.status == RuntimeStatus::Suspended);
            timer.cursor.scheduled != EventId::FIRST || !is_held
        });
        let orphans = at_once(hub.orphans(None, 10)).unwrap();
        let unfinished = at_once(hub.unfinished(None, 10)).unwrap();
        let starts = at_once(hub.child_starts(None, 10)).unwrap();
        let mut state = self.world.lock();
        state.check_given_up(hub);
        if let Some(broken) = &state.broken {
            return Err(broken.clone());
        }
        let running = state.ledger.running.clone();
        drop(state);
        if timers.is_empty()
            && orphans.is_empty()
            && unfinished.is_empty()
            && running.is_empty()
            && starts.is_empty()
        {
            return Ok(());
        }
        let left = format!("{timers:?} {orphans:?} {unfinished:?} {running:?} {starts:?}");
        Err(self.broke(Invariant::NothingLeft, left))
    }

    fn nothing_is_left(&self) -> Result<(), Broken> {
        let hub = &self.world.hub;
        let mut state = self.world.lock();
        if state.asking > 0 {
            let what = format!("{} callers have no answer", state.asking);
            state.broke(Invariant::Liveness, what);
        }
        let ids: Vec<_> = state.ledger.instances.keys().cloned().collect();
        for id in ids {
            state.check_stored(hub, &id);
        }
        match &state.broken {
            Some(broken) => Err(broken.clone()),
            None => Ok(()),
        }
    }
}

thread_local! {
    /// What a task of this thread said when it panicked. The runtime swallows it.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

fn watch_for_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANIC.replace(Some(info.to_string()));
            before(info);
        }));
    });
    PANIC.take();
}
