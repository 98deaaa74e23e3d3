use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    EventId, ExecutionId, Failure, FunctionName, InstanceId, ModuleDigest, Nonce, Payload,
    RetryAfter, RetryPolicy, TaskResult, Timestamp,
};

/// A stored fact, at its place in the history of its execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its place: 1, 2, 3, with no gaps.
    pub id: EventId,
    /// When its owner recorded it. Never before the event ahead of it.
    pub timestamp: Timestamp,
    /// What happened.
    pub kind: EventKind,
}

/// What an event says happened. Written to disk as JSON, tagged by the name of the variant: from 1.0 variants are added,
/// never renamed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The first event of every execution.
    ExecutionStarted(Box<Started>),
    /// The first turn began: here the orchestrator's time starts.
    ExecutionBegan {},
    /// The code asked for an activity.
    TaskScheduled {
        /// The activity's function name.
        name: String,
        /// What it is given.
        input: Payload,
        /// How it is retried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry: Option<RetryPolicy>,
    },
    /// The code asked for a child instance.
    ChildScheduled {
        /// The child's function name.
        name: String,
        /// What it is given.
        input: Payload,
        /// The child's instance id, where the code chose it; else it is the request's task key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance_id: Option<InstanceId>,
        /// How it is retried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry: Option<RetryPolicy>,
    },
    /// The code asked for a durable HTTP call.
    HttpScheduled {
        /// The request, as the guest wrote it.
        request: Payload,
        /// How it is retried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry: Option<RetryPolicy>,
    },
    /// An activity, child or HTTP call answered.
    TaskCompleted {
        /// The request that it answers.
        scheduled: EventId,
        /// What came back.
        output: Payload,
    },
    /// An activity, child or HTTP call failed.
    TaskFailed {
        /// The request that it answers.
        scheduled: EventId,
        /// Why.
        failure: Failure,
    },
    /// An attempt failed, and its retry policy asks for another.
    AttemptFailed {
        /// The request.
        scheduled: EventId,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// Why.
        failure: Failure,
        /// When the next attempt begins.
        retry_at: Timestamp,
    },
    /// An HTTP call was accepted, and its outcome is to be asked for later.
    HttpAccepted {
        /// The request.
        scheduled: EventId,
        /// Where to ask.
        uri: String,
        /// When.
        poll_at: Timestamp,
    },
    /// The code asked to be woken.
    TimerCreated {
        /// When.
        fire_at: Timestamp,
    },
    /// A timer's time came.
    TimerFired {
        /// The request that it answers.
        timer: EventId,
    },
    /// The code began to wait for an external event.
    EventAwaited {
        /// The event's name; ASCII case does not matter.
        name: String,
    },
    /// An external event came.
    EventRaised {
        /// Its name; ASCII case does not matter.
        name: String,
        /// What it carries.
        data: Payload,
    },
    /// The code sent an event to another instance.
    EventSent {
        /// The instance's id, as the code wrote it.
        instance_id: String,
        /// The event's name.
        name: String,
        /// What it carries.
        data: Payload,
    },
    /// The code gave up a request that was not done.
    TaskCanceled {
        /// The request that it gave up.
        scheduled: EventId,
    },
    /// Answers from here on have not happened until the execution is resumed.
    ExecutionSuspended {
        /// Who or why, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Answers since the suspension happen now.
    ExecutionResumed {
        /// Who or why, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The orchestrator returned.
    ExecutionCompleted {
        /// What it returned.
        output: Payload,
    },
    /// The orchestrator failed.
    ExecutionFailed {
        /// Why.
        failure: Failure,
    },
    /// An operator ended the execution.
    ExecutionTerminated {
        /// Who or why, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The orchestrator ended this execution and asked for the next.
    ContinuedAsNew {
        /// What the next execution is given.
        input: Payload,
    },
    /// What stood here was undone when the execution was rewound.
    Voided {},
    /// An operator let the failed execution go on from before its last failure.
    ExecutionRewound {
        /// Who or why, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The module that it is pinned to from here on.
        module: ModuleDigest,
    },
}

/// How an execution came to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The execution's own id.
    pub execution: ExecutionId,
    /// The name it was started under.
    pub function: FunctionName,
    /// The module that it is pinned to.
    pub module: ModuleDigest,
    /// What it was given.
    pub input: Payload,
    /// Its secret random bits.
    pub nonce: Nonce,
    /// The orchestration that asked for it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// True if continue-as-new keeps the module.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pin: bool,
    /// How many executions of this instance continued as new before this one.
    #[serde(default)]
    pub generation: u64,
    /// Not before then does the first turn begin; continue-as-new does not wait again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_at: Option<Timestamp>,
    /// What the caller of the start wrote on it, to find it by. Kept over continue-as-new.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The request of a parent that made a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The parent.
    pub instance: InstanceId,
    /// The parent's execution that asked.
    pub execution: ExecutionId,
    /// The event that recorded the request.
    pub scheduled: EventId,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// How many parents there are above: 1 for a child of an instance that has none.
    pub depth: u32,
    /// When the attempt has taken too long. A child that was rewound has all the time that it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

/// The part an event plays in replay.
#[derive(Debug, PartialEq)]
pub enum Role<'e> {
    /// The first event.
    Start(&'e Started),
    /// The first turn began.
    Began,
    /// The code asked for a task.
    Request,
    /// The code told somebody something: a request that nothing answers.
    Told,
    /// The code gave up the task asked for at this event.
    Cancel(EventId),
    /// A task ended.
    Answer {
        /// The request.
        to: EventId,
        /// How it ended.
        result: TaskResult,
    },
    /// An attempt at a task failed, and another is to come: nothing that code sees.
    Attempt {
        /// The request.
        of: EventId,
        /// When the next attempt begins.
        retry_at: Timestamp,
    },
    /// An HTTP call was accepted, and its outcome is to be asked for: nothing that code sees.
    Accepted {
        /// The request.
        of: EventId,
        /// When to ask.
        poll_at: Timestamp,
    },
    /// An external event came.
    Raised {
        /// Its name.
        name: &'e str,
        /// What it carries.
        data: &'e Payload,
    },
    /// The execution was suspended.
    Suspended,
    /// The execution was resumed.
    Resumed,
    /// The execution ended.
    End,
    /// Nothing any more.
    Void,
    /// The execution goes on, with this module.
    Rewound(ModuleDigest),
}

impl EventKind {
    /// The part this event plays in replay. The one match over all kinds that replay rests on.
    pub fn role(&self) -> Role<'_> {
        match self {
            Self::ExecutionStarted(started) => Role::Start(started),
            Self::ExecutionBegan {} => Role::Began,
            Self::TaskScheduled { .. }
            | Self::ChildScheduled { .. }
            | Self::HttpScheduled { .. }
            | Self::TimerCreated { .. }
            | Self::EventAwaited { .. } => Role::Request,
            Self::EventSent { .. } => Role::Told,
            Self::TaskCanceled { scheduled } => Role::Cancel(*scheduled),
            Self::TaskCompleted { scheduled, output } => Role::Answer {
                to: *scheduled,
                result: Ok(output.clone()),
            },
            Self::TaskFailed { scheduled, failure } => Role::Answer {
                to: *scheduled,
                result: Err(failure.clone()),
            },
            Self::AttemptFailed {
                scheduled,
                retry_at,
                ..
            } => Role::Attempt {
                of: *scheduled,
                retry_at: *retry_at,
            },
            Self::HttpAccepted {
                scheduled, poll_at, ..
            } => Role::Accepted {
                of: *scheduled,
                poll_at: *poll_at,
            },
            Self::TimerFired { timer } => Role::Answer {
                to: *timer,
                result: Ok(Payload::null()),
            },
            Self::EventRaised { name, data } => Role::Raised { name, data },
            Self::ExecutionSuspended { .. } => Role::Suspended,
            Self::ExecutionResumed { .. } => Role::Resumed,
            Self::ExecutionCompleted { .. }
            | Self::ExecutionFailed { .. }
            | Self::ExecutionTerminated { .. }
            | Self::ContinuedAsNew { .. } => Role::End,
            Self::Voided {} => Role::Void,
            Self::ExecutionRewound { module, .. } => Role::Rewound(*module),
        }
    }

    /// How the work that this asks for is retried.
    pub(crate) fn retry(&self) -> Option<&RetryPolicy> {
        match self {
            Self::TaskScheduled { retry, .. }
            | Self::ChildScheduled { retry, .. }
            | Self::HttpScheduled { retry, .. } => retry.as_ref(),
            Self::ExecutionStarted(_)
            | Self::ExecutionBegan {}
            | Self::TaskCompleted { .. }
            | Self::TaskFailed { .. }
            | Self::AttemptFailed { .. }
            | Self::HttpAccepted { .. }
            | Self::TimerCreated { .. }
            | Self::TimerFired { .. }
            | Self::EventAwaited { .. }
            | Self::EventRaised { .. }
            | Self::EventSent { .. }
            | Self::TaskCanceled { .. }
            | Self::ExecutionSuspended { .. }
            | Self::ExecutionResumed { .. }
            | Self::ExecutionCompleted { .. }
            | Self::ExecutionFailed { .. }
            | Self::ExecutionTerminated { .. }
            | Self::ContinuedAsNew { .. }
            | Self::Voided {}
            | Self::ExecutionRewound { .. } => None,
        }
    }

    /// The request in words, as it stands in messages about non-determinism.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::TaskScheduled { name, .. } => format!("the activity '{name}'"),
            Self::ChildScheduled { name, .. } => format!("the child orchestration '{name}'"),
            Self::HttpScheduled { .. } => "an HTTP call".to_owned(),
            Self::TimerCreated { .. } => "a timer".to_owned(),
            Self::EventAwaited { name } => format!("a wait for the event '{name}'"),
            Self::EventSent {
                instance_id, name, ..
            } => format!("the event '{name}' for the instance '{instance_id}'"),
            Self::TaskCanceled { scheduled } => {
                format!("the cancellation of the request at event {scheduled}")
            }
            Self::ExecutionStarted(_)
            | Self::ExecutionBegan {}
            | Self::TaskCompleted { .. }
            | Self::TaskFailed { .. }
            | Self::AttemptFailed { .. }
            | Self::HttpAccepted { .. }
            | Self::TimerFired { .. }
            | Self::EventRaised { .. }
            | Self::ExecutionSuspended { .. }
            | Self::ExecutionResumed { .. }
            | Self::ExecutionCompleted { .. }
            | Self::ExecutionFailed { .. }
            | Self::ExecutionTerminated { .. }
            | Self::ContinuedAsNew { .. }
            | Self::Voided {}
            | Self::ExecutionRewound { .. } => "a fact".to_owned(),
        }
    }
}

/// Something that happened to an execution from outside, before it is recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A task ended.
    Answer {
        /// The event that recorded the request.
        scheduled: EventId,
        /// How it ended.
        result: TaskResult,
    },
    /// An HTTP call was accepted, and its outcome is to be asked for later.
    HttpAccepted {
        /// The event that recorded the request.
        scheduled: EventId,
        /// Where to ask.
        uri: String,
        /// When the server wants to be asked.
        retry_after: Option<RetryAfter>,
    },
    /// An HTTP call was answered, by a status that is worth another attempt: if its policy asks for none, that is its end.
    HttpUnsuccessful {
        /// The event that recorded the request.
        scheduled: EventId,
        /// The answer.
        output: Payload,
        /// What is said of the attempt if there is another.
        failure: Failure,
    },
    /// A timer's time came.
    TimerFired {
        /// The event that recorded the request.
        timer: EventId,
    },
    /// An external event came.
    EventRaised {
        /// Its name.
        name: String,
        /// What it carries.
        data: Payload,
    },
    /// Suspend.
    Suspended {
        /// Who or why, if said.
        reason: Option<String>,
    },
    /// Resume.
    Resumed {
        /// Who or why, if said.
        reason: Option<String>,
    },
    /// End at once.
    Terminated {
        /// Who or why, if said.
        reason: Option<String>,
    },
    /// The parent gave up the request that made this child: end at once, if it is that child.
    GivenUp {
        /// The parent's execution.
        execution: ExecutionId,
        /// The event of the parent that recorded the request.
        scheduled: EventId,
    },
}

#[cfg(test)]
mod tests;
