use soloist_core::{
    Event, EventId, EventKind, ExecutionId, Failure, ModuleDigest, Nonce, Payload, Started,
    Timestamp,
};
use uuid::Uuid;

use super::*;

const ALL: View = View {
    inputs: true,
    outputs: true,
};
const NOTHING: View = View {
    inputs: false,
    outputs: false,
};

/// One event a second after the start of the execution, which is put before them.
fn history(kinds: Vec<EventKind>) -> History {
    let started = EventKind::ExecutionStarted(Box::new(Started {
        execution: ExecutionId::new(Uuid::nil()),
        function: "Hello".parse().unwrap(),
        module: ModuleDigest::new([0; 32]),
        input: Payload::string("World"),
        nonce: Nonce::new(7),
        parent: None,
        pin: false,
        generation: 3,
        start_at: None,
        tags: std::collections::BTreeMap::new(),
    }));
    let kinds = [started, EventKind::ExecutionBegan {}]
        .into_iter()
        .chain(kinds);
    let events = kinds.zip(1..).map(|(kind, id)| Event {
        id: EventId::new(id),
        timestamp: Timestamp::from_millis(i64::try_from(id).unwrap() * 1000 - 1000),
        kind,
    });
    History::try_from(events.collect::<Vec<_>>()).unwrap()
}

/// The rows after that of the start, one a line, with short times.
fn shown(kinds: Vec<EventKind>, view: View) -> String {
    let history = history(kinds);
    let lines: Vec<_> = rows(&history, view)
        .iter()
        .skip(1)
        .map(|row| serde_json::to_string(row).unwrap())
        .collect();
    lines
        .join("\n")
        .replace("1970-01-01T00:00:", "")
        .replace(".0000000Z", "s")
}

fn task(name: &str) -> EventKind {
    EventKind::TaskScheduled {
        name: name.to_owned(),
        input: Payload::string("Tokyo"),
        retry: None,
    }
}

fn child(instance_id: Option<&str>) -> EventKind {
    EventKind::ChildScheduled {
        name: "Child".to_owned(),
        input: Payload::null(),
        instance_id: instance_id.map(|id| id.parse().expect("an instance id")),
        retry: None,
    }
}

fn completed(scheduled: u64) -> EventKind {
    EventKind::TaskCompleted {
        scheduled: EventId::new(scheduled),
        output: Payload::parse("{\"n\": 1.0}").unwrap(),
    }
}

fn failure() -> Failure {
    Failure {
        error_type: "Declined".to_owned(),
        message: "no money".to_owned(),
        details: Some("at pay".to_owned()),
        non_retriable: true,
    }
}

const FAILURE_DETAILS: &str = "\"FailureDetails\":{\"ErrorType\":\"Declined\",\"ErrorMessage\":\"no money\",\
     \"StackTrace\":\"at pay\",\"InnerFailure\":null,\"IsNonRetriable\":true,\"Properties\":null}";

#[test]
fn the_start_shows_its_input_as_stored_text() {
    let history = history(vec![]);
    assert_eq!(
        serde_json::to_string(&rows(&history, ALL)).unwrap(),
        "[{\"EventType\":\"ExecutionStarted\",\"FunctionName\":\"Hello\",\"Input\":\"\\\"World\\\"\",\
         \"Correlation\":null,\"ScheduledStartTime\":null,\"Generation\":3,\"ParentTraceContext\":null,\
         \"Timestamp\":\"1970-01-01T00:00:00.0000000Z\"}]"
    );
}

#[test]
fn a_request_is_shown_until_its_answer_is_there() {
    assert_eq!(
        shown(vec![task("a"), task("b"), completed(3)], ALL),
        "{\"EventType\":\"TaskScheduled\",\"Name\":\"b\",\"Input\":\"\\\"Tokyo\\\"\",\"ParentTraceContext\":null,\
         \"Tags\":null,\"Timestamp\":\"03s\"}\n\
         {\"EventType\":\"TaskCompleted\",\"FunctionName\":\"a\",\"ScheduledTime\":\"02s\",\
         \"Input\":\"\\\"Tokyo\\\"\",\"Result\":{\"n\": 1.0},\"Timestamp\":\"04s\"}"
    );
}

#[test]
fn inputs_and_results_are_left_out_where_they_are_not_wanted() {
    let kinds = vec![
        task("a"),
        completed(3),
        EventKind::EventRaised {
            name: "Go".to_owned(),
            data: Payload::null(),
        },
        EventKind::ExecutionCompleted {
            output: Payload::null(),
        },
    ];
    assert_eq!(
        shown(kinds, NOTHING),
        "{\"EventType\":\"TaskCompleted\",\"FunctionName\":\"a\",\"ScheduledTime\":\"02s\",\"Timestamp\":\"03s\"}\n\
         {\"EventType\":\"EventRaised\",\"Name\":\"Go\",\"Timestamp\":\"04s\"}\n\
         {\"EventType\":\"ExecutionCompleted\",\"OrchestrationStatus\":\"Completed\",\"FailureDetails\":null,\
         \"Timestamp\":\"05s\"}"
    );
}

#[test]
fn a_failed_task_keeps_its_reason() {
    let failed = EventKind::TaskFailed {
        scheduled: EventId::new(3),
        failure: failure(),
    };
    assert_eq!(
        shown(vec![task("a"), failed], NOTHING),
        format!(
            "{{\"EventType\":\"TaskFailed\",\"FunctionName\":\"a\",\"ScheduledTime\":\"02s\",\"Reason\":\"no money\",\
             \"Details\":\"at pay\",{FAILURE_DETAILS},\"Timestamp\":\"03s\"}}"
        )
    );
}

#[test]
fn children_and_http_calls_have_names_of_their_own() {
    let http = EventKind::HttpScheduled {
        request: Payload::parse("{\"method\":\"GET\"}").unwrap(),
        retry: None,
    };
    let kinds = vec![child(None), completed(3), child(Some("c-2")), http];
    assert_eq!(
        shown(kinds, NOTHING),
        "{\"EventType\":\"SubOrchestrationInstanceCompleted\",\"FunctionName\":\"Child\",\"ScheduledTime\":\"02s\",\
         \"Timestamp\":\"03s\"}\n\
         {\"EventType\":\"SubOrchestrationInstanceCreated\",\"Name\":\"Child\",\"InstanceId\":\"c-2\",\
         \"Timestamp\":\"04s\"}\n\
         {\"EventType\":\"TaskScheduled\",\"Name\":\"BuiltIn::HttpActivity\",\"ParentTraceContext\":null,\"Tags\":null,\
         \"Timestamp\":\"05s\"}"
    );
}

#[test]
fn a_failed_child_keeps_its_reason_and_an_event_says_where_it_went() {
    let failed = EventKind::TaskFailed {
        scheduled: EventId::new(3),
        failure: failure(),
    };
    let sent = EventKind::EventSent {
        instance_id: "other".to_owned(),
        name: "Go".to_owned(),
        data: Payload::parse("[1]").unwrap(),
    };
    assert_eq!(
        shown(vec![child(None), failed, sent], ALL),
        format!(
            "{{\"EventType\":\"SubOrchestrationInstanceFailed\",\"FunctionName\":\"Child\",\"ScheduledTime\":\"02s\",\
             \"Input\":\"null\",\"Reason\":\"no money\",\"Details\":\"at pay\",{FAILURE_DETAILS},\"Timestamp\":\"03s\"}}\n\
             {{\"EventType\":\"EventSent\",\"InstanceId\":\"other\",\"Name\":\"Go\",\"Input\":\"[1]\",\"Timestamp\":\"04s\"}}"
        )
    );
}

#[test]
fn what_was_rewound_is_a_tombstone_and_what_goes_on_as_new_a_number() {
    let kinds = vec![
        EventKind::Voided {},
        EventKind::ExecutionRewound {
            reason: Some("fixed".to_owned()),
            module: ModuleDigest::new([1; 32]),
        },
        EventKind::ContinuedAsNew {
            input: Payload::string("next"),
        },
    ];
    assert_eq!(
        shown(kinds, ALL),
        "{\"EventType\":\"GenericEvent\",\"Data\":null,\"Timestamp\":\"02s\"}\n\
         {\"EventType\":\"ExecutionRewound\",\"Reason\":\"fixed\",\"Timestamp\":\"03s\"}\n\
         {\"EventType\":\"ContinueAsNew\",\"OrchestrationStatus\":2,\"Result\":\"\\\"next\\\"\",\"Timestamp\":\"04s\"}"
    );
}

#[test]
fn timers_events_and_suspensions_are_shown_and_the_hosts_own_events_are_not() {
    let kinds = vec![
        EventKind::TimerCreated {
            fire_at: Timestamp::from_millis(2500),
        },
        EventKind::EventAwaited {
            name: "Go".to_owned(),
        },
        EventKind::TimerFired {
            timer: EventId::new(3),
        },
        EventKind::TaskCanceled {
            scheduled: EventId::new(4),
        },
        EventKind::ExecutionSuspended {
            reason: Some("night".to_owned()),
        },
        EventKind::ExecutionResumed { reason: None },
        EventKind::EventRaised {
            name: "Go".to_owned(),
            data: Payload::parse("[1]").unwrap(),
        },
        EventKind::ExecutionTerminated {
            reason: Some("enough".to_owned()),
        },
    ];
    assert_eq!(
        shown(kinds, ALL),
        "{\"EventType\":\"TimerCreated\",\"FireAt\":\"02.5000000Z\",\"Timestamp\":\"02s\"}\n\
         {\"EventType\":\"TimerFired\",\"FireAt\":\"02.5000000Z\",\"Timestamp\":\"04s\"}\n\
         {\"EventType\":\"ExecutionSuspended\",\"Reason\":\"night\",\"Timestamp\":\"06s\"}\n\
         {\"EventType\":\"ExecutionResumed\",\"Reason\":null,\"Timestamp\":\"07s\"}\n\
         {\"EventType\":\"EventRaised\",\"Name\":\"Go\",\"Input\":\"[1]\",\"Timestamp\":\"08s\"}\n\
         {\"EventType\":\"ExecutionTerminated\",\"Input\":\"enough\",\"Timestamp\":\"09s\"}"
    );
}

#[test]
fn a_failure_is_a_completion_with_another_status() {
    let kinds = vec![EventKind::ExecutionFailed { failure: failure() }];
    assert_eq!(
        shown(kinds, ALL),
        format!(
            "{{\"EventType\":\"ExecutionCompleted\",\"OrchestrationStatus\":\"Failed\",\
             \"Result\":\"Orchestrator function 'Hello' failed: no money\",{FAILURE_DETAILS},\"Timestamp\":\"02s\"}}"
        )
    );
}

#[test]
fn payloads_may_be_nested_deeper_than_a_parser_would_go() {
    let deep = "[".repeat(5000) + &"]".repeat(5000);
    let output = Payload::parse(&deep).unwrap();
    let kinds = vec![EventKind::ExecutionCompleted { output }];
    assert!(shown(kinds, ALL).contains(&deep));
}
