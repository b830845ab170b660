"""The thick double shear layer rolls up in a periodic square: what the equations conserve, and how fast energy must decay.

    d/dt mean(½ |u|²) = −2ν mean(½ ω²)

Central differences conserve energy but for viscosity, so the balance closes to the order of the time step; an upwind scheme
loses several times as much.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import simpson

from ..exact_flow import double_shear_layer
from ..flow import Flow, FlowState
from ..flow_sides import FlowSides, Periodic
from .checks import Check, check
from .staggered import sample

Array = NDArray[Any]
BROWN = "energy balance; flow of Brown & Minion (1995) J. Comput. Phys. 122, 165"
VISCOSITY, UNTIL, MOMENTS, CELLS = 1e-4, 1.0, 40, 256


def shear_layer(cells: int = CELLS) -> list[Check]:
    """All checks of one roll-up."""
    states = roll_up(cells)
    energies, enstrophies = (np.array([measure(s) for s in states]) for measure in (energy, enstrophy))
    times = np.array([s.time for s in states])
    peaks = [float(np.abs(vorticity(s)).max()) for s in states]
    case, last = "thick double shear layer", states[-1]
    decayed = float(simpson(2 * VISCOSITY * enstrophies, x=times))
    return [
        check(case, "energy lost per integral of enstrophy", (energies[0] - energies[-1]) / decayed, 1.0, 1e-3, BROWN),
        check(case, "mean vorticity", float(vorticity(last).mean()), 0.0, 1e-11, BROWN),
        check(case, "change of the mean velocity", _drift(states[0], last), 0.0, 1e-12, "conservation of momentum"),
        check(
            case, "largest vorticity ever per that at first", max(peaks) / peaks[0], 1.0, 5e-3, "maximum principle of vorticity"
        ),
    ]


def layered(cells: int) -> tuple[Flow, FlowState]:
    """The problem and its start."""
    sides = FlowSides(Periodic(), Periodic(), Periodic(), Periodic())
    flow = Flow((cells, cells), (1 / cells, 1 / cells), VISCOSITY, sides)
    at_first = sample(lambda x, y: (*double_shear_layer(x, y), x * y), flow.shape, flow.spacing, (0.0, 0.0))
    return flow, flow.start(at_first.u, at_first.v)


def roll_up(cells: int) -> list[FlowState]:
    """The flow at equally spaced moments, from the first on, by short steps: the longest ones lose 0.4 % more energy."""
    flow, start = layered(cells)
    states = [start]
    for n in range(MOMENTS):
        states.append(flow.march(states[-1], (n + 1) * UNTIL / MOMENTS, courant=0.3))
    return states


def energy(state: FlowState) -> float:
    """Mean of ½ |u|² [m² s⁻²]."""
    return float(np.mean(state.u[:, 1:] ** 2) + np.mean(state.v[1:] ** 2)) / 2


def enstrophy(state: FlowState) -> float:
    """Mean of ½ ω² [s⁻²]."""
    return float(np.mean(vorticity(state) ** 2)) / 2


def vorticity(state: FlowState) -> Array:
    """∂v/∂x − ∂u/∂y on the corners of the unit periodic square, each once, (n, n) [s⁻¹]."""
    u, v, cells = state.u[:, 1:], state.v[1:], len(state.p)
    return np.asarray((np.roll(v, -1, axis=1) - v - np.roll(u, -1, axis=0) + u) * cells)


def _drift(first: FlowState, last: FlowState) -> float:
    return float(np.hypot((last.u - first.u)[:, 1:].mean(), (last.v - first.v)[1:].mean()))
