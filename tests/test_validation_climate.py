"""The validation of climate: its constants against the stored tables, its checks, and that wrong physics fails them."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from fieldgan.solvers import climate as solver
from fieldgan.solvers import sphere
from fieldgan.solvers.exact_climate import legendre_climate
from fieldgan.solvers.orbit import Orbit
from fieldgan.solvers.validation import VALIDATIONS, climate_climlab, climate_exact, climlab, insolation

REFERENCE = Path(__file__).parent / "reference"
RUNS = json.loads((REFERENCE / "climate_climlab_ebm_runs.json").read_text())["runs"]


def rows(name):
    lines = [line for line in (REFERENCE / name).read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def failed(checks):
    return {(c.case, c.quantity) for c in checks if not c.passed}


@pytest.mark.parametrize(
    ("ours", "name", "places"),
    [
        (climlab.EBM_DEFAULT, "EBM_default", climlab.LATITUDES),
        (climlab.NO_ICE, "EBM_no_ice_P2albedo_linear", climlab.LATITUDES),
        (climlab.ANNUAL, "EBM_annual_default", climlab.LATITUDES),
        (climlab.ANNUAL_ICE_180, "EBM_annual_RoseBook_ice_feedback", climlab.LATITUDES_180),
    ],
)
def test_runs_without_seasons_as_stored(ours, name, places):
    run = RUNS[name]
    stored = [run["T"][run["lat"].index(place)] for place in places]
    np.testing.assert_allclose(ours[0], stored, atol=6e-4)
    assert ours[1] == pytest.approx(run["global_mean_T_C"], abs=1e-6)
    assert run["params"]["water_depth"] == 10.0
    assert run["params"]["S0"] == climlab.SOLAR


@pytest.mark.parametrize(
    ("ours", "run"),
    [
        (climlab.SEASONAL, RUNS["EBM_seasonal_default_end_of_year"]),
        (climlab.SEASONAL_ICE, RUNS["EBM_seasonal_ice"]),
        (climlab.SEASONAL_ICE_1440, json.loads((REFERENCE / "climate_climlab_seasonal_ice_1440.json").read_text())),
    ],
)
def test_runs_with_seasons_as_stored(ours, run):
    for column, key in zip(ours, ("T_year_mean", "T_seasonal_range"), strict=True):
        lat = run.get("lat") or RUNS["EBM_default"]["lat"]
        np.testing.assert_allclose(column, [run[key][lat.index(place)] for place in climlab.LATITUDES], atol=6e-4)


def test_insolation_as_stored():
    table = rows("climate_insolation_daily.csv")
    assert tuple(int(r["lat_deg"]) for r in table) == insolation.LATITUDES
    stored = [[float(r[f"Q_day{day}"]) for day in insolation.DAYS] for r in table]
    np.testing.assert_array_equal(insolation.PUBLISHED, stored)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("climlab_default_noice", (341.3, -0.48, (0.7, -0.078), (210.0, 2.0), 0.555)),
        ("NCC81_like", (340.0, -0.477, (0.681, -0.202), (203.3, 2.09), 0.649)),
    ],
)
def test_legendre_series_as_stored(name, numbers):
    table = [r for r in rows("climate_ebm_linear_analytic.csv") if r["set"] == name and not r["lat_or_mode"].startswith("T")]
    lat = np.deg2rad([float(r["lat_or_mode"]) for r in table])
    stored = [float(r["T_C"]) for r in table]
    if name == "NCC81_like":  # the table leaves out Q: any that fits its mean fits it all
        q = (2.09 * 16.646924 + 203.3) / (0.681 + 0.477 * 0.202 / 5)
        numbers = (q, *numbers[1:])
        assert 330 < q < 350
    np.testing.assert_allclose(legendre_climate(lat, *numbers), stored, atol=2e-6)


def test_all_checks_of_climate_pass():
    checks = VALIDATIONS["climate"]()
    assert failed(checks) == set()
    assert len({c.case for c in checks}) >= 12
    assert all(c.source for c in checks)


@pytest.fixture
def altered(monkeypatch):
    """Let the validation set up planets of another kind."""

    def alter(kind):
        for module in (climate_exact, climate_climlab):
            monkeypatch.setattr(module, "Climate", kind)

    return alter


def test_differences_that_do_not_conserve_fail(monkeypatch):
    """∂²T/∂φ² − tan φ ∂T/∂φ, a common shortcut, is of second order and loses heat."""

    def exchange(diffusivity, drift, nlat, nlon):
        h, lean = np.pi / nlat, np.tan(sphere.latitudes(nlat)) * np.pi / nlat / 2
        rows = sphere.exchange(diffusivity, drift, nlat, nlon)
        return rows._replace(south=diffusivity / h**2 * (1 + lean), north=diffusivity / h**2 * (1 - lean))

    monkeypatch.setattr(solver, "exchange", exchange)
    assert ("energy budget", "exchange between cells, over in") in failed(climate_exact.conservation())


def test_other_diffusion_fails(altered):
    @dataclass(frozen=True, eq=False)
    class Stiff(solver.Climate):
        @property
        def rows(self):
            return sphere.Rows(*(1.02 * a for a in super().rows))

    altered(Stiff)
    assert ("linear climate", "largest error at 64 latitudes [K]") in failed(climate_exact.linear_model())
    assert ("climlab, EBM, step albedo", "largest deviation [K]") in failed(climate_climlab.without_seasons())


def test_a_forcing_out_of_date_fails(altered):
    @dataclass(frozen=True, eq=False)
    class Old(solver.Climate):
        @property
        def forcing(self):
            return 6.3 * np.log(self.co2 / 280)

    altered(Old)
    assert ("twice the carbon dioxide", "global warming [K]") in failed(climate_exact.sensitivity())


def test_another_equinox_fails(monkeypatch):
    monkeypatch.setattr(climate_exact, "Orbit", lambda: Orbit(equinox_day=81.0))
    assert failed(climate_exact.insolation())


def test_a_first_order_scheme_fails(monkeypatch):
    monkeypatch.setattr(climate_exact, "_after_a_year", lambda start, steps: _shifted(start, steps))
    assert ("a year with continents", "order in time") in failed(climate_exact.orders())


def _shifted(start, steps):
    """A year that is one step too long."""
    climate = climate_exact.earth(12, 24, steps=steps, ice_capacity=2.1e8)
    return climate.step(climate.run_years(climate.start(start), 1), climate.dt).temperature
