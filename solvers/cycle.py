"""One symmetric V-cycle over a hierarchy: smooth, restrict the residual, correct from the coarser grid, smooth.

All operators have a unit diagonal, A x = x − ∑ coupling · x_neighbour, so smoothing and residual are the same linear
form keep · load + own · x + pull · ∑ coupling · x_neighbour with different factors.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .multigrid import (
    FIRST,
    HIGH_X,
    HIGH_Y,
    LOAD,
    LOW_X,
    LOW_Y,
    OWN,
    ROOT,
    SECOND,
    A,
    C,
    Hierarchy,
    S,
    W,
    X,
    Y,
    view,
)
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
def combine(h: Hierarchy, level: int, x: Array, keep: float, own: float, pull: float, out: Array) -> None:
    """out = keep · load + own · x + pull · (neighbours of x) on a level."""
    b, w, s = view(h, level, LOAD), view(h, level, W), view(h, level, S)
    fill_halo(x, h.periodic_x, h.periodic_y)
    if level == 0:
        for j in range(1, x.shape[0] - 1):
            five_point(j, b, x, w, s, keep, own, pull, out, j)
    else:
        a, c = view(h, level, A), view(h, level, C)
        for j in range(1, x.shape[0] - 1):
            nine_point(j, b, x, w, s, a, c, keep, own, pull, out, j)


@njit(cache=True, nogil=True)
def restrict_row(j: int, r: Array, own: Array, low: Array, high: Array, out: Array) -> None:
    """A row of the residual, gathered along x."""
    for i in range(1, out.size - 1):
        out[i] = own[j, i] * r[0, 2 * i - 1] + low[j, i] * r[0, 2 * i] + high[j, i] * r[0, 2 * i - 2]


@njit(cache=True, nogil=True)
def restrict(h: Hierarchy, level: int, r: Array, t: Array) -> None:
    """Load of the next level: Pᵀ (load − A x); r and t are row buffers."""
    b, x, w, s = view(h, level, LOAD), view(h, level, X), view(h, level, W), view(h, level, S)
    a, c = view(h, level, A), view(h, level, C)
    own, low, high = view(h, level, OWN), view(h, level, LOW_X), view(h, level, HIGH_X)
    low_y, high_y = view(h, level, LOW_Y), view(h, level, HIGH_Y)
    out, root = view(h, level + 1, LOAD), view(h, level + 1, ROOT)
    ny, nx = h.shape[level]
    my, mx = h.shape[level + 1]
    row, half = r[: nx + 2].reshape((1, nx + 2)), t[: mx + 2]
    row[0, 0], row[0, nx + 1] = 0, 0
    fill_halo(x, h.periodic_x, h.periodic_y)
    out[:] = 0
    for j in range(1, ny + 1):
        if level == 0:
            five_point(j, b, x, w, s, 1.0, -1.0, 1.0, row, 0)
        else:
            nine_point(j, b, x, w, s, a, c, 1.0, -1.0, 1.0, row, 0)
        if h.periodic_x:
            row[0, 0], row[0, nx + 1] = row[0, nx], row[0, 1]
        restrict_row(j, row, own, low, high, half)
        n = (j + 1) // 2
        if j % 2:
            for i in range(1, mx + 1):
                out[n, i] += half[i]
        else:
            for i in range(1, mx + 1):
                out[n, i] += low_y[n, i] * half[i]
            for i in range(1, mx + 1):
                out[n + 1, i] += high_y[n + 1, i] * half[i]
    if h.periodic_y and ny % 2 == 0:
        for i in range(1, mx + 1):
            out[1, i] += out[my + 1, i]
    for j in range(1, my + 1):
        for i in range(1, mx + 1):
            out[j, i] *= root[j, i]


@njit(cache=True, nogil=True)
def prolong(h: Hierarchy, level: int, t: Array) -> None:
    """x += P e, e the correction of the next level; t is a row buffer."""
    e, root, x = view(h, level + 1, X), view(h, level + 1, ROOT), view(h, level, X)
    own, low, high = view(h, level, OWN), view(h, level, LOW_X), view(h, level, HIGH_X)
    low_y, high_y = view(h, level, LOW_Y), view(h, level, HIGH_Y)
    my, mx = h.shape[level + 1]
    half = t[: mx + 2]
    half[0], half[mx + 1] = 0, 0
    for j in range(1, my + 1):
        for i in range(1, mx + 1):
            e[j, i] *= root[j, i]
    fill_halo(e, h.periodic_x, h.periodic_y)
    for j in range(1, x.shape[0] - 1):
        n = (j + 1) // 2
        if j % 2:
            for i in range(1, mx + 1):
                half[i] = e[n, i]
        else:
            for i in range(1, mx + 1):
                half[i] = low_y[n, i] * e[n, i] + high_y[n + 1, i] * e[n + 1, i]
        if h.periodic_x:
            half[0], half[mx + 1] = half[mx], half[1]
        for i in range(1, mx + 1):
            x[j, 2 * i - 1] += own[j, i] * half[i]
            x[j, 2 * i] += low[j, i] * half[i] + high[j, i + 1] * half[i + 1]


@njit(cache=True, nogil=True)
def solve_coarsest(h: Hierarchy) -> None:
    level = len(h.shape) - 1
    b, x = view(h, level, LOAD), view(h, level, X)
    ny, nx = h.shape[level]
    for n in range(ny * nx):
        total = 0.0
        for m in range(ny * nx):
            total += h.inverse[n, m] * b[1 + m // nx, 1 + m % nx]
        x[1 + n // nx, 1 + n % nx] = total


@njit(cache=True, nogil=True)
def v_cycle(h: Hierarchy, r: Array, t: Array) -> None:
    """X of level 0 becomes the V-cycle's approximation of A⁻¹ LOAD; r and t: row buffers, float32 (nx+2,)."""
    for level in range(len(h.shape) - 1):
        b, x = view(h, level, LOAD), view(h, level, X)
        combine(h, level, b, BOTH, 0.0, MIXED, x)
        restrict(h, level, r, t)
    solve_coarsest(h)
    for level in range(len(h.shape) - 2, -1, -1):
        x, y = view(h, level, X), view(h, level, Y)
        prolong(h, level, t)
        combine(h, level, x, SECOND, 1 - SECOND, SECOND, y)
        combine(h, level, y, FIRST, 1 - FIRST, FIRST, x)
