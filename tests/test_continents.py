"""Random continents: as much land as asked for, the same on every grid, and coasts that a grid can hold."""

import numpy as np
import pytest
from fieldgan.data.scenarios.continents import Continents, draw_continents, elevation, render_continents, spiral
from fieldgan.solvers.regrid import block_mean


def areas(nlat: int) -> np.ndarray:
    edges = np.sin(np.linspace(-np.pi / 2, np.pi / 2, nlat + 1))
    return np.diff(edges)[:, None] / 2


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6, 1.0])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_land_covers_the_share_that_was_asked_for(share: float, seed: int) -> None:
    land = render_continents(draw_continents(np.random.default_rng(seed), share), (72, 144))
    assert float((land * areas(72)).sum() / 144) == pytest.approx(share, abs=0.01)
    assert 0 <= land.min() <= land.max() <= 1


def test_a_cap_is_as_large_as_geometry_says() -> None:
    """One bump about the north pole is land down to the latitude of its level; the area is (1 − sin φ)/2."""
    cap = Continents(np.array([[0.0, 0.0, 1.0]]), np.array([1.0]), np.array([2.0]), float(np.exp(2.0 * (0.5 - 1))))
    land = render_continents(cap, (36, 72))  # sin φ = 1/2, φ = 30°, an edge between cells
    assert float((land * areas(36)).sum() / 72) == pytest.approx(0.25, abs=2e-3)
    assert np.allclose(land, land[:, :1])


@pytest.mark.parametrize("seed", range(4))
def test_grids_see_the_same_planet(seed: int) -> None:
    continents = draw_continents(np.random.default_rng(seed), 0.35)
    coarse, fine = render_continents(continents, (36, 72)), render_continents(continents, (144, 288))
    difference = block_mean(fine, 4) - coarse
    assert np.sqrt((difference**2 * areas(36)).sum() / 72) < 0.03


def test_the_slope_is_that_of_the_elevation() -> None:
    continents = draw_continents(np.random.default_rng(5), 0.3)
    points = spiral(50)
    along = np.cross(points, [0.3, -0.5, 0.8])
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(points, along)
    step = 1e-6
    slopes = [
        (elevation(continents, points + step * way)[0] - elevation(continents, points - step * way)[0]) / (2 * step)
        for way in (along, across)
    ]
    assert np.hypot(*slopes) == pytest.approx(elevation(continents, points)[1], rel=1e-5)
