"""A linear energy balance of a globe with seasons, solved mode by mode: a small scenario in latitude, longitude and months.

    C ∂T/∂t = h + (s sin φ + e) cos ωt − A − B T + D ∇²T

with heat sources h(φ, λ) of degree 4 at most, seasons s of the tilt and e of the orbit's distance from its star. Each spherical
harmonic of degree l has T = h/(B + D l(l+1)), and T = Re(s e^iωt/(B + D l(l+1) + iωC)) for its season.
"""

from functools import lru_cache

import numpy as np
from fieldgan.data.domains import Globe, coarsen_on_globe, regrid_on_globe
from fieldgan.data.scenario import Array, Fields, Scenario, Symmetry, Variable
from fieldgan.solvers.sphere import area_shares
from scipy.special import sph_harm_y

DEGREE = 4
OFFSET, DAMPING, SPREAD, CAPACITY = 210.0, 2.0, 0.6, 20.0  # A [W m-2], B and D [W m-2 K-1], ωC [W m-2 K-1]
MONTHS = 2 * np.pi * (np.arange(12) + 0.5) / 12

INPUTS = (
    Variable("heating", "W m-2", "absorbed heat"),
    Variable("tilt", "W m-2", "season of opposite sign in north and south", scalar=True),
    Variable("eccentricity", "W m-2", "season of the same sign in north and south", scalar=True),
)
TARGETS = (
    Variable("temperature", "degC", "monthly mean temperature", "surface_temperature", axes=("month",)),
    Variable("ice_cover", "1", "share of ice", axes=("month",)),
    Variable("range", "K", "warmest less coldest month"),
)
SYMMETRIES = (
    Symmetry(shift_x=True),
    Symmetry(flip_x=True, shift_x=True),
    Symmetry(flip_y=True, roll={"month": 6}, sign={"eccentricity": -1.0}, shift_x=True),
)


@lru_cache
def harmonics(resolution: int) -> Array:
    """Real spherical harmonics of degree 4 at most at the cell centres, (modes, nlat, nlon)."""
    coords = Globe().coords(resolution)
    colatitude = np.radians(90 - coords["lat"].values)[:, None]
    longitude = np.radians(coords["lon"].values)
    waves = [sph_harm_y(n, m, colatitude, longitude) for n in range(DEGREE + 1) for m in range(n + 1)]
    return np.array([part for wave in waves for part in (wave.real, wave.imag)])


DEGREES = np.array([n for n in range(DEGREE + 1) for m in range(n + 1) for _ in range(2)])


def draw(rng: np.random.Generator) -> tuple[Array, float, float]:
    """Coefficients of the heating, warm at the equator; tilt and eccentricity."""
    coefficients = rng.normal(0, 40, len(DEGREES)) / (1 + DEGREES)
    coefficients[0] += 240 * np.sqrt(4 * np.pi)
    coefficients[DEGREES == 2] += [-120, 0, 0, 0, 0, 0]
    return coefficients, float(rng.uniform(20, 120)), float(rng.uniform(-40, 40))


def render(parameters: tuple[Array, float, float], resolution: int) -> Fields:
    coefficients, tilt, eccentricity = parameters
    heating = np.tensordot(coefficients, harmonics(resolution), 1)
    return {"heating": heating, "tilt": np.asarray(tilt), "eccentricity": np.asarray(eccentricity)}


def simulate(conditions: Fields, seed: int) -> Fields:
    """Every harmonic by itself, its coefficient by quadrature with the areas of the cells."""
    heating = conditions["heating"]
    modes, weights = harmonics(len(heating)), area_shares(len(heating))[:, None] / heating.shape[1]
    norms = (modes**2 * weights).sum(axis=(1, 2))
    found = (modes * weights * heating).sum(axis=(1, 2)) / np.where(norms > 0, norms, 1)
    found[0] -= OFFSET / modes[0, 0, 0]
    mean = np.tensordot(found / (DAMPING + SPREAD * DEGREES * (DEGREES + 1)), modes, 1)
    sine = np.sin(np.radians(Globe().coords(len(heating))["lat"].values))[:, None]
    own, opposite = (np.exp(1j * MONTHS) / (DAMPING + SPREAD * k + 1j * CAPACITY) for k in (0, 2))
    season = conditions["eccentricity"] * own[:, None, None] + conditions["tilt"] * opposite[:, None, None] * sine
    temperature = mean + season.real
    return {
        "temperature": temperature,
        "ice_cover": 1 / (1 + np.exp((temperature + 5) / 5)),
        "range": temperature.max(axis=0) - temperature.min(axis=0),
    }


def quantities(conditions: Fields, targets: Fields) -> dict[str, float]:
    """The largest ice cover of the year, and the mean temperature, averaged over the globe."""
    areas = area_shares(len(conditions["heating"]))
    ice, warmth = (targets[name].mean(axis=-1) @ areas for name in ("ice_cover", "temperature"))
    return {"ice": float(ice.max()), "global_temperature": float(warmth.mean())}


GLOBE = Scenario(
    name="balance",
    summary="linear energy balance of a globe",
    inputs=INPUTS,
    targets=TARGETS,
    stored_resolution=8,
    truth_resolution=16,
    draw=draw,
    render=render,
    simulate=simulate,
    domain=Globe(),
    ladder=(4, 8, 16),
    coarsen=coarsen_on_globe,
    transfer=regrid_on_globe,
    quantities=quantities,
    quantity_units={"global_temperature": "degC"},
    symmetries=SYMMETRIES,
)
