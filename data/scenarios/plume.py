"""Scenario `plume`: what the smoke of a stack may look like at one moment in a gusty wind, beside buildings or hills.

    ∂u/∂t + ∇·(u u) = −∇p + ν ∇²u + e_y b,   ∇·u = 0,   ∂q/∂t + ∇·(u q) = κ ∇²q for buoyancy b and smoke c

in a slab 8 stack heights wide and 4 high; see `plume_flow`. One condition has a distribution of snapshots. Members are moments of
one run, so far apart that they have nearly forgotten each other, and of further runs under other gusts: what is caught between
stack and building may last as long as a run.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from ...solvers.flow import FlowState
from ...solvers.regrid import regrid
from ..domains import Rectangle
from ..scenario import Array, Fields, Rough, Scenario, Variable
from .chimney import (
    HEIGHT,
    INPUTS,
    SOLID,
    STORED,
    TRUTH,
    WIDTH,
    check_chimney,
    coarsen_chimney,
    draw_calmer,
    draw_chimney,
    render_chimney,
    solid_cells,
)
from .gaussian_plume import mean_plume
from .plume_flow import BUOYANCY, COURANT, SMOKE, background, developed, problem
from .plume_numbers import QUANTITY_UNITS, quantities

STRIDE = 1.25  # time between members, whose anomalies correlate by 0.08 on average at truth resolution (DECISIONS.md)
OF_ONE_RUN = 8  # members; two runs of a chimney may differ more than the halves of each (DECISIONS.md)
LADDER = (16, 24, 32, 48, 64, 96)
SETTLED = (64, 96)  # below, haste on the next finer grid is more exact in less time (DECISIONS.md)
ROUGH = 96  # rows of what trains (DECISIONS.md)
JUDGED_ONE_IN = 7  # one in seven may validate or test

SUMMARY = "moments soon after the start of one run, more often in weak gusts,"  # of rough samples

SMOKE_TARGET = Variable(
    "smoke", "1", "concentration of smoke over that of the exit gas", concentration=True, root=True, most=1.0
)
TEMPERATURE = Variable("temperature", "1", "buoyancy against the undisturbed air at this height, in U²/H")
VELOCITY = (
    Variable("u", "1", "velocity eastwards over the wind at height 1"),
    Variable("v", "1", "velocity northwards (upwards) over the wind at height 1"),
)


def plume(temperature: bool = False, velocity: bool = False) -> Scenario:
    """The scenario `plume`.

    Args:
        temperature: whether the buoyancy is a target beside the smoke.
        velocity: whether the velocity is.
    """
    targets = (SMOKE_TARGET, *((TEMPERATURE,) if temperature else ()), *(VELOCITY if velocity else ()))
    names = tuple(v.name for v in targets)
    hasty = partial(snapshots, names=names, hasty=True)
    return Scenario(
        name="plume",
        summary="snapshots of the smoke of a stack in a gusty, stratified wind, beside random buildings or hills",
        inputs=INPUTS,
        targets=targets,
        stored_resolution=STORED,
        truth_resolution=TRUTH,
        draw=draw_chimney,
        render=render_chimney,
        simulate=partial(outcome, names=names),
        ensemble=partial(snapshots, names=names),
        hasty=hasty,
        members={"train": 8, "validation": 8, "test": 64},
        rough=Rough(JUDGED_ONE_IN, ROUGH, ensemble=hasty, draw=draw_calmer, summary=SUMMARY),
        stochastic=True,
        domain=Rectangle(height=HEIGHT, width=WIDTH, units="1"),
        ladder=LADDER,
        ladders={"": SETTLED},
        coarsen=coarsen_chimney,
        transfer=transfer,
        check=check,
        hole="obstacle",
        velocity=("u", "v") if velocity else (),
        formula=partial(mean_plume, names=names),
        quantities=quantities,
        quantity_units=QUANTITY_UNITS,
        options={"temperature": temperature, "velocity": velocity},
    )


def outcome(conditions: Fields, seed: int = 0, names: Sequence[str] = ("smoke",)) -> Fields:
    """One moment on the grid of the conditions."""
    return {name: a[0] for name, a in snapshots(conditions, seed, 1, names).items()}


def snapshots(
    conditions: Fields, seed: int, members: int, names: Sequence[str] = ("smoke",), hasty: bool = False
) -> dict[str, Array]:
    """So many moments of targets by name, (members, ny, nx), 0 in obstacles, STRIDE apart.

    Args:
        hasty: all of one run, soon after its start.
    """
    taken: list[dict[str, Array]] = []
    of_one_run = members if hasty else OF_ONE_RUN
    for run in range(-(-members // of_one_run)):
        flow, state = developed(conditions, seed_of_run(seed, run), hasty)
        taken.append(fields_of(state, conditions))
        for _ in range(min(of_one_run, members - run * of_one_run) - 1):
            state = flow.march(state, state.time + STRIDE, COURANT)
            taken.append(fields_of(state, conditions))
    return {name: np.stack([fields[name] for fields in taken]) for name in names}


def seed_of_run(seed: int, run: int) -> int:
    """The seed of the gusts of each run of an ensemble; of the first that of the ensemble."""
    return seed if run == 0 else int(np.random.SeedSequence((seed, run)).generate_state(1)[0])


def fields_of(state: FlowState, conditions: Fields) -> dict[str, Array]:
    """Smoke, temperature and velocity at the cells, (ny, nx)."""
    fluid = ~solid_cells(conditions)
    values = {
        "smoke": state.scalars[SMOKE],
        "temperature": state.scalars[BUOYANCY] - background(conditions, fluid.shape[0]),
        "u": (state.u[:, 1:] + state.u[:, :-1]) / 2,
        "v": (state.v[1:] + state.v[:-1]) / 2,
    }
    return {name: np.where(fluid, a, 0.0) for name, a in values.items()}


def transfer(targets: Fields, conditions: Fields, shape: tuple[int, int]) -> Fields:
    """Targets on another grid: averages over the fluid when coarser, linear interpolation when finer, without negative smoke."""
    fluid = conditions["obstacle"] < SOLID
    moved = {name: regrid(a, shape, fluid if shape[0] < fluid.shape[0] else None) for name, a in targets.items()}
    return {name: np.maximum(a, 0.0) if name.startswith("smoke") else a for name, a in moved.items()}


def check(conditions: Fields) -> None:
    """Refuse conditions that describe no chimney in the wind, or a flow that cannot be solved.

    Raises:
        UsageError: as `check_chimney`, and for obstacles on the sides where fluid passes.
    """
    check_chimney(conditions)
    problem(conditions).setting  # noqa: B018 - checks
