//! What a host leaves behind of an instance of our functions, made without one: in the store's own types, so that it is
//! written as a host writes it. `stored.rs` compares it with the real thing in each run.

use std::time::Duration;

use soloist_core::{
    Event, EventId, EventKind, FunctionName, ModuleDigest, Nonce, Payload, Started, Timer,
    Timestamp,
};
use soloist_engine::{Begin, Expects, Operation, RuntimeStatus};

use crate::names;

/// How long a `sleeper` sleeps.
const SLEEP: Duration = Duration::from_hours(1);

/// How many events the first turn of a chain records.
pub(crate) const FIRST_TURN: usize = 3;
/// How many events every later turn of a chain records.
pub(crate) const LATER_TURN: usize = 2;

/// How many events the history of a chain, or of a fan, has once it has ended.
pub(crate) const fn events_of_steps(steps: u64) -> u64 {
    3 + 2 * steps
}

/// The events of an `instant`, and of a `sleeper` that sleeps.
pub(crate) const EVENTS_OF_ONE_TURN: u64 = 3;

/// How an instance of a function that is bound to `module` is started.
pub(crate) fn started(
    function: &str,
    module: ModuleDigest,
    input: Payload,
    at: Timestamp,
) -> Started {
    Started {
        execution: names::execution(at),
        function: function_name(function),
        module,
        input,
        // Secret bits of as many digits as any.
        nonce: Nonce::new(0x5eed_0000_0000_0000_0000_0000_0000_5eed),
        parent: None,
        pin: false,
        generation: 0,
        start_at: None,
        tags: std::collections::BTreeMap::new(),
    }
}

fn function_name(text: &str) -> FunctionName {
    text.parse().expect("our functions are named well")
}

/// The whole history of a `chain` of so many steps, after the event that starts it.
pub(crate) fn chain_after_start(steps: u64) -> Vec<EventKind> {
    let mut kinds = vec![EventKind::ExecutionBegan {}];
    for step in 0..steps {
        kinds.push(EventKind::TaskScheduled {
            name: "noop".to_owned(),
            input: Payload::null(),
            retry: None,
        });
        kinds.push(EventKind::TaskCompleted {
            scheduled: EventId::new(FIRST_TURN as u64 + 2 * step),
            output: Payload::null(),
        });
    }
    kinds.push(EventKind::ExecutionCompleted {
        output: Payload::null(),
    });
    kinds
}

/// A `chain` of so many steps that has ended, written at once.
pub(crate) fn ended_chain(module: ModuleDigest, steps: u64, at: Timestamp) -> Operation {
    let input = Payload::parse(&steps.to_string()).expect("a number is JSON");
    let started = started("chain", module, input, at);
    operation(started, chain_after_start(steps), at)
}

/// A `sleeper` that has just fallen asleep.
pub(crate) fn sleeper(module: ModuleDigest, at: Timestamp) -> Operation {
    let started = started("sleeper", module, Payload::null(), at);
    let fire_at = at.plus(SLEEP);
    let kinds = vec![
        EventKind::ExecutionBegan {},
        EventKind::TimerCreated { fire_at },
    ];
    let timer = Timer {
        scheduled: EventId::new(EVENTS_OF_ONE_TURN),
        fire_at,
    };
    Operation {
        status: RuntimeStatus::Running,
        timers: vec![timer],
        ..operation(started, kinds, at)
    }
}

/// A start together with all that followed, up to the end.
pub(crate) fn operation(started: Started, after_start: Vec<EventKind>, at: Timestamp) -> Operation {
    let start = EventKind::ExecutionStarted(Box::new(started.clone()));
    let kinds = [start].into_iter().chain(after_start);
    let events = (1..).zip(kinds).map(|(place, kind)| Event {
        id: EventId::new(place),
        timestamp: at,
        kind,
    });
    Operation {
        instance: names::instance().parse().expect("our names are good ids"),
        expects: Expects::NotLive,
        events: Vec::new(),
        begins: Some(Begin {
            events: events.collect(),
            started,
        }),
        status: RuntimeStatus::Completed,
        custom_status: None,
        ready: false,
        open_work: 0,
        timers: Vec::new(),
        timers_done: Vec::new(),
        orphans: Vec::new(),
        drop_orphans: false,
        logs: Vec::new(),
        last_logs: Vec::new(),
        messages: Vec::new(),
        children: Vec::new(),
        children_closed: Vec::new(),
        voids: None,
        inbox_taken: Vec::new(),
        now: at,
    }
}

#[cfg(test)]
mod tests {
    use soloist_core::History;

    use super::*;

    fn history(operation: Operation) -> History {
        History::try_from(operation.begins.unwrap().events).unwrap()
    }

    #[test]
    fn a_chain_is_a_history_of_as_many_events_as_we_count() {
        let at = Timestamp::from_millis(1);
        for steps in [0, 1, 5, 100] {
            let history = history(ended_chain(ModuleDigest::new([1; 32]), steps, at));
            assert_eq!(history.events().len() as u64, events_of_steps(steps));
            assert!(history.open_work().is_empty());
        }
    }

    #[test]
    fn a_sleeper_waits_for_the_timer_of_its_history() {
        let at = Timestamp::from_millis(5);
        let operation = sleeper(ModuleDigest::new([1; 32]), at);
        let [timer] = operation.timers[..] else {
            panic!("it has one timer");
        };
        let history = history(operation);
        let fire_at = at.plus(SLEEP);
        assert_eq!(timer.fire_at, fire_at);
        let last = history.events().last().unwrap();
        assert_eq!(last.id, timer.scheduled);
        assert_eq!(last.kind, EventKind::TimerCreated { fire_at });
    }
}
