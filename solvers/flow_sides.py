"""Side conditions of an incompressible flow in a rectangle: walls, inflow, outflow, free slip, periodic sides.

Profiles run east or north. Normal velocities stand on the n cells of a side, tangential ones on its n + 1 corners.
"""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import UsageError

Array = NDArray[Any]
HELD, SLIDING, PERIODIC = 0, 1, 2  # how the velocity along a side continues beyond it
BALANCED = 1e-9  # share of the prescribed flow that may be missing where nothing else can leave


@dataclass(frozen=True)
class Wall:
    """No slip; the wall slides with `speed` eastwards or northwards, one value or n + 1 corner values [m s⁻¹]."""

    speed: ArrayLike = 0.0


@dataclass(frozen=True, eq=False)
class Gusts:
    """What m modes add to the velocity of an inflow at the time t, each by a pattern · cos ωt + another · sin ωt.

    Attributes:
        frequency: ω, (m,) [s⁻¹].
        normal_cos, normal_sin: patterns of the velocity into the domain, means over cells, (m, n) [m s⁻¹].
        tangential_cos, tangential_sin: patterns of the velocity eastwards or northwards on corners, (m, n+1) [m s⁻¹].
    """

    frequency: ArrayLike
    normal_cos: ArrayLike
    normal_sin: ArrayLike
    tangential_cos: ArrayLike
    tangential_sin: ArrayLike


@dataclass(frozen=True)
class Inflow:
    """Prescribed velocity.

    Attributes:
        normal: velocity into the domain (negative: out of it), one value or a mean over each of the n cells [m s⁻¹].
        tangential: velocity eastwards or northwards, one value or n + 1 corner values [m s⁻¹].
        gusts: what varies in time; without an outflow each normal pattern must sum to zero.
    """

    normal: ArrayLike
    tangential: ArrayLike = 0.0
    gusts: Gusts | None = None


@dataclass(frozen=True)
class Outflow:
    """Lets vortices leave: the normal velocity uₙ is carried out with the fastest outflow c next to the side,

        ∂uₙ/∂t + c ∂uₙ/∂n = 0,   c = max(0, max uₙ),

    then shifted uniformly so that as much leaves as enters; the tangential velocity has no normal gradient.
    Source: Orlanski, J. Comput. Phys. 21 (1976), with one speed for the side.

    Attributes:
        backflow: whether fluid may come back in. It brings along whatever velocity it has, so that strong vortices on the side
            may grow without limit; without backflow the normal velocity stops at 0, before the shift.
    """

    backflow: bool = True


@dataclass(frozen=True)
class FreeSlip:
    """Impermeable, without shear stress: a plane of symmetry."""


@dataclass(frozen=True)
class Periodic:
    """Joined to the opposite side, which must be periodic too."""


FlowSide = Wall | Inflow | Outflow | FreeSlip | Periodic


@dataclass(frozen=True)
class FlowSides:
    """The four sides; west is column 0, south is row 0. Walls at rest unless given."""

    west: FlowSide = Wall()
    east: FlowSide = Wall()
    south: FlowSide = Wall()
    north: FlowSide = Wall()

    @property
    def periodic_x(self) -> bool:
        return isinstance(self.west, Periodic)

    @property
    def periodic_y(self) -> bool:
        return isinstance(self.south, Periodic)


class Rim(NamedTuple):
    """The sides on a grid, in the order west, east, south, north.

    Attributes:
        kinds: HELD, SLIDING or PERIODIC, (4,).
        open: whether the side is an outflow, (4,).
        one_way: whether nothing comes back in through it, (4,).
        along_west, along_east, along_south, along_north: velocity along a held side on its corners [m s⁻¹].
        through_west, through_east, through_south, through_north: velocity through the side, along +x or +y [m s⁻¹].
    """

    kinds: Array
    open: Array
    one_way: Array
    along_west: Array
    along_east: Array
    along_south: Array
    along_north: Array
    through_west: Array
    through_east: Array
    through_south: Array
    through_north: Array

    @property
    def along(self) -> tuple[Array, Array, Array, Array]:
        """The velocities along all sides [m s⁻¹]."""
        return self.along_west, self.along_east, self.along_south, self.along_north

    @property
    def through(self) -> tuple[Array, Array, Array, Array]:
        """The velocities through all sides [m s⁻¹]."""
        return self.through_west, self.through_east, self.through_south, self.through_north


def own_rim(rim: Rim) -> Rim:
    """The same with velocities of its own to write to."""
    return Rim(*rim[:3], *(velocity.copy() for velocity in rim[3:]))


def check_sides(sides: FlowSides, shape: tuple[int, int], spacing: tuple[float, float]) -> Rim:
    """The sides on a grid of `shape` = (ny, nx) cells of `spacing` = (dy, dx) [m].

    Raises:
        UsageError: for a periodic side whose opposite is not, a profile of the wrong length or not finite, and more
            flow into the domain than can leave it.
    """
    _check_pairs(sides)
    lengths = {"west": shape[0], "east": shape[0], "south": shape[1], "north": shape[1]}
    named = [(f.name, getattr(sides, f.name), lengths[f.name]) for f in fields(sides)]
    kinds = np.array([_kind(side) for _, side, _ in named])
    outlet = np.array([isinstance(side, Outflow) for _, side, _ in named])
    one_way = np.array([isinstance(side, Outflow) and not side.backflow for _, side, _ in named])
    along = [_tangential(name, side, n) for name, side, n in named]
    inwards = [_normal(name, side, n) for name, side, n in named]
    _balance(inwards, (spacing[0], spacing[0], spacing[1], spacing[1]), bool(outlet.any()))
    through = [profile * sign for profile, sign in zip(inwards, (1, -1, 1, -1), strict=True)]
    return Rim(kinds, outlet, one_way, *along, *through)


def _kind(side: FlowSide) -> int:
    match side:
        case Wall() | Inflow():
            return HELD
        case Periodic():
            return PERIODIC
        case Outflow() | FreeSlip():
            return SLIDING


def _check_pairs(sides: FlowSides) -> None:
    for low, high in (("west", "east"), ("south", "north")):
        pair = [isinstance(getattr(sides, name), Periodic) for name in (low, high)]
        if pair[0] != pair[1]:
            lone, other = (low, high) if pair[0] else (high, low)
            raise UsageError(f"side {lone} is periodic and {other} is not; make both periodic or neither")


def _tangential(name: str, side: FlowSide, n: int) -> Array:
    match side:
        case Wall(speed):
            return _profile(speed, n + 1, f"{name} wall speed", "corners")
        case Inflow():
            return _profile(side.tangential, n + 1, f"{name} tangential inflow", "corners")
        case _:
            return np.zeros(n + 1)


def _normal(name: str, side: FlowSide, n: int) -> Array:
    return _profile(side.normal, n, f"{name} normal inflow", "cells") if isinstance(side, Inflow) else np.zeros(n)


def _profile(value: ArrayLike, n: int, what: str, places: str) -> Array:
    profile = np.asarray(value, dtype=np.float64)
    if profile.shape not in ((), (n,)):
        raise UsageError(f"{what} has shape {profile.shape}; use one value or {n}, one for each of the {places} of the side")
    if not np.isfinite(profile).all():
        raise UsageError(f"{what} has a value that is not finite; use finite velocities")
    return np.array(np.broadcast_to(profile, (n,)))


def _balance(inwards: list[Array], widths: tuple[float, ...], outlet: bool) -> None:
    """Refuse flow that cannot leave; take out what round-off leaves over."""
    net = sum(float(profile.sum()) * width for profile, width in zip(inwards, widths, strict=True))
    turnover = sum(float(np.abs(profile).sum()) * width for profile, width in zip(inwards, widths, strict=True))
    if outlet:
        if net < -BALANCED * turnover:
            raise UsageError(
                f"the inflow sides take {-net:.6g} m² s⁻¹ out, which an outflow cannot let in; make that side an inflow"
            )
        return
    if abs(net) > BALANCED * turnover:
        raise UsageError(
            f"inflow of {net:.6g} m² s⁻¹ has no way out; make a side an Outflow(), or let the inflows, cell means, sum to zero"
        )
    length = sum(float((profile != 0).sum()) * width for profile, width in zip(inwards, widths, strict=True))
    for profile in inwards:
        profile[profile != 0] -= net / length if length else 0.0
