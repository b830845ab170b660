"""Prolongation between scaled levels and its transpose, by nine weights per coarse cell.

Coarse cell (J, I) stands at the fine cell (2J−1, 2I−1) and reaches the eight around it. Weight 3 (dj+1) + (di+1) belongs to the
fine cell (2J−1+dj, 2I−1+di): the interpolation along x times that along y, times the roots of the diagonals by which the
levels are scaled. Fields are flat, with one halo cell; unsigned indices spare the check for negative ones, which would keep
loops from vectorising.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]
ONE, TWO = np.uint64(1), np.uint64(2)
SW, S, SE, W, C, E, NW, N, NE = (np.uint64(k) for k in range(9))


@njit(cache=True, nogil=True)
def store_weights(d: Array, low_x: Array, high_x: Array, low_y: Array, high_y: Array, coarse_root: Array, out: Array) -> None:
    """Nine weights (9, coarse cells) from those along x (fine rows) and y, the fine diagonal, and D^-½ of the coarse one."""
    my, mx = coarse_root.shape[0] - 2, coarse_root.shape[1] - 2
    for jc in range(1, my + 1):
        for row in range(3):
            j = 2 * jc - 2 + row
            for ic in range(1, mx + 1):
                n, i = jc * (mx + 2) + ic, 2 * ic - 1
                along_y = high_y[jc, ic] if row == 0 else (low_y[jc, ic] if row == 2 else 1.0)
                share = along_y * coarse_root[jc, ic]
                out[3 * row, n] = share * high_x[j, ic] * np.sqrt(d[j, i - 1])
                out[3 * row + 1, n] = share * np.sqrt(d[j, i])
                out[3 * row + 2, n] = share * low_x[j, ic] * np.sqrt(d[j, i + 1])


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
