"""The grid of the sphere: areas, eigenvalues of the Laplacian, conservation, bounds; and fields on other grids."""

import numpy as np
import pytest
from climate_cases import harmonic
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.regrid_globe import regrid_globe
from fieldgan.solvers.sphere import apply_exchange, area_shares, band_means, exchange, global_mean
from fieldgan.solvers.validation.checks import observed_order


def test_areas_are_exact():
    assert area_shares(7, 5).sum() * 5 == pytest.approx(1, abs=1e-15)
    assert area_shares(6)[-1] == pytest.approx((1 - np.sin(np.pi / 3)) / 2, rel=1e-14)
    squared = band_means(lambda phi: np.sin(phi) ** 2, 5)
    assert squared @ area_shares(5) == pytest.approx(1 / 3, abs=1e-15)


@pytest.mark.parametrize(("index", "eigenvalue", "slack"), [(0, 6, 0.15), (1, 12, 0.02)])
def test_eigenvalues_of_the_laplacian_to_second_order(index, eigenvalue, slack):
    """−∇²Y = l(l+1) Y, in the mean square; next to the pole the wave of wavenumber 1 keeps a first-order error."""
    grids, errors, largest = (18, 36, 72), [], []
    for n in grids:
        y = harmonic(n, 2 * n)[index]
        error = apply_exchange(exchange(0.7, 0.0, n, 2 * n), y) + 0.7 * eigenvalue * y
        errors.append(np.sqrt(global_mean(error**2)))
        largest.append(np.abs(error).max())
    assert observed_order([1 / n for n in grids], errors) == pytest.approx(2, abs=slack)
    assert errors[-1] < 0.002
    assert largest[-1] < 0.05


def test_advection_turns_a_wave():
    """−w ∂T/∂λ of cos 2λ, to second order while diffusion smooths faster than the wind carries."""
    errors = []
    for n in (16, 32, 64):
        lam = (np.arange(2 * n) + 0.5) * np.pi / n
        field = np.tile(np.cos(2 * lam), (n, 1))
        moved = apply_exchange(exchange(5.0, 1.5, n, 2 * n), field) - apply_exchange(exchange(5.0, 0.0, n, 2 * n), field)
        errors.append(np.abs(moved - 3 * np.sin(2 * lam)).max())
    assert observed_order([4, 2, 1], errors) == pytest.approx(2, abs=0.05)


def test_exchange_conserves_and_never_lets_extremes_grow():
    rng = np.random.default_rng(3)
    for diffusivity in (0.0, 0.3, rng.uniform(0, 2, 10)):
        rows = exchange(diffusivity, rng.normal(size=10) * 20, 10, 17)
        field = rng.normal(size=(10, 17))
        gain = apply_exchange(rows, field)
        assert global_mean(gain) == pytest.approx(0, abs=1e-13)
        assert min(a.min() for a in rows) >= 0
        top = np.unravel_index(field.argmax(), field.shape)
        assert gain[top] <= 0
    assert rows.south[0] == rows.north[-1] == 0


def test_regridding_keeps_means_and_smooth_fields():
    errors = []
    for n in (16, 32):
        lam = (np.arange(2 * n) + 0.5) * np.pi / n
        bands = band_means(lambda p: np.stack([np.sin(p) ** 2, np.cos(p)]), n)
        circle = np.cos(lam) * np.sinc(0.5 / n)
        there = regrid_globe(bands[0][:, None] + bands[1][:, None] * circle, (24, 60))
        fine = band_means(lambda p: np.stack([np.sin(p) ** 2, np.cos(p)]), 24)
        exact = fine[0][:, None] + fine[1][:, None] * np.cos((np.arange(60) + 0.5) * np.pi / 30) * np.sinc(1 / 60)
        errors.append(np.abs(there - exact).max())
    assert errors[1] < errors[0] / 6 < 1e-3
    field = np.random.default_rng(0).normal(size=(3, 15, 22))
    for shape in ((9, 9), (30, 44), (5, 11), (15, 1)):
        np.testing.assert_allclose(global_mean(regrid_globe(field, shape)), global_mean(field), atol=1e-13)


def test_coarse_cells_are_area_means_of_fine_ones():
    field = np.random.default_rng(1).normal(size=(12, 18))
    areas = area_shares(12)[:, None] * np.ones(18)
    expected = (field * areas).reshape(4, 3, 6, 3).sum((1, 3)) / areas.reshape(4, 3, 6, 3).sum((1, 3))
    np.testing.assert_allclose(regrid_globe(field, (4, 6)), expected, atol=1e-13)


def test_impossible_grids():
    with pytest.raises(UsageError, match="no cells"):
        regrid_globe(np.zeros((4, 8)), (0, 4))
    with pytest.raises(UsageError, match="one column"):
        regrid_globe(np.zeros((4, 1)), (8, 4))
