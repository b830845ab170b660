"""The real continents, through their optional package."""

import builtins
import sys
from types import ModuleType

import numpy as np
import pytest
from fieldgan.data.scenarios.earth import earth_land
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.sphere import global_mean


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
    assert land[0].min() == pytest.approx(1)
