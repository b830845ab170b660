"""Statistics are those of the training samples, in whatever blocks they are read."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from fieldgan.data.datasets import open_dataset
from fieldgan.data.statistics import Moments, moments, read_statistics, training_statistics, write_statistics
from fieldgan.solvers.errors import IntegrityError
from hypothesis import given
from hypothesis import strategies as st
from poisson import run

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@given(values, values)
def test_joined_moments_are_those_of_all_values(a: list[float], b: list[float]) -> None:
    joined = moments(np.array(a)).joined(moments(np.array(b)))
    together = np.array(a + b)
    assert joined.count == len(together)
    assert joined.mean == pytest.approx(together.mean(), rel=1e-9, abs=1e-6)
    assert joined.std == pytest.approx(together.std(), rel=1e-6, abs=1e-5)
    assert (joined.minimum, joined.maximum) == (together.min(), together.max())


def test_a_large_offset_does_not_swallow_the_spread() -> None:
    """1e9 ± 1: the textbook formula ⟨x²⟩ − ⟨x⟩² gives 0 or worse."""
    assert moments(np.array([1e9 - 1])).joined(moments(np.array([1e9 + 1]))).std == 1.0


def test_only_training_samples_count(tmp_path: Path) -> None:
    run(tmp_path)
    dataset = open_dataset(tmp_path).load()
    stored = read_statistics(tmp_path / "data" / "statistics.json")
    train = dataset["split"].values == "train"
    assert 0 < train.sum() < 24
    for name in ("source", "offset", "potential"):
        expected = dataset[name].values[train].astype(np.float64)
        assert stored[name].mean == pytest.approx(expected.mean(), abs=1e-12)
        assert stored[name].std == pytest.approx(expected.std())
        assert stored[name].minimum == expected.min()
        assert stored[name].maximum == expected.max()
        assert stored[name].count == expected.size
    assert training_statistics([dataset.isel(sample=~train)]) == {}


def test_round_trip(tmp_path: Path) -> None:
    statistics = {"a": Moments(1.5, 0.1, 1.0, 2.0, 7), "b": Moments(0.0, 0.0, 0.0, 0.0, 7)}
    write_statistics(tmp_path / "s.json", statistics)
    assert read_statistics(tmp_path / "s.json") == statistics


@pytest.mark.parametrize("changes", [{"std": -1.0}, {"mean": 5.0}, {"count": 0}, {"mean": math.nan}])
def test_impossible_statistics_are_refused(tmp_path: Path, changes: dict[str, float]) -> None:
    spoiled = {"mean": 1.0, "std": 0.5, "minimum": 0.0, "maximum": 2.0, "count": 3} | changes
    content = {"schema": "fieldgan-statistics/1", "variables": {"a": spoiled}}
    (tmp_path / "s.json").write_text(json.dumps(content))
    with pytest.raises(IntegrityError, match="impossible"):
        read_statistics(tmp_path / "s.json")


WITHOUT_MOMENTS = '{"schema": "fieldgan-statistics/1", "variables": {"a": 1}}'


@pytest.mark.parametrize("text", ["", "[]", "{}", WITHOUT_MOMENTS])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(IntegrityError):
        read_statistics(tmp_path / "s.json")
