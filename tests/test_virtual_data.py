"""What the unconditional network learns from: flattened, on 28×28 cells, in [−1, 1]."""

import numpy as np
import pytest
import xarray as xr
from blobs import blobs
from fieldgan.data.domains import Globe
from fieldgan.data.splits import split_of
from fieldgan.solvers.errors import IntegrityError, UsageError
from fieldgan.solvers.sphere import area_shares
from fieldgan.surrogate.virtual_data import chosen_target, fit_scaling, read_fields

CONDITION = {"units": "1", "long_name": "forcing", "role": "condition"}
TARGET = {"units": "degC", "long_name": "temperature", "role": "target"}


def months(samples: int = 10) -> xr.Dataset:
    """30 °C at the equator, 60 K colder at the poles; each sample and month a constant warmer: 10·sample + month."""
    coords = Globe().coords(36)
    latitude = coords["lat"].values[:, None] + 0 * coords["lon"].values
    warmer = 10 * np.arange(samples)[:, None] + np.arange(1, 13)
    fields = 30 - 60 * np.sin(np.radians(latitude)) ** 2 + warmer[:, :, None, None]
    return xr.Dataset(
        {
            "forcing": ("sample", np.arange(samples, dtype=np.float32), CONDITION),
            "temperature": (("sample", "month", "lat", "lon"), fields.astype(np.float32), TARGET),
            "split": ("sample", np.array([split_of(i) for i in range(samples)], dtype=object)),
        },
        coords | {"sample": np.arange(samples), "month": np.arange(1, 13)},
    )


def test_every_month_is_a_field_and_only_the_training_split_counts() -> None:
    data = months()
    train = np.flatnonzero(data["split"].values == "train")
    fields, others = read_fields(data, training=True), read_fields(data, training=False)
    assert fields.values.shape == (12 * len(train), 28, 28)
    assert fields.samples.tolist() == np.repeat(train, 12).tolist()
    assert not set(others.samples) & set(train)
    assert fields.target.units == "degC"


def test_the_mean_over_the_sphere_is_kept() -> None:
    """⟨30 − 60 sin²φ⟩ = 10 over the sphere; the values at the centres of 36 rows have a mean 0.013 K off."""
    fields = read_fields(months(), training=True)
    means = fields.values.mean(axis=2) @ area_shares(28) - 10 * fields.samples - np.tile(np.arange(1, 13), 9)
    stored = months()["temperature"][0, 0].values.mean(axis=1) @ area_shares(36) - 1
    np.testing.assert_allclose(means, stored, atol=1e-4)
    np.testing.assert_allclose(means, 10, atol=0.02)
    np.testing.assert_allclose(fields.coords["lat"].values, (np.arange(28) + 0.5) * 180 / 28 - 90)
    np.testing.assert_allclose(fields.coords["lon"].values, (np.arange(28) + 0.5) * 360 / 28)


def test_on_a_globe_the_network_sees_what_differs_from_the_mean_of_each_cell() -> None:
    """Here every field differs from it by a constant: the network sees constants, the fields come back whole."""
    fields = read_fields(months(), training=True)
    scaling = fit_scaling(fields)
    scaled = scaling.scaled(fields.values)
    assert np.ptp(scaled, axis=(1, 2)).max() < 1e-4
    assert (scaled.min(), scaled.max()) == pytest.approx((-1, 1), abs=1e-5)
    np.testing.assert_allclose(scaling.restored(scaled), fields.values, atol=1e-3)


def test_on_a_plane_it_sees_whole_fields() -> None:
    scaling = fit_scaling(fields := read_fields(blobs(60), training=True))
    assert (scaling.low, scaling.high) == (fields.values.min(), fields.values.max())
    assert not scaling.offset.any()


def test_a_region_in_degrees_is_no_globe() -> None:
    """A linear field keeps its values at the new centres; around the globe its ends would be averaged."""
    data = months().isel(lon=slice(0, 36))
    data["temperature"] = data["temperature"] * 0 + data["lon"].astype(np.float32) + xr.zeros_like(data["temperature"])
    fields = read_fields(data, training=True)
    np.testing.assert_allclose(fields.values[0, 0], fields.coords["lon"].values, rtol=1e-5)


def test_padding_of_ensembles_is_no_field() -> None:
    data = months().rename(month="member").drop_vars("member")
    train = np.flatnonzero(data["split"].values == "train")
    data["temperature"][{"sample": int(train[0]), "member": slice(3, None)}] = np.nan
    fields = read_fields(data, training=True)
    assert (fields.samples == train[0]).sum() == 3
    assert len(fields.values) == 12 * len(train) - 9


def test_what_cannot_be_learned_is_refused() -> None:
    data = months()
    constant = data.assign(temperature=(data["temperature"].dims, np.full(data["temperature"].shape, 3.0, np.float32), TARGET))
    with pytest.raises(UsageError, match="all training fields of temperature are the same"):
        fit_scaling(read_fields(constant, training=True))
    with pytest.raises(UsageError, match="0 held-out fields"):
        read_fields(data.isel(sample=np.flatnonzero(data["split"].values == "train")), training=False)
    data["temperature"][{"sample": 0, "month": 0, "lat": 0, "lon": 0}] = np.nan
    assert data["split"].values[0] == "train"
    with pytest.raises(IntegrityError, match="not finite"):
        read_fields(data, training=True)


def test_the_target_is_the_first_of_the_scenario_or_the_one_that_is_named() -> None:
    """Files list variables in any order: ice cover stands before temperature there, as its name does."""
    ice = xr.zeros_like(months()["temperature"]).assign_attrs(TARGET)
    data = months()[["forcing", "split"]].assign(ice_cover=ice, temperature=months()["temperature"])
    assert chosen_target(data) == "ice_cover"
    assert chosen_target(data.assign_attrs(fieldgan_scenario="climate")) == "temperature"
    assert chosen_target(data, "temperature") == "temperature"
    with pytest.raises(UsageError, match="unknown target 'wind'"):
        chosen_target(data, "wind")
