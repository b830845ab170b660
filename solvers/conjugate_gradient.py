"""Conjugate gradients in float64, preconditioned by a float32 V-cycle, with an estimate of the error.

The estimate (Hestenes & Stiefel 1952; Strakoš & Tichý, ETNA 13, 2002): every step takes α_j (r_j, z_j) off the squared energy
norm of the error, so ∑_{i=j}^{k-1} α_i (r_i, z_i) is nearly ‖e_j‖²_A for earlier j. The largest ratio of that to (r_j, z_j),
times (r_k, z_k), estimates ‖e_k‖²_A of the present iterate.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .cycle import v_cycle
from .multigrid import level
from .scaled import Scaled
from .stencil import Stencil, copy_into, fill_halo, heat_loss

Array = NDArray[Any]
MOST_ITERATIONS = 200


class Workspace(NamedTuple):
    """All that the iteration writes, so that time loops allocate nothing.

    Attributes:
        x, r, p, q: solution, residual, direction and A times direction, (ny+2, nx+2) float64.
        row, half: row buffers of the V-cycle, float32.
        drops, products: α (r, z) and (r, z) of each iteration.
        known: ‖·‖²_A of the solution found so far, and the largest ratio of ‖error‖²_A to (r, z) seen; set to (0, 1) before
            a new problem, and left alone when an iteration is resumed on a fresh residual.
    """

    x: Array
    r: Array
    p: Array
    q: Array
    row: Array
    half: Array
    drops: Array
    products: Array
    known: Array


@njit(cache=True, nogil=True)
def workspace(ny: int, nx: int) -> Workspace:
    shape = (ny + 2, nx + 2)
    row, half = np.zeros((1, nx + 2), dtype=np.float32), np.zeros(nx + 2, dtype=np.float32)
    drops, products, known = np.zeros(MOST_ITERATIONS + 1), np.zeros(MOST_ITERATIONS + 1), np.array([0.0, 1.0])
    x, r, p, q = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    return Workspace(x, r, p, q, row, half, drops, products, known)


@njit(cache=True, nogil=True)
def load_residual(stencil: Stencil, temperature: Array, root: Array, work: Workspace) -> None:
    """work.r = D^-½ (b − A T), by differences of temperatures, so that small residuals are exact."""
    fill_halo(temperature, stencil.periodic_x, stencil.periodic_y)
    heat_loss(temperature, stencil.west, stencil.south, stencil.sink, work.q)
    for j in range(1, root.shape[0] - 1):
        for i in range(1, root.shape[1] - 1):
            work.r[j, i] = root[j, i] * (stencil.supply[j, i] - work.q[j, i])


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def row_dot(a: Array, b: Array, j: int) -> float:
    total = 0.0
    for i in range(1, a.shape[1] - 1):
        total += a[j, i] * b[j, i]
    return total


@njit(cache=True, nogil=True)
def dot(a: Array, b: Array) -> float:
    total = 0.0
    for j in range(1, a.shape[0] - 1):
        total += row_dot(a, b, j)
    return total


@njit(cache=True, nogil=True)
def new_direction(z: Array, p: Array, beta: float, periodic_x: bool, periodic_y: bool) -> None:
    for j in range(1, p.shape[0] - 1):
        for i in range(1, p.shape[1] - 1):
            p[j, i] = z[j, i] + beta * p[j, i]
    fill_halo(p, periodic_x, periodic_y)


@njit(cache=True, nogil=True)
def apply_scaled(p: Array, w: Array, s: Array, q: Array) -> float:
    """q = A p for the operator with unit diagonal; returns (p, q)."""
    total = 0.0
    for j in range(1, p.shape[0] - 1):
        for i in range(1, p.shape[1] - 1):
            q[j, i] = p[j, i] - (
                w[j, i] * p[j, i - 1] + w[j, i + 1] * p[j, i + 1] + s[j, i] * p[j - 1, i] + s[j + 1, i] * p[j + 1, i]
            )
        total += row_dot(p, q, j)
    return total


@njit(cache=True, nogil=True)
def advance(x: Array, r: Array, p: Array, q: Array, alpha: float, load: Array) -> None:
    """x += α p, r −= α q, and the load of the next V-cycle."""
    for j in range(1, x.shape[0] - 1):
        for i in range(1, x.shape[1] - 1):
            x[j, i] += alpha * p[j, i]
            r[j, i] -= alpha * q[j, i]
            load[j, i] = r[j, i]


@njit(cache=True, nogil=True)
def pcg(scaled: Scaled, work: Workspace, tolerance: float, most: int) -> tuple[int, float]:
    """Solve A x = r from x = 0 for the scaled operator; r is overwritten.

    Args:
        tolerance: of the estimated ‖error‖_A/‖solution‖_A.
        most: iterations allowed, at most MOST_ITERATIONS.
    Returns:
        Iterations (`most` + 1 without convergence) and the estimate.
    """
    w, s, _, h = scaled
    x, r, p, q, row, half, drops, products, known = work
    finest = level(h, 0)
    load, z = finest.load, finest.x
    x[:] = 0.0
    p[:] = 0.0
    copy_into(load, r)
    previous, estimate = 0.0, 0.0
    for k in range(most + 1):
        v_cycle(h, row, half)
        product = dot(r, z)
        products[k] = product
        known[1] = max(known[1], largest_ratio(drops, products, k))
        estimate = product * known[1]
        if estimate <= tolerance * tolerance * known[0]:
            return k, np.sqrt(estimate / known[0]) if known[0] > 0.0 else 0.0
        new_direction(z, p, product / previous if k else 0.0, h.periodic_x, h.periodic_y)
        alpha = product / apply_scaled(p, w, s, q)
        advance(x, r, p, q, alpha, load)
        drops[k] = alpha * product
        known[0] += drops[k]
        previous = product
    return most + 1, np.sqrt(estimate / known[0])


@njit(cache=True, nogil=True)
def largest_ratio(drops: Array, products: Array, k: int) -> float:
    """max_j ∑_{i=j}^{k-1} drop_i / product_j."""
    ratio, total = 0.0, 0.0
    for j in range(k - 1, -1, -1):
        total += drops[j]
        ratio = max(ratio, total / products[j])
    return ratio
