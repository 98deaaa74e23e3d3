"""What Python's own means tell an orchestrator: clocks, random numbers, the order of a set, sleep, files, sockets.

Input: {"sleepMs": 50, "tryRefused": false}. Output: see ../README.md.
"""

import datetime
import json
import os
import random
import socket
import sys
import time
import uuid

from wit_world import exports
from wit_world.imports import durable


def read() -> dict:
    return {
        "wallMs": time.time() * 1000,
        "monotonicMs": time.monotonic() * 1000,
        "random": [random.random() for _ in range(3)],
        "bytes": os.urandom(16).hex(),
        "uuid": str(uuid.uuid4()),
        "now": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        # It goes by the hashes of strings.
        "order": "".join(set("abcdefghijklmnop")),
    }


def said_by(attempt) -> str | None:
    """What is said of a thing that an orchestrator must not have; None if it got it."""
    try:
        attempt()
    except OSError as error:
        return str(error)
    return None


def read_file() -> None:
    with open("/etc/hostname", "rb") as file:
        file.read()


def connect() -> None:
    with socket.socket() as stream:
        stream.connect(("127.0.0.1", 9))


def seen(try_network: bool) -> dict:
    return {
        "file": said_by(read_file),
        "socket": said_by(connect) if try_network else None,
        "env": list(os.environ),
        "args": sys.argv,
    }


class Orchestrator(exports.Orchestrator):
    def run(self, input: str) -> str:
        wanted = json.loads(input) or {}
        before = read()
        times = [durable.current_time()]
        print(f"before {json.dumps(before)}", flush=True)
        durable.set_custom_status(json.dumps(before))

        durable.await_task(durable.wait_for_event("go"))
        after = read()
        times.append(durable.current_time())

        time.sleep(wanted.get("sleepMs", 0) / 1000)
        slept = read()
        times.append(durable.current_time())
        print(f"slept {json.dumps(slept)}", file=sys.stderr, flush=True)
        refused = seen(wanted.get("tryNetwork", False)) if wanted.get("tryRefused") else None
        return json.dumps({"before": before, "after": after, "slept": slept, "durable": times, "refused": refused})
