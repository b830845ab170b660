"""Exact plumes in the equations that they solve, and Briggs' formulas against stored tables and their own limits."""

import csv
from pathlib import Path

import numpy as np
import pytest
from fieldgan.solvers.briggs import bent_over_rise, buoyancy_flux, final_rise, ground_concentration, spreads
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.exact_plume import line_plume, line_variance, rising_plume

REFERENCE = Path(__file__).parent / "reference"


def rows(name):
    lines = [line for line in (REFERENCE / f"plume_{name}.csv").read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_final_rise_as_stored():
    for row in rows("briggs_rise"):
        flux = buoyancy_flux(*(float(row[k]) for k in ("vs", "d", "Ts", "Ta")))
        stratification = 0.0 if row["s"] == "neutral" else float(row["s"])
        assert flux == pytest.approx(float(row["Fb"]), rel=2e-8)
        expected = (float(row["xf_m"]), float(row["dh_m"]))
        assert final_rise(flux, float(row["u"]), stratification) == pytest.approx(expected, rel=5e-8)


def test_spreads_as_stored():
    for row in rows("briggs_sigmas"):
        stability, x = row["class"], float(row["x_m"])
        ours = (*spreads(stability, x), *spreads(stability, x, urban=True))
        np.testing.assert_allclose(ours, [float(row[k]) for k in ("sy_rural", "sz_rural", "sy_urban", "sz_urban")], rtol=5e-8)


def test_concentration_on_the_ground_as_stored():
    for row in rows("gaussian_table"):
        ours = ground_concentration(row["class"], float(row["x_m"]), emission=100.0, wind=5.0, height=50.0)
        np.testing.assert_allclose(ours, float(row["C_g_m3"]), rtol=1e-7)


def test_another_class_of_stability_gets_one_line():
    with pytest.raises(UsageError, match="stability=G is no class of Pasquill; use one of A, B, C, D, E, F"):
        spreads("G", 100.0)


def test_bent_over_plumes_follow_the_law_of_two_thirds():
    time = np.array([1.0, 8.0])
    rise = bent_over_rise(time, 50.0, 5.0)
    assert rise[1] / rise[0] == pytest.approx(4.0)
    assert rise[0] == pytest.approx(1.6 * (50.0 * time[0] ** 2 / 5.0) ** (1 / 3), rel=0.01)
    np.testing.assert_allclose(bent_over_rise(time, 50.0, 5.0, stratification=1e-9), rise, rtol=1e-6)


def test_bent_over_plumes_in_stable_air_rise_as_high_as_the_final_formula_says():
    """2.6 there and (6/β²)^{1/3} = 2.55 here."""
    top = bent_over_rise(np.pi / 0.02, 50.0, 5.0, stratification=4e-4)
    assert top == pytest.approx(final_rise(50.0, 5.0, 4e-4)[1], rel=0.02)


def test_a_wide_plume_begins_to_rise_more_slowly():
    """d(r² ḣ)/dt = F/u cos Nt, by central differences."""
    t, h = np.array([0.5, 1.0, 2.0, 2.8]), 1e-3
    momentum = []
    for at in (t - h, t + h):
        rise = [bent_over_rise(at + s, 2.0, 3.0, 0.7, 1.1) for s in (-h, 0.0, h)]
        momentum.append((0.7 + 0.6 * rise[1]) ** 2 * (rise[2] - rise[0]) / (2 * h))
    np.testing.assert_allclose((momentum[1] - momentum[0]) / (2 * h), 2.0 / 3.0 * np.cos(1.1**0.5 * t), atol=1e-5)


def test_the_line_plume_solves_its_equation():
    x, y = np.random.default_rng(0).uniform((0.3, 0.1), (2.0, 1.0), (30, 2)).T
    h, wind, diffusivity = 1e-3, 1.3, 0.05

    def c(dx, dy):
        return line_plume(x + dx * h, y + dy * h, 0.4, wind, diffusivity)

    curvature = (c(1, 0) + c(-1, 0) + c(0, 1) + c(0, -1) - 4 * c(0, 0)) / h**2
    np.testing.assert_allclose(wind * (c(1, 0) - c(-1, 0)) / (2 * h), diffusivity * curvature, atol=2e-3)


def test_moments_of_the_line_plume():
    """All that is emitted passes, through insulated ground nothing, and the variance is the closed form with s = 0."""
    y = (np.arange(4000) + 0.5) / 1000
    c = line_plume(1.5, y, 0.0, 1.0, 0.02)
    assert c.sum() / 1000 == pytest.approx(1.0, rel=2e-2)
    assert (c * y**2).sum() / c.sum() == pytest.approx(line_variance(1.5, 0.0, 1.0, 0.02), rel=1e-3)
    near = line_plume(1.5, np.array([-1e-4, 1e-4]), 0.3, 1.0, 0.02)
    assert near[0] == pytest.approx(near[1], rel=1e-12)


def test_the_rising_plume_has_its_flux_and_solves_momentum_on_the_axis():
    flux, nu, h = 0.3, 0.02, 1e-4
    plume = rising_plume(np.array([2 - h, 2.0, 2 + h]), flux, nu)
    alpha = (81 * flux / (2560 * nu**3)) ** 0.2
    x = np.linspace(-20, 20, 40001) / alpha
    z = alpha * x * 2**-0.4
    assert np.sum(plume.velocity[1] * plume.buoyancy[1] / np.cosh(z) ** 6) * (x[1] - x[0]) == pytest.approx(flux, rel=1e-6)
    assert np.sum(plume.velocity[1] / np.cosh(z) ** 2) * (x[1] - x[0]) == pytest.approx(2 * plume.inflow[1], rel=1e-6)
    rising = plume.velocity[1] * (plume.velocity[2] - plume.velocity[0]) / (2 * h)
    curvature = -2 * plume.velocity[1] * (alpha * 2**-0.4) ** 2
    assert rising == pytest.approx(plume.buoyancy[1] + nu * curvature, rel=1e-6)
