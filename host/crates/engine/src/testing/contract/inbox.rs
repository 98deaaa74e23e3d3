use crate::testing::seen::{is_ready, load, loaded, waiting};
use crate::testing::story::{
    Story, began, commit, id, message, prepare, raised, raised_event, terminated,
};
use crate::{Message, Operation, TaskHub};

/// Two live instances, neither of them ready.
async fn two<H: TaskHub>(hub: &H) -> (Story, Story) {
    prepare(hub).await;
    let (mut sender, mut target) = (Story::of("sender"), Story::of("target"));
    for story in [&mut sender, &mut target] {
        commit(hub, story.start(10, "1")).await;
        commit(hub, story.turn(11, [began()])).await;
        assert!(!is_ready(hub, story).await);
    }
    (sender, target)
}

fn sending(story: &mut Story, messages: Vec<Message>) -> Operation {
    Operation {
        messages,
        ..story.turn(12, [raised_event("sent", "1")])
    }
}

fn taking(story: &mut Story, inbox_taken: Vec<i64>) -> Operation {
    Operation {
        inbox_taken,
        ..story.turn(13, [raised_event("took", "1")])
    }
}

pub async fn a_message_waits_and_makes_its_target_ready<H: TaskHub>(hub: &H) {
    let (mut sender, mut target) = two(hub).await;
    let before = loaded(hub, &target).await;
    let to_target = message(&target, true, raised("hello", "{\"a\": 1}"));
    commit(hub, sending(&mut sender, vec![to_target])).await;
    let after = loaded(hub, &target).await;
    assert!(after.ready);
    assert_eq!(
        (after.history, after.status),
        (before.history, before.status)
    );
    let [waiting] = &after.inbox[..] else {
        panic!("one message was sent, not {:?}", after.inbox);
    };
    assert_eq!(waiting.execution, Some(target.execution));
    assert_eq!(waiting.fact, raised("hello", "{\"a\": 1}"));
    let inbox = hub.inbox(&target.instance).await.expect("it can be read");
    assert_eq!(inbox, after.inbox);
    let inbox = hub.inbox(&id("unknown")).await.expect("it can be read");
    assert_eq!(inbox, []);
    assert!(!is_ready(hub, &sender).await);
    commit(hub, taking(&mut target, vec![waiting.id])).await;
    assert!(!is_ready(hub, &target).await);
    assert!(loaded(hub, &target).await.inbox.is_empty());
}

pub async fn messages_keep_their_order_and_are_never_numbered_again<H: TaskHub>(hub: &H) {
    let (mut sender, mut target) = two(hub).await;
    let mut last = 0;
    for round in 0..5 {
        let texts: Vec<String> = (0..3).map(|number| format!("{round}{number}")).collect();
        let messages = texts
            .iter()
            .map(|text| message(&target, false, raised(text, "1")));
        commit(hub, sending(&mut sender, messages.collect())).await;
        let inbox = loaded(hub, &target).await.inbox;
        let facts: Vec<_> = inbox.iter().map(|message| message.fact.clone()).collect();
        let sent: Vec<_> = texts.iter().map(|text| raised(text, "1")).collect();
        assert_eq!(facts, sent);
        for message in &inbox {
            assert!(message.id > last, "{} came after {last}", message.id);
            last = message.id;
            assert_eq!(message.execution, None);
        }
        let all = waiting(hub, &target).await;
        commit(hub, taking(&mut target, all)).await;
    }
}

pub async fn an_inbox_that_is_not_empty_keeps_its_instance_ready<H: TaskHub>(hub: &H) {
    let (mut sender, mut target) = two(hub).await;
    let to_target = ["1", "2"].map(|data| message(&target, false, raised("e", data)));
    commit(hub, sending(&mut sender, to_target.into())).await;
    let ids = waiting(hub, &target).await;
    // A turn that had not seen them.
    commit(hub, taking(&mut target, vec![])).await;
    assert!(is_ready(hub, &target).await);
    commit(hub, taking(&mut target, vec![ids[0]])).await;
    assert!(is_ready(hub, &target).await);
    commit(hub, taking(&mut target, vec![ids[1]])).await;
    assert!(!is_ready(hub, &target).await);
}

pub async fn only_what_was_taken_leaves_the_inbox<H: TaskHub>(hub: &H) {
    let (mut sender, mut target) = two(hub).await;
    let all = ["1", "2", "3"].map(|data| message(&target, false, raised("e", data)));
    commit(hub, sending(&mut sender, all.into())).await;
    let ids = waiting(hub, &target).await;
    // Not by another instance.
    commit(hub, taking(&mut sender, ids.clone())).await;
    assert_eq!(waiting(hub, &target).await, ids);
    commit(hub, taking(&mut target, vec![ids[1], 1_000_000])).await;
    assert_eq!(waiting(hub, &target).await, [ids[0], ids[2]]);
}

pub async fn a_message_to_an_instance_that_is_not_live_is_dropped<H: TaskHub>(hub: &H) {
    let (mut sender, mut target) = two(hub).await;
    let unknown = Story::of("unknown");
    commit(hub, target.end(12, terminated())).await;
    let messages = vec![
        message(&target, true, raised("e", "1")),
        message(&target, false, raised("e", "2")),
        message(&unknown, false, raised("e", "3")),
    ];
    commit(hub, sending(&mut sender, messages)).await;
    let ended = loaded(hub, &target).await;
    assert!(ended.inbox.is_empty() && !ended.ready);
    assert_eq!(load(hub, &id("unknown")).await, None);
    commit(hub, target.start_again(20, "2")).await;
    assert!(loaded(hub, &target).await.inbox.is_empty());
}

pub async fn an_end_drops_the_inbox<H: TaskHub>(hub: &H) {
    let (mut sender, mut target) = two(hub).await;
    let to_target = message(&target, false, raised("e", "1"));
    commit(hub, sending(&mut sender, vec![to_target])).await;
    commit(hub, target.complete(13)).await;
    let ended = loaded(hub, &target).await;
    assert!(ended.inbox.is_empty() && !ended.ready);
    commit(hub, target.start_again(20, "2")).await;
    assert!(loaded(hub, &target).await.inbox.is_empty());
    // So does an end that comes with the beginning.
    let to_target = message(&target, false, raised("e", "2"));
    commit(hub, sending(&mut sender, vec![to_target])).await;
    let mut operation = target.replace(21, terminated(), "3");
    let end = target.complete(21);
    if let Some(begin) = &mut operation.begins {
        begin.events.extend(end.events);
    }
    let operation = Operation {
        status: end.status,
        ready: false,
        ..operation
    };
    commit(hub, operation).await;
    let ended = loaded(hub, &target).await;
    assert!(ended.inbox.is_empty() && !ended.ready);
}

pub async fn a_new_execution_in_place_of_a_live_one_keeps_the_inbox<H: TaskHub>(hub: &H) {
    let (mut sender, mut target) = two(hub).await;
    let to_target = ["1", "2"].map(|data| message(&target, false, raised("e", data)));
    commit(hub, sending(&mut sender, to_target.into())).await;
    let ids = waiting(hub, &target).await;
    let next = Operation {
        ready: false,
        inbox_taken: vec![ids[0]],
        ..target.continue_as_new(13, "2")
    };
    commit(hub, next).await;
    assert_eq!(waiting(hub, &target).await, [ids[1]]);
    assert!(is_ready(hub, &target).await);
    let next = Operation {
        ready: false,
        inbox_taken: vec![ids[1]],
        ..target.replace(14, terminated(), "2")
    };
    commit(hub, next).await;
    assert!(waiting(hub, &target).await.is_empty());
    assert!(!is_ready(hub, &target).await);
}

pub async fn an_instance_can_send_to_itself<H: TaskHub>(hub: &H) {
    let (mut sender, _) = two(hub).await;
    let to_self = message(&sender, true, raised("e", "1"));
    commit(hub, sending(&mut sender, vec![to_self.clone()])).await;
    assert!(is_ready(hub, &sender).await);
    assert_eq!(waiting(hub, &sender).await.len(), 1);
    let last = Operation {
        messages: vec![to_self],
        ..sender.complete(13)
    };
    commit(hub, last).await;
    assert!(waiting(hub, &sender).await.is_empty());
    assert!(!is_ready(hub, &sender).await);
}
