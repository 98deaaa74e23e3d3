//! What all parts of one simulation share: chance, time, what waits for the scheduler, and what was seen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use soloist_core::{InstanceId, ModuleDigest, Timestamp};
use soloist_engine::testing::MemoryHub;

use crate::invariants::{Broken, Invariant};
use crate::ledger::Ledger;
use crate::planted::Planted;
use crate::writer::{Answered, Queued};

/// What one seed is like: how often, in a thousand, something goes wrong or waits for the scheduler.
#[derive(Debug, Clone)]
pub(crate) struct Temper {
    /// A call of a port waits until the scheduler lets it go on.
    pub(crate) waits: u32,
    /// A batch of writes fails.
    pub(crate) fails: u32,
    /// A write is refused, though nothing speaks against it.
    pub(crate) conflicts: u32,
    /// A read fails.
    pub(crate) unreadable: u32,
    /// The host falls.
    pub(crate) falls: u32,
    /// The host is stopped as an operator would.
    pub(crate) stops: u32,
    /// The wall clock is set.
    pub(crate) sets_clock: u32,
    /// There is no room for a guest, or the machine is too busy for one.
    pub(crate) crowded: u32,
    /// How many steps the faults last.
    pub(crate) steps: u32,
    /// How many instances there are.
    pub(crate) instances: u32,
    /// How many guests may stay in memory.
    pub(crate) hot_guests: usize,
}

impl Temper {
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        let mut one_of = |choices: &[u32]| choices[rng.random_range(0..choices.len())];
        Self {
            waits: one_of(&[100, 400, 800]),
            fails: one_of(&[0, 30, 100]),
            conflicts: one_of(&[0, 20, 60]),
            unreadable: one_of(&[0, 10, 40]),
            falls: one_of(&[0, 8, 25]),
            stops: one_of(&[0, 5]),
            sets_clock: one_of(&[0, 20, 50]),
            crowded: one_of(&[0, 30]),
            steps: one_of(&[150, 250, 400]),
            instances: one_of(&[1, 3, 6]),
            hot_guests: one_of(&[0, 1, 1_000]) as usize,
        }
    }
}

/// A call of a port that waits for the scheduler.
pub(crate) struct Gate {
    pub(crate) label: String,
    open: bool,
    waker: Option<Waker>,
}

pub(crate) struct State {
    pub(crate) rng: ChaCha8Rng,
    pub(crate) temper: Temper,
    /// Milliseconds that passed, whatever the wall clock says.
    pub(crate) elapsed: u64,
    /// What the wall clock says.
    pub(crate) wall: i64,
    pub(crate) gates: BTreeMap<u64, Gate>,
    pub(crate) sleeps: BTreeMap<(u64, u64), Waker>,
    /// Writes that the hub has been asked for, in order.
    pub(crate) writes: VecDeque<Queued>,
    /// Writes that are durable, or failed, and whose caller is not told yet.
    pub(crate) answers: BTreeMap<u64, Answered>,
    last_number: u64,
    pub(crate) trace: Vec<String>,
    pub(crate) broken: Option<Broken>,
    /// Nothing goes wrong any more.
    pub(crate) calm: bool,
    /// The host was asked to stop.
    pub(crate) closing: bool,
    /// Callers that wait for their answers.
    pub(crate) asking: u32,
    /// Whose ends callers wait for.
    pub(crate) waiting: BTreeMap<u64, InstanceId>,
    pub(crate) prepared: BTreeSet<ModuleDigest>,
    /// Instances whose last turn the machine was too busy for.
    pub(crate) overrun: BTreeSet<InstanceId>,
    pub(crate) ledger: Ledger,
    pub(crate) drawn: u128,
}

impl State {
    pub(crate) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.wall)
    }

    /// So often in a thousand.
    pub(crate) fn happens(&mut self, in_a_thousand: u32) -> bool {
        self.rng.random_range(0..1_000) < in_a_thousand
    }

    /// As `happens`, but never once faults have stopped.
    pub(crate) fn goes_wrong(&mut self, in_a_thousand: u32) -> bool {
        !self.calm && self.happens(in_a_thousand)
    }

    pub(crate) fn note(&mut self, line: String) {
        self.trace.push(line);
    }

    /// The first invariant that breaks ends the simulation.
    pub(crate) fn broke(&mut self, invariant: Invariant, what: impl Into<String>) {
        let broken = Broken {
            invariant,
            what: what.into(),
        };
        self.trace.push(format!("BROKEN {broken}"));
        self.broken.get_or_insert(broken);
    }

    pub(crate) fn pass(&mut self, millis: u64) {
        self.elapsed += millis;
        self.set_wall(self.wall + i64::try_from(millis).expect("a simulation is short"));
        let due = self.sleeps.range(..=(self.elapsed, u64::MAX));
        for (_, waker) in due {
            waker.wake_by_ref();
        }
    }

    pub(crate) fn set_wall(&mut self, wall: i64) {
        self.wall = wall;
        let now = self.now();
        self.ledger.wall_is(now);
    }

    pub(crate) fn open_gate(&mut self, number: u64) {
        if let Some(gate) = self.gates.get_mut(&number) {
            gate.open = true;
            if let Some(waker) = gate.waker.take() {
                waker.wake();
            }
        }
    }

    pub(crate) fn closed_gates(&self) -> Vec<u64> {
        let gates = self.gates.iter().filter(|(_, gate)| !gate.open);
        gates.map(|(number, _)| *number).collect()
    }
}

/// One simulated machine: what survives any number of hosts on it.
pub(crate) struct World {
    pub(crate) hub: MemoryHub,
    pub(crate) planted: Option<Planted>,
    state: Mutex<State>,
}

impl World {
    pub(crate) fn new(seed: u64, planted: Option<Planted>) -> Arc<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let temper = Temper::draw(&mut rng);
        let trace = vec![format!("seed {seed}: {temper:?}")];
        Arc::new(Self {
            hub: MemoryHub::new(),
            planted,
            state: Mutex::new(State {
                rng,
                temper,
                elapsed: 0,
                wall: 1_000_000_000,
                gates: BTreeMap::new(),
                sleeps: BTreeMap::new(),
                writes: VecDeque::new(),
                answers: BTreeMap::new(),
                last_number: 0,
                trace,
                broken: None,
                calm: false,
                closing: false,
                asking: 0,
                waiting: BTreeMap::new(),
                prepared: BTreeSet::new(),
                overrun: BTreeSet::new(),
                ledger: Ledger::default(),
                drawn: 0,
            }),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn is_planted(&self, fault: Planted) -> bool {
        self.planted == Some(fault)
    }

    /// Goes on at once, or when the scheduler says so, as chance will have it.
    pub(crate) async fn gate(self: &Arc<Self>, label: impl FnOnce() -> String) {
        let waits = {
            let mut state = self.lock();
            let waits = state.temper.waits;
            state.happens(waits)
        };
        if waits {
            self.closed_gate(label()).await;
        }
    }

    /// Goes on when the scheduler says so.
    pub(crate) fn closed_gate(self: &Arc<Self>, label: String) -> impl Future<Output = ()> + use<> {
        let mut state = self.lock();
        let number = state.number();
        let gate = Gate {
            label,
            open: false,
            waker: None,
        };
        state.gates.insert(number, gate);
        drop(state);
        let world = Arc::clone(self);
        Passage { world, number }
    }

    pub(crate) fn sleep(self: &Arc<Self>, millis: u64) -> impl Future<Output = ()> + use<> {
        let mut state = self.lock();
        let key = (state.elapsed + millis, state.number());
        drop(state);
        let world = Arc::clone(self);
        Sleep { world, key }
    }
}

struct Passage {
    world: Arc<World>,
    number: u64,
}

impl Future for Passage {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.world.lock();
        match state.gates.get_mut(&self.number) {
            Some(gate) if !gate.open => {
                gate.waker = Some(context.waker().clone());
                Poll::Pending
            }
            Some(_) | None => Poll::Ready(()),
        }
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.world.lock().gates.remove(&self.number);
    }
}

struct Sleep {
    world: Arc<World>,
    key: (u64, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.world.lock();
        if state.elapsed >= self.key.0 {
            return Poll::Ready(());
        }
        state.sleeps.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.world.lock().sleeps.remove(&self.key);
    }
}
