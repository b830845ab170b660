"""The test problems of a comparison: stored conditions, truth, and what renders them on any grid."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from ..data.datasets import arrays, select
from ..data.domains import ON_GLOBE
from ..data.members import MEMBER
from ..data.metrics import Spacing, cell_weights, grid_spacing
from ..data.samples import draw_sample
from ..data.scenario import Array, Fields, Scenario
from ..data.spectra import Edges
from ..data.splits import fewest
from ..solvers.errors import IntegrityError, UsageError

COMPARED_AT_LEAST = 2  # test samples
HALF = 0.5
STORED_PRECISION = 1e-5  # of float32 fields, with room for the arithmetic


@dataclass(frozen=True)
class Problems:
    """Test samples of one scenario.

    Attributes:
        parameters: what `scenario.draw` gave, one per sample.
        conditions, truth: stored fields, {name: (n, *axes, ny, nx) or (n,)}, float64.
        weights: of the cells, (n, ny, nx): their areas, with the share outside the domain left out.
        spacing: (dy, dx) of the stored grid.
        indices: numbers of the samples in the data set, (n,).
        half: of ensembles, the first half of the solver's members, {target: (n, members, *axes, ny, nx)}; the truth is the other.
    """

    scenario: Scenario
    parameters: Sequence[Any]
    conditions: Fields
    truth: Fields
    weights: Array
    spacing: Spacing
    indices: Array
    half: Fields = field(default_factory=dict)

    @property
    def members(self) -> int:
        """How many members an ensemble has; 0 where a problem has one outcome."""
        return next(iter(self.half.values())).shape[1] if self.half else 0

    @property
    def count(self) -> int:
        """Number of test samples."""
        return len(self.parameters)

    @property
    def edges(self) -> Edges:
        """What is beyond the rim of the grid."""
        return "globe" if self.scenario.domain.dims == ON_GLOBE else "open"

    def outside(self, row: int) -> Array:
        """Cells of a sample that have less than half of their area in the domain, (ny, nx)."""
        domain, whole = self.scenario.domain, 1.0
        if domain.dims == ON_GLOBE:
            whole = np.cos(np.radians(domain.coords(self.weights.shape[1])["lat"].values))[:, None]
        return np.asarray(self.weights[row] < HALF * whole)

    def stored(self, rows: Sequence[int]) -> dict[str, Array]:
        """Stored conditions of some samples."""
        return {name: a[rows] for name, a in self.conditions.items()}

    def rendered(self, row: int, resolution: int) -> Fields:
        """Conditions of one sample drawn on another grid."""
        return self.scenario.render(self.parameters[row], resolution)


def stored_problems(dataset: xr.Dataset, scenario: Scenario, samples: int) -> Problems:
    """The first test samples of a data set, redrawn from (seed, index).

    Raises:
        UsageError: if there are fewer than two test samples.
        IntegrityError: if the scenario does not give the stored conditions again.
    """
    chosen = select(dataset, "test").isel(sample=slice(samples))
    if chosen.sizes["sample"] < COMPARED_AT_LEAST:
        enough = fewest({"test": COMPARED_AT_LEAST}, scenario.one_in)
        raise UsageError(f"{chosen.sizes['sample']} test sample is too few to compare; generate {enough} samples or more")
    chosen = chosen.transpose("sample", MEMBER, ..., *scenario.domain.dims, missing_dims="ignore")
    indices = np.asarray(chosen["sample"].values)
    seeds = np.asarray(chosen["seed"].values)
    parameters = [draw_sample(scenario, int(s), int(i)) for s, i in zip(seeds, indices, strict=True)]
    conditions = as_float64(arrays(chosen, [v.name for v in scenario.inputs]))
    truth = as_float64(arrays(chosen, [v.name for v in scenario.targets]))
    half: dict[str, Array] = {}
    if scenario.ensemble:
        members = scenario.members["test"] // 2
        half, truth = ({name: a[:, part] for name, a in truth.items()} for part in (slice(members), slice(members, 2 * members)))
    grid = next(iter(truth.values())).shape[-2:]
    weights = np.broadcast_to(cell_weights(chosen, scenario.hole), (len(indices), *grid))
    problems = Problems(scenario, parameters, conditions, truth, weights, grid_spacing(chosen), indices, half)
    check_redrawn(problems)
    return problems


def as_float64(fields: Fields) -> dict[str, Array]:
    """The same values in double precision, as solvers take them."""
    return {name: np.asarray(a, dtype=np.float64) for name, a in fields.items()}


def check_redrawn(problems: Problems) -> None:
    """Refuse a scenario that renders other problems than those stored: the ladder would solve others."""
    again = problems.rendered(0, problems.scenario.stored_resolution)
    for name, stored in problems.conditions.items():
        distance = np.max(np.abs(np.asarray(again[name]) - stored[0]))
        if distance > STORED_PRECISION * max(1.0, float(np.max(np.abs(stored[0])))):
            raise IntegrityError(
                f"sample {problems.indices[0]}: {problems.scenario.name!r} draws {name} {distance:.2g} off"
                " the stored field; compare with the scenario and options that generated the data"
            )
