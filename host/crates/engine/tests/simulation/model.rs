//! What follows from a history, worked out anew: neither the core nor the hub is asked.

use std::collections::BTreeMap;

use soloist_core::{
    Dispatch, Event, EventId, EventKind, History, InstanceId, Role, TaskResult, Timestamp, Work,
};
use soloist_engine::{Loaded, RuntimeStatus};

use crate::guests::outcome;

/// Work whose next attempt waits for its time.
pub(crate) fn waiting(history: &History) -> Vec<Dispatch> {
    let retried = retries(history);
    let all = history.events().iter();
    let waiting = all.filter(|event| retried.contains_key(&event.id));
    waiting
        .filter_map(|event| match &event.kind {
            EventKind::TaskScheduled { name, input, retry } => Some(Dispatch {
                scheduled: event.id,
                attempt: 1,
                work: Work::Activity {
                    name: name.clone(),
                    input: input.clone(),
                    retry: retry.clone(),
                },
            }),
            _ => None,
        })
        .collect()
}

/// When the next attempts at what is open begin; of a child it may have begun.
pub(crate) fn retries(history: &History) -> BTreeMap<EventId, Timestamp> {
    let mut retries = BTreeMap::new();
    for event in history.events() {
        match event.kind.role() {
            Role::Attempt { of, retry_at } => drop(retries.insert(of, retry_at)),
            Role::Answer { to, .. } | Role::Cancel(to) => drop(retries.remove(&to)),
            _ => {}
        }
    }
    retries
}

/// The children that were asked for, and that are not answered or given up.
pub(crate) fn open_children(history: &History) -> BTreeMap<EventId, InstanceId> {
    let execution = history.started().execution;
    let mut open = BTreeMap::new();
    for event in history.events() {
        if let EventKind::ChildScheduled { instance_id, .. } = &event.kind {
            let child = execution.child_id(event.id, instance_id.as_ref());
            open.insert(event.id, child);
        }
        if let Role::Answer { to, .. } | Role::Cancel(to) = event.kind.role() {
            open.remove(&to);
        }
    }
    open
}

/// The timers that a history waits for; those of the attempts at children, which may have begun, are not among them.
pub(crate) fn awaited(history: &History) -> BTreeMap<EventId, Timestamp> {
    let mut timers = retries(history);
    let children = open_children(history);
    timers.retain(|scheduled, _| !children.contains_key(scheduled));
    let first = &history.events()[0];
    if let Some(start_at) = history
        .started()
        .start_at
        .filter(|at| *at > first.timestamp)
    {
        timers.insert(first.id, start_at);
    }
    // One that was rewound has all the time that it needs.
    let was_rewound = |event: &Event| matches!(event.kind.role(), Role::Rewound(_));
    let parent = history.started().parent.as_ref();
    let deadline = parent.and_then(|parent| parent.deadline);
    let deadline = deadline.filter(|_| !history.events().iter().any(was_rewound));
    for event in history.events() {
        match event.kind.role() {
            Role::Request => {
                if let EventKind::TimerCreated { fire_at } = event.kind {
                    timers.insert(event.id, fire_at);
                }
            }
            Role::Answer { to, .. } | Role::Cancel(to) => drop(timers.remove(&to)),
            Role::Began => drop(timers.remove(&EventId::FIRST)),
            _ => {}
        }
    }
    timers.extend(deadline.map(|deadline| (first.id, deadline)));
    timers
}

/// What the runtime status should be, if it is another.
pub(crate) fn wrong_status(history: &History, loaded: &Loaded) -> Option<String> {
    let mut suspended = false;
    let mut begun = history.started().generation > 0;
    let mut end = None;
    for event in history.events() {
        match &event.kind {
            EventKind::ExecutionBegan {} => begun = true,
            EventKind::ExecutionSuspended { .. } => suspended = true,
            EventKind::ExecutionResumed { .. } => suspended = false,
            EventKind::ExecutionCompleted { .. } => end = Some(RuntimeStatus::Completed),
            EventKind::ExecutionFailed { .. } => end = Some(RuntimeStatus::Failed),
            EventKind::ExecutionTerminated { .. } => end = Some(RuntimeStatus::Terminated),
            _ => {}
        }
    }
    let fits = match (end, loaded.status) {
        (Some(end), status) => status == end,
        (None, RuntimeStatus::Suspended) => suspended,
        (None, RuntimeStatus::Running) => !suspended && begun,
        // A first turn that takes long has begun, but nothing has come of it.
        (None, RuntimeStatus::Pending) => !suspended && (!begun || loaded.ready),
        (None, _) => false,
    };
    (!fits).then(|| format!("is {:?}, suspended {suspended}, {end:?}", loaded.status))
}

/// The last failure of several attempts says how many there were.
pub(crate) fn is_same(told: &TaskResult, answer: &TaskResult) -> bool {
    match (told, answer) {
        (Ok(told), Ok(answer)) => told == answer,
        (Err(told), Err(answer)) => {
            (&told.error_type, &told.message) == (&answer.error_type, &answer.message)
        }
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    }
}

/// Each answer is what its own task and attempt come to.
pub(crate) fn wrong_answers(history: &History) -> Vec<String> {
    let execution = history.started().execution;
    let mut asked = BTreeMap::new();
    let mut wrong = Vec::new();
    for event in history.events() {
        let (scheduled, result): (EventId, TaskResult) = match &event.kind {
            EventKind::TaskScheduled { name, input, .. } => {
                asked.insert(event.id, (name, input, 1));
                continue;
            }
            EventKind::TaskCompleted { scheduled, output } => (*scheduled, Ok(output.clone())),
            EventKind::TaskFailed { scheduled, failure }
            | EventKind::AttemptFailed {
                scheduled, failure, ..
            } => (*scheduled, Err(failure.clone())),
            _ => continue,
        };
        let Some((name, input, attempt)) = asked.get_mut(&scheduled) else {
            continue;
        };
        // What is broken may have been mended while it ran.
        let come = |is_mended| {
            let key = execution.task_key(scheduled);
            outcome(name, input, key, *attempt, is_mended)
        };
        let (expected, mended) = (come(false), come(true));
        let is_own = is_same(&expected, &result) || is_same(&mended, &result);
        if !is_own {
            wrong.push(format!(
                "event {} answers attempt {attempt} of {name} with {result:?}, not {expected:?}",
                event.id
            ));
        }
        *attempt += 1;
    }
    wrong
}
