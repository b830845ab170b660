"""metrics.json: the numbers of a comparison as plain JSON values, without NaN."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.metrics import QUADRATIC
from ..data.scenario import Array
from .adversary import adversary_line
from .comparison_settings import ComparisonSettings
from .ladder import Truth
from .measure import Seconds
from .methods import Method
from .problems import Problems
from .scoring import Scored
from .speedup import Measured, envelope, mean_interval, speedup
from .timing import quartiles

SCHEMA = "fieldgan-comparison/1"


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
        "test_samples": problems.count,
        "truth": vars(truth) | {"seconds_per_sample": timings(costs.truth)},
        "envelope": best_solvers(scored, seconds),
        "methods": entries,
        "adversary": adversary_line(scored.scores, settings.draws),
        "settings": settings.model_dump(),
    }


def ladder(scored: Scored, seconds: Mapping[str, Seconds], batch: str) -> Measured:
    """Errors and seconds of all rungs of the solver, (rungs, samples) and (rungs, repeats)."""
    rungs = [label for label, method in scored.methods.items() if method.kind == "solver"]
    errors = np.array([scored.scores[label]["overall"]["vrmse"] for label in rungs])
    return Measured(errors, np.array([getattr(seconds[label], batch) for label in rungs]))


def against(
    method: Method, scored: Scored, seconds: Mapping[str, Seconds], costs: Costs, batch: str, draws: int
) -> dict[str, Any]:
    """A method's numbers against the solver."""
    own = Measured(scored.scores[method.label]["overall"]["vrmse"], getattr(seconds[method.label], batch))
    naive = float(np.median(getattr(costs.truth, batch)))
    upfront = method.training_seconds + (costs.generation if method.needs_data else 0.0)
    return speedup(own, ladder(scored, seconds, batch), naive, upfront, draws).record()


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
    """Mean, median, 90th percentile and worst sample, with the 95 % interval of the mean; of `crmse` the quadratic mean."""
    power = 2 if metric in QUADRATIC else 1
    return {
        "mean": float((values**power).mean() ** (1 / power)),
        "median": float(np.median(values)),
        "p90": float(np.percentile(values, 90)),
        "worst": float(values.max()),
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
            "vrmse": float(errors[k]),
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
