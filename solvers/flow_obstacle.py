"""Obstacles: cells cut out of a staggered grid. Their faces are held at zero, and the corners that they touch are at rest.

Fluid leaves through those faces that are mouths of vents; see `flow_vents`.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import label

from .errors import UsageError
from .flow_gusts import Swells
from .flow_sides import BALANCED, PERIODIC, Rim

Array = NDArray[Any]
SIDES = ("west", "east", "south", "north")


class Obstacle(NamedTuple):
    """Where an obstacle acts, as indices of flat fields with halo, all empty without one.

    Attributes:
        u_faces, v_faces: faces that touch it.
        corners: south-west corners of cells that touch it, those on held or sliding sides apart.
        mouths: those of v_faces through which fluid leaves northwards.
        speeds: its velocities, (mouths,) [m s⁻¹].
        below: solid cells below mouths, as indices of flat fields without halo.
        emission: what leaves through all mouths [m² s⁻¹].
    """

    u_faces: Array
    v_faces: Array
    corners: Array
    mouths: Array
    speeds: Array
    below: Array
    emission: float


def obstacle_places(solid: Array, rim: Rim) -> Obstacle:
    """Faces and corners of solid cells (ny, nx), without mouths."""
    wide = np.pad(solid, ((0, 0), (1, 1)), mode="wrap" if rim.kinds[0] == PERIODIC else "constant")
    cells = np.pad(wide, ((1, 1), (0, 0)), mode="wrap" if rim.kinds[2] == PERIODIC else "constant")
    u_faces, v_faces, corners = (np.zeros_like(cells) for _ in range(3))
    u_faces[1:-1, 1:] = cells[1:-1, 1:] | cells[1:-1, :-1]
    v_faces[1:, 1:-1] = cells[1:, 1:-1] | cells[:-1, 1:-1]
    corners[1:, 1:] = cells[1:, 1:] | cells[1:, :-1] | cells[:-1, 1:] | cells[:-1, :-1]
    if rim.kinds[0] != PERIODIC:
        corners[:, [1, -1]] = False
    if rim.kinds[2] != PERIODIC:
        corners[[1, -1]] = False
    along, across, touched = (np.flatnonzero(places) for places in (u_faces, v_faces, corners))
    none = np.flatnonzero([])
    return Obstacle(along, across, touched, none, np.zeros(0), none, 0.0)


def check_obstacle(obstacle: Array, shape: tuple[int, int], spacing: tuple[float, float], rim: Rim, swells: Swells) -> Array:
    """The solid cells, (ny, nx) bool.

    Raises:
        UsageError: for another shape, an obstacle on an open side, no fluid, or one that keeps inflow from leaving.
    """
    solid = np.asarray(np.asarray(obstacle) != 0)
    if solid.shape != shape:
        raise UsageError(f"obstacle has shape {solid.shape} and the grid {shape}; give one value for each cell")
    if solid.all():
        raise UsageError("obstacle covers all cells; leave room for the flow")
    edges = (solid[:, 0], solid[:, -1], solid[0], solid[-1])
    for n, (name, edge) in enumerate(zip(SIDES, edges, strict=True)):
        if (edge & ((swells[n].through != 0).any(axis=0) | rim.open[n])).any():
            raise UsageError(f"obstacle touches the {name} side where fluid passes; leave a cell between them")
    check_ways(solid, np.zeros(shape), spacing, rim)
    return solid


def check_ways(solid: Array, speed: Array, spacing: tuple[float, float], rim: Rim) -> None:
    """Every region of fluid must have an outflow, or as much prescribed flow out as in; `speed` is that of vents, by cell.

    Raises:
        UsageError: for a region without.
    """
    region, _ = label(~solid)
    _join(region, rim)
    dy, dx = spacing
    inwards = (dy * rim.through_west, -dy * rim.through_east, dx * rim.through_south, -dx * rim.through_north)
    edges = (region[:, 0], region[:, -1], region[0], region[-1])
    for number in np.unique(region[~solid]):
        amounts = np.concatenate([inward[edge == number] for inward, edge in zip(inwards, edges, strict=True)])
        amounts = np.append(amounts, dx * speed[:-1][region[1:] == number])
        leaves = any(rim.open[n] and (edges[n] == number).any() for n in range(4))
        if not leaves and abs(amounts.sum()) > BALANCED * np.abs(amounts).sum():
            raise UsageError("obstacle blocks the whole channel: what flows in cannot leave; leave a gap")


def _join(region: Array, rim: Rim) -> None:
    """Give regions that meet across periodic sides one number, in place."""
    seams = ((region[:, 0], region[:, -1], rim.kinds[0]), (region[0], region[-1], rim.kinds[2]))
    for low, high, kind in seams:
        for n in np.flatnonzero((low > 0) & (high > 0)) if kind == PERIODIC else ():
            region[region == high[n]] = low[n]


@njit(cache=True, nogil=True)
def hold(faces: Array, field: Array) -> None:
    """field = 0 on faces, flat."""
    for n in range(faces.size):
        field[faces[n]] = 0.0


@njit(cache=True, nogil=True)
def hold_velocities(obstacle: Obstacle, u: Array, v: Array) -> None:
    """Nothing passes the faces of an obstacle but what its vents emit."""
    hold(obstacle.u_faces, u.ravel())
    hold(obstacle.v_faces, v.ravel())
    flat = v.ravel()
    for n in range(obstacle.mouths.size):
        flat[obstacle.mouths[n]] = obstacle.speeds[n]


@njit(cache=True, nogil=True)
def rest_at_corners(
    obstacle: Obstacle, u: Array, v: Array, m: int, dy: float, dx: float, viscosity: float, ru: Array, rv: Array
) -> None:
    """Correct ru, rv for corners at rest: no momentum is carried through them, and the shear doubles, as at a wall; flat.

    Faces beside a mouth do not feel its jet through the lip between them.
    """
    for n in range(obstacle.corners.size):
        k = obstacle.corners[n]
        carried = 0.25 * (u[k] + u[k - m]) * (v[k] + v[k - 1])
        change_u = (carried + viscosity / dy * (u[k] - u[k - m])) / dy
        change_v = (carried + viscosity / dx * (v[k] - v[k - 1])) / dx
        ru[k] -= change_u
        ru[k - m] += change_u
        rv[k] -= change_v
        rv[k - 1] += change_v
    for n in range(obstacle.mouths.size):
        k, pull = obstacle.mouths[n], 2.0 * viscosity / dx**2 * obstacle.speeds[n]
        rv[k - 1] -= pull
        rv[k + 1] -= pull
