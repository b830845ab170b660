"""Scenario `plume-mean`: the mean and the standard deviation of the smoke of a stack over a long time in a gusty wind.

The flow is that of `plume`, see `plume_flow`. Gusts of any phases have the same statistics, so one condition has one outcome,
known as well as the time is long. What a surrogate learns from is known less well, but of many more chimneys: means over a short
time, which are nearly right on average.
"""

import numpy as np

from ...solvers.flow_average import FlowMean, Patience, gather, time_mean
from ...solvers.flow_moments import scalar_moments
from ..domains import Rectangle
from ..scenario import Array, Fields, Rough, Scenario, Variable
from .chimney import HEIGHT, INPUTS, WIDTH, coarsen_chimney, draw_chimney, render_chimney
from .gaussian_plume import mean_and_deviation
from .plume import check, seed_of_run, transfer
from .plume_flow import COURANT, SMOKE, briefly_developed
from .plume_numbers import QUANTITY_UNITS, quantities

STORED, TRUTH = 32, 64  # half of those of `plume`: the time that a mean takes goes with the cube (DECISIONS.md)
LADDER = (12, 16, 20, 24, 32, 40, 48, 56)
TOLERANCE = 0.006  # of the mean smoke, root of its mean square over the air
RUNS = 6  # whose moments make the truth: some chimneys remember for longer than a run (DECISIONS.md)
SHORT, BATCHES = 16.0, 4  # time that a rough sample averages over, and its parts, whose means tell how well it is known
RUNG_ERROR = 1.0  # of the mean smoke on n cells from ground to lid, in 1/n; 0.6 to 2.6 of six conditions (DECISIONS.md)
LEAST, LONGEST = 60.0, 300.0  # times that each run averages over

TARGETS = (
    Variable("smoke", "1", "mean concentration of smoke over that of the exit gas", concentration=True),
    Variable("smoke_deviation", "1", "standard deviation in time of the concentration of smoke over that of the exit gas"),
)


def plume_mean() -> Scenario:
    """The scenario `plume-mean`."""
    return Scenario(
        name="plume-mean",
        summary="mean and standard deviation of the smoke of a stack in a gusty, stratified wind, beside buildings or hills",
        inputs=INPUTS,
        targets=TARGETS,
        stored_resolution=STORED,
        truth_resolution=TRUTH,
        draw=draw_chimney,
        render=render_chimney,
        simulate=simulate,
        schemes={"marching": march},
        rough=Rough(5, TRUTH, simulate=short_mean, summary=f"means over a time of {SHORT:g}"),
        domain=Rectangle(height=HEIGHT, width=WIDTH, units="1"),
        ladder=LADDER,
        coarsen=coarsen_chimney,
        transfer=transfer,
        check=check,
        hole="obstacle",
        formula=mean_and_deviation,
        quantities=quantities,
        quantity_units=QUANTITY_UNITS,
    )


def simulate(conditions: Fields, seed: int = 0) -> Fields:
    """Mean and deviation on the grid of the conditions over several runs, the mean known to TOLERANCE where LONGEST allows.

    The error of a mean over runs falls with the root of their number.
    """
    how_long = patience(np.sqrt(RUNS) * TOLERANCE, LEAST)
    runs = [targets_of(mean_flow(conditions, seed_of_run(seed, run), how_long)) for run in range(RUNS)]
    mean = np.mean([run["smoke"] for run in runs], axis=0)
    square = np.mean([run["smoke_deviation"] ** 2 + run["smoke"] ** 2 for run in runs], axis=0)
    return {"smoke": mean, "smoke_deviation": np.sqrt(np.maximum(square - mean**2, 0.0))}


def short_mean(conditions: Fields, seed: int = 0) -> Fields:
    """Mean and deviation over a short time on the grid of the conditions: cheap, and nearly right on average."""
    flow, state = briefly_developed(conditions, seed)
    batches = []
    for _ in range(BATCHES):
        state, means, _ = gather(flow, state, SHORT / BATCHES, COURANT)
        batches.append(scalar_moments(means, SMOKE) * ~flow.solid)
    mean, deviation = moments_of_batches(np.stack(batches))
    return {"smoke": mean, "smoke_deviation": deviation}


def moments_of_batches(batches: Array) -> tuple[Array, Array]:
    """Mean and deviation from ⟨c⟩ and ⟨c²⟩ of n successive batches, (n, 2, ny, nx).

    The variance about the mean over the same time is too small by the variance of that mean, which is estimated as if batches
    were independent:

        σ² = ⟨c²⟩ − ⟨c⟩² + Var(⟨c⟩ of a batch)/n
    """
    mean, square = batches.mean(axis=0)
    unknown = batches[:, 0].var(axis=0, ddof=1) / len(batches)
    return mean, np.sqrt(np.maximum(square - mean**2 + unknown, 0.0))


def march(conditions: Fields, seed: int = 0) -> Fields:
    """The same of one run, but only as well known as the grid deserves, to a third of its own error."""
    error = rung_error(conditions["obstacle"].shape[0])
    return targets_of(mean_flow(conditions, seed, patience(error / 3, LEAST / 3)))


def rung_error(cells: int) -> float:
    """Error of the mean smoke on so many cells from ground to lid, over an endless time."""
    return RUNG_ERROR / cells


def patience(tolerance: float, least: float) -> Patience:
    """How long to average until the mean smoke is known to a tolerance, or LONGEST."""
    return Patience(batch=2.5, least=least, most=max(least, LONGEST), tolerance=tolerance, watched=SMOKE)


def mean_flow(conditions: Fields, seed: int, how_long: Patience) -> FlowMean:
    """The mean, behind the start."""
    return time_mean(*briefly_developed(conditions, seed), how_long, COURANT)


def targets_of(mean: FlowMean) -> Fields:
    """The targets."""
    return {"smoke": np.asarray(mean.scalars[SMOKE]), "smoke_deviation": np.asarray(mean.scalar_deviations[SMOKE])}
