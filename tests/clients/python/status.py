"""The status of one instance, in each state that it can be in."""

from datetime import datetime, timedelta, timezone

import azure.durable_functions as df
from case import Case, eventually

Status = df.OrchestrationRuntimeStatus


class OfOneInstance(Case):
    async def test_what_is_unknown_is_false(self) -> None:
        for instance_id in ("nobody", "@entity", "x" * 257):
            status = await self.client.get_status(instance_id, show_history=True)
            self.assertFalse(status)
            self.assertIsNone(status.runtime_status)

    async def test_running_says_who_since_when_and_no_more(self) -> None:
        before = datetime.now(timezone.utc).replace(microsecond=0)
        await self.client.start_new("events", "runs", {"n": 1})
        await self.waits("runs")
        status = await self.client.get_status("runs")
        self.assertTrue(status)
        self.assertEqual((status.name, status.instance_id), ("events", "runs"))
        self.assertIs(status.runtime_status, Status.Running)
        self.assertEqual((status.output, status.custom_status, status.history), (None, None, None))
        self.assertLessEqual(before, status.created_time)
        self.assertLessEqual(status.created_time, status.last_updated_time)
        self.assertLessEqual(status.last_updated_time, datetime.now(timezone.utc))
        self.assertEqual(status.created_time.microsecond, 0)
        # This client drops `show_input=False`, so that the input is always there.
        self.assertEqual(status.input_, '{"n": 1}')

    async def test_pending_has_no_history(self) -> None:
        at = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat()
        path = "/api/orchestrators/events/later"
        async with self.http.post(path, params={"startAt": at}) as reply:
            self.assertEqual(reply.status, 202)
        status = await self.client.get_status("later", show_history=True)
        self.assertIs(status.runtime_status, Status.Pending)
        self.assertIsNone(status.history)

    async def test_suspended_is_running_again_once_it_is_resumed(self) -> None:
        await self.client.start_new("events", "rests", {"n": 1})
        await self.waits("rests")
        await self.client.suspend("rests", "lunch")
        self.assertIs((await self.client.get_status("rests")).runtime_status, Status.Suspended)
        await self.client.resume("rests", "back")
        self.assertIs((await self.client.get_status("rests")).runtime_status, Status.Running)

    async def test_completed_has_its_output_and_its_history(self) -> None:
        await self.client.start_new("double", "done", {"n": 2})
        self.assertEqual((await self.ended("done")).output, 4)
        status = await self.client.get_status("done", show_history=True, show_history_output=True, show_input=True)
        self.assertEqual(status.historyEvents, status.history)
        started, called, completed = status.history
        self.assertEqual(
            (started["EventType"], started["FunctionName"], started["Input"]),
            ("ExecutionStarted", "double", '"{\\"n\\": 2}"'),
        )
        self.assertEqual(
            (called["EventType"], called["FunctionName"], called["Input"], called["Result"]),
            ("TaskCompleted", "echo", "4", 4),
        )
        self.assertLessEqual(called["ScheduledTime"], called["Timestamp"])
        self.assertRegex(called["Timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$")
        self.assertEqual(
            (completed["EventType"], completed["OrchestrationStatus"], completed["Result"]),
            ("ExecutionCompleted", "Completed", 4),
        )
        for row in status.history:
            self.assertFalse({"EventId", "IsPlayed"} & row.keys(), row)

    async def test_a_history_without_outputs_has_none(self) -> None:
        await self.client.start_new("double", "brief", {"n": 2})
        await self.ended("brief")
        status = await self.client.get_status("brief", show_history=True)
        self.assertEqual([row.get("Result") for row in status.history], [None, None, None])

    async def test_failed_says_why(self) -> None:
        await self.client.start_new("fails", "failed", {"message": "no funds", "details": "card 1"})
        status = await self.ended("failed", show_history=True, show_history_output=True)
        self.assertIs(status.runtime_status, Status.Failed)
        self.assertEqual(status.output, "Orchestrator function 'fails' failed: no funds")
        end = status.history[-1]
        self.assertEqual(
            (end["EventType"], end["OrchestrationStatus"], end["Result"]),
            ("ExecutionCompleted", "Failed", status.output),
        )
        details = end["FailureDetails"]
        self.assertEqual((details["ErrorType"], details["ErrorMessage"]), ("Declined", "no funds"))

    async def test_terminated_gives_the_reason(self) -> None:
        await self.client.start_new("events", "stopped", {"n": 1})
        await self.client.terminate("stopped", "no more")
        status = await self.ended("stopped", show_history=True, show_input=True)
        self.assertIs(status.runtime_status, Status.Terminated)
        self.assertEqual(status.output, "no more")
        self.assertEqual((status.history[-1]["EventType"], status.history[-1]["Input"]), ("ExecutionTerminated", "no more"))

    async def test_a_custom_status_is_what_the_orchestrator_set_last(self) -> None:
        await self.client.start_new("status", "steps")

        async def at_step(step: int) -> bool:
            return (await self.client.get_status("steps")).custom_status == {"step": step}

        await eventually("the first step", lambda: at_step(1))
        await self.client.raise_event("steps", "Go")
        await eventually("the second step", lambda: at_step(2))
        await self.client.raise_event("steps", "Go")
        self.assertEqual((await self.ended("steps")).custom_status, {"step": 2})

    async def test_what_continued_as_new_is_one_instance(self) -> None:
        await self.client.start_new("counter", "counts", {"until": 3})
        status = await self.ended("counts", show_input=True, show_history=True)
        self.assertEqual((status.runtime_status, status.output), (Status.Completed, 3))
        # The last execution is shown, with the input that it went on with.
        self.assertEqual(status.history[0]["Generation"], 3)
        self.assertNotEqual(status.input_, '{"until": 3}')
