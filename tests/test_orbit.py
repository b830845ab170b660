"""Sunlight: the published table, Kepler's equation, the balance over a year, and symmetries."""

import csv
from pathlib import Path

import numpy as np
import pytest
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.orbit import YEAR_DAYS, AnnualMean, LegendreSun, Orbit, mean_calendar

REFERENCE = Path(__file__).parent / "reference"
DAYS = (1, 80, 172, 265, 355)


def table():
    lines = [line for line in (REFERENCE / "climate_insolation_daily.csv").read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    return np.deg2rad([float(r["lat_deg"]) for r in rows]), np.array([[float(v) for v in r.values()][1:] for r in rows])


def globally(shares):
    """Area mean of values at the centres of many bands."""
    phi = (np.arange(shares.shape[-1]) + 0.5) * np.pi / shares.shape[-1] - np.pi / 2
    return shares @ np.cos(phi) / np.cos(phi).sum()


def centres(n=720):
    return (np.arange(n) + 0.5) * np.pi / n - np.pi / 2


def test_daily_insolation_as_published():
    phi, published = table()
    ours = 1365.2 * Orbit().shares(phi, DAYS).T
    np.testing.assert_allclose(ours, published[:, :5], rtol=1e-5, atol=2e-3)
    annual = 1365.2 * AnnualMean(Orbit()).shares(phi, [0.0])[0]
    np.testing.assert_allclose(annual, published[:, 5], rtol=5e-4)


@pytest.mark.parametrize("eccentricity", [0.0, 0.05, 0.3, 0.9])
def test_sunlight_over_a_year_depends_on_eccentricity_alone(eccentricity):
    """A quarter of the solar constant over √(1 − e²), by the law of areas, whatever the tilt."""
    days = np.arange(20000) * (YEAR_DAYS / 20000)
    for obliquity, perihelion in ((0.0, 0.0), (23.0, 100.0), (60.0, 250.0)):
        total = globally(Orbit(eccentricity, obliquity, perihelion).shares(centres(), days)).mean()
        assert total == pytest.approx(0.25 / np.sqrt(1 - eccentricity**2), rel=2e-5)


def test_seasons_by_obliquity():
    """No tilt, no seasons: cos φ/π; a tilt of 90° puts the sun over the pole at solstice."""
    phi, day = centres(36), 80 + np.array([0.25, 0.5]) * YEAR_DAYS
    np.testing.assert_allclose(Orbit(0, 0, 0).shares(phi, day), np.tile(np.cos(phi) / np.pi, (2, 1)), atol=1e-12)
    np.testing.assert_allclose(Orbit(0, 90, 0).shares(phi, day)[0], np.maximum(np.sin(phi), 0), atol=1e-7)


def test_the_vernal_equinox_is_on_its_day():
    phi = centres(36)
    for orbit in (Orbit(0.2, 23, 40), Orbit(0.1, 40, 200, equinox_day=100.0)):
        spring = orbit.shares(phi, [orbit.equinox_day])[0]
        np.testing.assert_allclose(spring, spring[::-1], rtol=1e-10)


@pytest.mark.parametrize("perihelion", [30.0, 100.0, 281.0])
def test_the_other_hemisphere_half_a_year_later(perihelion):
    phi, days = centres(36), np.arange(48) * (YEAR_DAYS / 48)
    here = mean_calendar(0.1, 25, perihelion).shares(phi, days)
    there = mean_calendar(0.1, 25, perihelion + 180).shares(phi, days)
    np.testing.assert_allclose(there, np.roll(here, 24, axis=0)[:, ::-1], atol=1e-12)
    fixed = [Orbit(0.1, 25, perihelion + turn).shares(phi, days) for turn in (180, 0)]
    assert np.abs(fixed[0] - np.roll(fixed[1], 24, axis=0)[:, ::-1]).max() > 1e-3


def test_legendre_sunlight_of_north():
    shares = LegendreSun(-0.48).shares(np.array([0.0, np.pi / 2]), [1, 2])
    np.testing.assert_allclose(shares, [[0.31, 0.13]] * 2)


@pytest.mark.parametrize(
    ("orbit", "words"),
    [
        ({"eccentricity": -0.1}, "eccentricity=-0.1"),
        ({"eccentricity": 1.0}, "0 to 0.9"),
        ({"eccentricity": np.nan}, "eccentricity=nan"),
        ({"obliquity_deg": 100.0}, "0 to 90"),
        ({"perihelion_deg": np.inf}, "perihelion_deg=inf"),
    ],
)
def test_impossible_orbits(orbit, words):
    with pytest.raises(UsageError, match=words):
        Orbit(**orbit)
