"""Time averages of a flow until the mean is known well enough: ū, v̄, p̄, ½ ⟨u'² + v'²⟩, and q̄ and √⟨q'²⟩ of scalars.

The march is cut into batches. The mean is taken over the last three quarters of them, so that what remains of the start is left
out as the march goes on, with weights w = sin²: the part of a period that is left over then counts for next to nothing.
The error of the mean is half the difference between the means of the two halves of the window.
"""

from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import NumericalError, UsageError
from .flow import Flow
from .flow_checks import check_outcome
from .flow_march import DONE, STEADY, Outcome, march
from .flow_moments import MOMENTS, add_up, moments
from .flow_state import FlowState, without_halo

Array = NDArray[Any]
MOST_STEPS = 10**6  # of a batch
FEWEST = 8  # batches before a look at the error


@dataclass(frozen=True)
class Patience:
    """How long to average.

    Attributes:
        batch: time between two looks at the error [s], a period of what sheds or less.
        least, most: shortest and longest march [s].
        tolerance: error of the mean velocity, root of its mean square over the fluid, at which the march ends [m s⁻¹].
        steady: ∂u/∂t below which the flow is its own mean [m s⁻²].
        watched: number of the scalar whose mean counts instead, if any; the tolerance is then of it.
    """

    batch: float
    least: float
    most: float
    tolerance: float
    steady: float = 2e-4
    watched: int | None = None


class FlowMean(NamedTuple):
    """Means at cell centres, (ny, nx), 0 in obstacles.

    Attributes:
        u, v: velocity [m s⁻¹].
        p: kinematic pressure, mean 0 over the fluid [m² s⁻²].
        energy: ½ (⟨u'²⟩ + ⟨v'²⟩) of the velocities at cell centres [m² s⁻²].
        scalars: each scalar, (scalars, ny, nx).
        scalar_deviations: their standard deviations in time, (scalars, ny, nx).
        error: of the mean velocity [m s⁻¹], or of the scalar that is watched, estimated; 0 for a steady flow.
        state: where the march has ended.
    """

    u: Array
    v: Array
    p: Array
    energy: Array
    scalars: Array
    scalar_deviations: Array
    error: float
    state: FlowState


def time_mean(flow: Flow, start: FlowState, patience: Patience, courant: float = 0.9) -> FlowMean:
    """March on from a state until its mean is known or `most` has passed, or it is steady.

    Raises:
        UsageError: for times or tolerances out of range, or a scalar that the flow does not have.
        NumericalError: as `Flow.march`.
    """
    rows = _rows(patience, len(flow.scalars))
    batches: list[Array] = []
    state, fluid, error = start, ~flow.solid, inf
    while error > patience.tolerance and len(batches) * patience.batch < patience.most:
        state, means, steady = gather(flow, state, patience.batch, courant, patience.steady)
        if steady:
            return _mean(means, 0.0, state, fluid)
        batches.append(means)
        if len(batches) >= max(FEWEST, patience.least / patience.batch):
            error = _error(_window(batches), fluid, rows)
    return _mean(weighted(_window(batches)), error, state, fluid)


def gather(
    flow: Flow, start: FlowState, duration: float, courant: float = 0.9, tolerance: float = -1.0
) -> tuple[FlowState, Array, bool]:
    """March for a while, or until steady.

    Returns:
        The state there; means of u, v, p, u², v², then q and q² of each scalar, at cell centres, (5 + 2 scalars, ny, nx), those
        of the last instant if it is steady; and whether it is.
    """
    run = flow.prepare(start)
    sums = np.zeros((moments(len(flow.scalars)), *flow.shape))
    end = Outcome(*march(run, inf, courant, MOST_STEPS, duration, tolerance, sums))
    state = without_halo(run.motion, run.q, run.pressure.p, flow.solid, start.time + end.time)
    check_outcome(end, state)
    if end.reason == DONE and end.time < duration:
        raise NumericalError(
            f"flow: {end.steps} steps of dt={end.dt:.3g} s end at {state.time:.6g} s, before the mean is known; use a coarser "
            "grid, more viscosity, or outflows without backflow"
        )
    steady = end.reason == STEADY
    if steady:
        sums[:] = 0.0
        add_up(run.motion.u, run.motion.v, run.pressure.p, run.q, 1.0, sums)
    return state, sums if steady else sums / duration, steady


def weighted(batches: list[Array]) -> Array:
    """Mean of batches with weights sin² along them."""
    weights = np.sin(np.pi * (np.arange(len(batches)) + 0.5) / len(batches)) ** 2
    return np.asarray(np.tensordot(weights / weights.sum(), np.stack(batches), 1))


def _window(batches: list[Array]) -> list[Array]:
    """The last three quarters, an even number of batches."""
    return batches[-max(2, 2 * (3 * len(batches) // 8)) :]


def _error(window: list[Array], fluid: Array, rows: slice) -> float:
    half = len(window) // 2
    difference = weighted(window[:half])[rows] - weighted(window[half:])[rows]
    return float(np.sqrt((difference**2).sum(axis=0)[fluid].mean()) / 2)


def _mean(means: Array, error: float, state: FlowState, fluid: Array) -> FlowMean:
    means = means * fluid
    (u, v, p, uu, vv), q, squares = means[:MOMENTS], means[MOMENTS::2], means[MOMENTS + 1 :: 2]
    level, energy = (p - p[fluid].mean()) * fluid, np.maximum(0.5 * (uu - u**2 + vv - v**2), 0.0)
    return FlowMean(u, v, level, energy, q, np.sqrt(np.maximum(squares - q**2, 0.0)), error, state)


def _rows(patience: Patience, scalars: int) -> slice:
    """Moments whose error counts."""
    _check(patience)
    if patience.watched is None:
        return slice(2)
    if not 0 <= patience.watched < scalars:
        raise UsageError(f"watched={patience.watched} is no scalar of the flow; use 0 to {scalars - 1}, or None for the velocity")
    first = MOMENTS + 2 * patience.watched
    return slice(first, first + 1)


def _check(patience: Patience) -> None:
    times = (patience.batch, patience.least, patience.most)
    if not 0 < times[0] <= times[1] <= times[2] < inf:
        raise UsageError(f"batch, least and most = {times} s are out of range; use positive times that do not fall")
    if not patience.tolerance > 0:
        raise UsageError(f"tolerance={patience.tolerance} m s⁻¹ is out of range; use a positive one")
