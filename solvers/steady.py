"""The steady state of a stencil, A T = b, by multigrid-preconditioned conjugate gradients or sparse LU."""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .direct import solve_direct
from .errors import UsageError
from .stencil import Stencil, apply

Array = NDArray[Any]
Method = Literal["multigrid", "direct"]
METHODS = ("multigrid", "direct")
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
    return _direct(stencil, mean)


def relative_residual(stencil: Stencil, temperature: Array) -> float:
    """‖A T − b‖/‖b‖ over the body."""
    load = stencil.supply[1:-1, 1:-1]
    return float(np.linalg.norm(load - apply(stencil, temperature)) / (np.linalg.norm(load) or 1.0))


def _direct(stencil: Stencil, mean: float) -> Steady:
    load = stencil.supply[1:-1, 1:-1]
    temperature = solve_direct(stencil, load)
    if not stencil.sink.any():
        check_balance(stencil)
        temperature += mean - temperature[stencil.body].mean()
    return Steady(temperature, relative_residual(stencil, temperature), np.finfo(np.float64).eps, 0)


def check_balance(stencil: Stencil) -> None:
    """A body that exchanges no heat has a steady state only if its sources and fluxes cancel."""
    supply = stencil.supply
    surplus, turnover = supply.sum(), np.abs(supply).sum()
    if abs(surplus) > IMBALANCE * turnover:
        raise UsageError(
            f"sources and fluxes supply {surplus:.6g} W per metre of depth that cannot leave: no side or hole holds a "
            "temperature; make them cancel, or hold or cool a side"
        )
