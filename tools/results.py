"""Put the result of a run into docs/results and into the README: `python tools/results.py runs/heat NAME`.

NAME.json keeps the metrics of the run with the command that repeats it; the README's block between `<!-- results:NAME -->` marks
is written from that file, and a test holds the two together.
"""

import json
import re
import sys
from pathlib import Path

from fieldgan.pipelines.wording import bounded, verdict_word

ROOT = Path(__file__).resolve().parent.parent
ORDER = ("solver@32", "solver@64", "solver@128", "lift@32", "cgan", "unet", "cgan-nolift", "pod", "nearest", "mean")


def publish(run: Path, name: str) -> None:
    """Copy the metrics of a run, with its commands, and write the README's block."""
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    metrics = json.loads((run / "comparison" / "metrics.json").read_text(encoding="utf-8"))
    preset = name.rpartition("_")[2]
    kept = {"command": f"fieldgan run {metrics['scenario']} --preset {preset}", "versions": record.get("versions"), **metrics}
    (ROOT / "docs" / "results" / f"{name}.json").write_text(json.dumps(kept, indent=1, sort_keys=False) + "\n", encoding="utf-8")
    readme = ROOT / "README.md"
    readme.write_text(with_block(readme.read_text(encoding="utf-8"), name, table(kept)), encoding="utf-8")


def with_block(text: str, name: str, block: str) -> str:
    """The text with what stands between the marks of `name` replaced."""
    marks = f"<!-- results:{name} -->", f"<!-- /results:{name} -->"
    return re.sub(f"{marks[0]}.*?{marks[1]}", lambda _: f"{marks[0]}\n{block}{marks[1]}", text, flags=re.DOTALL)


def table(metrics: dict) -> str:
    """Error and cost of the methods, as a Markdown table."""
    rows = [
        "| | vrmse | MAE, % of range | ms, one thread | speedup at equal error (95 %) | verdict |",
        "|---|---|---|---|---|---|",
    ]
    best = {}
    for method in metrics["methods"]:
        if method["name"] in ORDER and method.get("scheme", "multigrid") == "multigrid":
            best[method["name"]] = method
    rows += [row(best[name]) for name in ORDER if name in best]
    return "\n".join(rows) + "\n"


def row(method: dict) -> str:
    """One method of the table."""
    error = method["metrics"]["overall"]["vrmse"]["mean"]
    share = method["metrics"]["temperature"]["mae_percent"]["mean"]
    cost = 1e3 * method["seconds_per_sample"]["batch_1"]["median"]
    speedup = method.get("speedup")
    gain = f"{bounded(speedup, '{:.2g}'.format)} ({interval(speedup['equal_error_ci95'])})" if speedup else ""
    verdict = verdict_word(speedup) if speedup else ""
    return f"| `{method['name']}` | {error:.2%} | {share:.2g} | {cost:.2g} | {gain} | {verdict} |"


def interval(bounds: list[float]) -> str:
    """Lower and upper bound."""
    return " to ".join(f"{b:.2g}" for b in bounds)


if __name__ == "__main__":
    publish(Path(sys.argv[1]), sys.argv[2])
