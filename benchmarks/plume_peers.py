"""The same buoyant plume of smoke in a wind for fieldgan and PhiFlow, and fieldgan's own with all that PhiFlow is spared.

Both blow a uniform wind past a stack, above which smoke is let out that is lighter than the air.
"""

from typing import NamedTuple

import numpy as np
from fieldgan.solvers.flow import Flow, FlowState, Scalar, Vent
from fieldgan.solvers.flow_march import march
from fieldgan.solvers.flow_sides import FlowSides, FreeSlip, Gusts, Inflow, Outflow, Wall
from flow_peers import Timed

ROWS, COLUMNS, H = 64, 128, 1 / 16  # a domain of 8 × 4 heights of the stack
SPREAD = 0.004  # viscosity and diffusivity
UNTIL, PHI_STEP = 2.0, 0.02
LEFT, RIGHT, TOP = 23, 25, 16  # columns and height of the stack in cells
RATE = 4.0  # of smoke and buoyancy in the two rows above the stack, per unit of time
MODES = 16


class Column(NamedTuple):
    """Where the stack stands and where it smokes, (ROWS, COLUMNS)."""

    solid: np.ndarray
    source: np.ndarray


def column() -> Column:
    solid, source = np.zeros((ROWS, COLUMNS), bool), np.zeros((ROWS, COLUMNS))
    solid[:TOP, LEFT:RIGHT] = True
    source[TOP : TOP + 2, LEFT:RIGHT] = RATE
    return Column(solid, source)


def plume_fieldgan(kind: type = np.float32) -> Timed:
    """One scalar, smoke, which is buoyant, between two walls."""
    solid, source = column()
    sides = FlowSides(Inflow(1.0), Outflow(backflow=False))
    flow = Flow((ROWS, COLUMNS), (H, H), SPREAD, sides, solid, scalars=(Scalar(SPREAD, source=source, buoyancy=1.0),))
    return _timed(flow, flow.start(1.0, dtype=kind))


def stack_fieldgan(kind: type = np.float32) -> Timed:
    """Sheared gusty wind over the ground, a stack with a vent, buoyancy and smoke apart."""
    solid, _ = column()
    mouth = solid & (np.arange(ROWS)[:, None] == TOP - 1)
    y = (np.arange(ROWS) + 0.5) * H
    sides = FlowSides(Inflow(y**0.2, gusts=gusts()), Outflow(backflow=False), Wall(), FreeSlip())
    scalars = (Scalar(SPREAD, buoyancy=1.0), Scalar(SPREAD))
    flow = Flow((ROWS, COLUMNS), (H, H), SPREAD, sides, solid, scalars=scalars, vents=(Vent(mouth, 2.0, (1.0, 1.0)),))
    return _timed(flow, flow.start((y**0.2)[:, None] * np.ones(COLUMNS + 1), dtype=kind), 1)


def gusts() -> Gusts:
    """Eddies of a tenth of the wind, between ground and lid."""
    rng, corner = np.random.default_rng(0), np.arange(ROWS + 1) * H
    order, frequency, phase = rng.integers(1, 7, MODES), rng.uniform(1, 8, MODES), rng.uniform(0, 2 * np.pi, MODES)
    wave = 0.05 / order * np.sin(np.outer(corner, order * np.pi / 4))
    wave[-1] = 0.0
    normal, tangential = (np.diff(wave, axis=0) / H).T, (wave * frequency).T
    cosine, sine = np.cos(phase)[:, None], np.sin(phase)[:, None]
    return Gusts(frequency, normal * cosine, -normal * sine, -tangential * sine, -tangential * cosine)


def _timed(flow: Flow, start: FlowState, smoke: int = 0) -> Timed:
    """To `UNTIL` by steps of nine tenths of the stable one."""
    steps = march(flow.prepare(start), np.inf, 0.9, 10**6, UNTIL, -1.0, np.zeros((0, 0, 0))).steps

    def run() -> FlowState:
        return flow.march(start, UNTIL)

    return Timed(run, steps, lambda: run().scalars[smoke])


def plume_phiflow() -> Timed:
    """MacCormack for smoke, semi-Lagrangian for the velocity, conjugate gradients to 1e-5, compiled by jax."""
    from phi.jax import flow as phi

    box = {"bounds": phi.Box(x=8, y=4), "x": COLUMNS, "y": ROWS}
    stack = phi.Obstacle(phi.Box(x=(LEFT * H, RIGHT * H), y=(0, TOP * H)))
    edges = {"x-": 0, "x+": phi.ZERO_GRADIENT, "y": phi.ZERO_GRADIENT}
    source = phi.tensor(np.float32(column().source.T), phi.spatial("x,y")) * PHI_STEP
    clean = phi.CenteredGrid(0 * source, edges, **box)
    wind = phi.StaggeredGrid((1, 0), {"x-": phi.vec(x=1, y=0), "x+": phi.ZERO_GRADIENT, "y": 0}, **box)
    wind, pressure = phi.fluid.make_incompressible(wind, stack, phi.Solve("CG", 1e-5, 1e-5))
    assert clean.points is not None  # sampled here: a traced function may not
    assert wind.points is not None

    @phi.jit_compile
    def step(q: object, v: object, p: object) -> object:
        q = phi.diffuse.explicit(phi.advect.mac_cormack(q, v, PHI_STEP), SPREAD, PHI_STEP)
        q = q.with_values(q.values + source)
        v = phi.advect.semi_lagrangian(v, v, PHI_STEP)
        v = v.with_values(v.values + phi.resample(q * (0, 1.0), to=v).values * PHI_STEP)
        v = phi.diffuse.explicit(v, SPREAD, PHI_STEP)
        v, p = phi.fluid.make_incompressible(v, stack, phi.Solve("CG", 1e-5, 1e-5, x0=p))
        return q, v, p

    steps = round(UNTIL / PHI_STEP)

    def run() -> np.ndarray:
        state = (clean, wind, pressure)
        for _ in range(steps):
            state = step(*state)
        return state[0].values.numpy("y,x")

    return Timed(run, steps, run)


def smoke_at(q: np.ndarray) -> tuple[float, float, float]:
    """Amount, and centre (x, y), of the smoke."""
    x, y = (np.arange(COLUMNS) + 0.5) * H, (np.arange(ROWS) + 0.5) * H
    return float(q.sum() * H**2), float((q * x).sum() / q.sum()), float((q * y[:, None]).sum() / q.sum())
