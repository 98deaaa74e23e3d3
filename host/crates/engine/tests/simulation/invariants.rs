//! What must hold, by name.

use std::fmt;

/// What must hold after every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invariant {
    /// Every stored history is well formed: each request is answered at most once, and timestamps do not go back.
    WellFormed,
    /// No execution begins while another of its instance is live.
    OneLive,
    /// No execution id is used again.
    NewIds,
    /// The hub refuses an owner only where a fault says so: nobody else writes.
    OneOwner,
    /// What a caller is told follows from what is durable.
    AnswerAfterCommit,
    /// What a caller was refused has no effect.
    RefusedIsVoid,
    /// An event is recorded once, in the one execution that it came to, and in those that inherit it.
    EventOnce,
    /// continue-as-new carries over what nobody consumed.
    CarriedOver,
    /// Messages wait in the inbox until a turn has taken them in.
    InboxKept,
    /// The starts of children that are stored are those that were asked for, and neither begun, refused nor given up.
    ChildStarts,
    /// A child begins once for each time that it is asked for.
    ChildOnce,
    /// Whatever child a parent waits for is to begin, lives, or has answered.
    ChildLost,
    /// The end of a child answers its parent once.
    ChildAnswers,
    /// A child that was given up ends.
    GivenUpEnds,
    /// An activity begins only when its request is durable.
    ActivityAfterCommit,
    /// A task runs once at a time, and its attempts are counted.
    Attempts,
    /// A recorded answer is that of its own task and attempt.
    OwnAnswer,
    /// Stored timers are those that the history waits for.
    TimerRows,
    /// No timer fires before its time.
    TimerNotEarly,
    /// Open work is counted.
    OpenWork,
    /// Activities that outlive their executions are kept, and no others.
    Orphans,
    /// Log lines are complete, and each is there once.
    Logs,
    /// The custom status is what the code said last.
    CustomStatus,
    /// The runtime status says what the history says.
    Status,
    /// What no turn has seen makes its instance ready.
    Ready,
    /// What comes while an instance is suspended has not happened for its code.
    Held,
    /// What a rewind leaves of a failed execution is a history that replays.
    Rewound,
    /// A guest runs in the module that its execution is pinned to.
    OwnModule,
    /// A replay asks for what the first run asked for, and ends as it did.
    HotEqualsReplay,
    /// Time does not go back from one execution of a chain to the next.
    TimeOfChain,
    /// The module of a live execution is stored.
    ModuleKept,
    /// Trouble of the host is in no history.
    TroubleIsVoid,
    /// Once its owner knows that it is given up, or that its instance was terminated, no activity goes on.
    Interrupted,
    /// Whoever waits for an end hears of it when it is durable, not when patience is over.
    Woken,
    /// Nobody's question is lost while the host runs.
    Answered,
    /// Once faults stop, everything ends.
    Liveness,
    /// When a host rests, all that can be done without callers has been done, and nothing is left over.
    NothingLeft,
    /// No task of the engine panics.
    NoPanic,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) invariant: Invariant,
    pub(crate) what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.what)
    }
}
