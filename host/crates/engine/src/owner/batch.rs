//! Mail that was taken in and waits for the commit.

use std::collections::VecDeque;

use soloist_core::{Dispatch, EventId, ExecutionId, FunctionName, HostError, InstanceId};

use crate::mailbox::Mail;
use crate::shared::unavailable;
use crate::{Started, Told};

/// What one turn answers. It is kept until the commit is acknowledged; after a failed commit it is delivered again.
#[derive(Debug, Default)]
pub(super) struct Batch(Vec<Mail>);

impl Batch {
    pub(super) fn keep(&mut self, mail: Mail) {
        self.0.push(mail);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The facts are durable: callers are told. Returns the work whose ends were recorded.
    pub(super) fn acknowledge(
        &mut self,
        instance: &InstanceId,
        begun: Option<ExecutionId>,
    ) -> Vec<(ExecutionId, EventId)> {
        let mut done = Vec::new();
        for mail in self.0.drain(..) {
            match mail {
                Mail::Start { reply, .. } => {
                    let instance = instance.clone();
                    // Whoever hung up does not want to know: here and below.
                    drop(reply.send(Ok(match begun {
                        Some(execution) => Started::Started {
                            instance,
                            execution,
                        },
                        None => Started::Exists { instance },
                    })));
                }
                Mail::Tell { reply, .. } => drop(reply.send(Ok(Told::Accepted))),
                Mail::Answer {
                    execution,
                    scheduled,
                    ..
                }
                | Mail::HttpAnswer {
                    execution,
                    scheduled,
                    ..
                } => done.push((execution, scheduled)),
                Mail::TimerFired { .. }
                | Mail::Wake { .. }
                | Mail::StartChild { .. }
                | Mail::Orphan { .. }
                | Mail::Promoted { .. }
                | Mail::Inbox
                | Mail::Evict
                | Mail::Rewind { .. }
                | Mail::Purge { .. } => {}
            }
        }
        done
    }

    /// Takes out the mail of the timers that these attempts waited for.
    pub(super) fn take_timers(&mut self, attempts: &[Dispatch]) -> Vec<Mail> {
        let is_of = |mail: &mut Mail| {
            let Mail::TimerFired { timer, .. } = mail else {
                return false;
            };
            attempts.iter().any(|attempt| attempt.scheduled == *timer)
        };
        self.0.extract_if(.., is_of).collect()
    }

    /// Nothing became durable, and it is to be decided anew.
    pub(super) fn requeue(self, backlog: &mut VecDeque<Mail>) {
        for mail in self.0.into_iter().rev() {
            backlog.push_front(mail);
        }
    }

    /// There is no room for another instance: whoever wanted to start one is told, and all else is decided anew.
    pub(super) fn turn_away(
        self,
        function: &FunctionName,
        holder: &InstanceId,
        backlog: &mut VecDeque<Mail>,
    ) {
        for mail in self.0.into_iter().rev() {
            match mail {
                Mail::Start { reply, .. } => {
                    let (function, holder) = (function.clone(), holder.clone());
                    drop(reply.send(Ok(Started::Full { function, holder })));
                }
                Mail::StartChild {
                    start,
                    is_new,
                    permit,
                    ..
                } => {
                    let message = format!(
                        "as many instances of '{function}' as may be are live, such as '{holder}'"
                    );
                    backlog.push_front(Mail::StartChild {
                        start,
                        is_new,
                        refused: Some(HostError::LimitExceeded.failure(message)),
                        permit,
                    });
                }
                other => backlog.push_front(other),
            }
        }
    }

    /// Nothing became durable: callers are told so; what came from inside the engine is delivered again.
    pub(super) fn refuse(self, doing: &'static str, cause: &str, backlog: &mut VecDeque<Mail>) {
        for mail in self.0.into_iter().rev() {
            match mail {
                Mail::Start { reply, .. } => drop(reply.send(Err(unavailable(doing, cause)))),
                Mail::Tell { reply, .. } => drop(reply.send(Err(unavailable(doing, cause)))),
                Mail::Purge { reply, .. } => drop(reply.send(Err(unavailable(doing, cause)))),
                Mail::Rewind { reply, .. } => drop(reply.send(Err(unavailable(doing, cause)))),
                Mail::Answer { .. }
                | Mail::HttpAnswer { .. }
                | Mail::TimerFired { .. }
                | Mail::Wake { .. }
                | Mail::StartChild { .. }
                | Mail::Orphan { .. }
                | Mail::Promoted { .. }
                | Mail::Inbox
                | Mail::Evict => {
                    backlog.push_front(mail);
                }
            }
        }
    }
}
