from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from soloist import _host
from soloist._time import Length, milliseconds


@dataclass(frozen=True)
class RetryPolicy:
    """When the host tries a step again, and for how long. Lengths of time are `timedelta`s, or numbers of seconds.

        RetryPolicy(max_attempts=5, first_retry_interval=1, backoff_coefficient=2, max_retry_interval=30)
    """

    max_attempts: int
    """Total attempts, the first included; at least 1."""
    first_retry_interval: Length
    """How long before the second attempt; greater than 0."""
    backoff_coefficient: float = 1.0
    """Factor from one interval to the next; at least 1."""
    max_retry_interval: Length | None = None
    """Longest interval between attempts."""
    retry_timeout: Length | None = None
    """No attempt starts later than this after the first."""
    attempt_timeout: Length | None = None
    """An attempt that takes longer counts as failed."""


def to_host(policy: RetryPolicy | None) -> Any:
    if policy is None:
        return None
    return _host.types.RetryPolicy(
        policy.max_attempts,
        milliseconds(policy.first_retry_interval),
        float(policy.backoff_coefficient),
        _optional(policy.max_retry_interval),
        _optional(policy.retry_timeout),
        _optional(policy.attempt_timeout),
    )


def _optional(length: Length | None) -> float | None:
    return None if length is None else milliseconds(length)
