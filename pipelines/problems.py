"""The test problems of a comparison: stored conditions, truth, and the parameters that render them on any grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from ..data.datasets import arrays, select
from ..data.samples import sample_rng
from ..data.scenario import Array, Fields, Scenario
from ..solvers.errors import IntegrityError, UsageError

STORED_PRECISION = 1e-5  # of float32 fields, with room for the arithmetic


@dataclass(frozen=True)
class Problems:
    """Test samples of one scenario.

    Attributes:
        parameters: what `scenario.draw` gave, one per sample.
        conditions, truth: stored fields, {name: (n, ny, nx) or (n,)}, float64.
        weights: share of each cell inside the domain, (n, ny, nx).
        indices: numbers of the samples in the data set, (n,).
    """

    scenario: Scenario
    parameters: Sequence[Any]
    conditions: Fields
    truth: Fields
    weights: Array
    indices: Array

    @property
    def count(self) -> int:
        """Number of test samples."""
        return len(self.parameters)

    def stored(self, rows: Sequence[int]) -> dict[str, Array]:
        """Stored conditions of some samples."""
        return {name: a[rows] for name, a in self.conditions.items()}

    def rendered(self, row: int, resolution: int) -> Fields:
        """Conditions of one sample drawn on another grid."""
        return self.scenario.render(self.parameters[row], resolution)


def test_problems(dataset: xr.Dataset, scenario: Scenario, samples: int) -> Problems:
    """The first test samples of a data set, redrawn from (seed, index).

    Raises:
        UsageError: if there are fewer than two test samples.
        IntegrityError: if the scenario does not give the stored conditions again.
    """
    chosen = select(dataset, "test").isel(sample=slice(samples))
    if chosen.sizes["sample"] < 2:
        raise UsageError(
            f"{chosen.sizes['sample']} test samples cannot be compared; generate more (one in ten is for testing)"
        )
    indices = np.asarray(chosen["sample"].values)
    seeds = np.asarray(chosen["seed"].values)
    parameters = [scenario.draw(sample_rng(int(s), int(i))) for s, i in zip(seeds, indices, strict=True)]
    conditions = as_float64(arrays(chosen, [v.name for v in scenario.inputs]))
    truth = as_float64(arrays(chosen, [v.name for v in scenario.targets]))
    problems = Problems(scenario, parameters, conditions, truth, weights_of(scenario, conditions, truth), indices)
    check_redrawn(problems)
    return problems


def as_float64(fields: Fields) -> dict[str, Array]:
    """The same values in double precision, as solvers take them."""
    return {name: np.asarray(a, dtype=np.float64) for name, a in fields.items()}


def weights_of(scenario: Scenario, conditions: Fields, truth: Fields) -> Array:
    """Share of each cell inside the domain."""
    if scenario.hole:
        return np.asarray(1.0 - conditions[scenario.hole])
    return np.ones_like(next(iter(truth.values())))


def check_redrawn(problems: Problems) -> None:
    """Refuse a scenario that renders other problems than those stored, for then the ladder would solve others."""
    again = problems.rendered(0, problems.scenario.stored_resolution)
    for name, stored in problems.conditions.items():
        distance = np.max(np.abs(np.asarray(again[name]) - stored[0]))
        if distance > STORED_PRECISION * max(1.0, float(np.max(np.abs(stored[0])))):
            raise IntegrityError(
                f"sample {problems.indices[0]}: the scenario {problems.scenario.name!r} draws {name} otherwise than stored "
                f"(by {distance:.2g}); compare with the scenario and options that generated the data"
            )
