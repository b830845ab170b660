"""The periodic equilibrium: both ways to it, its months, exact solutions, and where there is none."""

import csv
from pathlib import Path

import numpy as np
import pytest
from climate_cases import earth, uniform
from fieldgan.solvers import climate_equilibrium
from fieldgan.solvers.anderson import Anderson
from fieldgan.solvers.climate import YEAR
from fieldgan.solvers.errors import NumericalError, UsageError
from fieldgan.solvers.orbit import LegendreSun, Orbit
from fieldgan.solvers.sphere import global_mean

REFERENCE = Path(__file__).parent / "reference"


def legendre(name):
    lines = [x for x in (REFERENCE / "climate_ebm_linear_analytic.csv").read_text().splitlines() if not x.startswith("#")]
    rows = [r for r in csv.DictReader(lines) if r["set"] == name and not r["lat_or_mode"].startswith("T")]
    return np.array([(float(r["lat_or_mode"]), float(r["T_C"])) for r in rows]).T


def test_the_linear_model_meets_its_exact_solution():
    """At 64 rows, at the points of the table between ours; `validate climate` compares at the rows, within 0.02 K."""
    planet = uniform(64, 1, orbit=LegendreSun(), solar_constant=4 * 341.3)
    found = planet.equilibrium(1e-8)
    latitude, exact = legendre("climlab_default_noice")
    ours = np.interp(latitude, np.arange(64) * 180 / 64 - 90 + 90 / 64, found.start[:, 0])
    inside = latitude < 90
    curvature = 0.04  # K, of linear interpolation over cells of 2.8°
    np.testing.assert_allclose(ours[inside], exact[inside], atol=curvature)
    assert global_mean(found.start) == pytest.approx(15.732827, abs=3e-3)


def test_carbon_dioxide_warms_by_forcing_over_slope():
    """Without ice the mean temperature is (S(1−α)/4 − A + F)/B whatever the seasons and the mixing."""
    means = [global_mean(uniform(co2=c).equilibrium(1e-9).temperature.mean(axis=0)) for c in (280.0, 560.0)]
    assert means[1] - means[0] == pytest.approx(5.35 * np.log(2) / 2.0, abs=1e-8)


def test_both_ways_meet():
    planet = earth(36, 72)
    fast, slow = planet.equilibrium(1e-6), planet.equilibrium(1e-6, accelerated=False)
    np.testing.assert_allclose(fast.temperature, slow.temperature, atol=1e-5)
    np.testing.assert_allclose(fast.ice_cover, slow.ice_cover, atol=1e-5)
    assert fast.years < slow.years / 2
    assert max(fast.residual, slow.residual) <= 1e-6


def test_the_year_repeats_and_its_months_are_means():
    planet = earth(steps=96)
    year = planet.equilibrium(1e-9)
    state = planet.start(year.start)
    snapshots = [state.temperature]
    for _ in range(96):
        state = planet.step(state, YEAR / 96)
        snapshots.append(state.temperature)
    np.testing.assert_allclose(state.temperature, year.start, atol=1e-8)
    snapshots, ice = np.array(snapshots), np.array([planet.ice_cover(t) for t in snapshots])
    for months, moments in ((year.temperature, snapshots), (year.ice_cover, ice)):
        for m in range(12):
            part = moments[8 * m : 8 * m + 9]
            np.testing.assert_allclose(months[m], ((part[1:] + part[:-1]) / 2).mean(axis=0), atol=1e-8)
    assert 0 <= year.ice_cover.min() < year.ice_cover.max() <= 1


def test_a_snowball_is_a_result():
    planet = earth(36, 72)
    cold, warm = planet.equilibrium(start=-60.0), planet.equilibrium()
    assert cold.ice_cover.min() == 1
    assert global_mean(warm.ice_cover.mean(axis=0)) < 0.3
    bright = 1 - 0.62  # global balance of an all-white planet
    expected = (1361 / 4 * bright / np.sqrt(1 - 0.017236**2) - 210) / 2
    assert global_mean(cold.temperature.mean(axis=0)) == pytest.approx(expected, abs=0.02)
    np.testing.assert_allclose(cold.temperature, planet.equilibrium(start=-60.0, accelerated=False).temperature, atol=0.01)


def test_profiles_reach_coarse_grids():
    rows = np.linspace(-1, 1, 36)
    planet = earth(36, 72, wind=2 * rows, diffusivity=0.5 + 0.2 * rows**2)
    fast, slow = planet.equilibrium(1e-5), planet.equilibrium(1e-5, accelerated=False)
    np.testing.assert_allclose(fast.temperature, slow.temperature, atol=1e-3)


def test_no_seasons_without_tilt():
    year = earth(orbit=Orbit(0.0, 0.0, 0.0)).equilibrium(1e-8)
    assert np.ptp(year.temperature, axis=0).max() < 1e-6


def test_what_does_not_converge_is_said(monkeypatch):
    monkeypatch.setattr(climate_equilibrium, "MOST_YEARS", 3)
    with pytest.raises(NumericalError, match=r"after 3 years .* latitude .* above tolerance=1e-06 K; use a larger tolerance"):
        earth().equilibrium(1e-6)
    with pytest.raises(UsageError, match="tolerance=0"):
        earth().equilibrium(0.0)
    with pytest.raises(UsageError, match="not finite"):
        earth().equilibrium(start=np.nan)


def test_anderson_solves_linear_problems_in_as_many_values_as_unknowns():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(4, 4)) / 3
    x, mix = np.zeros(4), Anderson(8)
    for _ in range(6):
        x = mix(x, matrix @ x + 1)
    np.testing.assert_allclose(x, np.linalg.solve(np.eye(4) - matrix, np.ones(4)), atol=1e-10)


def test_anderson_forgets_when_the_residual_grows():
    mix = Anderson(8)
    mix(np.zeros(2), np.array([1.0, 0.0]))
    mix(np.array([1.0, 0.0]), np.array([5.0, 0.0]))
    assert len(mix.residuals) == 1
