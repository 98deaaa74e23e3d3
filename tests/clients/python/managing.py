"""What is done to an instance: events, suspend, resume, terminate."""

from typing import Any

import azure.durable_functions as df
from case import Case

Status = df.OrchestrationRuntimeStatus


class Events(Case):
    async def test_data_comes_as_text_and_is_read_as_it_was_meant(self) -> None:
        # This client encodes data twice. Whoever waits for a type gets it; whoever takes any JSON gets the text.
        await self.client.start_new("approval", "typed")
        await self.client.raise_event("typed", "Approval", {"approved": True, "by": "Ada"})
        self.assertEqual((await self.ended("typed")).output, {"outcome": "approved", "by": "Ada"})
        await self.client.start_new("events", "any", {"n": 3})
        for data in ({"ok": True}, "text", 7):
            await self.client.raise_event("any", "go", data)
        self.assertEqual((await self.ended("any")).output, ['{"ok": true}', '"text"', "7"])

    async def test_no_data_is_the_text_null(self) -> None:
        await self.client.start_new("events", "empty", {"n": 1})
        await self.client.raise_event("empty", "Go")
        self.assertEqual((await self.ended("empty")).output, ["null"])

    async def test_a_task_hub_and_a_connection_may_be_named(self) -> None:
        await self.client.start_new("events", "hub", {"n": 1})
        await self.client.raise_event("hub", "Go", 1, task_hub_name="Other", connection_name="Storage2")
        self.assertEqual((await self.ended("hub")).output, ["1"])

    async def test_an_event_to_nobody_is_an_error(self) -> None:
        said = await self.raises(self.client.raise_event("nobody", "Go", 1))
        self.assertEqual(said, "No instance with ID nobody found.")
        with self.assertRaises(ValueError):
            await self.client.raise_event("nobody", "")

    async def test_an_event_to_one_that_has_ended_is_an_error(self) -> None:
        await self.client.start_new("events", "over", {"n": 0})
        await self.ended("over")
        said = await self.raises(self.client.raise_event("over", "Go", 1))
        self.assertEqual(said, "Instance with ID over is gone: either completed or failed")

    async def test_events_are_kept_while_an_instance_is_suspended(self) -> None:
        await self.client.start_new("events", "kept", {"n": 2})
        await self.client.suspend("kept", "lunch")
        await self.client.raise_event("kept", "Go", 1)
        await self.client.raise_event("kept", "Go", 2)
        self.assertIs((await self.client.get_status("kept")).runtime_status, Status.Suspended)
        await self.client.resume("kept", "back")
        self.assertEqual((await self.ended("kept")).output, ["1", "2"])


class Telling(Case):
    """Suspend, resume and terminate."""

    async def history(self, instance_id: str) -> list[tuple[str, Any]]:
        status = await self.client.get_status(instance_id, show_history=True, show_input=True)
        return [(row["EventType"], row.get("Reason", row.get("Input"))) for row in status.history[1:]]

    async def test_a_reason_arrives_whatever_is_in_it(self) -> None:
        reason = "café & crème? 100 % #1 夜 + more"
        await self.client.start_new("events", "told", {"n": 1})
        await self.client.suspend("told", reason)
        await self.client.resume("told", reason)
        await self.client.terminate("told", reason)
        status = await self.ended("told")
        self.assertEqual((status.runtime_status, status.output), (Status.Terminated, reason))
        self.assertEqual(
            await self.history("told"),
            [("ExecutionSuspended", reason), ("ExecutionResumed", reason), ("ExecutionTerminated", reason)],
        )

    async def test_to_suspend_or_resume_twice_is_no_error(self) -> None:
        await self.client.start_new("events", "twice", {"n": 1})
        await self.waits("twice")
        for tell, expected in [(self.client.suspend, Status.Suspended), (self.client.resume, Status.Running)]:
            await tell("twice", "once")
            await tell("twice", "again")
            self.assertIs((await self.client.get_status("twice")).runtime_status, expected)

    async def test_what_has_ended_is_left_alone(self) -> None:
        await self.client.start_new("events", "over", {"n": 0})
        before = await self.ended("over")
        for tell in (self.client.suspend, self.client.resume, self.client.terminate):
            await tell("over", "too late")
        after = await self.client.get_status("over")
        self.assertEqual(after.to_json(), before.to_json())

    async def test_to_tell_nobody_is_an_error(self) -> None:
        for tell in (self.client.suspend, self.client.resume, self.client.terminate):
            self.assertEqual(await self.raises(tell("nobody", "why")), "No instance with ID 'nobody' found.")
