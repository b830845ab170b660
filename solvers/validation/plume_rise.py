"""How high warm smoke rises: in a plane across the wind as Briggs says, in a plane along it not at all.

A plume that the wind has bent over moves, seen with the wind, as a cylinder of warm air in the plane across it, t = x/u behind
the stack: two vortices that take in air. In a plane along the wind, air cannot go round the plume. A steady sheet of warm air
cannot rise then: u ∂ω/∂x = ∂b/∂x leaves ω = b/u, so that the air above the sheet is slower than that below by ∫ b dy/u = F/u²,
and the sheet sinks a little. Smoke that rises there owes it to its exit velocity, or to eddies that tear the sheet.
"""

from collections.abc import Iterable

import numpy as np

from ..boundary import Neumann, Sides
from ..briggs import bent_over_rise
from ..flow import Flow, FlowState, Scalar
from ..flow_sides import FlowSides, FreeSlip, Inflow, Outflow
from .checks import Check, check

BRIGGS = "Briggs (1975) in Lectures on Air Pollution and Environmental Impact Analyses, AMS"
LINEAR = "∂ω/∂t + u·∇ω = ∂b/∂x, linear in b"
CELLS = 16  # a metre
HEIGHT, WIDTH, BEGIN, SIZE, VISCOSITY = 8, 4, 1.5, 0.25, 0.01  # half a box, height and size of the cylinder at first, ν = κ
FLUX, STABLE = 1.0, 1.0  # F/u [m³ s⁻²] and N² [s⁻²]
COURANT = 0.25  # of the march, as warm air from rest soon moves faster than the start of a step knows
BAND = 0.25  # Briggs' constant is an average over plumes that are turbulent, and the eddies here are two
SHEET = 0.02  # F/u³ [m]


def rises() -> list[Check]:
    """Both planes."""
    return [*across_the_wind(), along_the_wind()]


def across_the_wind(n: int = CELLS) -> list[Check]:
    """Rise of the middle of the smoke over that by Briggs, whose plume begins with the radius 2σ, of the same variance."""
    neutral = rise(n, 0.0, [3.0])[0] / bent_over_rise(3.0, FLUX, 1.0, 2 * SIZE)
    highest = bent_over_rise(np.pi / STABLE**0.5, FLUX, 1.0, 2 * SIZE, STABLE)
    stable = max(rise(n, STABLE, np.arange(2.5, 5.1, 0.5))) / highest
    return [
        check("bent-over plume, neutral", "rise over Briggs'", float(neutral), 1.0, BAND, BRIGGS),
        check("bent-over plume, stable", "largest rise over Briggs'", float(stable), 1.0, BAND, BRIGGS),
    ]


def rise(n: int, stratification: float, times: Iterable[float]) -> list[float]:
    """Rise of the middle of a warm cylinder of smoke in still air at these times, on n cells a metre [m].

    ∫ b dA = π F/u, half of it in the half that is solved.
    """
    y, x = (np.arange(HEIGHT * n)[:, None] + 0.5) / n, (np.arange(WIDTH * n) + 0.5) / n
    smoke = np.exp(-(x**2 + (y - BEGIN) ** 2) / (2 * SIZE**2))
    smoke *= np.pi * FLUX / 2 * n**2 / smoke.sum()
    loss = VISCOSITY * stratification
    warmth = Scalar(VISCOSITY, Sides(south=Neumann(-loss), north=Neumann(loss)), buoyancy=1.0)
    sides = FlowSides(FreeSlip(), FreeSlip(), FreeSlip(), FreeSlip())
    flow = Flow(smoke.shape, (1 / n, 1 / n), VISCOSITY, sides, scalars=[warmth, Scalar(VISCOSITY)])
    state, heights = flow.start(scalars=[smoke + stratification * y, smoke]), []
    for time in times:
        state = flow.march(state, float(time), COURANT)
        heights.append(float((state.scalars[1] * y).sum() / state.scalars[1].sum()) - BEGIN)
    return heights


def along_the_wind(n: int = CELLS) -> Check:
    """Step of the velocity over a sheet of warm air in a channel, three metres behind its source."""
    state = sheet(n)
    column = 7 * n
    step = state.u[0, column] - state.u[-1, column]
    return check("sheet of warm air in a wind", "step of the velocity over F/u²", step / SHEET, 1.0, 0.02, LINEAR)


def sheet(n: int) -> FlowState:
    """A wind of 1 m s⁻¹ after 25 s with a warm spot in it, in a channel of 2 × 10 m."""
    y, x = (np.arange(2 * n)[:, None] + 0.5) / n, (np.arange(10 * n) + 0.5) / n
    spot = np.exp(-((x - 4) ** 2 + (y - 0.8) ** 2) / (2 * 0.1**2))
    warmth = Scalar(0.004, source=SHEET * spot * n**2 / spot.sum(), buoyancy=1.0)
    sides = FlowSides(Inflow(1.0), Outflow(backflow=False), FreeSlip(), FreeSlip())
    flow = Flow((2 * n, 10 * n), (1 / n, 1 / n), 0.004, sides, scalars=[warmth])
    return flow.march(flow.start(1.0), 25.0)
