"""Fields on another latitude-longitude grid of the globe: area averages when coarser, linear interpolation when finer.

Cells have equal angles; beyond a pole the field goes on half a turn away.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import UsageError
from .regrid import regrid_operator

Array = NDArray[Any]


def cell_areas(latitudes: int) -> Array:
    """Share of the sphere that each ring of cells covers, (latitudes,): (sin φ₂ − sin φ₁)/2; the sum is one."""
    edges = np.sin(np.linspace(-np.pi / 2, np.pi / 2, latitudes + 1))
    return np.asarray(np.diff(edges) / 2)


def globe_mean(a: ArrayLike, factor: int) -> Array:
    """Averages by area over blocks of `factor` × `factor` cells.

    Args:
        a: cell values (…, nlat, nlon), any unit.
        factor: cells per block side; divides nlat and nlon.
    Returns:
        (…, nlat/factor, nlon/factor), same unit and the same mean over the sphere.
    Raises:
        UsageError: if factor does not divide the grid.
    """
    values = np.asarray(a)
    nlat, nlon = values.shape[-2:]
    if factor < 1 or nlat % factor or nlon % factor:
        raise UsageError(f"factor={factor} does not divide the {nlat}×{nlon} grid; use a common divisor of the two")
    return regrid_globe(values, (nlat // factor, nlon // factor))


def regrid_globe(a: ArrayLike, shape: tuple[int, int]) -> Array:
    """Cell values on another latitude-longitude grid of the whole sphere.

    Along an axis that gets coarser, each new cell is the average over the area it covers, of values that vary linearly within
    each old cell: the mean over the sphere is kept. Along one that gets finer, values are interpolated linearly between cell
    centres, across the poles and around the globe.

    Args:
        a: cell values (…, nlat, nlon), any unit.
        shape: latitudes and longitudes of the new grid.
    Returns:
        (…, *shape), same unit.
    Raises:
        UsageError: if the new shape is not positive.
    """
    values = np.asarray(a)
    if min(shape) < 1:
        raise UsageError(f"shape={shape} has no cells; use at least 1×1")
    if values.shape[-2:] == tuple(shape):
        return values
    kind = np.result_type(values, np.float32)
    around = _around(values.shape[-1], shape[1]).astype(kind, copy=False)
    return _along_meridians(np.asarray(values @ around.T), shape[0]).astype(kind, copy=False)


def _along_meridians(values: Array, rows: int) -> Array:
    """Rows of equal angle to other rows: averages by area, or interpolation that reaches across the poles."""
    nlat, nlon = values.shape[-2:]
    if rows <= nlat:
        south, north = (np.roll(row, nlon // 2, axis=-1) for row in (values[..., :1, :], values[..., -1:, :]))
        return np.asarray(_area_averages(nlat, rows) @ np.concatenate([south, values, north], axis=-2))
    south, own, north = np.split(_unrolled(nlat, rows), 3, axis=1)
    beyond = (south + north)[:, ::-1] @ np.roll(values, nlon // 2, axis=-1)
    return np.asarray(own @ values + beyond)


@lru_cache(maxsize=64)
def _area_averages(n: int, m: int) -> Array:
    """The (m, n + 2) matrix that averages n rows, and those beyond the poles, by area to m rows.

    Within a row values vary linearly about the row's centre of area; slopes are differences of the rows on either side.
    """
    old, new = (np.linspace(-np.pi / 2, np.pi / 2, size + 1) for size in (n, m))
    low = np.maximum(old[:-1], new[:-1, None])
    high = np.maximum(np.minimum(old[1:], new[1:, None]), low)
    area = np.sin(high) - np.sin(low)
    centre = np.diff(_moment(old)) / np.diff(np.sin(old))
    lever = _moment(high) - _moment(low) - centre * area
    reach = np.concatenate([[-np.pi - centre[0]], centre, [np.pi - centre[-1]]])
    slopes = (np.eye(n, n + 2, 2) - np.eye(n, n + 2)) / (reach[2:] - reach[:-2])[:, None]
    return np.asarray((area @ np.eye(n, n + 2, 1) + lever @ slopes) / np.diff(np.sin(new))[:, None])


def _moment(phi: Array) -> Array:
    """∫ φ cos φ dφ."""
    return np.asarray(phi * np.sin(phi) + np.cos(phi))


@lru_cache(maxsize=64)
def _around(n: int, m: int) -> Array:
    """The (m, n) matrix that takes n cells of a circle to m cells of it."""
    return np.asarray(_unrolled(n, m).reshape(m, 3, n).sum(axis=1))


@lru_cache(maxsize=64)
def _unrolled(n: int, m: int) -> Array:
    """The (m, 3n) matrix of a stretch of n cells between two others like it."""
    return np.asarray(regrid_operator(3 * n, 3 * m)[m : 2 * m])
