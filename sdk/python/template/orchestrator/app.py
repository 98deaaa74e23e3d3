"""The orchestrator {{name}}: greets each city of its input."""

from soloist import Context, orchestrator


@orchestrator
def run(ctx: Context, cities: list[str]) -> list[str]:
    greetings = [ctx.call_activity("say-hello", city) for city in cities]
    return ctx.try_await_all(greetings)
