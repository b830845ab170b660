"""The globe and its months: coordinates, grids, symmetries, and a whole run."""

from pathlib import Path

import cf_xarray  # noqa: F401
import fieldgan
import numpy as np
import pytest
import xarray as xr
from fieldgan.data.integrity import verify
from fieldgan.data.lint import lint
from fieldgan.data.scenario import Scenario, coarsen_by_mean
from fieldgan.data.schema import mock, validate
from fieldgan.pipelines import report
from fieldgan.pipelines.fields import draw, solve_all
from fieldgan.pipelines.figures import Draw, figures
from fieldgan.pipelines.result import Comparison
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.regrid_globe import globe_mean, regrid_globe
from fieldgan.solvers.sphere import area_shares
from fieldgan.surrogate.settings import Settings
from globe_balance import GLOBE, SYMMETRIES

TINY = {
    "data": {"samples": 60, "shard_size": 20},
    "model": {"widths": [8, 12, 16], "critic_widths": [8, 8], "lift_resolution": None},
    "training": {"steps": 12, "batch": 8, "validate_every": 6, "checkpoint_every": 6},
    "comparison": {"samples": 4, "repeats": 3, "batch_repeats": 3, "truth_samples": 1, "draws": 200},
}


def test_coordinates_are_found_by_their_standard_names() -> None:
    data = mock(GLOBE)
    validate(data)
    assert data.cf["latitude"].values[[0, -1]].tolist() == [-78.75, 78.75]
    assert data.cf["longitude"].values[[0, -1]].tolist() == [11.25, 348.75]
    assert data["temperature"].dims == ("sample", "month", "lat", "lon")
    assert data["month"].values.tolist() == list(range(1, 13))
    assert data["range"].dims == ("sample", "lat", "lon")


def test_averages_keep_the_mean_over_the_sphere() -> None:
    a = np.random.default_rng(0).normal(size=(3, 12, 24))
    before = area_shares(12) @ a.mean(axis=-1).T
    for rows in (6, 4, 1, 5, 7):
        coarse = regrid_globe(a, (rows, 2 * rows))
        assert area_shares(rows) @ coarse.mean(axis=-1).T == pytest.approx(before, rel=1e-12)
    weighted = (area_shares(12)[:, None] * a).reshape(3, 4, 3, 8, 3).sum(axis=(2, 4)) / (3 * area_shares(4)[:, None])
    assert globe_mean(a, 3) == pytest.approx(weighted)


@pytest.mark.parametrize(("n", "m"), [(12, 36), (12, 20), (20, 12)])
def test_constants_stay(n: int, m: int) -> None:
    assert regrid_globe(np.full((n, 2 * n), 7.0), (m, 2 * m)) == pytest.approx(np.full((m, 2 * m), 7.0))


def test_a_globe_is_not_averaged_as_a_rectangle() -> None:
    with pytest.raises(UsageError, match="coarsen_on_globe"):
        Scenario(**{**vars(GLOBE), "coarsen": coarsen_by_mean})


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_the_balance_has_its_symmetries(symmetry) -> None:
    """The mirrored problem has the mirrored solution, as augmentation takes for granted."""
    problem = GLOBE.render(GLOBE.draw(np.random.default_rng(1)), 8)
    flips = [-2] * symmetry.flip_y + [-1] * symmetry.flip_x

    def image(a: np.ndarray, months: int = 0) -> np.ndarray:
        moved = np.roll(np.flip(a, flips), 5, axis=-1)
        return np.roll(moved, months, axis=0) if months else moved

    mirrored = {name: image(a) if a.ndim else symmetry.sign.get(name, 1.0) * a for name, a in problem.items()}
    found, expected = GLOBE.simulate(mirrored, 0), GLOBE.simulate(problem, 0)
    assert found["temperature"] == pytest.approx(image(expected["temperature"], symmetry.roll.get("month", 0)))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with three models, and the figures of months alone, which take most of its time."""
    folder = tmp_path_factory.mktemp("globe") / "run"

    def of_months(comparison: Comparison) -> dict[str, Draw]:
        return {name: draw for name, draw in figures(comparison).items() if name.endswith("temperature") or "cost" in name}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "figures", of_months)
        fieldgan.run(GLOBE, folder, settings=TINY | {"models": ["cgan", "pod", "mean"]})
    return folder


def test_generated_data_are_sound(finished: Path) -> None:
    assert [str(f) for f in lint(finished, GLOBE) if not f.passed] == []
    assert verify(finished) == []
    plain = xr.open_mfdataset(str(finished / "data" / "*.nc"), combine="nested", concat_dim="sample")
    assert plain["temperature"].shape == (60, 12, 8, 16)
    assert "60 samples" in (card := (finished / "data" / "DATASET.md").read_text())
    assert "8 × 16 cells × 12 months" in card


def test_comparison_weighs_by_area(finished: Path) -> None:
    metrics = xr.open_dataset(finished / "comparison" / "metrics.nc").load()
    data = fieldgan.open_dataset(finished)
    test = data.isel(sample=np.flatnonzero(data["split"] == "test")[: metrics.sizes["sample"]])
    train = data.isel(sample=np.flatnonzero(data["split"] == "train"))
    error = (test["temperature"] - train["temperature"].mean("sample")) ** 2
    expected = np.sqrt(error.weighted(np.cos(np.radians(data["lat"]))).mean(("lat", "lon"))).mean("month")
    found = metrics["temperature_rmse"].sel(name="mean")
    assert found.values == pytest.approx(expected.values, rel=1e-4)
    assert np.isnan(metrics.get("temperature_brmse", np.nan)).all()


def test_quantities_with_units_are_compared_by_their_differences(finished: Path) -> None:
    metrics = xr.open_dataset(finished / "comparison" / "metrics.nc").load()
    data = fieldgan.open_dataset(finished)
    test = data.isel(sample=np.flatnonzero(data["split"] == "test")[: metrics.sizes["sample"]])
    train = data.isel(sample=np.flatnonzero(data["split"] == "train"))
    warmth = (test["temperature"] - train["temperature"].mean("sample")).mean(("month", "lon"))
    found = metrics["global_temperature_absolute_error"]
    assert found.sel(name="mean").values == pytest.approx(np.abs(warmth.values @ area_shares(8)), rel=1e-3)
    assert found.attrs["units"] == "degC"
    assert "Error of the global temperature [°C]" in (finished / "comparison" / "report.md").read_text()


def test_predictions_have_months_and_the_coordinates_of_their_conditions(finished: Path) -> None:
    model = fieldgan.load(finished / "models" / "cgan", scenario=GLOBE)
    conditions = draw(GLOBE, 3, seed=5)
    predicted, solved = model.predict(conditions), solve_all(GLOBE, conditions)
    for name, variable in solved.data_vars.items():
        assert predicted[name].dims == variable.dims
        assert predicted[name].attrs == variable.attrs
    xr.testing.assert_equal(predicted.coords.to_dataset().drop_vars("sample"), solved.coords.to_dataset().drop_vars("sample"))
    single = model.predict(conditions.isel(sample=0))
    assert single["temperature"].dims == ("month", "lat", "lon")


@pytest.mark.parametrize(("rows", "padding"), [(slice(None), "longitude"), (slice(4, 8), "zeros")])
def test_own_data_with_months_need_no_scenario(finished: Path, tmp_path: Path, rows: slice, padding: str) -> None:
    """A whole globe is padded as one, and a part of it is not."""
    data = fieldgan.open_dataset(finished).isel(lat=rows).drop_vars("month")
    data.attrs = {}
    settings = Settings.model_validate({name: TINY[name] for name in ("model", "training")})
    model = fieldgan.train("unet", data, tmp_path / "unet", settings=settings)
    assert model.description.settings.model.padding == padding
    loaded = fieldgan.load(tmp_path / "unet")
    predicted = loaded.predict(data.isel(sample=slice(2)))
    assert predicted["temperature"].dims == ("sample", "month", "lat", "lon")
    xr.testing.assert_identical(predicted, model.predict(data.isel(sample=slice(2))))


def test_own_axes_that_no_model_knows_are_refused(finished: Path, tmp_path: Path) -> None:
    data = fieldgan.open_dataset(finished).isel(month=slice(6))
    data.attrs = {}
    with pytest.raises(UsageError, match=r"(temperature|ice_cover) has the dimensions .* \[month of 12,\] y, x"):
        fieldgan.train("mean", data, tmp_path / "mean")


def test_the_network_is_no_worse_than_its_start(finished: Path) -> None:
    """It begins at the training mean by latitude and month."""
    metrics = xr.open_dataset(finished / "comparison" / "metrics.nc").load()
    errors = metrics["temperature_rmse"].mean("sample")
    assert float(errors.sel(name="cgan")) < float(errors.sel(name="mean"))
