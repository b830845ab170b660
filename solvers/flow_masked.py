"""Pressure beside large obstacles: conjugate gradients on the fluid cells, preconditioned by the multigrid of the heat solver."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import DTypeLike, NDArray

from .arena import Arena, haloed
from .boundary import Neumann, Periodic, Sides, perimeter
from .conjugate_gradient import MOST_ITERATIONS, WORKED, Workspace, load_residual, pcg, workspace
from .discretise import discretise
from .flow_momentum import square
from .flow_sides import PERIODIC, Rim
from .scaled import Scaled, scale, scaled_size
from .stencil import Stencil

Array = NDArray[Any]
PROJECTED = 1e-10  # share of the velocity that may be left divergent
PROJECTED_SINGLE = 1e-5  # the same in float32


class Masked(NamedTuple):
    """What a solve reads and writes.

    Attributes:
        p, rhs: pressure [m² s⁻²] and its Laplacian [s⁻²], (ny, nx) in the precision of the flow.
        stencil, scaled, iteration: −∇² over the fluid cells, its hierarchy, and what the iteration writes.
        warm: the pressure of the last solve, where the next one starts, (ny+2, nx+2) float64.
    """

    p: Array
    rhs: Array
    stencil: Stencil
    scaled: Scaled
    iteration: Workspace
    warm: Array


def plan_masked(solid: Array, spacing: tuple[float, float], rim: Rim, kind: DTypeLike) -> Masked:
    """Prepare solves around solid cells (ny, nx)."""
    ny, nx = shape = solid.shape
    x, y = (Periodic() if rim.kinds[n] == PERIODIC else Neumann() for n in (0, 2))
    stencil = discretise(np.ones(shape), None, spacing, perimeter(Sides(x, x, y, y), shape), solid)
    arena = Arena(np.empty(scaled_size(ny, nx) + WORKED * haloed(ny, nx)), np.zeros(1, dtype=np.int64))
    scaled = scale(arena, stencil.west, stencil.south, stencil.sink, stencil.periodic_x, stencil.periodic_y)
    field = np.zeros(shape, kind)
    return Masked(field, field, stencil, scaled, workspace(arena, ny, nx), np.zeros((ny + 2, nx + 2)))


def own_masked(plan: Masked, p: Array) -> Masked:
    """The same with memory of its own to write to, starting from the pressure p (ny, nx)."""
    hierarchy = plan.scaled.hierarchy._replace(pool=plan.scaled.hierarchy.pool.copy())
    return Masked(
        np.array(p, plan.p.dtype),
        np.zeros_like(plan.rhs),
        plan.stencil._replace(supply=np.zeros_like(plan.stencil.supply)),
        plan.scaled._replace(hierarchy=hierarchy),
        Workspace(*(a.copy() for a in plan.iteration)),
        np.pad(p.astype(np.float64), 1),
    )


@njit(cache=True, nogil=True)
def solve_masked(masked: Masked, u: Array, v: Array, dy: float, dx: float, dt: float) -> bool:
    """The pressure, up to an error that would move PROJECTED of the velocity in a step; whether it converged."""
    stencil, scaled, work, warm, (ny, nx) = masked.stencil, masked.scaled, masked.iteration, masked.warm, masked.p.shape
    for j in range(ny):
        for i in range(nx):
            stencil.supply[j + 1, i + 1] = -dx * dy * masked.rhs[j, i]
    load_residual(stencil, warm, scaled.root, work)
    work.known[0], work.known[1] = dx * dy * square(u, v) / dt**2, 1.0
    projected = PROJECTED if masked.rhs.itemsize == 8 else PROJECTED_SINGLE
    done, _ = pcg(scaled, work, projected, MOST_ITERATIONS, False)
    for j in range(ny):
        for i in range(nx):
            warm[j + 1, i + 1] += scaled.root[j + 1, i + 1] * work.x[j + 1, i + 1]
            masked.p[j, i] = warm[j + 1, i + 1]
    converged: bool = done <= MOST_ITERATIONS
    return converged
