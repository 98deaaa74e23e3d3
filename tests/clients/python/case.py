"""What every test has: the client, set up as a user does it, and plain HTTP beside it."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from unittest import IsolatedAsyncioTestCase

import aiohttp
import azure.durable_functions as df
from azure.durable_functions.models.utils import http_utils

ORIGIN = os.environ["HOST_ORIGIN"]
# What Azure's host would hand to a function as its `starter`.
STARTER = os.environ["HOST_BINDING"]
# What the operator's own requests bring.
ADMIN = {"x-functions-key": os.environ["HOST_KEY"]} if "HOST_KEY" in os.environ else {}
INSTANCES = "/runtime/webhooks/durabletask/instances"

# How long anything may take before it counts as hung, and how often it is looked at, in seconds.
PATIENCE = 60.0
LOOK_AGAIN = 0.02

ENDED = (
    df.OrchestrationRuntimeStatus.Completed,
    df.OrchestrationRuntimeStatus.Failed,
    df.OrchestrationRuntimeStatus.Terminated,
)

Found = TypeVar("Found")


class Case(IsolatedAsyncioTestCase):
    maxDiff = None

    async def asyncSetUp(self) -> None:
        self.client = df.DurableOrchestrationClient(STARTER)
        self.http = aiohttp.ClientSession(ORIGIN)

    async def asyncTearDown(self) -> None:
        await self.http.close()
        # The client keeps its connections for the life of the process, but each test has an event loop of its own.
        await http_utils._close_session()

    async def ended(self, instance_id: str, **shown: bool) -> Any:
        """The status of an instance, once it has ended."""

        async def look() -> Any:
            status = await self.client.get_status(instance_id, **shown)
            return status if status.runtime_status in ENDED else None

        return await eventually(f"{instance_id} ends", look)

    async def waits(self, instance_id: str, events: int = 0) -> None:
        """Returns once an instance waits for an event, having had so many."""

        async def look() -> bool:
            async with self.http.get(f"/admin/instances/{instance_id}/history", headers=ADMIN) as reply:
                history = await reply.json()
            types = [event["type"] for event in history["executions"][-1]["events"]]
            return types.count("EventAwaited") > events

        await eventually(f"{instance_id} waits", look)

    async def raises(self, call: Awaitable[Any]) -> Any:
        """What the exception of a call says."""
        with self.assertRaises(Exception) as caught:
            await call
        self.assertIs(type(caught.exception), Exception, caught.exception)
        return caught.exception.args[0]


async def eventually(what: str, look: Callable[[], Awaitable[Found | None]]) -> Found:
    """Looks again and again until there is something."""

    async def looking() -> Found:
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(LOOK_AGAIN)

    try:
        return await asyncio.wait_for(looking(), PATIENCE)
    except asyncio.TimeoutError:
        raise AssertionError(f"waited in vain: {what}") from None


def exists(instance_id: str) -> str:
    """The sentence by which a start of a live ID is refused."""
    return f"An instance with ID '{instance_id}' already exists."
