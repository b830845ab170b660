"""Warm smoke from a stack in a wind: what the mouth emits is in the air until it leaves, nowhere denser than at the mouth."""

from typing import NamedTuple

import numpy as np

from ..flow import Flow, FlowState, Scalar, Vent
from ..flow_march import Run, march
from ..flow_sides import FlowSides, FreeSlip, Inflow, Outflow
from .checks import Check, check

BUDGET = "conservation of smoke"
BOUNDS = "maximum principle"
CELLS, EXIT, SPREAD = 8, 2.0, 0.01  # cells a metre; exit velocity [m s⁻¹]; ν = κ [m² s⁻¹]
EARLY, LATER, STEP, STEPS = 1.0, 6.0, 2e-3, 250  # before smoke leaves; when it does, and the steps that are followed [s]


def smoke_budget() -> list[Check]:
    """Smoke in the air before any has left, then while it leaves."""
    flow, case = chimney(), "warm smoke from a stack"
    state = flow.march(flow.start(1.0), EARLY)
    early = inside(state) / (emission() * EARLY)
    window = follow(flow, flow.march(state, LATER))
    return [
        check(case, "smoke in the air over smoke emitted", early, 1.0, 1e-12, BUDGET),
        check(case, "emitted − left − gained, over emitted", window.residual, 0.0, 1e-6, BUDGET),
        check(case, "smoke that left over velocity times smoke at the side", window.left / window.seen, 1.0, 1e-3, BUDGET),
        check(case, "least smoke", window.least, 0.0, 1e-6, BOUNDS),
        check(case, "most smoke over that in the mouth", max(window.most, 1.0), 1.0, 1e-6, BOUNDS),
    ]


class Window(NamedTuple):
    """Smoke that left [m²], as the march counts it and as velocity and smoke at the side say; what the balance lacks, over the
    emission; and extrema of the concentration."""

    left: float
    seen: float
    residual: float
    least: float
    most: float


def chimney() -> Flow:
    """A stack of height 1 and one cell wide in a wind of 1 m s⁻¹, 3 × 4 m."""
    ny, nx = 3 * CELLS, 4 * CELLS
    solid, mouth = np.zeros((ny, nx), np.bool_), np.zeros((ny, nx), np.bool_)
    solid[:CELLS, CELLS], mouth[CELLS - 1, CELLS] = True, True
    sides = FlowSides(Inflow(1.0), Outflow(backflow=False), FreeSlip(), FreeSlip())
    scalars = (Scalar(SPREAD, buoyancy=1.0), Scalar(SPREAD))
    return Flow((ny, nx), (1 / CELLS, 1 / CELLS), SPREAD, sides, solid, scalars=scalars, vents=(Vent(mouth, EXIT, (1.0, 1.0)),))


def emission() -> float:
    """Smoke from the mouth [m² s⁻¹]."""
    return EXIT / CELLS


def inside(state: FlowState) -> float:
    """Smoke in the air [m²]."""
    return float(state.scalars[1].sum()) / CELLS**2


def follow(flow: Flow, state: FlowState) -> Window:
    """March on, adding up what passes the sides."""
    run, before = flow.prepare(state), inside(state)
    least, most, leaving = 0.0, 0.0, [_leaving(run)]
    for n in range(STEPS):
        march(run._replace(time=state.time + n * STEP), STEP, 0.0, 1, np.inf, -1.0, np.zeros((0, 0, 0)))
        smoke = run.q[1, 1:-1, 1:-1]
        least, most = min(least, smoke.min()), max(most, smoke.max())
        leaving.append(_leaving(run))
    emitted, left = emission() * STEP * STEPS, -float(run.scratch.entered[1])
    gained = float(smoke.sum()) / CELLS**2 - before
    return Window(left, float(np.trapezoid(leaving, dx=STEP)), (emitted - left - gained) / emitted, float(least), float(most))


def _leaving(run: Run) -> float:
    return float((run.motion.u[1:-1, -1] * run.q[1, 1:-1, -2]).sum()) / CELLS
