"""Instances are listed and purged."""

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

import azure.durable_functions as df
from case import INSTANCES, Case, eventually

Status = df.OrchestrationRuntimeStatus


def ids(statuses: list[Any]) -> list[str]:
    return sorted(status.instance_id for status in statuses)


class Group(Case):
    async def asyncTearDown(self) -> None:
        # A list has all instances of the host: each test leaves none.
        for status in await self.client.get_status_by(runtime_status=[Status.Running, Status.Suspended, Status.Pending]):
            await self.client.terminate(status.instance_id, "the test is over")
            await self.ended(status.instance_id)
        await self.client.purge_instance_history_by(created_time_from=datetime(2020, 1, 1))
        await super().asyncTearDown()

    async def three(self) -> None:
        """One that has completed, one that has failed, one that runs."""
        await self.client.start_new("events", "job-done", {"n": 0})
        await self.client.start_new("fails", "job-failed")
        await self.client.start_new("events", "runs", {"n": 1})
        await self.ended("job-done")
        await self.ended("job-failed")
        await self.waits("runs")


class Listing(Group):
    async def test_all_are_listed_as_their_statuses_are(self) -> None:
        await self.three()
        listed = await self.client.get_status_all()
        self.assertEqual(ids(listed), ["job-done", "job-failed", "runs"])
        for status in listed:
            alone = await self.client.get_status(status.instance_id)
            self.assertEqual(status.to_json(), alone.to_json())

    async def test_a_list_holds_what_its_filters_let_through(self) -> None:
        await self.three()
        now = datetime.now(timezone.utc)
        hour = timedelta(hours=1)
        for filters, expected in [
            ({}, ["job-done", "job-failed", "runs"]),
            ({"runtime_status": [Status.Completed, Status.Failed]}, ["job-done", "job-failed"]),
            ({"runtime_status": [Status.Running]}, ["runs"]),
            ({"runtime_status": [Status.Canceled]}, []),
            ({"instance_id_prefix": "job-"}, ["job-done", "job-failed"]),
            ({"instance_id_prefix": "job-", "runtime_status": [Status.Failed]}, ["job-failed"]),
            ({"created_time_from": now - hour, "created_time_to": now + hour}, ["job-done", "job-failed", "runs"]),
            ({"created_time_from": now + hour}, []),
            ({"created_time_to": now - hour}, []),
        ]:
            with self.subTest(filters):
                self.assertEqual(ids(await self.client.get_status_by(**filters)), expected)

    async def test_this_client_sees_the_first_page_only(self) -> None:
        starts = (self.client.start_new("events", f"many-{number:03}", {"n": 1}) for number in range(103))
        await asyncio.gather(*starts)
        self.assertEqual(len(await self.client.get_status_all()), 100)
        # With a prefix the order is that of the IDs.
        listed = await self.client.get_status_by(instance_id_prefix="many-")
        self.assertEqual(ids(listed), [f"many-{number:03}" for number in range(100)])
        # The rest is there, for whoever sends the token that came with the page.
        path = f"{INSTANCES}?instanceIdPrefix=many-"
        async with self.http.get(path) as reply:
            token = reply.headers["x-ms-continuation-token"]
        async with self.http.get(path, headers={"x-ms-continuation-token": token}) as reply:
            rest = [status["instanceId"] for status in await reply.json()]
            self.assertEqual(reply.headers["x-ms-continuation-token"], "")
        self.assertEqual(rest, ["many-100", "many-101", "many-102"])


class Purging(Group):
    async def test_one_that_has_ended_goes(self) -> None:
        await self.three()
        self.assertEqual((await self.client.purge_instance_history("job-done")).instances_deleted, 1)
        self.assertFalse(await self.client.get_status("job-done"))
        self.assertEqual((await self.client.purge_instance_history("job-done")).instances_deleted, 0)

    async def test_one_that_is_live_stays(self) -> None:
        await self.three()
        said = await self.raises(self.client.purge_instance_history("runs"))
        self.assertEqual(said, "The operation failed with an unexpected status code 409")
        self.assertIs((await self.client.get_status("runs")).runtime_status, Status.Running)

    async def test_a_filter_takes_what_has_ended_and_is_meant(self) -> None:
        await self.three()
        past, now = datetime(2020, 1, 1), datetime.now(timezone.utc)

        async def purged(**filters: Any) -> int:
            return (await self.client.purge_instance_history_by(**filters)).instances_deleted

        self.assertEqual(await purged(created_time_from=past, created_time_to=datetime(2020, 2, 1)), 0)
        self.assertEqual(await purged(created_time_from=now + timedelta(hours=1)), 0)
        self.assertEqual(await purged(created_time_from=past, runtime_status=[Status.Running]), 0)
        self.assertEqual(await purged(created_time_from=past, runtime_status=[Status.Failed]), 1)
        self.assertEqual(await purged(created_time_from=past), 1)
        self.assertEqual(ids(await self.client.get_status_all()), ["runs"])

    async def test_a_filter_needs_to_say_since_when(self) -> None:
        with self.assertRaises(ValueError):
            await self.client.purge_instance_history_by(runtime_status=[Status.Failed])
