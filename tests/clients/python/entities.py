"""Entities, which the host does not have: whoever asks for one is told so."""

import azure.durable_functions as df
from case import Case

COUNTER = df.EntityId("Counter", "c1")


class Entities(Case):
    async def test_a_signal_is_refused(self) -> None:
        for data in (None, 5):
            said = await self.raises(self.client.signal_entity(COUNTER, "add", data, "Hub", "Storage"))
            self.assertEqual(said, "The operation failed with an unexpected status code 501")

    async def test_a_state_cannot_be_read(self) -> None:
        said = await self.raises(self.client.read_entity_state(COUNTER))
        self.assertEqual(said, "The operation failed with an unexpected status code 501")

    async def test_the_host_says_what_it_lacks(self) -> None:
        for method, path in [("POST", "Counter/c1?op=add"), ("GET", "Counter/c1"), ("DELETE", "Counter/c1"), ("GET", "")]:
            async with self.http.request(method, f"/durabletask/entities/{path}") as reply:
                said = await reply.json()
            self.assertEqual((reply.status, said["Message"]), (501, "This host does not support entities yet."))
            self.assertEqual(said["ExceptionType"], "System.NotImplementedException")
