"""Weather as a random heat flux: a Gaussian field on the sphere that forgets itself exponentially.

    N = a ∑ √(p_l/(2l+1)) z_lm Y_lm,   dz = −z dt/τ + √(2/τ) dW,   p_l ∝ (2l+1) exp(−l(l+1) L²/2R²),   ∑ p_l = 1

so that everywhere N has the standard deviation a, and the correlation exp(−d²/2L²) at distances d well below the radius R. A step
takes the mean of N over its duration, drawn together with the value at its end, so that no step is too long for τ.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .errors import UsageError
from .harmonics import circles, legendre_functions
from .sphere import latitudes, longitudes

Array = NDArray[Any]
RADIUS_KM = 6371.0
DAY = 86400.0
TAIL = 4.0  # degrees up to TAIL R/L: those beyond carry e⁻⁸ each, relative to the lowest


@dataclass(frozen=True)
class Weather:
    """A random heat flux.

    Attributes:
        amplitude: standard deviation a ≥ 0 [W m⁻²].
        length_km: correlation length L, 300 to 20000 [km].
        time_days: decorrelation time τ > 0 [days].
    Raises:
        UsageError: for a number out of range.
    Source: North, Wang & Genton (2011) J. Climate 24, 5850, for stochastic energy balance on the sphere.
    """

    amplitude: float
    length_km: float = 1500.0
    time_days: float = 5.0

    def __post_init__(self) -> None:
        if not 0 <= self.amplitude < np.inf:
            raise UsageError(f"amplitude={self.amplitude} W m⁻² is out of range; use 0 or more")
        if not 300 <= self.length_km <= 20000:
            raise UsageError(f"length_km={self.length_km} is out of range; use 300 to 20000 km")
        if not 0 < self.time_days < np.inf:
            raise UsageError(f"time_days={self.time_days} is out of range; use a positive time")

    @property
    def degrees(self) -> int:
        """The highest degree l that has a share."""
        return int(np.ceil(TAIL * RADIUS_KM / self.length_km))

    def shares(self) -> Array:
        """p_l, the share of each degree in the variance, (degrees+1,)."""
        degree = np.arange(self.degrees + 1)
        raw = (2 * degree + 1) * np.exp(-degree * (degree + 1) * (self.length_km / RADIUS_KM) ** 2 / 2)
        return np.asarray(raw / raw.sum())


class Noise(NamedTuple):
    """The field on a grid: a √(p_l/(2l+1)) P_l|m| of each mode, (modes, nlat), mode l² + l + m; cos mλ and sin |m|λ of each m,
    (2 degrees + 1, nlon); z; room for the sum over degrees and for the field [W m⁻²]; and the numbers of one step: how z decays,
    what its mean keeps of it, and the three deviations of the pair (mean, end) around that."""

    patterns: Array
    circles: Array
    state: Array
    spectrum: Array
    field: Array
    decay: float
    kept: float
    spread: float
    shared: float
    rest: float


def noise(weather: Weather, shape: tuple[int, int], dt: float, rng: np.random.Generator) -> Noise:
    """The weather on a grid, in a stationary state drawn anew; the same on every grid for the same rng.

    Raises:
        UsageError: if the grid cannot carry the correlation length.
    """
    nlat, nlon = shape
    if weather.degrees > nlat:
        shortest = TAIL * RADIUS_KM / nlat
        raise UsageError(f"length_km={weather.length_km} is too short for {nlat} rows; use {shortest:.0f} or more, or more rows")
    degrees = weather.degrees
    scale = weather.amplitude * np.sqrt(weather.shares() / (2 * np.arange(degrees + 1) + 1))
    patterns = np.repeat(scale, 2 * np.arange(degrees + 1) + 1)[:, None] * legendre_functions(degrees, latitudes(nlat))
    around = circles(degrees, longitudes(nlon))
    state = rng.standard_normal((degrees + 1) ** 2)
    room = np.empty((2 * degrees + 1, nlat)), np.empty(shape)
    return Noise(patterns, around, state, *room, *_pair(dt / (weather.time_days * DAY)))


def _pair(x: float) -> tuple[float, float, float, float, float]:
    """Of z over a step of x decorrelation times: decay of z and what its mean keeps, then the Cholesky factor of the rest.

    Source: Gillespie (1996) Phys. Rev. E 54, 2084, the integral of an Ornstein-Uhlenbeck process.
    """
    decay, kept = np.exp(-x), -np.expm1(-x) / x
    variance = (2 * x - 3 + 4 * decay - decay**2) / x**2 if x > 1e-3 else 2 * x / 3 - x**2 / 2
    spread = np.sqrt(variance)
    shared = np.expm1(-x) ** 2 / x / spread
    return float(decay), float(kept), float(spread), float(shared), float(np.sqrt(max(-np.expm1(-2 * x) - shared**2, 0.0)))


@njit(cache=True, nogil=True, error_model="numpy")
def blow(n: Noise, rng: Any) -> None:
    """Take the weather one step on and leave its mean over the step in `n.field` [W m⁻²]."""
    n.spectrum[:] = 0.0
    degrees = n.spectrum.shape[0] // 2
    mode = 0
    for degree in range(degrees + 1):
        for m in range(-degree, degree + 1):
            first = rng.standard_normal()
            mean = n.kept * n.state[mode] + n.spread * first
            n.state[mode] = n.decay * n.state[mode] + n.shared * first + n.rest * rng.standard_normal()
            for j in range(n.spectrum.shape[1]):
                n.spectrum[degrees + m, j] += mean * n.patterns[mode, j]
            mode += 1
    np.dot(n.spectrum.T, n.circles, n.field)
