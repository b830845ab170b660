"""What a model learns from does not depend on how a data set is laid out."""

import numpy as np
import pytest
import xarray as xr
from fieldgan.data.datasets import with_coordinates
from fieldgan.solvers.errors import IntegrityError
from fieldgan.surrogate.training_data import read_training_data
from surrogate_fixtures import dataset, screened_plate

SCENARIO = screened_plate(8, width=1.5)
DATA = dataset(SCENARIO, 12)


@pytest.mark.parametrize("order", [("sample", "x", "y"), ("x", "y", "sample")])
def test_dimensions_are_taken_by_name(order: tuple[str, ...]) -> None:
    straight, turned = (read_training_data(data, SCENARIO) for data in (DATA, DATA.transpose(*order)))
    assert turned.shape == (8, 12)
    assert turned.fingerprint == straight.fingerprint
    np.testing.assert_array_equal(turned.validation.targets["temperature"], straight.validation.targets["temperature"])


def test_other_dimensions_are_refused() -> None:
    with pytest.raises(IntegrityError, match=r"temperature along \(sample, y, lon\) instead of \(sample, y, x\)"):
        read_training_data(DATA.rename(x="lon"), SCENARIO)


def test_rows_weigh_by_latitude_only_where_the_file_gives_it() -> None:
    round_earth = DATA.rename(y="lat", x="lon").assign_coords(lat=np.linspace(0, 60, 8)).drop_attrs(deep=False)
    assert read_training_data(round_earth, None).area[:, 0] == pytest.approx(np.cos(np.deg2rad(np.linspace(0, 60, 8))))
    numbered: xr.Dataset = with_coordinates(round_earth.drop_vars("lat"), ["lat"])
    assert (read_training_data(numbered, None).area == 1).all()
