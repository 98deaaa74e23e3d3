use soloist_core::{EventId, ExecutionId, InstanceId, Parent, Role};

use super::state::{Instance, State};
use crate::{ChildStart, Expects, Message, Operation};

impl Instance {
    fn parent(&self) -> Option<&Parent> {
        match self.events.first().map(|event| event.kind.role()) {
            Some(Role::Start(started)) => started.parent.as_ref(),
            _ => None,
        }
    }
}

/// The start that an operation takes: that of a child which begins.
pub(super) fn taken(operation: &Operation) -> Option<(ExecutionId, EventId)> {
    let begin = operation.begins.as_ref()?;
    let parent = begin.started.parent.as_ref()?;
    let is_start = operation.expects == Expects::NotLive;
    is_start.then_some((parent.execution, parent.scheduled))
}

impl State {
    pub(super) fn child_starts(
        &self,
        after: Option<(ExecutionId, EventId)>,
        limit: usize,
    ) -> Vec<ChildStart> {
        let all = self.children.iter();
        let rest = all.filter(|(key, _)| after.is_none_or(|after| **key > after));
        rest.take(limit).map(|(_, start)| start.clone()).collect()
    }

    pub(super) fn refuse_child(&mut self, key: (ExecutionId, EventId), answer: Option<Message>) {
        let was_there = self.children.remove(&key).is_some();
        if let Some(answer) = answer.filter(|_| was_there) {
            self.send(answer);
        }
    }

    pub(super) fn children_of(
        &self,
        parent: &InstanceId,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Vec<InstanceId> {
        let all = self.instances.iter();
        let children = all.filter(|(id, instance)| {
            after.is_none_or(|after| *id > after)
                && instance
                    .parent()
                    .is_some_and(|found| found.instance == *parent)
        });
        children.take(limit).map(|(id, _)| id.clone()).collect()
    }
}
