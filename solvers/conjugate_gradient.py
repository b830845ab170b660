"""Conjugate gradients in float64, preconditioned by a float32 V-cycle, with an estimate of the error.

The estimate (Hestenes & Stiefel 1952; Strakoš & Tichý, ETNA 13, 2002): every step takes α_j (r_j, z_j) off the squared energy
norm of the error, so ∑_{i=j}^{k-1} α_i (r_i, z_i) is nearly ‖e_j‖²_A for earlier j. The largest ratio of that to (r_j, z_j),
times (r_k, z_k), estimates ‖e_k‖²_A of the present iterate.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .arena import Arena, grid
from .cycle import v_cycle
from .multigrid import level
from .scaled import Scaled
from .stencil import ONE, Stencil, fill_halo, heat_loss

Array = NDArray[Any]
MOST_ITERATIONS = 200
WORKED = 4  # grids that a workspace takes from its arena


class Workspace(NamedTuple):
    """All that the iteration writes, so that time loops allocate nothing.

    Attributes:
        x, r, p, q: solution, residual, direction and A times direction, (ny+2, nx+2) float64.
        drops, products: α (r, z) and (r, z) of each iteration.
        known: ‖·‖²_A of the solution found so far, and the largest ratio of ‖error‖²_A to (r, z) seen; set to (0, 1) before
            a new problem, and left alone when an iteration is resumed on a fresh residual.
    """

    x: Array
    r: Array
    p: Array
    q: Array
    drops: Array
    products: Array
    known: Array


@njit(cache=True, nogil=True)
def workspace(arena: Arena, ny: int, nx: int) -> Workspace:
    x, r, p, q = grid(arena, ny, nx), grid(arena, ny, nx), grid(arena, ny, nx), grid(arena, ny, nx)
    return Workspace(x, r, p, q, np.zeros(MOST_ITERATIONS + 1), np.zeros(MOST_ITERATIONS + 1), np.array([0.0, 1.0]))


@njit(cache=True, nogil=True)
def load_residual(stencil: Stencil, temperature: Array, root: Array, work: Workspace) -> None:
    """work.r = D^-½ (b − A T), by differences of temperatures, so that small residuals are exact."""
    fill_halo(temperature, stencil.periodic_x, stencil.periodic_y)
    heat_loss(stencil, temperature, work.q)
    supply, loss, scale, r = stencil.supply.ravel(), work.q.ravel(), root.ravel(), work.r.ravel()
    for i in range(r.size):
        r[i] = scale[i] * (supply[i] - loss[i])


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def dot(a: Array, b: Array, ny: int, nx: int) -> float:
    """Sum of products over the cells of two flat fields, without the halo."""
    total, m = 0.0, np.uint64(nx + 2)
    for j in range(ONE, np.uint64(ny + 1)):
        for i in range(j * m + ONE, j * m + m - ONE):
            total += a[i] * b[i]
    return total


@njit(cache=True, nogil=True)
def new_direction(z: Array, beta: float, p: Array) -> None:
    """p = z + β p."""
    for i in range(p.size):
        p[i] = z[i] + beta * p[i]


@njit(cache=True, nogil=True)
def multiply(p: Array, w: Array, s: Array, nx: int, q: Array) -> None:
    """q = A p for the operator with unit diagonal."""
    m = np.uint64(nx + 2)
    for i in range(m + ONE, np.uint64(p.size) - m - ONE):
        q[i] = p[i] - (w[i] * p[i - ONE] + w[i + ONE] * p[i + ONE] + s[i] * p[i - m] + s[i + m] * p[i + m])


@njit(cache=True, nogil=True)
def advance(x: Array, r: Array, p: Array, q: Array, alpha: float, load: Array) -> None:
    """x += α p, r −= α q, and the load of the next V-cycle."""
    for i in range(x.size):
        x[i] += alpha * p[i]
        r[i] -= alpha * q[i]
        load[i] = r[i]


@njit(cache=True, nogil=True)
def pcg(scaled: Scaled, work: Workspace, tolerance: float, most: int, foresee: bool) -> tuple[int, float]:
    """Solve A x = r from x = 0 for the scaled operator; r is overwritten.

    Args:
        tolerance: of the estimated ‖error‖_A/‖solution‖_A.
        most: iterations allowed, at most MOST_ITERATIONS.
        foresee: stop when the estimate is about to fall below the tolerance, for the caller to check on a fresh residual.
    Returns:
        Iterations (`most` + 1 without convergence) and the estimate.
    """
    h, finest = scaled.hierarchy, level(scaled.hierarchy, 0)
    ny, nx, load, z = finest.ny, finest.nx, finest.load, finest.x
    x, r, p, q = work.x.ravel(), work.r.ravel(), work.p.ravel(), work.q.ravel()
    w, s, drops, products, known = scaled.west.ravel(), scaled.south.ravel(), work.drops, work.products, work.known
    x[:] = 0.0
    p[:] = 0.0
    for i in range(r.size):
        load[i] = r[i]
    previous, estimate = 0.0, 0.0
    for k in range(most + 1):
        if foresee and k > 2:
            rate = max(products[k - 1] / products[k - 2], products[k - 2] / products[k - 3])
            if rate * estimate <= tolerance * tolerance * known[0]:
                return k, np.sqrt(rate * estimate / known[0])
        v_cycle(h)
        product = dot(r, z, ny, nx)
        products[k] = product
        known[1] = max(known[1], largest_ratio(drops, products, k))
        estimate = product * known[1]
        if estimate <= tolerance * tolerance * known[0]:
            return k, np.sqrt(estimate / known[0]) if known[0] > 0.0 else 0.0
        new_direction(z, product / previous if k else 0.0, p)
        fill_halo(work.p, h.periodic_x, h.periodic_y)
        multiply(p, w, s, nx, q)
        alpha = product / dot(p, q, ny, nx)
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
