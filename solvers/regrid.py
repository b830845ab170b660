"""Fields on another uniform grid of the same rectangle: area averages when coarser, linear interpolation when finer."""

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
        raise UsageError(f"factor={factor} does not divide the {ny}×{nx} grid; choose a common divisor of {ny} and {nx}")
    return _mean_over_blocks(values, (ny // factor, nx // factor))


def regrid(a: ArrayLike, shape: tuple[int, int], solid: ArrayLike | None = None) -> Array:
    """Cell values on another uniform grid of the same rectangle.

    Along an axis that gets coarser, each new cell is the average over the area it covers (for any ratio of sizes, and
    with the mean kept); along an axis that gets finer, values are interpolated linearly between cell centres and
    extrapolated linearly to the outermost ones. Linear fields are exact either way.

    Args:
        a: cell values (…, ny, nx), any unit.
        shape: rows and columns of the new grid.
        solid: share of each source cell that belongs to the domain, (ny, nx), in [0, 1]; the others are ignored.
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
    return _apply(_operator(ny, shape[0]), values, _operator(nx, shape[1]))


def _regrid_solid(values: Array, shape: tuple[int, int], solid: Array) -> Array:
    """Regridding that looks at solid cells only: full stencils as ever, others with what is left of their weights."""
    if solid.shape != values.shape[-2:]:
        raise UsageError(f"solid is {solid.shape} and the field {values.shape[-2:]}; give both on one grid")
    if solid.min() == 1:
        return regrid(values, shape)
    (ny, nx), (my, mx) = solid.shape, shape
    known = np.where(solid > 0, values, 0)
    near_y, near_x = _operator(ny, my, extrapolate=False), _operator(nx, mx, extrapolate=False)
    weight = _apply(near_y, solid, near_x)
    partial = _apply(near_y, known * solid, near_x) / np.where(weight > 0, weight, 1)
    far_y, far_x = _operator(ny, my), _operator(nx, mx)
    touches_hole = _apply(np.abs(far_y), np.where(solid < 1, 1.0, 0.0), np.abs(far_x)) > 0
    return np.where(touches_hole, partial, _apply(far_y, known, far_x)).astype(np.result_type(values, np.float32))


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
def _operator(n: int, m: int, extrapolate: bool = True) -> Array:
    """The (m, n) matrix that takes n cells of a segment to m cells of the same segment; each row sums to one."""
    if m <= n:
        edges, cells = np.arange(m + 1) * (n / m), np.arange(n)
        low = np.maximum(edges[:-1, None], cells)
        high = np.minimum(edges[1:, None], cells + 1)
        matrix: Array = np.maximum(high - low, 0) * (m / n)
    else:
        position = (np.arange(m) + 0.5) * (n / m) - 0.5
        if not extrapolate:
            position = position.clip(0, n - 1)
        left = np.floor(position).clip(0, max(n - 2, 0)).astype(int)
        share = position - left if n > 1 else np.zeros(m)
        matrix = np.zeros((m, n))
        matrix[np.arange(m), left] = 1 - share
        matrix[np.arange(m), np.minimum(left + 1, n - 1)] += share
    matrix.setflags(write=False)
    return matrix
