//! What the guest tells: log lines, a custom status. And the ids that it draws.

use super::run::{Run, answered, execution};
use super::script::Step::{Activity, Guid, Log, Now, Send, Status, Wait};
use super::script::{Seen, json, wait_for};
use crate::{
    Execution, History, LOG_BYTES_MAX, LOG_LINES_MAX, LOG_MESSAGE_BYTES_MAX, LogLevel, Payload,
    Refusal,
};

#[test]
fn a_line_is_kept_once_however_often_it_is_replayed() {
    let script = [
        Log,
        Activity("a"),
        wait_for(0),
        Log,
        Now,
        Log,
        Wait("go"),
        wait_for(1),
    ];
    let mut run = Run::of(script);
    let first = run.then([]);
    assert_eq!(first.logs.len(), 1);
    for _ in 0..3 {
        run.evict();
        assert_eq!(run.then([]).logs, []);
    }
    let second = run.then([answered(0, "0")]);
    let ordinals: Vec<_> = second.logs.iter().map(|line| line.ordinal).collect();
    assert_eq!(ordinals, [1, 2]);
    // A line has orchestration time, which a replay does not change.
    let times = run
        .stored
        .logs
        .iter()
        .map(|line| line.timestamp.as_millis());
    assert_eq!(times.collect::<Vec<_>>(), [1_000, 1_010, 1_010]);
}

#[test]
fn lines_of_a_turn_that_was_not_committed_are_kept_by_the_next() {
    let mut run = Run::of([Log, Activity("a"), wait_for(0), Log]);
    run.then([]);
    run.deliver(&answered(0, "0"));
    run.execution.begin_turn(run.now);
    run.keep_facts();
    // Here the host falls: the facts are kept, the turn is not.
    run.evict();
    run.settle();
    assert_eq!(run.stored.logs.len(), 2);
}

#[test]
fn a_long_message_is_cut_at_a_character() {
    let mut execution = execution();
    let message = "\u{20ac}".repeat(LOG_MESSAGE_BYTES_MAX);
    execution.log(LogLevel::Warn, message);
    execution.log(LogLevel::Error, "short".to_owned());
    let lines = execution.park().logs;
    assert_eq!(lines[0].message.len(), LOG_MESSAGE_BYTES_MAX - 1);
    assert_eq!(lines[0].level, LogLevel::Warn);
    assert_eq!(lines[1].message, "short");
}

#[test]
fn what_is_cut_off_a_message_is_not_held() {
    let mut execution = execution();
    execution.log(LogLevel::Info, "x".repeat(100 * LOG_MESSAGE_BYTES_MAX));
    let lines = execution.park().logs;
    assert!(lines[0].message.capacity() < 2 * LOG_MESSAGE_BYTES_MAX);
}

#[test]
fn the_text_of_all_lines_is_bounded_whether_it_is_stored_already_or_not() {
    let log = |execution: &mut Execution| {
        for _ in 0..LOG_LINES_MAX {
            execution.log(LogLevel::Info, "x".repeat(LOG_MESSAGE_BYTES_MAX));
        }
    };
    let lines_max = LOG_BYTES_MAX / LOG_MESSAGE_BYTES_MAX;
    let mut first = execution();
    log(&mut first);
    let decision = first.park();
    assert_eq!(decision.logs.len(), lines_max);

    let instance = first.instance().clone();
    let history = History::try_from(decision.events).expect("a history");
    let logged = u32::try_from(lines_max - 1).expect("few");
    let mut second = Execution::load(instance, history, logged, None);
    second.begin_turn(second.current_time());
    log(&mut second);
    assert_eq!(second.park().logs.len(), 1, "the one that was not stored");
}

#[test]
fn lines_are_bounded() {
    let mut execution = execution();
    for _ in 0..LOG_LINES_MAX + 5 {
        execution.log(LogLevel::Info, "again".to_owned());
    }
    let lines = execution.park().logs;
    assert_eq!(lines.len(), LOG_LINES_MAX as usize);
    execution.log(LogLevel::Info, "again".to_owned());
    assert_eq!(execution.park().logs, []);
}

#[test]
fn the_custom_status_is_decided_when_it_changes() {
    let script = [
        Status,
        Wait("go"),
        Activity("a"),
        wait_for(1),
        Status,
        Now,
        Status,
        wait_for(0),
    ];
    let mut run = Run::of(script);
    let first = run.then([]);
    assert_eq!(first.custom_status, Some(json("0")));
    run.evict();
    assert_eq!(
        run.then([]).custom_status,
        None,
        "a replay sets what is stored"
    );
    let second = run.then([answered(1, "1")]);
    assert_eq!(second.custom_status.as_ref(), run.execution.custom_status());
    assert_ne!(second.custom_status, first.custom_status);
    run.evict();
    run.settle();
    assert_eq!(run.execution.custom_status(), second.custom_status.as_ref());
}

#[test]
fn the_custom_status_has_at_most_16_kib() {
    let status = |bytes: usize| Payload::string(&"x".repeat(bytes - 2));
    let mut execution = execution();
    assert_eq!(execution.set_custom_status(status(16_384)), Ok(()));
    let refusal = Refusal::TooLarge {
        what: "the custom status",
        bytes: 16_385,
        bytes_max: 16_384,
    };
    assert_eq!(
        execution.set_custom_status(status(16_385)),
        Err(refusal.clone())
    );
    assert_eq!(
        refusal.to_string(),
        "the custom status has 16385 bytes; at most 16384 are allowed"
    );
    assert_eq!(execution.custom_status(), Some(&status(16_384)));
}

#[test]
fn guids_are_the_same_in_every_run_and_differ_from_each_other() {
    let mut run = Run::of([Guid, Guid, Activity("a"), wait_for(0), Guid]);
    run.then([]);
    run.evict();
    run.then([answered(0, "0")]);
    let guids: Vec<_> = run
        .seen()
        .iter()
        .filter_map(|seen| match seen {
            Seen::Guid(guid) => Some(guid.to_string()),
            _ => None,
        })
        .collect();
    // What these are is a promise: histories are replayed by later versions.
    let expected = [
        "23221892-8abf-562f-b19b-0c13e3237033",
        "6b85be3e-5935-55c6-82dd-0b9fadbf2338",
        "5e5ab9cf-0a85-5d36-8b58-00224c55f14e",
    ];
    assert_eq!(guids, expected);
}

#[test]
fn guids_of_two_executions_differ() {
    let guid = |id: u128| {
        let started = crate::Started {
            execution: crate::ExecutionId::new(uuid::Uuid::from_u128(id)),
            ..super::run::started()
        };
        let instance = "night-7".parse().expect("an instance id");
        Execution::start(instance, started, crate::Timestamp::default()).new_guid()
    };
    assert_ne!(guid(1), guid(2));
    assert_eq!(guid(1), guid(1));
    assert_eq!(guid(1).get_version_num(), 5);
}

#[test]
fn an_event_is_sent_once_however_often_it_is_replayed() {
    let script = [
        Send("other", "go"),
        Activity("a"),
        wait_for(0),
        Send("none", "stop"),
    ];
    let mut run = Run::of(script);
    let first = run.then([]);
    let sent = |instance: &str, name: &str, data: &str| crate::SentEvent {
        instance_id: instance.to_owned(),
        name: name.to_owned(),
        data: json(data),
    };
    assert_eq!(first.messages, [sent("other", "go", "0")]);
    for _ in 0..3 {
        run.evict();
        assert_eq!(run.then([]).messages, []);
    }
    let second = run.then([answered(0, "0")]);
    assert_eq!(second.messages.len(), 1);
    assert_eq!(second.messages[0].instance_id, "none");
    assert!(matches!(run.stored.end, Some(crate::End::Completed(_))));
}

#[test]
fn another_event_than_the_recorded_one_is_non_determinism() {
    for now in [Send("other", "stop"), Send("another", "go"), Activity("a")] {
        let mut run = Run::of([Send("other", "go"), Wait("go"), wait_for(0)]);
        run.then([]);
        run.evict_for([now, Wait("go"), wait_for(0)]);
        run.settle();
        match &run.stored.end {
            Some(crate::End::Failed(failure)) => assert!(
                failure
                    .message
                    .contains("the event 'go' for the instance 'other'"),
                "{failure:?}"
            ),
            end => panic!("{end:?}"),
        }
    }
}
