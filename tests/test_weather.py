"""The random heat flux and what it makes of the temperature, against closed forms."""

import numpy as np
import pytest
from climate_cases import earth, uniform
from fieldgan.solvers.climate import DAY, YEAR, Weather
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.exact_climate import legendre_climate, weather_variances
from fieldgan.solvers.orbit import LegendreSun
from fieldgan.solvers.sphere import global_mean
from fieldgan.solvers.validation.climate_weather import weather_statistics
from fieldgan.solvers.weather_noise import blow, noise
from numpy.polynomial import legendre
from scipy.integrate import dblquad, quad
from scipy.linalg import expm, solve_continuous_lyapunov

WEATHER = Weather(amplitude=30.0, length_km=3000.0, time_days=5.0)


def fluxes(weather, shape, days, count, seed=0):
    rng = np.random.default_rng(seed)
    flux = noise(weather, shape, days * DAY, rng)
    out = np.empty((count, *shape))
    for k in range(count):
        blow(flux, rng)
        out[k] = flux.field
    return out


def test_modes_are_orthonormal_harmonics():
    """The sum over all modes of a degree, squared, is a² p_l at every place: the addition theorem."""
    flux = noise(WEATHER, (24, 30), DAY, np.random.default_rng(0))
    degrees = WEATHER.degrees
    mode = 0
    for degree in range(degrees + 1):
        total = np.zeros((24, 30))
        for m in range(-degree, degree + 1):
            total += np.outer(flux.patterns[mode], flux.circles[degrees + m]) ** 2
            mode += 1
        np.testing.assert_allclose(total, 900 * WEATHER.shares()[degree], rtol=1e-10)


def test_correlation_over_distance_is_nearly_a_gaussian():
    for km in (500, 1500, 3000):
        angle = km / 6371
        series = legendre.legval(np.cos(angle), WEATHER.shares())
        assert series == pytest.approx(np.exp(-(km**2) / 2 / 3000**2), abs=0.03)


def test_means_over_steps_of_any_length():
    """Variance of the mean of an Ornstein-Uhlenbeck process over a step, and its covariance with the next."""
    for days in (0.5, 5.0, 40.0):
        x = days / 5
        flux = fluxes(WEATHER, (12, 8), days, 6000)
        variance, following = global_mean((flux**2).mean(axis=0)), global_mean((flux[1:] * flux[:-1]).mean(axis=0))
        exact = dblquad(lambda s, t, x=x: np.exp(-abs(s - t) * x), 0, 1, 0, 1, epsabs=1e-6)[0]
        after = ((1 - np.exp(-x)) / x) ** 2
        slack = 4 * np.sqrt(2 / (6000 * min(x, 1) * 8))  # standard errors of about eight independent places
        assert variance == pytest.approx(900 * exact, rel=slack)
        assert following == pytest.approx(900 * after, abs=900 * exact * slack)


def test_the_same_weather_on_every_grid():
    coarse, fine = fluxes(WEATHER, (12, 24), 5, 3), fluxes(WEATHER, (36, 72), 5, 3)
    np.testing.assert_allclose(fine[:, 1::3, 1::3], coarse, atol=1e-10)
    assert np.abs(fluxes(WEATHER, (12, 24), 5, 3, seed=1) - coarse).max() > 10


def test_variance_of_the_temperature_by_an_independent_way():
    """Lyapunov's equation for the pair (T_l, N_l), and its propagator for lags."""
    capacity, slope, diffusivity, nu = 4e7, 2.0, 0.555, 1 / (5 * DAY)
    exact = weather_variances(WEATHER, capacity, slope, diffusivity)
    later = weather_variances(WEATHER, capacity, slope, diffusivity, lag_days=30)
    for degree, share in enumerate(WEATHER.shares()):
        rate = (slope + degree * (degree + 1) * diffusivity) / capacity
        drift = np.array([[-rate, 1 / capacity], [0, -nu]]) * DAY
        kick = np.diag([0, 2 * nu * 900 * share]) * DAY
        covariance = solve_continuous_lyapunov(drift, -kick)
        assert exact[degree] == pytest.approx(covariance[0, 0], rel=1e-8)
        assert later[degree] == pytest.approx((expm(drift * 30) @ covariance)[0, 0], rel=1e-8)


@pytest.mark.parametrize("lag", [0.0, 60.0])
def test_variance_of_means_over_windows(lag):
    """The average of the covariance of moments over both windows."""
    by_moments = lambda s: weather_variances(WEATHER, 4e7, 2.0, 0.555, lag_days=abs(s)).sum()  # noqa: E731
    weight = lambda s: (30 - abs(s - lag)) / 900  # noqa: E731
    expected = sum(quad(lambda s: weight(s) * by_moments(s), *ends)[0] for ends in ((lag - 30, lag), (lag, lag + 30)))
    assert weather_variances(WEATHER, 4e7, 2.0, 0.555, lag, 30.0).sum() == pytest.approx(expected, rel=1e-6)


def test_statistics_of_a_long_run():
    checks = weather_statistics()
    assert [c for c in checks if not c.passed] == []
    assert all(c.tolerance < 0.15 * c.reference for c in checks[:2])


def test_statistics_do_not_depend_on_the_step():
    """Two steps a decorrelation time and one in three: the same spread of moments within 5 %."""
    spreads = []
    for steps in (24, 144):
        planet = uniform(12, 24, orbit=LegendreSun(), weather=WEATHER, steps=steps)
        calm = planet.equilibrium(1e-8).start
        runs = planet.snapshots(planet.start(calm), 3000, steps // 24, seed=4)[200:] - calm
        spreads.append(global_mean((runs**2).mean(axis=0)))
    exact = weather_variances(WEATHER, 4e7, 2.0, 0.555).sum()
    np.testing.assert_allclose(spreads, exact, rtol=0.15)
    assert spreads[0] == pytest.approx(spreads[1], rel=0.05)


def test_without_amplitude_there_is_no_weather():
    planet = earth(weather=Weather(0.0, 4000.0))
    year = planet.equilibrium(1e-9)
    months = planet.months(planet.start(year.start), 2, seed=0)
    np.testing.assert_allclose(months, np.concatenate([year.temperature] * 2), atol=1e-7)
    ends = planet.snapshots(planet.start(year.start), 3, planet.steps, seed=0)
    np.testing.assert_allclose(ends, np.stack([year.start] * 3), atol=1e-7)


def test_the_seed_decides():
    planet = earth(weather=Weather(30.0, 4000.0))
    start = planet.start()
    first, again, other = (planet.months(start, 1, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


def test_energy_closes_under_weather():
    planet = earth()
    flux = np.random.default_rng(0).normal(0, 50, planet.shape)
    budget = planet.budget(planet.start(), YEAR / 48, flux)
    assert budget.weather == pytest.approx(float(global_mean(flux)))
    assert abs(budget.residual) < 1e-12 * budget.absorbed


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        ({"amplitude": -1.0}, "amplitude=-1.0"),
        ({"amplitude": 1.0, "length_km": 10.0}, "300 to 20000"),
        ({"amplitude": 1.0, "time_days": 0.0}, "time_days=0.0"),
    ],
)
def test_impossible_weather(weather, words):
    with pytest.raises(UsageError, match=words):
        Weather(**weather)


def test_runs_that_cannot_be():
    with pytest.raises(UsageError, match="has no weather"):
        earth().months(earth().start(), 1, 0)
    with pytest.raises(UsageError, match=r"length_km=1500.0 is too short for 12 rows; use 2124 or more"):
        earth(weather=Weather(1.0)).months(earth().start(), 1, 0)
    with pytest.raises(UsageError, match="no run"):
        earth(weather=WEATHER).snapshots(earth().start(), 0, 1, 0)


def test_legendre_series_solves_the_balance():
    """Its residual by differences of high order."""
    phi = np.linspace(-1.4, 1.4, 4001)
    t, h = legendre_climate(phi, 341.3, -0.48, (0.7, -0.078), (210.0, 2.0), 0.555), phi[1] - phi[0]
    flux = 0.555 * np.cos((phi[1:] + phi[:-1]) / 2) * np.diff(t) / h
    p2 = (3 * np.sin(phi[1:-1]) ** 2 - 1) / 2
    gained = 341.3 * (1 - 0.48 * p2) * (0.7 - 0.078 * p2) - 210 - 2 * t[1:-1] + np.diff(flux) / h / np.cos(phi[1:-1])
    assert np.abs(gained).max() < 1e-3
