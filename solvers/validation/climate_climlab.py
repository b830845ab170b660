"""Energy balance models of climlab, with and without ice and seasons.

climlab steps forward by Euler's method: at 90 steps a year its own error is 0.15 K in the range of the seasons, and 0.35 K in the
annual mean where ice follows the seasons; with 1440 steps it comes within 0.05 K of our result.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..climate import Climate
from ..orbit import AnnualMean, LegendreSun, Orbit, Sunlight
from ..sphere import global_mean, latitudes
from . import climlab
from .checks import Check, check

Array = NDArray[Any]
CLIMLAB = "climlab 0.9.2"
GROUND = (0.33, 0.25)  # climlab's albedo without ice, where it has none
ICE: dict[str, Any] = {"albedo": (0.3, 0.078), "ice_albedo": 0.62, "ice_onset": -10.0, "ice_width": 0.0}
NONE: dict[str, Any] = {"ice_onset": -1000.0}
TOLERANCE = 1e-6  # K a year


def climlab_runs() -> list[Check]:
    """Runs without seasons, then with."""
    return [*without_seasons(), *with_seasons()]


def model(sunlight: Sunlight, rows: int = 90, **others: Any) -> Climate:
    """One column over water."""
    water = dict.fromkeys(("land_capacity", "ocean_capacity", "ice_capacity"), climlab.WATER)
    return Climate(np.zeros((rows, 1)), **{"orbit": sunlight, "solar_constant": climlab.SOLAR, "steps": 96, **water, **others})


def spun_up(planet: Climate) -> Array:
    """Temperature at the new year, year by year from climlab's own start, 12 − 40 P₂; a step albedo has several equilibria."""
    start = 12 - 20 * (3 * np.sin(latitudes(len(planet.land))) ** 2 - 1)
    return planet.equilibrium(TOLERANCE, accelerated=False, start=start[:, None]).start


def without_seasons() -> list[Check]:
    legendre, annual = LegendreSun(), AnnualMean(Orbit())
    cases = (
        ("EBM, step albedo", model(legendre, **ICE), climlab.EBM_DEFAULT, 0.02),
        ("EBM without ice", model(legendre, **NONE, albedo=ICE["albedo"]), climlab.NO_ICE, 0.02),
        ("EBM_annual", model(annual, **NONE, albedo=GROUND), climlab.ANNUAL, 0.02),
        ("EBM_annual with ice, 180 latitudes", model(annual, 180, diffusivity=0.55, **ICE), climlab.ANNUAL_ICE_180, 0.005),
    )
    checks = []
    for name, planet, (column, mean), tolerance in cases:
        ours = spun_up(planet)
        rows = len(ours)
        places = climlab.LATITUDES_180 if rows == 180 else climlab.LATITUDES
        apart = np.abs(at_latitudes(ours[:, 0], places) - column).max()
        checks.append(check(f"climlab, {name}", "largest deviation [K]", float(apart), 0.0, tolerance, CLIMLAB))
        checks.append(check(f"climlab, {name}", "global mean [°C]", float(global_mean(ours)), mean, tolerance / 2, CLIMLAB))
    return checks


def with_seasons() -> list[Check]:
    bare = seasons(model(Orbit(), **NONE, albedo=GROUND))
    coarse, fine = (seasons(model(Orbit(), steps=steps, **ICE)) for steps in (96, 1440))
    cases = (
        ("EBM_seasonal", bare, climlab.SEASONAL, (0.02, 0.2)),
        ("EBM_seasonal with ice, 90 steps a year", coarse, climlab.SEASONAL_ICE, (0.5, 0.75)),
        ("EBM_seasonal with ice, 1440 steps a year", fine, climlab.SEASONAL_ICE_1440, (0.05, 0.05)),
    )
    quantities = "largest deviation of the annual mean [K]", "largest deviation of the seasonal range [K]"
    return [
        check(f"climlab, {name}", quantity, float(np.abs(at_latitudes(x, climlab.LATITUDES) - y).max()), 0.0, tolerance, CLIMLAB)
        for name, ours, theirs, tolerances in cases
        for quantity, x, y, tolerance in zip(quantities, ours, theirs, tolerances, strict=True)
    ]


def seasons(planet: Climate) -> tuple[Array, Array]:
    """Annual mean [°C] and range [K] over the steps of a year in equilibrium, (rows,)."""
    state, year = planet.start(spun_up(planet)), []
    for _ in range(planet.steps):
        state = planet.step(state, planet.dt)
        year.append(state.temperature[:, 0])
    return np.mean(year, axis=0), np.ptp(year, axis=0)


def at_latitudes(column: Array, places: tuple[float, ...]) -> Array:
    """Values of the rows whose centres lie at these latitudes [degrees]."""
    return column[np.searchsorted(np.rad2deg(latitudes(len(column))), np.array(places) - 0.1)]
