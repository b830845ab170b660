"""What a flow carries: the description of a passive scalar, and its numbers on a grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .boundary import Dirichlet, Neumann, Perimeter, Periodic, Sides, perimeter
from .errors import UsageError
from .flow_scalar import Passive
from .flow_sides import FlowSide, FlowSides, Inflow
from .flow_sides import Periodic as FlowPeriodic

Array = NDArray[Any]


@dataclass(frozen=True)
class Scalar:
    """A scalar q carried by the flow, ∂q/∂t + ∇·(u q) = κ ∇²q + s.

    Attributes:
        diffusivity: κ ≥ 0 [m² s⁻¹].
        sides: as for heat, with κ in place of k, so that a flux counts in units of q times m s⁻¹. Unless given, they are
            periodic where the flow is, q = 0 at inflows, and insulated elsewhere. Fluid that enters through a side that does
            not hold q brings the q of the cell there.
        source: s, one value or (ny, nx) [s⁻¹]; none in obstacles, which are insulated.
        buoyancy: β, upward (northward) acceleration per unit of q [m s⁻²].
    """

    diffusivity: float
    sides: Sides | None = None
    source: ArrayLike = 0.0
    buoyancy: float = 0.0


def passive(scalars: Sequence[Scalar], sides: FlowSides, solid: Array, spacing: tuple[float, float]) -> Passive:
    """The numbers of all scalars on the grid of `solid` (ny, nx) with `spacing` (dy, dx) [m].

    Raises:
        UsageError: for values out of range, a source that does not fit, or sides that are periodic where the flow is not.
    """
    ny, nx = shape = solid.shape
    count, around = len(scalars), 2 * ny + 2 * nx
    exchange, ambient, flux = (np.zeros((count, around)) for _ in range(3))
    held, source = np.zeros((count, around), np.bool_), np.zeros((count, ny + 2, nx + 2))
    for n, scalar in enumerate(scalars):
        _check_numbers(scalar, n)
        beyond = _perimeter(scalar, n, sides, shape)
        depth = np.repeat([spacing[1] / 2, spacing[0] / 2], [2 * ny, 2 * nx])
        exchange[n], flux[n] = _in_series(scalar.diffusivity / depth, beyond)
        ambient[n], held[n] = beyond.ambient, np.isinf(beyond.transfer)
        source[n, 1:-1, 1:-1] = np.where(solid, 0.0, _source(scalar, n, shape))
    diffusivity, buoyancy = (np.array([getattr(s, name) for s in scalars], float) for name in ("diffusivity", "buoyancy"))
    sourced = np.asarray(source.any(axis=(1, 2)))
    return Passive(diffusivity, buoyancy, source, sourced, np.zeros_like(source), exchange, ambient, held, flux)


def _check_numbers(scalar: Scalar, n: int) -> None:
    if not 0 <= scalar.diffusivity < np.inf:
        raise UsageError(f"scalar {n}: diffusivity={scalar.diffusivity} m² s⁻¹ is out of range; use 0 or more")
    if not np.isfinite(scalar.buoyancy):
        raise UsageError(f"scalar {n}: buoyancy={scalar.buoyancy} m s⁻² is not finite; use a finite acceleration")


def _perimeter(scalar: Scalar, n: int, flow: FlowSides, shape: tuple[int, int]) -> Perimeter:
    sides = Sides(*map(_natural, (flow.west, flow.east, flow.south, flow.north))) if scalar.sides is None else scalar.sides
    try:
        beyond = perimeter(sides, shape)
    except UsageError as error:
        raise UsageError(f"scalar {n}: {error}") from None
    for what, own, joined in (("x", beyond.periodic_x, flow.periodic_x), ("y", beyond.periodic_y, flow.periodic_y)):
        if own != joined:
            raise UsageError(f"scalar {n} and the flow differ in whether {what} is periodic; make both periodic or neither")
    return beyond


def _natural(side: FlowSide) -> Periodic | Dirichlet | Neumann:
    match side:
        case FlowPeriodic():
            return Periodic()
        case Inflow():
            return Dirichlet(0.0)
        case _:
            return Neumann()


def _in_series(inner: Array, beyond: Perimeter) -> tuple[Array, Array]:
    """Conductance from the cell centre to the ambient, and the share of the flux that arrives."""
    outer = np.where(np.isinf(beyond.transfer), 0.0, beyond.transfer)
    share = np.where(outer > 0, inner / (inner + outer + (inner + outer == 0)), 1.0)
    return np.where(np.isinf(beyond.transfer), inner, share * outer), share * beyond.flux


def _source(scalar: Scalar, n: int, shape: tuple[int, int]) -> Array:
    source = np.asarray(scalar.source, dtype=np.float64)
    if source.shape not in ((), shape):
        raise UsageError(f"scalar {n}: source has shape {source.shape}; use one value or {shape}")
    if not np.isfinite(source).all():
        raise UsageError(f"scalar {n}: source has a value that is not finite; use finite rates")
    return source
