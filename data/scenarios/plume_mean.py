"""Scenario `plume-mean`: the mean and the standard deviation of the smoke of a stack over a long time in a gusty wind.

The flow is that of `plume`, see `plume_flow`. Gusts of any phases have the same statistics, so one condition has one outcome,
known as well as the time is long. What a surrogate learns from is known less well, but of many more chimneys: moments of a few
snapshots, which are nearly right on average.
"""

from functools import partial

import numpy as np

from ...solvers.flow_average import FlowMean, Patience, time_mean
from ..domains import Rectangle
from ..scenario import Array, Fields, Rough, Scenario, Variable
from .chimney import HEIGHT, INPUTS, WIDTH, coarsen_chimney, draw_chimney, render_chimney
from .gaussian_plume import mean_and_deviation
from .plume import check, seed_of_run, snapshots, transfer
from .plume_flow import COURANT, SMOKE, developed
from .plume_numbers import QUANTITY_UNITS, quantities

STORED, TRUTH = 32, 64  # half of those of `plume`: the time that a mean takes goes with the cube (DECISIONS.md)
LADDER = (12, 16, 20, 24, 32, 40, 48)
TOLERANCE = 0.006  # of the mean smoke, root of its mean square over the air
RUNS = 4  # whose moments make the truth: some chimneys remember for longer than a run (DECISIONS.md)
SNAPSHOTS = 16  # of one run, whose moments make a rough sample
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
        schemes={"marching": march, "hasty marching": partial(march, hasty=True)},
        rough=Rough(5, TRUTH, simulate=moments_of_snapshots, summary=f"moments of {SNAPSHOTS} snapshots"),
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


def moments_of_snapshots(conditions: Fields, seed: int = 0) -> Fields:
    """Mean and deviation of a few snapshots on the grid of the conditions: cheap, and nearly right on average.

    The deviation is that of the jackknife, without which it would be 3 to 5 % too small on average.
    Source: Quenouille, Biometrika 43 (1956) 353.
    """
    smoke = np.asarray(snapshots(conditions, seed, SNAPSHOTS, of_one_run=SNAPSHOTS)["smoke"], dtype=np.float64)
    return {"smoke": smoke.mean(axis=0), "smoke_deviation": jackknifed_deviation(smoke)}


def jackknifed_deviation(values: Array) -> Array:
    """n s − (n − 1) mean of the n deviations s that leave one of the values (n, …) out; (…), without their bias of order 1/n."""
    n, centred = len(values), values - values.mean(axis=0)
    squares = (centred**2).sum(axis=0)
    without = (squares - centred**2 * (n / (n - 1))) / (n - 2)
    left = np.sqrt(np.maximum(without, 0.0)).mean(axis=0)
    return np.asarray(np.maximum(n * np.sqrt(squares / (n - 1)) - (n - 1) * left, 0.0))


def march(conditions: Fields, seed: int = 0, hasty: bool = False) -> Fields:
    """The same of one run, but only as well known as the grid deserves, to a third of its own error; in haste, near its start."""
    error = rung_error(conditions["obstacle"].shape[0])
    return targets_of(mean_flow(conditions, seed, patience(error / 3, LEAST / 3), hasty))


def rung_error(cells: int) -> float:
    """Error of the mean smoke on so many cells from ground to lid, over an endless time."""
    return RUNG_ERROR / cells


def patience(tolerance: float, least: float) -> Patience:
    """How long to average until the mean smoke is known to a tolerance, or LONGEST."""
    return Patience(batch=2.5, least=least, most=max(least, LONGEST), tolerance=tolerance, watched=SMOKE)


def mean_flow(conditions: Fields, seed: int, how_long: Patience, hasty: bool = False) -> FlowMean:
    """The mean, behind the start."""
    return time_mean(*developed(conditions, seed, hasty), how_long, COURANT)


def targets_of(mean: FlowMean) -> Fields:
    """The targets."""
    return {"smoke": np.asarray(mean.scalars[SMOKE]), "smoke_deviation": np.asarray(mean.scalar_deviations[SMOKE])}
