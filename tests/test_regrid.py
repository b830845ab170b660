"""Regridding: linear fields are exact, averages keep the mean, holes are left out."""

import numpy as np
import pytest
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.regrid import block_mean, regrid
from hypothesis import given, settings
from hypothesis import strategies as st

SIZES = st.integers(2, 40)


def bilinear(ny, nx):
    y, x = (np.arange(ny)[:, None] + 0.5) / ny, (np.arange(nx) + 0.5) / nx
    return 1 + 2 * y - 3 * x + x * y


def by_subdivision(a, shape):
    """Area averages the slow way: every cell cut to pieces that both grids share."""
    fine = np.repeat(np.repeat(a, shape[0], axis=0), shape[1], axis=1)
    return fine.reshape(shape[0], a.shape[0], shape[1], a.shape[1]).mean(axis=(1, 3))


@settings(max_examples=60, deadline=None)
@given(ny=SIZES, nx=SIZES, my=SIZES, mx=SIZES)
def test_linear_fields_are_exact_between_any_two_grids(ny, nx, my, mx):
    np.testing.assert_allclose(regrid(bilinear(ny, nx), (my, mx)), bilinear(my, mx), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(ny=SIZES, nx=SIZES, data=st.data())
def test_averages_keep_the_mean_of_any_field(ny, nx, data):
    my, mx = data.draw(st.integers(1, ny)), data.draw(st.integers(1, nx))
    a = np.random.default_rng(ny * 41 + nx).standard_normal((3, ny, nx))
    coarse = regrid(a, (my, mx))
    assert coarse.shape == (3, my, mx)
    np.testing.assert_allclose(coarse.mean(axis=(1, 2)), a.mean(axis=(1, 2)), atol=1e-12)


def test_smooth_fields_converge_at_second_order_at_a_ratio_that_is_no_integer():
    def error(n):
        wave = lambda m: np.sin(3 * (np.arange(m) + 0.5) / m) * np.cos(2 * (np.arange(m)[:, None] + 0.5) / m)  # noqa: E731
        return np.abs(regrid(wave(3 * n), (2 * n, 2 * n)) - wave(2 * n)).max()

    assert error(8) / error(32) > 12  # first order: 4


def test_block_mean_is_the_mean_of_blocks():
    np.testing.assert_array_equal(block_mean(np.arange(16).reshape(4, 4), 2), [[2.5, 4.5], [10.5, 12.5]])
    with pytest.raises(UsageError, match="factor=3 does not divide the 4×4 grid"):
        block_mean(np.zeros((4, 4)), 3)


def test_whole_ratios_are_block_means_and_precision_is_kept():
    a = np.random.default_rng(0).random((64, 48)).astype(np.float32)
    coarse = regrid(a, (16, 12))
    assert coarse.dtype == np.float32
    np.testing.assert_allclose(coarse, block_mean(a.astype(np.float64), 4), rtol=1e-6)
    assert regrid(a, (50, 70)).dtype == np.float32


def test_cells_of_a_hole_count_by_their_share():
    a, solid = np.array([[1.0, 5.0], [np.nan, 9.0]]), np.array([[1.0, 0.5], [0.0, 0.5]])
    np.testing.assert_allclose(regrid(a, (1, 1), solid=solid), (1 + 0.5 * 5 + 0.5 * 9) / 2)


def test_averages_around_a_hole_equal_those_of_the_pieces():
    rng = np.random.default_rng(1)
    a, solid = rng.random((9, 6)), np.ones((9, 6))
    solid[3:6, 2:4] = 0
    expected = by_subdivision(a * solid, (6, 4)) / by_subdivision(solid, (6, 4))
    near = by_subdivision(solid, (6, 4)) < 1
    np.testing.assert_allclose(regrid(a, (6, 4), solid=solid)[near], expected[near])


def test_interpolation_around_a_hole_never_looks_inside():
    field = bilinear(12, 12)
    solid = np.ones((12, 12))
    solid[4:7, 5:9] = 0
    poisoned = np.where(solid == 1, field, 1e30)
    fine = regrid(poisoned, (36, 36), solid=solid)
    assert fine.max() < 10
    inside = regrid(solid, (36, 36)) == 0
    assert (fine[inside] == 0).all()
    far = np.zeros((36, 36), dtype=bool)
    far[:9], far[24:] = True, True
    np.testing.assert_allclose(fine[far], bilinear(36, 36)[far], atol=1e-12)


@pytest.mark.parametrize("shape", [(0, 4), (4, -1)])
def test_empty_grids_are_refused(shape):
    with pytest.raises(UsageError, match="use at least 1×1"):
        regrid(np.zeros((4, 4)), shape)


def test_solid_must_fit():
    with pytest.raises(UsageError, match="on one grid"):
        regrid(np.zeros((4, 4)), (2, 2), solid=np.ones((2, 2)))
