"""Train and load by name: same predictions after reading back, resumption, and refusal of what does not fit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from fieldgan.data.scenario import Scenario, Variable
from fieldgan.solvers.errors import IntegrityError, UsageError
from fieldgan.surrogate.lift import lift
from fieldgan.surrogate.recipes import MODELS
from fieldgan.surrogate.registry import load, samples_of, train
from fieldgan.surrogate.settings import ModelSettings, PODSettings, Settings, TrainingSettings
from surrogate_fixtures import dataset, screened_plate, stochastic

SCENARIO = replace(screened_plate(16), formula=lambda conditions: {"temperature": conditions["ambient"]})
SUITING = [name for name, recipe in MODELS.items() if recipe.needs != "ensemble"]  # this scenario has one outcome
DATA = dataset(SCENARIO, 40)
TEST = dataset(SCENARIO, 4, seed=9)
SETTINGS = Settings(
    model=ModelSettings(widths=(8, 8), head=4, lift_resolution=8, critic_widths=(8, 8)),
    training=TrainingSettings(steps=6, batch=4, warmup=1, validate_every=3, checkpoint_every=3),
    pod=PODSettings(modes=20, components=20, augmented=60),
)


def train_small(name: str, folder: Path, scenario: Scenario | None = SCENARIO, data: xr.Dataset = DATA):
    return train(name, data, folder, scenario, SETTINGS)


def vrmse(predicted: xr.Dataset, truth: xr.Dataset) -> float:
    error = ((predicted["temperature"] - truth["temperature"]) ** 2).mean(("y", "x"))
    return float(np.sqrt(error / truth["temperature"].var(("y", "x"))).mean())


@pytest.mark.parametrize("name", SUITING)
def test_a_loaded_model_is_the_trained_one(name: str, tmp_path: Path) -> None:
    model = train_small(name, tmp_path)
    predicted = model.predict(TEST)
    xr.testing.assert_identical(load(tmp_path, SCENARIO).predict(TEST), predicted)
    assert predicted["temperature"].dims == ("sample", "y", "x")
    assert predicted["temperature"].attrs["units"] == "K"
    assert predicted["temperature"].dtype == np.float32
    np.testing.assert_array_equal(predicted["x"], DATA["x"])
    assert model.costs["training_seconds"] > 0
    single = model.predict(TEST.isel(sample=1))
    np.testing.assert_allclose(single["temperature"], predicted["temperature"][1], rtol=0, atol=2e-3)


def test_samples_read_once_serve_all_models(tmp_path: Path) -> None:
    """No model changes what the next one learns from."""
    data = samples_of(DATA, SCENARIO)
    for name in SUITING:
        shared = train(name, DATA, tmp_path / "shared" / name, SCENARIO, SETTINGS, data=data)
        alone = train_small(name, tmp_path / "alone" / name)
        xr.testing.assert_identical(shared.predict(TEST), alone.predict(TEST))


def test_every_file_of_the_folder_is_there(tmp_path: Path) -> None:
    train_small("cgan", tmp_path)
    files = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert files == {
        "model.safetensors",
        "config.json",
        "statistics.json",
        "manifest.json",
        "history.csv",
        "MODEL_CARD.md",
        "checkpoints/latest.json",
        "checkpoints/step-00000006.pt",
    }
    assert (tmp_path / "history.csv").read_text().startswith("step,reconstruction,adversarial,critic,validation_vrmse")
    assert "temperature [K]" in (tmp_path / "MODEL_CARD.md").read_text()


@pytest.mark.parametrize("name", ["cgan", "pod", "nearest"])
def test_predictions_shift_and_scale_with_the_temperatures(name: str, tmp_path: Path) -> None:
    model = train_small(name, tmp_path)
    conditions = {v.name: TEST[v.name].values.astype(np.float64) for v in SCENARIO.inputs}
    moved = conditions | {"ambient": 3 * conditions["ambient"] + 300, "source": 3 * conditions["source"]}
    expected = 3 * model.fields(conditions)["temperature"] + 300
    np.testing.assert_allclose(model.fields(moved)["temperature"], expected, rtol=0, atol=2e-3)


def test_the_mean_is_that_of_the_training_fields(tmp_path: Path) -> None:
    predicted = train_small("mean", tmp_path).predict(TEST)["temperature"]
    mean = DATA["temperature"].values[DATA["split"].values == "train"].mean(axis=0)
    np.testing.assert_allclose(predicted, np.broadcast_to(mean, predicted.shape), rtol=0, atol=1e-4)


def test_pod_beats_nearest_and_nearest_the_mean(tmp_path: Path) -> None:
    errors = [vrmse(train_small(name, tmp_path / name).predict(TEST), TEST) for name in ("pod", "nearest", "mean")]
    assert errors[0] < 0.5 * errors[1] < 0.5 * errors[2]


def test_the_lift_is_what_an_untrained_network_answers(tmp_path: Path) -> None:
    frozen = SETTINGS.model_copy(update={"training": SETTINGS.training.model_copy(update={"learning_rate": 1e-12})})
    model = train("unet", DATA, tmp_path, SCENARIO, frozen)
    conditions = {v.name: TEST[v.name].values.astype(np.float64) for v in SCENARIO.inputs}
    expected = lift(SCENARIO, conditions, 8)["temperature"]
    np.testing.assert_allclose(model.fields(conditions)["temperature"], expected, rtol=0, atol=1e-4)


def test_what_is_trained_is_loaded_and_not_trained_again(tmp_path: Path) -> None:
    first = train_small("unet", tmp_path)
    stamp = (tmp_path / "manifest.json").stat().st_mtime_ns
    again = train_small("unet", tmp_path)
    assert (tmp_path / "manifest.json").stat().st_mtime_ns == stamp
    assert again.costs == first.costs


@pytest.mark.parametrize("finished", [True, False])
def test_another_configuration_is_refused_with_the_difference(finished: bool, tmp_path: Path) -> None:
    train_small("cgan", tmp_path)
    if not finished:
        (tmp_path / "manifest.json").unlink()
    other = SETTINGS.model_copy(update={"training": SETTINGS.training.model_copy(update={"steps": 9})})
    with pytest.raises(UsageError, match=r"settings\.training\.steps=6 there, 9 now"):
        train("cgan", DATA, tmp_path, SCENARIO, other)
    with pytest.raises(UsageError, match=r"data=\w+ there"):
        train_small("cgan", tmp_path, data=dataset(SCENARIO, 40, seed=1))


def test_without_distance_and_critic_there_is_nothing_to_learn(tmp_path: Path) -> None:
    alone = SETTINGS.model_copy(update={"training": SETTINGS.training.model_copy(update={"reconstruction_weight": 0.0})})
    with pytest.raises(UsageError, match=r"reconstruction_weight=0 without a critic leaves nothing .* use 1"):
        train("unet", DATA, tmp_path, SCENARIO, alone)


def test_unknown_names() -> None:
    with pytest.raises(UsageError, match=r"unknown model 'cgna'; did you mean cgan\?$"):
        train_small("cgna", Path("nowhere"))


def test_members_of_a_stochastic_scenario_differ_and_depend_on_the_seed(tmp_path: Path) -> None:
    model = train("cgan", DATA, tmp_path, stochastic(SCENARIO), SETTINGS)
    assert model.description.settings.model.noise_channels == 8
    assert model.description.settings.model.lift_resolution is None
    predicted = model.predict(TEST, members=3, seed=1)["temperature"]
    assert predicted.dims == ("sample", "member", "y", "x")
    assert (predicted.std("member") > 0).all()
    np.testing.assert_array_equal(model.predict(TEST, members=3, seed=1)["temperature"], predicted)
    assert (model.predict(TEST, members=3, seed=2)["temperature"] != predicted).any()


def test_members_of_a_deterministic_model_are_equal(tmp_path: Path) -> None:
    predicted = train_small("unet", tmp_path).predict(TEST, members=2)["temperature"]
    np.testing.assert_array_equal(predicted.isel(member=0), predicted.isel(member=1))


def test_plain_data_without_a_scenario(tmp_path: Path) -> None:
    own = DATA.copy()
    own.attrs.clear()
    own["label"] = ("sample", np.arange(own.sizes["sample"]))
    model = train_small("cgan", tmp_path, None, own)
    assert model.description.inputs[2] == Variable("screening", "m-2", "screening", scalar=True)
    assert not model.encoding.lifted
    plain = TEST.drop_attrs()
    xr.testing.assert_identical(load(tmp_path).predict(plain), model.predict(plain))


@pytest.mark.parametrize("shape", [(15, 1.0), (12, 1.5), (9, 7 / 9)])
def test_odd_grids(shape: tuple[int, float], tmp_path: Path) -> None:
    scenario = screened_plate(*shape)
    model = train("cgan-nolift", dataset(scenario, 12), tmp_path, scenario, SETTINGS)
    assert model.predict(dataset(scenario, 2))["temperature"].shape == (2, *scenario.domain.shape(shape[0]))


def test_one_training_sample_and_nothing_to_validate_on(tmp_path: Path) -> None:
    one = DATA.isel(sample=np.flatnonzero(DATA["split"].values == "train")[:1])
    for name in SUITING:
        model = train_small(name, tmp_path / name, data=one)
        assert np.isfinite(model.predict(TEST)["temperature"]).all()
        assert np.isfinite(load(tmp_path / name, SCENARIO).predict(TEST)["temperature"]).all()


def test_no_training_sample_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no training sample; generate more"):
        train_small("mean", tmp_path, data=DATA.isel(sample=DATA["split"].values == "test"))


def test_data_of_another_kind_are_refused_with_all_differences(tmp_path: Path) -> None:
    model = train_small("mean", tmp_path)
    wrong = TEST.drop_vars("source").isel(x=slice(8)).assign_attrs(fieldgan_scenario="heat")
    wrong["ambient"] = wrong["ambient"].assign_attrs(units="degC")
    with pytest.raises(IntegrityError) as error:
        model.predict(wrong)
    for part in ("scenario 'heat' instead of 'screened'", "no variable source", "ambient in 'degC'", "grid (16, 8)"):
        assert part in str(error.value)
    with pytest.raises(IntegrityError, match="scenario 'heat' instead of 'screened'"):
        train_small("mean", tmp_path / "other", data=wrong)


def test_arrays_of_another_grid_are_refused(tmp_path: Path) -> None:
    model = train_small("mean", tmp_path)
    conditions = {v.name: TEST[v.name].values for v in SCENARIO.inputs}
    with pytest.raises(UsageError, match="needs the conditions screening"):
        model.fields({k: a for k, a in conditions.items() if k != "screening"})
    with pytest.raises(IntegrityError, match="trained on 16×16 cells, not 8×16"):
        model.fields({k: a[:, :8] if a.ndim > 1 else a for k, a in conditions.items()})


def test_a_model_of_another_scenario_is_refused(tmp_path: Path) -> None:
    train_small("unet", tmp_path)
    other = replace(SCENARIO, options={"width": 2.0}, inputs=SCENARIO.inputs[:2])
    with pytest.raises(IntegrityError, match=r"options .*2\.0.* instead of .*1\.0.*inputs"):
        load(tmp_path, other)
    with pytest.raises(UsageError, match="unknown scenario 'screened'"):
        load(tmp_path)
