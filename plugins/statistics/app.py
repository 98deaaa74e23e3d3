"""Statistics of many numbers: a piece for each activity, and an orchestrator that puts the answers together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce

import readings
from readings import Summary

from soloist import ActivityContext, Context, Failure, activity, orchestrator


@dataclass(frozen=True)
class Samples:
    """So many numbers out of the seed, from the place `first` on."""

    count: int
    seed: int = 1
    first: int = 0


@dataclass(frozen=True)
class Input:
    values: list[float] = field(default_factory=list)
    """The numbers."""
    samples: Samples | None = None
    """Numbers to try things with, made where they are summarised."""
    chunk: int = 10_000
    """How many numbers an activity gets."""


@dataclass(frozen=True)
class Chunk:
    values: list[float] | None = None
    samples: Samples | None = None


@orchestrator("statistics")
def statistics(ctx: Context, input: Input) -> dict[str, object]:
    if input.chunk < 1:
        raise Failure(Failure.INVALID_INPUT, "chunk is at least 1", non_retriable=True)
    chunks = pieces(input)
    # All are asked for before any is waited for.
    tasks = [ctx.call_activity("summarise", chunk, returns=Summary) for chunk in chunks]
    ctx.set_custom_status({"chunks": len(chunks)})
    whole = reduce(readings.combine, ctx.try_await_all(tasks))
    return {
        "count": whole.count,
        "mean": whole.mean,
        "deviation": readings.deviation(whole),
        "median": readings.median(whole),
        "lowest": whole.lowest,
        "highest": whole.highest,
        "chunks": len(chunks),
    }


def pieces(input: Input) -> list[Chunk]:
    """The numbers of the input, in pieces of `chunk`."""
    values = [Chunk(input.values[at : at + input.chunk]) for at in range(0, len(input.values), input.chunk)]
    samples = []
    if input.samples is not None:
        first, count, seed = input.samples.first, input.samples.count, input.samples.seed
        for at in range(first, first + count, input.chunk):
            samples.append(Chunk(samples=Samples(min(input.chunk, first + count - at), seed, at)))
    if not values and not samples:
        raise Failure(Failure.INVALID_INPUT, "give it `values`, or `samples` with a count", non_retriable=True)
    return values + samples


@activity("summarise")
def summarise(ctx: ActivityContext, chunk: Chunk) -> Summary:
    numbers = list(chunk.values or [])
    if chunk.samples is not None:
        numbers += readings.sample(chunk.samples.seed, chunk.samples.first, chunk.samples.count)
    return readings.summarise(numbers)
