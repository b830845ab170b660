"""Heat conduction in a rectangle of uniform cells with sides of any kind and holes.

    ρc ∂T/∂t = ∇·(k ∇T) + q,   ρc = 1 J m⁻³ K⁻¹

Finite volumes, second order: harmonic-mean conductances between cells, half a cell in series with whatever a side does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .boundary import Perimeter, Sides, perimeter
from .discretise import discretise
from .steady import Method, Steady, relative_residual, steady_state
from .stencil import Stencil

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Heat:
    """A heat conduction problem.

    Attributes:
        conductivity: k > 0, (ny, nx) [W m⁻¹ K⁻¹]; ignored in holes.
        spacing: cell sizes (dy, dx) [m].
        sides: what happens at each side; row 0 is south, column 0 west.
        source: heating power density q, one value or (ny, nx) [W m⁻³].
        hole: cells that are not part of the body, (ny, nx).
        hole_temperature: one value or (ny, nx) [K] that hole cells are held at, NaN where insulated, as is the default.
    Raises:
        UsageError: on first use, for sizes that do not fit and values out of range.
    """

    conductivity: Array
    spacing: tuple[float, float]
    sides: Sides = Sides()  # noqa: RUF009 - frozen
    source: ArrayLike | None = None
    hole: Array | None = None
    hole_temperature: ArrayLike | None = None

    @cached_property
    def stencil(self) -> Stencil:
        """The discrete equations."""
        shape = np.shape(self.conductivity)
        source, held = (None if a is None else np.broadcast_to(a, shape) for a in (self.source, self.hole_temperature))
        sides = perimeter(self.sides, shape)
        return discretise(np.asarray(self.conductivity), source, self.spacing, sides, self.hole, held)

    def steady(self, tolerance: float = 1e-10, method: Method = "multigrid", mean: float = 0.0) -> Steady:
        """The temperature after infinite time; `steady_state` says more."""
        state = steady_state(self.stencil, tolerance, method, mean)
        return state._replace(temperature=_fill_hole(state.temperature, self.hole, self.hole_temperature))

    def residual(self, temperature: Array) -> float:
        """‖A T − b‖/‖b‖ of a temperature (ny, nx), b with sides and sources."""
        return relative_residual(self.stencil, np.asarray(temperature))


def solve_steady(
    conductivity: Array,
    source: Array | None,
    spacing: tuple[float, float],
    transfer: Sequence[Array],
    ambient: Sequence[Array],
    flux: Sequence[Array] | None = None,
    hole: Array | None = None,
    hole_temperature: Array | None = None,
    tolerance: float = 1e-10,
    method: Method = "multigrid",
) -> Steady:
    """Steady temperature from plain arrays, with as little overhead as there can be.

    Args:
        conductivity, source: k and q, (ny, nx) [W m⁻¹ K⁻¹, W m⁻³].
        spacing: (dy, dx) [m].
        transfer, ambient, flux: profiles on (west, east, south, north): h [W m⁻² K⁻¹] (∞ holds the wall, 0 insulates it),
            ambient temperature [K] and further flux into the body [W m⁻²].
        hole, hole_temperature: as in `Heat`, (ny, nx).
        tolerance: largest error estimate.
    Raises:
        UsageError, NumericalError: as `steady_state`.
    """
    sides = _perimeter(transfer, ambient, flux)
    state = steady_state(discretise(conductivity, source, spacing, sides, hole, hole_temperature), tolerance, method)
    return state._replace(temperature=_fill_hole(state.temperature, hole, hole_temperature))


def residual(
    temperature: Array,
    conductivity: Array,
    source: Array | None,
    spacing: tuple[float, float],
    transfer: Sequence[Array],
    ambient: Sequence[Array],
    flux: Sequence[Array] | None = None,
    hole: Array | None = None,
    hole_temperature: Array | None = None,
) -> float:
    """‖A T − b‖/‖b‖ of a temperature (ny, nx) for the problem that `solve_steady` describes."""
    sides = _perimeter(transfer, ambient, flux)
    stencil = discretise(conductivity, source, spacing, sides, hole, hole_temperature)
    return relative_residual(stencil, np.asarray(temperature))


def _perimeter(transfer: Sequence[Array], ambient: Sequence[Array], flux: Sequence[Array] | None) -> Perimeter:
    h = np.concatenate(transfer)
    return Perimeter(h, np.concatenate(ambient), np.zeros(h.size) if flux is None else np.concatenate(flux))


def _fill_hole(temperature: Array, hole: Array | None, held: ArrayLike | None) -> Array:
    if hole is None:
        return temperature
    return np.where(hole, 0.0 if held is None else np.nan_to_num(held), temperature)
