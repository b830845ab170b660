"""Comparison of ensembles of known distribution: metrics against closed forms, and what the report shows."""

import json
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from fieldgan.data.generation import generate
from fieldgan.pipelines import figures_ensembles
from fieldgan.pipelines.compare import compare
from fieldgan.pipelines.comparison_settings import ComparisonSettings
from fieldgan.pipelines.figure_style import LIGHT
from gaussian_fields import MEMBERS, ensemble, gaussian_fields
from PIL import Image

COUNT = 24  # members
SETTINGS = ComparisonSettings(samples=6, repeats=3, batch_repeats=3, draws=200)


@dataclass(frozen=True)
class Known:
    """A surrogate that draws from the true distribution, with its spread scaled."""

    name: str
    factor: float

    @property
    def costs(self):
        return {"training_seconds": 1.0}

    def fields(self, conditions, members=1, seed=0):
        drawn = [ensemble({"spread": s}, 77 + k, members)["height"] for k, s in enumerate(conditions["spread"])]
        return {"height": self.factor * np.array(drawn)}


def air(scenario):
    """The same with its height as a concentration, and the size of its mean field as a quantity."""
    (height,) = scenario.targets
    return replace(
        scenario,
        targets=(replace(height, concentration=True),),
        quantities=lambda conditions, targets: {"mean_square": float((targets["height"] ** 2).mean())},
    )


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensembles")
    scenario = replace(air(gaussian_fields()), members={**MEMBERS, "test": 2 * COUNT})
    generate(scenario, folder, 80, seed=1)
    surrogates = {name: Known(name, factor) for name, factor in (("cgan", 1.0), ("unet", 0.5), ("mean", 0.0))}
    from fieldgan.data.datasets import open_dataset

    compare(folder, scenario=scenario, dataset=open_dataset(folder), surrogates=surrogates, settings=SETTINGS)
    return folder / "comparison"


def metrics(compared, name):
    record = json.loads((compared / "metrics.json").read_text())
    if name == "truth half":
        return record["truth_half"]["metrics"]["height"]
    return next(m for m in record["methods"] if m["name"] == name)["metrics"]["height"]


def test_variance_ratio_is_the_square_of_the_factor(compared):
    right, half, none = (metrics(compared, name)["variance_ratio"]["mean"] for name in ("cgan", "unet", "mean"))
    assert half == pytest.approx(right / 4, rel=1e-6)
    assert none == 0
    assert right == pytest.approx(1, abs=0.5)


def test_crps_of_gaussians(compared):
    """σ/√π for the right spread; for members of f σ: σ (√((1+f²)/2)·2 − f)/√π; MAE for none, σ √(2/π)."""
    with xr.open_dataset(compared / "metrics.nc") as table:
        assert table["height_crps"].sizes["sample"] == 5
    right, half, none = (metrics(compared, name)["crps"]["mean"] for name in ("cgan", "unet", "mean"))
    assert half / right == pytest.approx(2 * np.sqrt(1.25 / 2) - 0.5, abs=0.12)
    assert none / right == pytest.approx(np.sqrt(2), abs=0.2)


def test_half_of_the_truth_is_the_yardstick(compared):
    half = metrics(compared, "truth half")
    assert half["energy_distance_ratio"]["mean"] == pytest.approx(1, abs=1e-9)
    assert metrics(compared, "unet")["energy_distance_ratio"]["mean"] > 1.2
    assert metrics(compared, "cgan")["crps"]["mean"] == pytest.approx(half["crps"]["mean"], rel=0.15)


def test_noiseless_method_is_named(compared):
    record = json.loads((compared / "metrics.json").read_text())
    assert metrics(compared, "mean")["z_sensitivity"]["mean"] == 0
    assert record["members"] == COUNT
    assert np.sum(record["rank_histograms"]["mean"]["height"]) == pytest.approx(1)
    assert record["rank_histograms"]["mean"]["height"][1:-1] == [0.0] * (COUNT - 1)


def test_quantities_are_of_the_mean_fields(compared):
    """Members that are all 0 miss the whole mean square; the truth's own half misses some of it by chance."""
    record = json.loads((compared / "metrics.json").read_text())
    asked = {m["name"]: m["metrics"]["mean_square"]["relative_error"] for m in record["methods"]}
    assert asked["mean"]["mean"] == asked["mean"]["worst"] == pytest.approx(1)
    assert asked["cgan"]["median"] > 0
    assert record["truth_half"]["metrics"]["mean_square"]["relative_error"]["median"] > 0
    for page in ("report.html", "report.md"):
        assert "Error of the mean square" in (compared / page).read_text()


def test_concentrations_are_measured_as_air_quality_models_are(compared):
    """A mean field of 0 predicts no cell within a factor of two, and is biased by 2 whatever its sign."""
    assert metrics(compared, "mean")["fac2"]["worst"] == 0
    assert metrics(compared, "cgan")["fac2"]["mean"] > 0
    assert metrics(compared, "mean")["fractional_bias"]["worst"] == pytest.approx(2)
    for page in ("report.html", "report.md"):
        assert "FAC2" in (compared / page).read_text()


def test_fewer_members_are_worse_and_cheaper_rungs(compared):
    """With m members the CRPS lies by half the mean difference over m, σ/(√π m), above that of many."""
    record = json.loads((compared / "metrics.json").read_text())
    errors = {(m["name"], m.get("scheme")): m["metrics"]["overall"]["crps_ensemble"]["mean"] for m in record["methods"]}
    assert errors["solver@4", "2 members"] / errors["solver@4", None] == pytest.approx((1 + 1 / 2) / (1 + 1 / COUNT), rel=0.1)
    half = record["truth_half"]["metrics"]["overall"]["crps_ensemble"]["mean"]
    assert errors["solver@16", None] == half
    assert {rung["resolution"] for rung in record["envelope"]} <= {4, 8, 16}
    speedup = next(m for m in record["methods"] if m["name"] == "cgan")["speedup"]
    assert speedup["verdict"] in ("win", "tie", "loss")


def test_report_shows_members(compared):
    for name in ("members_height", "spread_height", "ranks_height", "spectra_height", "cost_against_error"):
        assert (compared / "figures" / f"{name}.png").stat().st_size > 5000
    with Image.open(compared / "animation.gif") as moving:
        assert moving.n_frames > 1
    html, text = (compared / "report.html").read_text(), (compared / "report.md").read_text()
    for page in (html, text):
        assert "truth half" in page
        assert "CRPS over deviation" in page
        assert "variance ratio" in page


@pytest.mark.parametrize("draw", [figures_ensembles.member_panels, figures_ensembles.spread_panels])
def test_holes_of_ensembles_are_left_blank(draw, monkeypatch):
    (height,), hole = gaussian_fields().targets, np.zeros((16, 16), bool)
    hole[3:6, 4:8] = True
    members = np.random.default_rng(0).standard_normal((2, 1, COUNT, 16, 16))
    problems = SimpleNamespace(truth={"height": members[0]}, outside=lambda row: hole, weights=~hole[None])
    comparison = SimpleNamespace(problems=problems, predictions={"cgan-nocritic": {"height": members[1]}})
    monkeypatch.setattr(figures_ensembles, "leaders", lambda of: ["cgan-nocritic"])
    monkeypatch.setattr(figures_ensembles, "ranked_rows", lambda of: {"median": 0})
    images = [axes.images[0] for axes in draw(comparison, height, LIGHT).axes if axes.images]
    assert len(images) >= 4
    for image in images:
        assert (np.ma.getmaskarray(image.get_array()) == hole).all()
