"""Random continents: a random landscape on the sphere, flooded until a given share of it is land.

    height = ∑ z_lm Y_lm,   l = 1 to 8, z_lm ~ N(0, l⁻³)

The landscape is a few harmonics, so every grid sees the same continents at its own resolution.
"""

from dataclasses import dataclass

import numpy as np

from ...solvers.globe_regrid import regrid_globe
from ...solvers.harmonics import synthesise
from ...solvers.sphere import area_shares, latitudes, longitudes
from ..scenario import Array

DEGREES = 8
SURVEY = 96  # rows on which the sea level is found
PARTS = 4  # of a cell along each side


@dataclass(frozen=True)
class Continents:
    """Coefficients of the height by mode, (81,), and the height of the sea [1]."""

    heights: tuple[float, ...]
    sea_level: float


def draw_continents(rng: np.random.Generator, least: float = 0.0, most: float = 0.6) -> Continents:
    """Draw continents that cover a share of the sphere, uniform from `least` to `most` [1]; 0 is an ocean planet."""
    degree = np.repeat(np.arange(DEGREES + 1), 2 * np.arange(DEGREES + 1) + 1)
    heights = rng.standard_normal(degree.size) * np.where(degree > 0, np.maximum(degree, 1.0) ** -1.5, 0.0)
    return Continents(tuple(map(float, heights)), _sea_level(heights, rng.uniform(least, most)))


def _sea_level(heights: Array, share: float) -> float:
    """The height above which that share of the sphere lies."""
    landscape = synthesise(heights, latitudes(SURVEY), longitudes(2 * SURVEY)).ravel()
    order = np.argsort(-landscape)
    covered = np.cumsum(np.repeat(area_shares(SURVEY, 2 * SURVEY), 2 * SURVEY)[order])
    if share == 0:
        return float(landscape.max()) + 1.0
    return float(np.interp(share, covered, landscape[order]))


def render_land(continents: Continents, nlat: int, nlon: int) -> Array:
    """Share of land of each cell, (nlat, nlon) [1].

    Each of 4 × 4 parts of a cell takes its share from the height above the sea over the rise across the part, so that shores are
    as smooth as the grid and move with the sea level without jumps.
    """
    height = synthesise(np.array(continents.heights), latitudes(PARTS * nlat), longitudes(PARTS * nlon)) - continents.sea_level
    northward = np.gradient(height, axis=0)
    eastward = (np.roll(height, -1, axis=1) - np.roll(height, 1, axis=1)) / 2
    rise = np.maximum(np.abs(northward) + np.abs(eastward), 1e-12)
    return np.clip(regrid_globe(np.clip(0.5 + height / rise, 0, 1), (nlat, nlon)), 0, 1)
