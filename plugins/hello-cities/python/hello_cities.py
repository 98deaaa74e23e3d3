"""Five activities in sequence: each greeting is recorded, so a crash repeats none that is done."""

from dataclasses import dataclass

from soloist import Context, camel_case, orchestrator

CITIES = ["Tokyo", "Seattle", "London", "Cairo", "Lima"]


@camel_case
@dataclass(frozen=True)
class Input:
    delay_ms: int = 0
    """How long each greeting takes, so that one can watch."""


@orchestrator
def hello_cities(ctx: Context, input: Input = Input()) -> list[str]:
    greetings = []
    for city in CITIES:
        greeting = ctx.call_activity("say-hello", {"name": city, "delayMs": input.delay_ms}, returns=str)
        greetings.append(greeting.wait())
    return greetings
