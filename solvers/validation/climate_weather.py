"""The stochastic climate against its exact statistics: each degree of a uniform planet is an Ornstein-Uhlenbeck process."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..climate import Climate
from ..exact_climate import weather_variances
from ..orbit import YEAR_DAYS, LegendreSun
from ..sphere import global_mean
from ..weather_noise import Weather
from .checks import Check, check

Array = NDArray[Any]
EXACT = "Ornstein-Uhlenbeck process driven by another, by degree"
WEATHER = Weather(amplitude=30.0, length_km=3000.0, time_days=5.0)
CAPACITY, SLOPE, DIFFUSIVITY = 2e7, 2.0, 0.555
YEARS, SPIN_UP = 600, 10
MONTH = YEAR_DAYS / 12
LAGS = (1, 3)  # months
SIGMAS = 4  # standard errors, measured on eight parts of the run


def weather_statistics() -> list[Check]:
    """Spread of monthly means, their covariance one and three months later, and between points 45° apart."""
    anomalies = monthly_anomalies(seed=1)
    quantities = [("variance of monthly means [K²]", anomalies * anomalies, _exact(0))]
    for lag in LAGS:
        product = anomalies[lag:] * anomalies[:-lag]
        quantities.append((f"covariance {lag} months apart [K²]", product, _exact(lag)))
    quarter = np.roll(anomalies, anomalies.shape[-1] // 8, axis=-1)[:, _equator(anomalies)] * anomalies[:, _equator(anomalies)]
    quantities.append(("covariance 45° apart on the equator [K²]", quarter, _exact(0, np.cos(np.pi / 4))))
    return [_judged(*quantity) for quantity in quantities]


def monthly_anomalies(seed: int) -> Array:
    """Deviations of monthly means from the climate without weather, (months, nlat, nlon) [K]."""
    water: dict[str, Any] = dict.fromkeys(("land_capacity", "ocean_capacity", "ice_capacity"), CAPACITY)
    climate = Climate(np.zeros((12, 24)), LegendreSun(), weather=WEATHER, ice_onset=-1000.0, steps=96, **water)
    calm = climate.equilibrium(1e-9).start
    return climate.months(climate.start(calm), YEARS + SPIN_UP, seed)[12 * SPIN_UP :] - calm


def _exact(lag: int, cosine: float = 1.0) -> float:
    by_degree = weather_variances(WEATHER, CAPACITY, SLOPE, DIFFUSIVITY, lag * MONTH, MONTH)
    return float(np.polynomial.legendre.legval(cosine, by_degree))


def _equator(fields: Array) -> slice:
    """The two rows beside the equator."""
    middle = fields.shape[1] // 2
    return slice(middle - 1, middle + 1)


def _judged(quantity: str, products: Array, exact: float) -> Check:
    """A mean over time and space, with the standard error that its eight parts show, and 2 % for the grid."""
    parts = [float(np.mean(global_mean(part))) for part in np.array_split(products, 8)]
    error = np.std(parts, ddof=1) / np.sqrt(len(parts))
    return check("weather on a uniform planet", quantity, float(np.mean(parts)), exact, SIGMAS * error + 0.02 * exact, EXACT)
