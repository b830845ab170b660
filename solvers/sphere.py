"""A latitude-longitude grid of the sphere, and diffusion with zonal advection on it, conservative and of second order.

    ∇·(D ∇T) − w ∂T/∂λ = 1/cos φ ∂/∂φ (D cos φ ∂T/∂φ) + D/cos² φ ∂²T/∂λ² − w ∂T/∂λ

on the unit sphere. Cell j spans a band of latitude with the area a = sin φ_{j+½} − sin φ_{j−½} per radian of longitude.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


class Rows(NamedTuple):
    """What a cell of each row gains per kelvin that a neighbour is warmer, (nlat,) [W m⁻² K⁻¹]; none beyond the poles."""

    west: Array
    east: Array
    south: Array
    north: Array


def latitudes(nlat: int) -> Array:
    """Centres of the rows from south to north, (nlat,) [rad]."""
    return (np.arange(nlat) + 0.5) * (np.pi / nlat) - np.pi / 2


def longitudes(nlon: int) -> Array:
    """Centres of the columns eastwards from the meridian of Greenwich, (nlon,) [rad]."""
    return (np.arange(nlon) + 0.5) * (2 * np.pi / nlon)


def edges(nlat: int) -> Array:
    """Latitudes between the rows, with both poles, (nlat+1,) [rad]."""
    return np.arange(nlat + 1) * (np.pi / nlat) - np.pi / 2


def area_shares(nlat: int, nlon: int = 1) -> Array:
    """Share of the sphere that a cell of each row covers, (nlat,); exact, sums to 1/nlon."""
    return np.diff(np.sin(edges(nlat))) / (2 * nlon)


def global_mean(field: Array) -> Array:
    """Area-weighted mean over the last two axes, (…, nlat, nlon) -> (…,)."""
    return np.asarray(np.tensordot(field.mean(axis=-1), area_shares(field.shape[-2]), axes=(-1, 0)))


def band_means(function: Any, nlat: int) -> Array:
    """Area means over each row of a function of latitude [rad] with latitude last, by three points of Gauss in sin φ."""
    nodes, weights = np.polynomial.legendre.leggauss(3)
    s = np.sin(edges(nlat))
    points = np.clip((s[1:] + s[:-1])[:, None] / 2 + np.diff(s)[:, None] / 2 * nodes, -1, 1)
    values = function(np.arcsin(points.ravel()))
    return np.asarray(values.reshape(*values.shape[:-1], nlat, 3) @ (weights / 2))


def exchange(diffusivity: ArrayLike, drift: ArrayLike, nlat: int, nlon: int) -> Rows:
    """Coefficients of diffusion and zonal advection.

    Central differences; where the wind moves heat faster between two cells than diffusion can smooth (a cell Péclet number
    above 2), just as much diffusion is added as keeps the coefficients from turning negative, which is upwinding. So extremes
    do not grow, and no step is limited by the short cells at the poles as long as zonal exchange is implicit. Waves that go once
    around a pole are met to first order in the cells next to it; solutions are of second order everywhere.

    Args:
        diffusivity: D at the row centres, one value or (nlat,), ≥ 0 [W m⁻² K⁻¹].
        drift: w, heat capacity of what moves × zonal wind / (radius cos φ), one value or (nlat,) [W m⁻² K⁻¹].
        nlat, nlon: rows and columns; one column has no zonal exchange.
    Returns:
        The exchange with each neighbour; area-weighted, each gain is the neighbour's loss.
    Source: hybrid differences of Spalding (1972) Int. J. Numer. Methods Eng. 4, 551.
    """
    d, w = (np.broadcast_to(np.asarray(a, np.float64), nlat) for a in (diffusivity, drift))
    height, width, areas = np.pi / nlat, 2 * np.pi / nlon, np.diff(np.sin(edges(nlat)))
    crossing = np.zeros(nlat + 1)
    crossing[1:-1] = (d[1:] + d[:-1]) / 2 * np.cos(edges(nlat))[1:-1] / height
    carried = w / (2 * width)
    zonal = np.maximum(d * height / (areas * np.cos(latitudes(nlat)) * width**2), np.abs(carried))
    if nlon == 1:
        zonal, carried = np.zeros(nlat), np.zeros(nlat)
    return Rows(zonal + carried, zonal - carried, crossing[:-1] / areas, crossing[1:] / areas)


def apply_exchange(rows: Rows, field: Array) -> Array:
    """The operator on cell values, (…, nlat, nlon) [K] -> [W m⁻²]."""
    west, east, south, north = (a[:, None] for a in rows)
    below = np.concatenate([field[..., :1, :], field[..., :-1, :]], axis=-2)
    above = np.concatenate([field[..., 1:, :], field[..., -1:, :]], axis=-2)
    along = west * (np.roll(field, 1, axis=-1) - field) + east * (np.roll(field, -1, axis=-1) - field)
    return np.asarray(along + south * (below - field) + north * (above - field))
