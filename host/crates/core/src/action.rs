use std::fmt;

use crate::{EventKind, InstanceId, Payload, RetryPolicy, Timestamp};

/// One request by code that makes a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Run an activity.
    ScheduleTask {
        /// Its function name.
        name: String,
        /// What it is given.
        input: Payload,
        /// How it is retried.
        retry: Option<RetryPolicy>,
    },
    /// Start a child instance.
    StartChild {
        /// Its function name.
        name: String,
        /// What it is given.
        input: Payload,
        /// Its instance id; derived if none.
        instance_id: Option<InstanceId>,
        /// How it is retried.
        retry: Option<RetryPolicy>,
    },
    /// Make a durable HTTP call.
    CallHttp {
        /// The request, as the guest wrote it.
        request: Payload,
        /// How it is retried.
        retry: Option<RetryPolicy>,
    },
    /// Wake at a time.
    CreateTimer {
        /// When.
        fire_at: Timestamp,
    },
    /// Wait for a named external event.
    WaitForEvent {
        /// Its name; ASCII case does not matter.
        name: String,
    },
}

impl Action {
    /// The event that records this request.
    pub(crate) fn into_request(self) -> EventKind {
        match self {
            Self::ScheduleTask { name, input, retry } => {
                EventKind::TaskScheduled { name, input, retry }
            }
            Self::StartChild {
                name,
                input,
                instance_id,
                retry,
            } => EventKind::ChildScheduled {
                name,
                input,
                instance_id,
                retry,
            },
            Self::CallHttp { request, retry } => EventKind::HttpScheduled { request, retry },
            Self::CreateTimer { fire_at } => EventKind::TimerCreated { fire_at },
            Self::WaitForEvent { name } => EventKind::EventAwaited { name },
        }
    }

    /// True if `recorded` is the request for this action: the same kind and name. Inputs are not compared.
    pub(crate) fn is_recorded_by(&self, recorded: &EventKind) -> bool {
        match (self, recorded) {
            (Self::ScheduleTask { name, .. }, EventKind::TaskScheduled { name: recorded, .. })
            | (Self::StartChild { name, .. }, EventKind::ChildScheduled { name: recorded, .. }) => {
                name == recorded
            }
            (Self::WaitForEvent { name }, EventKind::EventAwaited { name: recorded }) => {
                name.eq_ignore_ascii_case(recorded)
            }
            (Self::CallHttp { .. }, EventKind::HttpScheduled { .. })
            | (Self::CreateTimer { .. }, EventKind::TimerCreated { .. }) => true,
            (
                Self::ScheduleTask { .. }
                | Self::StartChild { .. }
                | Self::CallHttp { .. }
                | Self::CreateTimer { .. }
                | Self::WaitForEvent { .. },
                _,
            ) => false,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ScheduleTask { name, .. } => write!(f, "the activity '{name}'"),
            Self::StartChild { name, .. } => write!(f, "the child orchestration '{name}'"),
            Self::CallHttp { .. } => f.write_str("an HTTP call"),
            Self::CreateTimer { .. } => f.write_str("a timer"),
            Self::WaitForEvent { name } => write!(f, "a wait for the event '{name}'"),
        }
    }
}
