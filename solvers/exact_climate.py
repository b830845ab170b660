"""Exact solutions of the linear energy balance: its climate without seasons, and the statistics of its weather."""

from typing import Any

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import ArrayLike, NDArray

from .weather_noise import DAY, Weather

Array = NDArray[Any]


def legendre_climate(
    latitudes: ArrayLike,
    solar: float,
    second: float,
    coalbedo: tuple[float, float],
    longwave: tuple[float, float],
    diffusivity: float,
) -> Array:
    """Equilibrium under sunlight of two Legendre polynomials, with an albedo of two and without ice.

        T = ∑ T_n P_n(sin φ),   T_n = (Q H_n − A δ_n0)/(B + n(n+1) D),   (1 + s P₂)(a + b P₂) = ∑ H_n P_n,   n = 0, 2, 4

    Args:
        latitudes: φ [rad].
        solar, second: Q, a quarter of the solar constant [W m⁻²], and s [1].
        coalbedo: a and b of 1 − albedo = a + b P₂ [1].
        longwave: A and B [W m⁻², W m⁻² K⁻¹].
        diffusivity: D [W m⁻² K⁻¹].
    Returns:
        T at the latitudes [°C].
    Source: North (1975) J. Atmos. Sci. 32, 2033.
    """
    absorbed = solar * legendre.legmul([1, 0, second], [coalbedo[0], 0, coalbedo[1]])
    absorbed[0] -= longwave[0]
    n = np.arange(len(absorbed))
    return np.asarray(legendre.legval(np.sin(latitudes), absorbed / (longwave[1] + n * (n + 1) * diffusivity)))


def weather_variances(
    weather: Weather,
    capacity: float,
    slope: float,
    diffusivity: float,
    lag_days: float = 0.0,
    window_days: float = 0.0,
) -> Array:
    """Covariance of the temperature of a uniform planet with itself `lag_days` later, by degree of spherical harmonics.

        C ∂T/∂t = −B T + D ∇²T + N;   a red flux of rate ν drives each degree, of rate r_l = (B + l(l+1) D)/C, to
        cov_l(s) = a² p_l/C² ν/(r² − ν²) (e^{−ν|s|}/ν − e^{−r|s|}/r)

    The covariance of two points at the angle γ apart is ∑ cov_l P_l(cos γ), the variance of one ∑ cov_l.

    Args:
        weather: the flux.
        capacity: C [J m⁻² K⁻¹].
        slope, diffusivity: B and D [W m⁻² K⁻¹].
        lag_days: s; 0 or at least the window.
        window_days: of means over so many days instead of moments, 30.44 for months.
    Returns:
        (degrees+1,) [K²].
    """
    nu = 1 / (weather.time_days * DAY)
    degree = np.arange(weather.degrees + 1)
    rate = (slope + degree * (degree + 1) * diffusivity) / capacity
    rate = np.where(np.abs(rate / nu - 1) < 1e-6, nu * (1 + 1e-6), rate)  # the limit r → ν
    s, window = lag_days * DAY, window_days * DAY
    difference = _memory(nu, s, window) / nu - _memory(rate, s, window) / rate
    return np.asarray(weather.amplitude**2 * weather.shares() / capacity**2 * nu / (rate**2 - nu**2) * difference)


def _memory(rate: ArrayLike, lag: float, window: float) -> Array:
    """e^{−rate·lag}, averaged over two windows that begin `lag` apart."""
    x = np.asarray(rate) * window
    if window == 0:
        return np.asarray(np.exp(-np.asarray(rate) * lag))
    if lag == 0:
        return np.asarray(2 * (x + np.expm1(-x)) / x**2)
    return np.asarray(np.exp(-np.asarray(rate) * lag) * 2 * (np.cosh(x) - 1) / x**2)
