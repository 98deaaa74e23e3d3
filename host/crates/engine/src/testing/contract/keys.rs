use crate::testing::story::{at, function};
use crate::{KeyDigest, KeyKind, KeyName, KeyRecord, TaskHub};

fn name(text: &str) -> KeyName {
    text.parse().expect("the name of a key")
}

async fn keys<H: TaskHub>(hub: &H) -> Vec<KeyRecord> {
    hub.keys().await.expect("they can be read")
}

async fn put<H: TaskHub>(hub: &H, key: &KeyRecord) {
    hub.put_key(key.clone()).await.expect("it can be kept");
}

pub async fn keys_are_kept_put_anew_and_forgotten<H: TaskHub>(hub: &H) {
    assert_eq!(keys(hub).await, []);
    let key = |text, kind, secret, created| KeyRecord {
        name: name(text),
        kind,
        digest: KeyDigest::of(secret),
        created: at(created),
    };
    let master = key("ops", KeyKind::Master, "one", 10);
    let system = key("clients", KeyKind::System, "two", 20);
    let all = key("Ci", KeyKind::Function(None), "three", 30);
    let one = KeyKind::Function(Some(function("nightly")));
    let one = key("job", one, "four", 40);
    for key in [&master, &system, &all, &one] {
        put(hub, key).await;
    }
    let kept = [all.clone(), system.clone(), one.clone(), master];
    assert_eq!(keys(hub).await, kept);
    let rolled = key("ops", KeyKind::Master, "five", 50);
    put(hub, &rolled).await;
    assert_eq!(
        keys(hub).await,
        [all, system.clone(), one.clone(), rolled.clone()]
    );
    let removed = hub.remove_key(&name("Ci")).await;
    assert!(removed.expect("it can be forgotten"));
    let removed = hub.remove_key(&name("ci")).await;
    assert!(!removed.expect("a name's case counts"));
    assert_eq!(keys(hub).await, [system, one, rolled]);
}
