"""Stored files keep the contract: CF attributes, types, checksums, and what xarray alone makes of them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cf_xarray  # noqa: F401
import netCDF4
import numpy as np
import pytest
import xarray as xr
from fieldgan.data.netcdf import encode
from fieldgan.data.schema import content_hash, mock, named, validate
from fieldgan.solvers.errors import IntegrityError
from poisson import poisson, run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    run(folder)
    return folder / "data"


def test_plain_xarray_opens_all_shards(data: Path) -> None:
    with xr.open_mfdataset(f"{data}/*.nc", combine="nested", concat_dim="sample") as dataset:
        assert dict(dataset.sizes) == {"sample": 24, "y": 8, "x": 8}
        assert dataset["sample"].values.tolist() == list(range(24))
        assert set(dataset["split"].values) <= {"train", "validation", "test"}


def test_cf_conventions_are_understood(data: Path) -> None:
    with xr.open_dataset(data / "shard-00000.nc") as dataset:
        assert dataset.attrs["Conventions"] == "CF-1.11"
        assert dataset.cf.axes == {"X": ["x"], "Y": ["y"]}
        for name, variable in dataset.variables.items():
            assert variable.attrs["units"], name
            assert variable.attrs["long_name"], name
        for key in ("title", "source", "history", "references", "fieldgan_schema", "fieldgan_scenario"):
            assert dataset.attrs[key]
        assert named(dataset, "condition") == ["offset", "source"]
        assert named(dataset, "target") == ["potential"]


def test_types_checksums_and_fill_values(data: Path) -> None:
    with netCDF4.Dataset(data / "shard-00000.nc") as file:
        for name in ("source", "potential", "offset"):
            assert file[name].dtype == np.float32
        for name in ("x", "y"):
            assert file[name].dtype == np.float64
        for name, variable in file.variables.items():
            assert "_FillValue" not in variable.ncattrs(), name
            if name != "split":
                assert variable.filters()["fletcher32"], name


def test_coordinates_are_cell_centres(data: Path) -> None:
    with xr.open_dataset(data / "shard-00000.nc") as dataset:
        assert dataset["x"].values == pytest.approx([(i + 0.5) / 8 for i in range(8)])


def test_encoding_in_many_threads(data: Path) -> None:
    """The NetCDF library is not thread-safe: without its lock this crashes the process."""
    dataset = mock(poisson(), n=16)
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(lambda _: encode(dataset), range(64)))
    assert len({len(file) for file in files}) == 1


def test_mock_is_valid_and_reproducible() -> None:
    validate(mock(poisson(), n=3))
    assert content_hash(mock(poisson(), n=3)) == content_hash(mock(poisson(), n=3))
    assert content_hash(mock(poisson(), n=3)) != content_hash(mock(poisson(), n=3, seed=1))


def test_content_hash_ignores_times_and_sees_every_value() -> None:
    dataset = mock(poisson(), n=2)
    assert content_hash(dataset.assign(solve_seconds=dataset["solve_seconds"] + 1)) == content_hash(dataset)
    changed = dataset.copy(deep=True)
    changed["potential"].values[1, 2, 3] = np.nextafter(changed["potential"].values[1, 2, 3], np.float32(9))
    assert content_hash(changed) != content_hash(dataset)


def without_role(dataset: xr.Dataset) -> None:
    del dataset["potential"].attrs["role"]


def without_units(dataset: xr.Dataset) -> None:
    dataset["source"].attrs["units"] = ""


def of_integers(dataset: xr.Dataset) -> None:
    dataset["source"] = dataset["source"].astype(int, keep_attrs=True)


def transposed(dataset: xr.Dataset) -> None:
    dataset["source"] = dataset["source"].transpose("sample", "x", "y")


def backwards_and_forwards(dataset: xr.Dataset) -> None:
    dataset["x"] = ("x", np.array([0.0, 1, 2, 1, 4, 5, 6, 7]))


def with_another_split(dataset: xr.Dataset) -> None:
    dataset["split"][0] = "dev"


def of_the_future(dataset: xr.Dataset) -> None:
    dataset.attrs["fieldgan_schema"] = "fieldgan-data/9"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (without_role, "no variable with role='target'"),
        (without_units, "source in dataset has no attribute units"),
        (of_integers, "expected float32"),
        (transposed, r"expected \(sample, …, y, x\)"),
        (backwards_and_forwards, "coordinate x in dataset is not strictly monotonic"),
        (with_another_split, "known are train, validation, test"),
        (of_the_future, "upgrade fieldgan"),
    ],
)
def test_what_breaks_the_contract_is_named(spoil: object, message: str) -> None:
    dataset = mock(poisson(), n=2)
    assert callable(spoil)
    spoil(dataset)
    with pytest.raises(IntegrityError, match=message):
        validate(dataset)
