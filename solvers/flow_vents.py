"""Vents: mouths of chimneys, solid cells from whose upper faces fluid leaves northwards and brings scalars along."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UsageError
from .flow_obstacle import Obstacle
from .flow_sides import PERIODIC, Rim

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Vent:
    """A mouth. The fluid leaves it straight upwards, with its lips at rest; scalars leave by the flow alone, w q.

    Attributes:
        cells: solid cells below the mouth, each with fluid above it, (ny, nx).
        velocity: w > 0, northwards [m s⁻¹].
        scalars: q of what leaves, one value for each scalar of the flow.
    """

    cells: Array
    velocity: float
    scalars: tuple[float, ...]


def check_vents(vents: Sequence[Vent], solid: Array, scalars: int, outlet: bool) -> Array:
    """Velocities out of the cells' upper faces, (ny, nx) [m s⁻¹].

    Raises:
        UsageError: for cells that do not fit, are fluid, have no fluid above or belong to two vents, values out of range, and
            vents without an outflow.
    """
    speed = np.zeros(solid.shape)
    for n, vent in enumerate(vents):
        _check_numbers(vent, n, scalars)
        cells = np.asarray(np.asarray(vent.cells) != 0)
        if cells.shape != solid.shape:
            raise UsageError(f"vent {n} has shape {cells.shape} and the grid {solid.shape}; give one value for each cell")
        if not cells.any() or (cells & ~solid).any() or cells[-1].any() or (cells[:-1] & solid[1:]).any():
            raise UsageError(f"vent {n} needs cells that are solid with fluid above; use cells at the top of the obstacle")
        if (speed[cells] > 0).any():
            raise UsageError(f"vent {n} has cells of a vent before it; give each cell to one vent")
        speed[cells] = vent.velocity
    if len(vents) and not outlet:
        raise UsageError("what the vents emit has no way out; make a side an Outflow()")
    return speed


def _check_numbers(vent: Vent, n: int, scalars: int) -> None:
    if not 0 < vent.velocity < np.inf:
        raise UsageError(f"vent {n}: velocity={vent.velocity} m s⁻¹ is out of range; use a positive one")
    if len(vent.scalars) != scalars or not np.isfinite(vent.scalars).all():
        raise UsageError(
            f"vent {n}: scalars={vent.scalars} do not fit; use {scalars} finite values, one for each scalar of the flow"
        )


def with_vents(obstacle: Obstacle, speed: Array, spacing: float, rim: Rim) -> Obstacle:
    """The obstacle with the vents that `speed` (ny, nx) tells; `spacing` is dx [m]."""
    faces = np.zeros((speed.shape[0] + 2, speed.shape[1] + 2))
    faces[2:-1, 1:-1] = speed[:-1]
    if rim.kinds[0] == PERIODIC:
        faces[:, 0], faces[:, -1] = faces[:, -2], faces[:, 1]
    mouths = np.flatnonzero(faces)
    return obstacle._replace(
        mouths=mouths, speeds=faces.ravel()[mouths], below=np.flatnonzero(speed), emission=float(speed.sum() * spacing)
    )


def emitted(vents: Sequence[Vent], shape: tuple[int, int], scalars: int, spacing: float) -> Array:
    """Source of all scalars in the cells above the mouths, (scalars, ny, nx) [s⁻¹]; `spacing` is dy [m]."""
    source = np.zeros((scalars, *shape))
    for vent in vents:
        mouth = np.asarray(vent.cells)[:-1] != 0
        for n, value in enumerate(vent.scalars):
            source[n, 1:][mouth] += vent.velocity * value / spacing
    return source
