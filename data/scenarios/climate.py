"""Scenario `climate`: the seasons of a planet with random continents, as twelve monthly means at equilibrium.

    C(T) ∂T/∂t = (1 − α(T)) Q(φ, t) − (A + B T) + 5.35 ln(C/280 ppm) + ∇·(D ∇T)

Months are twelfths of the year; the calendar is that of the mean sun, which crosses the equator northwards on day 80, so that the
other hemisphere has exactly the seasons of half a year later (`mean_calendar`). Every planet starts as warm as the Earth, which
decides between equilibria where there are several.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from ...solvers.climate import Climate, Year
from ...solvers.errors import UsageError
from ...solvers.orbit import mean_calendar
from ...solvers.regrid_globe import regrid_globe
from ...solvers.sphere import area_shares, global_mean
from ..domains import Globe, coarsen_on_globe
from ..scenario import Array, Fields, Scenario, Symmetry, Variable
from .continents import Continents, draw_continents, render_continents

STORED, TRUTH = 36, 72
TRUTH_TOLERANCE = 1e-4  # K a year
TRUTH_STEPS = 192  # a year
START = "start"  # temperature on the first of January, (nlat, nlon), by which a year is checked; not stored

DRAWN = {
    "co2": (140.0, 1120.0),  # ppm, log-uniform
    "solar_constant": (1330.0, 1400.0),  # W m⁻²
    "eccentricity": (0.0, 0.06),
    "obliquity": (18.0, 28.0),  # degrees
    "ice_albedo": (0.45, 0.7),
    "diffusivity": (0.4, 0.8),  # W m⁻² K⁻¹
    "land": (0.1, 0.6),  # share of the sphere
}
SOLVED = {  # lowest and highest
    "land": (0.0, 1.0),
    "log_co2": (0.0, 12.0),
    "solar_constant": (1.0, 10_000.0),
    "obliquity": (0.0, 90.0),
    "eccentricity_sine": (-0.9, 0.9),
    "eccentricity_cosine": (-0.9, 0.9),
    "ice_albedo": (0.0, 1.0),
    "diffusivity": (0.0, 100.0),
}
ICE_EDGES = "ice_edge_north", "ice_edge_south"
ROUNDING = 1e-6  # of shares in float32

INPUTS = (
    Variable("land", "1", "share of the cell that is land", standard_name="land_area_fraction"),
    Variable("log_co2", "1", "natural logarithm of the carbon dioxide in ppm", scalar=True),
    Variable("solar_constant", "W m-2", "sunlight at the mean distance from the sun", scalar=True),
    Variable("obliquity", "degree", "tilt of the axis", scalar=True),
    Variable("eccentricity_sine", "1", "eccentricity times the sine of the longitude of perihelion", scalar=True),
    Variable("eccentricity_cosine", "1", "eccentricity times the cosine of the longitude of perihelion", scalar=True),
    Variable("ice_albedo", "1", "albedo of a cell that ice covers", scalar=True),
    Variable("diffusivity", "W m-2 K-1", "diffusivity of heat on the unit sphere", scalar=True),
)
TARGETS = (
    Variable(
        "temperature", "degC", "monthly mean surface temperature", standard_name="surface_temperature", axes=("month",)
    ),
    Variable("ice_cover", "1", "monthly mean share under ice", vanishes=True, axes=("month",)),
)
OTHER_HEMISPHERE = {"eccentricity_sine": -1.0, "eccentricity_cosine": -1.0}
SYMMETRIES = (
    Symmetry(shift_x=True),
    Symmetry(flip_x=True, shift_x=True),
    Symmetry(flip_y=True, sign=OTHER_HEMISPHERE, roll={"month": 6}, shift_x=True),
    Symmetry(flip_y=True, flip_x=True, sign=OTHER_HEMISPHERE, roll={"month": 6}, shift_x=True),
)


class Planet(NamedTuple):
    """One problem: continents, and the scalar conditions by name."""

    continents: Continents
    numbers: dict[str, float]


def climate() -> Scenario:
    """The scenario `climate`."""
    return Scenario(
        name="climate",
        summary="the twelve months of a planet with random continents, ice and orbit, at equilibrium",
        inputs=INPUTS,
        targets=TARGETS,
        stored_resolution=STORED,
        truth_resolution=TRUTH,
        draw=draw_planet,
        render=render_planet,
        simulate=solve,
        schemes={"accelerated": partial(rung, accelerated=True), "brute force": partial(rung, accelerated=False)},
        domain=Globe(),
        ladder=(9, 12, 18, 24, 36, 48),
        coarsen=coarsen_on_globe,
        transfer=transfer,
        residual=residual,
        check=check,
        quantities=quantities,
        quantity_units={"global_temperature": "K", "seasonal_range": "K"} | dict.fromkeys(ICE_EDGES, "degrees"),
        symmetries=SYMMETRIES,
    )


def draw_planet(rng: np.random.Generator) -> Planet:
    """Draw a planet between the limits of DRAWN."""

    def between(name: str) -> float:
        return float(rng.uniform(*DRAWN[name]))

    continents = draw_continents(rng, between("land"))
    low, high = np.log(DRAWN["co2"])
    e, perihelion = between("eccentricity"), rng.uniform(0, 2 * np.pi)
    numbers = {name: between(name) for name in ("solar_constant", "obliquity", "ice_albedo", "diffusivity")}
    orbit = {"eccentricity_sine": e * np.sin(perihelion), "eccentricity_cosine": e * np.cos(perihelion)}
    return Planet(continents, {"log_co2": float(rng.uniform(low, high)), **numbers, **orbit})


def render_planet(planet: Planet, resolution: int) -> dict[str, Array]:
    """The conditions of a planet on a grid of so many rows."""
    land = render_continents(planet.continents, (resolution, 2 * resolution))
    return {"land": land, **{name: np.array(value) for name, value in planet.numbers.items()}}


def solve(conditions: Fields, seed: int = 0) -> Fields:
    """The months on the grid of the conditions, to 1e-4 K a year in 192 steps. The seed plays no part."""
    return months(planet_climate(conditions, TRUTH_STEPS).equilibrium(TRUTH_TOLERANCE))


def rung(conditions: Fields, seed: int = 0, *, accelerated: bool) -> Fields:
    """The months as closely as the grid deserves."""
    nlat = conditions["land"].shape[0]
    return months(planet_climate(conditions, rung_steps(nlat)).equilibrium(rung_tolerance(nlat), accelerated))


def rung_steps(nlat: int) -> int:
    """Steps a year whose error is below that of the grid (DECISIONS.md)."""
    return 24 if nlat < 20 else 48 if nlat < 40 else 96


def rung_tolerance(nlat: int) -> float:
    """Of the change over a year [K]; what is left adds a twentieth to the error of the grid at most (DECISIONS.md)."""
    return 0.02 * (12 / nlat) ** 2


def planet_climate(conditions: Fields, steps: int) -> Climate:
    """The climate that these conditions describe, in so many steps a year."""
    number = {name: float(conditions[name]) for name in SOLVED if name != "land"}
    sine, cosine = number["eccentricity_sine"], number["eccentricity_cosine"]
    return Climate(
        land=np.clip(conditions["land"], 0, 1),
        orbit=mean_calendar(float(np.hypot(sine, cosine)), number["obliquity"], float(np.rad2deg(np.arctan2(sine, cosine)))),
        solar_constant=number["solar_constant"],
        co2=float(np.exp(number["log_co2"])),
        diffusivity=number["diffusivity"],
        ice_albedo=number["ice_albedo"],
        steps=steps,
    )


def months(year: Year) -> dict[str, Array]:
    """The targets of a periodic year, and its beginning."""
    return {"temperature": year.temperature, "ice_cover": year.ice_cover, START: year.start}


def transfer(targets: Fields, conditions: Fields, shape: tuple[int, int]) -> Fields:
    """The months on another grid, with the same area means; ice between none and all."""
    moved = {name: regrid_globe(targets[name], shape) for name in ("temperature", "ice_cover")}
    return {**moved, "ice_cover": np.clip(moved["ice_cover"], 0, 1)}


def residual(conditions: Fields, targets: Fields) -> float:
    """What one more year changes, over the deviation of the temperature from its mean, rms."""
    start = targets[START]
    model = planet_climate(conditions, TRUTH_STEPS)
    change = model.run_years(model.start(start), 1).temperature - start
    deviation = global_mean((start - global_mean(start)) ** 2)
    return float(np.sqrt(global_mean(change**2) / deviation))


def quantities(conditions: Fields, targets: Fields) -> dict[str, float]:
    """What people ask of a climate.

    Returns:
        global_temperature: mean over globe and year [°C];
        ice_edge_north, ice_edge_south: latitude [degrees] poleward of which lies an area as large as the hemisphere's mean ice;
        seasonal_range: from the coldest to the warmest month of the mean north of 30°N [K].
    """
    warmth, ice = targets["temperature"], targets["ice_cover"].mean(axis=0)
    nlat = ice.shape[0]
    areas = 2 * area_shares(nlat)  # of a hemisphere
    covered = areas * ice.mean(axis=1)
    south, north = (float(np.clip(part.sum(), 0, 1)) for part in (covered[: nlat // 2], covered[(nlat + 1) // 2 :]))
    northern = warmth[:, -(nlat // 3) :].mean(axis=2) @ areas[-(nlat // 3) :] / areas[-(nlat // 3) :].sum()
    return {
        "global_temperature": float(global_mean(warmth).mean()),
        **{name: float(np.rad2deg(np.arcsin(1 - ice))) for name, ice in zip(ICE_EDGES, (north, south), strict=True)},
        "seasonal_range": float(np.ptp(northern)),
    }


def check(conditions: Fields) -> None:
    """Refuse conditions that describe no planet.

    Raises:
        UsageError: for a value that is not finite or out of range.
    """
    for name, (low, high) in SOLVED.items():
        values = np.atleast_1d(conditions[name])
        wrong = values[~((values >= low - ROUNDING) & (values <= high + ROUNDING))]
        if wrong.size:
            raise UsageError(f"{name} has the value {wrong.flat[0]:g}; use {low:g} to {high:g}")
    eccentricity = float(np.hypot(conditions["eccentricity_sine"], conditions["eccentricity_cosine"]))
    if eccentricity > SOLVED["eccentricity_sine"][1]:
        raise UsageError(f"eccentricity_sine and eccentricity_cosine make an eccentricity of {eccentricity:.3g}; use 0.9 or less")
