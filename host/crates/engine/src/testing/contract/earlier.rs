//! Earlier executions. Hubs differ in how many they keep, so these promises are not among those of all hubs.

use soloist_core::{ExecutionId, LogLevel, LogLine};

use crate::testing::seen::loaded;
use crate::testing::story::{
    Story, at, began, commit, completed_with, failed, id, new_execution, prepare, scheduled,
    terminated,
};
use crate::{EarlierExecution, Ending, Operation, Purged, TaskHub};

async fn earlier<H: TaskHub>(hub: &H, story: &Story) -> Vec<EarlierExecution> {
    let earlier = hub.earlier(&story.instance).await;
    earlier.expect("it can be read").expect("it was started")
}

/// The types of the events of an execution that is kept.
async fn history<H: TaskHub>(hub: &H, story: &Story, execution: ExecutionId) -> Option<String> {
    let history = hub.history(&story.instance, execution).await;
    let history = history.expect("it is a history")?;
    assert_eq!(history.started().execution, execution);
    let events = history.events().iter();
    let kinds = events.map(|event| {
        let kind = format!("{:?}", event.kind);
        let end = kind.find(|letter: char| !letter.is_alphanumeric());
        kind[..end.unwrap_or(kind.len())].to_owned()
    });
    Some(kinds.collect::<Vec<_>>().join(" "))
}

async fn lines<H: TaskHub>(hub: &H, story: &Story, execution: ExecutionId) -> Option<Vec<String>> {
    let logs = hub.logs(&story.instance, Some(execution), None, 100).await;
    let lines = logs.expect("it can be read")?.lines.into_iter();
    Some(lines.map(|line| line.message).collect())
}

fn line(ordinal: u32, message: &str) -> Vec<LogLine> {
    vec![LogLine {
        ordinal,
        timestamp: at(10),
        level: LogLevel::Info,
        message: message.to_owned(),
    }]
}

/// Of a hub that keeps none.
pub async fn earlier_executions_go<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    assert_eq!(hub.earlier(&story.instance).await.expect("readable"), None);
    commit(hub, story.start(10, "1")).await;
    let first = story.execution;
    let shown = history(hub, &story, first).await;
    assert_eq!(shown.as_deref(), Some("ExecutionStarted"));
    commit(hub, story.continue_as_new(11, "2")).await;
    assert_eq!(earlier(hub, &story).await, []);
    assert_eq!(history(hub, &story, first).await, None);
    assert_eq!(lines(hub, &story, first).await, None);
    assert_eq!(lines(hub, &story, story.execution).await, Some(Vec::new()));
}

/// Of a hub that keeps at least four.
pub async fn earlier_executions_are_kept<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    let mut executions = vec![story.execution];
    commit(hub, story.start(10, "1")).await;
    let turn = story.turn(11, [began(), scheduled("act", "1")]);
    let logs = line(0, "first");
    commit(hub, Operation { logs, ..turn }).await;
    let next = story.continue_as_new(12, "2");
    let last_logs = line(1, "last");
    commit(hub, Operation { last_logs, ..next }).await;
    executions.push(story.execution);
    commit(hub, story.replace(13, terminated(), "3")).await;
    executions.push(story.execution);
    commit(hub, story.turn(14, [began()])).await;
    commit(hub, story.end(15, failed())).await;
    commit(hub, story.start_again(20, "4")).await;
    executions.push(story.execution);
    commit(hub, story.turn(21, [began()])).await;
    commit(hub, story.end(22, completed_with("4"))).await;
    commit(hub, story.start_again(23, "5")).await;

    let shown = earlier(hub, &story).await;
    let told: Vec<_> = shown
        .iter()
        .map(|earlier| {
            let times = (earlier.started.as_millis(), earlier.ended.as_millis());
            let numbers = (earlier.generation, earlier.history_events);
            (earlier.execution, earlier.ending, numbers, times)
        })
        .collect();
    assert_eq!(
        told,
        [
            (executions[3], Ending::Completed, (0, 3), (20, 22)),
            (executions[2], Ending::Failed, (0, 3), (13, 15)),
            (executions[1], Ending::Terminated, (1, 2), (12, 13)),
            (executions[0], Ending::ContinuedAsNew, (0, 4), (10, 12)),
        ]
    );
    let histories = [
        "ExecutionStarted ExecutionBegan TaskScheduled ContinuedAsNew",
        "ExecutionStarted ExecutionTerminated",
        "ExecutionStarted ExecutionBegan ExecutionFailed",
        "ExecutionStarted ExecutionBegan ExecutionCompleted",
    ];
    for (execution, expected) in executions.iter().zip(histories) {
        let shown = history(hub, &story, *execution).await;
        assert_eq!(shown.as_deref(), Some(expected));
    }
    let logged = lines(hub, &story, executions[0]).await;
    assert_eq!(
        logged,
        Some(vec!["first".to_owned(), "last".to_owned()]),
        "the last turn's lines are kept too"
    );
    assert_eq!(loaded(hub, &story).await.logged, 0);
    // Nothing of another instance, and nothing that never was.
    let mut other = Story::of("b");
    commit(hub, other.start(30, "1")).await;
    assert_eq!(history(hub, &other, executions[0]).await, None);
    assert_eq!(lines(hub, &other, executions[0]).await, None);
    assert_eq!(history(hub, &story, new_execution()).await, None);
    let unknown = hub.history(&id("unknown"), executions[0]).await;
    assert_eq!(unknown.expect("readable"), None);
    // A purge takes them all.
    commit(hub, story.turn(31, [began()])).await;
    commit(hub, story.complete(32)).await;
    let purged = hub.purge(&story.instance, None).await;
    assert_eq!(purged.expect("it can be purged"), Purged::Purged);
    for execution in executions {
        assert_eq!(history(hub, &story, execution).await, None);
    }
    commit(hub, story.start_again(40, "6")).await;
    assert_eq!(earlier(hub, &story).await, []);
}

/// Of a hub that keeps so many.
pub async fn no_more_earlier_executions_are_kept<H: TaskHub>(hub: &H, most: usize) {
    prepare(hub).await;
    let mut story = Story::of("a");
    let mut executions = vec![story.execution];
    commit(hub, story.start(10, "1")).await;
    for now in 11..31 {
        commit(hub, story.turn(now, [began()])).await;
        commit(hub, story.continue_as_new(now, "2")).await;
        let kept = earlier(hub, &story).await.into_iter();
        let kept: Vec<_> = kept.map(|earlier| earlier.execution).collect();
        let newest: Vec<_> = executions.iter().rev().take(most).copied().collect();
        assert_eq!(kept, newest);
        for gone in executions.iter().rev().skip(most) {
            assert_eq!(history(hub, &story, *gone).await, None);
        }
        executions.push(story.execution);
    }
}
