"""So few samples that a split is empty: what needs it is refused before anything is computed, the rest works."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fieldgan.data.scenario import Fields
from fieldgan.pipelines.cli import call
from fieldgan.surrogate.registry import train
from fieldgan.surrogate.settings import Settings
from fieldgan.surrogate.training_data import read_training_data, with_lift
from small_run import SETTINGS, waves_by_name
from surrogate_fixtures import dataset, screened_plate

SMALL = Settings.model_validate(
    {
        "model": {"widths": (8, 8), "critic_widths": (8, 8), "lift_resolution": 4},
        "training": {"steps": 4, "batch": 2, "validate_every": 2, "checkpoint_every": 4},
    }
)


def defect(conditions: Fields, targets: Fields) -> Fields:
    return {"temperature": 0 * targets["temperature"]}


SCENARIO = replace(screened_plate(8), defect=defect)


@pytest.fixture(autouse=True)
def named() -> Iterator[None]:
    with waves_by_name():
        yield


@pytest.mark.parametrize("samples", [1, 5, 41])
def test_a_run_that_could_not_be_compared_is_refused_before_it_starts(
    samples: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["run", "waves", "-o", str(tmp_path / "run"), *SETTINGS, "--samples", str(samples)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"data.samples={samples} leaves too few: 1 for validation and 2 for test" in line
    assert line.endswith("use 42 or more")
    assert not (tmp_path / "run").exists()


def test_comparing_too_few_says_how_many_it_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(tmp_path / "run")
    assert call(["generate", "waves", "-o", run, *SETTINGS, "--samples", "13", "-q"]) == 0
    assert call(["train", run, "--model", "mean", "-q"]) == 0
    capsys.readouterr()
    assert call(["compare", run]) == 2
    assert "use 42 or more" in capsys.readouterr().err


def test_an_empty_validation_split_has_an_empty_lift_of_the_same_fields() -> None:
    data = with_lift(read_training_data(dataset(SCENARIO, 5), SCENARIO), SCENARIO, 4)
    assert data.training.lift is not None
    assert data.validation.lift is not None
    assert set(data.training.lift) == {"temperature", "defect:temperature"}
    assert {name: a.shape for name, a in data.validation.lift.items()} == dict.fromkeys(data.training.lift, (0, 8, 8))


@pytest.mark.parametrize("name", ["cgan", "pod", "nearest", "mean"])
def test_models_train_without_validation_samples(name: str, tmp_path: Path) -> None:
    samples = dataset(SCENARIO, 5)
    model = train(name, samples, tmp_path, SCENARIO, SMALL)
    fields = model.predict(samples[[v.name for v in SCENARIO.inputs]].assign_attrs(samples.attrs))
    assert np.isfinite(fields["temperature"].values).all()
