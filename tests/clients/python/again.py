"""Rewind and restart."""

import os
from pathlib import Path
from typing import Any

import azure.durable_functions as df
from case import Case

Status = df.OrchestrationRuntimeStatus


class Rewinding(Case):
    async def test_a_failed_instance_goes_on_once_its_activity_is_there(self) -> None:
        await self.client.start_new("chain-rust", "failed", {"activity": "echo-rust", "n": 2})
        await self.client.start_new("chain-rust", "long", {"activity": "echo-rust", "n": 2, "rests": 3_600_000})
        for instance_id in ("failed", "long"):
            self.assertIs((await self.ended(instance_id)).runtime_status, Status.Failed)
        activities = Path(os.environ["GUEST_ACTIVITIES"]).read_bytes()
        deploy = "/admin/functions/echo-rust?kind=activity"
        async with self.http.put(deploy, data=activities) as reply:
            self.assertLess(reply.status, 300)
        # This client does not escape the reason of a rewind: an ampersand or a hash ends it, a plus sign is a space.
        reason = "fixed+bug & deployed"
        await self.client.rewind("failed", reason, task_hub_name="Other", connection_name="Storage2")
        status = await self.ended("failed", show_history=True)
        self.assertEqual((status.runtime_status, status.output), (Status.Completed, [0, 1]))
        reasons = [row["Reason"] for row in status.history if row["EventType"] == "ExecutionRewound"]
        self.assertEqual(reasons, ["fixed bug "])
        # What it failed with is gone at once.
        await self.client.rewind("long", "fixed # more")
        status = await self.client.get_status("long", show_history=True)
        self.assertEqual((status.runtime_status, status.output), (Status.Running, None))
        self.assertEqual([row["Reason"] for row in status.history if row["EventType"] == "ExecutionRewound"], ["fixed "])

    async def test_only_what_has_failed_is_rewound(self) -> None:
        await self.client.start_new("events", "runs", {"n": 1})
        await self.client.start_new("events", "done", {"n": 0})
        await self.ended("done")
        await self.client.start_new("events", "stopped", {"n": 1})
        await self.client.terminate("stopped", "enough")
        await self.ended("stopped")
        for instance_id in ("runs", "done", "stopped"):
            self.assertEqual(
                await self.raises(self.client.rewind(instance_id, "why")),
                f"Only a failed instance can be rewound, and '{instance_id}' has not failed.",
            )
        said = await self.raises(self.client.rewind("nobody", "why"))
        self.assertEqual(said, "No instance with ID nobody found.")


class Restarting(Case):
    async def restarted(self, instance_id: str, **options: bool) -> Any:
        # The signature promises an ID. What this client returns is the whole payload.
        payload: Any = await self.client.restart(instance_id, **options)
        return payload["id"]

    async def test_a_restart_gets_a_new_id_and_the_same_input(self) -> None:
        await self.client.start_new("double", "one", {"n": 4})
        await self.ended("one")
        new = await self.restarted("one")
        self.assertRegex(new, "^[0-9a-f]{32}$")
        status = await self.ended(new, show_input=True)
        self.assertEqual((status.name, status.input_, status.output), ("double", '{"n": 4}', 8))

    async def test_a_restart_under_its_own_id_takes_its_place(self) -> None:
        await self.client.start_new("events", "own", {"n": 1})
        await self.client.terminate("own", "enough")
        await self.ended("own")
        self.assertEqual(await self.restarted("own", restart_with_new_instance_id=False), "own")
        await self.client.raise_event("own", "Go", 1)
        self.assertEqual((await self.ended("own")).output, ["1"])

    async def test_a_live_instance_is_restarted_under_another_id_only(self) -> None:
        await self.client.start_new("events", "live", {"n": 1})
        said = await self.raises(self.client.restart("live", restart_with_new_instance_id=False))
        self.assertEqual(said, "The operation failed with an unexpected status code 409")
        self.assertNotEqual(await self.restarted("live"), "live")

    async def test_what_is_unknown_cannot_be_restarted(self) -> None:
        said = await self.raises(self.client.restart("nobody"))
        self.assertEqual(said, "The operation failed with an unexpected status code 400")
