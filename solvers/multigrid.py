"""The hierarchy of coarse operators that preconditions conjugate gradients.

Every level is scaled to a unit diagonal, D^-½ A D^-½, so that Jacobi smoothing needs the couplings alone; operators are
built in float64 and kept in float32.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .arena import Arena, grid, haloed, singles
from .galerkin import (
    Operator,
    coarsen_five_point_x,
    coarsen_x,
    coarsen_y,
    fill_operator_halo,
    join_odd_x,
    join_odd_y,
    lump_negative,
    operator,
    weights_five_point_x,
    weights_x,
    weights_y,
)
from .stencil import fill_halo
from .transfer import store_weights

Array = NDArray[Any]
COARSEST = 16  # cells that are solved directly
SINGULAR = 1e-12  # pivots below this share of the diagonal belong to a body that nothing holds


class Level(NamedTuple):
    """One grid; fields are float32 and flat, of (ny+2) (nx+2) cells with the halo.

    Attributes:
        ny, nx: cells.
        w, s, a, c: scaled couplings to the west, south, south-west and south-east; the finest level has no a and c.
        load, x, y: right-hand side and two iterates.
        p: weights of the next coarser level, (9, its cells with halo).
    """

    ny: int
    nx: int
    w: Array
    s: Array
    a: Array
    c: Array
    load: Array
    x: Array
    y: Array
    p: Array


class Hierarchy(NamedTuple):
    """All levels in one pool.

    Attributes:
        pool: every field of every level, one after the other, float32.
        start: where a level begins in the pool, (levels + 1,).
        shape: cells of each level, (levels, 2).
        inverse: of the coarsest scaled operator, (cells, cells).
        periodic_x, periodic_y: as in the stencil.
    """

    pool: Array
    start: Array
    shape: Array
    inverse: Array
    periodic_x: bool
    periodic_y: bool


@njit(cache=True, nogil=True)
def plan(ny: int, nx: int) -> tuple[Array, Array, int]:
    """Shapes of the levels, where they begin in the pool, and the numbers that `build` takes from its arena."""
    levels, my, mx = 1, ny, nx
    while my * mx > COARSEST:
        my, mx, levels = (my + 1) // 2, (mx + 1) // 2, levels + 1
    shape, start, size = np.empty((levels, 2), dtype=np.int64), np.zeros(levels + 1, dtype=np.int64), 0
    for n in range(levels):
        my, mx = (ny + 1) // 2, (nx + 1) // 2
        shape[n, 0], shape[n, 1] = ny, nx
        start[n + 1] = start[n] + (5 if n == 0 else 7) * haloed(ny, nx) + 9 * haloed(my, mx)
        size += 2 * haloed(ny, nx) + 7 * haloed(ny, mx) + 7 * haloed(my, mx)
        ny, nx = my, mx
    return shape, start, size + start[levels] // 2 + 1


@njit(cache=True, nogil=True)
def level(h: Hierarchy, n: int) -> Level:
    """Level n of a hierarchy; 0 is the finest."""
    ny, nx = h.shape[n]
    cells, coarse = haloed(ny, nx), haloed((ny + 1) // 2, (nx + 1) // 2)
    across = cells if n else 0
    w = h.start[n]
    s, a = w + cells, w + 2 * cells
    c, load = a + across, a + 2 * across
    x, y, p = load + cells, load + 2 * cells, load + 3 * cells
    weights = h.pool[p : h.start[n + 1]].reshape((9, coarse))
    return Level(ny, nx, h.pool[w:s], h.pool[s:a], h.pool[a:c], h.pool[c:load], h.pool[load:x], h.pool[x:y], h.pool[y:p], weights)


@njit(cache=True, nogil=True)
def build(
    arena: Arena, d: Array, west: Array, south: Array, root: Array, amplitude: Array, periodic_x: bool, periodic_y: bool
) -> Hierarchy:
    """All levels of a five-point operator with diagonal d, couplings, D^-½ and D^½, all with filled halos."""
    shape, start, _ = plan(d.shape[0] - 2, d.shape[1] - 2)
    pool = singles(arena, start[-1])
    h = Hierarchy(pool, start, shape, np.zeros((1, 1)), periodic_x, periodic_y)
    op = Operator(d, west, south, np.zeros((0, 0)), np.zeros((0, 0)))
    for n in range(len(shape)):
        here = level(h, n)
        store_couplings(op, root, here)
        if n < len(shape) - 1:
            op, root, amplitude = coarsen(arena, op, amplitude, here, periodic_x, periodic_y)
    return Hierarchy(pool, start, shape, coarse_inverse(op, root), periodic_x, periodic_y)


@njit(cache=True, nogil=True, error_model="numpy")
def roots(arena: Arena, d: Array) -> tuple[Array, Array]:
    """D^-½, 0 where there is no coupling, and D^½."""
    root, amplitude = grid(arena, d.shape[0] - 2, d.shape[1] - 2), grid(arena, d.shape[0] - 2, d.shape[1] - 2)
    for j in range(d.shape[0]):
        for i in range(d.shape[1]):
            amplitude[j, i] = np.sqrt(d[j, i])
            root[j, i] = 1.0 / amplitude[j, i] if d[j, i] > 0.0 else 0.0
    return root, amplitude


@njit(cache=True, nogil=True)
def store_couplings(op: Operator, root: Array, out: Level) -> None:
    """Couplings times the roots of both ends."""
    _, w, s, a, c = op
    m = root.shape[1]
    for j in range(1, root.shape[0]):
        for i in range(1, m):
            out.w[j * m + i] = w[j, i] * root[j, i] * root[j, i - 1]
            out.s[j * m + i] = s[j, i] * root[j, i] * root[j - 1, i]
    for j in range(1, a.shape[0]):
        for i in range(1, m):
            out.a[j * m + i] = a[j, i] * root[j, i] * root[j - 1, i - 1]
            out.c[j * m + i - 1] = c[j, i - 1] * root[j, i - 1] * root[j - 1, i]


@njit(cache=True, nogil=True)
def coarsen(
    arena: Arena, op: Operator, amplitude: Array, here: Level, periodic_x: bool, periodic_y: bool
) -> tuple[Operator, Array, Array]:
    """The next coarser operator, its D^-½ and D^½; the weights that lead there go to the level."""
    ny, nx = here.ny, here.nx
    my, mx = (ny + 1) // 2, (nx + 1) // 2
    low_x, high_x, half = grid(arena, ny, mx), grid(arena, ny, mx), operator(arena, ny, mx)
    if op.a.size:
        weights_x(op, low_x, high_x, periodic_x)
    else:
        weights_five_point_x(op, low_x, high_x, periodic_x)
    fill_halo(low_x, periodic_x, periodic_y)
    fill_halo(high_x, periodic_x, periodic_y)
    if op.a.size:
        coarsen_x(op, low_x, high_x, half)
    else:
        coarsen_five_point_x(op, low_x, high_x, half)
    if periodic_x and nx % 2:
        join_odd_x(op, half)
    fill_operator_halo(half, periodic_x, periodic_y)
    low_y, high_y, coarse = grid(arena, my, mx), grid(arena, my, mx), operator(arena, my, mx)
    weights_y(half, low_y, high_y, periodic_y)
    fill_halo(low_y, periodic_x, periodic_y)
    fill_halo(high_y, periodic_x, periodic_y)
    coarsen_y(half, low_y, high_y, coarse)
    if periodic_y and ny % 2:
        join_odd_y(half, coarse)
    fill_operator_halo(coarse, periodic_x, periodic_y)
    lump_negative(coarse)
    fill_halo(coarse.d, periodic_x, periodic_y)
    root, coarse_amplitude = roots(arena, coarse.d)
    store_weights(amplitude, low_x, high_x, low_y, high_y, root, here.p)
    for k in range(9):
        fill_halo(here.p[k].reshape((my + 2, mx + 2)), periodic_x, periodic_y)
    return coarse, root, coarse_amplitude


@njit(cache=True, nogil=True)
def coarse_inverse(op: Operator, root: Array) -> Array:
    """Dense inverse of the scaled operator; a symmetric generalised inverse where a body is held by nothing."""
    d, w, s, a, c = op
    ny, nx = d.shape[0] - 2, d.shape[1] - 2
    matrix = np.zeros((ny * nx, ny * nx))
    for j in range(ny):
        for i in range(nx):
            n = j * nx + i
            matrix[n, n] += 1.0 if d[j + 1, i + 1] > 0.0 else 0.0
            west, east = (i - 1) % nx, (i + 1) % nx
            below = (j - 1) % ny * nx
            for m, coupling in (
                (j * nx + west, w[j + 1, i + 1]),
                (below + i, s[j + 1, i + 1]),
                (below + west, a[j + 1, i + 1] if a.size else 0.0),
                (below + east, c[j + 1, i + 1] if c.size else 0.0),
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
