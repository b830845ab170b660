"""The hierarchy of coarse operators that preconditions conjugate gradients, and its V-cycle.

Every level is scaled to a unit diagonal, D^-½ A D^-½, so that Jacobi smoothing needs the couplings alone; operators are
built in float64 and kept in float32. Two Jacobi steps with Chebyshev weights go before and after each coarse correction, in
mirrored order, and restriction is the transpose of prolongation: the cycle is a symmetric positive operator.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .galerkin import (
    Operator,
    coarsen_x,
    coarsen_y,
    empty_operator,
    fill_operator_halo,
    join_odd_period,
    lump_negative,
    weights_x,
    weights_y,
)
from .stencil import fill_halo

Array = NDArray[Any]
FIRST, SECOND = 0.58, 1.6  # Jacobi weights: fewest iterations over lognormal, layered, included and drilled plates
COARSEST = 16  # cells that are solved directly
SINGULAR = 1e-12  # pivots below this share of their diagonal belong to a body that nothing holds

# Fields of a level in the pool: scaled couplings, load, two iterates, inverse square root of the diagonal;
# then the weights of the next coarser level along x (own column, column after, column before) and along y.
W, S, A, C, LOAD, X, Y, ROOT, OWN, LOW_X, HIGH_X, LOW_Y, HIGH_Y = range(13)


class Hierarchy(NamedTuple):
    """All levels in one pool.

    Attributes:
        pool: every field of every level, float32.
        offset: where field f of level l starts in the pool, (levels, 13).
        shape: cells of each level, (levels, 2).
        inverse: of the coarsest scaled operator, (cells, cells), float64.
        periodic_x, periodic_y: as in the stencil.
    """

    pool: Array
    offset: Array
    shape: Array
    inverse: Array
    periodic_x: bool
    periodic_y: bool


@njit(cache=True, nogil=True)
def plan(ny: int, nx: int) -> tuple[Array, Array, int]:
    """Shapes of the levels, offsets of their fields, and the size of the pool."""
    levels = 1
    my, mx = ny, nx
    while my * mx > COARSEST:
        my, mx, levels = (my + 1) // 2, (mx + 1) // 2, levels + 1
    shape, offset = np.empty((levels, 2), dtype=np.int64), np.empty((levels, 13), dtype=np.int64)
    end = 0
    for level in range(levels):
        shape[level, 0], shape[level, 1] = ny, nx
        my, mx = (ny + 1) // 2, (nx + 1) // 2
        for f in range(13):
            offset[level, f] = end
            rows = ny if f < LOW_Y else my
            columns = nx if f < OWN else mx
            if not (level == 0 and f in (A, C)):
                end += (rows + 2) * (columns + 2)
        ny, nx = my, mx
    return shape, offset, end


@njit(cache=True, nogil=True)
def view(h: Hierarchy, level: int, f: int) -> Array:
    """A field of a level as (rows+2, columns+2)."""
    ny, nx = h.shape[level]
    rows = 2 + (ny if f < LOW_Y else (ny + 1) // 2)
    columns = 2 + (nx if f < OWN else (nx + 1) // 2)
    start = h.offset[level, f]
    return h.pool[start : start + rows * columns].reshape((rows, columns))


@njit(cache=True, nogil=True)
def build(d: Array, west: Array, south: Array, periodic_x: bool, periodic_y: bool) -> Hierarchy:
    """All coarser levels of a five-point operator with diagonal d and couplings, all with filled halos."""
    shape, offset, size = plan(d.shape[0] - 2, d.shape[1] - 2)
    h = Hierarchy(np.zeros(size, dtype=np.float32), offset, shape, np.zeros((1, 1)), periodic_x, periodic_y)
    op = Operator(d, west, south, np.zeros(d.shape), np.zeros(d.shape))
    for level in range(len(shape)):
        store_scaled(op, h, level)
        if level < len(shape) - 1:
            op = coarsen(op, h, level)
    return Hierarchy(h.pool, offset, shape, coarse_inverse(op), periodic_x, periodic_y)


@njit(cache=True, nogil=True, error_model="numpy")
def store_scaled(op: Operator, h: Hierarchy, level: int) -> None:
    """Couplings divided by the roots of both diagonals."""
    d, w, s, a, c = op
    root = np.zeros(d.shape)
    for j in range(d.shape[0]):
        for i in range(d.shape[1]):
            root[j, i] = 1.0 / np.sqrt(d[j, i]) if d[j, i] > 0.0 else 0.0
    out = view(h, level, ROOT)
    out[:] = root
    out_w, out_s = view(h, level, W), view(h, level, S)
    for j in range(1, d.shape[0]):
        for i in range(1, d.shape[1]):
            out_w[j, i] = w[j, i] * root[j, i] * root[j, i - 1]
            out_s[j, i] = s[j, i] * root[j, i] * root[j - 1, i]
    if level > 0:
        out_a, out_c = view(h, level, A), view(h, level, C)
        for j in range(1, d.shape[0]):
            for i in range(1, d.shape[1]):
                out_a[j, i] = a[j, i] * root[j, i] * root[j - 1, i - 1]
                out_c[j, i - 1] = c[j, i - 1] * root[j, i - 1] * root[j - 1, i]


@njit(cache=True, nogil=True)
def coarsen(op: Operator, h: Hierarchy, level: int) -> Operator:
    """The next coarser operator, and the weights that lead there."""
    px, py = h.periodic_x, h.periodic_y
    ny, nx = h.shape[level]
    my, mx = h.shape[level + 1]
    low, high = np.zeros((ny + 2, mx + 2)), np.zeros((ny + 2, mx + 2))
    weights_x(op, low, high)
    if px:
        high[:, 1] = high[:, mx + 1]
    fill_halo(low, px, py)
    fill_halo(high, px, py)
    half = empty_operator(ny, mx)
    coarsen_x(op, low, high, half)
    if px and nx % 2:
        join_odd_period(op, half, True)
    fill_operator_halo(half, px, py)
    store_weights_x(op.d, low, high, view(h, level, OWN), view(h, level, LOW_X), view(h, level, HIGH_X))
    low, high = np.zeros((my + 2, mx + 2)), np.zeros((my + 2, mx + 2))
    weights_y(half, low, high)
    if py:
        high[1, :] = high[my + 1, :]
    fill_halo(low, px, py)
    fill_halo(high, px, py)
    coarse = empty_operator(my, mx)
    coarsen_y(half, low, high, coarse)
    if py and ny % 2:
        join_odd_period(half, coarse, False)
    fill_operator_halo(coarse, px, py)
    lump_negative(coarse)
    fill_halo(coarse.d, px, py)
    view(h, level, LOW_Y)[:] = low
    view(h, level, HIGH_Y)[:] = high
    return coarse


@njit(cache=True, nogil=True)
def store_weights_x(d: Array, low: Array, high: Array, own: Array, low_x: Array, high_x: Array) -> None:
    """Weights times the root of the fine diagonal, which the scaled fine iterate carries."""
    for j in range(low.shape[0]):
        for i in range(1, low.shape[1]):
            root = np.sqrt(d[j, 2 * i - 2])
            high_x[j, i] = high[j, i] * root
            low_x[j, i - 1] = low[j, i - 1] * root
    for j in range(low.shape[0]):
        for i in range(1, low.shape[1] - 1):
            own[j, i] = np.sqrt(d[j, 2 * i - 1])


@njit(cache=True, nogil=True)
def coarse_inverse(op: Operator) -> Array:
    """Dense inverse of the scaled operator; a symmetric generalised inverse where a body is held by nothing."""
    d, w, s, a, c = op
    ny, nx = d.shape[0] - 2, d.shape[1] - 2
    matrix = np.zeros((ny * nx, ny * nx))
    root = np.zeros(ny * nx)
    for j in range(ny):
        for i in range(nx):
            n = j * nx + i
            matrix[n, n] += d[j + 1, i + 1]
            root[n] = 1.0 / np.sqrt(d[j + 1, i + 1]) if d[j + 1, i + 1] > 0.0 else 0.0
            west, east = (i - 1) % nx, (i + 1) % nx
            below = (j - 1) % ny * nx
            for m, coupling in (
                (j * nx + west, w[j + 1, i + 1]),
                (below + i, s[j + 1, i + 1]),
                (below + west, a[j + 1, i + 1]),
                (below + east, c[j + 1, i + 1]),
            ):
                matrix[n, m] -= coupling
                matrix[m, n] -= coupling
    return invert(matrix * root * root.reshape((-1, 1)))


@njit(cache=True, nogil=True)
def invert(matrix: Array) -> Array:
    """Symmetric (generalised) inverse of a positive semidefinite matrix by Gauss-Jordan steps; null pivots are left out."""
    n = len(matrix)
    limit = SINGULAR * np.diag(matrix)
    for k in range(n):
        pivot = matrix[k, k]
        if pivot <= limit[k]:
            matrix[k, :] = 0.0
            matrix[:, k] = 0.0
            continue
        for i in range(n):
            if i != k:
                share = matrix[i, k] / pivot
                for j in range(n):
                    if j != k:
                        matrix[i, j] -= share * matrix[k, j]
        for i in range(n):
            if i != k:
                matrix[i, k] /= pivot
                matrix[k, i] /= -pivot
        matrix[k, k] = 1.0 / pivot
    return matrix
