"""Scenario `wake`: the time-mean flow through a channel past one to four random obstacles.

    ∂u/∂t + ∇·(u u) = −∇p + ∇²u L/Re,   ∇·u = 0,   L = 0.3

in a channel of height 1 and width 2 with inflow of mean velocity 1 from the west, walls south and north, outflow east. Some flows
are steady, most shed vortices; targets are means over a window behind the start, and the energy of the fluctuations.
"""

from functools import partial

import numpy as np
from scipy.ndimage import uniform_filter

from ...solvers.errors import UsageError
from ...solvers.flow import Flow, FlowState
from ...solvers.flow_average import FlowMean, Patience, gather, time_mean
from ...solvers.flow_sides import FlowSides, Inflow, Outflow
from ...solvers.regrid import block_mean, regrid
from ..scenario import Array, Fields, Rectangle, Scenario, Symmetry, Variable
from .channel import STORED, draw_channel, render_channel

TRUTH = 128
LENGTH = 0.3  # that the Reynolds number counts in, about the size of an obstacle
SOLID = 0.5  # share from which a cell is solid
COARSEST = 16  # grid on which the start begins
KICK = 0.1  # velocity across the channel at the start, so that shedding begins soon
START, SETTLE = 16.0, 8.0  # time on the coarsest grid, and on each finer one before the last
COURANT = 1.0
TRUTH_PATIENCE = Patience(batch=0.5, least=6.0, most=12.0, tolerance=0.004)

INPUTS = (
    Variable("obstacle", "1", "share of the cell that is solid"),
    Variable("inflow", "1", "velocity of the inflow at this height, over its mean"),
    Variable(
        "log_reynolds",
        "1",
        "natural logarithm of the Reynolds number of mean inflow velocity and 0.3 channel heights",
        scalar=True,
    ),
)
TARGETS = (
    Variable("u", "1", "mean velocity eastwards over that of the inflow"),
    Variable("v", "1", "mean velocity northwards over that of the inflow"),
    Variable("p", "1", "mean kinematic pressure over the square of the inflow velocity, 0 on average over the last column"),
    Variable(
        "fluctuation_energy", "1", "half the mean square of the velocity fluctuations over the square of the inflow velocity"
    ),
)
SYMMETRIES = (Symmetry(), Symmetry(flip_y=True, sign={"v": -1.0}))


def wake(obstacles: int = 4, lowest_reynolds: float = 20.0, highest_reynolds: float = 200.0) -> Scenario:
    """The scenario `wake`.

    Args:
        obstacles: largest number of obstacles, 1 to 6.
        lowest_reynolds, highest_reynolds: limits of the Reynolds number, 1 to 400.
    Raises:
        UsageError: for an option out of range.
    """
    options = {"obstacles": obstacles, "lowest_reynolds": lowest_reynolds, "highest_reynolds": highest_reynolds}
    ranges = {"obstacles": (1, 6), "lowest_reynolds": (1, highest_reynolds), "highest_reynolds": (1, 400)}
    for name, (low, high) in ranges.items():
        if not low <= options[name] <= high:
            raise UsageError(f"scenario.{name}={options[name]} is out of range; use {low} to {high}")
    return Scenario(
        name="wake",
        summary="time-mean flow through a channel past random obstacles, with the energy of its fluctuations",
        inputs=INPUTS,
        targets=TARGETS,
        stored_resolution=STORED,
        truth_resolution=TRUTH,
        draw=partial(draw_channel, obstacles=obstacles, reynolds=(lowest_reynolds, highest_reynolds)),
        render=render_channel,
        simulate=simulate,
        domain=Rectangle(height=1.0, width=2.0, units="1"),
        ladder=(16, 24, 32, 48, 64, 96),
        transfer=transfer,
        hole="obstacle",
        symmetries=SYMMETRIES,
        options=options,
    )


def simulate(conditions: Fields, seed: int = 0, patience: Patience = TRUTH_PATIENCE) -> Fields:
    """Means on the grid of the conditions; the seed plays no part, as the flow starts the same way each time."""
    mean = mean_flow(conditions, patience)
    solid = conditions["obstacle"] >= SOLID
    p = mean.p - mean.p[:, -1].mean()
    return {"u": mean.u, "v": mean.v, "p": continued(p, solid), "fluctuation_energy": mean.energy}


def mean_flow(conditions: Fields, patience: Patience, dtype: type = np.float32) -> FlowMean:
    """The mean, from a start that has gone through coarser grids."""
    flows = [problem(c) for c in _sequence(conditions)]
    state = _first(flows[0], dtype)
    for n, flow in enumerate(flows[:-1]):
        state, _, _ = gather(flow, state, START if n == 0 else SETTLE, COURANT, patience.steady)
        state = flows[n + 1].start(*finer(state), dtype=dtype)
    if len(flows) == 1:
        state, _, _ = gather(flows[0], state, START, COURANT, patience.steady)
    return time_mean(flows[-1], state, patience, COURANT)


def problem(conditions: Fields) -> Flow:
    """The flow that these conditions encode."""
    solid, viscosity = conditions["obstacle"] >= SOLID, LENGTH / float(np.exp(conditions["log_reynolds"]))
    sides = FlowSides(west=Inflow(conditions["inflow"][:, 0]), east=Outflow())
    return Flow(solid.shape, (1 / solid.shape[0],) * 2, viscosity, sides, obstacle=solid)


def _sequence(conditions: Fields) -> list[Fields]:
    """The conditions on coarser grids, each half as fine as the next."""
    sequence = [conditions]
    while (ny := sequence[0]["obstacle"].shape[0]) % 2 == 0 and ny >= 2 * COARSEST:
        coarse = {name: block_mean(a, 2) if a.ndim else a for name, a in sequence[0].items()}
        if not _open(coarse["obstacle"] >= SOLID):
            break
        sequence.insert(0, coarse)
    return sequence


def _open(solid: Array) -> bool:
    return not (solid[:, [0, -1]].any() or solid.all(axis=0).any())


def _first(flow: Flow, dtype: type) -> FlowState:
    ny, nx = flow.shape
    inflow = flow.rim.through_west
    x, y = (np.arange(nx) + 0.5) / nx, np.linspace(0, 1, ny + 1)
    kick = KICK * np.sin(np.pi * y)[:, None] * np.sin(4 * np.pi * x)
    return flow.start(np.repeat(inflow[:, None], nx + 1, axis=1), kick, dtype=dtype)


def finer(state: FlowState) -> tuple[Array, Array]:
    """u and v on twice as many cells a side."""
    ny, nx = state.p.shape
    u, v = np.empty((2 * ny, 2 * nx + 1)), np.empty((2 * ny + 1, 2 * nx))
    u[:, ::2], v[::2] = regrid(state.u, (2 * ny, nx + 1)), regrid(state.v, (ny + 1, 2 * nx))
    u[:, 1::2], v[1::2] = (u[:, 2::2] + u[:, :-2:2]) / 2, (v[2::2] + v[:-2:2]) / 2
    return u, v


def transfer(targets: Fields, conditions: Fields, shape: tuple[int, int]) -> Fields:
    """Targets on another grid: averages over the fluid when coarser, linear interpolation of continued fields when finer."""
    solid = conditions["obstacle"] >= SOLID
    if shape[0] < solid.shape[0]:
        return {name: regrid(a, shape, ~solid) for name, a in targets.items()}
    return {name: regrid(continued(a, solid), shape) for name, a in targets.items()}


def continued(field: Array, solid: Array) -> Array:
    """Obstacles filled from their rims inwards."""
    filled, known = np.where(solid, 0.0, field), ~solid
    while not known.all():
        weight = uniform_filter(known.astype(np.float64), 3, mode="constant")
        ring = (weight > 1e-6) & ~known
        filled[ring] = uniform_filter(np.where(known, filled, 0.0), 3, mode="constant")[ring] / weight[ring]
        known = known | ring
    return filled
