"""Forward Euler for the stencil: T ← T + dt/C (b − A T), stable and free of new extrema for dt ≤ min C/diagonal(A)."""

from math import inf
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .errors import UnstableStep
from .stencil import ONE, Stencil, diagonal, fill_halo

Array = NDArray[Any]
SLACK = 1 + 1e-9  # a step of exactly the limit may come out a rounding error above it


class Explicit(NamedTuple):
    """What forward Euler needs of a stencil.

    Attributes:
        stencil: the discrete equations.
        capacity: heat capacity of a cell [J K⁻¹ m⁻¹].
        limit: largest stable step [s]; h²/4k inside a uniform body.
        rows, columns: the cells of the halo grid that exchange heat with the surroundings.
    """

    stencil: Stencil
    capacity: float
    limit: float
    rows: Array
    columns: Array


def explicit(stencil: Stencil, capacity: float) -> Explicit:
    """Prepare forward Euler."""
    fastest = float(diagonal(stencil).max())
    return Explicit(stencil, capacity, capacity / fastest if fastest > 0 else inf, *np.nonzero(stencil.sink))


def advance_explicitly(scheme: Explicit, temperature: Array, dt: float, steps: int) -> Array:
    """Temperature (ny, nx) after `steps` steps of dt, in the precision of the temperature given.

    Raises:
        UnstableStep: beyond the diffusion limit.
    """
    stencil, capacity, limit, rows, columns = scheme
    if dt > limit * SLACK:
        raise UnstableStep(f"dt={dt:.6g} s exceeds the diffusion limit {limit:.6g} s; use dt <= {limit:.6g}")
    kind = temperature.dtype
    t = np.pad(temperature, 1)
    west, south, supply = (a.astype(kind, copy=False) for a in (stencil.west, stencil.south, stencil.supply))
    sink, rate = stencil.sink[rows, columns].astype(kind), kind.type(dt / capacity)
    periodic = stencil.periodic_x, stencil.periodic_y
    end = _march(t, np.zeros_like(t), west, south, supply, rows, columns, sink, rate, steps, *periodic)
    return np.asarray(end[1:-1, 1:-1])


@njit(cache=True, nogil=True)
def _march(
    t: Array,
    other: Array,
    west: Array,
    south: Array,
    supply: Array,
    rows: Array,
    columns: Array,
    sink: Array,
    rate: float,
    steps: int,
    periodic_x: bool,
    periodic_y: bool,
) -> Array:
    for _ in range(steps):
        fill_halo(t, periodic_x, periodic_y)
        conduct(t.ravel(), west.ravel(), south.ravel(), supply.ravel(), t.shape[1], rate, other.ravel())
        for n in range(rows.size):
            other[rows[n], columns[n]] -= rate * sink[n] * t[rows[n], columns[n]]
        t, other = other, t
    return t


@njit(cache=True, nogil=True, fastmath={"contract"})
def conduct(t: Array, west: Array, south: Array, supply: Array, m: int, rate: float, out: Array) -> None:
    """out = t + rate (∑ g (t_neighbour − t) + supply): one step but for the sinks, which few cells have; rows of m cells."""
    row = np.uint64(m)
    for i in range(row + ONE, np.uint64(t.size) - row - ONE):
        along_x = west[i] * (t[i - ONE] - t[i]) + west[i + ONE] * (t[i + ONE] - t[i])
        along_y = south[i] * (t[i - row] - t[i]) + south[i + row] * (t[i + row] - t[i])
        out[i] = t[i] + rate * (along_x + along_y + supply[i])
