"""Sunlight at the top of the atmosphere over latitudes and days, as a share of the solar constant."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import UsageError

Array = NDArray[Any]
YEAR_DAYS = 365.2422
MOST_ECCENTRIC = 0.9
KEPLER_STEPS = 12  # of Newton's method, to round-off up to the largest eccentricity


class Sunlight(Protocol):
    """What can light a planet."""

    def shares(self, latitudes: ArrayLike, days: ArrayLike, /) -> Array:
        """Daily mean insolation over the solar constant, (days, latitudes) [1], at latitudes [rad] and days of the year."""


@dataclass(frozen=True)
class Orbit:
    """Daily insolation along a Kepler orbit.

        Q/S = (1/π) ((1 + e cos ν)/(1 − e²))² (h sin φ sin δ + cos φ cos δ sin h),   cos h = −tan φ tan δ,   sin δ = sin ε sin λ

    with the true longitude λ counted from the northern vernal equinox, the true anomaly ν = λ − ϖ and ν over time by Kepler's
    equation, solved exactly rather than by a series in e.

    Attributes:
        eccentricity: e, 0 to 0.9 [1].
        obliquity_deg: ε, 0 to 90 [degrees].
        perihelion_deg: ϖ, longitude of the sun at perihelion, from the vernal equinox [degrees].
        equinox_day: day of the year of the vernal equinox, where the first of January is day 1.
    Raises:
        UsageError: for a number out of range.
    Source: Berger (1978) J. Atmos. Sci. 35, 2362; the defaults are today's orbit as in climlab.
    """

    eccentricity: float = 0.017236
    obliquity_deg: float = 23.446
    perihelion_deg: float = 281.37
    equinox_day: float = 80.0

    def __post_init__(self) -> None:
        if not 0 <= self.eccentricity <= MOST_ECCENTRIC:
            raise UsageError(f"eccentricity={self.eccentricity} is out of range; use 0 to {MOST_ECCENTRIC}")
        if not 0 <= self.obliquity_deg <= 90:
            raise UsageError(f"obliquity_deg={self.obliquity_deg} is out of range; use 0 to 90 degrees")
        for name in ("perihelion_deg", "equinox_day"):
            if not np.isfinite(getattr(self, name)):
                raise UsageError(f"{name}={getattr(self, name)} is not finite; use an angle in degrees or a day of the year")

    def shares(self, latitudes: ArrayLike, days: ArrayLike, /) -> Array:
        """Daily mean insolation over the solar constant, (days, latitudes) [1], at latitudes [rad] and days of the year."""
        longitude, nearness = self._position(np.asarray(days, np.float64))
        sine = np.sin(np.deg2rad(self.obliquity_deg)) * np.sin(longitude)
        phi = np.asarray(latitudes, np.float64)
        up = np.outer(sine, np.sin(phi))
        across = np.outer(np.sqrt(1 - sine**2), np.cos(phi))
        noon = np.clip(-up / np.maximum(across, 1e-300), -1, 1)
        return np.asarray((np.arccos(noon) * up + across * np.sqrt(1 - noon**2)) * (nearness**2 / np.pi)[:, None])

    def _position(self, days: Array) -> tuple[Array, Array]:
        """True longitude of the sun [rad] and the mean distance over the distance, in units of the major half-axis."""
        e, perihelion = self.eccentricity, np.deg2rad(self.perihelion_deg)
        mean = self.equinox_anomaly() + (days - self.equinox_day) * (2 * np.pi / YEAR_DAYS)
        excentric = mean + e * np.sin(mean)
        for _ in range(KEPLER_STEPS if e > 0 else 0):
            excentric = excentric - (excentric - e * np.sin(excentric) - mean) / (1 - e * np.cos(excentric))
        half = np.sqrt((1 + e) / (1 - e))
        anomaly = 2 * np.arctan2(half * np.sin(excentric / 2), np.cos(excentric / 2))
        return anomaly + perihelion, (1 + e * np.cos(anomaly)) / (1 - e**2)

    def equinox_anomaly(self) -> float:
        """The mean anomaly at the vernal equinox [rad]: days from perihelion, times 2π over a year."""
        e, nu = self.eccentricity, -np.deg2rad(self.perihelion_deg)
        excentric = 2 * np.arctan2(np.sqrt((1 - e) / (1 + e)) * np.sin(nu / 2), np.cos(nu / 2))
        return float(excentric - e * np.sin(excentric))


def mean_calendar(eccentricity: float, obliquity_deg: float, perihelion_deg: float, day: float = 80.0) -> Orbit:
    """An orbit whose mean longitude, not the true one, is zero on `day`.

    The sun of the other hemisphere is then exactly that of perihelion + 180° half a year later, which the true equinox on a
    fixed day spoils by up to 2e radians. The equinox falls before or after `day` by that much.
    """
    free = Orbit(eccentricity, obliquity_deg, perihelion_deg)
    turn = free.equinox_anomaly() + np.deg2rad(perihelion_deg)
    late = float(np.angle(np.exp(1j * turn)))
    return Orbit(eccentricity, obliquity_deg, perihelion_deg, day + late * YEAR_DAYS / (2 * np.pi))


@dataclass(frozen=True)
class AnnualMean:
    """The mean over a year of another sunlight, all year: a climate without seasons.

    Attributes:
        of: what is averaged.
    """

    of: Sunlight

    def shares(self, latitudes: ArrayLike, days: ArrayLike, /) -> Array:
        """As `Sunlight.shares`, the same on every day."""
        mean = self.of.shares(latitudes, 1 + (np.arange(360) + 0.5) * (YEAR_DAYS / 360)).mean(axis=0)
        return np.tile(mean, (np.size(days), 1))


@dataclass(frozen=True)
class LegendreSun:
    """Sunlight without seasons, of two Legendre polynomials: Q/S = (1 + s P₂(sin φ))/4.

    Attributes:
        second: s, of which −0.48 fits the annual mean on Earth [1].
    Source: North (1975) J. Atmos. Sci. 32, 2033.
    """

    second: float = -0.48

    def shares(self, latitudes: ArrayLike, days: ArrayLike, /) -> Array:
        """As `Sunlight.shares`, the same on every day."""
        p2 = (3 * np.sin(latitudes) ** 2 - 1) / 2
        return np.tile((1 + self.second * p2) / 4, (np.size(days), 1))
