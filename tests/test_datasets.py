"""Runs, folders, and NetCDF files from elsewhere are opened as field datasets."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from fieldgan.data.datasets import arrays, open_dataset, select
from fieldgan.data.integrity import verify
from fieldgan.data.schema import content_hash, named
from fieldgan.data.splits import split_of
from fieldgan.solvers.errors import IntegrityError, UsageError
from poisson import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    run(folder)
    return folder


def foreign(path: Path, n: int = 12) -> Path:
    """A file of somebody else's: other names of dimensions, no roles, float64."""
    rng = np.random.default_rng(0)
    dims = ("time", "lat", "lon")
    xr.Dataset(
        {
            "rain": (dims, rng.random((n, 4, 5)), {"units": "mm"}),
            "albedo": ("time", rng.random(n)),
            "wind": (dims, rng.random((n, 4, 5)), {"units": "m s-1"}),
        },
        coords={"lat": np.linspace(40, 50, 4), "lon": np.linspace(0, 8, 5), "time": np.arange(n)},
    ).to_netcdf(path)
    return path


def test_run_data_folder_and_files_are_the_same(folder: Path) -> None:
    whole = content_hash(open_dataset(folder))
    assert content_hash(open_dataset(str(folder / "data"))) == whole
    assert content_hash(open_dataset(sorted((folder / "data").glob("*.nc")))) == whole
    assert open_dataset(folder / "data" / "shard-00002.nc")["sample"].values.tolist() == [8, 9, 10, 11]


def test_fields_are_not_read_on_opening(folder: Path) -> None:
    assert open_dataset(folder)["potential"].chunks is not None


def test_select_follows_the_hash(folder: Path) -> None:
    dataset = open_dataset(folder)
    for split in ("train", "validation", "test"):
        expected = [i for i in range(24) if split_of(i) == split]
        assert select(dataset, split)["sample"].values.tolist() == expected


def test_unknown_and_empty_splits(folder: Path) -> None:
    dataset = open_dataset(folder)
    with pytest.raises(UsageError, match="known are train, validation, test"):
        select(dataset, "dev")
    with pytest.raises(UsageError, match="none of the 1 samples is in the test split"):
        select(dataset.isel(sample=[0]), "test")


def test_foreign_files_with_names(tmp_path: Path) -> None:
    files = [foreign(tmp_path / "a.nc"), foreign(tmp_path / "b.nc", n=3)]
    dataset = open_dataset(files, conditions=["rain", "albedo"], targets=["wind"])
    assert named(dataset, "condition") == ["rain", "albedo"]
    assert dataset["wind"].dims == ("sample", "lat", "lon")
    assert dataset["wind"].attrs["units"] == "m s-1"
    assert dataset["split"].values.tolist() == [split_of(i) for i in range(15)]
    values = arrays(dataset, ["wind", "albedo"])
    with xr.open_dataset(files[1]) as second:
        assert np.array_equal(values["wind"][12:], second["wind"])
    assert values["albedo"].shape == (15,)


@pytest.mark.parametrize(
    ("conditions", "targets", "error", "message"),
    [
        ([], [], IntegrityError, "use --conditions and --targets"),
        (["rain"], [], IntegrityError, "use --conditions and --targets"),
        (["rian"], ["wind"], UsageError, "no variable 'rian'; it has rain, albedo, wind"),
        (["rain", "wind"], ["wind"], UsageError, "wind cannot be both"),
        (["rain"], ["albedo"], IntegrityError, "expected .sample, …, y, x"),
    ],
)
def test_foreign_files_with_wrong_names(
    tmp_path: Path, conditions: list[str], targets: list[str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        open_dataset(foreign(tmp_path / "a.nc"), conditions, targets)


def test_foreign_files_on_different_grids(tmp_path: Path) -> None:
    first = foreign(tmp_path / "a.nc")
    with xr.open_dataset(first) as dataset:
        dataset.assign_coords(lat=dataset["lat"] + 1).to_netcdf(tmp_path / "b.nc")
    with pytest.raises(IntegrityError, match="do not fit together"):
        open_dataset([first, tmp_path / "b.nc"], ["rain"], ["wind"])


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    path = foreign(tmp_path / "a.nc")
    with xr.load_dataset(path) as dataset:
        dataset["wind"][7, 2, 2] = np.nan
    dataset.to_netcdf(path)
    opened = open_dataset(path, ["rain"], ["wind"])
    with pytest.raises(IntegrityError, match="wind is not finite in 1 values, first in sample 7"):
        arrays(opened, ["rain", "wind"])


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="no data file"):
        open_dataset([])
    with pytest.raises(IntegrityError, match=r"has no manifest\.json"):
        open_dataset(tmp_path)
    with pytest.raises(UsageError, match=r"no manifest\.json"):
        verify(tmp_path)


def test_verify_single_files(folder: Path, tmp_path: Path) -> None:
    shard = folder / "data" / "shard-00000.nc"
    assert verify(shard) == []
    (tmp_path / "cut.nc").write_bytes(shard.read_bytes()[:20_000])
    assert len(verify(tmp_path / "cut.nc")) == 1


def test_a_shard_that_nobody_listed_is_found(folder: Path, tmp_path: Path) -> None:
    stray = folder / "data" / "shard-00099.nc"
    stray.write_bytes((folder / "data" / "shard-00000.nc").read_bytes())
    try:
        assert verify(folder) == [f"{stray} is not in the manifest; move it out of the folder"]
    finally:
        stray.unlink()
