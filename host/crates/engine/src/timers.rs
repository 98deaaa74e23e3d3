//! Durable timers. Only the near ones are in memory; the rest are rows of the hub, read as their time comes near.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use soloist_core::{EventId, ExecutionId, InstanceId, Timestamp};
use tokio::sync::Notify;

use crate::mailbox::Mail;
use crate::shared::Shared;
use crate::{DueTimer, Guests, HubError, Platform, TaskHub, TimerCursor};

/// How many timers one read of the hub brings.
const PAGE: usize = 1_000;

/// The longest sleep while a timer is due some time: the wall clock may jump.
const SLEEP_MAX: Duration = Duration::from_mins(1);

/// The near timers.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    near: Mutex<Near>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Near {
    by_time: BTreeMap<TimerCursor, InstanceId>,
    by_task: BTreeMap<(ExecutionId, EventId), Timestamp>,
    /// All timers of the hub up to here are in memory, or were.
    read_to: Option<TimerCursor>,
    /// When the first timer beyond fires, as far as is known.
    first_beyond: Option<Timestamp>,
}

impl Near {
    fn insert(&mut self, timer: DueTimer) {
        let DueTimer { instance, cursor } = timer;
        self.by_task
            .insert((cursor.execution, cursor.scheduled), cursor.fire_at);
        self.by_time.insert(cursor, instance);
    }

    fn remove(&mut self, execution: ExecutionId, scheduled: EventId) {
        if let Some(fire_at) = self.by_task.remove(&(execution, scheduled)) {
            self.by_time.remove(&TimerCursor {
                fire_at,
                execution,
                scheduled,
            });
        }
    }
}

/// What the timers are to do next.
enum Next {
    Fire(Vec<DueTimer>),
    Read { after: Option<TimerCursor> },
    Sleep(Option<Duration>),
}

impl Timers {
    fn lock(&self) -> MutexGuard<'_, Near> {
        self.near
            .lock()
            .expect("no code panics while it holds the timers")
    }

    /// A timer is durable.
    pub(crate) fn add(&self, timer: DueTimer) {
        let mut near = self.lock();
        let is_near = near.read_to.is_some_and(|read_to| timer.cursor <= read_to);
        let at = timer.cursor.fire_at;
        let sooner = if is_near {
            let first = near
                .by_time
                .first_key_value()
                .is_none_or(|(first, _)| at < first.fire_at);
            near.insert(timer);
            first
        } else {
            let first = near.first_beyond.is_none_or(|first| at < first);
            if first {
                near.first_beyond = Some(at);
            }
            first
        };
        drop(near);
        if sooner {
            self.changed.notify_one();
        }
    }

    /// A timer was answered or cancelled.
    pub(crate) fn remove(&self, execution: ExecutionId, scheduled: EventId) {
        self.lock().remove(execution, scheduled);
    }

    /// An execution has ended, and its timers with it.
    pub(crate) fn remove_all(&self, execution: ExecutionId) {
        let mut near = self.lock();
        let first = (execution, EventId::FIRST);
        let gone: Vec<_> = near
            .by_task
            .range(first..)
            .take_while(|((of, _), _)| *of == execution)
            .map(|(key, _)| *key)
            .collect();
        for (execution, scheduled) in gone {
            near.remove(execution, scheduled);
        }
    }

    /// A read failed: what lies beyond `after` is to be read again.
    fn read_again(&self, after: Option<TimerCursor>, now: Timestamp) {
        let mut near = self.lock();
        near.read_to = after;
        near.first_beyond = Some(now);
    }

    fn next(&self, now: Timestamp, horizon: Duration, near_max: usize) -> Next {
        let mut near = self.lock();
        let mut due = Vec::new();
        while let Some(entry) = near.by_time.first_entry()
            && entry.key().fire_at <= now
            && due.len() < PAGE
        {
            let (cursor, instance) = entry.remove_entry();
            near.by_task.remove(&(cursor.execution, cursor.scheduled));
            due.push(DueTimer { instance, cursor });
        }
        if !due.is_empty() {
            return Next::Fire(due);
        }
        // Half a horizon before the first one beyond fires, it is read, if there is room.
        let has_room = near.by_time.len() < near_max / 2;
        if has_room
            && near
                .first_beyond
                .is_some_and(|at| at.since(now) <= horizon / 2)
        {
            return Next::Read {
                after: near.read_to,
            };
        }
        let beyond = near
            .first_beyond
            .filter(|_| has_room)
            .map(|at| at.since(now).saturating_sub(horizon / 2));
        let near = near
            .by_time
            .first_key_value()
            .map(|(cursor, _)| cursor.fire_at.since(now));
        let first = [near, beyond].into_iter().flatten().min();
        Next::Sleep(first.map(|wait| wait.min(SLEEP_MAX)))
    }
}

impl<H: TaskHub, G: Guests, P: Platform> Shared<H, G, P> {
    /// Fires timers until the host stops.
    pub(crate) async fn run_timers(self: Arc<Self>) {
        let mut failures = 0;
        loop {
            let now = self.platform.now();
            match self
                .timers
                .next(now, self.settings.timer_horizon, self.settings.timers_max)
            {
                Next::Fire(due) => {
                    for timer in due {
                        let permit = tokio::select! {
                            biased;
                            () = self.stopping.cancelled() => return,
                            permit = Arc::clone(&self.wakes).acquire_owned() => permit.ok(),
                        };
                        let TimerCursor {
                            execution,
                            scheduled: timer_event,
                            fire_at,
                        } = timer.cursor;
                        self.send(
                            &timer.instance,
                            Mail::TimerFired {
                                execution,
                                timer: timer_event,
                                fire_at,
                                permit,
                            },
                        );
                    }
                }
                Next::Read { after } => match self.read_timers(after, now).await {
                    Ok(()) => failures = 0,
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "timers cannot be read"
                        );
                        self.timers.read_again(after, now);
                        self.back_off(failures).await;
                        failures += 1;
                    }
                },
                Next::Sleep(wait) => {
                    let sleep = async {
                        match wait {
                            Some(wait) => self.platform.sleep(wait).await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        biased;
                        () = self.stopping.cancelled() => return,
                        () = self.timers.changed.notified() => {}
                        () = sleep => {}
                    }
                }
            }
            if self.stopping.is_cancelled() {
                return;
            }
        }
    }

    /// Reads the timers of the coming horizon into memory, as far as there is room.
    pub(crate) async fn read_timers(
        &self,
        after: Option<TimerCursor>,
        now: Timestamp,
    ) -> Result<(), HubError> {
        let until = now.plus(self.settings.timer_horizon);
        let last = TimerCursor {
            fire_at: until,
            execution: ExecutionId::new(uuid::Uuid::max()),
            scheduled: EventId::new(u64::MAX),
        };
        // From here on new timers of the horizon go into memory, so that none falls between the read and the commit.
        {
            let mut near = self.timers.lock();
            near.read_to = near.read_to.max(Some(last));
            near.first_beyond = None;
        }
        let (mut after, mut held) = (after, 0);
        loop {
            let page = self.hub.timers(after, until, PAGE).await?;
            let is_last = page.len() < PAGE;
            held += page.len();
            let mut near = self.timers.lock();
            after = page.last().map(|timer| timer.cursor).or(after);
            for timer in page {
                near.insert(timer);
            }
            if is_last {
                break;
            }
            if held >= self.settings.timers_max {
                near.read_to = after;
                near.first_beyond = after.map(|cursor| cursor.fire_at);
                return Ok(());
            }
        }
        let beyond = self.hub.next_timer(until).await?;
        let mut near = self.timers.lock();
        near.first_beyond = match (near.first_beyond, beyond) {
            (Some(known), Some(read)) => Some(known.min(read)),
            (known, read) => known.or(read),
        };
        Ok(())
    }
}
