//! What an owner may take, when, and what is in it.

use super::run::Outside::Terminated;
use super::run::{Run, answered, fire_at, raised};
use super::script::Step::{Activity, Child, Http, Log, Status, Timer, Wait};
use super::script::{Seen, all, got, json, oops, wait_for};
use super::stored::idle;
use crate::{Dispatch, EventId, EventKind, Role, Timer as Kept, Work};

fn roles(events: &[crate::Event]) -> String {
    let letter = |kind: &EventKind| match kind.role() {
        Role::Start(_) => 's',
        Role::Began => 'b',
        Role::Request => 'r',
        Role::Told => 'm',
        Role::Cancel(_) => 'c',
        Role::Answer { .. } => 'a',
        Role::Attempt { .. } => 't',
        Role::Accepted { .. } => 'p',
        Role::Raised { .. } => 'e',
        Role::Suspended => '[',
        Role::Resumed => ']',
        Role::End => '.',
        Role::Void => '-',
        Role::Rewound(_) => 'w',
    };
    events.iter().map(|event| letter(&event.kind)).collect()
}

#[test]
fn a_turn_is_its_facts_and_then_what_the_code_asked_for() {
    let mut run = Run::of([
        Activity("a"),
        Wait("go"),
        wait_for(0),
        Timer(5),
        Http,
        wait_for(1),
    ]);
    assert_eq!(roles(&run.then([]).events), "sbrr");
    assert_eq!(run.execution.next_untaken(), EventId::new(5));
    let decision = run.then([answered(0, "0"), raised("other", "1")]);
    assert_eq!(roles(&decision.events), "aerr");
    assert_eq!(roles(&run.then([raised("go", "2")]).events), "e.");
    run.seen();
}

#[test]
fn a_turn_says_what_is_to_begin_and_which_timers_to_keep() {
    let mut run = Run::of([
        Activity("a"),
        Child("c"),
        Http,
        Timer(5),
        Wait("go"),
        all([0, 1, 2, 3, 4]),
    ]);
    let decision = run.then([]);
    // What they are given is the script's affair: it stands in the requests.
    let given = |at: u64| {
        let event = decision.events.iter().find(|event| event.id.get() == at);
        match event.map(|event| &event.kind) {
            Some(
                EventKind::TaskScheduled { input, .. }
                | EventKind::ChildScheduled { input, .. }
                | EventKind::HttpScheduled { request: input, .. },
            ) => input.clone(),
            other => panic!("{other:?} is no request for work"),
        }
    };
    let activity = Work::Activity {
        name: "a".to_owned(),
        input: given(3),
        retry: None,
    };
    let child = Work::Child {
        name: "c".to_owned(),
        input: given(4),
        instance: run.execution.id().child_id(EventId::new(4), None),
        timeout: None,
    };
    let http = Work::Http {
        function: "script".parse().expect("a name"),
        request: given(5),
        poll: None,
        retry: None,
    };
    let works = [activity, child, http];
    let dispatch = works.into_iter().zip(3..).map(|(work, at)| Dispatch {
        scheduled: EventId::new(at),
        attempt: 1,
        work,
    });
    assert_eq!(decision.dispatch, dispatch.collect::<Vec<_>>());
    let timer = Kept {
        scheduled: EventId::new(6),
        fire_at: fire_at(5),
    };
    assert_eq!(decision.timers, [timer]);
    assert_eq!(decision.open_work, 2, "a child answers by itself");
    let open: Vec<_> = run.execution.open_work().collect();
    assert_eq!(
        open[..],
        [decision.dispatch[0].clone(), decision.dispatch[2].clone()]
    );
    assert_eq!(run.stored.history().open_work(), open);

    let failed = super::run::Outside::Answered(1, Err(oops()));
    let decision = run.then([answered(0, "0"), failed]);
    assert_eq!(decision.open_work, 1);
    let decision = run.then([super::run::Outside::Fired(3)]);
    assert_eq!(decision.timers_done, [timer.scheduled]);
}

#[test]
fn facts_that_do_not_let_the_guest_go_on_are_taken_without_a_turn() {
    let mut run = Run::of([Activity("a"), Activity("b"), Log, wait_for(1)]);
    run.then([]);
    run.deliver(&answered(0, "0"));
    let decision = run.execution.take_delivered();
    assert_eq!(roles(&decision.events), "a");
    assert_eq!(decision.open_work, 1);
    assert_eq!(
        run.execution.take_delivered(),
        idle(&decision),
        "taken once"
    );
}

#[test]
fn a_start_can_be_taken_ahead_of_its_first_turn() {
    let mut run = Run::of([Activity("a"), wait_for(0)]);
    run.deliver(&raised("go", "0"));
    run.keep();
    assert_eq!(roles(&run.stored.decisions[0].events), "se");
    assert_eq!(roles(&run.then([]).events), "br");
}

#[test]
fn facts_can_be_taken_while_the_guest_is_in_its_turn() {
    let mut execution = super::run::execution();
    let wait = |name: &str| crate::Action::WaitForEvent {
        name: name.to_owned(),
    };
    assert!(execution.perform(wait("go")).is_ok());
    let facts = execution.take_facts();
    assert_eq!(roles(&facts.events), "sb");
    assert_eq!(execution.take_facts(), idle(&facts), "taken once");
    assert!(execution.perform(wait("go")).is_ok());
    assert_eq!(execution.next_untaken(), EventId::new(3));
    assert_eq!(roles(&execution.park().events), "rr");
}

#[test]
fn the_rest_of_the_turn_follows_what_was_taken_ahead() {
    let script = [
        Activity("a"),
        wait_for(0),
        Log,
        Status,
        Timer(5),
        Activity("b"),
        wait_for(2),
    ];
    let mut run = Run::of(script);
    run.then([]);
    run.deliver(&answered(0, "0"));
    run.execution.begin_turn(run.now);
    run.keep_facts();
    run.go_on(|_, _| {});
    let [_, facts, rest] = &run.stored.decisions[..] else {
        panic!("three commits")
    };
    assert_eq!((&roles(&facts.events)[..], facts.open_work), ("a", 0));
    assert_eq!((&roles(&rest.events)[..], rest.open_work), ("rr", 1));
    assert_eq!((facts.logs.len(), rest.logs.len()), (0, 1));
    assert!(facts.custom_status.is_none() && rest.custom_status.is_some());
    assert_eq!(rest.dispatch.len(), 1);
    assert_eq!(rest.timers.len(), 1);
    assert_eq!(
        run.seen()[1..],
        [got(0, "0"), Seen::Asked(1), Seen::Asked(2)]
    );
}

#[test]
fn open_work_of_facts_is_that_of_before_the_guest_ran_also_after_a_reload() {
    let mut run = Run::of([Activity("a"), Activity("b"), all([0, 1])]);
    run.then([]);
    run.evict();
    assert_eq!(run.execution.take_facts().open_work, 2);
    run.deliver(&answered(0, "0"));
    run.execution.begin_turn(run.now);
    let decision = run.execution.take_facts();
    assert_eq!(roles(&decision.events), "a");
    assert_eq!(decision.open_work, 1);
}

#[test]
fn a_replay_of_what_is_stored_decides_nothing() {
    let script = [
        Log,
        Status,
        Activity("a"),
        Timer(5),
        Wait("go"),
        all([0, 1, 2]),
    ];
    let mut run = Run::of(script);
    let first = run.then([]);
    for _ in 0..2 {
        run.evict();
        run.execution.begin_turn(run.now);
        run.go_on(|_, _| {});
    }
    assert_eq!(run.stored.decisions, [first], "others changed nothing");
}

#[test]
fn a_replay_of_an_ended_history_can_neither_run_nor_be_told_anything() {
    let mut run = Run::of([Activity("a"), wait_for(0)]);
    run.then([]);
    run.then([Terminated]);
    run.evict();
    assert!(run.execution.is_ended());
    assert!(!run.execution.is_runnable());
    assert!(!run.deliver(&answered(0, "0")));
}

#[test]
fn retry_policies_and_chosen_ids_go_with_the_request() {
    let retry = crate::RetryPolicy {
        max_attempts: 3.try_into().expect("not zero"),
        first_retry_interval: 100,
        backoff_coefficient: 1.5,
        max_retry_interval: Some(1_000),
        retry_timeout: None,
        attempt_timeout: Some(5),
    };
    let mut execution = super::run::execution();
    let task = execution.perform(crate::Action::ScheduleTask {
        name: "a".to_owned(),
        input: json("1"),
        retry: Some(retry.clone()),
    });
    assert!(task.is_ok());
    let child = execution.perform(crate::Action::StartChild {
        name: "c".to_owned(),
        input: json("1"),
        instance_id: Some("child-7".parse().expect("an instance id")),
        retry: None,
    });
    assert!(child.is_ok());
    let decision = execution.park();
    match &decision.dispatch[0].work {
        Work::Activity { retry: found, .. } => assert_eq!(*found, Some(retry)),
        work => panic!("{work:?}"),
    }
    match &decision.events[3].kind {
        EventKind::ChildScheduled { instance_id, .. } => {
            assert_eq!(
                instance_id.as_ref().map(crate::InstanceId::as_str),
                Some("child-7")
            );
        }
        kind => panic!("{kind:?}"),
    }
}
