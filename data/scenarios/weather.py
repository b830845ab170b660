"""Scenario `weather`: what a month may be like on a planet with random continents, beside its calendar mean.

    C(T) ∂T/∂t = (1 − α(T)) Q(φ, t) − (A + B T) + 5.35 ln(C/280 ppm) + ∇·(D ∇T) + N

A red random heat flux N drives the climate of scenario `climate`; the outcome is the anomaly of one monthly mean from that of the
same planet without weather. So every sample has one and the same zero however few its members, and what ice makes of the weather
on average (a few tenths of its deviation where ice comes and goes) belongs to the distribution. Members are years apart, one run.

Anomalies are proportional to the amplitude of N but for what ice does. They are declared so: networks learn them in its unit.
"""

from dataclasses import dataclass, replace

import numpy as np

from ...solvers.climate import Climate, Weather
from ...solvers.errors import UsageError
from ...solvers.regrid_globe import regrid_globe
from ..domains import Globe, coarsen_on_globe
from ..scenario import Array, Fields, Scenario, Symmetry, Variable
from .climate import INPUTS as OF_CLIMATE
from .climate import ROUNDING, SYMMETRIES, Planet, draw_planet, planet_climate, render_planet
from .climate import check as check_planet

STORED, TRUTH = 24, 48  # weather of 2200 km and more is resolved on 12 rows already (DECISIONS.md)
STRIDE = 4  # years between members; a year's memory fades to 0.1 or less (DECISIONS.md)
SPIN_UP = 8  # years until the memory of a start without weather is gone
TOLERANCE = 1e-3  # K a year, of the climate without weather
TIME_DAYS = 5.0  # after which the weather has forgotten itself

DRAWN = {
    "weather_amplitude": (10.0, 40.0),  # W m⁻²
    "weather_length": (2200.0, 5000.0),  # km, log-uniform
}
SOLVED = {
    "weather_amplitude": (0.0, 1000.0),
    "weather_length": (300.0, 20000.0),
    "month_cosine": (-1.0, 1.0),
    "month_sine": (-1.0, 1.0),
}
ON_CIRCLE = 1e-3  # how far cosine and sine may be from those of a month

INPUTS = (
    *OF_CLIMATE,
    Variable("month_cosine", "1", "cosine of the time of the year, of the middle of the month", scalar=True),
    Variable("month_sine", "1", "sine of the time of the year, of the middle of the month", scalar=True),
    Variable("weather_amplitude", "W m-2", "standard deviation of the random heat flux", scalar=True, linearity="linear"),
    Variable("weather_length", "km", "correlation length of the random heat flux", scalar=True),
)
TARGETS = (
    Variable(
        "temperature",
        "K",
        "anomaly of the monthly mean surface temperature",
        "surface_temperature_anomaly",
        linearity="linear",
    ),
)
HALF_A_YEAR = {"month_cosine": -1.0, "month_sine": -1.0}


@dataclass(frozen=True)
class Moment:
    """One problem: a planet, a month (0 to 11) and its weather."""

    planet: Planet
    month: int
    numbers: dict[str, float]


def weather() -> Scenario:
    """The scenario `weather`."""
    return Scenario(
        name="weather",
        summary="a month's temperature anomalies under random weather, on a planet with random continents",
        inputs=INPUTS,
        targets=TARGETS,
        stored_resolution=STORED,
        truth_resolution=TRUTH,
        draw=draw_moment,
        render=render_moment,
        simulate=outcome,
        ensemble=anomalies,
        members={"train": 16, "validation": 16, "test": 64},
        stochastic=True,
        domain=Globe(),
        ladder=(12, 16, 18, 24, 36),
        coarsen=coarsen_on_globe,
        transfer=transfer,
        check=check,
        symmetries=tuple(map(in_its_month, SYMMETRIES)),
    )


def in_its_month(symmetry: Symmetry) -> Symmetry:
    """A symmetry of climates as one of single months: the other hemisphere has its seasons half a year later."""
    return replace(symmetry, roll={}, sign={**symmetry.sign, **HALF_A_YEAR}) if symmetry.roll else symmetry


def draw_moment(rng: np.random.Generator) -> Moment:
    """Draw a planet, a month, and a weather between the limits of DRAWN."""
    planet, month = draw_planet(rng), int(rng.integers(12))
    low, high = np.log(DRAWN["weather_length"])
    amplitude = float(rng.uniform(*DRAWN["weather_amplitude"]))
    return Moment(planet, month, {"weather_amplitude": amplitude, "weather_length": float(np.exp(rng.uniform(low, high)))})


def render_moment(moment: Moment, resolution: int) -> dict[str, Array]:
    """The conditions on a grid of so many rows."""
    angle = 2 * np.pi * (moment.month + 0.5) / 12
    season = {"month_cosine": np.cos(angle), "month_sine": np.sin(angle)}
    numbers = {name: np.array(value) for name, value in {**season, **moment.numbers}.items()}
    return {**render_planet(moment.planet, resolution), **numbers}


def outcome(conditions: Fields, seed: int = 0) -> Fields:
    """One outcome on the grid of the conditions."""
    return {name: a[0] for name, a in anomalies(conditions, seed, 1).items()}


def anomalies(conditions: Fields, seed: int, members: int) -> dict[str, Array]:
    """Monthly means of so many years, STRIDE years apart, less that of the planet without weather, (members, nlat, nlon) [K]."""
    model, month = windy_climate(conditions), month_of(conditions)
    calm = model.equilibrium(TOLERANCE)
    years = SPIN_UP + STRIDE * (members - 1) + 1
    run = model.months(model.start(calm.start), years, seed)[month::12]
    return {"temperature": run[SPIN_UP::STRIDE] - calm.temperature[month]}


def windy_climate(conditions: Fields) -> Climate:
    """The climate of these conditions, with its weather."""
    nlat = conditions["land"].shape[0]
    blowing = Weather(float(conditions["weather_amplitude"]), float(conditions["weather_length"]), TIME_DAYS)
    return replace(planet_climate(conditions, steps_a_year(nlat)), weather=blowing)


def steps_a_year(nlat: int) -> int:
    """Steps that are as coarse as the grid; spreads over land are 9, 2 and 0.6 % low with 12, 24 and 48 (DECISIONS.md)."""
    return 12 if nlat < 18 else 24 if nlat < 36 else 48


def month_of(conditions: Fields) -> int:
    """The month (0 to 11) from cosine and sine of its middle."""
    angle = np.arctan2(float(conditions["month_sine"]), float(conditions["month_cosine"]))
    return int(np.floor(angle / (2 * np.pi) * 12)) % 12


def transfer(targets: Fields, conditions: Fields, shape: tuple[int, int]) -> Fields:
    """The anomalies on another grid, with the same area means."""
    return {"temperature": regrid_globe(targets["temperature"], shape)}


def check(conditions: Fields) -> None:
    """Refuse conditions that describe no planet, no month or no weather.

    Raises:
        UsageError: for a value that is not finite or out of range.
    """
    check_planet(conditions)
    for name, (low, high) in SOLVED.items():
        value = float(conditions[name])
        if not low - ROUNDING <= value <= high + ROUNDING:
            raise UsageError(f"{name} has the value {value:g}; use {low:g} to {high:g}")
    angle = 2 * np.pi * (month_of(conditions) + 0.5) / 12
    found = float(conditions["month_cosine"]), float(conditions["month_sine"])
    if max(abs(found[0] - np.cos(angle)), abs(found[1] - np.sin(angle))) > ON_CIRCLE:
        wanted = f"{np.cos(angle):.4f} and {np.sin(angle):.4f}"
        raise UsageError(f"month_cosine={found[0]:g} and month_sine={found[1]:g} are of no month; the nearest has {wanted}")
