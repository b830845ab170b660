"""Put the result of a run into docs/results and into the README: `python tools/results.py runs/heat NAME`.

NAME.json keeps the metrics of the run with the command that repeats it; the README's block between `<!-- results:NAME -->` marks
is written from that file, and a test holds the two together.
"""

import json
import re
import sys
from pathlib import Path

from fieldgan.pipelines.result import label_of
from fieldgan.pipelines.wording import bounded, verdict_word

QUOTED = ("vrmse", "rmse", "mae_percent", "divergence", "relative_error", "absolute_error", "fac2", "fractional_bias", "nmse")
ENSEMBLES = ("crps", "energy_distance_ratio", "variance_ratio", "spread_skill", "lsd")
ROOT = Path(__file__).resolve().parent.parent
SOLVERS = ("solver@18", "solver@32", "solver@36", "solver@64", "solver@96", "solver@128")
IN_UNITS = {"temperature": "K", "ice_cover": "1"}  # targets whose rmse is quoted in this unit where there are several
STOCHASTIC = ("cgan", "cgan-nocritic", "cgan-nonoise", "unet", "unet-residuals", "nearest", "formula", "mean")
ORDER = (*SOLVERS, "lift@32", "cgan", "unet", "cgan-nolift", "pod", "nearest", "formula", "mean")


def publish(run: Path, name: str) -> None:
    """Copy the metrics of a run, with its command and the seconds of its stages, and write the README's block."""
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    metrics = json.loads((run / "comparison" / "metrics.json").read_text(encoding="utf-8"))
    preset = name.rpartition("_")[2]
    command = f"fieldgan run {metrics['scenario']} --preset {preset} -o RUN"
    seconds = {stage: values["seconds"] for stage, values in record["stages"].items()}
    kept = {"command": command, "versions": record.get("versions"), "stage_seconds": seconds, **metrics}
    kept["methods"] = [m | {"metrics": {v: chosen(errors) for v, errors in m["metrics"].items()}} for m in kept["methods"]]
    (ROOT / "docs" / "results" / f"{name}.json").write_text(json.dumps(kept, indent=1, sort_keys=False) + "\n", encoding="utf-8")
    readme = ROOT / "README.md"
    readme.write_text(with_block(readme.read_text(encoding="utf-8"), name, table(kept)), encoding="utf-8")


def chosen(errors: dict) -> dict:
    """The metrics that are quoted; a run's own metrics.json has them all."""
    return {name: numbers for name, numbers in errors.items() if name in (*QUOTED, *ENSEMBLES, "crps_ensemble", "energy_score")}


def with_block(text: str, name: str, block: str) -> str:
    """The text with what stands between the marks of `name` replaced."""
    marks = f"<!-- results:{name} -->", f"<!-- /results:{name} -->"
    return re.sub(f"{marks[0]}.*?{marks[1]}", lambda _: f"{marks[0]}\n{block}{marks[1]}", text, flags=re.DOTALL)


def table(metrics: dict) -> str:
    """Error and cost of the methods, as a Markdown table; errors of each target where there are several."""
    if "truth_half" in metrics:
        return table_of_ensembles(metrics)
    heads = ["vrmse", *errors_by_target(metrics["methods"][0]), "ms, one thread", "speedup at equal error (95 %)", "verdict"]
    first = next((m["scheme"] for m in metrics["methods"] if "scheme" in m), None)
    shown = {m["name"]: m for m in metrics["methods"] if m["name"] in ORDER and m.get("scheme", first) == first}
    rows = [row(shown[name]) for name in ORDER if name in shown]
    return "\n".join([f"| | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|", *rows]) + "\n"


def table_of_ensembles(metrics: dict) -> str:
    """Scores of whole ensembles, the solver's own half first, as a Markdown table; mean and median of the variance ratio."""
    target = next(name for name, values in metrics["truth_half"]["metrics"].items() if "crps" in values)
    shown = {label_of(m).replace(" hasty", ", hasty"): m for m in metrics["methods"]}
    rows = [f"| half of the truth | {scores(metrics['truth_half']['metrics'][target])} | | | |"]
    solvers = [label for name in SOLVERS for label in (name, f"{name}, hasty")]
    for name in (*solvers, *STOCHASTIC):
        if (method := shown.get(name)) is None:
            continue
        cost = 1e3 * method["seconds_per_sample"]["batch_1"]["median"]
        speedup = method.get("speedup")
        gain = f"{bounded(speedup, '{:.2g}'.format)} ({interval(speedup['equal_error_ci95'])})" if speedup else ""
        verdict = verdict_word(speedup) if speedup else ""
        rows.append(f"| `{name}` | {scores(method['metrics'][target])} | {cost:.2g} | {gain} | {verdict} |")
    heads = ["CRPS", "energy distance over halves", "variance ratio, mean", "median", "spread over skill", "spectrum"]
    heads += ["ms, one thread", "speedup at equal CRPS (95 %)", "verdict"]
    return "\n".join([f"| | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|", *rows]) + "\n"


def scores(metrics: dict) -> str:
    """The cells of one ensemble."""
    itself = {"energy_distance_ratio": {"mean": 1.0}}  # of the truth's half, by definition
    values = {name: (itself | metrics)[name] for name in ENSEMBLES}
    cells = [values["crps"]["mean"], values["energy_distance_ratio"]["mean"]]
    cells += [values["variance_ratio"]["mean"], values["variance_ratio"]["median"]]
    cells += [values["spread_skill"]["mean"], values["lsd"]["mean"]]
    return " | ".join(f"{value:.3g}" for value in cells)


def errors_by_target(method: dict) -> dict[str, str]:
    """{head: text} of the columns that a target has: its vrmse, rmse in a unit, or MAE if it is the only one; then quantities."""
    targets = {name: values for name, values in method["metrics"].items() if "mae_percent" in values}
    relative, absolute = (
        {name.replace("_", " "): values[key]["median"] for name, values in method["metrics"].items() if key in values}
        for key in ("relative_error", "absolute_error")
    )
    if len(targets) == 1:
        (values,) = targets.values()
        return {"MAE, % of range": f"{values['mae_percent']['mean']:.2g}"}
    shown = dict(column(name, values) for name, values in targets.items())
    return shown | {name: percent(value) for name, value in relative.items()} | {n: f"{v:.2g}" for n, v in absolute.items()}


def column(target: str, values: dict) -> tuple[str, str]:
    """Head and text of a target."""
    head = target.replace("_", " ")
    if target in IN_UNITS:
        return f"{head}, {IN_UNITS[target]}", f"{values['rmse']['mean']:.2g}"
    return head, percent(values["vrmse"]["mean"])


def percent(share: float) -> str:
    """Per cent, with two digits; nothing where a target that vanishes makes it meaningless."""
    return f"{100 * share:.2g}%" if share < 10 else "–"


def row(method: dict) -> str:
    """One method of the table."""
    error = method["metrics"]["overall"]["vrmse"]["mean"]
    cost = 1e3 * method["seconds_per_sample"]["batch_1"]["median"]
    speedup = method.get("speedup")
    gain = f"{bounded(speedup, '{:.2g}'.format)} ({interval(speedup['equal_error_ci95'])})" if speedup else ""
    verdict = verdict_word(speedup) if speedup else ""
    cells = [f"`{method['name']}`", f"{error:.2%}", *errors_by_target(method).values(), f"{cost:.2g}", gain, verdict]
    return f"| {' | '.join(cells)} |"


def interval(bounds: list[float]) -> str:
    """Lower and upper bound."""
    return " to ".join(f"{b:.2g}" for b in bounds)


if __name__ == "__main__":
    publish(Path(sys.argv[1]), sys.argv[2])
