"""Do the data mean what they say? Checks of the stored fields against the solver that made them.

1. Some samples are drawn and solved again from (seed, index): the truth satisfies the discrete PDE, its
   boundary values hold, and its average is what is stored.
2. Every condition changes the target: with that of another sample in its place, the solution differs.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from ..solvers.errors import FieldganError
from .datasets import arrays, open_dataset
from .origin import scenario_of
from .samples import sample_rng, sample_seed, stored_fields
from .scenario import Array, Fields, Scenario

RESIDUAL_LIMIT = 1e-6
BOUNDARY_LIMIT = 1e-3  # extrapolation to the wall is of second order only
STORED_LIMIT = (
    1e-5  # of float32 averages relative to the field's size, with room for another machine's rounding
)
EFFECT_LIMIT = 1e-6  # smallest relative change of a target that counts
LOOKED_AT = 64  # samples among which conditions are exchanged before one is said to have no effect


@dataclass(frozen=True)
class Finding:
    """One check: what was measured, where, and the limit it had to keep.

    Attributes:
        check: residual, boundary, stored, effect, or constant (a condition that never varies; no fault).
        subject: the sample or the condition.
        value, limit: what was found, and the limit: a lower one for effect, else an upper one.
        passed: whether it holds.
    """

    check: str
    subject: str
    value: float
    limit: float
    passed: bool

    def __str__(self) -> str:
        outcome = "ok" if self.passed else "FAILED"
        return f"{outcome}: {self.check} of {self.subject} is {self.value:.3g}, limit {self.limit:g}"


def lint(path: str | Path, scenario: Scenario | None = None, samples: int = 3) -> list[Finding]:
    """Check generated data against their scenario; the data are sound if every finding has passed.

    Args:
        path: a run or data folder.
        scenario: in place of the registered one that the data name.
        samples: how many are drawn and solved again, spread over the data set.
    Raises:
        UsageError: if the data come from no known scenario.
    """
    dataset = open_dataset(path)
    scenario = scenario or scenario_of(dataset)
    rows = np.unique(np.linspace(0, dataset.sizes["sample"] - 1, samples).round().astype(int))
    findings = [finding for row in rows for finding in _check_sample(scenario, dataset.isel(sample=[row]))]
    return findings + [_check_effect(scenario, dataset, v.name) for v in scenario.inputs]


def _check_sample(scenario: Scenario, one: xr.Dataset) -> list[Finding]:
    """Draw and solve a sample again."""
    index, seed = int(one["sample"].item()), int(one["seed"].item())
    parameters = scenario.draw(sample_rng(seed, index))
    fine = scenario.render(parameters, scenario.truth_resolution)
    truth = scenario.simulate(fine, sample_seed(seed, index))
    conditions = scenario.render(parameters, scenario.stored_resolution)
    again = stored_fields(scenario, conditions, fine, truth)
    findings = []
    if scenario.residual:
        findings.append(
            _at_most("residual", f"sample {index}", scenario.residual(fine, truth), RESIDUAL_LIMIT)
        )
    if scenario.boundary_error:
        findings.append(
            _at_most("boundary", f"sample {index}", scenario.boundary_error(fine, truth), BOUNDARY_LIMIT)
        )
    for name, values in arrays(one, list(again)).items():
        findings.append(
            _at_most("stored", f"{name} in sample {index}", change(values[0], again[name]), STORED_LIMIT)
        )
    return findings


def _check_effect(scenario: Scenario, dataset: xr.Dataset, name: str) -> Finding:
    """Whether the solution on the stored grid differs with the condition of another sample in its place."""
    conditions = arrays(dataset.isel(sample=slice(LOOKED_AT)), [v.name for v in scenario.inputs])
    problems = [
        {k: np.asarray(a[row], dtype=np.float64) for k, a in conditions.items()}
        for row in range(len(conditions[name]))
    ]
    exchanged = [
        (problem, problem | {name: other[name]})
        for problem, other in zip(problems, problems[1:] + problems[:1], strict=True)
        if not np.array_equal(problem[name], other[name])
    ]
    if not exchanged:
        return Finding("constant", name, 0.0, 0.0, True)
    effect = 0.0
    for problem, altered in exchanged:
        effect = max(effect, _response(scenario, problem, altered))
        if effect > EFFECT_LIMIT:
            break
    return Finding("effect", name, effect, EFFECT_LIMIT, effect > EFFECT_LIMIT)


def _response(scenario: Scenario, problem: Fields, altered: Fields) -> float:
    """Largest relative change of a target between two problems; 0 where the altered one has no solution."""
    before = scenario.simulate(problem, 0)
    try:
        after = scenario.simulate(altered, 0)
    except FieldganError:
        return 0.0
    return max(change(after[v.name], before[v.name]) for v in scenario.targets)


def change(a: Array, b: Array) -> float:
    """‖a − b‖/‖b‖, and ‖a‖ where b vanishes."""
    size = float(np.linalg.norm(b))
    return float(np.linalg.norm(a - b)) / size if size else float(np.linalg.norm(a))


def _at_most(check: str, subject: str, value: float, limit: float) -> Finding:
    return Finding(check, subject, value, limit, value <= limit)
