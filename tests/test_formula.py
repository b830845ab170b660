"""The model `formula`: the scenario's own fields, one outcome whoever asks for many, and a refusal where there is none."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from fieldgan.data.samples import simulate_sample
from fieldgan.data.scenarios import SCENARIOS
from fieldgan.data.schema import assemble
from fieldgan.pipelines.cli import call
from fieldgan.pipelines.config import resolve
from fieldgan.pipelines.environment import THREAD_VARIABLES
from fieldgan.pipelines.methods import learned
from fieldgan.pipelines.run import Run, check_trainable
from fieldgan.solvers.errors import UsageError
from fieldgan.surrogate.registry import load, train
from fieldgan.surrogate.settings import Settings
from gaussian_fields import gaussian_fields, render

PLAIN = gaussian_fields()
SCENARIO = replace(PLAIN, formula=lambda conditions: {"height": 2 * conditions["spread"] - 1})
CONDITIONS = {"spread": np.stack([render(np.array(p), 8)["spread"] for p in ([0.3, 0.5, -0.4], [-0.2, 0.1, 0.6])])}


@pytest.fixture(scope="module")
def dataset():
    return assemble(PLAIN, [simulate_sample(PLAIN, 0, index) for index in range(20)], 0)


def test_its_fields_are_those_of_the_scenario(dataset, tmp_path):
    model = train("formula", dataset, tmp_path, SCENARIO)
    np.testing.assert_allclose(model.fields(CONDITIONS)["height"], 2 * CONDITIONS["spread"] - 1, rtol=0, atol=1e-5)
    again = load(tmp_path, SCENARIO).fields(CONDITIONS, members=3)["height"]
    assert again.shape == (2, 3, 8, 8)
    assert np.ptp(again, axis=1).max() == 0
    np.testing.assert_array_equal(again[:, 0], model.fields(CONDITIONS)["height"])


def test_networks_see_it(dataset, tmp_path):
    """Its field is one more channel, in units of its deviation; without `guided`, or for those who look up, it is not."""
    tiny = {"model": {"widths": (8, 8), "padding": "circular"}, "training": {"steps": 2}}
    model = train("unet", dataset, tmp_path / "unet", SCENARIO, Settings.model_validate(tiny))
    seen = model.encoding.encode(CONDITIONS, None).fields
    mean, deviation = model.encoding.moments["formula:height"]
    assert seen.shape[1] == 2
    np.testing.assert_allclose(seen[:, 1], (2 * CONDITIONS["spread"] - 1 - mean) / deviation, atol=1e-5)
    again = load(tmp_path / "unet", SCENARIO)
    np.testing.assert_array_equal(again.fields(CONDITIONS)["height"], model.fields(CONDITIONS)["height"])
    tiny["model"]["guided"] = False
    blind = train("unet", dataset, tmp_path / "blind", SCENARIO, Settings.model_validate(tiny))
    looks_up = train("nearest", dataset, tmp_path / "nearest", SCENARIO)
    assert [m.encoding.encode(CONDITIONS, None).fields.shape[1] for m in (blind, looks_up)] == [1, 1]


def test_it_is_a_baseline_that_learned_nothing(dataset, tmp_path):
    (method,) = learned({"formula": train("formula", dataset, tmp_path, SCENARIO)}, members=4)
    assert (method.kind, method.parameters) == ("baseline", 0)


@pytest.mark.parametrize("name", ["formula", "unet-residuals"])
def test_scenarios_without_what_it_needs_are_refused(dataset, tmp_path, name):
    lacking = replace(PLAIN, ensemble=None, members={})
    with pytest.raises(UsageError, match=f"model '{name}' needs a scenario with an? (formula|ensemble), and 'gaussian' has none"):
        train(name, dataset, tmp_path, lacking)
    with pytest.raises(UsageError, match="needs a scenario"):
        check_trainable(Run(tmp_path, lacking, resolve({}, {"models": [name]})))
    with pytest.raises(UsageError, match="these data come from no scenario"):
        train(name, dataset.drop_attrs(deep=False), tmp_path)


def test_a_run_compares_it(tmp_path, monkeypatch):
    """Generated, trained, compared, loaded by name, and asked on the command line for what it says of a condition."""
    monkeypatch.setitem(SCENARIOS, "gaussian", lambda: SCENARIO)
    for variable in THREAD_VARIABLES:
        monkeypatch.setenv(variable, "1")
    run = tmp_path / "run"
    models = [part for name in ("formula", "unet", "unet-residuals") for part in ("--model", name)]
    tiny = ("data.samples=60", "training.steps=4", "model.widths=8,8", "model.padding=circular", "comparison.samples=3")
    tiny += ("comparison.repeats=3", "comparison.batch_repeats=3", "comparison.draws=200")
    settings = [part for setting in tiny for part in ("--set", setting)]
    assert call(["run", "gaussian", "-o", str(run), "--workers", "1", *models, *settings, "-q"]) == 0
    methods = {m["name"]: m for m in json.loads((run / "comparison" / "metrics.json").read_text())["methods"]}
    formula = methods["formula"]
    assert formula["kind"] == "baseline"
    assert formula["seconds_per_sample"]["batch_1"]["median"] > 0
    assert formula["metrics"]["height"]["variance_ratio"]["mean"] == 0
    assert methods["unet-residuals"]["metrics"]["height"]["variance_ratio"]["mean"] > 0.3
    asked = ["sample", "gaussian", "-n", "2", "-o", str(tmp_path / "conditions.nc"), "-q"]
    assert call(asked) == 0
    told = ["predict", str(run / "models" / "formula"), str(tmp_path / "conditions.nc"), "-o", str(tmp_path / "fields.nc"), "-q"]
    assert call(told) == 0
    with xr.open_dataset(tmp_path / "conditions.nc") as given, xr.open_dataset(tmp_path / "fields.nc") as found:
        np.testing.assert_allclose(found["height"], 2 * given["spread"] - 1, atol=1e-5)
