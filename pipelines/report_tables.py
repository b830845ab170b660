"""The tables of the report, from metrics.json alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..data.scenario import Variable
from .adversary import effect
from .measure import BATCH
from .report_text import Record, error_of, error_summary
from .result import HALF, judge, label_of
from .wording import digits, grid, percent, unit, verdict_word

SHOWN_METRICS = {  # by the head of their column; {} is the unit of the target
    "RMSE{}": "rmse",
    "largest{}": "max",
    "boundary{}": "brmse",
    "integral{}": "crmse",
    "H¹": "h1",
    "spectrum": "lsd",
    "residual": "residual",
    "divergence": "divergence",
    "FAC2": "fac2",
    "fractional bias": "fractional_bias",
    "NMSE": "nmse",
}
ENSEMBLE_METRICS = {
    "CRPS{}": "crps",
    "energy score{}": "energy_score",
    "variogram": "variogram_score",
    "energy distance{}": "energy_distance",
    "over halves": "energy_distance_ratio",
    "spread/skill": "spread_skill",
    "reliability": "reliability_index",
    "variance ratio": "variance_ratio",
    "noise": "z_sensitivity",
    "spectrum": "lsd",
}
ADVERSARY_NAMES = {
    "vrmse": "vrmse",
    "lsd": "log-spectral distance",
    "crps": "CRPS",
    "energy_distance": "energy distance",
}


def ladder_rows(record: Record) -> list[dict[str, Any]]:
    """One row per rung of the solver: what it is, error, times, and whether it is on the envelope."""
    best = {(rung["name"], rung["scheme"]) for rung in record["envelope"]}
    return [
        {
            "resolution": method["resolution"],
            "scheme": method.get("scheme", "–"),
            "best": (method["name"], method.get("scheme")) in best,
            **measured(method),
        }
        for method in record["methods"]
        if method["kind"] == "solver"
    ]


def method_rows(record: Record) -> list[dict[str, Any]]:
    """One row per surrogate and baseline, most accurate first."""
    rows = [method for method in record["methods"] if method["kind"] != "solver"]
    return [
        {
            "name": label_of(method),
            "verdict": verdict_word(method["speedup"]),
            "training": method.get("training_seconds"),
            "speedup": method["speedup"],
            "batch_32_speedup": method["speedup_batch_32"],
            "mae_percent": overall(method, "mae_percent"),
            **measured(method),
        }
        for method in sorted(rows, key=error_of)
    ]


def measured(method: Record) -> dict[str, Any]:
    """Error and times of a method."""
    error, seconds = error_summary(method), method["seconds_per_sample"]
    return {
        "error": error,
        "batch_1": seconds["batch_1"],
        "batch_32": seconds["batch_32"],
        "first_call": method["first_call_seconds"],
    }


def part_rows(method: Record) -> list[dict[str, Any]]:
    """One row per scheme and per target, where there are several: error, and speed-up at equal error of it alone."""
    numbers, errors = method["speedup"], method["metrics"]
    schemes = [(f"against {name} alone", "overall", alone) for name, alone in numbers.get("by_scheme", {}).items()]
    targets = [(f"{name.replace('_', ' ')} alone", name, alone) for name, alone in numbers.get("by_target", {}).items()]
    return [
        {"name": name, "error": errors[variable][judge(errors[variable])], "speedup": alone, "verdict": verdict_word(alone)}
        for name, variable, alone in schemes + targets
    ]


def quantity_rows(record: Record) -> dict[str, list[dict[str, Any]]]:
    """{quantity: rows} of the numbers that people ask of a solution: its relative error by every method, most accurate first."""
    return {
        name: [{"name": label_of(m), **m["metrics"][name]["relative_error"]} for m in methods]
        for name, methods in _with_metric(record, "relative_error")
    }


def difference_rows(record: Record, units: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """The same for the quantities with units, as differences; the unit stands behind the name."""
    metric = "absolute_error"
    return {
        f"{name} [{unit(units[name])}]": [{"name": label_of(m), **in_digits(m["metrics"][name][metric])} for m in methods]
        for name, methods in _with_metric(record, metric)
    }


def in_digits(summary: Mapping[str, Any]) -> dict[str, str]:
    """Mean, median and worst sample of a metric as they are written."""
    return {key: "–" if summary[key] is None else digits(summary[key]) for key in ("mean", "median", "worst")}


def halves(record: Record) -> list[Record]:
    """The half of the truth as if it were a method, of ensembles; none where problems have one outcome."""
    return [{"name": HALF, "metrics": record["truth_half"]["metrics"]}] if record.get("members") else []


def _with_metric(record: Record, metric: str) -> list[tuple[str, list[Record]]]:
    """What has a metric, and all methods, most accurate first, after the half of the truth where there are ensembles."""
    methods = [*halves(record), *sorted(record["methods"], key=error_of)]
    return [(name, methods) for name, metrics in methods[0]["metrics"].items() if metric in metrics]


def overall(method: Record, metric: str) -> float | None:
    """Mean of a metric over samples and targets, without those that vanish somewhere and make it infinite."""
    means = [v[metric]["mean"] for name, v in method["metrics"].items() if name != "overall" and metric in v]
    values = [mean for mean in means if mean is not None]
    return sum(values) / len(values) if values else None


def metric_table(record: Record, target: Variable) -> dict[str, Any]:
    """Means of further metrics of a target that were taken: heads of the columns, and one row per surrogate or baseline.

    Ensembles are led by the half of the truth.
    """
    methods = [*halves(record), *sorted((m for m in record["methods"] if m["kind"] != "solver"), key=error_of)]
    taken = {head: metric for head, metric in SHOWN_METRICS.items() if metric in methods[0]["metrics"][target.name]}
    units = "" if target.units in ("", "1") else f" [{unit(target.units)}]"
    return {
        "heads": [head.format(units) for head in taken],
        "rows": [
            {"name": label_of(m), "values": [shown(m["metrics"][target.name][metric], metric) for metric in taken.values()]}
            for m in methods
        ],
    }


def shown(summary: Mapping[str, Any], metric: str) -> str:
    """The mean of a metric in its usual form."""
    if summary["mean"] is None:
        return "–"
    return percent(summary["mean"]) if metric in ("h1", "residual", "fac2") else digits(summary["mean"])


def ensemble_tables(record: Record, targets: Sequence[Variable]) -> dict[str, dict[str, Any]]:
    """{target: table of the measures of ensembles}; none where problems have one outcome."""
    return {v.name: ensemble_table(record, v) for v in targets} if record.get("members") else {}


def ensemble_table(record: Record, target: Variable) -> dict[str, Any]:
    """Means of the measures of ensembles: heads of the columns, and one row per surrogate or baseline, the truth's half first."""
    methods = sorted((m for m in record["methods"] if m["kind"] != "solver"), key=error_of)
    units = "" if target.units in ("", "1") else f" [{unit(target.units)}]"

    def mean(method: Record, metric: str) -> str:
        found = method["metrics"][target.name][metric]["mean"]
        return "–" if found is None else digits(found)

    return {
        "heads": [head.format(units) for head in ENSEMBLE_METRICS],
        "rows": [
            {"name": label_of(m), "values": [mean(m, metric) for metric in ENSEMBLE_METRICS.values()]}
            for m in (*halves(record), *methods)
        ],
    }


def adversary_rows(line: Record | None) -> list[dict[str, str]]:
    """With and without the critic, and the interval of the difference."""
    if line is None:
        return []
    rows = []
    for metric, numbers in line.items():
        write = percent if metric == "vrmse" else digits
        low, high = numbers["ci95_of_difference"]
        rows.append(
            {
                "metric": ADVERSARY_NAMES[metric],
                "with": write(numbers["with"]),
                "without": write(numbers["without"]),
                "interval": f"{write(low)} to {write(high)}",
                "effect": effect(numbers),
            }
        )
    return rows


def machine_rows(machine: Record) -> list[tuple[str, str]]:
    """Processor, memory and versions."""
    named = [(key, machine[key]) for key in ("cpu", "cores", "threads", "memory", "gpu", "system")]
    return [(key, str(value)) for key, value in named if value is not None] + list(machine["versions"].items())


def small_batches(record: Record) -> list[str]:
    """Runs of the solver whose batch had fewer than 32 samples, and how many."""
    sizes: dict[int, int] = {}
    for m in record["methods"]:
        if m["kind"] == "solver":
            samples = m["seconds_per_sample"]["batch_32"]["samples"]
            sizes[m["resolution"]] = min(samples, sizes.get(m["resolution"], samples))
    return [f"{size} on {grid(resolution, record.get('width', 1))}" for resolution, size in sizes.items() if size < BATCH]
