"""Side conditions of a rectangle, all reduced to three profiles per side: transfer coefficient, ambient and flux.

A side exchanges heat with its surroundings by

    k ∂T/∂n = h (T_ambient − T) + g        (n outwards, T at the wall)

so h = ∞ holds the wall at T_ambient (Dirichlet), h = 0 lets the flux g in (Neumann), anything between is convection
(Robin), and one side may be partly each.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import UsageError

Array = NDArray[Any]


@dataclass(frozen=True)
class Dirichlet:
    """Wall held at a temperature [K], one value or a profile along the side."""

    temperature: ArrayLike


@dataclass(frozen=True)
class Neumann:
    """Given heat flux into the body [W m⁻²], one value or a profile; 0 is an insulated side."""

    flux: ArrayLike = 0.0


@dataclass(frozen=True)
class Robin:
    """Convection: coefficient h in [0, ∞] [W m⁻² K⁻¹] and ambient temperature [K], values or profiles."""

    coefficient: ArrayLike
    ambient: ArrayLike


@dataclass(frozen=True)
class Periodic:
    """Joined to the opposite side, which must be periodic too."""


Side = Dirichlet | Neumann | Robin | Periodic


@dataclass(frozen=True)
class Sides:
    """The four sides; west is column 0, south is row 0; profiles run east or north. Insulated unless given."""

    west: Side = Neumann()
    east: Side = Neumann()
    south: Side = Neumann()
    north: Side = Neumann()


@dataclass(frozen=True)
class Perimeter:
    """Profiles along west (ny), east (ny), south (nx) and north (nx), one after the other.

    Attributes:
        transfer: h, (2 ny + 2 nx,) [W m⁻² K⁻¹], ∞ where the wall is held.
        ambient: surrounding temperature [K]; 0 where h = 0.
        flux: further heat flux into the body [W m⁻²].
        periodic_x, periodic_y: whether west meets east and south meets north.
    """

    transfer: Array
    ambient: Array
    flux: Array
    periodic_x: bool = False
    periodic_y: bool = False


def perimeter(sides: Sides, shape: tuple[int, int]) -> Perimeter:
    """The profiles of all sides for a grid of `shape` = (ny, nx) cells.

    Raises:
        UsageError: for a profile of the wrong length, a negative or undefined h, a value that is not finite, or a
            periodic side whose opposite is not.
    """
    ny, nx = shape
    lengths = {"west": ny, "east": ny, "south": nx, "north": nx}
    profiles = [_profiles(getattr(sides, side.name), side.name, lengths[side.name]) for side in fields(sides)]
    transfer, ambient, flux = (np.concatenate(values) for values in zip(*profiles, strict=True))
    return Perimeter(transfer, ambient, flux, _joined(sides, "west", "east"), _joined(sides, "south", "north"))


def _joined(sides: Sides, low: str, high: str) -> bool:
    pair = [isinstance(getattr(sides, name), Periodic) for name in (low, high)]
    if pair[0] != pair[1]:
        lone, other = (low, high) if pair[0] else (high, low)
        raise UsageError(f"side {lone} is periodic and {other} is not; make both periodic or neither")
    return pair[0]


def _profiles(side: Side, name: str, n: int) -> tuple[Array, Array, Array]:
    transfer, ambient, flux = _values(side)
    h = _along(transfer, n, f"{name} transfer coefficient")
    if not (h >= 0).all():
        raise UsageError(f"{name} transfer coefficient has {h.min():g} W m⁻² K⁻¹; use values from 0 to inf")
    outside = _along(ambient, n, f"{name} ambient temperature")
    inflow = _along(flux, n, f"{name} flux")
    outside = np.where(h > 0, outside, 0.0)
    for what, values in (("ambient temperature", outside), ("flux", inflow)):
        if not np.isfinite(values).all():
            raise UsageError(f"{name} {what} has a value that is not finite; use finite numbers")
    return h, outside, inflow


def _values(side: Side) -> tuple[ArrayLike, ArrayLike, ArrayLike]:
    match side:
        case Dirichlet(temperature):
            return np.inf, temperature, 0.0
        case Neumann(flux):
            return 0.0, 0.0, flux
        case Robin(coefficient, ambient):
            return coefficient, ambient, 0.0
        case _:
            return 0.0, 0.0, 0.0


def _along(value: ArrayLike, n: int, what: str) -> Array:
    profile = np.asarray(value, dtype=np.float64)
    if profile.shape not in ((), (n,)):
        raise UsageError(f"{what} has shape {profile.shape}; use one value or {n} along the side")
    return np.broadcast_to(profile, (n,))


def profiles(transfer: Sequence[Array], ambient: Sequence[Array], flux: Sequence[Array] | None = None) -> Perimeter:
    """The perimeter of profiles on (west, east, south, north); without `flux` none flows but what h lets through."""
    h = np.concatenate(transfer)
    return Perimeter(h, np.concatenate(ambient), np.zeros(h.size) if flux is None else np.concatenate(flux))
