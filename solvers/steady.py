"""The steady state of a stencil, A T = b, by multigrid-preconditioned conjugate gradients or sparse LU."""

from typing import Any, Literal, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .arena import Arena, borrow, grid, haloed
from .conjugate_gradient import MOST_ITERATIONS, WORKED, load_residual, pcg, workspace
from .direct import solve_direct
from .errors import NumericalError, UsageError
from .scaled import scale, scaled_size
from .stencil import Stencil, fill_halo, heat_loss, total

Array = NDArray[Any]
Method = Literal["multigrid", "direct"]
METHODS = ("multigrid", "direct")
VERIFIED = 1e-7  # tolerances below are checked on the true residual
RESTARTS = 4
IMBALANCE = 1e-8  # share of the heat supplied that may be left over by rounding where none can leave


class Steady(NamedTuple):
    """A steady temperature and how good it is.

    Attributes:
        temperature: (ny, nx) [K]; in holes the temperature they are held at, 0 in insulated ones.
        residual: ‖A T − b‖/‖b‖ of the discrete equations, b with sides and sources.
        error_estimate: ‖T − T_h‖_A/‖T_h − c‖_A against the exact discrete solution T_h, in the energy norm
            ‖v‖²_A = ∑ g (v_i − v_j)² + ∑ s v²; c is the best uniform temperature.
        iterations: of conjugate gradients; 0 for the direct method.
    """

    temperature: Array
    residual: float
    error_estimate: float
    iterations: int


def steady_size(ny: int, nx: int) -> int:
    """Numbers that a solve takes from its arena, the stencil apart."""
    return int(scaled_size(ny, nx)) + (WORKED + 1) * int(haloed(ny, nx))


def steady_state(
    stencil: Stencil,
    tolerance: float = 1e-10,
    method: Method = "multigrid",
    mean: float = 0.0,
    arena: Arena | None = None,
) -> Steady:
    """Solve A T = b.

    Args:
        tolerance: largest error estimate, 1e-14 to 0.1.
        mean: temperature of the body where nothing holds it (all sides insulated or periodic) [K].
        arena: with room for `steady_size`; by default that of this thread.
    Raises:
        UsageError: for an unknown method, a tolerance out of range, or heat that cannot leave an insulated body.
        NumericalError: if the iteration does not converge.
    """
    if method not in METHODS:
        raise UsageError(f"unknown method {method!r}; known are {', '.join(METHODS)}")
    if not 1e-14 <= tolerance <= 0.1:
        raise UsageError(f"tolerance={tolerance:g} is out of range; use 1e-14 to 0.1")
    if not stencil.held:
        check_balance(stencil)
    if method == "direct":
        temperature = solve_direct(stencil)
        state = Steady(temperature, relative_residual(stencil, temperature), float(np.finfo(np.float64).eps), 0)
    else:
        arena = borrow(steady_size(*stencil.body.shape)) if arena is None else arena
        state = Steady(*conjugate_gradients(arena, stencil, tolerance))
    if not state.error_estimate <= tolerance:
        raise NumericalError(
            f"steady heat: estimated error {state.error_estimate:.1e} after {state.iterations} iterations misses the "
            f"tolerance {tolerance:.1e}; use method='direct', a larger tolerance or less extreme conductivities"
        )
    return state if stencil.held else _with_mean(state, stencil.body, mean)


@njit(cache=True, nogil=True)
def conjugate_gradients(arena: Arena, stencil: Stencil, tolerance: float) -> tuple[Array, float, float, int]:
    """Temperature (ny, nx), residual, error estimate and iterations, from the best uniform temperature on.

    Tight tolerances are verified on a residual computed afresh, and the iteration resumed from there if need be.
    """
    ny, nx = stencil.body.shape
    scaled = scale(arena, stencil.west, stencil.south, stencil.sink, stencil.periodic_x, stencil.periodic_y)
    work, temperature = workspace(arena, ny, nx), uniform(arena, stencil)
    tight, iterations, error = tolerance <= VERIFIED, 0, 0.0
    for _ in range(RESTARTS):
        load_residual(stencil, temperature, scaled.root, work)
        done, error = pcg(scaled, work, tolerance, MOST_ITERATIONS - iterations, tight)
        iterations += done
        for j in range(1, ny + 1):
            for i in range(1, nx + 1):
                temperature[j, i] += scaled.root[j, i] * work.x[j, i]
        if not tight or done == 0 or iterations > MOST_ITERATIONS:
            break
    residual = haloed_residual(stencil, temperature, work.q)
    out = np.empty((ny, nx))
    for j in range(ny):
        for i in range(nx):
            out[j, i] = temperature[j + 1, i + 1]
    return out, residual, error, min(iterations, MOST_ITERATIONS)


@njit(cache=True, nogil=True)
def uniform(arena: Arena, stencil: Stencil) -> Array:
    """The uniform temperature at which the whole body is in balance; 0 where nothing holds it, and outside."""
    ny, nx = stencil.body.shape
    temperature = grid(arena, ny, nx)
    if stencil.held:
        balance = total(stencil.supply) / total(stencil.sink)
        for j in range(1, ny + 1):
            for i in range(1, nx + 1):
                temperature[j, i] = balance if stencil.body[j - 1, i - 1] else 0.0
    return temperature


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def haloed_residual(stencil: Stencil, temperature: Array, loss: Array) -> float:
    """‖A T − b‖/‖b‖ of a temperature with halo; `loss` is overwritten."""
    fill_halo(temperature, stencil.periodic_x, stencil.periodic_y)
    heat_loss(stencil, temperature, loss)
    missing, supplied = 0.0, 0.0
    for j in range(1, loss.shape[0] - 1):
        for i in range(1, loss.shape[1] - 1):
            missing += (stencil.supply[j, i] - loss[j, i]) ** 2
            supplied += stencil.supply[j, i] ** 2
    return float(np.sqrt(missing / supplied) if supplied > 0.0 else np.sqrt(missing))


def relative_residual(stencil: Stencil, temperature: Array) -> float:
    """‖A T − b‖/‖b‖ of a temperature (ny, nx) over the body."""
    padded = np.pad(np.where(stencil.body, temperature, 0.0), 1)
    return float(haloed_residual(stencil, padded, np.zeros_like(padded)))


def _with_mean(state: Steady, body: Array, mean: float) -> Steady:
    return state._replace(temperature=state.temperature + (mean - state.temperature[body].mean()))


def check_balance(stencil: Stencil) -> None:
    """A body that exchanges no heat has a steady state only if its sources and fluxes cancel."""
    supply = stencil.supply
    surplus, turnover = supply.sum(), np.abs(supply).sum()
    if abs(surplus) > IMBALANCE * turnover:
        raise UsageError(
            f"sources and fluxes supply {surplus:.6g} W per metre of depth that cannot leave: no side or hole holds a "
            "temperature; make them cancel, or hold or cool a side"
        )
