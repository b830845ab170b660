"""From the fields and sides of a heat problem to its stencil, checked once at this door."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arena import Arena, haloed
from .boundary import Perimeter
from .errors import UsageError
from .stencil import ASSEMBLED, Stencil, assemble

Array = NDArray[Any]
MOST = 2**26
NO_HOLE, NO_TEMPERATURE = np.zeros((0, 0), dtype=np.bool_), np.zeros((0, 0))


def discretise(
    conductivity: Array,
    source: Array | None,
    spacing: tuple[float, float],
    sides: Perimeter,
    hole: Array | None = None,
    hole_temperature: Array | None = None,
    arena: Arena | None = None,
) -> Stencil:
    """The discrete heat equation of fields (ny, nx); arguments as in `heat.Heat`, in an arena or memory of its own.

    Raises:
        UsageError: for a size, conductivity, source, spacing or hole temperature out of range.
    """
    shape = checked_shape(conductivity)
    dy, dx = spacing
    if not (0 < dy < np.inf and 0 < dx < np.inf):
        raise UsageError(f"spacing={spacing} m is out of range; use positive finite cell sizes (dy, dx)")
    k = np.ascontiguousarray(conductivity, dtype=np.float64)
    q = np.zeros(shape) if source is None else _fits(source, shape, "source")
    drilled, held = NO_HOLE, NO_TEMPERATURE
    if hole is not None:
        drilled = np.ascontiguousarray(_fits(hole, shape, "hole") != 0)
        held = np.full(shape, np.nan) if hole_temperature is None else _fits(hole_temperature, shape, "hole_temperature")
    if arena is None:
        arena = Arena(np.empty(ASSEMBLED * haloed(*shape)), np.zeros(1, dtype=np.int64))
    stencil: Stencil = assemble(
        arena, k, q, dy, dx, sides.transfer, sides.ambient, sides.flux, sides.periodic_x, sides.periodic_y, drilled, held
    )
    if not stencil.sound:
        _explain(k, q, stencil.body)
    return stencil


def checked_shape(conductivity: Array) -> tuple[int, int]:
    """The grid of a conductivity field.

    Raises:
        UsageError: if it is no grid or too large.
    """
    shape = conductivity.shape
    if len(shape) != 2 or min(shape) < 1 or shape[0] * shape[1] > MOST:
        raise UsageError(f"conductivity has shape {shape}; use (ny, nx) with 1 to {MOST} cells")
    return shape


def _fits(values: Array, shape: tuple[int, int], name: str) -> Array:
    field = np.ascontiguousarray(values, dtype=np.float64)
    if field.shape != shape:
        raise UsageError(f"{name} has shape {field.shape} and conductivity {shape}; give both on one grid")
    return field


def _explain(k: Array, q: Array, body: Array) -> None:
    if not body.any():
        raise UsageError("hole covers all cells; leave at least one cell of the body")
    bad = body & ~((k > 0) & (k < np.inf))
    if bad.any():
        j, i = np.argwhere(bad)[0]
        raise UsageError(f"conductivity={k[j, i]:g} W m⁻¹ K⁻¹ in cell ({j}, {i}) is out of range; use 0 < k < inf")
    bad = body & ~np.isfinite(q)
    if bad.any():
        j, i = np.argwhere(bad)[0]
        raise UsageError(f"source={q[j, i]:g} W m⁻³ in cell ({j}, {i}) is not finite; use finite power densities")
    raise UsageError("the sides or held holes exchange more heat than numbers can hold; use smaller values")
