"""Scenario `wake`: the time-mean flow through a channel past one to four random obstacles.

    ∂u/∂t + ∇·(u u) = −∇p + ∇²u L/Re,   ∇·u = 0,   L = 0.2

in a channel of height 1 and width 2 with inflow of mean velocity 1 from the west, walls south and north, outflow east. Some flows
are steady, most shed vortices; targets are means over a window behind the start, and the energy of the fluctuations.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.ndimage import uniform_filter

from ...solvers.errors import UsageError
from ...solvers.flow import Flow, FlowState
from ...solvers.flow_average import FlowMean, Patience, gather, time_mean
from ...solvers.flow_sides import FlowSides, Inflow, Outflow
from ...solvers.regrid import regrid
from ..domains import Rectangle
from ..scenario import Array, Fields, Scenario, Symmetry, Variable, coarsen_by_mean
from .channel import STORED, draw_channel, render_channel

TRUTH = 128
LENGTH = 0.2  # that the Reynolds number counts in, about the size of an obstacle
SOLID = 0.6  # share from which a cell is solid; a little above half, as corners beside it are at rest too
COARSEST = 16  # grid on which the start begins
KICK = 0.1  # velocity across the channel at the start, so that shedding begins soon
COURANT = 1.0
PRECISION = np.float32  # means differ from those in float64 by 4e-5 of their spread
REYNOLDS = 1.0, 400.0  # lowest and highest that are solved
FASTEST = 10.0  # inflow that is solved
ROUNDING = 1e-4  # of float32 conditions
RUNG_ERROR = (3.6, 50.0)  # of the mean velocity on n cells across the channel, in 1/n and 1/n² (DECISIONS.md)


class Effort(NamedTuple):
    """How long to march: on the coarsest grid, on each finer one before the last, and on that."""

    start: float
    settle: float
    patience: Patience


TRUTH_EFFORT = Effort(16.0, 8.0, Patience(batch=0.5, least=5.0, most=16.0, tolerance=0.002, steady=5e-4))

INPUTS = (
    Variable("obstacle", "1", "share of the cell that is solid"),
    Variable("inflow", "1", "velocity of the inflow at this height, over its mean"),
    Variable(
        "log_reynolds",
        "1",
        "natural logarithm of the Reynolds number of mean inflow velocity and 0.2 channel heights",
        scalar=True,
    ),
)
TARGETS = (
    Variable("u", "1", "mean velocity eastwards over that of the inflow"),
    Variable("v", "1", "mean velocity northwards over that of the inflow"),
    Variable("p", "1", "mean kinematic pressure over the square of the inflow velocity, 0 on average over the fluid"),
    Variable(
        "fluctuation_energy",
        "1",
        "half the mean square of the velocity fluctuations over the square of the inflow velocity",
        vanishes=True,
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
        schemes={"marching": march},
        domain=Rectangle(height=1.0, width=2.0, units="1"),
        ladder=(16, 24, 32, 48, 64, 96),
        transfer=transfer,
        check=check,
        hole="obstacle",
        velocity=("u", "v"),
        quantities=quantities,
        symmetries=SYMMETRIES,
        options=options,
    )


def simulate(conditions: Fields, seed: int = 0) -> Fields:
    """Means on the grid of the conditions, known to 0.2 % of the inflow velocity where the cap on time allows.

    The seed plays no part, as the flow starts the same way each time.
    """
    return targets_of(mean_flow(conditions, TRUTH_EFFORT))


def march(conditions: Fields, seed: int = 0) -> Fields:
    """Means as `simulate`, but only as well known as the grid deserves: to a third of its own error."""
    return targets_of(mean_flow(conditions, rung_effort(conditions["obstacle"].shape[0])))


def rung_effort(cells: int) -> Effort:
    """Until the mean is known to a third of the error that `cells` across the channel leave."""
    error = RUNG_ERROR[0] / cells + RUNG_ERROR[1] / cells**2
    return Effort(6.0, 2.0, Patience(batch=0.375, least=3.0, most=12.0, tolerance=error / 3, steady=error / 20))


def targets_of(mean: FlowMean) -> Fields:
    """The targets; the pressure counts from its mean over the fluid."""
    return {"u": mean.u, "v": mean.v, "p": mean.p, "fluctuation_energy": mean.energy}


def mean_flow(conditions: Fields, effort: Effort) -> FlowMean:
    """The mean, from a start that has gone through coarser grids."""
    flows = _sequence(conditions)
    state, steady = _first(flows[0]), effort.patience.steady
    for n, flow in enumerate(flows):
        if n:
            state = flow.start(*finer(state), dtype=PRECISION)
        if n < len(flows) - 1 or n == 0:
            state, _, _ = gather(flow, state, effort.settle if n else effort.start, COURANT, steady)
    return time_mean(flows[-1], state, effort.patience, COURANT)


def problem(conditions: Fields) -> Flow:
    """The flow that these conditions encode."""
    solid, viscosity = conditions["obstacle"] >= SOLID, LENGTH / float(np.exp(conditions["log_reynolds"]))
    sides = FlowSides(west=Inflow(conditions["inflow"][:, 0]), east=Outflow(backflow=False))
    return Flow(solid.shape, (1 / solid.shape[0],) * 2, viscosity, sides, obstacle=solid)


def _sequence(conditions: Fields) -> list[Flow]:
    """The problem, behind the same on coarser grids, each half as fine as the next, as far as they leave the flow a way."""
    flows = [problem(conditions)]
    while (ny := flows[0].shape[0]) % 2 == 0 and ny >= 2 * COARSEST:
        conditions = coarsen_by_mean(conditions, 2)
        coarse = problem(conditions)
        try:
            coarse.solid  # noqa: B018 - checks
        except UsageError:
            break
        flows.insert(0, coarse)
    return flows


def _first(flow: Flow) -> FlowState:
    ny, nx = flow.shape
    inflow = flow.rim.through_west
    x, y = (np.arange(nx) + 0.5) / nx, np.linspace(0, 1, ny + 1)
    kick = KICK * np.sin(np.pi * y)[:, None] * np.sin(4 * np.pi * x)
    return flow.start(np.repeat(inflow[:, None], nx + 1, axis=1), kick, dtype=PRECISION)


def finer(state: FlowState) -> tuple[Array, Array]:
    """u and v on twice as many cells a side."""
    ny, nx = state.p.shape
    u, v = np.empty((2 * ny, 2 * nx + 1)), np.empty((2 * ny + 1, 2 * nx))
    u[:, ::2], v[::2] = regrid(state.u, (2 * ny, nx + 1)), regrid(state.v, (ny + 1, 2 * nx))
    u[:, 1::2], v[1::2] = (u[:, 2::2] + u[:, :-2:2]) / 2, (v[2::2] + v[:-2:2]) / 2
    return u, v


def quantities(conditions: Fields, targets: Fields) -> dict[str, float]:
    """Drag of all obstacles, over density, depth, height and the square of the inflow velocity, by the balance of momentum

        D = ∫ (p + u² + ⟨u'²⟩) dy |first column − plane − L/Re ∫ (∂u/∂y |south − ∂u/∂y |north) dx

    averaged over the planes of the last quarter height behind all obstacles. The normal viscous stress sums to zero, as the same
    flow passes all planes. The slope at a wall comes from two cells.
    """
    u, solid = targets["u"], (conditions["obstacle"] >= SOLID).any(axis=0)
    thrust = (targets["p"] + u**2 + _stress_along(targets)).mean(axis=0)
    h, viscosity = 1 / u.shape[0], LENGTH / float(np.exp(conditions["log_reynolds"]))
    slope = (9 * (u[0] + u[-1]) - u[1] - u[-2]) / (3 * h)
    friction = viscosity * h * (np.cumsum(slope) - (slope + slope[0]) / 2)
    behind = max(u.shape[1] - max(u.shape[0] // 4, 1), int(np.flatnonzero(solid).max(initial=-1)) + 1)
    return {"drag": float((thrust[0] - thrust - friction)[behind:].mean())}


def _stress_along(targets: Fields) -> Array:
    """⟨u'²⟩ behind obstacles, from the energy and ⟨v'²⟩, which the momentum across the channel gives without shear:

    ⟨v'²⟩ = p_wall − p − v² − ∫ ∂(uv)/∂x dy from the wall, less what is linear in y and keeps it from 0 at the other wall
    """
    u, v, p, energy = (targets[name] for name in ("u", "v", "p", "fluctuation_energy"))
    y = ((np.arange(u.shape[0]) + 0.5) / u.shape[0])[:, None]
    gain = np.gradient(u * v, axis=1)
    south, north = 1.5 * p[0] - 0.5 * p[1], 1.5 * p[-1] - 0.5 * p[-2] + gain.sum(axis=0)
    across = south * (1 - y) + north * y - p - v**2 - (np.cumsum(gain, axis=0) - gain / 2)
    return np.asarray(np.clip(2 * energy - across, 0, 2 * energy))


def check(conditions: Fields) -> None:
    """Refuse conditions that describe no channel.

    Raises:
        UsageError: for values out of range, an inflow that is not positive, of mean 1 and the same in all columns, obstacles on
            the sides where fluid passes or across the whole channel.
    """
    inflow = conditions["inflow"]
    log_lowest, log_highest = np.log(REYNOLDS)
    for name, low, high in (("obstacle", 0, 1), ("inflow", 0, FASTEST), ("log_reynolds", log_lowest, log_highest)):
        wrong = ~((conditions[name] >= low - ROUNDING) & (conditions[name] <= high + ROUNDING))
        if wrong.any():
            value = np.atleast_1d(conditions[name])[np.atleast_1d(wrong)][0]
            raise UsageError(f"{name} has the value {value:g}; use {low:.4g} to {high:.4g}")
    if abs(mean := inflow[:, 0].mean() - 1) > ROUNDING:
        raise UsageError(f"inflow has mean {1 + mean:g} in the first column; divide it by that, as velocities count in it")
    if (spread := np.ptp(inflow, axis=1).max()) > ROUNDING:
        raise UsageError(f"inflow differs by {spread:g} along the channel; repeat the profile in all columns")
    problem(conditions).solid  # noqa: B018 - checks


def transfer(targets: Fields, conditions: Fields, shape: tuple[int, int]) -> Fields:
    """Targets on another grid: averages over the fluid when coarser; when finer, linear interpolation from velocities that are
    0 in obstacles and a pressure that is continued into them."""
    solid = conditions["obstacle"] >= SOLID
    if shape[0] < solid.shape[0]:
        return {name: regrid(a, shape, ~solid) for name, a in targets.items()}
    return {name: regrid(continued(a, solid) if name == "p" else np.where(solid, 0.0, a), shape) for name, a in targets.items()}


def continued(field: Array, solid: Array) -> Array:
    """Obstacles filled from their rims inwards."""
    filled, known = np.where(solid, 0.0, field), ~solid
    while not known.all():
        weight = uniform_filter(known.astype(np.float64), 3, mode="constant")
        ring = (weight > 1e-6) & ~known
        filled[ring] = uniform_filter(np.where(known, filled, 0.0), 3, mode="constant")[ring] / weight[ring]
        known = known | ring
    return filled
