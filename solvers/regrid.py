"""Fields on another uniform grid of one rectangle: area averages when coarser, linear interpolation when finer."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import UsageError

Array = NDArray[Any]


def block_mean(a: ArrayLike, factor: int) -> Array:
    """Averages over blocks of `factor` × `factor` cells.

    Args:
        a: cell values (…, ny, nx), any unit.
        factor: cells per block side; divides ny and nx.
    Returns:
        (…, ny/factor, nx/factor), same unit and mean.
    Raises:
        UsageError: if factor does not divide the grid.
    """
    values = np.asarray(a)
    ny, nx = values.shape[-2:]
    if factor < 1 or ny % factor or nx % factor:
        raise UsageError(f"factor={factor} does not divide the {ny}×{nx} grid; use a common divisor of the two")
    return _mean_over_blocks(values, (ny // factor, nx // factor))


def regrid(a: ArrayLike, shape: tuple[int, int], solid: ArrayLike | None = None) -> Array:
    """Cell values on another uniform grid of the same rectangle.

    Along an axis that gets coarser, each new cell is the average over the area it covers (for any ratio of sizes,
    and with the mean kept); along an axis that gets finer, values are interpolated linearly between cell centres
    and extrapolated linearly to the outermost ones. Linear fields are exact either way.

    Args:
        a: cell values (…, ny, nx), any unit.
        shape: rows and columns of the new grid.
        solid: share of each source cell that belongs to the domain, (ny, nx), in [0, 1]; cells of share 0
            are ignored, and where a stencil meets one that is not whole, weights are its shares.
    Returns:
        (…, *shape), same unit; 0 where the new cell has no solid neighbour.
    Raises:
        UsageError: if the new shape is not positive or `solid` does not fit.
    """
    values = np.asarray(a)
    if min(shape) < 1:
        raise UsageError(f"shape={shape} has no cells; use at least 1×1")
    if solid is not None:
        return _regrid_solid(values, shape, np.asarray(solid, dtype=np.float64))
    ny, nx = values.shape[-2:]
    if (ny, nx) == tuple(shape):
        return values
    if ny % shape[0] == 0 and nx % shape[1] == 0:
        return _mean_over_blocks(values, shape)
    return _apply(regrid_operator(ny, shape[0]), values, regrid_operator(nx, shape[1]))


def _regrid_solid(values: Array, shape: tuple[int, int], solid: Array) -> Array:
    """Whole stencils as without holes, the others with what is left of their (positive) weights."""
    if solid.shape != values.shape[-2:]:
        raise UsageError(f"solid is {solid.shape} and the field {values.shape[-2:]}; give both on one grid")
    if solid.min() == 1:
        return regrid(values, shape)
    (ny, nx), (my, mx) = solid.shape, shape
    known = np.where(solid > 0, values, 0)
    near_y, near_x = regrid_operator(ny, my, linear=False), regrid_operator(nx, mx, linear=False)
    weight = _apply(near_y, solid, near_x)
    partial = _apply(near_y, known * solid, near_x) / np.where(weight > 0, weight, 1)
    far_y, far_x = regrid_operator(ny, my), regrid_operator(nx, mx)
    touches_hole = _apply(np.abs(far_y), np.where(solid < 1, 1.0, 0.0), np.abs(far_x)) > 0
    whole = _apply(far_y, known, far_x)
    return np.where(touches_hole, partial, whole).astype(whole.dtype)


def _mean_over_blocks(values: Array, shape: tuple[int, int]) -> Array:
    ny, nx = values.shape[-2:]
    fy, fx = ny // shape[0], nx // shape[1]
    columns = sum((values[..., i::fx] for i in range(1, fx)), values[..., ::fx])
    rows = sum((columns[..., j::fy, :] for j in range(1, fy)), columns[..., ::fy, :])
    return np.asarray(rows / np.asarray(fy * fx, dtype=np.result_type(values, np.float32)))


def _apply(rows: Array, values: Array, columns: Array) -> Array:
    kind = np.result_type(values, np.float32)
    return np.asarray(rows.astype(kind, copy=False) @ values @ columns.T.astype(kind, copy=False))


@lru_cache(maxsize=256)
def regrid_operator(n: int, m: int, linear: bool = True) -> Array:
    """The (m, n) matrix that takes n cells of a segment to m cells of it; its rows sum to one.

    With `linear`, linear fields are exact; without, all weights are positive.
    """
    matrix = _averages(n, m, linear) if m <= n else _interpolation(n, m, linear)
    matrix.setflags(write=False)
    return matrix


def _averages(n: int, m: int, linear: bool) -> Array:
    """Differences of the integral from the left end to each new cell edge, cell values varying linearly or not."""
    edge = np.arange(m + 1) * (n / m)
    cell = np.floor(edge).clip(0, n - 1).astype(int)
    share = edge - cell
    integral = (np.arange(n) < cell[:, None]).astype(np.float64)
    integral[np.arange(m + 1), cell] = share
    if linear and n > 1:
        integral += 0.5 * (share * (share - 1))[:, None] * np.gradient(np.eye(n), axis=0)[cell]
    return np.asarray(np.diff(integral, axis=0) * (m / n))


def _interpolation(n: int, m: int, linear: bool) -> Array:
    """Between the two nearest cell centres; at the rim extrapolated, or constant where weights must be positive."""
    position = (np.arange(m) + 0.5) * (n / m) - 0.5
    if not linear:
        position = position.clip(0, n - 1)
    left = np.floor(position).clip(0, max(n - 2, 0)).astype(int)
    share = position - left if n > 1 else np.zeros(m)
    matrix = np.zeros((m, n))
    matrix[np.arange(m), left] = 1 - share
    matrix[np.arange(m), np.minimum(left + 1, n - 1)] += share
    return matrix
