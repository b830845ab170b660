"""The scenario `weather`: what it draws, exact statistics without ice, symmetries, and members that forget each other."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from fieldgan.data.samples import sample_rng
from fieldgan.data.scenarios.weather import SPIN_UP, STRIDE, month_of, weather, windy_climate
from fieldgan.solvers.climate import Weather
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.exact_climate import weather_variances
from fieldgan.solvers.orbit import LegendreSun
from fieldgan.solvers.sphere import global_mean
from numpy.polynomial import legendre

SCENARIO = weather()
MONTH_DAYS = 365.2422 / 12


def moment(seed, resolution=12):
    return dict(SCENARIO.render(SCENARIO.draw(sample_rng(seed, 0)), resolution))


def test_what_is_drawn_can_be_solved():
    for seed in range(40):
        conditions = moment(seed)
        SCENARIO.check(conditions)
        assert month_of(conditions) == SCENARIO.draw(sample_rng(seed, 0)).month


def uniform(monkeypatch, blowing):
    """The scenario's planets without ice, land and seasons, of one heat capacity."""
    module = sys.modules["fieldgan.data.scenarios.weather"]
    capacities = dict.fromkeys(("land_capacity", "ocean_capacity", "ice_capacity"), 2e7)
    others = {"ice_onset": -1000.0, "orbit": LegendreSun(), "diffusivity": 0.555, "weather": blowing, "steps": 48}
    plain = lambda conditions: replace(windy_climate(conditions), **capacities, **others)  # noqa: E731
    monkeypatch.setattr(module, "windy_climate", plain)


def test_the_ensemble_has_the_exact_covariance(monkeypatch):
    """Of a uniform planet without ice: variance of a monthly mean, and its correlation over 30° and 60° along the equator."""
    blowing = Weather(30.0, 3000.0, 5.0)
    uniform(monkeypatch, blowing)
    found = SCENARIO.ensemble(moment(1), 0, 400)["temperature"]
    exact = weather_variances(blowing, 2e7, 2.0, 0.555, 0.0, MONTH_DAYS)
    assert global_mean((found**2).mean(axis=0)) == pytest.approx(exact.sum(), rel=0.06)
    rows = found[:, 5:7].mean(axis=1)
    assert (rows * np.roll(rows, 12, axis=1)).mean() < 0.2 * exact.sum()
    equator = found[:, 6]
    for cells in (2, 4):
        angle = np.arccos(np.cos(np.radians(7.5)) ** 2 * np.cos(np.radians(15 * cells)) + np.sin(np.radians(7.5)) ** 2)
        covariance = (equator * np.roll(equator, cells, axis=1)).mean()
        assert covariance == pytest.approx(legendre.legval(np.cos(angle), exact), abs=0.08 * exact.sum())


def test_members_forget_each_other():
    """Correlation of neighbours in the ensemble, of the field and over many members."""
    for seed in (1, 2):
        found = SCENARIO.ensemble(moment(seed), 0, 150)["temperature"]
        found = found - found.mean(axis=0)
        following = global_mean((found[1:] * found[:-1]).mean(axis=0)) / global_mean((found**2).mean(axis=0))
        assert abs(following) < 0.15


def test_a_member_more_does_not_change_the_others():
    few, many = (SCENARIO.ensemble(moment(3), 7, count)["temperature"] for count in (2, 3))
    np.testing.assert_array_equal(few, many[:2])
    np.testing.assert_array_equal(SCENARIO.simulate(moment(3), 7)["temperature"], many[0])


def test_no_weather_no_anomalies():
    """A run of the planet by itself stays at its equilibrium, whose tolerance may add up over the spin-up."""
    calm = {**moment(4), "weather_amplitude": np.array(0.0)}
    assert np.abs(SCENARIO.ensemble(calm, 0, 2)["temperature"]).max() < 1e-3 * (SPIN_UP + STRIDE + 1)


@pytest.mark.parametrize("symmetry", SCENARIO.symmetries)
def test_symmetries_keep_the_spread(symmetry):
    """The mirrored planet has the mirrored spread; other weather, so within the scatter of zonal means of 300 members."""
    conditions = moment(5)

    def mirrored(a):
        a = a[..., ::-1, :] if symmetry.flip_y else a
        return np.roll(a[..., ::-1] if symmetry.flip_x else a, 5, axis=-1)

    other = {name: mirrored(a) if a.ndim else a * symmetry.sign.get(name, 1.0) for name, a in conditions.items()}
    SCENARIO.check(other)
    here, there = (SCENARIO.ensemble(c, 1, 300)["temperature"].std(axis=0).mean(axis=1) for c in (conditions, other))
    np.testing.assert_allclose(there, here[::-1] if symmetry.flip_y else here, rtol=0.12)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"month_cosine": 0.5, "month_sine": 0.5}, "of no month; the nearest has 0.7071 and 0.7071"),
        ({"weather_length": 100.0}, "weather_length has the value 100; use 300 to 20000"),
        ({"weather_amplitude": np.nan}, "weather_amplitude has the value nan"),
        ({"obliquity": 120.0}, "obliquity has the value 120"),
    ],
)
def test_impossible_conditions(wrong, words):
    with pytest.raises(UsageError, match=words):
        SCENARIO.check({**moment(1), **{name: np.array(value) for name, value in wrong.items()}})
