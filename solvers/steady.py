"""The steady state of a stencil, A T = b, by multigrid-preconditioned conjugate gradients or sparse LU."""

from typing import Any, Literal, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .conjugate_gradient import MOST_ITERATIONS, load_residual, pcg, workspace
from .direct import solve_direct
from .errors import NumericalError, UsageError
from .scaled import scale
from .stencil import Stencil, apply

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


def steady_state(stencil: Stencil, tolerance: float = 1e-10, method: Method = "multigrid", mean: float = 0.0) -> Steady:
    """Solve A T = b.

    Args:
        tolerance: largest error estimate, 1e-14 to 0.1.
        mean: temperature of the body where nothing holds it (all sides insulated or periodic) [K].
    Raises:
        UsageError: for an unknown method, a tolerance out of range, or heat that cannot leave an insulated body.
        NumericalError: if the iteration does not converge.
    """
    if method not in METHODS:
        raise UsageError(f"unknown method {method!r}; known are {', '.join(METHODS)}")
    if not 1e-14 <= tolerance <= 0.1:
        raise UsageError(f"tolerance={tolerance:g} is out of range; use 1e-14 to 0.1")
    free = not stencil.sink.any()
    if free:
        check_balance(stencil)
    if method == "direct":
        temperature, error, iterations = solve_direct(stencil), float(np.finfo(np.float64).eps), 0
    else:
        haloed, error, iterations = conjugate_gradients(stencil, tolerance)
        temperature = haloed[1:-1, 1:-1].copy()
        if not error <= tolerance:
            raise NumericalError(
                f"steady heat: estimated error {error:.1e} after {iterations} iterations misses the tolerance "
                f"{tolerance:.1e}; use method='direct', a larger tolerance or less extreme conductivities"
            )
    if free:
        temperature += mean - temperature[stencil.body].mean()
    return Steady(temperature, relative_residual(stencil, temperature), float(error), int(iterations))


@njit(cache=True, nogil=True)
def conjugate_gradients(stencil: Stencil, tolerance: float) -> tuple[Array, float, int]:
    """Temperature with halo, error estimate and iterations, from the best uniform temperature on.

    Tight tolerances are verified on the residual computed afresh, and the iteration resumed from there if need be.
    """
    west, south, sink, supply, _, periodic_x, periodic_y, _ = stencil
    scaled = scale(west, south, sink, periodic_x, periodic_y)
    work = workspace(sink.shape[0] - 2, sink.shape[1] - 2)
    lost = sink.sum()
    temperature = np.full(sink.shape, supply.sum() / lost if lost > 0.0 else 0.0)
    iterations, error = 0, 0.0
    for _ in range(RESTARTS):
        load_residual(stencil, temperature, scaled.root, work)
        done, error = pcg(scaled, work, tolerance, MOST_ITERATIONS - iterations)
        iterations += done
        for j in range(1, sink.shape[0] - 1):
            for i in range(1, sink.shape[1] - 1):
                temperature[j, i] += scaled.root[j, i] * work.x[j, i]
        if tolerance > VERIFIED or done == 0 or iterations > MOST_ITERATIONS:
            break
    return temperature, error, min(iterations, MOST_ITERATIONS)


def relative_residual(stencil: Stencil, temperature: Array) -> float:
    """‖A T − b‖/‖b‖ over the body."""
    load = stencil.supply[1:-1, 1:-1]
    return float(np.linalg.norm(load - apply(stencil, temperature)) / (np.linalg.norm(load) or 1.0))


def check_balance(stencil: Stencil) -> None:
    """A body that exchanges no heat has a steady state only if its sources and fluxes cancel."""
    supply = stencil.supply
    surplus, turnover = supply.sum(), np.abs(supply).sum()
    if abs(surplus) > IMBALANCE * turnover:
        raise UsageError(
            f"sources and fluxes supply {surplus:.6g} W per metre of depth that cannot leave: no side or hole holds a "
            "temperature; make them cancel, or hold or cool a side"
        )
