"""One symmetric V-cycle over a hierarchy: smooth, restrict the residual, correct from the coarser grid, smooth.

All operators have a unit diagonal, A x = x − ∑ coupling · x_neighbour, so smoothing and residual are the same linear
form keep · load + own · x + pull · ∑ coupling · x_neighbour with different factors.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .multigrid import FIRST, SECOND, Hierarchy, Level, level
from .stencil import fill_halo

Array = NDArray[Any]
BOTH, MIXED = FIRST + SECOND - FIRST * SECOND, FIRST * SECOND  # both steps from zero: BOTH b + MIXED ∑ coupling b


@njit(cache=True, nogil=True)
def five_point(
    j: int, b: Array, x: Array, w: Array, s: Array, keep: float, own: float, pull: float, out: Array, row: int
) -> None:
    """Row j of keep · b + own · x + pull · (neighbours of x), into a row of `out`."""
    to_load, to_own, to_pull = np.float32(keep), np.float32(own), np.float32(pull)
    for i in range(1, x.shape[1] - 1):
        out[row, i] = (
            to_load * b[j, i]
            + to_own * x[j, i]
            + to_pull * (w[j, i] * x[j, i - 1] + w[j, i + 1] * x[j, i + 1] + s[j, i] * x[j - 1, i] + s[j + 1, i] * x[j + 1, i])
        )


@njit(cache=True, nogil=True)
def nine_point(
    j: int,
    b: Array,
    x: Array,
    w: Array,
    s: Array,
    a: Array,
    c: Array,
    keep: float,
    own: float,
    pull: float,
    out: Array,
    row: int,
) -> None:
    """Row j of keep · b + own · x + pull · (neighbours of x), into a row of `out`."""
    to_load, to_own, to_pull = np.float32(keep), np.float32(own), np.float32(pull)
    for i in range(1, x.shape[1] - 1):
        straight = w[j, i] * x[j, i - 1] + w[j, i + 1] * x[j, i + 1] + s[j, i] * x[j - 1, i] + s[j + 1, i] * x[j + 1, i]
        across = (
            a[j, i] * x[j - 1, i - 1]
            + a[j + 1, i + 1] * x[j + 1, i + 1]
            + c[j, i] * x[j - 1, i + 1]
            + c[j + 1, i - 1] * x[j + 1, i - 1]
        )
        out[row, i] = to_load * b[j, i] + to_own * x[j, i] + to_pull * (straight + across)


@njit(cache=True, nogil=True)
def combine(grid: Level, x: Array, keep: float, own: float, pull: float, out: Array) -> None:
    """out = keep · load + own · x + pull · (neighbours of x); the halo of x is filled."""
    b, w, s, a, c = grid.load, grid.w, grid.s, grid.a, grid.c
    if a.size:
        for j in range(1, x.shape[0] - 1):
            nine_point(j, b, x, w, s, a, c, keep, own, pull, out, j)
    else:
        for j in range(1, x.shape[0] - 1):
            five_point(j, b, x, w, s, keep, own, pull, out, j)


@njit(cache=True, nogil=True)
def restrict_row(j: int, r: Array, own: Array, low: Array, high: Array, out: Array) -> None:
    """Row j of the residual, in r[0], gathered along x."""
    for i in range(1, own.shape[1] - 1):
        out[i] = own[j, i] * r[0, 2 * i - 1] + low[j, i] * r[0, 2 * i] + high[j, i] * r[0, 2 * i - 2]


@njit(cache=True, nogil=True)
def restrict(fine: Level, coarse: Level, periodic_x: bool, periodic_y: bool, row: Array, half: Array) -> None:
    """Load of the coarse level: Pᵀ (load − A x) of the fine one."""
    b, x, w, s, a, c = fine.load, fine.x, fine.w, fine.s, fine.a, fine.c
    own, low_x, high_x, low, high = fine.own, fine.low_x, fine.high_x, fine.low_y, fine.high_y
    load, root = coarse.load, coarse.root
    ny, nx = x.shape[0] - 2, x.shape[1] - 2
    my, mx = load.shape[0] - 2, load.shape[1] - 2
    row[0, 0], row[0, nx + 1] = 0, 0
    load[:] = 0
    for j in range(1, ny + 1):
        if a.size:
            nine_point(j, b, x, w, s, a, c, 1.0, -1.0, 1.0, row, 0)
        else:
            five_point(j, b, x, w, s, 1.0, -1.0, 1.0, row, 0)
        if periodic_x:
            row[0, 0], row[0, nx + 1] = row[0, nx], row[0, 1]
        restrict_row(j, row, own, low_x, high_x, half)
        n = (j + 1) // 2
        if j % 2:
            for i in range(1, mx + 1):
                load[n, i] += half[i]
        else:
            for i in range(1, mx + 1):
                load[n, i] += low[n, i] * half[i]
            for i in range(1, mx + 1):
                load[n + 1, i] += high[n + 1, i] * half[i]
    if periodic_y and ny % 2 == 0:
        for i in range(1, mx + 1):
            load[1, i] += load[my + 1, i]
    for j in range(1, my + 1):
        for i in range(1, mx + 1):
            load[j, i] *= root[j, i]


@njit(cache=True, nogil=True)
def prolong(fine: Level, coarse: Level, periodic_x: bool, periodic_y: bool, half: Array) -> None:
    """x += P e, e the correction of the coarse level."""
    e, root, x = coarse.x, coarse.root, fine.x
    own, low, high, low_y, high_y = fine.own, fine.low_x, fine.high_x, fine.low_y, fine.high_y
    mx = e.shape[1] - 2
    half[0], half[mx + 1] = 0, 0
    for j in range(1, e.shape[0] - 1):
        for i in range(1, mx + 1):
            e[j, i] *= root[j, i]
    fill_halo(e, periodic_x, periodic_y)
    for j in range(1, x.shape[0] - 1):
        n = (j + 1) // 2
        if j % 2:
            for i in range(1, mx + 1):
                half[i] = e[n, i]
        else:
            for i in range(1, mx + 1):
                half[i] = low_y[n, i] * e[n, i] + high_y[n + 1, i] * e[n + 1, i]
        if periodic_x:
            half[0], half[mx + 1] = half[mx], half[1]
        for i in range(1, mx + 1):
            x[j, 2 * i - 1] += own[j, i] * half[i]
            x[j, 2 * i] += low[j, i] * half[i] + high[j, i + 1] * half[i + 1]


@njit(cache=True, nogil=True)
def solve_coarsest(b: Array, x: Array, inverse: Array) -> None:
    nx = x.shape[1] - 2
    for n in range(len(inverse)):
        total = 0.0
        for m in range(len(inverse)):
            total += inverse[n, m] * b[1 + m // nx, 1 + m % nx]
        x[1 + n // nx, 1 + n % nx] = total


@njit(cache=True, nogil=True)
def v_cycle(h: Hierarchy, row: Array, half: Array) -> None:
    """x of level 0 becomes the V-cycle's approximation of A⁻¹ load; row buffers: (1, nx+2) and (nx+2,) float32."""
    px, py = h.periodic_x, h.periodic_y
    fine = level(h, 0)
    for n in range(len(h.shape) - 1):
        coarse = level(h, n + 1)
        fill_halo(fine.load, px, py)
        combine(fine, fine.load, BOTH, 0.0, MIXED, fine.x)
        fill_halo(fine.x, px, py)
        restrict(fine, coarse, px, py, row, half)
        fine = coarse
    solve_coarsest(fine.load, fine.x, h.inverse)
    for n in range(len(h.shape) - 2, -1, -1):
        coarse, fine = fine, level(h, n)
        prolong(fine, coarse, px, py, half)
        fill_halo(fine.x, px, py)
        combine(fine, fine.x, SECOND, 1 - SECOND, SECOND, fine.y)
        fill_halo(fine.y, px, py)
        combine(fine, fine.y, FIRST, 1 - FIRST, FIRST, fine.x)
