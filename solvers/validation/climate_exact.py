"""The energy balance against exact solutions: linear climates, sensitivity, insolation, conservation, orders."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..climate import DAY, YEAR, Climate
from ..exact_climate import legendre_climate
from ..orbit import LegendreSun, Orbit
from ..sphere import apply_exchange, exchange, global_mean, latitudes, longitudes
from .checks import Check, check, observed_order
from .insolation import DAYS, LATITUDES, PUBLISHED, SOLAR

Array = NDArray[Any]
NORTH = "North (1975) J. Atmos. Sci. 32, 2033, three Legendre terms"
BERGER = "climlab 0.9.2, Berger (1978) J. Atmos. Sci. 35, 2362"
CLOSED = "closed form"
BUDGET = "conservation of energy"
ROS2 = "Verwer et al. (1999) SIAM J. Sci. Comput. 20, 1456"
STEFAN_BOLTZMANN = 5.670374e-8  # W m⁻² K⁻⁴
ROWS = 64
ALBEDO = (0.3, 0.078)


def exact_climates() -> list[Check]:
    """All checks against closed forms."""
    return [*linear_model(), *sensitivity(), *insolation(), *conservation(), *orders(), no_atmosphere()]


def planet(nlat: int, nlon: int, **others: Any) -> Climate:
    """Ten metres of water everywhere, no ice."""
    water = dict.fromkeys(("land_capacity", "ocean_capacity", "ice_capacity"), 4.2e7)
    return Climate(np.zeros((nlat, nlon)), **{**water, "ice_onset": -1000.0, **others})


def earth(nlat: int, nlon: int, **others: Any) -> Climate:
    """A continent of wavenumber two, with ice, seasons and wind."""
    phi, lam = latitudes(nlat)[:, None], longitudes(nlon)
    land = np.clip(0.3 + 2 * np.cos(phi) * np.sin(2 * lam), 0, 1)
    return Climate(land, **others)


def linear_model() -> tuple[Check, Check]:
    """Without seasons and ice, at the centres of 64 rows."""
    errors = {n: np.abs(_linear(n) - _exact(n)).max() for n in (16, 32, ROWS)}
    order = observed_order([1 / n for n in errors], list(errors.values()))
    return (
        check("linear climate", f"largest error at {ROWS} latitudes [K]", float(errors[ROWS]), 0.0, 0.02, NORTH),
        check("linear climate", "order in space", order, Climate.order, 0.15, NORTH),
    )


def _linear(n: int) -> Array:
    year = planet(n, 1, orbit=LegendreSun(), albedo=ALBEDO, solar_constant=4 * 341.3).equilibrium(1e-8)
    return year.start[:, 0]


def _exact(n: int) -> Array:
    return legendre_climate(latitudes(n), 341.3, -0.48, (1 - ALBEDO[0], -ALBEDO[1]), (210.0, 2.0), 0.555)


def sensitivity() -> list[Check]:
    """Twice the carbon dioxide on a planet without ice, with seasons and any mixing: F/B in the mean, and everywhere."""
    once, twice = (planet(18, 36, co2=co2).equilibrium(1e-10).temperature for co2 in (280.0, 560.0))
    warming, exact = twice - once, 5.35 * np.log(2) / 2
    return [
        check("twice the carbon dioxide", "global warming [K]", float(global_mean(warming).mean()), exact, 1e-8, "F/B"),
        check("twice the carbon dioxide", "largest warming [K]", float(warming.max()), exact, 1e-8, "F/B"),
    ]


def insolation() -> list[Check]:
    """Daily means by latitude and day, as shares of the table, where the sun gives more than 1 W m⁻²."""
    ours, published = SOLAR * Orbit().shares(np.deg2rad(LATITUDES), DAYS).T, np.array(PUBLISHED)
    bright = published > 1
    relative, dark = np.abs(ours[bright] / published[bright] - 1), ours[~bright]
    return [
        check("daily insolation", "largest relative error", float(relative.max()), 0.0, 0.005, BERGER),
        check("daily insolation", "largest in the dark [W m⁻²]", float(dark.max()), 0.0, 0.5, BERGER),
    ]


def conservation() -> list[Check]:
    """In − out − gained over in, of one step of each month, and exchange between cells alone."""
    climate = earth(36, 72, wind=3.0)
    rng, worst, exchanged = np.random.default_rng(0), 0.0, 0.0
    for month in range(12):
        state = climate.start(rng.normal(0, 25, climate.shape))._replace(time=month * YEAR / 12)
        budget = climate.budget(state, 5 * DAY, rng.normal(0, 30, climate.shape))
        worst = max(worst, abs(budget.residual) / budget.absorbed)
        exchanged = max(exchanged, abs(budget.exchanged) / budget.absorbed)
    return [
        check("energy budget", "in − out − gained, over in", worst, 0.0, 1e-12, BUDGET),
        check("energy budget", "exchange between cells, over in", exchanged, 0.0, 1e-12, BUDGET),
    ]


def orders() -> list[Check]:
    """Eigenvalues of −∇² on two harmonics, in the mean square, and the order in time of a year with continents."""
    grids, checks = (18, 36, 72), []
    for degree in (2, 3):
        order = observed_order([1 / n for n in grids], [_eigenvalue_error(n, degree) for n in grids])
        checks.append(check("diffusion on the sphere", f"order in space, degree {degree}", order, 2.0, 0.15, CLOSED))
    counts = (48, 96, 192)
    start = earth(12, 24).equilibrium(0.1).start
    ends = {steps: _after_a_year(start, steps) for steps in (*counts, 1536)}
    errors = [float(np.sqrt(global_mean((ends[steps] - ends[1536]) ** 2))) for steps in counts]
    order = observed_order([1 / steps for steps in counts], errors)
    return [*checks, check("a year with continents", "order in time", order, Climate.time_order, 0.2, ROS2)]


def _after_a_year(start: Array, steps: int) -> Array:
    climate = earth(12, 24, steps=steps, ice_capacity=2.1e8)
    return climate.run_years(climate.start(start), 1).temperature


def _eigenvalue_error(n: int, degree: int) -> float:
    """Of sin φ cos^{l−1} φ cos (l−1)λ, of degree l = 2 or 3."""
    phi, lam = latitudes(n)[:, None], longitudes(2 * n)
    wave = np.sin(phi) * np.cos(phi) ** (degree - 1) * np.cos((degree - 1) * lam)
    error = apply_exchange(exchange(1.0, 0.0, n, 2 * n), wave) + degree * (degree + 1) * wave
    return float(np.sqrt(global_mean(error**2)))


def no_atmosphere() -> Check:
    """The Earth of albedo 0.3 as a black body: σT⁴ made linear at 255 K, which leaves its equilibrium where it is."""
    kelvin = 255.0
    slope = 4 * STEFAN_BOLTZMANN * kelvin**3
    offset = STEFAN_BOLTZMANN * kelvin**4 + slope * (273.15 - kelvin)
    bare = planet(18, 1, orbit=LegendreSun(), solar_constant=1361.0, albedo=(0.3, 0.0), longwave=(offset, slope))
    exact = (1361.0 * 0.7 / 4 / STEFAN_BOLTZMANN) ** 0.25
    mean = float(global_mean(bare.equilibrium(1e-8).start)) + 273.15
    return check("no atmosphere", "temperature [K]", mean, exact, 0.01, "Stefan-Boltzmann law, 255 K")
