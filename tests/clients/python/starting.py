"""Starts: what is sent, what comes back, and what is refused."""

import json

import azure.durable_functions as df
from case import STARTER, Case, exists
from opentelemetry import trace

Status = df.OrchestrationRuntimeStatus


class Starting(Case):
    async def test_a_start_returns_the_id_that_it_was_given(self) -> None:
        self.assertEqual(await self.client.start_new("events", "own", {"n": 0}), "own")
        status = await self.ended("own")
        self.assertEqual((status.name, status.instance_id, status.output), ("events", "own", []))

    async def test_a_start_without_an_id_returns_a_new_one(self) -> None:
        first = await self.client.start_new("events", client_input={"n": 0})
        second = await self.client.start_new("events", client_input={"n": 0})
        self.assertRegex(first, "^[0-9a-f]{32}$")
        self.assertNotEqual(first, second)
        self.assertEqual((await self.ended(first)).instance_id, first)

    async def test_a_start_without_an_input_has_null(self) -> None:
        await self.client.start_new("events", "bare")
        status = await self.client.get_status("bare", show_input=True)
        self.assertIsNone(status.input_)

    async def test_an_input_is_shown_as_it_came_and_read_as_it_was_meant(self) -> None:
        # This client encodes twice, so that the host is sent a string. The guest wants an object, and its SDK finds it there.
        await self.client.start_new("double", "twice", {"n": 21})
        status = await self.ended("twice", show_input=True)
        self.assertEqual((status.input_, status.output), ('{"n": 21}', 42))

    async def test_ids_and_inputs_are_text_of_any_script(self) -> None:
        text = "größe 夜 🌙 50+1"
        self.assertEqual(await self.client.start_new("events", text, {"n": 1, "name": text}), text)
        await self.client.raise_event(text, text, text)
        status = await self.ended(text, show_input=True)
        self.assertEqual(status.instance_id, text)
        self.assertEqual(json.loads(status.input_), {"n": 1, "name": text})
        self.assertEqual(status.output, [json.dumps(text)])

    async def test_a_version_is_taken_and_means_nothing(self) -> None:
        await self.client.start_new("events", "old", {"n": 0}, version="1.0 & more")
        new = await self.client.start_new("events", None, {"n": 0}, version="2.0")
        for instance_id in ("old", new):
            self.assertIs((await self.ended(instance_id)).runtime_status, Status.Completed)

    async def test_a_trace_and_an_invocation_id_may_go_along(self) -> None:
        client = df.DurableOrchestrationClient(STARTER, function_invocation_id="7")
        span = trace.NonRecordingSpan(trace.SpanContext(0xA, 0xB, True, trace.TraceFlags(1)))
        with trace.use_span(span):
            await client.start_new("events", "traced", {"n": 1})
            await client.raise_event("traced", "Go", 1)
        self.assertEqual((await self.ended("traced")).output, ["1"])

    async def test_a_live_id_is_refused_with_the_sentence(self) -> None:
        await self.client.start_new("events", "live", {"n": 1})
        said = await self.raises(self.client.start_new("events", "live", {"n": 7}))
        self.assertEqual(said["Message"], exists("live"))
        self.assertEqual(said["ExceptionMessage"], exists("live"))
        await self.client.suspend("live", "a suspended one is as live")
        said = await self.raises(self.client.start_new("events", "live"))
        self.assertEqual(said["Message"], exists("live"))
        await self.client.resume("live", "")
        await self.client.raise_event("live", "Go", "first")
        self.assertEqual((await self.ended("live")).output, ['"first"'])

    async def test_an_id_that_has_ended_is_started_anew(self) -> None:
        await self.client.start_new("events", "again", {"n": 0})
        await self.ended("again")
        await self.client.start_new("fails", "again", {"message": "no"})
        self.assertIs((await self.ended("again")).runtime_status, Status.Failed)
        await self.client.start_new("events", "again", {"n": 1})
        await self.client.terminate("again", "enough")
        self.assertIs((await self.ended("again")).runtime_status, Status.Terminated)
        self.assertEqual(await self.client.start_new("events", "again", {"n": 0}), "again")
        status = await self.ended("again")
        self.assertEqual((status.runtime_status, status.output), (Status.Completed, []))

    async def test_an_unknown_function_is_told_with_those_that_there_are(self) -> None:
        self.assertEqual(
            await self.raises(self.client.start_new("Nope", "x")),
            "The function 'Nope' doesn't exist, is disabled, or is not an orchestrator function. Additional info: "
            "The following are the known orchestrator functions: 'approval', 'chain-rust', 'counter', 'double', 'events', "
            "'fails', 'status'.",
        )
        self.assertFalse(await self.client.get_status("x"))

    async def test_an_id_that_cannot_be_is_told_why(self) -> None:
        for instance_id, why in [
            ("@entity", "an instance ID must not begin with '@'"),
            ("x" * 257, "an instance ID has at most 256 characters; this one has 257"),
            ("back%5Cslash", "an instance ID must not contain "),
        ]:
            said = await self.raises(self.client.start_new("events", instance_id))
            self.assertTrue(said.startswith(why), said)
        # A slash is another path, which there is not.
        self.assertIsNone(await self.raises(self.client.start_new("events", "a/b")))
