//! Instances that begin anew, or go on after a failure.

use crate::world::{BASE, Reply, World};

async fn world() -> World {
    World::with_functions([
        ("Wait", "await Go"),
        ("Done", "return {\"b\": 1.50}"),
        ("Fail", "fail no money"),
    ])
    .await
}

/// Starts an instance; one that ends is waited for.
async fn start(world: &World, function: &str, id: &str) {
    let query = if function == "Wait" { "" } else { "?timeout=9" };
    let path = format!("{BASE}/orchestrators/{function}/{id}{query}");
    assert!(world.post(&path, "[7]").await.status <= 202);
}

async fn restart(world: &World, id: &str, query: &str) -> Reply {
    let path = format!("{BASE}/instances/{id}/restart{query}");
    world.post(&path, "").await
}

#[tokio::test(start_paused = true)]
async fn a_restart_gives_the_links_of_a_new_instance_with_the_same_input() {
    let world = world().await;
    start(&world, "Done", "a").await;
    let reply = restart(&world, "a", "").await;
    assert_eq!((reply.status, reply.header("retry-after")), (202, "10"));
    let links = reply.json();
    assert_eq!(reply.header("location"), links["statusQueryGetUri"]);
    let id = links["id"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    let status = world.get(&format!("{BASE}/instances/{id}")).await.json();
    assert_eq!(
        (&status["name"], &status["input"][0]),
        (&"Done".into(), &7.into())
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_restarted_instance_gets_what_it_came_to() {
    let world = world().await;
    for id in ["new", "own"] {
        start(&world, "Done", id).await;
        let query = format!(
            "?restartWithNewInstanceId={}&timeout=3&pollingInterval=1",
            id == "new"
        );
        let reply = restart(&world, id, &query).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, "{\"b\": 1.50}"));
    }
    start(&world, "Fail", "f").await;
    for (query, status) in [("", 200), ("&returnInternalServerErrorOnFailure=true", 500)] {
        let reply = restart(&world, "f", &format!("?timeout=3{query}")).await;
        assert_eq!(
            (reply.status, &reply.json()["runtimeStatus"]),
            (status, &"Failed".into())
        );
    }
    start(&world, "Wait", "w").await;
    let late = restart(&world, "w", "?timeout=30").await;
    assert_eq!((late.status, late.header("retry-after")), (202, "10"));
    assert_ne!(late.json()["id"], "w");
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_cannot_be_says_why_and_starts_nothing() {
    let world = world().await;
    for id in ["nobody", "@a"] {
        restart(&world, id, "?timeout=3").await.assert_fault(
            400,
            "InstanceId does not match a valid orchestration instance.",
        );
    }
    start(&world, "Wait", "w").await;
    let live = restart(&world, "w", "?restartWithNewInstanceId=false&timeout=3").await;
    live.assert_fault(409, "An instance with ID 'w' already exists.");
    let url = format!("http://localhost:7071{BASE}/instances/w?taskHub=Soloist&connection=Storage");
    assert_eq!(live.header("location"), url);
    restart(&world, "w", "?timeout=1&pollingInterval=2")
        .await
        .assert_fault(400, "One or more of the arguments submitted is incorrect");
    let all = world.get(&format!("{BASE}/instances")).await.json();
    assert_eq!(all.as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_what_has_failed_is_rewound() {
    let world = world().await;
    for (function, id) in [("Wait", "w"), ("Done", "d"), ("Fail", "f")] {
        start(&world, function, id).await;
    }
    let rewind = async |id: &str| {
        let path = format!("{BASE}/instances/{id}/rewind?reason=fixed+bug");
        world.post(&path, "").await
    };
    rewind("nobody").await.assert_empty(404);
    rewind("@a").await.assert_empty(404);
    for id in ["w", "d"] {
        let refused = rewind(id).await;
        let text = format!("\"Only a failed instance can be rewound, and '{id}' has not failed.\"");
        assert_eq!((refused.status, refused.text), (412, text));
    }
    rewind("f").await.assert_empty(202);
}
