"""Streamfunction and velocities of a staggered grid, u = ∂ψ/∂y and v = −∂ψ/∂x with ψ on the corners of the cells.

Velocities that come from a streamfunction are divergence-free to round-off, whatever the streamfunction.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import UsageError
from .flow_poisson import Poisson, plan_poisson, poisson_work, solve_poisson
from .flow_sides import PERIODIC, FlowSides, Rim, check_sides

Array = NDArray[Any]
INSULATED = ("neumann", "neumann")


def velocities(psi: Array, spacing: tuple[float, float]) -> tuple[Array, Array]:
    """u (ny, nx+1) and v (ny+1, nx) [m s⁻¹] of ψ (ny+1, nx+1) [m² s⁻¹] for spacing (dy, dx) [m]."""
    return np.diff(psi, axis=0) / spacing[0], -np.diff(psi, axis=1) / spacing[1]


def rim_streamfunction(rim: Rim, spacing: tuple[float, float]) -> Array:
    """ψ (ny+1, nx+1) [m² s⁻¹] of what flows through closed or prescribed sides; 0 in the south-west corner, and inside."""
    (dy, dx), ny, nx = spacing, rim.through_west.size, rim.through_south.size
    psi = np.zeros((ny + 1, nx + 1))
    psi[1:, 0] = dy * np.cumsum(rim.through_west)
    psi[0, 1:] = -dx * np.cumsum(rim.through_south)
    psi[1:, -1] = psi[0, -1] + dy * np.cumsum(rim.through_east)
    psi[-1, 1:-1] = psi[-1, 0] - dx * np.cumsum(rim.through_north)[:-1]
    return psi


def check_closed(rim: Rim) -> None:
    """Refuse sides whose streamfunction is not known beforehand.

    Raises:
        UsageError: for an outflow or periodic side.
    """
    for name, kind, leaves in zip(("west", "east", "south", "north"), rim.kinds, rim.open, strict=True):
        if leaves or kind == PERIODIC:
            what = "an outflow" if leaves else "periodic"
            raise UsageError(f"side {name} is {what}, where the streamfunction is unknown; use Wall(), FreeSlip() or Inflow()")


def project_to_streamfunction(
    u: ArrayLike,
    v: ArrayLike,
    spacing: tuple[float, float],
    sides: FlowSides = FlowSides(),  # noqa: B008 - frozen
) -> Array:
    """ψ of the divergence-free flow that is closest to given velocities, in the mean square, and meets the sides.

        u = ∂ψ/∂y + ∂φ/∂x,   v = −∂ψ/∂x + ∂φ/∂y,   ∂φ/∂n = 0   (Helmholtz)

    Args:
        u, v: (ny, nx+1) and (ny+1, nx), as a network may predict them [m s⁻¹].
        spacing: (dy, dx) [m].
        sides: walls, free slip or inflow; what u, v say of the normal velocity there is replaced.
    Returns:
        ψ (ny+1, nx+1) [m² s⁻¹], 0 in the south-west corner; `velocities` makes u, v of it.
    Raises:
        UsageError: for fields that do not fit or are not finite, and sides with unknown ψ.
    """
    u, v = np.array(u, dtype=np.float64), np.array(v, dtype=np.float64)
    if u.ndim != 2 or min(u.shape) < 2 or v.shape != (u.shape[0] + 1, u.shape[1] - 1):
        raise UsageError(f"u has shape {u.shape} and v {v.shape}; use (ny, nx+1) and (ny+1, nx)")
    if not (np.isfinite(u).all() and np.isfinite(v).all()):
        raise UsageError("u or v has a value that is not finite; use finite velocities")
    rim = check_sides(sides, (u.shape[0], v.shape[1]), spacing)
    check_closed(rim)
    u[:, 0], u[:, -1], v[0], v[-1] = rim.through_west, rim.through_east, rim.through_south, rim.through_north
    u -= np.pad(np.diff(_potential(u, v, spacing), axis=1) / spacing[1], ((0, 0), (1, 1)))
    psi = rim_streamfunction(rim, spacing)
    psi[1:-1, 1:-1] = psi[0, 1:-1] + spacing[0] * np.cumsum(u[:-1, 1:-1], axis=0)
    return psi


def _potential(u: Array, v: Array, spacing: tuple[float, float]) -> Array:
    """φ (ny, nx) with ∇²φ = ∇·u."""
    plan = _plan(u.shape[0], v.shape[1], *spacing)
    phi = np.diff(u, axis=1) / spacing[1] + np.diff(v, axis=0) / spacing[0]
    solve_poisson(plan, phi, phi, poisson_work(plan))
    return phi


@lru_cache(maxsize=8)
def _plan(ny: int, nx: int, dy: float, dx: float) -> Poisson:
    return plan_poisson(ny, nx, dy, dx, INSULATED, INSULATED)
