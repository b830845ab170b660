"""Projection onto divergence-free velocities: ∇²p = ∇·u/dt, then u −= dt ∇p, on flat sides with ∂p/∂n = 0."""

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.extending import overload
from numpy.typing import DTypeLike, NDArray

from .flow_direct import Direct, cut_faces, own_direct, plan_direct, solve_direct
from .flow_masked import Masked, own_masked, plan_masked, solve_masked
from .flow_obstacle import Obstacle, hold_velocities
from .flow_sides import PERIODIC, Rim

Array = NDArray[Any]
MOST_FACES = 1536  # of an obstacle, up to which a capacitance matrix takes a second or two to prepare

Pressure = Direct | Masked


def plan_pressure(solid: Array, spacing: tuple[float, float], rim: Rim, kind: DTypeLike) -> Pressure:
    """Prepare the pressure solves on the cells of `solid` (ny, nx) that are not.

    ∂p/∂n = 0 at all sides that are not periodic: the velocities through them, outflows included, are known beforehand.
    """
    faces = cut_faces(solid, spacing, (rim.kinds[2] == PERIODIC, rim.kinds[0] == PERIODIC))
    if faces[0].size > MOST_FACES:
        return plan_masked(solid, spacing, rim, kind)
    return plan_direct(solid.shape, spacing, rim, faces, kind)


def own_pressure(plan: Pressure, p: Array) -> Pressure:
    """The same with memory of its own to write to, starting from the pressure p (ny, nx)."""
    return own_masked(plan, p) if isinstance(plan, Masked) else own_direct(plan, p)


def solve_pressure(pressure: Pressure, u: Array, v: Array, dy: float, dx: float, dt: float) -> bool:
    """pressure.p from pressure.rhs; whether it converged. Kernels compile one of the solvers, by the type of `pressure`."""
    raise NotImplementedError("for kernels only")


@overload(solve_pressure)
def _choose(pressure: Any, u: Array, v: Array, dy: float, dx: float, dt: float) -> Callable[..., bool]:
    def directly(pressure: Any, u: Array, v: Array, dy: float, dx: float, dt: float) -> bool:
        solve_direct(pressure)
        return True

    def iteratively(pressure: Any, u: Array, v: Array, dy: float, dx: float, dt: float) -> bool:
        converged: bool = solve_masked(pressure, u, v, dy, dx, dt)
        return converged

    return iteratively if pressure.instance_class is Masked else directly


@njit(cache=True, nogil=True)
def project(pressure: Pressure, obstacle: Obstacle, rim: Rim, u: Array, v: Array, dy: float, dx: float, dt: float) -> bool:
    """Make u, v divergence-free; whether the pressure converged. Velocities on the rim and on obstacles stay."""
    diverge(u, v, dy, dx, 1.0 / dt, pressure.rhs)
    rhs = pressure.rhs.ravel()
    for n in range(obstacle.below.size):
        rhs[obstacle.below[n]] = 0.0
    converged = solve_pressure(pressure, u, v, dy, dx, dt)
    subtract_gradient(pressure.p, dy, dx, dt, rim, u, v)
    hold_velocities(obstacle, u, v)
    return converged


@njit(cache=True, nogil=True, fastmath={"contract"})
def diverge(u: Array, v: Array, dy: float, dx: float, factor: float, out: Array) -> None:
    """out = factor (∂u/∂x + ∂v/∂y) on cells, (ny, nx), of velocities with halo."""
    by_x, by_y = u.dtype.type(factor / dx), u.dtype.type(factor / dy)
    for j in range(out.shape[0]):
        south, west, north = v[j + 1, 1:-1], u[j + 1, 1:], v[j + 2, 1:-1]
        for i in range(out.shape[1]):
            out[j, i] = by_x * (west[i + 1] - west[i]) + by_y * (north[i] - south[i])


@njit(cache=True, nogil=True, fastmath={"contract"})
def subtract_gradient(p: Array, dy: float, dx: float, dt: float, rim: Rim, u: Array, v: Array) -> None:
    """u −= dt ∂p/∂x, v −= dt ∂p/∂y inside and on periodic sides; p is (ny, nx), u and v have halo."""
    ny, nx = p.shape
    by_x, by_y = u.dtype.type(dt / dx), u.dtype.type(dt / dy)
    for j in range(ny):
        along, here = u[j + 1, 1:], p[j]
        for i in range(1, nx):
            along[i] -= by_x * (here[i] - here[i - 1])
        if rim.kinds[0] == PERIODIC:
            along[0] -= by_x * (here[0] - here[nx - 1])
            along[nx] = along[0]
    for j in range(0 if rim.kinds[2] == PERIODIC else 1, ny):
        across, above, below = v[j + 1, 1:], p[j], p[j - 1]
        for i in range(nx):
            across[i] -= by_y * (above[i] - below[i])
    for i in range(nx + 2 if rim.kinds[2] == PERIODIC else 0):
        v[ny + 1, i] = v[1, i]
