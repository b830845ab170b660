"""A square heated from the west: de Vahl Davis' benchmark of natural convection, in units of the thermal diffusivity."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..boundary import Dirichlet, Sides
from ..flow import Flow, FlowState
from ..flow_passive import Scalar
from .checks import Check, check
from .staggered import across, extrema

Array = NDArray[Any]
DAVIS = "de Vahl Davis (1983) Int. J. Numer. Meth. Fluids 3, 249"
PRANDTL = 0.71
CELLS = 64


class Published(NamedTuple):
    """Mean Nusselt number, largest velocities east on x = 1/2 and north on y = 1/2, and the share they may be missed by."""

    nusselt: float
    u: float
    v: float
    tolerance: float


PUBLISHED = {1e3: Published(1.118, 3.649, 3.697, 0.003), 1e4: Published(2.243, 16.178, 19.617, 0.005)}


def heated_cavities(cells: int = CELLS) -> list[Check]:
    """The checks at both Rayleigh numbers."""
    return [one for rayleigh, published in PUBLISHED.items() for one in _checks(rayleigh, published, cells)]


def _checks(rayleigh: float, published: Published, cells: int) -> list[Check]:
    case, state = f"heated cavity, Ra {rayleigh:g}", convect(rayleigh, cells)
    temperature, middle = state.scalars[0], cells // 2
    entering = 2 * cells * float(np.mean(1 - temperature[:, 0]))
    leaving = 2 * cells * float(np.mean(temperature[:, -1]))
    computed = {
        "mean Nusselt number": (mean_nusselt(state), published.nusselt),
        "largest u on x = 1/2": (extrema(across(state.u[:, middle], 0, 0))[1], published.u),
        "largest v on y = 1/2": (extrema(across(state.v[middle], 0, 0))[1], published.v),
    }
    return [
        *(check(case, name, *values, published.tolerance * values[1], DAVIS) for name, values in computed.items()),
        check(case, "heat leaving per heat entering", leaving / entering, 1.0, 1e-5, "conservation"),
    ]


def convect(rayleigh: float, cells: int) -> FlowState:
    """Steady convection of a fluid of Prandtl number 0.71 between T = 1 in the west and 0 in the east, from conduction on."""
    h, sides = 1 / cells, Sides(west=Dirichlet(1.0), east=Dirichlet(0.0))
    flow = Flow((cells, cells), (h, h), PRANDTL, scalars=[Scalar(1.0, sides, buoyancy=PRANDTL * rayleigh)])
    conducting = np.broadcast_to(1 - (np.arange(cells) + 0.5) / cells, (cells, cells))
    return flow.steady(1e-3, flow.start(scalars=[conducting]))


def mean_nusselt(state: FlowState) -> float:
    """Mean of u T − ∂T/∂x over the square, by the trapezoidal rule over the faces."""
    temperature = state.scalars[0]
    cells = temperature.shape[1]
    inside = state.u[:, 1:-1] * (temperature[:, 1:] + temperature[:, :-1]) / 2 - cells * np.diff(temperature, axis=1)
    entering, leaving = 2 * cells * (1 - temperature[:, 0]), 2 * cells * temperature[:, -1]
    return float((inside.sum(axis=1) + (entering + leaving) / 2).mean() / cells)
