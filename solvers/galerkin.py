"""Coarse operators by Galerkin's rule, first along x, then along y: A_c = Pᵀ A P.

Every second column (then row) is kept; those between are interpolated by the operator itself, with its couplings summed
along the other direction. Jumps of the conductivity, holes and sides are thus part of the interpolation
(Dendy, Black box multigrid, J. Comput. Phys. 48, 1982). Operators are nine-point, symmetric, and stored by cell as

    diagonal d and positive couplings w, s, a, c to the neighbours in the west, south, south-west and south-east.

Coarse column I stands at fine column 2I−1 of arrays with a halo. `low[I]` is its weight in the fine column 2I that follows,
`high[I]` in the column 2I−2 before. On a periodic axis of odd size, first and last column are direct neighbours.
"""

from typing import Any, NamedTuple

from numba import njit
from numpy.typing import NDArray

from .arena import Arena, grid
from .stencil import fill_halo

Array = NDArray[Any]
ROUNDING = 1e-13  # what is left of a diagonal below this share belongs to a part of the body that nothing holds


class Operator(NamedTuple):
    """Diagonal and couplings of a symmetric nine-point operator, each (ny+2, nx+2)."""

    d: Array
    w: Array
    s: Array
    a: Array
    c: Array


@njit(cache=True, nogil=True)
def operator(arena: Arena, ny: int, nx: int) -> Operator:
    """An operator, zero on the halo and undefined inside."""
    return Operator(grid(arena, ny, nx), grid(arena, ny, nx), grid(arena, ny, nx), grid(arena, ny, nx), grid(arena, ny, nx))


@njit(cache=True, nogil=True)
def fill_operator_halo(op: Operator, periodic_x: bool, periodic_y: bool) -> None:
    fill_halo(op.d, periodic_x, periodic_y)
    fill_halo(op.w, periodic_x, periodic_y)
    fill_halo(op.s, periodic_x, periodic_y)
    fill_halo(op.a, periodic_x, periodic_y)
    fill_halo(op.c, periodic_x, periodic_y)


@njit(cache=True, nogil=True, error_model="numpy")
def weights_x(op: Operator, low: Array, high: Array, periodic: bool) -> None:
    """Interpolation to the columns 2I from their neighbours, rows collapsed; low, high: (ny+2, nx_coarse+2)."""
    d, w, s, a, c = op
    ny, nx = d.shape[0] - 2, d.shape[1] - 2
    for j in range(1, ny + 1):
        for i in range(1, nx // 2 + 1):
            f = 2 * i
            left = w[j, f] + a[j, f] + c[j + 1, f - 1]
            right = w[j, f + 1] + c[j, f] + a[j + 1, f + 1]
            total = max(d[j, f] - s[j, f] - s[j + 1, f], left + right) + 1e-300
            low[j, i] = left / total
            high[j, i + 1] = right / total
        if periodic:
            high[j, 1] = high[j, high.shape[1] - 1]


@njit(cache=True, nogil=True, error_model="numpy")
def weights_five_point_x(op: Operator, low: Array, high: Array, periodic: bool) -> None:
    """`weights_x` for an operator without couplings across."""
    d, w, s = op.d, op.w, op.s
    ny, nx = d.shape[0] - 2, d.shape[1] - 2
    for j in range(1, ny + 1):
        for i in range(1, nx // 2 + 1):
            f = 2 * i
            total = max(d[j, f] - s[j, f] - s[j + 1, f], w[j, f] + w[j, f + 1]) + 1e-300
            low[j, i] = w[j, f] / total
            high[j, i + 1] = w[j, f + 1] / total
        if periodic:
            high[j, 1] = high[j, high.shape[1] - 1]


@njit(cache=True, nogil=True, error_model="numpy")
def weights_y(op: Operator, low: Array, high: Array, periodic: bool) -> None:
    """Interpolation to the rows 2J from their neighbours, columns collapsed; low, high: (ny_coarse+2, nx+2)."""
    d, w, s, a, c = op
    ny, nx = d.shape[0] - 2, d.shape[1] - 2
    for j in range(1, ny // 2 + 1):
        f = 2 * j
        for i in range(1, nx + 1):
            below = s[f, i] + a[f, i] + c[f, i]
            above = s[f + 1, i] + a[f + 1, i + 1] + c[f + 1, i - 1]
            total = max(d[f, i] - w[f, i] - w[f, i + 1], below + above) + 1e-300
            low[j, i] = below / total
            high[j + 1, i] = above / total
    if periodic:
        for i in range(1, nx + 1):
            high[1, i] = high[high.shape[0] - 1, i]


@njit(cache=True, nogil=True)
def coarsen_x(op: Operator, low: Array, high: Array, out: Operator) -> None:
    """Pᵀ A P for interpolation along x; halos of `op` and of the weights are filled."""
    d, w, s, a, c = op
    for j in range(1, d.shape[0] - 1):
        for i in range(1, out.d.shape[1] - 1):
            m = 2 * i - 1
            f, g = m + 1, m - 1
            lo, hi = low[j, i], high[j, i]
            total = d[j, m] + lo * (lo * d[j, f] - 2 * w[j, f]) + hi * (hi * d[j, g] - 2 * w[j, m])
            out.d[j, i] = total if total > ROUNDING * d[j, m] else 0.0
            out.w[j, i] = low[j, i - 1] * (w[j, m] - hi * d[j, g]) + hi * w[j, g]
        for i in range(1, out.d.shape[1] - 1):
            m = 2 * i - 1
            f, g = m + 1, m - 1
            lo, hi = low[j, i], high[j, i]
            from_f, from_g = c[j, m] + lo * s[j, f], a[j, m] + hi * s[j, g]
            out.s[j, i] = s[j, m] + lo * a[j, f] + hi * c[j, g] + low[j - 1, i] * from_f + high[j - 1, i] * from_g
            out.a[j, i] = low[j - 1, i - 1] * from_g + hi * a[j, g]
            out.c[j, i] = high[j - 1, i + 1] * from_f + lo * c[j, f]


@njit(cache=True, nogil=True)
def coarsen_five_point_x(op: Operator, low: Array, high: Array, out: Operator) -> None:
    """`coarsen_x` for an operator without couplings across."""
    d, w, s = op.d, op.w, op.s
    for j in range(1, d.shape[0] - 1):
        for i in range(1, out.d.shape[1] - 1):
            m = 2 * i - 1
            f, g = m + 1, m - 1
            lo, hi = low[j, i], high[j, i]
            total = d[j, m] + lo * (lo * d[j, f] - 2 * w[j, f]) + hi * (hi * d[j, g] - 2 * w[j, m])
            out.d[j, i] = total if total > ROUNDING * d[j, m] else 0.0
            out.w[j, i] = low[j, i - 1] * (w[j, m] - hi * d[j, g]) + hi * w[j, g]
            out.s[j, i] = s[j, m] + low[j - 1, i] * lo * s[j, f] + high[j - 1, i] * hi * s[j, g]
            out.a[j, i] = low[j - 1, i - 1] * hi * s[j, g]
            out.c[j, i] = high[j - 1, i + 1] * lo * s[j, f]


@njit(cache=True, nogil=True)
def coarsen_y(op: Operator, low: Array, high: Array, out: Operator) -> None:
    """Pᵀ A P for interpolation along y; halos of `op` and of the weights are filled."""
    d, w, s, a, c = op
    for j in range(1, out.d.shape[0] - 1):
        m = 2 * j - 1
        f, g = m + 1, m - 1
        for i in range(1, d.shape[1] - 1):
            lo, hi = low[j, i], high[j, i]
            total = d[m, i] + lo * (lo * d[f, i] - 2 * s[f, i]) + hi * (hi * d[g, i] - 2 * s[m, i])
            out.d[j, i] = total if total > ROUNDING * d[m, i] else 0.0
            out.s[j, i] = low[j - 1, i] * (s[m, i] - hi * d[g, i]) + hi * s[g, i]
        for i in range(1, d.shape[1] - 1):
            lo, hi = low[j, i], high[j, i]
            from_g = a[m, i] + hi * w[g, i]
            to_g = c[m, i] + hi * w[g, i + 1]
            out.w[j, i] = (
                w[m, i] + lo * a[f, i] + hi * c[m, i - 1] + low[j, i - 1] * (c[f, i - 1] + lo * w[f, i]) + high[j, i - 1] * from_g
            )
            out.a[j, i] = low[j - 1, i - 1] * from_g + hi * a[g, i]
            out.c[j, i] = low[j - 1, i + 1] * to_g + hi * c[g, i]


@njit(cache=True, nogil=True)
def join_odd_x(op: Operator, out: Operator) -> None:
    """First and last column of a period of odd size touch; their couplings enter the coarse operator as they are."""
    for j in range(1, op.d.shape[0] - 1):
        out.w[j, 1] += op.w[j, 1]
    for j in range(1, op.a.shape[0] - 1):  # none in a five-point operator
        out.a[j, 1] += op.a[j, 1]
        out.c[j, out.d.shape[1] - 2] += op.c[j, op.d.shape[1] - 2]


@njit(cache=True, nogil=True)
def join_odd_y(op: Operator, out: Operator) -> None:
    """First and last row of a period of odd size touch."""
    for i in range(1, op.d.shape[1] - 1):
        out.s[1, i] += op.s[1, i]
        out.a[1, i] += op.a[1, i]
        out.c[1, i] += op.c[1, i]


@njit(cache=True, nogil=True)
def lump_negative(op: Operator) -> None:
    """Move negative couplings to both diagonals, which keeps row sums and only adds to the energy.

    The operator is diagonally dominant then, so that the spectrum of D⁻¹ A stays below 2, whatever the conductivity.
    """
    d, w, s, a, c = op
    for j in range(1, d.shape[0]):
        for i in range(1, d.shape[1]):
            if w[j, i] < 0.0:
                d[j, i] -= w[j, i]
                d[j, i - 1] -= w[j, i]
                w[j, i] = 0.0
            if s[j, i] < 0.0:
                d[j, i] -= s[j, i]
                d[j - 1, i] -= s[j, i]
                s[j, i] = 0.0
            if a[j, i] < 0.0:
                d[j, i] -= a[j, i]
                d[j - 1, i - 1] -= a[j, i]
                a[j, i] = 0.0
            if c[j, i - 1] < 0.0:
                d[j, i - 1] -= c[j, i - 1]
                d[j - 1, i] -= c[j, i - 1]
                c[j, i - 1] = 0.0
    for j in range(1, d.shape[0] - 1):
        for i in range(1, d.shape[1] - 1):
            straight = w[j, i] + w[j, i + 1] + s[j, i] + s[j + 1, i]
            d[j, i] = max(d[j, i], straight + a[j, i] + a[j + 1, i + 1] + c[j, i] + c[j + 1, i - 1])
