"""Gusts: inflow that varies in time, as steady profiles plus modes that each oscillate at a frequency of their own.

uₙ(s, t) = Uₙ(s) + ∑ₘ [aₘ(s) cos ωₘt + bₘ(s) sin ωₘt],   the tangential velocity likewise
"""

from dataclasses import fields
from math import cos, sin
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from .errors import UsageError
from .flow_sides import BALANCED, FlowSides, Gusts, Inflow, Rim

Array = NDArray[Any]
DEVIATIONS = 3.0  # a gust this many standard deviations strong is the strongest that the step allows for beforehand


class Swell(NamedTuple):
    """One side in time; without gusts there are no modes.

    Attributes:
        frequency: ω, (modes,) [s⁻¹].
        through: the steady profile, then a and then b of all modes, along +x or +y, (1 + 2 modes, n) [m s⁻¹].
        along: the same of the velocity along the side, on its corners, (1 + 2 modes, n + 1) [m s⁻¹].
    """

    frequency: Array
    through: Array
    along: Array


Swells = tuple[Swell, Swell, Swell, Swell]


def swells(sides: FlowSides, rim: Rim) -> Swells:
    """The four sides in time, in the order west, east, south, north.

    Raises:
        UsageError: for gusts whose arrays do not fit the side or are not finite, or that bring in what cannot leave.
    """
    named = [(f.name, getattr(sides, f.name)) for f in fields(sides)]
    west, east, south, north = (
        _swell(name, side.gusts if isinstance(side, Inflow) else None, sign, *steady, bool(rim.open.any()))
        for (name, side), sign, steady in zip(named, (1, -1, 1, -1), zip(rim.through, rim.along, strict=True), strict=True)
    )
    return west, east, south, north


def _swell(name: str, gusts: Gusts | None, sign: int, through: Array, along: Array, outlet: bool) -> Swell:
    if gusts is None:
        return Swell(np.zeros(0), through[None].copy(), along[None].copy())
    frequency = _pattern(gusts.frequency, (np.size(gusts.frequency),), f"{name} gust frequency")
    modes, n = frequency.size, through.size
    normal = [_pattern(a, (modes, n), f"{name} normal gusts") for a in (gusts.normal_cos, gusts.normal_sin)]
    tangential = [_pattern(a, (modes, n + 1), f"{name} tangential gusts") for a in (gusts.tangential_cos, gusts.tangential_sin)]
    net = max((abs(float(row.sum())) - BALANCED * float(np.abs(row).sum()) for a in normal for row in a), default=0.0)
    if net > 0 and not outlet:
        raise UsageError(
            f"{name} normal gusts sum to {net:.6g} m s⁻¹ over the side, which has no way out; make each pattern sum to zero or a "
            "side an Outflow()"
        )
    return Swell(frequency, np.vstack([through, *(sign * a for a in normal)]), np.vstack([along, *tangential]))


def _pattern(values: ArrayLike, shape: tuple[int, ...], what: str) -> Array:
    pattern = np.array(values, dtype=np.float64, order="C")
    if pattern.shape != shape:
        raise UsageError(f"{what} have shape {pattern.shape}; use {shape}, a row for each mode")
    if not np.isfinite(pattern).all():
        raise UsageError(f"{what} have a value that is not finite; use finite ones")
    return pattern


def gust_rate(swells: Swells, dy: float, dx: float) -> float:
    """Courant numbers per second of the fastest velocity on the sides [s⁻¹], as far as it is known beforehand.

    The strongest gust is taken as the sum of all amplitudes, or as `DEVIATIONS` standard deviations if that is less; what is
    stronger, `flow_momentum.fastest_rates` sees when it comes.
    """
    rates = []
    for swell, across, beside in zip(swells, (dx, dx, dy, dy), (dy, dy, dx, dx), strict=True):
        through, along = _strongest(swell.through), _strongest(swell.along)
        moving = through / across if swell.frequency.size else np.zeros_like(through)
        rates.append(float((moving + np.maximum(along[1:], along[:-1]) / beside).max()))
    return max(rates)


def _strongest(patterns: Array) -> Array:
    modes = patterns.shape[0] // 2
    amplitudes = np.hypot(patterns[1 : modes + 1], patterns[modes + 1 :])
    likely = DEVIATIONS * np.sqrt((amplitudes**2).sum(axis=0) / 2)
    return np.asarray(np.abs(patterns[0]) + np.minimum(amplitudes.sum(axis=0), likely))


@njit(cache=True, nogil=True)
def blow(swells: Swells, time: float, rim: Rim) -> None:
    """Bring the velocities of the rim to a time; sides without gusts stay as they are."""
    through = (rim.through_west, rim.through_east, rim.through_south, rim.through_north)
    along = (rim.along_west, rim.along_east, rim.along_south, rim.along_north)
    for n in range(4):
        if swells[n].frequency.size > 0:
            superpose(swells[n], time, through[n], along[n])


@njit(cache=True, nogil=True, fastmath={"contract"})
def superpose(swell: Swell, time: float, through: Array, along: Array) -> None:
    """The velocities of one side at a time."""
    modes = swell.frequency.size
    through[:], along[:] = swell.through[0], swell.along[0]
    for m in range(modes):
        a, b = cos(swell.frequency[m] * time), sin(swell.frequency[m] * time)
        for i in range(through.size):
            through[i] += a * swell.through[1 + m, i] + b * swell.through[1 + modes + m, i]
        for i in range(along.size):
            along[i] += a * swell.along[1 + m, i] + b * swell.along[1 + modes + m, i]


@njit(cache=True, nogil=True)
def let_in(swells: Swells, rim: Rim, u: Array, v: Array) -> None:
    """Give the faces of sides with gusts the velocity of the rim; u and v have halo."""
    ny, nx = u.shape[0] - 2, u.shape[1] - 2
    for j in range(ny if swells[0].frequency.size > 0 else 0):
        u[j + 1, 1] = rim.through_west[j]
    for j in range(ny if swells[1].frequency.size > 0 else 0):
        u[j + 1, nx + 1] = rim.through_east[j]
    for i in range(nx if swells[2].frequency.size > 0 else 0):
        v[1, i + 1] = rim.through_south[i]
    for i in range(nx if swells[3].frequency.size > 0 else 0):
        v[ny + 1, i + 1] = rim.through_north[i]
