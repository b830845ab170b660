"""Forward Euler for the stencil: T ← T + dt/C (b − A T), stable and free of new extrema for dt ≤ min C/diagonal(A)."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .errors import UnstableStep
from .stencil import Stencil, diagonal, fill_halo

Array = NDArray[Any]
SLACK = 1 + 1e-9  # a step of exactly the limit may come out a rounding error above it


def diffusion_limit(stencil: Stencil, capacity: float) -> float:
    """Largest stable step [s] of cells with heat capacity C [J K⁻¹ m⁻¹]; h²/4k inside a uniform body."""
    fastest = diagonal(stencil).max()
    return float(capacity / fastest) if fastest > 0 else float("inf")


def advance_explicitly(stencil: Stencil, capacity: float, temperature: Array, dt: float, steps: int) -> Array:
    """Temperature (ny, nx) after `steps` steps of dt, in the precision of the temperature given.

    Raises:
        UnstableStep: beyond the diffusion limit.
    """
    limit = diffusion_limit(stencil, capacity)
    if dt > limit * SLACK:
        raise UnstableStep(f"dt={dt:.6g} s exceeds the diffusion limit {limit:.6g} s; use dt <= {limit:.6g}")
    kind = temperature.dtype
    t = np.zeros(stencil.sink.shape, dtype=kind)
    t[1:-1, 1:-1] = temperature
    west, south, supply = (a.astype(kind, copy=False) for a in (stencil.west, stencil.south, stencil.supply))
    rows, columns = np.nonzero(stencil.sink)
    sink = stencil.sink[rows, columns].astype(kind)
    rate = kind.type(dt / capacity)
    periodic = stencil.periodic_x, stencil.periodic_y
    return np.asarray(_march(t, np.zeros_like(t), west, south, supply, rows, columns, sink, rate, steps, *periodic)[1:-1, 1:-1])


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
        conduct(t, west, south, supply, rate, other)
        for n in range(rows.size):
            other[rows[n], columns[n]] -= rate * sink[n] * t[rows[n], columns[n]]
        t, other = other, t
    return t


@njit(cache=True, nogil=True)
def conduct(t: Array, west: Array, south: Array, supply: Array, rate: float, out: Array) -> None:
    """out = t + rate (∑ g (t_neighbour − t) + supply): one step but for the sinks, which few cells have."""
    for j in range(1, t.shape[0] - 1):
        for i in range(1, t.shape[1] - 1):
            gain = (
                west[j, i] * (t[j, i - 1] - t[j, i])
                + west[j, i + 1] * (t[j, i + 1] - t[j, i])
                + south[j, i] * (t[j - 1, i] - t[j, i])
                + south[j + 1, i] * (t[j + 1, i] - t[j, i])
            )
            out[j, i] = t[j, i] + rate * (gain + supply[j, i])
