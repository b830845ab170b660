"""metrics.json: the numbers of a comparison as plain JSON values, without NaN."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.metrics import QUADRATIC, REVERSED, SIGNED
from ..data.scenario import Array
from .adversary import adversary_line
from .comparison_settings import ComparisonSettings
from .ensembles import ensemble_scores, rank_histograms
from .ladder import Truth
from .measure import Seconds
from .methods import Method
from .problems import Problems
from .result import HALF, judge
from .scoring import Scored
from .speedup import Measured, envelope, mean_interval, speedup
from .timing import quartiles

SCHEMA = "fieldgan-comparison/1"
ALONE = ("equal_error", "equal_error_ci95", "bound", "verdict")  # of a target or scheme by itself


@dataclass(frozen=True)
class Costs:
    """Seconds of data generation, and of the solver at the resolution of the truth."""

    generation: float
    truth: Seconds


def record(
    problems: Problems,
    scored: Scored,
    seconds: Mapping[str, Seconds],
    truth: Truth,
    costs: Costs,
    settings: ComparisonSettings,
) -> dict[str, Any]:
    """Everything that was measured, and what follows from it."""
    entries = []
    for label, method in scored.methods.items():
        entry = method_entry(method, scored, seconds[label], costs, settings.draws)
        if method.kind != "solver":
            entry["speedup"] = against(method, scored, seconds, costs, "batch_1", settings.draws)
            entry["speedup_batch_32"] = against(method, scored, seconds, costs, "batch_32", settings.draws)
        entries.append(entry)
    return {
        "schema": SCHEMA,
        "scenario": problems.scenario.name,
        "options": dict(problems.scenario.options),
        "width": width(problems),
        "test_samples": problems.count,
        "truth": vars(truth) | {"seconds_per_sample": timings(costs.truth)},
        "envelope": best_solvers(scored, seconds),
        "methods": entries,
        "adversary": adversary_line(scored.scores, settings.draws),
        "settings": settings.model_dump(),
    }


def width(problems: Problems) -> float:
    """Columns of the grids for each row."""
    rows, columns = problems.scenario.domain.shape(problems.scenario.stored_resolution)
    return columns / rows


def of_ensembles(problems: Problems, scored: Scored, draws: int) -> dict[str, Any]:
    """Members of every ensemble, the solver's own half against the other, and rank histograms."""
    half = ensemble_scores(problems.half, problems)
    named = {variable: {metric: summary(metric, a, draws) for metric, a in values.items()} for variable, values in half.items()}
    histograms = rank_histograms({**scored.predictions, HALF: problems.half}, problems)
    return {"members": problems.members, "truth_half": {"metrics": named}, "rank_histograms": histograms}


def ranked_by(values: Mapping[str, Array]) -> Array:
    """The error of a variable or "overall" that methods are ranked by, (n,)."""
    return values[judge(values)]


def ladder(
    scored: Scored, seconds: Mapping[str, Seconds], batch: str, variable: str = "overall", scheme: str | None = None
) -> Measured:
    """Errors and seconds of all rungs of the solver, or of one of its schemes, (rungs, samples) and (rungs, repeats)."""
    solvers = [method for method in scored.methods.values() if method.kind == "solver"]
    rungs = [method.label for method in solvers if scheme in (None, method.scheme)]
    errors = np.array([ranked_by(scored.scores[label][variable]) for label in rungs])
    return Measured(errors, np.array([getattr(seconds[label], batch) for label in rungs]))


def against(
    method: Method, scored: Scored, seconds: Mapping[str, Seconds], costs: Costs, batch: str, draws: int
) -> dict[str, Any]:
    """A method's numbers against the solver, and the ratio for each target and each scheme alone where there are several."""
    naive = float(np.median(getattr(costs.truth, batch)))
    upfront = method.training_seconds + (costs.generation if method.needs_data else 0.0)

    def compared(variable: str = "overall", scheme: str | None = None) -> dict[str, Any]:
        own = Measured(ranked_by(scored.scores[method.label][variable]), getattr(seconds[method.label], batch))
        return speedup(own, ladder(scored, seconds, batch, variable, scheme), naive, upfront, draws).record()

    def in_short(numbers: Mapping[str, Any]) -> dict[str, Any]:
        return {key: numbers[key] for key in ALONE}

    targets = [name for name, metrics in scored.scores[method.label].items() if name != "overall" and "vrmse" in metrics]
    schemes = list(dict.fromkeys(m.scheme for m in scored.methods.values() if m.kind == "solver"))
    parts: dict[str, dict[str, Any]] = {}
    if len(targets) > 1:
        parts["by_target"] = {name: in_short(compared(name)) for name in targets}
    named = [scheme for scheme in schemes if scheme is not None]
    if len(named) == len(schemes) > 1:  # fewer members on every grid are no ladders of their own
        parts["by_scheme"] = {scheme: in_short(compared(scheme=scheme)) for scheme in named}
    return compared() | parts


def method_entry(method: Method, scored: Scored, seconds: Seconds, costs: Costs, draws: int) -> dict[str, Any]:
    """What a method is, its times and its errors."""
    learned = method.needs_data
    described = {
        "resolution": method.resolution,
        "scheme": method.scheme,
        "parameters": method.parameters,
        "training_seconds": method.training_seconds if learned else None,
        "generation_seconds": costs.generation if learned else None,
    }
    return {
        "name": method.name,
        "kind": method.kind,
        **{key: value for key, value in described.items() if value is not None},
        "seconds_per_sample": timings(seconds),
        "first_call_seconds": scored.first_calls[method.label],
        "metrics": {
            variable: {metric: summary(metric, a, draws) for metric, a in values.items()}
            for variable, values in scored.scores[method.label].items()
        },
    }


def timings(seconds: Seconds) -> dict[str, dict[str, float]]:
    """Median and quartiles at both batch sizes, and how many samples the larger one had."""
    return {"batch_1": quartiles(seconds.batch_1), "batch_32": quartiles(seconds.batch_32) | {"samples": seconds.samples}}


def summary(metric: str, values: Array, draws: int) -> dict[str, Any]:
    """Mean, median, 90th percentile and worst sample, with the 95 % interval of the mean; of `crmse` the quadratic mean.

    Percentiles run from good to bad: downwards for a share of cells that are right, by size for a bias with a sign.
    """
    power, upwards = 2 if metric in QUADRATIC else 1, -1 if metric in REVERSED else 1
    badness = np.abs(values) if metric in SIGNED else upwards * values
    with np.errstate(invalid="ignore"):  # errors relative to a field that vanishes are infinite
        return {
            "mean": float((values**power).mean() ** (1 / power)),
            "median": float(np.median(values)),
            "p90": upwards * float(np.percentile(badness, 90)),
            "worst": upwards * float(badness.max()),
            "ci95": [end ** (1 / power) for end in mean_interval(values**power, draws)],
        }


def best_solvers(scored: Scored, seconds: Mapping[str, Seconds]) -> list[dict[str, Any]]:
    """The rungs of the ladder that no other beats in both error and time, coarsest first."""
    rungs = [method for method in scored.methods.values() if method.kind == "solver"]
    solver = ladder(scored, seconds, "batch_1")
    errors, medians = solver.errors.mean(axis=-1), np.median(solver.seconds, axis=-1)
    best = envelope(errors, medians)
    chosen = [k for k in np.argsort(medians) if (errors[k], medians[k]) in set(zip(best.errors, best.seconds, strict=True))]
    return [
        {
            "name": rungs[k].name,
            "resolution": rungs[k].resolution,
            "scheme": rungs[k].scheme,
            "error": float(errors[k]),
            "seconds": float(medians[k]),
        }
        for k in chosen
    ]


def finite(value: Any) -> Any:
    """The same with null for what is not a finite number, as JSON knows none."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
