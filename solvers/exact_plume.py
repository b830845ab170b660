"""Exact solutions of plumes in a plane: a line source in a uniform wind, and warm air that rises from a line in still air."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import k0e

Array = NDArray[Any]


def line_plume(x: ArrayLike, y: ArrayLike, height: float, wind: float, diffusivity: float) -> Array:
    """Concentration behind a line source of 1 m² s⁻¹ at (0, h) over ground that takes nothing in.

        u ∂c/∂x = κ ∇²c,   c = ∑ 1/(2πκ) exp(u (x − r)/2κ) e^{ur/2κ} K₀(u r/2κ),   r² = x² + (y ∓ h)²

    Args:
        x, y: points, the ground at y = 0 [m].
        height: h ≥ 0 [m].
        wind, diffusivity: u and κ, both > 0 [m s⁻¹, m² s⁻¹].
    Returns:
        c [1].
    Source: Carslaw & Jaeger, Conduction of Heat in Solids (1959), §10.7, a moving line source.
    """
    x, y, rate = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), wind / (2 * diffusivity)
    away = [np.hypot(x, y - side * height) for side in (1, -1)]
    return np.asarray(sum(np.exp(rate * (x - r)) * k0e(rate * r) for r in away) / (2 * np.pi * diffusivity))


def line_variance(x: ArrayLike, size: float, wind: float, diffusivity: float) -> Array:
    """Variance of c across the wind behind a source with the variance s², away from all walls [m²].

        σ² = s² + 2κ x/u + 4 κ²/u²,   x ≫ s, κ/u

    which the moments ∫ c dy and ∫ c y² dy of u ∂c/∂x = κ ∇²c + source obey; the last term comes from diffusion along the wind.
    """
    return np.asarray(size**2 + 2 * diffusivity / wind * np.asarray(x) + 4 * (diffusivity / wind) ** 2)


class Rising(NamedTuple):
    """Upward velocity on the axis [m s⁻¹], buoyancy on it [m s⁻²], and flow towards the plume up to a height, from one side
    [m² s⁻¹]."""

    velocity: Array
    buoyancy: Array
    inflow: Array


def rising_plume(y: ArrayLike, flux: float, viscosity: float) -> Rising:
    """Laminar plume above a line that warms still air, as a boundary layer with the Prandtl number 2, κ = ν/2.

        ψ = C y^{3/5} tanh z,   v = α C y^{1/5} sech² z,   b = B y^{−3/5} sech⁴ z,   z = α x y^{−2/5}
        C = 10/3 ν α,   B = 80/9 ν² α⁴,   F = ∫ v b dx = 2560/81 ν³ α⁵

    Args:
        y: height above the line, y > 0 for the buoyancy [m].
        flux: F, of buoyancy [m³ s⁻³].
        viscosity: ν [m² s⁻¹].
    Source: Brand & Lahey (1967) J. Fluid Mech. 29, 305, in variables with dimensions.
    """
    y = np.asarray(y, dtype=np.float64)
    alpha = (81 * flux / (2560 * viscosity**3)) ** 0.2
    stream = 10 / 3 * viscosity * alpha
    with np.errstate(divide="ignore"):
        warmth = 80 / 9 * viscosity**2 * alpha**4 * y**-0.6
    return Rising(alpha * stream * y**0.2, warmth, stream * y**0.6)
