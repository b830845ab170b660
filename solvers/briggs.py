"""What practice uses for smoke over open country: rise and spread of plumes by Briggs, and the Gaussian plume. SI units.

Source: EPA, User's Guide for the Industrial Source Complex (ISC3) Dispersion Models, vol. II (1995), §1.1; Briggs, Diffusion
Estimation for Small Emissions, ATDL-79 (1973); Turner, Workbook of Atmospheric Dispersion Estimates, AP-26 (1970).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import UsageError

Array = NDArray[Any]
GRAVITY = 9.80616
ENTRAINMENT = 0.6  # β, growth of the radius per rise of a bent-over plume
STRONG = 55.0  # buoyancy flux from which the plume counts as strong [m⁴ s⁻³]


class Growth(NamedTuple):
    """σ = a x (1 + b x)^n, x in m."""

    slope: float
    bend: float = 0.0
    power: float = -0.5

    def at(self, x: ArrayLike) -> Array:
        return np.asarray(self.slope * np.asarray(x) * (1 + self.bend * np.asarray(x)) ** self.power)


# across the wind and upwards, by Pasquill's class of stability
RURAL = {
    "A": (Growth(0.22, 1e-4), Growth(0.20)),
    "B": (Growth(0.16, 1e-4), Growth(0.12)),
    "C": (Growth(0.11, 1e-4), Growth(0.08, 2e-4)),
    "D": (Growth(0.08, 1e-4), Growth(0.06, 1.5e-3)),
    "E": (Growth(0.06, 1e-4), Growth(0.03, 3e-4, -1.0)),
    "F": (Growth(0.04, 1e-4), Growth(0.016, 3e-4, -1.0)),
}
_CONVECTIVE = (Growth(0.32, 4e-4), Growth(0.24, 1e-3, 0.5))
_CALM = (Growth(0.11, 4e-4), Growth(0.08, 1.5e-3))
URBAN = {
    "A": _CONVECTIVE,
    "B": _CONVECTIVE,
    "C": (Growth(0.22, 4e-4), Growth(0.20)),
    "D": (Growth(0.16, 4e-4), Growth(0.14, 3e-4)),
    "E": _CALM,
    "F": _CALM,
}


def spreads(stability: str, x: ArrayLike, urban: bool = False) -> tuple[Array, Array]:
    """σ_y and σ_z at distances x > 0 from the stack, in a class of stability from A to F [m].

    Raises:
        UsageError: for another class.
    """
    classes = URBAN if urban else RURAL
    if stability not in classes:
        raise UsageError(f"stability={stability} is no class of Pasquill; use one of {', '.join(classes)}")
    across, upwards = classes[stability]
    return across.at(x), upwards.at(x)


def ground_concentration(stability: str, x: ArrayLike, emission: float, wind: float, height: float) -> Array:
    """Concentration on the ground below the axis of a plume over open country that the ground reflects.

        C = Q/(π u σ_y σ_z) exp(−H²/2σ_z²)

    Args:
        stability, x: as `spreads`.
        emission: Q [g s⁻¹].
        wind: u at the mouth [m s⁻¹].
        height: H of the plume's axis [m].
    Returns:
        C [g m⁻³].
    """
    across, upwards = spreads(stability, x)
    return np.asarray(emission / (np.pi * wind * across * upwards) * np.exp(-(height**2) / (2 * upwards**2)))


def buoyancy_flux(exit_velocity: float, diameter: float, gas: float, air: float) -> float:
    """F = g w d² ΔT/(4 T_gas) of a stack, temperatures in K [m⁴ s⁻³]."""
    return GRAVITY * exit_velocity * diameter**2 * (gas - air) / (4 * gas)


def final_rise(flux: float, wind: float, stratification: float = 0.0) -> tuple[float, float]:
    """Distance from the stack of the final rise of a buoyant plume, and that rise.

        neutral:  x = 49 F^{5/8},  Δh = 21.425 F^{3/4}/u for F < 55;   x = 119 F^{2/5},  Δh = 38.71 F^{3/5}/u
        stable:   x = 2.0715 u/N,  Δh = 2.6 (F/(u N²))^{1/3}

    Args:
        flux: F [m⁴ s⁻³].
        wind: u [m s⁻¹].
        stratification: N² ≥ 0 [s⁻²].
    Returns:
        x and Δh [m].
    """
    if stratification > 0:
        return 2.0715 * wind / stratification**0.5, 2.6 * (flux / (wind * stratification)) ** (1 / 3)
    if flux < STRONG:
        return 49 * flux**0.625, 21.425 * flux**0.75 / wind
    return 119 * flux**0.4, 38.71 * flux**0.6 / wind


def bent_over_rise(time: ArrayLike, flux: float, wind: float, radius: float = 0.0, stratification: float = 0.0) -> Array:
    """Rise of a buoyant plume that the wind has bent over, until it has risen most.

        d(r² ḣ)/dt = F/u cos Nt,   r = r₀ + β h:   (r₀/β + h)³ = (r₀/β)³ + 3F/(β² u N²) (1 − cos Nt)

    for N → 0 and r₀ = 0 the law of two thirds, h = (3/2β²)^{1/3} F^{1/3} x^{2/3}/u = 1.6 F^{1/3} x^{2/3}/u with x = u t.

    Args:
        time: t from the stack, N t ≤ π [s].
        flux: F [m⁴ s⁻³].
        wind: u [m s⁻¹].
        radius: r₀ ≥ 0 at first [m].
        stratification: N² ≥ 0 [s⁻²].
    Source: Briggs in Lectures on Air Pollution and Environmental Impact Analyses, AMS (1975), 59.
    """
    t, begun = np.asarray(time, dtype=np.float64), radius / ENTRAINMENT
    half = 0.5 * stratification**0.5
    lifted = (np.sinc(half * t / np.pi) * t) ** 2 / 2  # (1 − cos Nt)/N²
    return np.asarray((begun**3 + 3 * flux / (ENTRAINMENT**2 * wind) * lifted) ** (1 / 3) - begun)
