use soloist_core::Payload;

use crate::testing::seen::{ended_ids, loaded, status};
use crate::testing::story::{
    FUNCTION, Story, as_function, at, began, bind, commit, completed_with, failed, function, id,
    json, prepare, terminated,
};
use crate::{
    EndPlace, HubError, InstanceFilter, InstancePage, InstancePlace, InstanceQuery, Operation,
    Purged, RuntimeStatus, Shown, TaskHub,
};

/// A query that has room for all instances of a story.
fn of(filter: InstanceFilter) -> InstanceQuery {
    InstanceQuery {
        filter,
        after: None,
        shown: Shown::Whole,
        limit: 1_000,
        looks_max: 1_000,
        bytes_max: usize::MAX,
    }
}

async fn page<H: TaskHub>(hub: &H, query: InstanceQuery) -> InstancePage {
    hub.query(query).await.expect("it can be read")
}

fn ids(page: &InstancePage) -> Vec<&str> {
    let instances = page.instances.iter();
    instances.map(|found| found.instance.as_str()).collect()
}

async fn found<H: TaskHub>(hub: &H, filter: InstanceFilter) -> Vec<String> {
    let page = page(hub, of(filter)).await;
    assert_eq!(page.next, None);
    ids(&page).into_iter().map(str::to_owned).collect()
}

/// All pages of a query, and how many there were.
async fn paged<H: TaskHub>(hub: &H, mut query: InstanceQuery) -> (Vec<String>, usize) {
    let (mut all, mut pages) = (Vec::new(), 0);
    loop {
        let page = page(hub, query.clone()).await;
        assert!(page.instances.len() <= query.limit);
        all.extend(ids(&page).into_iter().map(str::to_owned));
        pages += 1;
        assert!(pages < 100, "the pages do not end: {all:?}");
        match page.next {
            Some(next) => query.after = Some(next),
            None => return (all, pages),
        }
    }
}

fn in_states(statuses: &[RuntimeStatus]) -> InstanceFilter {
    InstanceFilter {
        statuses: Some(statuses.to_vec()),
        ..InstanceFilter::default()
    }
}

fn with_prefix(prefix: &str) -> InstanceFilter {
    InstanceFilter {
        prefix: Some(prefix.to_owned()),
        ..InstanceFilter::default()
    }
}

fn of_function(name: &str) -> InstanceFilter {
    InstanceFilter {
        function: Some(function(name)),
        ..InstanceFilter::default()
    }
}

fn tagged<const N: usize>(tags: [(&str, &str); N]) -> InstanceFilter {
    InstanceFilter {
        tags: Story::of("any").tagged(tags).tags,
        ..InstanceFilter::default()
    }
}

fn created(from: Option<i64>, to: Option<i64>) -> InstanceFilter {
    InstanceFilter {
        created_from: from.map(at),
        created_to: to.map(at),
        ..InstanceFilter::default()
    }
}

/// Six instances, one in each state, created in another order than that of their ids.
async fn six<H: TaskHub>(hub: &H) -> Vec<Story> {
    prepare(hub).await;
    bind(hub, "other", 1, b"story").await;
    let mut stories = Vec::new();
    for (number, name) in ["b-1", "a-2", "a-1", "c", "B", "a"].into_iter().enumerate() {
        let now = 10 + i64::try_from(number).expect("it is small");
        let mut story = match number {
            0 => Story::of(name).tagged([("customer", "42"), ("urgent", "")]),
            1 => Story::of(name).tagged([("customer", "42")]),
            2 => Story::of(name).tagged([("customer", "43"), ("urgent", "")]),
            _ => Story::of(name),
        };
        let mut start = story.start(now, "\"in\"");
        if number % 2 == 1 {
            start = as_function(start, &function("other"));
        }
        commit(hub, start).await;
        let later = match number {
            0 => None,
            1 => Some(story.turn(20, [began()])),
            2 => Some(Operation {
                status: RuntimeStatus::Suspended,
                ..story.turn(20, [])
            }),
            3 => Some(story.end(23, completed_with("\"out\""))),
            4 => Some(story.end(22, failed())),
            _ => Some(story.end(21, terminated())),
        };
        if let Some(later) = later {
            commit(hub, later).await;
        }
        stories.push(story);
    }
    stories
}

pub async fn a_query_finds_what_its_filter_says<H: TaskHub>(hub: &H) {
    use RuntimeStatus::{Completed, Failed, Pending, Running, Suspended, Terminated};
    assert_eq!(found(hub, InstanceFilter::default()).await, [""; 0]);
    six(hub).await;
    for (filter, expected) in [
        (
            InstanceFilter::default(),
            &["b-1", "a-2", "a-1", "c", "B", "a"][..],
        ),
        (in_states(&[Pending]), &["b-1"]),
        (in_states(&[Running]), &["a-2"]),
        (in_states(&[Suspended]), &["a-1"]),
        (in_states(&[Completed]), &["c"]),
        (in_states(&[Failed]), &["B"]),
        (in_states(&[Terminated]), &["a"]),
        (
            in_states(&[Terminated, Running, Pending, Running]),
            &["b-1", "a-2", "a"],
        ),
        (in_states(&[]), &[]),
        (with_prefix("a"), &["a", "a-1", "a-2"]),
        (with_prefix("a-"), &["a-1", "a-2"]),
        (with_prefix("a-1"), &["a-1"]),
        (with_prefix("a-1x"), &[]),
        (with_prefix(""), &["B", "a", "a-1", "a-2", "b-1", "c"]),
        (of_function(FUNCTION), &["b-1", "a-1", "B"]),
        (of_function("other"), &["a-2", "c", "a"]),
        (of_function("story2"), &[]),
        (tagged([("customer", "42")]), &["b-1", "a-2"]),
        (tagged([("customer", "42"), ("urgent", "")]), &["b-1"]),
        (tagged([("urgent", "")]), &["b-1", "a-1"]),
        (tagged([("urgent", "yes")]), &[]),
        (created(Some(12), None), &["a-1", "c", "B", "a"]),
        (created(None, Some(11)), &["b-1", "a-2"]),
        (created(Some(11), Some(13)), &["a-2", "a-1", "c"]),
        (created(Some(16), Some(5)), &[]),
        (
            InstanceFilter {
                function: Some(function("other")),
                ..in_states(&[Terminated, Failed, Running])
            },
            &["a-2", "a"],
        ),
        (
            InstanceFilter {
                statuses: Some(vec![Terminated, Suspended]),
                created_from: Some(at(11)),
                ..with_prefix("a")
            },
            &["a", "a-1"],
        ),
        (
            InstanceFilter {
                prefix: Some("a".to_owned()),
                statuses: Some(vec![Running]),
                function: Some(function("other")),
                created_to: Some(at(11)),
                ..tagged([("customer", "42")])
            },
            &["a-2"],
        ),
        (
            InstanceFilter {
                created_from: Some(at(11)),
                ..tagged([("urgent", "")])
            },
            &["a-1"],
        ),
    ] {
        assert_eq!(found(hub, filter.clone()).await, expected, "{filter:?}");
        let small = InstanceQuery {
            limit: 1,
            ..of(filter.clone())
        };
        assert_eq!(paged(hub, small).await.0, expected, "{filter:?}");
    }
}

pub async fn a_query_follows_what_changes<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    bind(hub, "other", 1, b"story").await;
    let tag = |value| tagged([("k", value)]);
    let mut story = Story::of("a").tagged([("k", "1")]);
    commit(hub, story.start(10, "1")).await;
    commit(hub, story.first_turn(11)).await;
    assert_eq!(
        found(hub, in_states(&[RuntimeStatus::Pending])).await,
        [""; 0]
    );
    commit(hub, story.continue_as_new(12, "2")).await;
    assert_eq!(found(hub, tag("1")).await, ["a"]);
    assert_eq!(found(hub, created(None, Some(10))).await, ["a"]);
    commit(hub, story.complete(13)).await;
    assert_eq!(found(hub, tag("1")).await, ["a"]);
    let mut story = story.tagged([("k", "2")]);
    let start = as_function(story.start_again(20, "3"), &function("other"));
    commit(hub, start).await;
    assert_eq!(found(hub, tag("1")).await, [""; 0]);
    assert_eq!(found(hub, tag("2")).await, ["a"]);
    assert_eq!(found(hub, of_function(FUNCTION)).await, [""; 0]);
    assert_eq!(found(hub, of_function("other")).await, ["a"]);
    assert_eq!(found(hub, created(None, Some(19))).await, [""; 0]);
    commit(hub, story.complete(21)).await;
    let purged = hub.purge(&story.instance, None).await;
    assert_eq!(purged.expect("it can be purged"), Purged::Purged);
    assert_eq!(found(hub, tag("2")).await, [""; 0]);
    assert_eq!(found(hub, InstanceFilter::default()).await, [""; 0]);
}

pub async fn instances_are_found_page_by_page_while_they_change<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    // All in one millisecond, so that only the hub's numbers tell them apart.
    let mut stories = Vec::new();
    for name in ["d", "b", "e", "a", "c"] {
        let mut story = Story::of(name).tagged([("k", "v")]);
        commit(hub, story.start(10, "1")).await;
        stories.push(story);
    }
    for (filter, expected) in [
        (InstanceFilter::default(), ["d", "b", "e", "a", "c"]),
        (of_function(FUNCTION), ["d", "b", "e", "a", "c"]),
        (tagged([("k", "v")]), ["d", "b", "e", "a", "c"]),
        (with_prefix(""), ["a", "b", "c", "d", "e"]),
    ] {
        let query = InstanceQuery {
            limit: 2,
            ..of(filter.clone())
        };
        assert_eq!(
            paged(hub, query.clone()).await,
            (expected.map(str::to_owned).into(), 3)
        );
        // What is behind the first page changes its state, and what the place names goes.
        let first = page(hub, query.clone()).await;
        assert_eq!(ids(&first), expected[..2]);
        let gone = stories
            .iter_mut()
            .find(|story| story.instance.as_str() == expected[1])
            .expect("it was started");
        commit(hub, gone.complete(11)).await;
        let purged = hub.purge(&gone.instance, None).await;
        assert_eq!(purged.expect("it can be purged"), Purged::Purged);
        let last = stories
            .iter_mut()
            .find(|story| story.instance.as_str() == expected[4])
            .expect("it was started");
        commit(hub, last.turn(12, [])).await;
        let rest = InstanceQuery {
            after: first.next,
            ..query
        };
        assert_eq!(paged(hub, rest).await.0, expected[2..], "{filter:?}");
        // All as before: what went comes again, where it was among the ids, but created last.
        for story in &mut stories {
            if hub
                .status(&story.instance)
                .await
                .is_ok_and(|found| found.is_some())
            {
                commit(hub, story.complete(13)).await;
                let purged = hub.purge(&story.instance, None).await;
                assert_eq!(purged.expect("it can be purged"), Purged::Purged);
            }
        }
        for story in &mut stories {
            commit(hub, story.start_again(10, "1")).await;
        }
    }
}

pub async fn a_query_looks_at_so_many_and_says_where_to_go_on<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    // Many begin so or have the tag, and many have failed; few do both.
    for number in 0..9 {
        let mut story = Story::of(&format!("i-{number}")).tagged([("k", "v")]);
        commit(hub, story.start(10 + number, "1")).await;
        if number == 8 {
            commit(hub, story.end(30, failed())).await;
        }
        let mut other = Story::of(&format!("x-{number}"));
        commit(hub, other.start(10 + number, "1")).await;
        commit(hub, other.end(31, failed())).await;
    }
    let is_failed = in_states(&[RuntimeStatus::Failed]);
    for filter in [
        InstanceFilter {
            prefix: Some("i-".to_owned()),
            ..is_failed.clone()
        },
        InstanceFilter {
            tags: tagged([("k", "v")]).tags,
            ..is_failed
        },
    ] {
        let query = InstanceQuery {
            looks_max: 2,
            ..of(filter)
        };
        let first = page(hub, query.clone()).await;
        assert_eq!(ids(&first), [""; 0]);
        assert!(first.next.is_some());
        let (all, pages) = paged(hub, query).await;
        assert_eq!(all, ["i-8"]);
        assert!(pages >= 5, "{pages} pages of two looks each");
    }
}

pub async fn a_page_ends_where_its_payloads_are_large<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let large = Payload::string(&"x".repeat(10_000));
    for (number, input) in ["1", large.as_str(), large.as_str(), "2"]
        .into_iter()
        .enumerate()
    {
        let mut story = Story::of(&format!("i-{number}"));
        commit(hub, story.start(10, input)).await;
    }
    for filter in [InstanceFilter::default(), with_prefix("i-")] {
        let query = InstanceQuery {
            bytes_max: 9_000,
            ..of(filter)
        };
        let first = page(hub, query.clone()).await;
        assert_eq!(ids(&first), ["i-0", "i-1"]);
        let (all, pages) = paged(hub, query).await;
        assert_eq!((all.len(), pages), (4, 3));
    }
}

pub async fn a_query_shows_what_is_asked_for<H: TaskHub>(hub: &H) {
    let stories = six(hub).await;
    for (shown, input, payloads) in [
        (Shown::Whole, true, true),
        (Shown::WithoutInput, false, true),
        (Shown::WithoutPayloads, false, false),
    ] {
        let query = InstanceQuery {
            shown,
            ..of(InstanceFilter::default())
        };
        let page = page(hub, query).await;
        assert_eq!(page.instances.len(), stories.len());
        for (found, story) in page.instances.iter().zip(&stories) {
            let mut expected = status(hub, story).await;
            if !input {
                expected.input = json("null");
            }
            if !payloads {
                expected.end = None;
                expected.custom_status = None;
            }
            assert_eq!(*found, expected, "{shown:?}");
        }
    }
}

pub async fn ended_instances_are_listed_in_the_order_of_their_ends<H: TaskHub>(hub: &H) {
    let mut stories = six(hub).await;
    assert_eq!(ended_ids(hub, None, 23, 10).await, ["a", "B", "c"]);
    assert_eq!(ended_ids(hub, None, 22, 10).await, ["a", "B"]);
    assert_eq!(ended_ids(hub, None, 20, 10).await, [""; 0]);
    assert_eq!(ended_ids(hub, None, 23, 1).await, ["a"]);
    let first: Result<_, HubError> = hub.ended(None, at(23), 1).await;
    let first = first.expect("it can be read")[0].clone();
    assert_eq!(first.place.ended, at(21));
    assert_eq!(first.execution, stories[5].execution);
    assert_eq!(ended_ids(hub, Some(first.place), 23, 10).await, ["B", "c"]);
    // Two end in one millisecond; one that is started again has not ended.
    commit(hub, stories[0].complete(23)).await;
    commit(hub, stories[4].start_again(24, "1")).await;
    let all = ended_ids(hub, None, 30, 10).await;
    assert_eq!(all.len(), 3);
    let mut after: Option<EndPlace> = None;
    for expected in &all {
        let next = hub.ended(after, at(30), 1).await.expect("it can be read");
        assert_eq!(next[0].instance, id(expected));
        after = Some(next[0].place);
    }
    assert_eq!(ended_ids(hub, after, 30, 10).await, [""; 0]);
}

pub async fn a_purge_of_one_execution_leaves_another<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    let first = story.execution;
    let purge = async |execution| {
        let purged = hub.purge(&id("a"), Some(execution)).await;
        purged.expect("it can be purged")
    };
    assert_eq!(purge(first).await, Purged::Live);
    commit(hub, story.complete(11)).await;
    commit(hub, story.start_again(12, "2")).await;
    commit(hub, story.complete(13)).await;
    assert_eq!(purge(first).await, Purged::Unknown);
    let now = loaded(hub, &story).await.history;
    assert_eq!(now.started().execution, story.execution);
    assert_eq!(purge(story.execution).await, Purged::Purged);
    assert_eq!(purge(story.execution).await, Purged::Unknown);
}

/// A place of one order says nothing in the other.
pub async fn a_place_of_another_order_is_as_good_as_none<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    commit(hub, Story::of("a").start(10, "1")).await;
    for (filter, place) in [
        (InstanceFilter::default(), InstancePlace::Id(id("a"))),
        (
            with_prefix(""),
            InstancePlace::Creation {
                created: at(50),
                number: 50,
            },
        ),
    ] {
        let query = InstanceQuery {
            after: Some(place),
            ..of(filter)
        };
        assert_eq!(ids(&page(hub, query).await), ["a"]);
    }
}
