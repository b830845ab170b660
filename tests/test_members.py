"""Ensembles in data sets: what is stored, padded, counted, checked and described."""

import json
from dataclasses import replace

import netCDF4
import numpy as np
import pytest
import xarray as xr
from fieldgan.data.datasets import arrays, open_dataset, select
from fieldgan.data.generation import generate
from fieldgan.data.integrity import verify
from fieldgan.data.lint import lint
from fieldgan.data.plan import check_fits
from fieldgan.data.samples import simulate_sample
from fieldgan.data.schema import content_hash
from fieldgan.data.splits import split_of
from fieldgan.data.statistics import read_statistics
from fieldgan.solvers.errors import IntegrityError, UsageError
from gaussian_fields import MEMBERS, gaussian_fields

SCENARIO = gaussian_fields()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return generate(SCENARIO, tmp_path_factory.mktemp("members"), 30, seed=3, shard_size=8)


def test_stored_members_are_those_of_the_solver(folder):
    dataset = open_dataset(folder)
    assert dataset["height"].dims == ("sample", "member", "y", "x")
    assert dataset.sizes["member"] == 12
    for row, index in enumerate(dataset["sample"].values):
        count = MEMBERS[split_of(int(index))]
        assert int(dataset["members"][row]) == count
        stored = dataset["height"][row].values
        np.testing.assert_array_equal(stored[:count], simulate_sample(SCENARIO, 3, int(index)).fields["height"])
        assert np.isnan(stored[count:]).all()


def test_plain_xarray_opens_it(folder):
    with xr.open_mfdataset(str(folder / "*.nc"), combine="nested", concat_dim="sample") as plain:
        assert plain["height"].shape == (30, 12, 8, 8)
        assert plain["member"].attrs["standard_name"] == "realization"


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_arrays_have_the_members_of_their_split(folder, split):
    values = arrays(select(open_dataset(folder), split), ["height"])["height"]
    assert values.shape[1] == MEMBERS[split]
    assert np.isfinite(values).all()


def test_a_missing_value_that_counts_is_found(folder):
    dataset = open_dataset(folder).load()
    dataset["height"].values[2, 1, 3, 3] = np.nan
    with pytest.raises(IntegrityError, match="not finite in 1 values, first in sample 2"):
        arrays(dataset, ["height"])


def test_statistics_leave_padding_out(folder):
    """Moments of exactly the training members."""
    training = arrays(select(open_dataset(folder), "train"), ["height"])["height"]
    found = read_statistics(folder / "statistics.json")["height"]
    assert found.count == training.size
    assert found.std == pytest.approx(training.std(dtype=np.float64), rel=1e-6)


def test_padding_costs_next_to_nothing(tmp_path):
    """Files whose longest ensemble is eight times the mean one, against files without that length."""
    long = replace(SCENARIO, members={"train": 4, "validation": 4, "test": 96}, stored_resolution=16, truth_resolution=32)
    short = replace(long, members=dict.fromkeys(MEMBERS, 4))
    only_training = [index for index in range(12) if split_of(index) != "test"]
    sizes = [
        sum(path.stat().st_size for path in generate(s, tmp_path / str(k), len(only_training), shard_size=1).glob("*.nc"))
        for k, s in enumerate((long, short))
    ]
    tests = sum(split_of(index) == "test" for index in range(len(only_training)))
    assert sizes[0] - sizes[1] < tests * 92 * 16 * 16 * 4 + 4000 * len(only_training)


def test_short_ensembles_are_read_without_unpacking_their_padding(folder):
    """Pieces of a file, and of the data as they are opened, are as long as its shortest ensemble."""
    files = sorted(folder.glob("*.nc"))
    shortest = []
    for file in files:
        with netCDF4.Dataset(file) as plain:
            shortest.append(int(plain["members"][:].min()))
            assert plain["height"].chunking()[:2] == [1, shortest[-1]]
    assert min(shortest) == min(MEMBERS.values()) < max(MEMBERS.values())
    assert max(open_dataset(files[0])["height"].chunks[1]) == shortest[0]


def test_the_same_for_any_number_of_shards(folder, tmp_path):
    other = generate(SCENARIO, tmp_path, 30, seed=3, shard_size=30)
    assert content_hash(open_dataset(folder)) == content_hash(open_dataset(other))


def test_lint_and_verify(folder):
    findings = lint(folder, SCENARIO)
    assert [str(f) for f in findings if not f.passed] == []
    assert any(f.check == "stored" and "height" in f.subject for f in findings)
    assert verify(folder) == []
    poor = lint(folder, gaussian_fields(low=0.9))
    assert any(f.check == "stored" and not f.passed for f in poor)


def test_an_interrupted_run_goes_on(folder, tmp_path):
    data = generate(SCENARIO, tmp_path, 30, seed=3, shard_size=8)
    manifest = json.loads((data / "manifest.json").read_text())
    assert manifest["identity"]["members"] == MEMBERS
    with pytest.raises(UsageError, match="holds another data set"):
        generate(replace(SCENARIO, members={**MEMBERS, "test": 6}), tmp_path, 30, seed=3, shard_size=8)


def test_plan_and_card(folder):
    """Disk for 0.8·4 + 0.1·8 + 0.1·12 members of 8² cells and one condition."""
    plan = check_fits(SCENARIO, folder, 100, 8, 1)
    assert plan.bytes == pytest.approx(100 * (4 * 64 * (1 + 5.2) + 128), rel=0.01)
    assert "4 in train, 8 in validation, 12 in test" in (folder / "DATASET.md").read_text()


@pytest.mark.parametrize("wrong", [{"stochastic": False}, {"members": {}}, {"members": {**MEMBERS, "test": 1}}])
def test_impossible_ensembles(wrong):
    with pytest.raises(UsageError, match="has an ensemble, but members="):
        replace(SCENARIO, **wrong)
