use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use soloist_core::{Event, EventId, EventKind, ExecutionId, LogLine, Payload, Timer};
use soloist_engine::{Begin, Committed, Expects, Operation, RuntimeStatus};

use crate::children;
use crate::columns::{self, Columns};
use crate::earlier::{Keeping, Old};
use crate::write::Refused;
use crate::{inbox, rewind, slots, tags};

/// Most turns leave the status as it was: a statement that does not set it leaves alone the indexes that hold it.
const ADVANCE_AS_IT_WAS: &str = "UPDATE instance SET next_sequence = ?4, last_updated = ?6, \
    ready = ?7 OR coalesce(queue_place = 0, 0) OR EXISTS (SELECT 1 FROM inbox WHERE inbox.instance = instance.id), \
    open_work = ?8, custom_status = coalesce(?9, custom_status) \
    WHERE instance_id = ?1 AND execution = ?2 AND next_sequence = ?3 AND status = ?5 RETURNING coalesce(queue_place, 0) > 0";
/// The first turn ends the wait for a slot; while it is still waited for there is none.
const ADVANCE: &str = "UPDATE instance SET next_sequence = ?4, status = ?5, last_updated = ?6, \
    ready = ?7 OR coalesce(queue_place = 0 AND ?5 <> 1, 0) \
      OR EXISTS (SELECT 1 FROM inbox WHERE inbox.instance = instance.id), \
    open_work = ?8, custom_status = coalesce(?9, custom_status), \
    queue_place = CASE WHEN ?5 = 1 THEN NULL ELSE queue_place END \
    WHERE instance_id = ?1 AND execution = ?2 AND next_sequence = ?3 AND status < 3 \
      AND NOT (?5 = 1 AND coalesce(queue_place, 0) > 0) RETURNING coalesce(queue_place, 0) > 0";

/// An operation as the writer takes it: all that can be made ready elsewhere is.
pub(crate) struct Change {
    operation: Operation,
    keeping: Keeping,
    /// The JSON of `operation.events`.
    events: Vec<String>,
    /// The JSON of the events of `operation.begins`.
    first_events: Vec<String>,
    /// The JSON of the facts of `operation.messages`.
    facts: Vec<String>,
}

impl Change {
    pub(crate) fn new(operation: Operation, keeping: Keeping) -> Self {
        let json = |events: &[Event]| events.iter().map(|event| to_json(&event.kind)).collect();
        Self {
            events: json(&operation.events),
            first_events: operation
                .begins
                .as_ref()
                .map_or_else(Vec::new, |begin| json(&begin.events)),
            facts: operation
                .messages
                .iter()
                .map(|message| to_json(&message.fact))
                .collect(),
            keeping,
            operation,
        }
    }

    /// Changes the database if the operation's condition holds. After an error the caller undoes what was done.
    pub(crate) fn apply(&self, database: &Connection) -> Result<Committed, Refused> {
        self.check_numbers()?;
        let operation = &self.operation;
        // Before the row: it looks at what the inbox still holds.
        for id in &operation.inbox_taken {
            database
                .prepare_cached("DELETE FROM inbox WHERE id = ?1 AND instance = (SELECT id FROM instance WHERE instance_id = ?2)")?
                .execute(params![id, operation.instance.as_str()])?;
        }
        let committed = match (operation.expects, &operation.begins) {
            (Expects::NotLive, Some(begin)) => {
                children::take(database, begin)?;
                self.start(database, begin)?
            }
            (Expects::NotLive, None) => return Err(Refused::Conflict),
            (Expects::Ended { execution, next }, _) => {
                let at = columns::execution(&execution);
                rewind::apply(database, operation, at, next)?;
                append(database, at, &operation.events, &self.events)?;
                Committed::default()
            }
            (Expects::At { execution, next }, begins) => {
                let at = columns::execution(&execution);
                match begins {
                    Some(begin) => self.replace(database, &execution, next, begin)?,
                    None if operation.status.is_live() => self.advance(database, at, next)?,
                    None => self.end(database, at, next)?,
                }
            }
        };
        self.keep_timers(database)?;
        self.keep_orphans(database)?;
        self.keep_logs(database)?;
        children::keep(database, operation)?;
        self.send_messages(database)?;
        Ok(committed)
    }

    /// Events that do not stand where the operation says would be a history that cannot be read.
    fn check_numbers(&self) -> Result<(), Refused> {
        let numbered = |events: &[Event], first: EventId| {
            let places = std::iter::successors(Some(first), |id| Some(id.next()));
            events
                .iter()
                .map(|event| event.id)
                .eq(places.take(events.len()))
        };
        let operation = &self.operation;
        let good = match operation.expects {
            Expects::NotLive => operation.events.is_empty(),
            Expects::At { next, .. } | Expects::Ended { next, .. } => {
                numbered(&operation.events, next)
            }
        };
        let is_rewind = matches!(operation.expects, Expects::Ended { .. });
        let good = good && is_rewind == operation.voids.is_some();
        let first = operation.begins.as_ref();
        let good = good
            && first.is_none_or(|begin| {
                !begin.events.is_empty() && numbered(&begin.events, EventId::FIRST)
            });
        if good { Ok(()) } else { Err(Refused::Conflict) }
    }

    /// One more turn of a live execution: the hot path.
    fn advance(
        &self,
        database: &Connection,
        at: &[u8],
        next: EventId,
    ) -> Result<Committed, Refused> {
        let operation = &self.operation;
        for sql in [ADVANCE_AS_IT_WAS, ADVANCE] {
            let queued = database
                .prepare_cached(sql)?
                .query_row(
                    params![
                        operation.instance.as_str(),
                        at,
                        columns::sequence(next),
                        columns::sequence(next) + columns::number(operation.events.len()),
                        columns::status(operation.status),
                        operation.now.as_millis(),
                        operation.ready,
                        operation.open_work,
                        operation.custom_status.as_ref().map(Payload::as_str),
                    ],
                    |row| row.get(0),
                )
                .optional()?;
            if let Some(queued) = queued {
                append(database, at, &operation.events, &self.events)?;
                return Ok(Committed {
                    queued,
                    promoted: Vec::new(),
                });
            }
        }
        Err(Refused::Conflict)
    }

    /// The last turn of an instance.
    fn end(&self, database: &Connection, at: &[u8], next: EventId) -> Result<Committed, Refused> {
        let operation = &self.operation;
        let ended: Option<(i64, String, Option<i64>)> = database
            .prepare_cached(
                "UPDATE instance SET module = NULL, next_sequence = ?4, status = ?5, last_updated = ?6, ready = ?7, \
                   open_work = ?8, custom_status = coalesce(?9, custom_status) \
                 WHERE instance_id = ?1 AND execution = ?2 AND next_sequence = ?3 AND status < 3 \
                 RETURNING id, function, queue_place",
            )?
            .query_row(
                params![
                    operation.instance.as_str(),
                    at,
                    columns::sequence(next),
                    columns::sequence(next) + columns::number(operation.events.len()),
                    columns::status(operation.status),
                    operation.now.as_millis(),
                    operation.ready,
                    operation.open_work,
                    operation.custom_status.as_ref().map(Payload::as_str),
                ],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        let Some((instance, function, queue_place)) = ended else {
            return Err(Refused::Conflict);
        };
        append(database, at, &operation.events, &self.events)?;
        forget_timers(database, at)?;
        inbox::forget(database, instance)?;
        Ok(Committed {
            queued: false,
            promoted: slots::leave(database, instance, &function, queue_place)?,
        })
    }

    /// A new execution in the place of a live one.
    fn replace(
        &self,
        database: &Connection,
        execution: &ExecutionId,
        next: EventId,
        begin: &Begin,
    ) -> Result<Committed, Refused> {
        let operation = &self.operation;
        let at = columns::execution(execution);
        let row = database
            .prepare_cached(
                "SELECT id, created, function, queue_place FROM instance \
                 WHERE instance_id = ?1 AND execution = ?2 AND next_sequence = ?3 AND status < 3",
            )?
            .query_row(
                params![operation.instance.as_str(), at, columns::sequence(next)],
                |row| {
                    let function: String = row.get(2)?;
                    Ok((row.get(0)?, row.get(1)?, function, row.get(3)?))
                },
            )
            .optional()?;
        let Some((instance, created, function, queue_place)) = row else {
            return Err(Refused::Conflict);
        };
        forget_timers(database, at)?;
        let continued = matches!(
            operation.events.last().map(|event| &event.kind),
            Some(EventKind::ContinuedAsNew { .. })
        );
        let created = continued.then_some(created);
        let old = Old {
            instance,
            execution,
        };
        self.begin(database, Some(old), begin, created)?;
        let mut committed = Committed::default();
        if function == begin.started.function.as_str() {
            committed.queued = slots::stay(database, instance, queue_place, operation.status)?;
            if !operation.status.is_live() {
                committed.promoted = slots::leave(database, instance, &function, queue_place)?;
            }
            return Ok(committed);
        }
        committed.promoted = slots::leave(database, instance, &function, queue_place)?;
        self.enter(database, instance, begin, committed)
    }

    /// A new life takes a slot of its function, and leaves it where it ends in the operation that begins it.
    fn enter(
        &self,
        database: &Connection,
        instance: i64,
        begin: &Begin,
        mut committed: Committed,
    ) -> Result<Committed, Refused> {
        let (function, status) = (&begin.started.function, self.operation.status);
        committed.queued = slots::enter(database, instance, function, status)?;
        if !status.is_live() {
            let promoted = slots::leave(database, instance, function.as_str(), None)?;
            committed.promoted.extend(promoted);
        }
        Ok(committed)
    }

    /// A new execution of an instance that is unknown or has ended.
    fn start(&self, database: &Connection, begin: &Begin) -> Result<Committed, Refused> {
        let row: Option<(i64, ExecutionId, RuntimeStatus)> = database
            .prepare_cached("SELECT id, execution, status FROM instance WHERE instance_id = ?1")?
            .query_row([self.operation.instance.as_str()], |row| {
                Ok((row.get(0)?, row.execution(1)?, row.status(2)?))
            })
            .optional()?;
        if matches!(&row, Some((_, _, status)) if status.is_live()) {
            return Err(Refused::Conflict);
        }
        let old = row.as_ref().map(|(instance, execution, _)| Old {
            instance: *instance,
            execution,
        });
        let instance = self.begin(database, old, begin, None)?;
        self.enter(database, instance, begin, Committed::default())
    }

    /// Writes the row of a new execution, in the place of `old` if there is one, and its first events. Returns the row's id.
    fn begin(
        &self,
        database: &Connection,
        old: Option<Old<'_>>,
        begin: &Begin,
        created: Option<i64>,
    ) -> Result<i64, Refused> {
        let operation = &self.operation;
        let started = &begin.started;
        let execution = columns::execution(&started.execution);
        let module: Option<i64> = database
            .prepare_cached("SELECT id FROM module WHERE digest = ?1")?
            .query_row([started.module.as_bytes()], |row| row.get(0))
            .optional()?;
        let Some(module) = module else {
            return Err(Refused::NoModule(started.module));
        };
        // An execution that ends in the operation that begins it pins nothing.
        let module = operation.status.is_live().then_some(module);
        if let Some(old) = old {
            if *old.execution == started.execution {
                return Err(Refused::Conflict);
            }
            self.keeping.leave(database, old, operation, &self.events)?;
            if !operation.status.is_live() {
                inbox::forget(database, old.instance)?;
            }
        }
        let is_continued = created.is_some();
        let created = created.unwrap_or_else(|| begin.events[0].timestamp.as_millis());
        let sql = match old {
            Some(_) => {
                "UPDATE instance SET function = ?3, module = ?4, execution = ?5, \
                   next_sequence = ?6, status = ?7, created = ?8, last_updated = ?9, \
                   ready = ?10 OR coalesce(queue_place = 0 AND ?7 <> 1, 0) \
                     OR EXISTS (SELECT 1 FROM inbox WHERE inbox.instance = instance.id), \
                   open_work = ?11, custom_status = ?12, parent = ?13 \
                 WHERE id = ?1 AND instance_id = ?2"
            }
            None => {
                "INSERT INTO instance (id, instance_id, function, module, execution, next_sequence, status, created, \
                   last_updated, ready, open_work, custom_status, parent) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
            }
        };
        database.prepare_cached(sql)?.execute(params![
            old.map(|old| old.instance),
            operation.instance.as_str(),
            started.function.as_str(),
            module,
            execution,
            columns::number(begin.events.len()) + 1,
            columns::status(operation.status),
            created,
            operation.now.as_millis(),
            operation.ready,
            operation.open_work,
            operation.custom_status.as_ref().map(Payload::as_str),
            started
                .parent
                .as_ref()
                .map(|parent| parent.instance.as_str()),
        ])?;
        let instance = old.map_or_else(|| database.last_insert_rowid(), |old| old.instance);
        if !is_continued {
            if old.is_some() {
                tags::forget(database, instance)?;
            }
            tags::keep(database, instance, created, &started.tags)?;
        }
        append(database, execution, &begin.events, &self.first_events)?;
        Ok(instance)
    }

    fn keep_timers(&self, database: &Connection) -> Result<(), Refused> {
        let operation = &self.operation;
        let Some(execution) = self.execution_after() else {
            return Ok(());
        };
        for scheduled in &operation.timers_done {
            database
                .prepare_cached("DELETE FROM timer WHERE execution = ?1 AND scheduled = ?2")?
                .execute(params![execution, columns::sequence(*scheduled)])?;
        }
        if !operation.status.is_live() {
            return Ok(());
        }
        for Timer { scheduled, fire_at } in &operation.timers {
            database
                .prepare_cached(
                    "INSERT INTO timer (execution, scheduled, fire_at, instance) \
                     SELECT ?1, ?2, ?3, id FROM instance WHERE instance_id = ?4",
                )?
                .execute(params![
                    execution,
                    columns::sequence(*scheduled),
                    fire_at.as_millis(),
                    operation.instance.as_str(),
                ])?;
        }
        Ok(())
    }

    fn keep_orphans(&self, database: &Connection) -> Result<(), Refused> {
        let operation = &self.operation;
        if let (true, Expects::At { execution, .. }) = (operation.drop_orphans, &operation.expects)
        {
            children::forget_all(database, execution)?;
        }
        if operation.drop_orphans {
            database
                .prepare_cached("DELETE FROM orphan WHERE instance = (SELECT id FROM instance WHERE instance_id = ?1)")?
                .execute([operation.instance.as_str()])?;
        }
        for orphan in &operation.orphans {
            database
                .prepare_cached(
                    "INSERT INTO orphan (execution, scheduled, attempt, name, input, instance) \
                     SELECT ?1, ?2, ?3, ?4, ?5, id FROM instance WHERE instance_id = ?6",
                )?
                .execute(params![
                    columns::execution(&orphan.execution),
                    columns::sequence(orphan.scheduled),
                    orphan.attempt,
                    orphan.name,
                    orphan.input.as_str(),
                    operation.instance.as_str(),
                ])?;
        }
        Ok(())
    }

    fn keep_logs(&self, database: &Connection) -> Result<(), Refused> {
        let execution = self.execution_after();
        execution.map_or(Ok(()), |execution| {
            keep_lines(database, execution, &self.operation.logs)
        })
    }

    fn send_messages(&self, database: &Connection) -> Result<(), Refused> {
        for (message, fact) in self.operation.messages.iter().zip(&self.facts) {
            inbox::send(database, message, fact)?;
        }
        Ok(())
    }

    /// The execution that is the instance's after the operation.
    fn execution_after(&self) -> Option<&[u8]> {
        match (&self.operation.begins, &self.operation.expects) {
            (Some(begin), _) => Some(columns::execution(&begin.started.execution)),
            (None, Expects::At { execution, .. } | Expects::Ended { execution, .. }) => {
                Some(columns::execution(execution))
            }
            (None, Expects::NotLive) => None,
        }
    }
}

/// Writes the log lines that are not there.
pub(crate) fn keep_lines(
    database: &Connection,
    execution: &[u8],
    lines: &[LogLine],
) -> Result<(), Refused> {
    for line in lines {
        database
            .prepare_cached(
                "INSERT INTO log (execution, ordinal, timestamp, level, message) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                execution,
                line.ordinal,
                line.timestamp.as_millis(),
                columns::level(line.level),
                line.message,
            ])?;
    }
    Ok(())
}

fn forget_timers(database: &Connection, execution: &[u8]) -> rusqlite::Result<()> {
    database
        .prepare_cached("DELETE FROM timer WHERE execution = ?1")?
        .execute([execution])
        .map(drop)
}

pub(crate) fn append(
    database: &Connection,
    execution: &[u8],
    events: &[Event],
    json: &[String],
) -> Result<(), Refused> {
    let mut insert = database.prepare_cached(
        "INSERT INTO history (execution, sequence, timestamp, event) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (event, json) in events.iter().zip(json) {
        let place = columns::sequence(event.id);
        insert.execute(params![execution, place, event.timestamp.as_millis(), json])?;
    }
    Ok(())
}

pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("events and facts are always JSON")
}
