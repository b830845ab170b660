"""What people ask of a plume: how much smoke arrives on the ground, where, and how high the plume has risen."""

import numpy as np

from ..scenario import Array, Fields
from .chimney import HEIGHT, SOLID, STACK_AT, WIDTH, stack_cells

FAINT = 1e-4  # of the concentration at the exit, below which smoke on the ground counts as this much
RISE_AT = 4.0  # stack heights behind the stack
NEARBY = 0.25  # distance from there over which the rise is averaged
QUANTITY_UNITS = {"ground_distance": "stack heights", "rise": "stack heights"}


def quantities(conditions: Fields, targets: Fields) -> dict[str, float]:
    """Numbers of a snapshot or a mean.

    Args:
        conditions, targets: fields on one grid, of which `smoke` is asked.
    Returns:
        `ground_maximum`: the largest concentration in the first cells above ground, terrain or roofs behind the stack.
        `ground_distance`: its distance from the middle of the stack.
        `rise`: mean height of the smoke, weighted by concentration, 4 stack heights behind the stack, less that of the mouth.
    """
    solid = conditions["obstacle"] >= SOLID
    smoke = np.where(solid, 0.0, np.maximum(targets["smoke"], 0.0))
    cell = HEIGHT / solid.shape[0]
    _, columns = stack_cells(conditions, solid.shape[0])
    ground = np.take_along_axis(smoke, (~solid).argmax(axis=0)[None], axis=0)[0, columns.stop :]
    distance = (np.arange(solid.shape[1]) + 0.5) * (WIDTH / solid.shape[1]) - STACK_AT
    largest, place = max(float(ground.max()), FAINT), int(ground.argmax()) + columns.stop
    there = np.abs(distance - RISE_AT) <= max(NEARBY, cell / 2)
    rise = mean_height(smoke[:, there].sum(axis=1)) - float(conditions["stack_height"])
    return {"ground_maximum": largest, "ground_distance": float(distance[place]), "rise": rise}


def mean_height(smoke: Array) -> float:
    """Mean height of a column (ny,) of smoke; that of the ground without any."""
    y = (np.arange(smoke.size) + 0.5) * (HEIGHT / smoke.size)
    return float(smoke @ y / max(smoke.sum(), np.finfo(np.float64).tiny))
