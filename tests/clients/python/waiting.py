"""Whoever waits for an end, and whoever is given links to look for it."""

import asyncio
import json

import azure.functions as func
from case import INSTANCES, ORIGIN, Case

# What Durable Functions gives to a caller of a function: nine links, for there is one to rewind.
KEYS = [
    "id",
    "statusQueryGetUri",
    "sendEventPostUri",
    "terminatePostUri",
    "purgeHistoryDeleteUri",
    "restartPostUri",
    "suspendPostUri",
    "resumePostUri",
    "rewindPostUri",
]


def request(url: str) -> func.HttpRequest:
    return func.HttpRequest("POST", url, body=b"")


class Waiting(Case):
    async def wait(self, instance_id: str, timeout: int) -> func.HttpResponse:
        call = self.client.wait_for_completion_or_create_check_status_response
        return await call(request(f"{ORIGIN}/api/wait"), instance_id, timeout, 20)

    async def test_what_ends_in_time_is_answered_with_its_output(self) -> None:
        await self.client.start_new("approval", "in-time")
        waiting = asyncio.create_task(self.wait("in-time", 60_000))
        await self.client.raise_event("in-time", "Approval", {"approved": False, "by": "Ada"})
        reply = await waiting
        self.assertEqual(reply.status_code, 200)
        self.assertEqual(json.loads(reply.get_body()), {"outcome": "rejected", "by": "Ada"})

    async def test_what_fails_or_is_terminated_is_answered_with_its_status(self) -> None:
        await self.client.start_new("fails", "failed", {"message": "no funds"})
        await self.client.start_new("events", "stopped", {"n": 1})
        await self.client.terminate("stopped", "enough")
        for instance_id, status, output in [
            ("failed", 500, "Orchestrator function 'fails' failed: no funds"),
            ("stopped", 200, "enough"),
        ]:
            reply = await self.wait(instance_id, 60_000)
            self.assertEqual(reply.status_code, status)
            self.assertEqual(json.loads(reply.get_body())["output"], output)

    async def test_what_does_not_end_in_time_is_answered_with_links(self) -> None:
        await self.client.start_new("events", "late", {"n": 1})
        reply = await self.wait("late", 100)
        self.assertEqual((reply.status_code, reply.headers["Retry-After"]), (202, "10"))
        payload = json.loads(reply.get_body())
        self.assertEqual(payload["id"], "late")
        self.assertEqual(reply.headers["Location"], payload["statusQueryGetUri"])
        async with self.http.get(reply.headers["Location"]) as status:
            self.assertEqual((status.status, (await status.json())["instanceId"]), (202, "late"))

    async def test_the_url_to_start_and_wait_by_answers_with_the_output(self) -> None:
        # No call of this client uses this template; a user may.
        template = self.client._orchestration_bindings.creation_urls["createAndWaitOnNewInstancePostUri"]
        url = template.replace("{functionName}", "double").replace("[/{instanceId}]", "/waited")
        url = url.replace("{timeoutInSeconds}", "60").replace("{intervalInSeconds}", "1")
        async with self.http.post(url, json={"n": 3}) as reply:
            self.assertEqual((reply.status, await reply.json()), (200, 6))


class Links(Case):
    async def test_they_are_those_of_durable_functions_and_lead_to_the_host(self) -> None:
        payload = self.client.create_http_management_payload("one")
        self.assertEqual(list(payload), KEYS)
        self.assertEqual(payload["id"], "one")
        for key in KEYS[1:]:
            self.assertTrue(payload[key].startswith(f"{ORIGIN}{INSTANCES}/one"), payload[key])

    async def test_a_response_names_the_origin_that_its_request_came_to(self) -> None:
        # So a function that is served elsewhere gives links that lead there, unless it leaves out the request.
        reply = self.client.create_check_status_response(request("https://app.example/api/start"), "one")
        self.assertEqual((reply.status_code, reply.headers["Retry-After"]), (202, "10"))
        self.assertEqual(reply.headers["Content-Type"], "application/json")
        payload = json.loads(reply.get_body())
        self.assertEqual(list(payload), KEYS)
        self.assertEqual(reply.headers["Location"], payload["statusQueryGetUri"])
        for key in KEYS[1:]:
            self.assertTrue(payload[key].startswith(f"https://app.example{INSTANCES}/one"), payload[key])
        reply = self.client.create_check_status_response(None, "one")
        self.assertEqual(json.loads(reply.get_body()), self.client.create_http_management_payload("one"))

    async def test_each_of_them_works(self) -> None:
        for instance_id in ("one", "größe 夜 🌙 50+1"):
            with self.subTest(instance_id):
                await self.follow(instance_id)

    async def follow(self, instance_id: str) -> None:
        await self.client.start_new("events", instance_id, {"n": 2})
        await self.waits(instance_id)
        payload = self.client.create_http_management_payload(instance_id)

        async def post(key: str, text: str = "", **options: object) -> int:
            url = payload[key].replace("{text}", text).replace("{eventName}", "Go")
            async with self.http.post(url, **options) as reply:
                return reply.status

        async def status() -> tuple[int, str]:
            async with self.http.get(payload["statusQueryGetUri"]) as reply:
                body = await reply.json()
                self.assertEqual(body["instanceId"], instance_id)
                return reply.status, body["runtimeStatus"]

        self.assertEqual(await status(), (202, "Running"))
        self.assertEqual(await post("suspendPostUri", "lunch"), 202)
        self.assertEqual(await status(), (202, "Suspended"))
        self.assertEqual(await post("resumePostUri", "back"), 202)
        self.assertEqual(await post("sendEventPostUri", json=1), 202)
        self.assertEqual(await post("rewindPostUri", "why"), 412)
        self.assertEqual(await post("restartPostUri"), 202)
        self.assertEqual(await post("terminatePostUri", "enough"), 202)
        self.assertEqual(await status(), (200, "Terminated"))
        self.assertEqual(await post("terminatePostUri", "again"), 410)
        async with self.http.delete(payload["purgeHistoryDeleteUri"]) as reply:
            self.assertEqual((reply.status, await reply.json()), (200, {"instancesDeleted": 1}))
        async with self.http.get(payload["statusQueryGetUri"]) as reply:
            self.assertEqual((reply.status, await reply.text()), (404, ""))
