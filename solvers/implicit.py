"""An L-stable scheme of second order for the stencil, two multigrid solves a step.

SDIRK2 with γ = 1 − 1/√2 (Alexander, SIAM J. Numer. Anal. 14, 1977) for C dT/dt = b − A T, in increments:

    (C/(γ dt) + A) y₁ = (b − A T)/γ
    (C/(γ dt) + A) y₂ = (b − A (T + (1−γ) y₁))/γ
    T ← T + (1−γ) y₁ + γ y₂
"""

from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .arena import Arena, borrow, grid, haloed
from .conjugate_gradient import MOST_ITERATIONS, WORKED, Workspace, load_residual, pcg, workspace
from .errors import NumericalError
from .heat import Heat
from .scaled import Scaled, scale, scaled_size
from .stencil import Stencil

Array = NDArray[Any]
GAMMA = 1 - 1 / sqrt(2)


@dataclass(frozen=True)
class Implicit:
    """Unconditionally stable time stepping of a heat problem.

    Attributes:
        heat: the problem.
        tolerance: of each solve, relative to the increment in the energy norm.
    """

    heat: Heat
    tolerance: float = 1e-8
    order = 2
    time_order = 2

    def stable_dt(self) -> float:
        return inf

    def step(self, temperature: Array, dt: float) -> Array:
        """Temperature (ny, nx) one step of dt [s] later."""
        return self.advance(temperature, dt, 1)

    def advance(self, temperature: Array, dt: float, steps: int) -> Array:
        """Temperature (ny, nx) after `steps` steps of dt [s]; solved in float64 whatever the precision given.

        Raises:
            UsageError: for a temperature or step out of range.
            NumericalError: if a solve does not converge.
        """
        start = self.heat.state(temperature, dt, steps)
        stencil = self.heat.stencil
        t = np.pad(start.astype(np.float64), 1)
        arena = borrow(scaled_size(*start.shape) + (WORKED + 2) * haloed(*start.shape))
        done = _march(arena, stencil, t, self.heat.capacity / (GAMMA * dt), steps, self.tolerance)
        if done < steps:
            raise NumericalError(
                f"implicit heat: temperature did not converge in step {done + 1} at {done * dt:.6g} s; "
                "use a smaller dt or a larger tolerance"
            )
        return np.asarray(t[1:-1, 1:-1].astype(start.dtype))


@njit(cache=True, nogil=True)
def _march(arena: Arena, stencil: Stencil, t: Array, inertia: float, steps: int, tolerance: float) -> int:
    """Steps done before a solve failed; `inertia` is C/(γ dt)."""
    ny, nx = stencil.body.shape
    sink, middle = grid(arena, ny, nx), grid(arena, ny, nx)
    for j in range(1, ny + 1):
        for i in range(1, nx + 1):
            sink[j, i] = stencil.sink[j, i] + (inertia if stencil.body[j - 1, i - 1] else 0.0)
    scaled = scale(arena, stencil.west, stencil.south, sink, stencil.periodic_x, stencil.periodic_y)
    work = workspace(arena, ny, nx)
    for n in range(steps):
        if not _increment(stencil, scaled, t, work, tolerance):
            return n
        _add(middle, t, (1 - GAMMA) / GAMMA, scaled.root, work.x)
        if not _increment(stencil, scaled, middle, work, tolerance):
            return n
        _add(t, middle, 1.0, scaled.root, work.x)
    return steps


@njit(cache=True, nogil=True)
def _increment(stencil: Stencil, scaled: Scaled, t: Array, work: Workspace, tolerance: float) -> bool:
    """work.x = D^½ γ y for the increment y that starts from t; whether it converged."""
    load_residual(stencil, t, scaled.root, work)
    work.known[0], work.known[1] = 0.0, 1.0
    done, _ = pcg(scaled, work, tolerance, MOST_ITERATIONS, False)
    return done <= MOST_ITERATIONS


@njit(cache=True, nogil=True)
def _add(out: Array, t: Array, factor: float, root: Array, x: Array) -> None:
    """out = t + factor · D^-½ x."""
    for j in range(1, t.shape[0] - 1):
        for i in range(1, t.shape[1] - 1):
            out[j, i] = t[j, i] + factor * root[j, i] * x[j, i]
