"""Conditions and fields in files: any layout that means the same gives the same, and what does not fit is refused in one line."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fieldgan
import numpy as np
import pytest
import xarray as xr
from fieldgan.pipelines.cli import call
from fieldgan.solvers.errors import UsageError
from small_run import fieldgan as process
from small_run import finished_run, waves_by_name

HEAT = fieldgan.scenario("heat")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.getbasetemp())


@pytest.fixture(autouse=True)
def named() -> Iterator[None]:
    with waves_by_name():
        yield


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    path = tmp_path_factory.mktemp("plates") / "c.nc"
    assert call(["sample", "heat", "-n", "2", "-o", str(path), "--resolution", "16", "--set", "scenario.holes=1", "-q"]) == 0
    return xr.load_dataset(path)


def solved(conditions: xr.Dataset, folder: Path, *options: str) -> xr.Dataset:
    conditions.to_netcdf(folder / "c.nc")
    assert call(["solve", "heat", str(folder / "c.nc"), "-o", str(folder / "s.nc"), "-q", *options]) == 0
    return xr.load_dataset(folder / "s.nc")


LAYOUTS: dict[str, Callable[[xr.Dataset], xr.Dataset]] = {
    "another order of dimensions": lambda c: c.transpose("x", "y", "sample"),
    "another name of the samples": lambda c: c.drop_vars("sample").rename(sample="case"),
    "no coordinates": lambda c: c.drop_vars(["x", "y", "sample"]),
    "float32 coordinates": lambda c: c.assign_coords(x=c["x"].astype(np.float32)),
    "no units": lambda c: c.assign(source=c["source"].drop_attrs()),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("options", [(), ("--resolution", "8")])
def test_files_that_mean_the_same_are_solved_alike(
    layout: str, options: tuple[str, ...], plates: xr.Dataset, tmp_path: Path
) -> None:
    expected = solved(plates, tmp_path, *options)["temperature"].values
    found = solved(LAYOUTS[layout](plates), tmp_path, *options)["temperature"]
    assert found.dims == ("sample", "y", "x")
    np.testing.assert_array_equal(found.values, expected)


def test_a_single_problem_needs_no_sample_dimension(plates: xr.Dataset, tmp_path: Path) -> None:
    expected = solved(plates, tmp_path)["temperature"].values
    np.testing.assert_array_equal(solved(plates.isel(sample=1), tmp_path)["temperature"].values, expected[1:])


def test_the_python_door_transposes_too(plates: xr.Dataset) -> None:
    one = plates.isel(sample=0)
    turned = HEAT.solve(one.transpose("x", "y"))["temperature"].values
    np.testing.assert_array_equal(turned, HEAT.solve(one)["temperature"].values)


def filled(name: str, value: float) -> Callable[[xr.Dataset], xr.Dataset]:
    return lambda c: c.assign({name: xr.full_like(c[name], value)})


def in_kilowatts(c: xr.Dataset) -> xr.Dataset:
    return c.assign(source=c["source"].assign_attrs(units="kW m-3"))


FOREIGN: dict[str, tuple[Callable[[xr.Dataset], xr.Dataset], int, str]] = {
    "units": (in_kilowatts, 3, "source in 'kW m-3' instead of 'W m-3'"),
    "version": (lambda c: c.assign_attrs(fieldgan_schema="fieldgan-data/9"), 3, "upgrade fieldgan"),
    "scenario": (lambda c: c.assign_attrs(fieldgan_scenario="flow"), 3, "scenario 'flow' instead of 'heat'"),
    "dimension": (lambda c: c.rename(x="lon"), 3, "dimensions (sample, y, lon); expected (sample, y, x)"),
    "members": (lambda c: c.expand_dims(member=2), 3, "source along (member, sample, y, x) instead of (sample, y, x)"),
    "coordinate": (lambda c: c.assign_coords(x=1000 * c["x"]), 3, "coordinate x is not that of 16 cells"),
    "its units": (lambda c: c.assign_coords(x=c["x"].assign_attrs(units="km")), 3, "coordinate x in 'km' instead of 'm'"),
    "one cell": (lambda c: c.isel(x=[0], y=[0]), 3, "grid (1, 1) is smaller than (2, 2)"),
    "oblong": (lambda c: c.isel(x=slice(10)), 3, "grid (16, 10) instead of (16, 16)"),
    "no sample": (lambda c: c.isel(sample=[]), 3, "holds no sample"),
    "text": (lambda c: c.assign(source=("sample", ["a", "b"])), 3, "source has type <U1; expected float32 or float64"),
    "infinite": (filled("source", np.inf), 3, "source is not finite"),
    "negative transfer": (filled("transfer_x", -0.5), 2, "transfer_x has the value -0.5 in 256 cells; use 0 to 1"),
    "large transfer": (filled("transfer_y", 1.5), 2, "sample 0 of"),
    "large hole": (filled("hole", 1.5), 2, "hole has the value 1.5"),
    "held but no hole": (lambda c: filled("hole", 0.2)(filled("hole_held", 0.7)(c)), 2, "hole_held exceeds hole by 0.5"),
    "conductivity": (filled("log_conductivity", 1e5), 2, "log_conductivity has the value 100000 in 256 cells; use -80 to 80"),
    "overflow": (lambda c: filled("log_conductivity", -79)(filled("source", 1e20)(c)), 4, "leaves the range of float32"),
}


@pytest.mark.parametrize("fault", FOREIGN)
def test_what_heat_cannot_have_drawn_is_refused_in_one_line(
    fault: str, plates: xr.Dataset, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    spoil, code, told = FOREIGN[fault]
    spoil(plates).to_netcdf(tmp_path / "c.nc")
    capfd.readouterr()
    assert call(["solve", "heat", str(tmp_path / "c.nc"), "-o", str(tmp_path / "s.nc")]) == code
    (line,) = capfd.readouterr().err.splitlines()
    assert told in line
    assert not (tmp_path / "s.nc").exists()


def test_the_python_door_refuses_physics_out_of_range(plates: xr.Dataset) -> None:
    with pytest.raises(UsageError, match="transfer_x has the value 2"):
        HEAT.solve(filled("transfer_x", 2.0)(plates.isel(sample=0)))
    with pytest.raises(UsageError, match=r"not solved on \(16, 10\) cells; use \(16, 16\)"):
        HEAT.solve(plates.isel(sample=0, x=slice(10)))


def test_predict_refuses_what_solve_refuses(finished: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    drawn, bad, out = (str(tmp_path / name) for name in ("c.nc", "bad.nc", "out.nc"))
    assert call(["sample", "waves", "-n", "2", "-o", drawn, "-q"]) == 0
    conditions = xr.load_dataset(drawn)
    for spoilt, told in [
        (conditions.assign_coords(x=conditions["x"] + 0.5), "coordinate x"),
        (conditions.isel(sample=[]), "no sample"),
        (conditions.assign(source=conditions["source"].assign_attrs(units="km-2")), "'km-2' instead of 'm-2'"),
    ]:
        spoilt.to_netcdf(bad)
        for model in ("cgan", "mean"):  # with its scenario, and without
            assert call(["predict", str(finished), bad, "-o", out, "--model", model]) == 3
            assert told in capfd.readouterr().err


@pytest.mark.parametrize("layout", ["another order of dimensions", "another name of the samples", "no coordinates"])
def test_predict_takes_any_layout(layout: str, finished: Path, tmp_path: Path) -> None:
    drawn, out = tmp_path / "c.nc", tmp_path / "out.nc"
    predicted = []
    assert call(["sample", "waves", "-n", "2", "-o", str(drawn), "-q"]) == 0
    for change in (lambda c: c, LAYOUTS[layout]):
        change(xr.load_dataset(drawn)).to_netcdf(drawn)
        assert call(["predict", str(finished), str(drawn), "-o", str(out), "-q"]) == 0
        predicted.append(xr.load_dataset(out)["potential"].values)
    np.testing.assert_array_equal(*predicted)


def test_files_follow_the_interface(finished: Path, tmp_path: Path) -> None:
    drawn, fields, predicted = (tmp_path / f"{name}.nc" for name in ("sample", "solve", "predict"))
    assert call(["sample", "waves", "-n", "2", "-o", str(drawn), "-q"]) == 0
    assert call(["solve", "waves", str(drawn), "-o", str(fields), "-q"]) == 0
    assert call(["predict", str(finished), str(drawn), "-o", str(predicted), "--members", "3", "-q"]) == 0
    with xr.open_dataset(finished / "data" / "shard-00000.nc") as shard:
        shared = set(shard.attrs) - {"fieldgan_identity"}
    for path, role in ((drawn, "condition"), (fields, "target"), (predicted, "target")):
        with xr.open_dataset(path) as file:
            assert set(file.attrs) == shared
            assert file.attrs["Conventions"] == "CF-1.11"
            assert file.attrs["fieldgan_scenario"] == "waves"
            assert json.loads(file.attrs["fieldgan_config"])
            assert {v.attrs["role"] for v in file.data_vars.values()} == {role}
            assert {v.dtype for v in file.data_vars.values()} == {np.dtype("f4")}
            assert {file[name].dtype for name in ("x", "y")} == {np.dtype("f8")}
            assert all(c.attrs["units"] for c in file.coords.values())
    with xr.open_dataset(predicted) as ensemble:
        assert ensemble["potential"].dims == ("sample", "member", "y", "x")
        assert ensemble["member"].values.tolist() == [0, 1, 2]


@pytest.mark.parametrize("command", [("-n", "1000000000000"), ("-n", "1", "--resolution", "1000000000")])
def test_conditions_that_cannot_fit_are_refused_within_two_seconds(command: tuple[str, ...], tmp_path: Path) -> None:
    process("sample", "heat", "-n", "1", "-o", str(tmp_path / "warm.nc"))  # compiled and in the file cache
    start = time.perf_counter()
    done = process("sample", "heat", *command, "-o", str(tmp_path / "c.nc"))
    assert time.perf_counter() - start < 10  # two on a quiet machine
    assert (done.returncode, "disk space" in done.stderr) == (2, True)
    assert len(done.stderr.splitlines()) == 1


def test_members_that_cannot_fit_are_refused_before_the_model_is_loaded(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    drawn = str(tmp_path / "c.nc")
    assert call(["sample", "waves", "-n", "1", "-o", drawn, "-q"]) == 0
    monkeypatch.setattr("fieldgan.surrogate.registry.load", lambda folder: pytest.fail("loaded"))
    assert call(["predict", str(finished), drawn, "-o", str(tmp_path / "p.nc"), "--members", "10000000000"]) == 2
    assert "use fewer members" in capfd.readouterr().err


@pytest.mark.parametrize("dims", [("n", "y", "x"), ("time", "lat", "lon")])
def test_own_files_without_coordinates_train_and_predict(
    dims: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    force = np.random.default_rng(0).normal(size=(40, 6, 5))
    xr.Dataset({"force": (dims, force), "response": (dims, 2 * force)}).to_netcdf(tmp_path / "mine.nc")
    run, out = str(tmp_path / "run"), tmp_path / "out.nc"
    mine = str(tmp_path / "mine.nc")
    assert call(["train", mine, "-o", run, "--model", "mean", "--conditions", "force", "--targets", "response"]) == 0
    told = [line for line in capfd.readouterr().err.splitlines() if "coordinates" in line]
    assert told == [f"the data have no coordinates along {dims[1]} and {dims[2]}; cells are numbered instead"]
    assert call(["predict", run, mine, "-o", str(out), "--model", "mean", "-q"]) == 0
    with xr.open_dataset(out) as predicted:
        assert predicted["response"].dims == ("sample", *dims[1:])
        training = [i for i in range(40) if fieldgan.data.splits.split_of(i) == "train"]
        np.testing.assert_allclose(predicted["response"].values[7], 2 * force[training].mean(axis=0), rtol=1e-3, atol=1e-5)


def test_an_own_condition_in_seconds_is_no_span_of_time(tmp_path: Path) -> None:
    force = np.random.default_rng(0).normal(size=(20, 4, 4))
    fields = {"delay": (("n", "y", "x"), force, {"units": "seconds"}), "response": (("n", "y", "x"), force, {"units": "hours"})}
    xr.Dataset(fields).to_netcdf(tmp_path / "mine.nc")
    run, out, mine = (str(tmp_path / name) for name in ("run", "out.nc", "mine.nc"))
    command = ["train", mine, "-o", run, "--model", "mean", "--conditions", "delay", "--targets", "response", "-q"]
    assert call(command) == 0
    assert call(["predict", run, mine, "-o", out, "--model", "mean", "-q"]) == 0
    with xr.open_dataset(out, decode_timedelta=False) as predicted:
        assert predicted["response"].attrs["units"] == "hours"
        assert predicted["response"].dtype == np.float32
