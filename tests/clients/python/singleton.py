"""The singleton of Durable Functions' documentation, and that of the host."""

import asyncio
import json

import azure.durable_functions as df
import azure.functions as func
from case import ENDED, INSTANCES, ORIGIN, STARTER, Case, exists

CALLERS = 24
ROUNDS = 8


async def http_start_single(req: func.HttpRequest, starter: str) -> func.HttpResponse:
    """The steps of HttpStartSingle: look whether the instance is live, and start it if it is not.

    Where the documentation errs: the body is read as JSON, for the client takes no bytes, and what refuses is a response, with
    the sentence that the other languages have there.
    """
    client = df.DurableOrchestrationClient(starter)
    function_name, instance_id = req.route_params["functionName"], req.route_params["instanceId"]
    status = await client.get_status(instance_id)
    if status and status.runtime_status not in ENDED:
        return func.HttpResponse(exists(instance_id), status_code=409)
    started = await client.start_new(function_name, instance_id, req.get_json())
    return client.create_check_status_response(req, started)


def request(instance_id: str, body: object) -> func.HttpRequest:
    """As a function app behind the host's own origin would get it."""
    return func.HttpRequest(
        "POST",
        f"{ORIGIN}/api/orchestrators/events/{instance_id}",
        route_params={"functionName": "events", "instanceId": instance_id},
        body=json.dumps(body).encode(),
    )


class OfTheDocumentation(Case):
    async def test_one_is_started_and_the_next_is_refused_while_it_lives(self) -> None:
        started = await http_start_single(request("one", {"n": 1}), STARTER)
        self.assertEqual((started.status_code, json.loads(started.get_body())["id"]), (202, "one"))
        refused = await http_start_single(request("one", {"n": 1}), STARTER)
        self.assertEqual((refused.status_code, refused.get_body().decode()), (409, exists("one")))
        async with self.http.get(started.headers["Location"]) as reply:
            self.assertEqual((reply.status, (await reply.json())["runtimeStatus"]), (202, "Running"))

        await self.client.raise_event("one", "Go", 1)
        await self.ended("one")
        again = await http_start_single(request("one", {"n": 1}), STARTER)
        self.assertEqual(again.status_code, 202)

    async def test_without_its_correction_it_cannot_start(self) -> None:
        # The documentation passes the body as it is.
        with self.assertRaises(TypeError):
            await self.client.start_new("events", "bytes", request("bytes", {}).get_body())

    async def test_of_all_that_race_exactly_one_starts(self) -> None:
        refused_by_the_host = 0
        for number in range(ROUNDS):
            # Every second round takes an ID again whose instance has ended.
            refused_by_the_host += await self.race(f"new-{number}" if number % 2 == 0 else "again")
        # Else no two had looked before one started, and nothing was shown.
        self.assertGreater(refused_by_the_host, 0)

    async def race(self, instance_id: str) -> int:
        """Returns how many were refused although their function had seen no live instance."""
        refused = 0

        async def call(caller: int) -> tuple[int, str]:
            nonlocal refused
            try:
                reply = await http_start_single(request(instance_id, {"n": 1, "caller": caller}), STARTER)
                return reply.status_code, reply.get_body().decode()
            except Exception as error:
                refused += 1
                return 409, error.args[0]["Message"]

        answers = await asyncio.gather(*(call(caller) for caller in range(CALLERS)))
        winners = [caller for caller, (status, _) in enumerate(answers) if status == 202]
        self.assertEqual(len(winners), 1, answers)
        losers = {answer for answer in answers if answer[0] != 202}
        self.assertEqual(losers, {(409, exists(instance_id))})

        await self.client.raise_event(instance_id, "Go", "end")
        status = await self.ended(instance_id, show_input=True)
        self.assertEqual(json.loads(status.input_), {"n": 1, "caller": winners[0]})
        return refused


class OfTheHost(Case):
    """The same path, without a function: the host looks and starts in one step."""

    async def test_it_answers_as_the_documentation_s_function_does(self) -> None:
        path = "/api/orchestrators/events/host"
        async with self.http.post(path, json={"n": 1}) as started:
            self.assertEqual((started.status, started.headers["Retry-After"]), (202, "10"))
            payload = await started.json()
            self.assertEqual(started.headers["Location"], payload["statusQueryGetUri"])
        function = await http_start_single(request("function", {"n": 1}), STARTER)
        of_function = json.loads(function.get_body())
        # The host's own payload has no link to rewind: in Durable Functions, only the client's has.
        del of_function["rewindPostUri"]
        of_function = {key: text.replace("function", "host") for key, text in of_function.items()}
        self.assertEqual(list(payload.items()), list(of_function.items()))
        self.assertIn(INSTANCES, payload["statusQueryGetUri"])

        async with self.http.post(path, json={"n": 1}) as refused:
            self.assertEqual((refused.status, await refused.text()), (409, exists("host")))
            self.assertEqual(refused.content_type, "text/plain")

    async def test_of_all_that_race_for_the_host_s_own_path_exactly_one_starts(self) -> None:
        async def call(caller: int) -> int:
            async with self.http.post("/api/orchestrators/events/raced", json={"n": 1, "caller": caller}) as reply:
                await reply.read()
                return reply.status

        statuses = await asyncio.gather(*(call(caller) for caller in range(CALLERS)))
        self.assertEqual(sorted(statuses), [202] + [409] * (CALLERS - 1))
        status = await self.client.get_status("raced")
        self.assertEqual(status.input_["caller"], statuses.index(202))
