"""An orchestrator made from wit/soloist.wit alone: three greetings with a durable timer between them.

Input: the length of each timer, as a JSON number of milliseconds; `null` means 200. Output: the greetings.
"""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import durable
from wit_world.imports.types import Failure

CITIES = ["Tokyo", "Seattle", "London"]


class Orchestrator(exports.Orchestrator):
    def run(self, input: str) -> str:
        length = json.loads(input)
        if length is None:
            length = 200
        if not isinstance(length, (int, float)):
            raise Err(Failure("InvalidInput", "the input is a number of milliseconds", None, True))
        greetings = []
        for city in CITIES:
            if greetings:
                durable.await_task(durable.create_timer(durable.current_time() + length))
            task = durable.call_activity("say-hello", json.dumps(city), None)
            greetings.append(json.loads(durable.await_task(task)))
        return json.dumps(greetings)
