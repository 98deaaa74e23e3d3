//! Children: what asks for one is stored with the turn that asked, until the child is started or refused. So a child
//! starts once, also if its parent ends meanwhile, and nobody has to read a parent to start it.

use std::sync::Arc;
use std::time::Duration;

use soloist_core::{
    Dispatch, End, EventId, ExecutionId, Fact, Failure, HostError, InstanceId, Parent, Payload,
    Started, TaskResult, Timestamp, Work,
};
use tokio::sync::OwnedSemaphorePermit;

use crate::mailbox::{AdmittedStart, Mail};
use crate::shared::Shared;
use crate::{FunctionKind, Guests, HubError, Message, OnExisting, Platform, TaskHub};

/// How many parents an instance may have above it: an orchestrator that calls itself would fill the disk else.
const DEPTH_MAX: u32 = 100;

/// How many waiting starts one read of the hub brings.
const PAGE: usize = 500;

/// A child that was asked for and is neither started nor refused.
#[derive(Debug, Clone, PartialEq)]
pub struct ChildStart {
    /// The child's instance id.
    pub instance: InstanceId,
    /// The name of its function, as the code wrote it.
    pub function: String,
    /// What it is given.
    pub input: Payload,
    /// Who asked. Its execution and event name the start.
    pub parent: Parent,
}

impl ChildStart {
    /// What names the start: one request has one at a time.
    pub fn key(&self) -> (ExecutionId, EventId) {
        (self.parent.execution, self.parent.scheduled)
    }

    /// The answer to the parent, where the child is not started.
    pub(crate) fn refusal(&self, failure: Failure) -> Message {
        answer(&self.parent, Err(failure))
    }
}

/// What a child tells its parent. An execution that has ended meanwhile does not get it.
pub(crate) fn answer(parent: &Parent, result: TaskResult) -> Message {
    Message {
        target: parent.instance.clone(),
        execution: Some(parent.execution),
        fact: Fact::Answer {
            scheduled: parent.scheduled,
            result,
        },
    }
}

/// What an end is to the parent; none if the child goes on.
pub(crate) fn result_of(end: &End, has_expired: bool) -> Option<TaskResult> {
    match end {
        End::Completed(output) => Some(Ok(output.clone())),
        End::Failed(failure) => Some(Err(failure.clone())),
        End::Terminated(_) if has_expired => {
            let message = "the child took longer than the attempt-timeout of its call";
            Some(Err(HostError::ChildTimeout.failure(message)))
        }
        End::Terminated(reason) => {
            let why = reason.as_deref().unwrap_or("no reason was given");
            let message = format!("the child was terminated: {why}");
            Some(Err(HostError::Terminated.failure(message)))
        }
        End::ContinuedAsNew { .. } => None,
    }
}

/// Takes the children out of what is to be dispatched. Their attempts begin `now`.
pub(crate) fn take_children(
    instance: &InstanceId,
    started: &Started,
    dispatch: &mut Vec<Dispatch>,
    now: Timestamp,
) -> Vec<ChildStart> {
    let depth = started.parent.as_ref();
    let depth = depth.map_or(0, |parent| parent.depth) + 1;
    let mut children = Vec::new();
    dispatch.retain_mut(|asked| {
        let Work::Child {
            name,
            input,
            instance: child,
            timeout,
        } = &mut asked.work
        else {
            return true;
        };
        children.push(ChildStart {
            instance: child.clone(),
            function: std::mem::take(name),
            input: std::mem::replace(input, Payload::null()),
            parent: Parent {
                instance: instance.clone(),
                execution: started.execution,
                scheduled: asked.scheduled,
                attempt: asked.attempt,
                depth,
                deadline: timeout.map(|timeout| now.plus(Duration::from_millis(timeout))),
            },
        });
        false
    });
    children
}

impl<H: TaskHub, G: Guests, P: Platform> Shared<H, G, P> {
    /// The function that a child is to run, or why it is not started.
    pub(crate) fn admit_child(&self, start: &ChildStart) -> Result<AdmittedStart, Failure> {
        if start.parent.depth > DEPTH_MAX {
            let message = format!(
                "more than {DEPTH_MAX} orchestrators have called each other; let the innermost do the work, or begin \
                 instances of their own"
            );
            return Err(HostError::LimitExceeded.failure(message));
        }
        let name = &start.function;
        let function = name.parse().ok().and_then(|name| self.functions.get(&name));
        match function {
            Some(function) if function.kind == FunctionKind::Orchestrator => Ok(AdmittedStart {
                function: function.name,
                module: function.digest,
                input: start.input.clone(),
                pin: false,
                start_at: None,
                tags: std::collections::BTreeMap::new(),
                parent: Some(start.parent.clone()),
                on_existing: OnExisting::Reject,
            }),
            Some(_) => Err(HostError::UnknownFunction.failure(format!(
                "'{name}' is an activity, not an orchestrator; call an orchestrator"
            ))),
            None => Err(HostError::UnknownFunction.failure(format!(
                "no orchestrator function '{name}'; upload one under this name"
            ))),
        }
    }

    /// Starts children that are durably asked for, so many at once.
    pub(crate) fn start_children(self: &Arc<Self>, children: Vec<ChildStart>) {
        if children.is_empty() || self.stopping.is_cancelled() {
            return;
        }
        let shared = Arc::clone(self);
        self.tasks.spawn(async move {
            for start in children {
                let permit = tokio::select! {
                    () = shared.stopping.cancelled() => return,
                    permit = Arc::clone(&shared.wakes).acquire_owned() => permit.ok(),
                };
                shared.send_start(start, true, permit);
            }
        });
    }

    fn send_start(
        self: &Arc<Self>,
        start: ChildStart,
        is_new: bool,
        permit: Option<OwnedSemaphorePermit>,
    ) {
        let (child, start) = (start.instance.clone(), Box::new(start));
        let mail = Mail::StartChild {
            start,
            is_new,
            refused: None,
            permit,
        };
        self.send(&child, mail);
    }

    /// Starts the children that the last host did not come to, page by page.
    pub(crate) async fn recover_children(
        self: &Arc<Self>,
        after: &mut Option<(ExecutionId, EventId)>,
    ) -> Result<(), HubError> {
        loop {
            let page = self.hub.child_starts(*after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            *after = Some(last.key());
            for start in page {
                let permit = Arc::clone(&self.wakes).acquire_owned().await.ok();
                self.send_start(start, false, permit);
            }
        }
    }
}
