"""A cylinder in a channel at Reynolds number 20: drag and pressure difference against Schäfer & Turek's case 2D-1.

The staircase replaces the circle by cells, an error of first order; the tolerances of drag and pressure difference halve with
the cell. Lift is no fair test of a staircase.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..flow import Flow
from ..flow_sides import FlowSides, Inflow, Outflow
from .checks import Check, check

Array = NDArray[Any]
TUREK = "case 2D-1, Schäfer & Turek (1996) Notes Numer. Fluid Mech. 52, 547; Nabh (1998)"
LENGTH, HEIGHT, DIAMETER, CENTRE = 2.2, 0.41, 0.1, (0.2, 0.2)
STAGNATION = (0.15, 0.2), (0.25, 0.2)  # ends of the horizontal diameter
FASTEST, MEAN, VISCOSITY = 0.3, 0.2, 1e-3
DRAG, PRESSURE_DIFFERENCE = 5.57953523384, 0.11752016697
TOLERANCES = {10: (0.15, 0.10), 20: (0.06, 0.05)}  # shares of drag and pressure difference by cells per diameter


class Passage(NamedTuple):
    """Drag coefficient, pressure between the stagnation points [m² s⁻²], and the share of the inflow that does not leave."""

    drag: float
    pressure_difference: float
    missing: float


def cylinder() -> list[Check]:
    """The checks on two grids."""
    checks = []
    for cells, (drag, difference) in TOLERANCES.items():
        passed = pass_cylinder(cells)
        case = f"cylinder in a channel, {cells} cells per diameter"
        checks += [
            check(case, "drag coefficient", passed.drag, DRAG, drag * DRAG, TUREK),
            check(
                case,
                "pressure difference",
                passed.pressure_difference,
                PRESSURE_DIFFERENCE,
                difference * PRESSURE_DIFFERENCE,
                TUREK,
            ),
            check(case, "share of the inflow that does not leave", passed.missing, 0.0, 1e-10, "conservation"),
        ]
    return checks


def pass_cylinder(cells: int) -> Passage:
    """The steady flow with `cells` cells per diameter."""
    flow, inflow = channel_with_cylinder(cells)
    ny, nx = flow.shape
    state = flow.steady(1e-5, flow.start(u=np.broadcast_to(inflow[:, None], (ny, nx + 1))))
    drag = 2 * flow.forces(state)[0] / (MEAN**2 * DIAMETER)
    missing = 1 - state.u[:, -1].sum() / state.u[:, 0].sum()
    return Passage(drag, flow.pressure_difference(state, *STAGNATION), float(missing))


def channel_with_cylinder(cells: int) -> tuple[Flow, Array]:
    """The problem, and its inflow as means over the cells."""
    h = DIAMETER / cells
    shape = ny, nx = round(HEIGHT / h), round(LENGTH / h)
    y, x = np.linspace(0, HEIGHT, ny + 1), np.linspace(0, LENGTH, nx + 1)
    passing = 4 * FASTEST / HEIGHT**2 * (HEIGHT * y**2 / 2 - y**3 / 3)
    inflow = np.diff(passing) / h
    away = np.hypot((x[1:] + x[:-1]) / 2 - CENTRE[0], ((y[1:] + y[:-1]) / 2 - CENTRE[1])[:, None])
    sides = FlowSides(west=Inflow(inflow), east=Outflow())
    return Flow(shape, (h, h), VISCOSITY, sides, obstacle=away < DIAMETER / 2), inflow
