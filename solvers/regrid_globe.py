"""Fields on another latitude-longitude grid, with the same area mean."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from .errors import UsageError
from .sphere import edges

Array = NDArray[Any]


def regrid_globe(field: ArrayLike, shape: tuple[int, int]) -> Array:
    """Area means over the cells of another grid.

    Integrals of what exceeds the mean, from the south pole and around each circle of latitude, are known at the edges of cells
    and are interpolated by cubic splines. Where new edges are old ones the means are exact; elsewhere smooth fields are met to
    fourth order, and jumps may be overshot, so clip shares. The mean over the sphere is kept to round-off, and so are constants.

    Args:
        field: cell means (…, nlat, nlon), any unit.
        shape: rows and columns of the new grid.
    Returns:
        (…, *shape), same unit.
    Raises:
        UsageError: if a size is not positive, or one column shall become several.
    """
    values = np.asarray(field, np.float64)
    nlat, nlon = values.shape[-2:]
    if min(shape) < 1:
        raise UsageError(f"shape={shape} has no cells; use at least 1×1")
    if nlon == 1 < shape[1]:
        raise UsageError(f"one column cannot become {shape[1]}; use a field with longitudes")
    if values.shape[-2:] == tuple(shape):
        return values
    return np.asarray(_rows(nlat, shape[0]) @ values @ _columns(nlon, shape[1]).T)


def globe_mean(field: ArrayLike, factor: int) -> Array:
    """Area means over blocks of `factor` × `factor` cells, (…, nlat, nlon) -> (…, nlat/factor, nlon/factor).

    Raises:
        UsageError: if factor does not divide the grid.
    """
    nlat, nlon = np.shape(field)[-2:]
    if factor < 1 or nlat % factor or nlon % factor:
        raise UsageError(f"factor={factor} does not divide the {nlat}×{nlon} grid; use a common divisor of the two")
    return regrid_globe(field, (nlat // factor, nlon // factor))


@lru_cache(maxsize=64)
def _rows(n: int, m: int) -> Array:
    """The (m, n) matrix from the means of n bands of latitude to those of m."""
    if n == m:
        return np.eye(n)
    old, new = np.sin(edges(n)), np.sin(edges(m))
    bands = np.diff(old)
    surplus = np.concatenate([np.zeros((1, n)), np.cumsum(np.diag(bands) - np.outer(bands, bands / 2), axis=0)])
    surplus[-1] = 0.0
    there = CubicSpline(edges(n), surplus, bc_type="clamped")(edges(m))
    there[0] = there[-1] = 0.0
    return np.asarray(np.diff(there, axis=0) / np.diff(new)[:, None] + bands / 2)


@lru_cache(maxsize=64)
def _columns(n: int, m: int) -> Array:
    """The same around a circle of latitude."""
    if n == m:
        return np.eye(n)
    old, new = np.linspace(0, 1, n + 1), np.linspace(0, 1, m + 1)
    surplus = np.concatenate([np.zeros((1, n)), np.cumsum(np.eye(n) - 1 / n, axis=0)])
    surplus[-1] = 0.0
    there = CubicSpline(old, surplus, bc_type="periodic")(new) / n
    there[0] = there[-1] = 0.0
    return np.asarray(np.diff(there, axis=0) * m + 1 / n)
