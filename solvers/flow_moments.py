"""Sums over time of a staggered flow, of which means and the energy of fluctuations are made."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]
MOMENTS = 5  # u, v, p, u², v², before q and q² of each scalar


def moments(scalars: int) -> int:
    """How many moments a flow with scalars has."""
    return MOMENTS + 2 * scalars


def scalar_moments(sums: Array, scalar: int) -> Array:
    """q and q² of one scalar of all moments, (2, ny, nx)."""
    return np.asarray(sums[MOMENTS + 2 * scalar : MOMENTS + 2 * scalar + 2])


@njit(cache=True, nogil=True)
def add_up(u: Array, v: Array, p: Array, q: Array, weight: float, sums: Array) -> None:
    """sums += weight (u, v, p, u², v², q, q² …) at cell centres, (5 + 2 scalars, ny, nx); all but p have halo."""
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
    for n in range(q.shape[0]):
        add_up_scalar(q[n], weight, sums[MOMENTS + 2 * n], sums[MOMENTS + 2 * n + 1])


@njit(cache=True, nogil=True)
def add_up_scalar(q: Array, weight: float, first: Array, second: Array) -> None:
    """first += weight q, second += weight q²; q has halo."""
    for j in range(first.shape[0]):
        for i in range(first.shape[1]):
            first[j, i] += weight * q[j + 1, i + 1]
            second[j, i] += weight * q[j + 1, i + 1] * q[j + 1, i + 1]
