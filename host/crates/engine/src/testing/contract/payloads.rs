use std::fmt::Write;

use crate::testing::seen::{all_orphans, loaded, status};
use crate::testing::story::{
    Story, answered, began, commit, completed_with, json, message, prepare, raised, raised_event,
    scheduled,
};
use crate::{Operation, TaskHub};

/// Texts that a hub which parses and prints them, or which counts characters, would change.
fn awkward() -> Vec<String> {
    let mut long = String::from("[0");
    for number in 1..100_000 {
        write!(long, ",{number}").expect("a string takes all");
    }
    long.push(']');
    let texts = [
        r#"{"b":1.0,  "a" : 1e400, "b": -0}"#,
        "[ 1.10, 12345678901234567890123456789, 0.1e-7 ]",
        r#""\u0000 \ud83d\ude00 😀 ü \/ ' \" ""#,
        "{\n\t\"line\":\r\n \"end\"\n}",
        "null",
        "\"\"",
    ];
    let mut texts: Vec<String> = texts.map(str::to_owned).into();
    texts.push(long);
    texts
}

pub async fn payloads_come_back_as_they_were_written<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    for (number, text) in awkward().iter().enumerate() {
        let mut story = Story::of(&format!("s{number}"));
        commit(hub, story.start(10, text)).await;
        let turn = Operation {
            custom_status: Some(json(text)),
            messages: vec![message(&story, true, raised("e", text))],
            ..story.turn(
                11,
                [
                    began(),
                    scheduled("act", text),
                    answered(3, text),
                    raised_event("e", text),
                ],
            )
        };
        let sent = turn.events.clone();
        commit(hub, turn).await;
        let stored = loaded(hub, &story).await;
        assert_eq!(stored.history.started().input.as_str(), text);
        assert_eq!(stored.history.events()[1..], sent);
        assert_eq!(stored.custom_status, Some(json(text)));
        assert_eq!(stored.inbox[0].fact, raised("e", text));
        let last = Operation {
            orphans: vec![story.orphan(3, text)],
            ..story.end(12, completed_with(text))
        };
        commit(hub, last).await;
        let last = status(hub, &story).await;
        assert_eq!(last.input.as_str(), text);
        assert_eq!(last.end, Some(completed_with(text)));
        assert_eq!(
            last.custom_status
                .as_ref()
                .map(soloist_core::Payload::as_str),
            Some(text.as_str())
        );
        let orphans = all_orphans(hub).await;
        assert_eq!(orphans.last(), Some(&story.orphan(3, text)));
    }
}

pub async fn a_long_history_comes_back_whole<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    let kinds = (0..5_000).map(|number| raised_event("e", &number.to_string()));
    let turn = story.turn(11, std::iter::once(began()).chain(kinds));
    let sent = turn.events.clone();
    commit(hub, turn).await;
    commit(hub, story.turn(12, [raised_event("last", "1")])).await;
    let stored = loaded(hub, &story).await.history;
    assert_eq!(stored.next_event(), story.next);
    assert_eq!(stored.events()[1..5_002], sent);
}
