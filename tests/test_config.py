"""Settings: merged in order, checked at the door, written so that they read back the same."""

import math
import tomllib
from pathlib import Path

import pytest
from fieldgan.pipelines.config import (
    RunConfig,
    differences,
    parse_assignments,
    parse_value,
    read_toml,
    resolve,
    to_toml,
)
from fieldgan.solvers.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

OPTIONS = {"amplitude": 1.0, "phases": 3}


def test_later_layers_win() -> None:
    layers = ({"training": {"steps": 10, "batch": 4}}, {"training": {"steps": 20}}, {"seed": 5})
    config = resolve(OPTIONS, *layers)
    assert (config.training.steps, config.training.batch, config.seed) == (20, 4, 5)
    assert config.scenario == OPTIONS


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("3", 3),
        ("true", True),
        ("cgan", "cgan"),
        ("cgan,unet", ["cgan", "unet"]),
        ("8, 16", [8, 16]),
        ("[8, 16]", [8, 16]),
        ('"1e-4"', "1e-4"),
        ("α", "α"),
        ("1\nseed = 2", "1\nseed = 2"),  # one assignment sets one thing
    ],
)
def test_values_of_assignments(text: str, value: object) -> None:
    assert parse_value(text) == value


def test_assignments_build_a_tree() -> None:
    assert parse_assignments(["training.steps=5", "seed = 3", "training.batch=2"]) == {
        "training": {"steps": 5, "batch": 2},
        "seed": 3,
    }


@pytest.mark.parametrize("assignment", ["training.steps", "=3", "training.=3", ".steps=3"])
def test_malformed_assignments_are_refused(assignment: str) -> None:
    with pytest.raises(UsageError, match=r"is not section\.key=value"):
        parse_assignments([assignment])


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        ({"trainning": {}}, "unknown setting 'trainning'; did you mean training?"),
        ({"training": {"stepps": 1}}, "unknown setting 'training.stepps'; did you mean training.steps?"),
        (
            {"scenario": {"amplitud": 1}},
            "unknown setting 'scenario.amplitud'; did you mean scenario.amplitude?",
        ),
        ({"training": {"steps": 1e-4}}, "training.steps=0.0001: it should be a valid integer"),
        ({"training": {"steps": 0}}, "training.steps=0: it should be greater than or equal to 1"),
        ({"training": {"learning_rate": math.nan}}, "training.learning_rate=nan: it should be"),
        ({"scenario": {"amplitude": math.nan}}, "scenario.amplitude=nan: it should be a finite number"),
        ({"scenario": {"phases": "many"}}, 'scenario.phases="many": it should be a valid integer'),
        ({"training": 3}, "training=3: it should be a valid dictionary"),
        ({"model": {"widths": [2]}}, "model.widths.0=2: it should be greater than or equal to 4"),
        ({"model": {"widths": []}}, "model.widths=[]: it should have at least 1 item"),
        ({"seed": -1}, "seed=-1: it should be greater than or equal to 0"),
        ({"models": []}, "models=[]"),
        ({"training": {"device": "gpu"}}, 'training.device="gpu"'),
    ],
)
def test_mistakes_are_told_in_one_line(layer: dict[str, object], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(OPTIONS, layer)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_each_mistake_has_its_line() -> None:
    with pytest.raises(UsageError) as caught:
        resolve(OPTIONS, {"training": {"stepps": 1, "batch": 0}})
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        ({"model": {"noise_channels": 0}, "training": {"reconstruction": "crps"}}, "noise_channels"),
        ({"model": {"noise_vector": False, "widths": [8, 16]}}, "noise_vector"),
        ({"model": {"noise_vector": False, "generator": "modal"}}, "noise_vector"),
        ({"model": {"streamfunction": True, "generator": "modal"}}, "streamfunction"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(layer: dict[str, object], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        resolve(OPTIONS, layer)


def test_toml_reads_back_the_same(tmp_path: Path) -> None:
    changed = {
        "model": {"lift_resolution": None, "widths": [8, 16]},
        "training": {"learning_rate": 1e-5},
        "seed": 7,
    }
    config = resolve(OPTIONS, changed)
    path = tmp_path / "config.toml"
    path.write_text(to_toml(config, "a title"), encoding="utf-8")
    assert resolve(OPTIONS, read_toml(path)) == config


@given(st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False), st.lists(st.integers(-5, 5), max_size=3))
def test_any_value_of_an_option_survives_toml(text: str, number: float, numbers: list[int]) -> None:
    options = {"label": text, "number": number, "numbers": numbers}
    written = tomllib.loads(to_toml(RunConfig(scenario=options), "title"))["scenario"]
    assert written == options


def test_differences_name_key_old_and_new() -> None:
    old, new = {"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1, "c": 5}, "e": 4}
    assert differences(old, new) == {"a.c": "2 -> 5", "d": '3 -> "none"', "e": '"none" -> 4'}


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not TOML"):
        read_toml(path)
    with pytest.raises(UsageError, match="cannot read"):
        read_toml(tmp_path / "missing.toml")
