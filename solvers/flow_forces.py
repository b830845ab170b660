"""Forces on obstacles, from the momentum that the faces held at zero take up, and the pressure beside them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UsageError
from .flow_march import Motion, Setting
from .flow_momentum import accelerate, fill_velocity_halo
from .flow_obstacle import rest_at_corners
from .flow_sides import PERIODIC

Array = NDArray[Any]


def obstacle_force(setting: Setting, motion: Motion, p: Array) -> tuple[float, float]:
    """Force (x, y) of the fluid on all obstacles, per unit of density and depth [m³ s⁻²].

    The exact discrete balance: what the momentum equation, without body forces, would do to the faces of the obstacle if
    nothing held them, with p = 0 inside. p is (ny, nx); its level matters only to obstacles that touch a wall.
    """
    u, v, ru, rv, *_ = motion
    dy, dx, m = setting.dy, setting.dx, u.shape[1]
    fill_velocity_halo(u, v, setting.rim)
    flat = [a.ravel() for a in (u, v, ru, rv)]
    accelerate(flat[0], flat[1], m, dy, dx, setting.viscosity, 0.0, 0.0, flat[2], flat[3])
    rest_at_corners(setting.obstacle, flat[0], flat[1], m, dy, dx, setting.viscosity, flat[2], flat[3])
    taken = []
    for axis, faces, r, h in ((1, setting.obstacle.u_faces, ru, dx), (0, setting.obstacle.v_faces, rv, dy)):
        wrapped = setting.rim.kinds[2 * (1 - axis)] == PERIODIC
        r = r - (_padded(p, axis, wrapped) - np.roll(_padded(p, axis, wrapped), 1, axis)) / h
        taken.append(float(r.ravel()[_once(faces, r.shape, axis, wrapped)].sum() * dy * dx))
    return taken[0], taken[1]


def _padded(p: Array, axis: int, wrapped: bool) -> Array:
    """Pressure with halo, repeated along an axis that is periodic."""
    field = np.pad(p, 1)
    if wrapped:
        first, last = [slice(None)] * 2, [slice(None)] * 2
        first[axis], last[axis] = slice(0, 1), slice(-2, -1)
        field[tuple(first)] = field[tuple(last)]
    return field


def _once(faces: Array, shape: tuple[int, int], axis: int, wrapped: bool) -> Array:
    """The faces inside: a periodic seam counted once, faces on a side left out."""
    place = np.unravel_index(faces, shape)[axis]
    return faces[(place < shape[axis] - 1) & (place > (0 if wrapped else 1))]


def pressure_at(p: Array, solid: Array, spacing: tuple[float, float], point: tuple[float, float]) -> float:
    """Pressure at (x, y): bilinear between the centres of the four cells around, those of them that hold fluid [m² s⁻²].

    Raises:
        UsageError: for a point outside or deep inside an obstacle.
    """
    along = [place / h - 0.5 for place, h in zip(reversed(point), spacing, strict=True)]
    first = [int(np.clip(np.floor(a), 0, n - 2)) for a, n in zip(along, p.shape, strict=True)]
    shares = [np.clip([1 - (a - f), a - f], 0, 1) for a, f in zip(along, first, strict=True)]
    around = (slice(first[0], first[0] + 2), slice(first[1], first[1] + 2))
    weight = np.outer(*shares) * ~solid[around]
    outside = any(not -0.5 <= a <= n - 0.5 for a, n in zip(along, p.shape, strict=True))
    if outside or weight.sum() == 0:
        raise UsageError(f"point {point} m lies outside the fluid; use x, y from the south-west corner, beside the obstacle")
    return float((weight * p[around]).sum() / weight.sum())
