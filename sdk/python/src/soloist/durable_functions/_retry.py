from __future__ import annotations

from datetime import timedelta

from soloist._retry import RetryPolicy


class RetryOptions:
    """When a step is tried again. The last three are this package's own."""

    def __init__(
        self,
        first_retry_interval_in_milliseconds: int,
        max_number_of_attempts: int,
        *,
        backoff_coefficient: float = 1.0,
        max_retry_interval_in_milliseconds: int | None = None,
        retry_timeout_in_milliseconds: int | None = None,
    ) -> None:
        if first_retry_interval_in_milliseconds <= 0:
            raise ValueError("first_retry_interval_in_milliseconds must be greater than 0")
        if max_number_of_attempts < 1:
            raise ValueError("max_number_of_attempts must be at least 1")
        self.first_retry_interval_in_milliseconds = first_retry_interval_in_milliseconds
        self.max_number_of_attempts = max_number_of_attempts
        self.backoff_coefficient = backoff_coefficient
        self.max_retry_interval_in_milliseconds = max_retry_interval_in_milliseconds
        self.retry_timeout_in_milliseconds = retry_timeout_in_milliseconds

    def policy(self) -> RetryPolicy:
        """The same as a `soloist.RetryPolicy`."""
        return RetryPolicy(
            max_attempts=self.max_number_of_attempts,
            first_retry_interval=timedelta(milliseconds=self.first_retry_interval_in_milliseconds),
            backoff_coefficient=self.backoff_coefficient,
            max_retry_interval=_length(self.max_retry_interval_in_milliseconds),
            retry_timeout=_length(self.retry_timeout_in_milliseconds),
        )


def _length(milliseconds: int | None) -> timedelta | None:
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)
