"""The periodic equilibrium of a climate with seasons: the temperature that a year brings back to itself.

    T = G(T),   G the map from one new year to the next

Brute force repeats G until a year changes nothing. The accelerated way adds to every year what a small linear model expects
of those to come (`climate_slow`), and combines the years so far by Anderson's method; on fine grids it starts from the
equilibrium of a grid of half the cells a side and half the steps a year, found the same way.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .anderson import Anderson
from .climate_checks import MONTHS, check_outcome, place
from .climate_heat import heat_of, temperature_of
from .climate_slow import SlowPart
from .climate_step import scratch
from .climate_year import march_year
from .errors import NumericalError, UsageError
from .regrid_globe import regrid_globe

if TYPE_CHECKING:
    from .climate import Climate

Array = NDArray[Any]
FEWEST = 32  # rows of a coarse grid
DEPTH = 8  # years that Anderson's method remembers
MOST_YEARS = 1000
COARSE_TOLERANCE = 0.1  # K, of a start from the coarse grid


class Year(NamedTuple):
    """A periodic year.

    Monthly means (12, nlat, nlon) of temperature [°C] and ice cover [1]; the temperature at its beginning (nlat, nlon) [°C];
    how many years were run on this grid; the largest change from its beginning to its end [K].
    """

    temperature: Array
    ice_cover: Array
    start: Array
    years: int
    residual: float


class YearMap:
    """G on one grid, with the months of the last year and how many were run."""

    def __init__(self, climate: "Climate") -> None:
        self.climate = climate
        self.room = scratch(*climate.shape)
        self.count = 0
        self.months = np.empty((2, MONTHS, *climate.shape))

    def __call__(self, temperature: Array) -> Array:
        """The temperature a year later."""
        c, heat = self.climate, heat_of(temperature, self.climate.capacity)
        march_year(heat, c.suns, c.capacity, c.sky, c.rows, c.factors(c.dt), self.room, *self.months)
        self.count += 1
        after = temperature_of(heat, c.capacity)
        check_outcome(after, self.count * c.steps * c.dt)
        return after


def find_equilibrium(climate: "Climate", tolerance: float, accelerated: bool, start: Array) -> Year:
    """See `Climate.equilibrium`."""
    if not 0 < tolerance < np.inf:
        raise UsageError(f"tolerance={tolerance} K is out of range; use a positive one")
    coarse = _coarser(climate) if accelerated else None
    if coarse:
        begun = regrid_globe(start, coarse.shape)
        start = regrid_globe(find_equilibrium(coarse, max(tolerance, COARSE_TOLERANCE), True, begun).start, climate.shape)
    years, found, faster = YearMap(climate), start, _Faster() if accelerated else None
    for _ in range(MOST_YEARS):
        after = years(found)
        residual = float(np.abs(after - found).max())
        if residual <= tolerance:
            return Year(years.months[0], years.months[1], found, years.count, residual)
        change, found = after - found, faster(years, found, after) if faster else after
    worst = np.argwhere(np.abs(change) == residual)[0]
    raise NumericalError(
        f"climate: after {MOST_YEARS} years the temperature at {place(worst, climate.shape)} still changes by {residual:.3g} K a "
        f"year, above tolerance={tolerance:g} K; use a larger tolerance or a wider ice ramp"
    )


class _Faster:
    """The next temperature to try, from one and what a year makes of it."""

    def __init__(self) -> None:
        self.mix = Anderson(DEPTH)
        self.slow: SlowPart | None = None

    def __call__(self, years: YearMap, before: Array, after: Array) -> Array:
        if self.slow is None:
            self.slow = SlowPart(years.climate, years.months[0])
        return self.mix(before, after + self.slow(after - before))


def _coarser(c: "Climate") -> "Climate | None":
    """The same planet with half the cells a side and half the steps; None where that is too coarse."""
    nlat, nlon = c.shape
    if nlat // 2 < FEWEST:
        return None
    shape = (nlat // 2, max(nlon // 2, 1))
    land = np.clip(regrid_globe(c.land, shape), 0, 1)
    steps = max(MONTHS, c.steps // (2 * MONTHS) * MONTHS)
    return replace(c, land=land, diffusivity=_profile(c.diffusivity, shape[0]), wind=_profile(c.wind, shape[0]), steps=steps)


def _profile(values: ArrayLike, nlat: int) -> ArrayLike:
    """One value, or the row means of a profile."""
    return values if np.ndim(values) == 0 else regrid_globe(np.asarray(values)[:, None], (nlat, 1))[:, 0]
