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
    join_odd_x,
    join_odd_y,
    lump_negative,
    weights_x,
    weights_y,
)
from .stencil import copy_into, fill_halo

Array = NDArray[Any]
FIRST, SECOND = 0.58, 1.6  # Jacobi weights: fewest iterations over lognormal, layered, included and drilled plates
COARSEST = 16  # cells that are solved directly
SINGULAR = 1e-12  # pivots below this share of the diagonal belong to a body that nothing holds


class Level(NamedTuple):
    """One grid of ny × nx cells, mx × my on the next coarser one; all float32 with one halo cell.

    Attributes:
        w, s, a, c: scaled couplings to the west, south, south-west and south-east; the finest level has no a and c.
        load, x, y: right-hand side and two iterates.
        root: D^-½ of the operator before scaling.
        own, low_x, high_x: weights of a coarse column in its own fine column, the one after and the one before, (ny+2, mx+2).
        low_y, high_y: weights of a coarse row in the fine row after and before its own, (my+2, mx+2).
    """

    w: Array
    s: Array
    a: Array
    c: Array
    load: Array
    x: Array
    y: Array
    root: Array
    own: Array
    low_x: Array
    high_x: Array
    low_y: Array
    high_y: Array


class Hierarchy(NamedTuple):
    """All levels in one pool.

    Attributes:
        pool: every field of every level, one after the other, float32.
        start: where a level begins in the pool, (levels + 1,).
        shape: cells of each level, (levels, 2).
        inverse: of the coarsest scaled operator, (cells, cells), float64.
        periodic_x, periodic_y: as in the stencil.
    """

    pool: Array
    start: Array
    shape: Array
    inverse: Array
    periodic_x: bool
    periodic_y: bool


@njit(cache=True, nogil=True)
def plan(ny: int, nx: int) -> tuple[Array, Array]:
    """Shapes of the levels, and where they begin in the pool."""
    levels = 1
    my, mx = ny, nx
    while my * mx > COARSEST:
        my, mx, levels = (my + 1) // 2, (mx + 1) // 2, levels + 1
    shape, start = np.empty((levels, 2), dtype=np.int64), np.zeros(levels + 1, dtype=np.int64)
    for n in range(levels):
        my, mx = (ny + 1) // 2, (nx + 1) // 2
        shape[n, 0], shape[n, 1] = ny, nx
        size = (6 if n == 0 else 8) * (ny + 2) * (nx + 2) + 3 * (ny + 2) * (mx + 2) + 2 * (my + 2) * (mx + 2)
        start[n + 1] = start[n] + size
        ny, nx = my, mx
    return shape, start


@njit(cache=True, nogil=True)
def take(pool: Array, end: int, rows: int, columns: int) -> tuple[Array, int]:
    """The field of (rows, columns) that begins at `end`, and where it ends."""
    size = rows * columns
    return pool[end : end + size].reshape((rows, columns)), end + size


@njit(cache=True, nogil=True)
def level(h: Hierarchy, n: int) -> Level:
    """Level n of a hierarchy; 0 is the finest."""
    ny, nx = h.shape[n, 0] + 2, h.shape[n, 1] + 2
    my, mx = (h.shape[n, 0] + 1) // 2 + 2, (h.shape[n, 1] + 1) // 2 + 2
    end = h.start[n]
    w, end = take(h.pool, end, ny, nx)
    s, end = take(h.pool, end, ny, nx)
    a, end = take(h.pool, end, ny if n else 0, nx)
    c, end = take(h.pool, end, ny if n else 0, nx)
    load, end = take(h.pool, end, ny, nx)
    x, end = take(h.pool, end, ny, nx)
    y, end = take(h.pool, end, ny, nx)
    root, end = take(h.pool, end, ny, nx)
    own, end = take(h.pool, end, ny, mx)
    low_x, end = take(h.pool, end, ny, mx)
    high_x, end = take(h.pool, end, ny, mx)
    low_y, end = take(h.pool, end, my, mx)
    high_y, end = take(h.pool, end, my, mx)
    return Level(w, s, a, c, load, x, y, root, own, low_x, high_x, low_y, high_y)


@njit(cache=True, nogil=True)
def build(d: Array, west: Array, south: Array, periodic_x: bool, periodic_y: bool) -> Hierarchy:
    """All coarser levels of a five-point operator with diagonal d and couplings, all with filled halos."""
    shape, start = plan(d.shape[0] - 2, d.shape[1] - 2)
    h = Hierarchy(np.zeros(start[-1], dtype=np.float32), start, shape, np.zeros((1, 1)), periodic_x, periodic_y)
    op = Operator(d, west, south, np.zeros(d.shape), np.zeros(d.shape))
    for n in range(len(shape)):
        fine = level(h, n)
        store_scaled(op, fine)
        if n < len(shape) - 1:
            op = coarsen(op, fine, periodic_x, periodic_y)
    return Hierarchy(h.pool, start, shape, coarse_inverse(op), periodic_x, periodic_y)


@njit(cache=True, nogil=True, error_model="numpy")
def inverse_root(d: Array) -> Array:
    """D^-½, 0 where there is no coupling."""
    root = np.zeros(d.shape)
    for j in range(d.shape[0]):
        for i in range(d.shape[1]):
            root[j, i] = 1.0 / np.sqrt(d[j, i]) if d[j, i] > 0.0 else 0.0
    return root


@njit(cache=True, nogil=True)
def store_scaled(op: Operator, fine: Level) -> None:
    """Couplings divided by the roots of both diagonals."""
    d, w, s, a, c = op
    root = inverse_root(d)
    copy_into(fine.root, root)
    for j in range(1, d.shape[0]):
        for i in range(1, d.shape[1]):
            fine.w[j, i] = w[j, i] * root[j, i] * root[j, i - 1]
            fine.s[j, i] = s[j, i] * root[j, i] * root[j - 1, i]
    for j in range(1, fine.a.shape[0]):
        for i in range(1, d.shape[1]):
            fine.a[j, i] = a[j, i] * root[j, i] * root[j - 1, i - 1]
            fine.c[j, i - 1] = c[j, i - 1] * root[j, i - 1] * root[j - 1, i]


@njit(cache=True, nogil=True)
def coarsen(op: Operator, fine: Level, periodic_x: bool, periodic_y: bool) -> Operator:
    """The next coarser operator; the weights that lead there go to the level."""
    ny, nx = op.d.shape[0] - 2, op.d.shape[1] - 2
    my, mx = (ny + 1) // 2, (nx + 1) // 2
    low, high = np.zeros((ny + 2, mx + 2)), np.zeros((ny + 2, mx + 2))
    weights_x(op, low, high, periodic_x)
    fill_halo(low, periodic_x, periodic_y)
    fill_halo(high, periodic_x, periodic_y)
    half = empty_operator(ny, mx)
    coarsen_x(op, low, high, half)
    if periodic_x and nx % 2:
        join_odd_x(op, half)
    fill_operator_halo(half, periodic_x, periodic_y)
    store_weights_x(op.d, low, high, fine)
    low, high = np.zeros((my + 2, mx + 2)), np.zeros((my + 2, mx + 2))
    weights_y(half, low, high, periodic_y)
    fill_halo(low, periodic_x, periodic_y)
    fill_halo(high, periodic_x, periodic_y)
    coarse = empty_operator(my, mx)
    coarsen_y(half, low, high, coarse)
    if periodic_y and ny % 2:
        join_odd_y(half, coarse)
    fill_operator_halo(coarse, periodic_x, periodic_y)
    lump_negative(coarse)
    fill_halo(coarse.d, periodic_x, periodic_y)
    copy_into(fine.low_y, low)
    copy_into(fine.high_y, high)
    return coarse


@njit(cache=True, nogil=True)
def store_weights_x(d: Array, low: Array, high: Array, fine: Level) -> None:
    """Weights times the root of the fine diagonal, which the scaled fine iterate carries."""
    for j in range(low.shape[0]):
        for i in range(1, low.shape[1]):
            root = np.sqrt(d[j, 2 * i - 2])
            fine.high_x[j, i] = high[j, i] * root
            fine.low_x[j, i - 1] = low[j, i - 1] * root
    for j in range(low.shape[0]):
        for i in range(1, low.shape[1] - 1):
            fine.own[j, i] = np.sqrt(d[j, 2 * i - 1])


@njit(cache=True, nogil=True)
def coarse_inverse(op: Operator) -> Array:
    """Dense inverse of the scaled operator; a symmetric generalised inverse where a body is held by nothing."""
    d, w, s, a, c = op
    ny, nx = d.shape[0] - 2, d.shape[1] - 2
    matrix, root = np.zeros((ny * nx, ny * nx)), inverse_root(d)
    for j in range(ny):
        for i in range(nx):
            n = j * nx + i
            matrix[n, n] += 1.0 if d[j + 1, i + 1] > 0.0 else 0.0
            west, east = (i - 1) % nx, (i + 1) % nx
            below = (j - 1) % ny * nx
            for m, coupling in (
                (j * nx + west, w[j + 1, i + 1]),
                (below + i, s[j + 1, i + 1]),
                (below + west, a[j + 1, i + 1]),
                (below + east, c[j + 1, i + 1]),
            ):
                scaled = coupling * root[j + 1, i + 1] * root[1 + m // nx, 1 + m % nx]
                matrix[n, m] -= scaled
                matrix[m, n] -= scaled
    return invert(matrix)


@njit(cache=True, nogil=True)
def invert(matrix: Array) -> Array:
    """Symmetric (generalised) inverse of a positive semidefinite matrix of unit size by Gauss-Jordan steps, in place.

    Null pivots are left out.
    """
    n = len(matrix)
    for k in range(n):
        pivot = matrix[k, k]
        if pivot <= SINGULAR:
            for i in range(n):
                matrix[k, i] = 0.0
                matrix[i, k] = 0.0
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
