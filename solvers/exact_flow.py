"""Exact solutions of the incompressible Navier-Stokes equations, density 1, in any consistent units.

    ∂u/∂t + ∇·(u u) = −∇p + ν ∇²u + f,   ∇·u = 0

The double shear layer at the end has no closed form; its start is a published one.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
TERMS = 400


class Exact(NamedTuple):
    """Velocity [m s⁻¹] and kinematic pressure [m² s⁻²] at the points asked for."""

    u: Array
    v: Array
    p: Array


def taylor_green(x: ArrayLike, y: ArrayLike, time: float, viscosity: float, drift: tuple[float, float] = (0.0, 0.0)) -> Exact:
    """Decaying vortices of period 2π, carried along by a uniform flow.

        u = U + cos ξ sin η F,   v = V − sin ξ cos η F,   p = −¼ (cos 2ξ + cos 2η) F²
        ξ = x − U t,   η = y − V t,   F = exp(−2νt)

    Args:
        x, y: points [m]; time [s]; viscosity ν [m² s⁻¹].
        drift: (U, V) [m s⁻¹].
    Source: Taylor & Green (1937) Proc. R. Soc. A 158, 499; the drift by Galilean invariance.
    """
    xi, eta = np.asarray(x) - drift[0] * time, np.asarray(y) - drift[1] * time
    decay = np.exp(-2 * viscosity * time)
    u = drift[0] + np.cos(xi) * np.sin(eta) * decay
    v = drift[1] - np.sin(xi) * np.cos(eta) * decay
    return Exact(u, v, -0.25 * (np.cos(2 * xi) + np.cos(2 * eta)) * decay**2)


def kovasznay(x: ArrayLike, y: ArrayLike, reynolds: float) -> Exact:
    """Steady flow behind a row of obstacles of spacing 1 in y, ν = 1/Re.

        u = 1 − exp(λx) cos 2πy,   v = λ/2π exp(λx) sin 2πy,   p = ½ (1 − exp(2λx)),   λ = Re/2 − √(Re²/4 + 4π²)

    Source: Kovasznay (1948) Proc. Camb. Phil. Soc. 44, 58.
    """
    x, phase = np.asarray(x), 2 * np.pi * np.asarray(y)
    rate = reynolds / 2 - np.sqrt(reynolds**2 / 4 + 4 * np.pi**2)
    wave = np.exp(rate * x)
    u, v = 1 - wave * np.cos(phase), rate / (2 * np.pi) * wave * np.sin(phase)
    return Exact(u, v, np.broadcast_to(0.5 * (1 - wave**2), u.shape))


def poiseuille_startup(y: ArrayLike, time: float, force: float = 1.0, viscosity: float = 1.0) -> Array:
    """Velocity between still walls y = 0 and 1 when a uniform force sets fluid at rest in motion [m s⁻¹].

        ∂u/∂t = G + ν ∂²u/∂y²,   u = G/2ν y(1−y) − ∑_{n odd} 4G/(ν n³π³) sin(nπy) exp(−n²π²νt)

    Source: Batchelor, An Introduction to Fluid Dynamics (1967), §4.3.
    """
    n = np.arange(1, TERMS, 2)
    y = np.asarray(y, dtype=np.float64)
    terms = np.sin(np.pi * n * y[..., None]) * np.exp(-((np.pi * n) ** 2) * viscosity * time) / (np.pi * n) ** 3
    return np.asarray(force / viscosity * (y * (1 - y) / 2 - 4 * terms.sum(axis=-1)))


def couette_startup(y: ArrayLike, time: float, speed: float = 1.0, viscosity: float = 1.0) -> Array:
    """Velocity between a still wall y = 0 and a wall y = 1 that moves from t = 0 on [m s⁻¹].

        ∂u/∂t = ν ∂²u/∂y²,   u = U y + ∑ 2U (−1)ⁿ/(nπ) sin(nπy) exp(−n²π²νt)

    Source: Batchelor, An Introduction to Fluid Dynamics (1967), §4.3.
    """
    n = np.arange(1, TERMS)
    y = np.asarray(y, dtype=np.float64)
    terms = (-1.0) ** n * np.sin(np.pi * n * y[..., None]) * np.exp(-((np.pi * n) ** 2) * viscosity * time) / (np.pi * n)
    return np.asarray(speed * (y + 2 * terms.sum(axis=-1)))


class Vortex(NamedTuple):
    """Velocity [m s⁻¹] and vorticity ∂v/∂x − ∂u/∂y [s⁻¹] at the points asked for."""

    u: Array
    v: Array
    vorticity: Array


def lamb_oseen(x: ArrayLike, y: ArrayLike, time: float, viscosity: float, circulation: float = 1.0) -> Vortex:
    """A line vortex at the origin that spreads by viscosity, from t = 0 on.

        u_θ = Γ/(2πr) (1 − exp(−r²/4νt)),   ω = Γ/(4πνt) exp(−r²/4νt)

    Source: Batchelor, An Introduction to Fluid Dynamics (1967), §4.5.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    core = 4 * viscosity * time
    far = np.maximum((x**2 + y**2) / core, np.finfo(np.float64).tiny)
    spin = circulation / (2 * np.pi * core) * -np.expm1(-far) / far  # u_θ/r
    return Vortex(-spin * y, spin * x, circulation / (np.pi * core) * np.exp(-far))


def double_shear_layer(x: ArrayLike, y: ArrayLike, steepness: float = 30.0, disturbance: float = 0.05) -> tuple[Array, Array]:
    """Velocity of two shear layers in the unit periodic square, the start of a roll-up [m s⁻¹].

        u = tanh ρ(y − ¼) for y ≤ ½, tanh ρ(¾ − y) above,   v = δ sin 2π(x + ¼)

    Source: Brown & Minion (1995) J. Comput. Phys. 122, 165.
    """
    x, y = np.broadcast_arrays(np.asarray(x), np.asarray(y))
    u = np.tanh(steepness * np.where(y <= 0.5, y - 0.25, 0.75 - y))
    return u, disturbance * np.sin(2 * np.pi * (x + 0.25))
