"""Do the data mean what they say? Checks of the stored samples against the scenario and the solver that made them.

1. Every sample has its own number, the split and the resolution of its number, and the data set's seed, and is rough or not as
   its number says; its conditions are those that (seed, number) draws.
2. Samples are solved again, all or as many as a budget allows: the truth satisfies the discrete PDE, its boundary
   values hold, and its average is what is stored.
3. Every condition changes the target: with that of another sample in its place, the solution differs.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ..solvers.errors import FieldganError
from .datasets import arrays, data_folder, open_dataset
from .lint_samples import Measure, bookkeeping, change, conditions, targets, to_solve_again
from .origin import scenario_of
from .scenario import Fields, Scenario
from .storage import read_manifest

EFFECT_LIMIT = 1e-6  # smallest relative change of a target that counts
LOOKED_AT = 64  # samples among which conditions are exchanged before one is said to have no effect
BUDGET = 256  # samples that are solved again
NAMED = 5  # faulty samples that are named one by one


@dataclass(frozen=True)
class Finding:
    """One check: what was measured, where, and the limit it had to keep.

    Attributes:
        check: number, split, resolution, rough, seed (1 where it is wrong), stored, residual, boundary, effect, or constant (a
            condition that never varies; no fault).
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


def lint(path: str | Path, scenario: Scenario | None = None, budget: int = BUDGET) -> list[Finding]:
    """Check generated data against their scenario; the data are sound if every finding has passed.

    Args:
        path: a run or data folder, or a file of one.
        scenario: in place of the registered one that the data name.
        budget: how many samples at most are solved again, fewer where that would take long; called again, it looks at others.
    Raises:
        UsageError: if the data come from no known scenario.
    """
    dataset = open_dataset(path)
    scenario = scenario or scenario_of(dataset)
    expected, seed = _expected(Path(path), dataset)
    with threadpool_limits(1, user_api="blas"):  # as when they were generated: chaotic flows feel the order of a sum
        rows = to_solve_again(scenario, dataset, budget, seed)
        measures = chain(
            bookkeeping(scenario, dataset, expected, seed),
            conditions(scenario, dataset, seed),
            targets(scenario, dataset, rows, seed),
        )
        told = _told(measures, dataset.sizes["sample"])
        return [*told, *(_check_effect(scenario, dataset, v.name) for v in scenario.inputs)]


def _expected(path: Path, dataset: xr.Dataset) -> tuple[Sequence[int] | None, int]:
    """Numbers that the samples of a whole folder must have (None for a file), and the seed of the data set."""
    identity = json.loads(dataset.attrs.get("fieldgan_identity") or "{}")
    numbers = None
    if path.is_dir():
        manifest = read_manifest(data_folder(path))
        identity = manifest["identity"]
        failed = {f["sample"] for f in manifest["failed"]}
        numbers = [i for i in range(identity["samples"]) if i not in failed]
    return numbers, int(identity.get("seed", dataset["seed"].values[0]))


def _told(measures: Iterable[Measure], samples: int) -> list[Finding]:
    """The first faulty samples of every check one by one, and the worst of all that were checked."""
    found: list[Finding] = []
    by_check = sorted(measures, key=lambda m: (m.check, m.what))
    for (check, what), same in groupby(by_check, key=lambda m: (m.check, m.what)):
        group = list(same)
        worst = max(group, key=lambda m: m.value)
        faulty = [m for m in group if not m.value <= m.limit]
        found += [Finding(check, f"{what} in sample {m.sample}", m.value, m.limit, False) for m in faulty[:NAMED]]
        summary = f"{what}, {len(faulty)} faults in {len(group)} of {samples} samples, worst in sample {worst.sample},"
        found.append(Finding(check, summary, worst.value, worst.limit, not faulty))
    return found


def _check_effect(scenario: Scenario, dataset: xr.Dataset, name: str) -> Finding:
    """Whether the solution on the stored grid differs with the condition of another sample in its place."""
    fields = arrays(dataset.isel(sample=slice(LOOKED_AT)), [v.name for v in scenario.inputs])
    problems = [{k: np.asarray(a[row], dtype=np.float64) for k, a in fields.items()} for row in range(len(fields[name]))]
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
    """Largest relative change of a target between two problems; 0 where one has no solution."""
    try:
        before, after = scenario.simulate(problem, 0), scenario.simulate(altered, 0)
    except FieldganError:
        return 0.0
    return max(change(after[v.name], before[v.name]) for v in scenario.targets)
