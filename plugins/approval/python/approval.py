"""A decision by a person, raced against a timer."""

from dataclasses import dataclass
from datetime import timedelta

from soloist import Context, camel_case, orchestrator


@camel_case
@dataclass(frozen=True)
class Input:
    timeout_ms: int = 60_000


@dataclass(frozen=True)
class Decision:
    """The data of the event `Approval`."""

    approved: bool
    by: str | None = None


@orchestrator
def approval(ctx: Context, input: Input = Input()) -> dict[str, str | None]:
    limit = timedelta(milliseconds=input.timeout_ms)
    ctx.set_custom_status({"stage": "waiting", "until": ctx.current_time + limit})
    decision: Decision | None = ctx.wait_for_event_within("Approval", limit, returns=Decision)
    ctx.set_custom_status({"stage": "decided"})
    if decision is None:
        return {"outcome": "timedOut"}
    return {"outcome": "approved" if decision.approved else "rejected", "by": decision.by}
