//! What a check sees of a hub. Nothing here may fail.

use soloist_core::{EventId, ExecutionId, InstanceId};

use super::story::{Story, at, id};
use crate::{
    DueTimer, EndPlace, HubError, InstanceStatus, Loaded, ModuleRecord, Orphan, TaskHub,
    TimerCursor, Unfinished,
};

/// Later than any timer of a story.
const FOREVER: i64 = 1_000_000;

fn read<T>(answer: Result<T, HubError>) -> T {
    answer.expect("it can be read")
}

pub(super) async fn load<H: TaskHub>(hub: &H, id: &InstanceId) -> Option<Loaded> {
    read(hub.load(id).await)
}

pub(super) async fn loaded<H: TaskHub>(hub: &H, story: &Story) -> Loaded {
    let loaded = load(hub, &story.instance).await;
    loaded.expect("it was started")
}

pub(super) async fn status<H: TaskHub>(hub: &H, story: &Story) -> InstanceStatus {
    let status = read(hub.status(&story.instance).await);
    status.expect("it was started")
}

pub(super) async fn is_ready<H: TaskHub>(hub: &H, story: &Story) -> bool {
    loaded(hub, story).await.ready
}

/// The messages that wait, by their ids.
pub(super) async fn waiting<H: TaskHub>(hub: &H, story: &Story) -> Vec<i64> {
    let inbox = loaded(hub, story).await.inbox;
    inbox.iter().map(|message| message.id).collect()
}

pub(super) async fn timers<H: TaskHub>(
    hub: &H,
    after: Option<TimerCursor>,
    until: i64,
    limit: usize,
) -> Vec<DueTimer> {
    read(hub.timers(after, at(until), limit).await)
}

/// All timers: whose, at which event, when.
pub(super) async fn all_timers<H: TaskHub>(hub: &H) -> Vec<(String, u64, i64)> {
    let timers = timers(hub, None, FOREVER, 1_000).await.into_iter();
    let rows = timers.map(|timer| {
        (
            timer.instance.to_string(),
            timer.cursor.scheduled.get(),
            timer.cursor.fire_at.as_millis(),
        )
    });
    rows.collect()
}

pub(super) async fn orphans<H: TaskHub>(
    hub: &H,
    after: Option<(ExecutionId, EventId)>,
    limit: usize,
) -> Vec<Orphan> {
    read(hub.orphans(after, limit).await)
}

pub(super) async fn all_orphans<H: TaskHub>(hub: &H) -> Vec<Orphan> {
    orphans(hub, None, 1_000).await
}

pub(super) async fn unfinished<H: TaskHub>(
    hub: &H,
    after: Option<&str>,
    limit: usize,
) -> Vec<Unfinished> {
    let after = after.map(id);
    read(hub.unfinished(after.as_ref(), limit).await)
}

pub(super) async fn unfinished_ids<H: TaskHub>(
    hub: &H,
    after: Option<&str>,
    limit: usize,
) -> Vec<String> {
    let page = unfinished(hub, after, limit).await.into_iter();
    page.map(|row| row.instance.to_string()).collect()
}

pub(super) async fn ended_ids<H: TaskHub>(
    hub: &H,
    after: Option<EndPlace>,
    until: i64,
    limit: usize,
) -> Vec<String> {
    let page = read(hub.ended(after, at(until), limit).await).into_iter();
    page.map(|ended| ended.instance.to_string()).collect()
}

pub(super) async fn module<H: TaskHub>(hub: &H, number: u8) -> Option<ModuleRecord> {
    read(hub.module(super::story::digest(number)).await)
}

/// All that can be seen of these instances and of the lists.
pub(super) async fn whole<H: TaskHub>(hub: &H, ids: &[&str]) -> impl PartialEq + std::fmt::Debug {
    let mut instances = Vec::new();
    for instance in ids {
        let instance = id(instance);
        instances.push((
            load(hub, &instance).await,
            read(hub.status(&instance).await),
        ));
    }
    (
        instances,
        all_timers(hub).await,
        all_orphans(hub).await,
        unfinished(hub, None, 1_000).await,
    )
}
