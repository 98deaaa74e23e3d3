use soloist_core::ModuleDigest;

use crate::testing::seen::module;
use crate::testing::story::{
    FUNCTION, MODULE, Story, at, bind, commit, digest, function, id, prepare,
};
use crate::{Bound, FunctionKind, FunctionRecord, ModuleRecord, NewModule, RemovedModule, TaskHub};

async fn functions<H: TaskHub>(hub: &H) -> Vec<FunctionRecord> {
    hub.functions().await.expect("they can be read")
}

async fn unbind<H: TaskHub>(hub: &H, name: &str) -> bool {
    let unbound = hub.unbind(&function(name)).await;
    unbound.expect("it can be unbound")
}

async fn remove<H: TaskHub>(hub: &H, number: u8) -> RemovedModule {
    let removed = hub.remove_module(digest(number)).await;
    removed.expect("it can be removed")
}

async fn bytes<H: TaskHub>(hub: &H, digest: ModuleDigest) -> Option<Vec<u8>> {
    let bytes = hub.module_bytes(digest).await.expect("they can be read");
    bytes.map(|bytes| bytes.to_vec())
}

pub async fn a_name_is_bound_and_bound_anew<H: TaskHub>(hub: &H) {
    assert_eq!(functions(hub).await, []);
    let record = |name: &str, kind, number, size, created| FunctionRecord {
        name: function(name),
        kind,
        digest: digest(number),
        size,
        created: at(created),
    };
    let first = record("b", FunctionKind::Orchestrator, 1, 3, 10);
    let second = record("a", FunctionKind::Activity, 2, 4, 20);
    let third = record("B", FunctionKind::Activity, 1, 3, 30);
    let anew = record("b", FunctionKind::Activity, 2, 4, 40);
    let store = |number, bytes: &[u8]| NewModule {
        digest: digest(number),
        bytes: bytes.into(),
    };
    let bind = async |record: &FunctionRecord, module| {
        let bound = hub.bind(record.clone(), module).await;
        bound.expect("it can be bound")
    };
    assert_eq!(bind(&first, store(1, b"one")).await, Bound::New);
    assert_eq!(bind(&second, store(2, b"four")).await, Bound::New);
    assert_eq!(bind(&third, store(1, b"one")).await, Bound::New);
    assert_eq!(functions(hub).await, [third.clone(), second.clone(), first]);
    assert_eq!(bind(&anew, store(2, b"four")).await, Bound::Anew);
    assert_eq!(functions(hub).await, [third, second, anew]);
    let expected = ModuleRecord {
        digest: digest(2),
        size: 4,
        created: at(20),
        functions: vec![function("a"), function("b")],
        instances: vec![],
    };
    assert_eq!(module(hub, 2).await, Some(expected));
}

pub async fn a_name_is_unbound<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    assert!(!unbind(hub, "other").await);
    assert!(unbind(hub, FUNCTION).await);
    assert_eq!(functions(hub).await, []);
    assert!(!unbind(hub, FUNCTION).await);
    // Its module stays until it is removed.
    assert_eq!(bytes(hub, digest(MODULE)).await, Some(b"story".to_vec()));
    assert_eq!(bind(hub, FUNCTION, MODULE, b"story").await, Bound::New);
}

pub async fn a_module_comes_back_as_it_was_stored<H: TaskHub>(hub: &H) {
    assert_eq!(bytes(hub, digest(1)).await, None);
    assert_eq!(module(hub, 1).await, None);
    // No size is special, nor is any byte.
    for (number, size) in [(1, 0), (2, 1), (3, 512 * 1024), (4, 3_000_001)] {
        let whole: Vec<u8> = (0..size)
            .map(|place: u32| place.to_le_bytes()[usize::from(place.is_multiple_of(251))])
            .collect();
        bind(hub, &format!("f{number}"), number, &whole).await;
        let stored = bytes(hub, digest(number)).await;
        assert!(stored.as_ref() == Some(&whole), "module {number} differs");
        let record = module(hub, number).await.expect("it was bound");
        assert_eq!(record.size, u64::from(size));
        assert_eq!(record.created, at(i64::from(number)));
    }
}

pub async fn a_module_that_a_function_needs_stays<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    assert_eq!(remove(hub, 7).await, RemovedModule::Unknown);
    bind(hub, "second", MODULE, b"story").await;
    let needed = module(hub, MODULE).await.expect("it was bound");
    assert_eq!(needed.functions, [function("second"), function(FUNCTION)]);
    assert_eq!(remove(hub, MODULE).await, RemovedModule::Needed(needed));
    unbind(hub, "second").await;
    assert!(matches!(
        remove(hub, MODULE).await,
        RemovedModule::Needed(_)
    ));
    // Bound to another module, the name no longer needs this one.
    bind(hub, FUNCTION, 2, b"newer").await;
    assert_eq!(remove(hub, MODULE).await, RemovedModule::Removed);
    assert_eq!(module(hub, MODULE).await, None);
    assert_eq!(bytes(hub, digest(MODULE)).await, None);
    assert_eq!(remove(hub, MODULE).await, RemovedModule::Unknown);
    assert_eq!(bind(hub, "third", MODULE, b"again").await, Bound::New);
    assert_eq!(bytes(hub, digest(MODULE)).await, Some(b"again".to_vec()));
}

pub async fn a_module_that_a_live_instance_needs_stays<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut stories: Vec<Story> = (0..12).map(|n| Story::of(&format!("s{n:02}"))).collect();
    for story in &mut stories {
        commit(hub, story.start(10, "1")).await;
    }
    unbind(hub, FUNCTION).await;
    let RemovedModule::Needed(record) = remove(hub, MODULE).await else {
        panic!("12 instances need it");
    };
    assert_eq!((record.functions.len(), record.instances.len()), (0, 10));
    assert!(record.instances.is_sorted());
    for story in stories.iter_mut().rev() {
        let needed = remove(hub, MODULE).await;
        assert!(matches!(needed, RemovedModule::Needed(_)), "{needed:?}");
        commit(hub, story.first_turn(11)).await;
        commit(hub, story.complete(12)).await;
    }
    assert_eq!(remove(hub, MODULE).await, RemovedModule::Removed);
    // What has ended can still be read.
    let status = hub.status(&id("s00")).await.expect("it can be read");
    assert!(status.is_some());
}

pub async fn a_continued_instance_needs_only_its_new_module<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    bind(hub, FUNCTION, 2, b"newer").await;
    assert!(matches!(
        remove(hub, MODULE).await,
        RemovedModule::Needed(_)
    ));
    story.module = digest(2);
    commit(hub, story.continue_as_new(11, "2")).await;
    assert_eq!(remove(hub, MODULE).await, RemovedModule::Removed);
    unbind(hub, FUNCTION).await;
    let RemovedModule::Needed(record) = remove(hub, 2).await else {
        panic!("the instance needs it");
    };
    assert_eq!(record.instances, [id("a")]);
}
