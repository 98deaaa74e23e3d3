"""The activity {{name}}: greets a city."""

from soloist import ActivityContext, activity


@activity
def run(ctx: ActivityContext, city: str) -> str:
    return f"Hello {city}!"
