"""The Gaussian plume: as much smoke through every plane, the exact solution of diffusion, Briggs' limits of rise."""

import numpy as np
import pytest
from fieldgan.data.scenarios.chimney import HEIGHT, STACK_AT, WIDTH, Chimney, draw_chimney, render_chimney
from fieldgan.data.scenarios.gaussian_plume import ENTRAINMENT, _slab, mean_and_deviation, mean_smoke, rise, wind_at_mouth
from fieldgan.data.scenarios.plume_flow import VISCOSITY

QUIET = {
    "stack_height": 1.0,
    "stack_width": 0.2,
    "exit_velocity": 1.0,
    "exit_buoyancy": 0.0,
    "stratification": 0.0,
    "gust_intensity": 0.0,
}


def conditions_of(resolution=64, shear=0.2, **numbers):
    return render_chimney(Chimney(QUIET | numbers, shear), resolution)


@pytest.mark.parametrize("resolution", [16, 64])
def test_as_much_smoke_passes_every_plane(resolution):
    rng = np.random.default_rng(4)
    for _ in range(20):
        chimney = draw_chimney(rng)
        conditions = render_chimney(chimney, resolution)
        column = mean_smoke(conditions)["smoke"].sum(axis=0) * HEIGHT / resolution * wind_at_mouth(conditions)
        behind = (np.arange(2 * resolution) + 0.5) * WIDTH / (2 * resolution) > STACK_AT
        leaving = chimney.numbers["exit_velocity"] * chimney.numbers["stack_width"]
        assert column[behind] == pytest.approx(np.full(behind.sum(), leaving), rel=1e-9)
        assert not column[~behind].any()


def test_a_calm_plume_diffuses_exactly():
    """u ∂c/∂x = κ ∂²c/∂y² between insulated plates, by cosines from one plane to another; a slow exit hardly rises."""
    conditions = conditions_of(shear=0.0, exit_velocity=1e-3)
    smoke = mean_smoke(conditions)["smoke"]
    y, m = (np.arange(64) + 0.5) / 16, np.arange(64)[:, None]
    modes = np.cos(m * np.pi * y / HEIGHT)
    share = modes @ smoke[:, 60] * np.where(m[:, 0] > 0, 2, 1) / 64
    decay = np.exp(-VISCOSITY * (m[:, 0] * np.pi / HEIGHT) ** 2 * (120 - 60) / 16)
    np.testing.assert_allclose(smoke[:, 120], (share * decay) @ modes, atol=2e-3 * smoke[:, 120].max())


def test_the_plume_begins_with_the_gas_of_the_exit():
    """Nearly: a thin one is spread over a cell or more."""
    fine = conditions_of(512, stack_width=0.4, exit_velocity=2.0)
    start = mean_smoke(fine)["smoke"].max(axis=0)
    assert start.max() == pytest.approx(1.0, abs=0.02)


def test_neutral_rise_of_jets_and_of_warm_gas():
    """Far away β Δh² → w² d t/u of a jet and F t²/2u of warm gas."""
    time = np.array([400.0])
    jet, warm = conditions_of(), conditions_of(exit_velocity=0.1, exit_buoyancy=3.0)
    wind = wind_at_mouth(jet)
    assert rise(jet, time) == pytest.approx(np.sqrt(0.2 * time / (ENTRAINMENT * wind)), rel=0.02)
    assert rise(warm, time) == pytest.approx(time * np.sqrt(3 * 0.1 * 0.2 / (2 * ENTRAINMENT * wind)), rel=0.02)


def test_stable_air_stops_the_rise():
    """At twice F/N² over u, as Briggs' plumes do after half a period, and no longer falls."""
    conditions = conditions_of(exit_velocity=0.01, exit_buoyancy=3.0, stratification=0.2)
    time = np.linspace(0, 30, 400)
    found, force = rise(conditions, time), 3 * 0.01 * 0.2
    assert np.all(np.diff(found) >= 0)
    wind = wind_at_mouth(conditions)
    assert ENTRAINMENT * found[-1] ** 2 + 0.002 / wind * found[-1] == pytest.approx(2 * force / 0.2 / wind, rel=1e-3)


def test_the_deviation_is_that_of_a_plume_that_moves():
    """Plumes at heights that are normally distributed, added up; none without gusts."""
    conditions = conditions_of(gust_intensity=0.2, stack_height=0.7)
    slab, found, rows = _slab(conditions), mean_and_deviation(conditions), (np.arange(64)[:, None] + 0.5) / 16
    heights = np.random.default_rng(0).normal(size=20000)
    for column in (40, 100):
        h, s, m = (a[column] for a in (slab.height, slab.inner, slab.moved))
        at = h + np.sqrt(m) * heights
        smoke = sum(np.exp(-((rows - source) ** 2) / (2 * s)) for source in (at, -at, 8 - at)) / np.sqrt(2 * np.pi * s)
        expected = slab.thickness[column] * smoke.std(axis=1)
        np.testing.assert_allclose(found["smoke_deviation"][:, column], expected, atol=0.02 * expected.max())
    assert mean_and_deviation(conditions_of())["smoke_deviation"].max() < 1e-6
