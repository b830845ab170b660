"""Random continents: the land of a planet, drawn once and rendered on any latitude-longitude grid.

Land is where a sum of smooth bumps on the sphere, f(n) = ∑ aₖ exp(κₖ (n·cₖ − 1)), exceeds the level that leaves a given share of
land. A bump of sharpness κ is 1/√κ wide, so κ ≤ 12 keeps continents some 15° wide, three cells of 5° or more.
"""

from typing import NamedTuple

import numpy as np

from ..scenario import Array

SHARPNESS = (1.5, 12.0)
BUMPS = (6, 14)  # fewest and most
SUBDIVISION = 2  # points along each side of a cell
GOLDEN = np.pi * (3 - np.sqrt(5.0))  # angle between points of a spiral that covers the sphere evenly
COVER = 4000  # points that set the level


class Continents(NamedTuple):
    """Bumps with centres (n, 3) on the unit sphere, heights and sharpnesses (n,), and the level of the coast."""

    centres: Array
    heights: Array
    sharpness: Array
    level: float


def draw_continents(rng: np.random.Generator, share: float) -> Continents:
    """Random bumps, and the level above which `share` of the sphere is land, 0 (none) to 1."""
    count = int(rng.integers(BUMPS[0], BUMPS[1] + 1))
    centres = rng.normal(size=(count, 3))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    sharpness = np.exp(rng.uniform(np.log(SHARPNESS[0]), np.log(SHARPNESS[1]), size=count))
    bumps = Continents(centres, rng.normal(size=count), sharpness, 0.0)
    heights, _ = elevation(bumps, spiral(COVER))
    lowest, highest = heights.min() - 1.0, heights.max() + 1.0
    level = highest if share <= 0 else lowest if share >= 1 else float(np.quantile(heights, 1 - share))
    return bumps._replace(level=level)


def render_continents(continents: Continents, shape: tuple[int, int]) -> Array:
    """The share of land of each cell, (nlat, nlon), from south to north; coasts are blurred over half a cell.

    At each of a few points of a cell the coast is taken as straight, at the distance (f − level)/|∇f|.
    """
    nlat, nlon = shape
    fine = nlat * SUBDIVISION, nlon * SUBDIVISION
    latitude = (np.arange(fine[0]) + 0.5) * np.pi / fine[0] - np.pi / 2
    longitude = (np.arange(fine[1]) + 0.5) * 2 * np.pi / fine[1]
    east, north = np.meshgrid(longitude, latitude)
    points = np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)
    f, slope = elevation(continents, points.reshape(-1, 3))
    land = np.clip(0.5 + (f - continents.level) / (slope * np.pi / fine[0]), 0, 1).reshape(fine)
    areas = np.cos(latitude).reshape(nlat, SUBDIVISION)
    shares = areas / areas.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("jsic,js->ji", land.reshape(nlat, SUBDIVISION, nlon, SUBDIVISION), shares) / SUBDIVISION)


def elevation(continents: Continents, points: Array) -> tuple[Array, Array]:
    """f and |∇f| at points (m, 3) of the unit sphere, (m,) each; the slope counts per radian."""
    cosines = points @ continents.centres.T
    bumps = continents.heights * np.exp(continents.sharpness * (cosines - 1))
    pull = bumps * continents.sharpness
    radial = (pull * cosines).sum(axis=1, keepdims=True)
    slope = np.linalg.norm(pull @ continents.centres - radial * points, axis=1)
    return bumps.sum(axis=1), np.maximum(slope, 1e-12)


def spiral(count: int) -> Array:
    """Points (count, 3) that cover the unit sphere evenly (Vogel's spiral)."""
    height = 1 - (2 * np.arange(count) + 1) / count
    around = GOLDEN * np.arange(count)
    radius = np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(around), radius * np.sin(around), height], axis=1)
