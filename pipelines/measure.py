"""Reads the clock for all methods of a comparison under its rules: see METRICS, fair comparison, 4."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from types import MappingProxyType

from ..data.scenario import Fields
from .comparison_settings import ComparisonSettings
from .methods import Each, Method, stack
from .problems import Problems
from .timing import LONG, Array, Clock, Timed, first_call, interleave

BATCH = 32
LARGEST_RENDERED = 2**19  # cells kept ready per resolution, which bounds the memory of fine grids
LOCK_BOUND = 2.0  # seconds of a batch above which Python's lock cannot make threads slower than turns
LONGEST_BATCH = 0.5  # seconds of work in a batch of solves


@dataclass(frozen=True)
class Seconds:
    """Of one method: seconds per sample of every repeat at batch 1 and batch 32, (repeats,) each.

    `samples` is how many the larger batch really had.
    """

    batch_1: Array
    batch_32: Array
    samples: int = BATCH


def measure(
    methods: Sequence[Method],
    problems: Problems,
    settings: ComparisonSettings,
    cores: int,
    roughly: Mapping[str, float] = MappingProxyType({}),
    clock: Clock = time.perf_counter,
) -> dict[str, Seconds]:
    """Time all methods in turn, {label: seconds}; conditions are drawn and files read beforehand.

    Args:
        roughly: seconds of one solve, of solvers; where none are given they count as cheap.
    """
    sizes = {m.label: batch_size(m, cores, roughly.get(m.label, 0.0)) for m in methods}
    ready = {
        resolution: timed_conditions(
            problems, resolution, max(settings.repeats, *(sizes[m.label] for m in methods if m.resolution == resolution))
        )
        for resolution in {m.resolution for m in methods}
    }
    single = {m.label: Timed(partial(predict, m, ready[m.resolution], map), threads=1) for m in methods}
    with ThreadPoolExecutor(cores) as pool:
        known = {m.label: roughly.get(m.label, 0.0) for m in methods}
        batches = {
            m.label: whole_batch(m, ready[m.resolution], sizes[m.label], known[m.label] > LONG, pool, cores, clock)
            for m in methods
        }
        batch_32 = interleave(batches, settings.batch_repeats, warm=False, clock=clock)
    batch_1 = interleave(single, settings.repeats, warm=True, clock=clock)
    return {name: Seconds(batch_1[name], batch_32[name] / size, size) for name, size in sizes.items()}


def timed_conditions(problems: Problems, resolution: int | None, samples: int) -> list[Fields]:
    """The first samples, or all where there are fewer, as batches of one."""
    return [batch_of_one(problems, row, resolution) for row in range(min(problems.count, samples))]


def batch_size(method: Method, cores: int, seconds: float = 0.0) -> int:
    """Samples of a batch: 32, and for solvers at least one per core.

    Where 32 samples would fill the memory or take minutes there are fewer, the same number for every core.

    Args:
        seconds: of one solve, about.
    """
    if not method.one_by_one:
        return BATCH
    fitting = BATCH if method.resolution is None else min(BATCH, LARGEST_RENDERED // method.resolution**2)
    fitting = min(fitting, int(LONGEST_BATCH / seconds)) if seconds > LONGEST_BATCH / BATCH else fitting
    rounds = max(1, -(-fitting // cores))
    return max(cores, min(BATCH, rounds * cores))


def batch_of_one(problems: Problems, row: int, resolution: int | None) -> Fields:
    """Stored conditions of a sample, or those drawn on a solver's own grid, with a leading axis of one."""
    return problems.stored([row]) if resolution is None else stack([problems.rendered(row, resolution)])


def predict(method: Method, batches: Sequence[Fields], each: Each, round_: int) -> Fields:
    """Predict the next of the batches."""
    return method.predict_batch(batches[round_ % len(batches)], each)


def whole_batch(
    method: Method, ready: Sequence[Fields], size: int, dear: bool, pool: Executor, cores: int, clock: Clock
) -> Timed:
    """A batch of that size with all cores, called once to warm up where its solves are not dear.

    Surrogates get all threads; solvers one sample per core, or one after the other where Python's lock makes
    that faster.
    """
    batch = [joined(list(islice(cycle(ready), size)))]
    if not method.one_by_one:
        whole = Timed(partial(predict, method, batch, map), threads=cores)
        first_call(whole, clock)
        return whole
    spread, in_turn = (Timed(partial(predict, method, batch, each), threads=1) for each in (pool.map, map))
    if dear:
        return spread
    seconds = first_call(spread, clock)
    return spread if seconds > LOCK_BOUND or seconds < first_call(in_turn, clock) else in_turn


def joined(batches: Sequence[Fields]) -> Mapping[str, Array]:
    """Batches of one as one batch."""
    return stack([{name: a[0] for name, a in fields.items()} for fields in batches])
