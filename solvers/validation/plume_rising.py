"""A laminar plume above a warm line on the ground, steady and symmetric, of which one half is solved.

Boundary-layer theory leaves out diffusion along the axis, which counts for less the higher one looks.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..exact_plume import rising_plume
from ..flow import Flow, FlowState, Scalar
from ..flow_sides import FlowSides, FreeSlip, Inflow, Outflow
from .checks import Check, check

Array = NDArray[Any]
BRAND = "similarity solution, Brand & Lahey (1967) J. Fluid Mech. 29, 305"
BUDGET = "conservation of buoyancy"
HEIGHT, WIDTH = 4, 2  # [m]
VISCOSITY, DIFFUSIVITY, FLUX, SIZE = 0.005, 0.0025, 0.13, 0.1  # ν, κ = ν/2, F, and size of the warm spot [m]
CELLS = 32  # a metre


def rising(n: int = CELLS) -> list[Check]:
    """Flux of buoyancy through all heights, then velocity and buoyancy on the axis."""
    state, case = risen(n), "laminar plume in still air"
    v, b = state.v[1:-1], state.scalars[0]
    through = 2 * (v * (b[1:] + b[:-1]) / 2 - DIFFUSIVITY * np.diff(b, axis=0) * n).sum(axis=1) / n
    y = np.arange(1, HEIGHT * n) / n
    aloft = (y > 1) & (y < HEIGHT - 0.4)
    exact, axis, warm = rising_plume(y, FLUX, VISCOSITY), on_axis(v), on_axis(b[1:] + b[:-1]) / 2
    return [
        check(case, "largest deviation of the flux of buoyancy", _worst(through[n // 2 :] / FLUX), 0.0, 1e-3, BUDGET),
        check(case, "power of height of the velocity on the axis", _power(y[aloft], axis[aloft]), 0.2, 0.005, BRAND),
        check(case, "power of height of the buoyancy on the axis", _power(y[aloft], warm[aloft]), -0.6, 0.015, BRAND),
        check(case, "velocity on the axis, largest deviation", _worst((axis / exact.velocity)[aloft]), 0.0, 0.01, BRAND),
        check(case, "buoyancy on the axis, largest deviation", _worst((warm / exact.buoyancy)[aloft]), 0.0, 0.01, BRAND),
    ]


def risen(n: int) -> FlowState:
    """The steady plume east of its axis on n cells a metre, with the inflow of the theory from the east."""
    shape, edges = (HEIGHT * n, WIDTH * n), np.arange(HEIGHT * n + 1) / n
    y, x = (np.arange(shape[0])[:, None] + 0.5) / n, (np.arange(shape[1]) + 0.5) / n
    spot = np.exp(-(x**2 + y**2) / (2 * SIZE**2))
    warmth = Scalar(DIFFUSIVITY, source=FLUX / 2 * spot * n**2 / spot.sum(), buoyancy=1.0)
    inflow = np.diff(rising_plume(edges, FLUX, VISCOSITY).inflow) * n
    sides = FlowSides(FreeSlip(), Inflow(inflow), FreeSlip(), Outflow())
    flow = Flow(shape, (1 / n, 1 / n), VISCOSITY, sides, scalars=[warmth])
    wide = 0.1 * np.maximum(edges[:, None], 0.1) ** 0.4
    return flow.steady(
        1e-4, flow.start(v=rising_plume(edges[:, None], FLUX, VISCOSITY).velocity / np.cosh(np.minimum(x / wide, 50.0)) ** 2)
    )


def on_axis(values: Array) -> Array:
    """Of something symmetric about the west side, from the centres of the first two columns."""
    return np.asarray((9 * values[:, 0] - values[:, 1]) / 8)


def _power(y: Array, values: Array) -> float:
    return float(np.polyfit(np.log(y), np.log(values), 1)[0])


def _worst(ratio: Array) -> float:
    return float(np.abs(ratio - 1).max())
