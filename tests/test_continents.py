"""Random and real continents: shares, shores, the same on every grid."""

import builtins
import sys
from types import ModuleType

import numpy as np
import pytest
from fieldgan.data.scenarios.continents import draw_continents, render_land
from fieldgan.data.scenarios.earth import earth_land
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.globe_regrid import regrid_globe
from fieldgan.solvers.harmonics import synthesise
from fieldgan.solvers.sphere import global_mean, latitudes, longitudes


@pytest.mark.parametrize("seed", range(5))
def test_land_covers_the_share_drawn_on_every_grid(seed):
    share = np.random.default_rng(seed).uniform(0.05, 0.6)
    continents = draw_continents(np.random.default_rng(seed), share, share)
    coarse, fine = render_land(continents, 18, 36), render_land(continents, 72, 144)
    assert global_mean(coarse) == pytest.approx(share, abs=0.004)
    assert global_mean(fine) == pytest.approx(share, abs=0.002)
    apart = regrid_globe(fine, (18, 36)) - coarse
    assert np.abs(apart).max() < 0.1
    assert np.sqrt(global_mean(apart**2)) < 0.01
    assert fine.min() == pytest.approx(0, abs=1e-12)
    assert fine.max() == pytest.approx(1)


def test_shores_move_smoothly_with_the_sea():
    """A sea higher by little floods little, in every cell."""
    continents = draw_continents(np.random.default_rng(3), 0.4, 0.4)
    levels = continents.sea_level + np.linspace(0, 0.02, 5)
    lands = np.array([render_land(type(continents)(continents.heights, level), 36, 72) for level in levels])
    falls = -np.diff(lands, axis=0)
    assert falls.min() >= -1e-9
    assert 0 < falls.max() < 0.2


def test_a_planet_without_land():
    assert render_land(draw_continents(np.random.default_rng(0), 0.0, 0.0), 12, 24).max() == pytest.approx(0, abs=1e-12)


def test_harmonics_by_hand():
    """Y₁₀ = √3 sin φ, Y₂₁ = √15 sin φ cos φ cos λ, Y₁₋₁ = √3 cos φ sin λ."""
    phi, lam = latitudes(7), longitudes(9)
    for mode, exact in (
        (2, np.sqrt(3) * np.sin(phi)[:, None] * np.ones(9)),
        (7, np.sqrt(15) * np.outer(np.sin(phi) * np.cos(phi), np.cos(lam))),
        (1, np.sqrt(3) * np.outer(np.cos(phi), np.sin(lam))),
    ):
        coefficients = np.zeros(9)
        coefficients[mode] = 1
        np.testing.assert_allclose(synthesise(coefficients, phi, lam), exact, atol=1e-12)


@pytest.fixture
def half_an_earth(monkeypatch):
    """A stand-in for the package, with land east of Greenwich."""
    package, globe = ModuleType("global_land_mask"), ModuleType("global_land_mask.globe")
    globe.is_land = lambda lat, lon: lon > 0
    package.globe = globe
    monkeypatch.setitem(sys.modules, "global_land_mask", package)
    monkeypatch.setitem(sys.modules, "global_land_mask.globe", globe)


def test_real_land_begins_at_greenwich(half_an_earth):
    np.testing.assert_allclose(earth_land(4, 8), np.tile([1.0] * 4 + [0.0] * 4, (4, 1)), atol=1e-12)


def test_real_land_without_its_package(monkeypatch):
    true_import = builtins.__import__

    def without(name, *rest):
        if name == "global_land_mask":
            raise ImportError(name)
        return true_import(name, *rest)

    monkeypatch.delitem(sys.modules, "global_land_mask", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"pip install 'fieldgan\[earth\]'"):
        earth_land(4, 8)
    with pytest.raises(UsageError, match="use 2 to 360"):
        earth_land(1000, 8)


@pytest.mark.slow
def test_the_real_earth():
    """29.2 % land; Africa, the Pacific and Antarctica where they are."""
    pytest.importorskip("global_land_mask", reason="needs pip install 'fieldgan[earth]'")
    land = earth_land(36, 72)
    assert global_mean(land) == pytest.approx(0.292, abs=0.005)
    assert land[22, 4] == pytest.approx(1)  # 22° N, 22° E
    assert land[18, 36] == pytest.approx(0, abs=1e-12)  # equator, 182° E
    assert land[0].min() > 0.8  # beside the Ross Ice Shelf
