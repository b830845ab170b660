"""How far a streamfunction is from a steady flow: what its velocities would change by, once the pressure has had its say.

    r = −∇·(u u) + ν ∇²u + f,   ∇²p = ∇·r,   ∂u/∂t = r − ∇p

of the very discrete equations that `flow.Flow` marches. The curl of r is what Newton's method drives to zero.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .flow_momentum import accelerate, fill_velocity_halo
from .flow_poisson import Poisson, plan_poisson, poisson_work, solve_poisson
from .flow_projection import diverge, subtract_gradient
from .flow_sides import Rim
from .streamfunction import INSULATED

Array = NDArray[Any]


class Balance(NamedTuple):
    """Memory for one evaluation and its results.

    Attributes:
        u, v: velocities (ny+2, nx+2) with halo, as in `flow_momentum` [m s⁻¹].
        ru, rv: r, then ∂u/∂t and ∂v/∂t [m s⁻²].
        p: pressure (ny, nx), mean 0 [m² s⁻²].
        curl: of r at the inner corners, (ny−1, nx−1) [s⁻²].
        direct, work: of the pressure equation.
    """

    u: Array
    v: Array
    ru: Array
    rv: Array
    p: Array
    curl: Array
    direct: Poisson
    work: Array


def prepare_balance(shape: tuple[int, int], spacing: tuple[float, float]) -> Balance:
    """Memory for ny × nx cells of spacing (dy, dx) [m]."""
    ny, nx = shape
    direct = plan_poisson(ny, nx, *spacing, INSULATED, INSULATED)
    u, v, ru, rv = (np.zeros((ny + 2, nx + 2)) for _ in range(4))
    return Balance(u, v, ru, rv, np.zeros(shape), np.zeros((ny - 1, nx - 1)), direct, poisson_work(direct))


@njit(cache=True, nogil=True)
def imbalance(
    psi: Array, spacing: tuple[float, float], viscosity: float, force: tuple[float, float], rim: Rim, b: Balance
) -> float:
    """Largest |∂u/∂t| or |∂v/∂t| [m s⁻²] of the flow with streamfunction ψ (ny+1, nx+1); fills the balance."""
    (dy, dx), (fx, fy) = spacing, force
    circulate(psi, dy, dx, b.u, b.v)
    fill_velocity_halo(b.u, b.v, rim)
    accelerate(b.u.ravel(), b.v.ravel(), psi.shape[1] + 1, dy, dx, viscosity, fx, fy, b.ru.ravel(), b.rv.ravel())
    hold_rim(b.ru, b.rv)
    curl(b.ru, b.rv, dy, dx, b.curl)
    diverge(b.ru, b.rv, dy, dx, 1.0, b.p)
    solve_poisson(b.direct, b.p, b.p, b.work)
    subtract_gradient(b.p, dy, dx, 1.0, rim, b.ru, b.rv)
    return largest(b.ru, b.rv)


@njit(cache=True, nogil=True)
def circulate(psi: Array, dy: float, dx: float, u: Array, v: Array) -> None:
    """Velocities with halo of a streamfunction."""
    ny, nx = psi.shape[0] - 1, psi.shape[1] - 1
    for j in range(ny):
        for i in range(nx + 1):
            u[j + 1, i + 1] = (psi[j + 1, i] - psi[j, i]) / dy
    for j in range(ny + 1):
        for i in range(nx):
            v[j + 1, i + 1] = (psi[j, i] - psi[j, i + 1]) / dx


@njit(cache=True, nogil=True)
def hold_rim(ru: Array, rv: Array) -> None:
    """No change of what is prescribed: the velocities through the sides."""
    ru[:, 1] = 0.0
    ru[:, -1] = 0.0
    rv[1] = 0.0
    rv[-1] = 0.0


@njit(cache=True, nogil=True)
def curl(ru: Array, rv: Array, dy: float, dx: float, out: Array) -> None:
    """out = ∂r_v/∂x − ∂r_u/∂y at the inner corners."""
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            out[j, i] = (rv[j + 2, i + 2] - rv[j + 2, i + 1]) / dx - (ru[j + 2, i + 2] - ru[j + 1, i + 2]) / dy


@njit(cache=True, nogil=True)
def largest(ru: Array, rv: Array) -> float:
    """Largest magnitude on the faces; not finite where one of them is not."""
    most, sound = 0.0, 0.0
    for j in range(1, ru.shape[0] - 1):
        for i in range(1, ru.shape[1] - 1):
            most = max(most, abs(ru[j, i]), abs(rv[j, i]))
            sound += 0.0 * (ru[j, i] + rv[j, i])
    return most + sound
