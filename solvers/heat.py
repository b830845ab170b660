"""Heat conduction in a rectangle of uniform cells with sides of any kind and holes.

    ρc ∂T/∂t = ∇·(k ∇T) + q,   ρc = 1 J m⁻³ K⁻¹

Finite volumes, second order: harmonic-mean conductances between cells, half a cell in series with whatever a side does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arena import borrow, haloed
from .boundary import Sides, perimeter, profiles
from .discretise import checked_shape, discretise
from .errors import UsageError
from .explicit import Explicit, advance_explicitly, explicit
from .steady import Method, Steady, relative_residual, steady_size, steady_state
from .stencil import ASSEMBLED, Stencil, apply, diagonal

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
    As a time stepper it is explicit (forward Euler); `implicit.Implicit` takes longer steps.

    Raises:
        UsageError: on first use, for sizes that do not fit and values out of range.
    """

    conductivity: Array
    spacing: tuple[float, float]
    sides: Sides = Sides()  # noqa: RUF009 - frozen
    source: ArrayLike | None = None
    hole: Array | None = None
    hole_temperature: ArrayLike | None = None
    order = 2
    time_order = 1

    @cached_property
    def stencil(self) -> Stencil:
        """The discrete equations."""
        k = np.asarray(self.conductivity)
        shape = checked_shape(k)
        source, held = (
            None if a is None else np.full(shape, a) if np.ndim(a) == 0 else np.asarray(a)
            for a in (self.source, self.hole_temperature)
        )
        return discretise(k, source, self.spacing, perimeter(self.sides, shape), self.hole, held)

    def steady(self, tolerance: float = 1e-10, method: Method = "multigrid", mean: float = 0.0) -> Steady:
        """The temperature after infinite time; `steady_state` says more."""
        state = steady_state(self.stencil, tolerance, method, mean)
        return state._replace(temperature=_fill_hole(state.temperature, self.hole, self.hole_temperature))

    def residual(self, temperature: Array) -> float:
        """‖A T − b‖/‖b‖ of a temperature (ny, nx), b with sides and sources."""
        return relative_residual(self.stencil, np.asarray(temperature))

    @property
    def capacity(self) -> float:
        """Heat capacity of a cell per metre of depth, ρc dy dx [J K⁻¹ m⁻¹]."""
        return self.spacing[0] * self.spacing[1]

    @cached_property
    def _explicit(self) -> Explicit:
        return explicit(self.stencil, self.capacity)

    def stable_dt(self) -> float:
        """Largest stable explicit step [s]: h²/4k inside a uniform body, less at held sides."""
        return self._explicit.limit

    def step(self, temperature: Array, dt: float) -> Array:
        """Temperature (ny, nx) one explicit step of dt [s] later, in the precision given."""
        return self.advance(temperature, dt, 1)

    def advance(self, temperature: Array, dt: float, steps: int) -> Array:
        """Temperature (ny, nx) after `steps` explicit steps of dt [s], in the precision given.

        Raises:
            UnstableStep: if dt exceeds `stable_dt()`.
            UsageError: for a temperature or step out of range.
        """
        return advance_explicitly(self._explicit, self.state(temperature, dt, steps), dt, steps)

    def state(self, temperature: Array, dt: float, steps: int) -> Array:
        """The temperature (ny, nx) to start from, with the hole at its own, after a check of all three arguments."""
        start = np.asarray(temperature)
        kind = start.dtype if start.dtype == np.float32 else np.float64
        if start.shape != self.stencil.body.shape or not np.isfinite(start[self.stencil.body]).all():
            raise UsageError(f"temperature {start.shape} must be finite and fit the {self.stencil.body.shape} cells")
        if not (0 < dt < np.inf and steps >= 1):
            raise UsageError(f"dt={dt} s and steps={steps} are out of range; use a positive step and at least one")
        return _fill_hole(start, self.hole, self.hole_temperature).astype(kind, copy=False)


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
    arena = borrow(_room(*checked_shape(conductivity)))
    sides = profiles(transfer, ambient, flux)
    stencil = discretise(conductivity, source, spacing, sides, hole, hole_temperature, arena)
    state = steady_state(stencil, tolerance, method, arena=arena)
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
    sides = profiles(transfer, ambient, flux)
    stencil = discretise(conductivity, source, spacing, sides, hole, hole_temperature)
    return relative_residual(stencil, np.asarray(temperature))


def imbalance(
    temperature: Array,
    conductivity: Array,
    source: Array | None,
    spacing: tuple[float, float],
    transfer: Sequence[Array],
    ambient: Sequence[Array],
    flux: Sequence[Array] | None = None,
    hole: Array | None = None,
    hole_temperature: Array | None = None,
) -> Array:
    """(b − A T)/diag A of a temperature: how much each cell would have to warm to be in balance, (ny, nx) [K]; 0 in holes."""
    sides = profiles(transfer, ambient, flux)
    stencil = discretise(conductivity, source, spacing, sides, hole, hole_temperature)
    lacking = stencil.supply[1:-1, 1:-1] - apply(stencil, np.asarray(temperature, dtype=np.float64))
    exchange = diagonal(stencil)
    return np.asarray(np.divide(lacking, exchange, out=np.zeros_like(lacking), where=stencil.body & (exchange > 0)))


@lru_cache(maxsize=64)
def _room(ny: int, nx: int) -> int:
    """Numbers that a problem and its solution need."""
    return steady_size(ny, nx) + ASSEMBLED * int(haloed(ny, nx))


def _fill_hole(temperature: Array, hole: Array | None, held: ArrayLike | None) -> Array:
    if hole is None:
        return temperature
    return np.asarray(np.where(hole, 0.0 if held is None else np.nan_to_num(held), temperature))
