//! Children: they answer by themselves, under an id of the request or of the code's choice.

use super::run::{Outside, Run, answered, execution, fire_at, started};
use super::script::Step::{Cancel, Child, Timer};
use super::script::{Pick, Step, wait_for};
use crate::{
    Action, End, EventId, EventKind, Execution, ExecutionId, Fact, GivenUp, Parent, Payload,
    Started, Timestamp, Work,
};

#[test]
fn a_child_is_not_work_of_the_host() {
    let mut run = Run::of([Child("c"), wait_for(0)]);
    let decision = run.then([]);
    assert_eq!(decision.open_work, 0);
    assert_eq!(run.execution.open_work().count(), 0);
    assert_eq!(run.stored.history().open_work(), []);
    match &decision.dispatch[..] {
        [asked] => match &asked.work {
            Work::Child { instance, .. } => assert_eq!(
                instance.as_str(),
                "00000000-0000-0000-0000-000000000007:3",
                "the request's task key"
            ),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
    run.then([answered(0, "1")]);
    assert!(matches!(run.stored.end, Some(End::Completed(_))));
}

#[test]
fn an_id_of_the_codes_choice_is_kept() {
    let mut execution = execution();
    let action = Action::StartChild {
        name: "c".to_owned(),
        input: Payload::null(),
        instance_id: Some("mine".parse().expect("an instance id")),
        retry: None,
    };
    execution.perform(action).expect("nothing is recorded");
    match &execution.park().dispatch[0].work {
        Work::Child { instance, .. } => assert_eq!(instance.as_str(), "mine"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_child_that_is_given_up_is_told_once_it_was_asked_for() {
    let mut run = Run::of([
        Child("c"),
        Timer(5),
        wait_for(1),
        Cancel(Pick::Task(0)),
        Child("d"),
        Cancel(Pick::Task(2)),
    ]);
    run.then([]);
    let decision = run.then([Outside::Fired(1)]);
    let first = GivenUp {
        scheduled: EventId::new(3),
        instance: run.execution.id().child_id(EventId::new(3), None),
    };
    assert_eq!(decision.given_up, [first], "the second was never asked for");
    assert_eq!(decision.dispatch, []);
}

fn child() -> Execution {
    let parent = Parent {
        instance: "parent".parse().expect("an instance id"),
        execution: ExecutionId::new(uuid::Uuid::from_u128(9)),
        scheduled: EventId::new(3),
        attempt: 1,
        depth: 1,
        deadline: None,
    };
    let started = Started {
        parent: Some(parent),
        ..started()
    };
    let now = Timestamp::from_millis(1_000);
    Execution::start("child".parse().expect("an instance id"), started, now)
}

#[test]
fn only_its_own_parent_can_give_a_child_up() {
    let now = Timestamp::from_millis(1_000);
    let given_up = |execution: u128, scheduled: u64| Fact::GivenUp {
        execution: ExecutionId::new(uuid::Uuid::from_u128(execution)),
        scheduled: EventId::new(scheduled),
    };
    let mut child = child();
    assert!(!child.deliver(given_up(8, 3), now));
    assert!(!child.deliver(given_up(9, 4), now));
    assert!(!execution().deliver(given_up(9, 3), now));
    assert!(!child.is_ended());
    assert!(child.deliver(given_up(9, 3), now));
    assert!(child.is_ended());
    assert!(matches!(
        child.take_delivered().end,
        Some(End::Terminated(Some(_)))
    ));
}

#[test]
fn a_child_that_has_answered_is_waited_for_no_more() {
    let mut run = Run::of([Child("c"), Step::Activity("a"), wait_for(0), wait_for(1)]);
    run.then([]);
    let (child, activity) = (EventId::new(3), EventId::new(4));
    assert!(run.execution.waits_for(child) && run.execution.waits_for(activity));
    let decision = run.then([answered(1, "2")]);
    assert_eq!(decision.children_answered, [], "an activity is no child");
    let decision = run.then([answered(0, "1")]);
    assert_eq!(decision.children_answered, [child]);
    assert!(!run.execution.waits_for(child));
}

#[test]
fn a_start_whose_time_has_come_waits_for_nothing() {
    let (now, instance) = (fire_at(500), "now".parse().expect("an instance id"));
    let started = Started {
        start_at: Some(now),
        ..started()
    };
    let mut execution = Execution::start(instance, started, now);
    assert!(execution.is_runnable());
    execution.begin_turn(now);
    let decision = execution.park();
    assert_eq!((decision.timers, decision.timers_done), (vec![], vec![]));
}

#[test]
fn a_delayed_start_waits_for_its_time_and_no_longer() {
    let started = Started {
        start_at: Some(fire_at(500)),
        ..started()
    };
    let (now, instance) = (fire_at(0), "later".parse().expect("an instance id"));
    let mut execution = Execution::start(instance, started, now);
    let decision = execution.take_delivered();
    assert_eq!(decision.timers.len(), 1);
    assert_eq!(decision.timers[0].fire_at, fire_at(500));
    assert_eq!(execution.delayed_until(), Some(fire_at(500)));
    assert_eq!(execution.position(), None);
    assert!(execution.deliver(Fact::Suspended { reason: None }, now));
    assert_eq!(execution.delayed_until(), None, "it is suspended");
    assert!(execution.deliver(Fact::Resumed { reason: None }, now));
    assert_eq!(execution.delayed_until(), Some(fire_at(500)));
    assert!(!execution.is_runnable());
    let raised = Fact::EventRaised {
        name: "go".to_owned(),
        data: Payload::null(),
    };
    assert!(execution.deliver(raised, fire_at(10)));
    assert!(!execution.is_runnable() && !execution.is_first_turn_due());
    execution.take_delivered();
    let timer = EventId::FIRST;
    // A clock that went back does not hold it up.
    assert!(!execution.deliver(Fact::TimerFired { timer }, fire_at(400)));
    assert!(execution.is_runnable() && execution.is_first_turn_due());
    assert_eq!(execution.delayed_until(), None);
    execution.begin_turn(fire_at(400));
    assert!(execution.position().is_some());
    assert_eq!(execution.current_time(), fire_at(500));
    let decision = execution.park();
    assert_eq!(decision.timers_done, [timer]);
    assert!(matches!(
        decision.events[0].kind,
        EventKind::ExecutionBegan {}
    ));
}

#[test]
fn a_delayed_start_that_was_terminated_waits_for_nothing() {
    let started = Started {
        start_at: Some(fire_at(500)),
        ..started()
    };
    let (now, instance) = (fire_at(0), "later".parse().expect("an instance id"));
    let mut execution = Execution::start(instance, started, now);
    assert!(execution.deliver(Fact::Terminated { reason: None }, now));
    assert_eq!(execution.delayed_until(), None);
}

fn limited_child() -> Execution {
    let mut started = child().started().clone();
    let parent = started.parent.as_mut().expect("it is a child");
    parent.deadline = Some(Timestamp::from_millis(5_000));
    let now = Timestamp::from_millis(1_000);
    Execution::start("child".parse().expect("an instance id"), started, now)
}

#[test]
fn a_child_ends_when_its_deadline_comes() {
    let mut child = limited_child();
    let deadline = Timestamp::from_millis(5_000);
    let timers = child.take_delivered().timers;
    let timers: Vec<_> = timers
        .iter()
        .map(|timer| (timer.scheduled, timer.fire_at))
        .collect();
    assert_eq!(timers, [(EventId::FIRST, deadline)]);
    let fired = Fact::TimerFired {
        timer: EventId::FIRST,
    };
    assert!(!child.has_expired());
    assert!(child.deliver(fired.clone(), Timestamp::from_millis(2_000)));
    assert!(child.is_ended() && child.has_expired());
    let decision = child.take_delivered();
    assert_eq!(decision.events[0].timestamp, deadline);
    assert!(matches!(decision.end, Some(End::Terminated(Some(_)))));
    assert!(!child.deliver(fired, deadline), "it has ended");
}
