"""The clock of the comparison: warm calls, all methods in turn, one thread or all cores.

In every round the methods come in an order drawn anew, so that drifts of the machine hit all alike. At batch
1 each is called twice and the second call timed, so that it finds its own data in the cache; a long call once.
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

Array = NDArray[np.float64]
Clock = Callable[[], float]

LONG = 0.5  # seconds of a call, beside which a cold cache is nothing
NOISY = 0.3  # interquartile range over median


@dataclass(frozen=True)
class Timed:
    """A call that gets the number of its round, and the threads it may use."""

    call: Callable[[int], object]
    threads: int


def first_call(timed: Timed, clock: Clock = time.perf_counter) -> float:
    """Seconds of the first call, compilation and one-time set-up included."""
    with threads(timed.threads):
        start = clock()
        timed.call(0)
        return clock() - start


def interleave(calls: Mapping[str, Timed], repeats: int, warm: bool, clock: Clock = time.perf_counter) -> dict[str, Array]:
    """Seconds of every call in every round, {name: (repeats,)}; `warm` times the second of two calls."""
    seconds = {name: np.empty(repeats) for name in calls}
    order = np.random.default_rng(0)
    with collector_paused():
        for round_ in range(repeats):
            for name in order.permutation(list(calls)):
                seconds[name][round_] = read_clock(calls[name], round_, warm, clock)
            gc.collect()
    return seconds


def read_clock(timed: Timed, round_: int, warm: bool, clock: Clock) -> float:
    """Seconds of one call."""
    with threads(timed.threads):
        if warm:
            start = clock()
            timed.call(round_)
            if (seconds := clock() - start) > LONG:
                return seconds
        start = clock()
        timed.call(round_)
        return clock() - start


@contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection inside a timed call."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Limit torch and the linear algebra libraries to `count` threads; former limits return afterwards."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with linear_algebra().limit(limits=count, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)


def torch_threads() -> int:
    """Threads that this process gives to torch, and so to either side of the comparison."""
    import torch

    return torch.get_num_threads()


@cache
def linear_algebra() -> ThreadpoolController:
    """The thread pools of the libraries loaded when the clock is first read."""
    return ThreadpoolController()


def quartiles(seconds: Array) -> dict[str, float]:
    """Median and quartiles of the repeats."""
    low, middle, high = np.percentile(seconds, [25, 50, 75])
    return {"median": float(middle), "q25": float(low), "q75": float(high)}


def is_noisy(seconds: Array) -> bool:
    """Whether the repeats scatter so much that their median says little."""
    low, middle, high = np.percentile(seconds, [25, 50, 75])
    return bool(high - low > NOISY * middle)
