"""The examples run, and one figure of each is checked."""

import importlib.util
import json
import runpy
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import fieldgan
import numpy as np
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
TINY = {
    "data": {"samples": 80, "shard_size": 20},
    "model": {"lift_resolution": 8, "widths": [8, 8], "critic_widths": [8, 8]},
    "training": {"steps": 20},
    "comparison": {"samples": 4, "repeats": 3, "batch_repeats": 3, "truth_samples": 1, "draws": 200},
    "models": ["cgan", "mean"],
}


@pytest.fixture(scope="module")
def own_scenario() -> ModuleType:
    spec = importlib.util.spec_from_file_location("own_scenario", EXAMPLES / "own_scenario.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_own_scenario_fits_on_a_screen() -> None:
    assert len((EXAMPLES / "own_scenario.py").read_text(encoding="utf-8").splitlines()) < 50


@pytest.mark.parametrize(("arguments", "folder"), [([], "runs/tracer"), (["elsewhere"], "elsewhere")])
def test_own_scenario_as_a_script(arguments: list[str], folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = []
    monkeypatch.setattr(fieldgan, "run", lambda scenario, folder, settings: folders.append(folder), raising=False)
    monkeypatch.setattr(sys, "argv", ["own_scenario.py", *arguments])
    runpy.run_path(str(EXAMPLES / "own_scenario.py"), run_name="__main__")
    assert folders == [folder]


def test_own_scenario_conserves_the_tracer(own_scenario: ModuleType) -> None:
    tracer = own_scenario.TRACER
    conditions = tracer.render(tracer.draw(np.random.default_rng(1)), 24)
    concentration = tracer.simulate(conditions, 0)["concentration"]
    assert concentration.mean() * own_scenario.DECAY == pytest.approx(conditions["source"].mean(), rel=1e-10)
    assert concentration.min() > 0  # upwind differences obey the maximum principle


def test_own_scenario_solves_a_single_wave_at_first_order(own_scenario: ModuleType) -> None:
    """s = cos(2πx), wind along x: c = Re[exp(2πix) / (λ + κk² + ik)], k = 2π."""

    def error(n: int) -> float:
        x = (np.arange(n) + 0.5) / n
        k = 2 * np.pi
        amplitude = 1 / (own_scenario.DECAY + own_scenario.DIFFUSIVITY * k**2 + 1j * k)
        exact = np.tile((amplitude * np.exp(1j * k * x)).real, (n, 1))
        conditions = {
            "source": np.tile(np.cos(k * x), (n, 1)),
            "wind_x": np.array(1.0),
            "wind_y": np.array(0.0),
        }
        return float(np.abs(own_scenario.simulate(conditions, 0)["concentration"] - exact).max())

    order = np.log2(error(64) / error(128))
    assert order == pytest.approx(1, abs=0.1)


def test_own_scenario_goes_the_whole_way(own_scenario: ModuleType, tmp_path: Path) -> None:
    small = replace(own_scenario.TRACER, truth_resolution=64, ladder=(8, 16, 32))
    report = fieldgan.run(small, tmp_path / "run", settings=TINY)
    metrics = json.loads((report.parent / "metrics.json").read_text(encoding="utf-8"))
    errors = {m["name"]: m["metrics"]["overall"]["vrmse"]["mean"] for m in metrics["methods"]}
    assert errors["solver@8"] > errors["solver@16"] > errors["solver@32"]
    assert errors["cgan"] < errors["mean"]
    missed = {m["name"]: m["metrics"]["concentration"]["crmse"] for m in metrics["methods"]}
    assert missed["solver@16"]["mean"] < 1e-3 < missed["mean"]["ci95"][0]  # upwind volumes conserve on any grid
    assert "tracer" in report.read_text(encoding="utf-8")
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert {stage["state"] for stage in record["stages"].values()} == {"done"}
