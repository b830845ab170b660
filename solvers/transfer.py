"""Prolongation between scaled levels and its transpose, by nine weights per coarse cell.

Coarse cell (J, I) stands at the fine cell (2J−1, 2I−1) and reaches the eight around it. Weight 3 (dj+1) + (di+1) belongs to the
fine cell (2J−1+dj, 2I−1+di): the interpolation along x times that along y, times the roots of the diagonals by which the
levels are scaled. Fields are flat, with one halo cell.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .stencil import ONE

Array = NDArray[Any]
TWO = np.uint64(2)
SW, S, SE, W, C, E, NW, N, NE = (np.uint64(k) for k in range(9))


@njit(cache=True, nogil=True)
def store_weights(
    amplitude: Array, low_x: Array, high_x: Array, low_y: Array, high_y: Array, coarse_root: Array, out: Array
) -> None:
    """Nine weights (9, coarse cells) from those along x (fine rows) and y, D^½ of the fine and D^-½ of the coarse operator."""
    rows, columns = np.uint64(coarse_root.shape[0]), np.uint64(coarse_root.shape[1])
    for j in range(ONE, rows - ONE):
        for k in range(ONE - ONE, ONE + TWO):
            f, first = TWO * j - TWO + k, TWO * k + k
            for i in range(ONE, columns - ONE):
                n, m = j * columns + i, TWO * i - ONE
                along_y = high_y[j, i] if k == ONE - ONE else (low_y[j, i] if k == TWO else 1.0)
                share = along_y * coarse_root[j, i]
                out[first, n] = share * high_x[f, i] * amplitude[f, m - ONE]
                out[first + ONE, n] = share * amplitude[f, m]
                out[first + TWO, n] = share * low_x[f, i] * amplitude[f, m + ONE]


@njit(cache=True, nogil=True)
def restrict(p: Array, r: Array, ny: int, nx: int, load: Array) -> None:
    """load = Pᵀ r; the halo of r is filled."""
    m, k = np.uint64(nx + 2), np.uint64((nx + 1) // 2 + 2)
    for j in range(ONE, np.uint64((ny + 1) // 2 + 1)):
        for i in range(ONE, k - ONE):
            n, f = j * k + i, (TWO * j - ONE) * m + TWO * i - ONE
            south = p[SW, n] * r[f - m - ONE] + p[S, n] * r[f - m] + p[SE, n] * r[f - m + ONE]
            middle = p[W, n] * r[f - ONE] + p[C, n] * r[f] + p[E, n] * r[f + ONE]
            north = p[NW, n] * r[f + m - ONE] + p[N, n] * r[f + m] + p[NE, n] * r[f + m + ONE]
            load[n] = south + middle + north


@njit(cache=True, nogil=True)
def prolong(p: Array, e: Array, ny: int, nx: int, x: Array) -> None:
    """x += P e; the halos of e and of the weights are filled."""
    m, k = np.uint64(nx + 2), np.uint64((nx + 1) // 2 + 2)
    for j in range(ONE, np.uint64((ny + 1) // 2 + 1)):
        for i in range(ONE, k - ONE):
            n, f = j * k + i, (TWO * j - ONE) * m + TWO * i - ONE
            x[f] += p[C, n] * e[n]
            x[f + ONE] += p[E, n] * e[n] + p[W, n + ONE] * e[n + ONE]
        for i in range(ONE, k - ONE):
            n, f = j * k + i, TWO * j * m + TWO * i - ONE
            u = n + k
            x[f] += p[N, n] * e[n] + p[S, u] * e[u]
            x[f + ONE] += p[NE, n] * e[n] + p[NW, n + ONE] * e[n + ONE] + p[SE, u] * e[u] + p[SW, u + ONE] * e[u + ONE]
