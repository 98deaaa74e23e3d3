//! Faults that are put in on purpose: the simulation is worth its time only if it finds them.

/// One fault, in a port of the engine or in a rule of the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planted {
    /// The hub loses the events that continue-as-new carries over.
    DropsCarriedEvents,
    /// The hub answers before it commits.
    AnswersBeforeCommit,
    /// The hub forgets that something waits that no turn has seen.
    ForgetsReady,
    /// At start-up the hub does not name the instances that are ready.
    HidesReady,
    /// The hub forgets how much work is open.
    ForgetsOpenWork,
    /// The hub forgets activities that outlive their executions.
    ForgetsOrphans,
    /// The hub forgets timers.
    ForgetsTimers,
    /// The hub keeps timers that are done.
    KeepsTimersDone,
    /// The hub loses log lines.
    LosesLogs,
    /// The hub forgets the custom status.
    ForgetsCustomStatus,
    /// The hub delivers messages again that were taken in.
    DeliversAgain,
    /// The hub hands out a message twice.
    DoublesMessages,
    /// The hub writes an answer into a history twice.
    RecordsAnswersTwice,
    /// The hub forgets that an instance is suspended.
    ForgetsSuspensions,
    /// The hub writes an earlier time where an execution begins.
    BeginsEarlier,
    /// An activity is run twice at once.
    RunsTwice,
    /// The hub commits, but never says so.
    NeverAnswers,
    /// The machine does not wake who sleeps for long.
    SleepsForEver,
    /// The hub loses messages between instances.
    LosesMessages,
    /// The hub says that a live instance does not exist, and replaces it.
    ForgetsTheLiving,
    /// The hub removes modules that live instances need.
    RemovesNeededModules,
    /// The hub begins a child, and keeps what asks for it.
    KeepsChildStarts,
    /// The hub loses what asks for children.
    LosesChildStarts,
    /// The hub says that a child is to begin which has begun.
    LiesAboutChildStarts,
    /// The hub loses what children answer.
    LosesChildAnswers,
    /// The hub sends what children answer twice.
    DoublesChildAnswers,
    /// The hub keeps what asks for children that were given up.
    KeepsGivenUp,
    /// The hub does not tell children that they were given up.
    HidesGivenUp,
    /// The hub keeps what asks for the children of those that were terminated.
    KeepsChildrenOfTheTerminated,
    /// The hub leaves the end in a history that is rewound.
    LeavesTheEnd,
    /// The hub says that the time of a delayed start has come.
    EndsDelaysEarly,
    /// Activities go on when they are interrupted.
    IgnoresInterrupts,
    /// Nobody who waits for an end is woken.
    WakesNobody,
    /// Somebody other than the owner writes a raised event into the history.
    RaisesBehindTheOwner,
    /// What was refused is committed after all.
    CommitsTheRefused,
    /// Activities answer by instance and event, not by execution: after a restart with an answer of the life before.
    AnswersOfEarlierLives,
    /// A failed attempt is answered again in place of the next.
    AnswersAttemptsAgain,
    /// The engine's clock does not follow when the wall clock is set.
    ClockIsDeaf,
    /// Execution ids are drawn again.
    IdsRepeat,
    /// Orchestrators see more in a replay than in their first run.
    PeeksInReplay,
    /// Orchestrators that a busy machine stopped fail at once.
    TroubleIsFailure,
    /// A rule of the core: an answer that comes during a suspension stands where it was recorded.
    NothingIsHeld,
    /// A rule of the core: a task is done, for cancel, if history holds its answer.
    AnyAnswerIsDone,
    /// A rule of the core: an event is assigned to a wait when it comes.
    AssignOnArrival,
}
