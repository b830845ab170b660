"""What README quotes is what the committed result files hold."""

import importlib.util
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


def results_tool():
    spec = importlib.util.spec_from_file_location("results", ROOT / "tools" / "results.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_of_the_readme_come_from_the_result_files():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = re.findall(r"<!-- results:(\w+) -->", readme)
    assert names
    for name in names:
        kept = json.loads((ROOT / "docs" / "results" / f"{name}.json").read_text(encoding="utf-8"))
        assert results_tool().with_block(readme, name, results_tool().table(kept)) == readme


def test_plume_against_settled_ensembles_of_its_size():
    """What README says beside the table, between the two rows of docs/results that enclose the network's CRPS, in logarithms."""
    kept = json.loads((ROOT / "docs" / "results" / "plume_standard.json").read_text(encoding="utf-8"))

    def at(method):
        error = method["metrics"]["overall"]["crps_ensemble"]["mean"]
        return math.log(error), math.log(method["seconds_per_sample"]["batch_1"]["median"])

    settled = sorted(at(m) for m in kept["methods"] if m["kind"] == "solver" and "scheme" not in m)
    error, seconds = at(next(m for m in kept["methods"] if m["name"] == "cgan"))
    ratio = math.exp(np.interp(error, *zip(*settled, strict=True)) - seconds)
    assert f"after a full settling, {ratio:.0f} times" in (ROOT / "README.md").read_text(encoding="utf-8").replace("\n", " ")


def test_minutes_of_plumes():
    """What README says of the time of both runs, from the seconds of their stages."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("\n", " ")
    for name, wording in (
        ("plume", "`plume` {} minutes, {} for its data, {} for training and {} for the comparison;"),
        ("plume_mean", "`plume-mean` {}, {} for its data beside some other work, {} and {},"),
    ):
        kept = json.loads((ROOT / "docs" / "results" / f"{name}_standard.json").read_text(encoding="utf-8"))
        seconds = list(kept["stage_seconds"].values())
        assert wording.format(*(round(s / 60) for s in (sum(seconds), *seconds))) in text


def test_bounds_are_not_printed_as_numbers():
    """A mean beyond the ladder is at most 1.3 times faster, which is no tie."""
    numbers = {"equal_error": 1.31, "equal_error_ci95": [1.2, 1.8], "bound": "upper", "verdict": "tie"}
    metrics = {"overall": {"vrmse": {"mean": 1.5}}, "temperature": {"mae_percent": {"mean": 20.0}}}
    method = {"name": "mean", "metrics": metrics, "seconds_per_sample": {"batch_1": {"median": 1e-4}}, "speedup": numbers}
    assert results_tool().row(method).endswith("| ≤ 1.3 (1.2 to 1.8) | out of range |")


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md"])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target
