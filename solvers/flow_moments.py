"""Sums over time of a staggered flow, of which means and the energy of fluctuations are made."""

from typing import Any

from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]
MOMENTS = 5  # u, v, p, u², v²


@njit(cache=True, nogil=True)
def add_up(u: Array, v: Array, p: Array, weight: float, sums: Array) -> None:
    """sums += weight (u, v, p, u², v²) at cell centres; u and v have halo."""
    ny, nx = p.shape
    for j in range(ny):
        for i in range(nx):
            along = 0.5 * (u[j + 1, i + 1] + u[j + 1, i + 2])
            across = 0.5 * (v[j + 1, i + 1] + v[j + 2, i + 1])
            sums[0, j, i] += weight * along
            sums[1, j, i] += weight * across
            sums[2, j, i] += weight * p[j, i]
            sums[3, j, i] += weight * along * along
            sums[4, j, i] += weight * across * across
