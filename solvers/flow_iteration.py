"""Newton's and Picard's iterations for the streamfunction of a closed flow on one grid."""

import threading
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .flow_balance import Balance, imbalance, prepare_balance
from .flow_jacobian import jacobian
from .flow_levels import Level
from .frontal import WIDTH, Factors, factorise, prepare_factors, solve_factors

Array = NDArray[Any]
MOST_ITERATIONS = 40
WILD = 1e3  # times the first residual, where an iteration is given up
ROUNDING = 1e-13  # share of the accelerations U²/h + ν U/h² that round-off leaves at most
KEPT_ROOMS = 8
KEPT = 2**23  # numbers of a room that a thread keeps, 64 MB: enough for 160 × 160 cells
_own = threading.local()


class Path(NamedTuple):
    """Where an iteration went.

    Attributes:
        psi, p: streamfunction (ny+1, nx+1) [m² s⁻¹] and pressure (ny, nx) [m² s⁻²] at its end.
        residuals: largest |∂u/∂t| or |∂v/∂t| [m s⁻²] at the start and after each iteration.
        factorisations: how often the Jacobian was factorised.
    """

    psi: Array
    p: Array
    residuals: tuple[float, ...]
    factorisations: int


class Room(NamedTuple):
    """Memory of an iteration: balance, Jacobian (ny−1, nx−1, 5, 5) and its factors."""

    balance: Balance
    equations: Array
    factors: Factors


def iterate(level: Level, psi: Array, tolerance: float, picard: int, reuse: float, most: int = MOST_ITERATIONS) -> Path:
    """Iterate until |∂u/∂t| is within the tolerance or that is hopeless.

    Args:
        psi: to start from, with the level's own values on the rim.
        picard: so many iterations at first are Picard's.
        reuse: factors are used again while a step leaves no more than this share of the residual.
        most: iterations.
    """
    room = _room(level)
    residuals, factorisations, fresh = [_residual(level, psi, room)], 0, True
    while residuals[-1] > tolerance and len(residuals) <= most and residuals[-1] <= WILD * residuals[0]:
        if fresh:
            share = 0.0 if len(residuals) <= picard else 1.0
            factorisations += 1
            if not _linearise(level, psi, share, room):
                residuals.append(inf)
                break
        psi = _step(psi, room)
        residuals.append(_residual(level, psi, room))
        fresh = len(residuals) <= picard + 1 or not residuals[-1] <= reuse * residuals[-2]
    return Path(psi, room.balance.p.copy(), tuple(residuals), factorisations)


def rounding(level: Level) -> float:
    """The residual that round-off may leave [m s⁻²]."""
    h = min(level.spacing)
    return ROUNDING * level.speed * (level.speed / h + level.viscosity / h**2)


def _residual(level: Level, psi: Array, room: Room) -> float:
    return float(imbalance(psi, level.spacing, level.viscosity, level.force, level.rim, room.balance))


def _linearise(level: Level, psi: Array, share: float, room: Room) -> bool:
    """Factorise the Jacobian; whether it is regular."""
    jacobian(psi, *level.spacing, level.viscosity, level.rim.kinds, share, room.equations)
    try:
        factorise(room.factors, room.equations)
    except np.linalg.LinAlgError:
        return False
    return True


def _step(psi: Array, room: Room) -> Array:
    change = -room.balance.curl.ravel()
    solve_factors(room.factors, change)
    return np.asarray(psi + np.pad(change.reshape(room.balance.curl.shape), 1))


def _room(level: Level) -> Room:
    """The room of this thread for a grid; the next call for the same grid takes it back."""
    rooms: dict[Any, Room] = _own.__dict__.setdefault("rooms", {})
    grid = (level.shape, level.spacing)
    if grid not in rooms:
        ny, nx = level.shape
        equations, factors = np.empty((ny - 1, nx - 1, WIDTH, WIDTH)), prepare_factors(ny - 1, nx - 1)
        room = Room(prepare_balance(*grid), equations, factors)
        if factors.values.size > KEPT:
            return room
        if len(rooms) >= KEPT_ROOMS:
            del rooms[next(iter(rooms))]
        rooms[grid] = room
    return rooms[grid]
