"""What the lint measures in the samples of a data set: numbers, splits, seeds, conditions and targets.

Everything but the targets is compared in every sample. Solving again costs more, so beyond a budget of samples half of it
goes to random ones, and half to those that are farthest from a solve on the stored grid, where what was altered stands out;
where outcomes are random, or most samples rough, nothing stands out, and all are random ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ..solvers.errors import FieldganError
from .datasets import arrays
from .samples import draw_sample, fields_of_sample, sample_seed, solve_resolution, solve_sample
from .scenario import Array, Fields, Scenario
from .schema import ROUGH
from .splits import split_of

RESIDUAL_LIMIT = 1e-6
BOUNDARY_LIMIT = 1e-3  # extrapolation to the wall is of second order only
STORED_LIMIT = 1e-5  # of float32 averages relative to the field's size, with room for another machine's rounding
ROWS = 32  # samples in memory at once
LONGEST, LEAST = 120.0, 16  # seconds that solving again may take, and samples that are solved again in any case


@dataclass(frozen=True)
class Measure:
    """What was found in one sample: the value of a check of something, and the upper limit that it has to keep."""

    check: str
    what: str
    sample: int
    value: float
    limit: float


def bookkeeping(scenario: Scenario, dataset: xr.Dataset, expected: Sequence[int] | None, seed: int) -> Iterator[Measure]:
    """Numbers, splits, resolutions and seeds: 1 where one is wrong, else 0.

    Args:
        expected: the numbers of all samples that have to be there, or None for a part of a data set.
    """
    numbers = [int(i) for i in dataset["sample"].values]
    wanted = set(numbers if expected is None else expected)
    seen: set[int] = set()
    told = (dataset[name].values for name in ("split", "seed", "solve_resolution"))
    for i, split, own, resolution in zip(numbers, *told, strict=True):
        yield Measure("number", "sample", i, float(i in seen or i not in wanted), 0.0)
        yield Measure("split", "sample", i, float(str(split) != split_of(i, scenario.one_in)), 0.0)
        yield Measure("resolution", "sample", i, float(int(resolution) != solve_resolution(scenario, i)), 0.0)
        if scenario.rough:
            yield Measure("rough", "sample", i, float(bool(dataset[ROUGH].sel(sample=i)) != scenario.rough.holds(i)), 0.0)
        yield Measure("seed", "sample", i, float(int(own) != seed), 0.0)
        seen.add(i)
    yield from (Measure("number", "missing sample", i, 1.0, 0.0) for i in sorted(wanted - seen))


def conditions(scenario: Scenario, dataset: xr.Dataset, seed: int) -> Iterator[Measure]:
    """Largest distance of the conditions from those drawn again, over the size of the field."""
    for number, stored in _samples(scenario, dataset):
        again = scenario.render(draw_sample(scenario, seed, number), scenario.stored_resolution)
        for v in scenario.inputs:
            drawn = np.asarray(again[v.name], dtype=np.float32)
            distance, size = float(np.abs(stored[v.name] - drawn).max()), float(np.abs(drawn).max())
            yield Measure("stored", v.name, number, distance / (size or 1.0), STORED_LIMIT)


def to_solve_again(scenario: Scenario, dataset: xr.Dataset, budget: int, seed: int) -> Array:
    """Rows of the samples whose targets are compared: all, or the most suspect and random others.

    Where solves take long, as many samples as take LONGEST by the seconds that were recorded, but LEAST of them.
    """
    rows = dataset.sizes["sample"]
    if "solve_seconds" in dataset and (each := float(dataset["solve_seconds"].mean())) > 0:
        budget = min(budget, max(LEAST, int(LONGEST / each)))
    if rows <= budget:
        return np.arange(rows)
    suspects = np.empty(0, dtype=int)
    if not (scenario.stochastic or scenario.rough):
        distances = [_distance(scenario, stored, sample_seed(seed, i)) for i, stored in _samples(scenario, dataset)]
        suspects = np.argsort(distances)[rows - budget // 2 :]
    others = np.setdiff1d(np.arange(rows), suspects)
    chance = np.random.default_rng().choice(others, budget - len(suspects), replace=False)
    return np.sort(np.concatenate([suspects, chance]))


def targets(scenario: Scenario, dataset: xr.Dataset, rows: Array, seed: int) -> Iterator[Measure]:
    """Draw and solve samples again: residual and boundary values of the solution, and what is stored of it."""
    for number, stored in _samples(scenario, dataset.isel(sample=rows)):
        parameters = draw_sample(scenario, seed, number)
        fine = scenario.render(parameters, solve_resolution(scenario, number))
        truth = solve_sample(scenario, fine, seed, number)
        exact = not (scenario.rough and scenario.rough.holds(number))
        if scenario.residual and exact:
            yield Measure("residual", "truth", number, scenario.residual(fine, truth), RESIDUAL_LIMIT)
        if scenario.boundary_error and exact:
            yield Measure("boundary", "truth", number, scenario.boundary_error(fine, truth), BOUNDARY_LIMIT)
        again = fields_of_sample(scenario, parameters, fine, truth)
        for v in scenario.targets:
            found = stored[v.name][: len(again[v.name])] if scenario.ensemble else stored[v.name]
            yield Measure("stored", v.name, number, change(found, again[v.name]), STORED_LIMIT)


def _distance(scenario: Scenario, stored: Fields, seed: int) -> float:
    """Largest rms distance of a target from a solve on the stored grid, over that one's deviation from its mean."""
    try:
        solved = scenario.simulate({v.name: np.asarray(stored[v.name], dtype=np.float64) for v in scenario.inputs}, seed)
    except FieldganError:
        return float("inf")
    return max(change(stored[v.name] - (m := solved[v.name].mean()), solved[v.name] - m) for v in scenario.targets)


def change(a: Array, b: Array) -> float:
    """‖a − b‖/‖b‖, and ‖a‖ where b vanishes."""
    size = float(np.linalg.norm(b))
    return float(np.linalg.norm(a - b)) / size if size else float(np.linalg.norm(a))


def _samples(scenario: Scenario, dataset: xr.Dataset) -> Iterator[tuple[int, Fields]]:
    """Number and stored fields of every sample, a few read at a time."""
    names = [v.name for v in (*scenario.inputs, *scenario.targets)]
    for start in range(0, dataset.sizes["sample"], ROWS):
        part = dataset.isel(sample=slice(start, start + ROWS))
        fields = arrays(part, names)
        for row, number in enumerate(part["sample"].values):
            yield int(number), {name: a[row] for name, a in fields.items()}
