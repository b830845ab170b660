"""One symmetric V-cycle over a hierarchy: smooth, restrict the residual, correct from the coarser grid, smooth.

All operators have a unit diagonal, A x = x − ∑ coupling · x_neighbour, so smoothing and residual are the same linear form
keep · load + own · x + pull · ∑ coupling · x_neighbour with different factors. Two Jacobi steps with Chebyshev weights go
before and after each coarse correction, in mirrored order, and restriction is the transpose of prolongation: the cycle is a
symmetric positive operator. Fields are flat, as `transfer` explains; couplings of the halo are zero unless it is periodic, and
then it is filled before use, so that loops may run over it.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .multigrid import Hierarchy, Level, level
from .stencil import ONE, fill_halo
from .transfer import prolong, restrict

Array = NDArray[Any]
FIRST, SECOND = 0.58, 1.6  # Jacobi weights: fewest iterations over lognormal, layered, included and drilled plates
BOTH, MIXED = FIRST + SECOND - FIRST * SECOND, FIRST * SECOND  # both steps from zero: BOTH b + MIXED ∑ coupling b


@njit(cache=True, nogil=True)
def five_point(b: Array, x: Array, w: Array, s: Array, nx: int, keep: float, own: float, pull: float, out: Array) -> None:
    """out = keep · b + own · x + pull · (neighbours of x)."""
    to_load, to_own, to_pull = np.float32(keep), np.float32(own), np.float32(pull)
    m = np.uint64(nx + 2)
    for i in range(m + ONE, np.uint64(x.size) - m - ONE):
        straight = w[i] * x[i - ONE] + w[i + ONE] * x[i + ONE] + s[i] * x[i - m] + s[i + m] * x[i + m]
        out[i] = to_load * b[i] + to_own * x[i] + to_pull * straight


@njit(cache=True, nogil=True)
def nine_point(
    b: Array, x: Array, w: Array, s: Array, a: Array, c: Array, nx: int, keep: float, own: float, pull: float, out: Array
) -> None:
    """out = keep · b + own · x + pull · (neighbours of x)."""
    to_load, to_own, to_pull = np.float32(keep), np.float32(own), np.float32(pull)
    m = np.uint64(nx + 2)
    up, down = m + ONE, m - ONE
    for i in range(up, np.uint64(x.size) - up):
        straight = w[i] * x[i - ONE] + w[i + ONE] * x[i + ONE] + s[i] * x[i - m] + s[i + m] * x[i + m]
        across = a[i] * x[i - up] + a[i + up] * x[i + up] + c[i] * x[i - down] + c[i + down] * x[i + down]
        out[i] = to_load * b[i] + to_own * x[i] + to_pull * (straight + across)


@njit(cache=True, nogil=True)
def combine(here: Level, x: Array, keep: float, own: float, pull: float, out: Array, h: Hierarchy) -> None:
    """out = keep · load + own · x + pull · (neighbours of x), after filling the halo of x."""
    if h.periodic_x or h.periodic_y:
        fill_halo(x.reshape((here.ny + 2, here.nx + 2)), h.periodic_x, h.periodic_y)
    if here.a.size:
        nine_point(here.load, x, here.w, here.s, here.a, here.c, here.nx, keep, own, pull, out)
    else:
        five_point(here.load, x, here.w, here.s, here.nx, keep, own, pull, out)


@njit(cache=True, nogil=True)
def descend(here: Level, coarse: Level, h: Hierarchy) -> None:
    """Smooth from zero and hand the residual to the coarse level."""
    combine(here, here.load, BOTH, 0.0, MIXED, here.x, h)
    combine(here, here.x, 1.0, -1.0, 1.0, here.y, h)
    if h.periodic_x or h.periodic_y:
        fill_halo(here.y.reshape((here.ny + 2, here.nx + 2)), h.periodic_x, h.periodic_y)
    restrict(here.p, here.y, here.ny, here.nx, coarse.load)


@njit(cache=True, nogil=True)
def ascend(here: Level, coarse: Level, h: Hierarchy) -> None:
    """Correct from the coarse level and smooth."""
    if h.periodic_x or h.periodic_y:
        fill_halo(coarse.x.reshape((coarse.ny + 2, coarse.nx + 2)), h.periodic_x, h.periodic_y)
    prolong(here.p, coarse.x, here.ny, here.nx, here.x)
    combine(here, here.x, SECOND, 1 - SECOND, SECOND, here.y, h)
    combine(here, here.y, FIRST, 1 - FIRST, FIRST, here.x, h)


@njit(cache=True, nogil=True)
def solve_coarsest(here: Level, inverse: Array) -> None:
    b, x = here.load.reshape((here.ny + 2, here.nx + 2)), here.x.reshape((here.ny + 2, here.nx + 2))
    for j in range(1, here.ny + 1):
        for i in range(1, here.nx + 1):
            x[j, i] = 0.0
    for n in range(len(inverse)):
        value = b[1 + n // here.nx, 1 + n % here.nx]
        for j in range(1, here.ny + 1):
            for i in range(1, here.nx + 1):
                x[j, i] += inverse[n, (j - 1) * here.nx + i - 1] * value


@njit(cache=True, nogil=True)
def v_cycle(h: Hierarchy) -> None:
    """x of level 0 becomes the V-cycle's approximation of A⁻¹ load."""
    here = level(h, 0)
    for n in range(1, len(h.shape)):
        coarse = level(h, n)
        descend(here, coarse, h)
        here = coarse
    solve_coarsest(here, h.inverse)
    for n in range(len(h.shape) - 2, -1, -1):
        coarse, here = here, level(h, n)
        ascend(here, coarse, h)
