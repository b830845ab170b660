"""Rolling a time stepper out to requested times."""

from collections.abc import Sequence
from math import ceil, inf
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import UsageError

Array = NDArray[Any]


class Stepper(Protocol):
    """What can be rolled out: `advance` takes a state `steps` steps of dt on, stably for dt ≤ `stable_dt()`."""

    def stable_dt(self) -> float: ...

    def advance(self, state: Array, dt: float, steps: int, /) -> Array: ...


def rollout(stepper: Stepper, start: Array, times: Sequence[float], dt: float = inf) -> Array:
    """States at the times requested.

    Args:
        start: state at t = 0.
        times: increasing, each > 0, or 0 for the start itself [s].
        dt: longest step, on top of the stepper's own limit [s]; intervals are divided evenly.
    Returns:
        (len(times), *start.shape).
    Raises:
        UsageError: if times do not increase from 0 or dt is not positive.
    """
    if not dt > 0:
        raise UsageError(f"dt={dt} s is out of range; use a positive step")
    state, now, states = np.asarray(start), 0.0, []
    longest = min(dt, stepper.stable_dt())
    for time in times:
        if not now <= time < inf:
            raise UsageError(f"time {time} s comes after {now} s; use increasing times from 0 on")
        if time > now:
            steps = max(1, ceil((time - now) / longest * (1 - 1e-12)))
            state = stepper.advance(state, (time - now) / steps, steps)
        states.append(state)
        now = time
    return np.stack(states)
