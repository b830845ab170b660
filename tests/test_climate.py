"""The climate solver in time: exact decay, orders, conservation, heat contents, bad set-ups."""

from dataclasses import replace

import numpy as np
import pytest
from climate_cases import continents, earth, harmonic, uniform
from fieldgan.solvers.climate import DAY, YEAR, Climate
from fieldgan.solvers.climate_heat import capacity, heat_of, temperature_of
from fieldgan.solvers.errors import NumericalError, UnstableStep, UsageError
from fieldgan.solvers.orbit import LegendreSun, mean_calendar
from fieldgan.solvers.sphere import global_mean
from fieldgan.solvers.validation.checks import observed_order
from hypothesis import given, settings
from hypothesis import strategies as st


def test_harmonics_decay_at_their_own_rates():
    """Two waves on a uniform planet under constant sunlight: exp(−(B + l(l+1) D) t/C)."""
    errors, grids = [], (12, 24, 48)
    for n in grids:
        planet = uniform(n, 2 * n, orbit=LegendreSun(), steps=12 * n)
        still, (two, three) = planet.start(15.0), harmonic(n, 2 * n)
        moved = planet.run_years(still._replace(temperature=still.temperature + 10 * two + 20 * three), 1)
        rates = [(2.0 + k * 0.555) / 4e7 for k in (6, 12)]
        exact = 10 * two * np.exp(-rates[0] * YEAR) + 20 * three * np.exp(-rates[1] * YEAR)
        errors.append(np.abs(moved.temperature - planet.run_years(still, 1).temperature - exact).max())
    assert observed_order([1 / n for n in grids], errors) == pytest.approx(2, abs=0.2)
    assert errors[-1] < 2e-3


@pytest.mark.parametrize("planet", [earth(ice_capacity=2.1e8), earth(12, 1), uniform()], ids=["land", "one column", "uniform"])
def test_second_order_in_time(planet):
    start = planet.run_years(planet.start(), 1)
    ends = {n: replace(planet, steps=n).run_years(start, 1).temperature for n in (48, 96, 192, 1536)}
    errors = [np.sqrt(global_mean((ends[n] - ends[1536]) ** 2)) for n in (48, 96, 192)]
    assert observed_order([4, 2, 1], errors) == pytest.approx(planet.time_order, abs=0.15)


def test_ice_that_cuts_the_ocean_off_leaves_small_errors_in_time():
    """J overestimates the exchange of open water four times; that costs accuracy, not stability."""
    planet = earth(36, 72)
    start = planet.run_years(planet.start(), 2)
    ends = {n: replace(planet, steps=n).run_years(start, 1).temperature for n in (12, 48, 96, 768)}
    errors = {n: np.sqrt(global_mean((ends[n] - ends[768]) ** 2)) for n in (12, 48, 96)}
    assert errors[96] < 0.03
    assert errors[48] < 0.1
    assert errors[12] < 1.0


def test_a_million_times_the_step_of_an_explicit_scheme():
    """The cells at the pole are 1/60 as wide as those at the equator: explicit steps would have to be below C Δx²/4D there."""
    planet = earth(96, 192, steps=24)
    width = np.cos(np.deg2rad(90 - 90 / 96)) * np.pi / 96
    assert planet.dt > 900_000 * 1e7 * width**2 / (4 * 0.555)
    starts = (14.0, 14.0 + 1e-3 * np.random.default_rng(0).normal(size=(96, 192)))
    apart = [planet.run_years(planet.start(first), 3).temperature for first in starts]
    assert np.abs(apart[1] - apart[0]).max() < 1e-3
    assert np.ptp(apart[0]) < 70


def test_the_longest_stable_step_is_stable():
    """Where capacities vary most: differences between two climates must not grow, at the limit."""
    planet = earth(36, 72, diffusivity=2.2, steps=12, ice_width=3.0, ocean_capacity=4e8)
    assert planet.dt == pytest.approx(0.95 * planet.stable_dt(), rel=0.01)
    start = planet.run_years(planet.start(), 2)
    other = start._replace(temperature=start.temperature + 1e-3 * np.random.default_rng(0).normal(size=planet.shape))
    first, second = (planet.run_years(s, 12).temperature for s in (start, other))
    assert np.abs(first - second).max() < 2e-3


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), width=st.sampled_from([0.0, 3.0, 12.0]), wind=st.floats(-20, 20), days=st.floats(1, 90))
def test_energy_closes_for_any_planet(seed, width, wind, days):
    rng = np.random.default_rng(seed)
    land, diffusivity, co2 = rng.uniform(size=(9, 14)), rng.uniform(0, 2, 9), rng.uniform(100, 2000)
    planet = Climate(land, ice_width=width, wind=wind, diffusivity=diffusivity, co2=co2)
    state = planet.start(rng.normal(-5, 25, (9, 14)))._replace(time=rng.uniform(0, YEAR))
    budget = planet.budget(state, days * DAY)
    assert abs(budget.residual) < 1e-12 * (budget.absorbed + abs(budget.outgoing) + abs(budget.stored))
    assert abs(budget.exchanged) < 1e-13 * 300


def test_energy_closes_over_a_year_too():
    """Heat gained over a year is what all the steps took in; counted apart."""
    planet = earth()
    state, total = planet.start(), 0.0
    begin = heat_of(state.temperature, planet.capacity)
    for _ in range(planet.steps):
        b = planet.budget(state, planet.dt)
        total += (b.absorbed + b.forcing - b.outgoing) * planet.dt
        state = planet.step(state, planet.dt)
    gained = global_mean(heat_of(state.temperature, planet.capacity) - begin)
    assert gained == pytest.approx(total, rel=1e-11)
    np.testing.assert_allclose(planet.run_years(planet.start(), 1).temperature, state.temperature, atol=1e-9)


@pytest.mark.parametrize("width", [0.0, 12.0])
def test_heat_content_is_the_integral_of_capacity(width):
    c = capacity(np.array([[2e8]]), np.array([[5e7]]), -2.0, width)
    temperatures = np.linspace(-40, 20, 60001)
    heat = heat_of(temperatures, c).ravel()
    assert np.all(np.diff(heat) > 0)
    np.testing.assert_allclose(temperature_of(heat, c).ravel(), temperatures, atol=1e-10)
    slope = np.diff(heat) / np.diff(temperatures)
    assert slope[-1] == pytest.approx(2e8, rel=1e-6)
    assert slope[0] == pytest.approx(5e7, rel=1e-6)
    assert heat_of(np.array([-2.0]), c) == 0
    middle = slope[(temperatures[1:] < -2) & (temperatures[1:] > -2 - width)]
    assert width == 0 or np.all((middle > 5e7) & (middle < 2e8))


def test_winds_turn_the_climate_and_keep_its_mean():
    """A uniform planet without diffusion: a wind of a turn in 40 days shifts the pattern by the angle passed."""
    turn = 40 * DAY
    phi = np.deg2rad(np.arange(8) * 22.5 - 78.75)
    wind = 2 * np.pi / turn * 6.371e6 * np.cos(phi) * 4e7 / 1e7
    planet = uniform(8, 128, wind=wind, diffusivity=0.0, steps=1200, orbit=LegendreSun())
    lam = (np.arange(128) + 0.5) * 2 * np.pi / 128
    still = planet.start(10.0)
    state = planet.run(still._replace(temperature=still.temperature + 5 * np.cos(lam)), 20 * DAY)
    wave = state.temperature - planet.run(still, 20 * DAY).temperature
    phase = np.angle(wave @ np.exp(1j * lam))
    np.testing.assert_allclose(np.abs(phase), np.pi, atol=0.02)
    assert np.abs(wave.mean(axis=1)).max() < 1e-10
    assert np.abs(wave).max() < 5


def test_one_column_is_the_zonal_mean():
    wide = Climate(np.tile(continents(12, 24)[:, :1], (1, 6)))
    narrow = Climate(np.ascontiguousarray(wide.land[:, :1]))
    ours, theirs = (c.run_years(c.start(), 2).temperature for c in (wide, narrow))
    np.testing.assert_allclose(ours, np.tile(theirs, (1, 6)), atol=1e-10)


def test_symmetries():
    """East and west without wind; the hemispheres half a year apart on the mean calendar; any longitude shift."""
    land = continents(12, 24)
    first = Climate(land).equilibrium(1e-9)
    mirrored = Climate(np.ascontiguousarray(land[:, ::-1])).equilibrium(1e-9)
    shifted = Climate(np.roll(land, 5, axis=1)).equilibrium(1e-9)
    orbit, opposite = (mean_calendar(0.05, 25, perihelion) for perihelion in (100.0, 280.0))
    north = Climate(land, orbit=orbit).equilibrium(1e-9).temperature
    south = Climate(np.ascontiguousarray(land[::-1]), orbit=opposite).equilibrium(1e-9).temperature
    np.testing.assert_allclose(south, np.roll(north, 6, axis=0)[:, ::-1], atol=1e-7)
    np.testing.assert_allclose(mirrored.temperature, first.temperature[..., ::-1], atol=1e-7)
    np.testing.assert_allclose(shifted.temperature, np.roll(first.temperature, 5, axis=-1), atol=1e-7)


def test_stable_dt_is_the_limit_and_is_kept():
    planet = uniform(4, 4, diffusivity=0.0)
    assert planet.stable_dt() == pytest.approx(2 * 4e7 / 2.0)
    state = planet.start(10.0)
    far = state._replace(temperature=state.temperature + 1)
    limit = planet.stable_dt()
    change = planet.step(far, limit).temperature - planet.step(state, limit).temperature
    np.testing.assert_allclose(change, 1.0, atol=1e-9)  # 1 + z + z²/2 at z = −2
    with pytest.raises(UnstableStep, match=r"exceeds the stable 4e\+07 s; use more steps a year"):
        planet.step(state, limit * 1.01)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"solar_constant": 0.0}, "solar_constant=0.0 is out of range"),
        ({"solar_constant": -1.0}, "positive"),
        ({"co2": 0.0}, "co2=0.0"),
        ({"diffusivity": -0.5}, "diffusivity=-0.5 is out of range"),
        ({"diffusivity": np.ones(5)}, r"diffusivity has the shape \(5,\)"),
        ({"wind": np.nan}, "wind=nan"),
        ({"longwave": (210.0, 0.0)}, "B > 0"),
        ({"ice_albedo": 1.2}, "ice_albedo=1.2"),
        ({"albedo": (0.9, 0.3)}, "leaves 0 to 1"),
        ({"ice_width": -1.0}, "ice_width=-1.0 K"),
        ({"ice_onset": np.nan}, "ice_onset=nan"),
        ({"ocean_capacity": 0.0}, "ocean_capacity=0.0"),
        ({"steps": 40}, "multiple of 12"),
        ({"land": np.zeros(7)}, r"land has the shape \(7,\)"),
        ({"land": np.full((4, 8), 1.5)}, "value 1.5 in 32 cells"),
        ({"land": np.full((4, 8), np.nan)}, "value nan in 32 cells"),
        ({"land": np.zeros((4, 8), int)}, "float64"),
    ],
)
def test_bad_setups_give_one_clear_line(wrong, words):
    with pytest.raises(UsageError, match=words) as caught:
        Climate(**{"land": np.zeros((4, 8)), **wrong})
    assert "\n" not in str(caught.value)


def test_bad_states_and_steps():
    planet = uniform(4, 8)
    for state, words in ((np.zeros((8, 4)), "shape"), (np.full((4, 8), np.nan), "32 cells that are not finite")):
        with pytest.raises(UsageError, match=words):
            planet.step(planet.start()._replace(temperature=state), 1e5)
    with pytest.raises(UsageError, match="dt=0"):
        planet.step(planet.start(), 0.0)
    with pytest.raises(UsageError, match="time=-1"):
        planet.run(planet.start(), -1.0)
    with np.errstate(over="ignore"), pytest.raises(NumericalError, match=r"latitude -67.5°, longitude 22.5° is not finite"):
        planet.step(planet.start()._replace(temperature=np.full((4, 8), 1e308)), 1e7)
