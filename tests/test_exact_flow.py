"""The exact flows against stored tables, and in the equations that they solve."""

import json
from pathlib import Path

import numpy as np
import pytest
from fieldgan.solvers import exact_flow

REFERENCE = Path(__file__).parent / "reference"


def table(name):
    lines = (REFERENCE / f"flow_{name}.csv").read_text().splitlines()
    assert lines[0].startswith("#")
    return np.array([[float(v) for v in row.split(",")] for row in lines[2:]]).T


def test_taylor_green():
    for nu, t, decay, energy, enstrophy, u in table("taylor_green").T:
        n = 16
        x = 2 * np.pi * np.arange(n) / n
        exact = exact_flow.taylor_green(x, x[:, None], t, nu)
        assert exact.u[n // 4, 0] == pytest.approx(u, abs=1e-8)
        assert exact.u[n // 4, 0] == pytest.approx(decay, abs=1e-8)
        assert np.mean(exact.u**2 + exact.v**2) / 2 == pytest.approx(energy, rel=1e-7)
        # one wave number 1 in x and y: ∫ω² = 2 ∫(u² + v²)
        assert np.mean(exact.u**2 + exact.v**2) == pytest.approx(enstrophy, rel=1e-7)


def test_kovasznay():
    for reynolds, x, y, u, v, p in table("kovasznay").T:
        np.testing.assert_allclose(exact_flow.kovasznay(x, y, reynolds), (u, v, p), atol=1e-7)


def test_startup_of_channels():
    for t, y, poiseuille, couette in table("channel_startup").T:
        assert exact_flow.poiseuille_startup(y, t) == pytest.approx(poiseuille, abs=6e-9)
        assert exact_flow.couette_startup(y, t) == pytest.approx(couette, abs=1e-8)


def test_lamb_oseen():
    for t, r, swirl, vorticity in table("lamb_oseen").T:
        vortex = exact_flow.lamb_oseen(r, 0.0, t, 0.01)
        np.testing.assert_allclose(vortex, (0.0, swirl, vorticity), rtol=1e-7)
    assert exact_flow.lamb_oseen(0.0, 0.0, 1.0, 0.01).vorticity == pytest.approx(1 / (4 * np.pi * 0.01))


def test_double_shear_layer():
    published = json.loads((REFERENCE / "shear_layer_thick.json").read_text())
    x = (np.arange(1024) + 0.5) / 1024
    u, v = exact_flow.double_shear_layer(x, x[:, None], published["rho"], published["delta"])
    assert np.mean(u**2 + v**2) / 2 == pytest.approx(published["KE0"], rel=1e-6)


def residuals(flow, x, y, t, nu, h=1e-3):
    """Divergence and both momentum equations by fourth-order differences of the exact fields."""
    steps = np.array([-2, -1, 0, 1, 2]) * h
    slope = np.array([1, -8, 0, 8, -1]) / (12 * h)
    curve = np.array([-1, 16, -30, 16, -1]) / (12 * h**2)
    along_x, along_y, along_t = ([flow(x + a * s, y + b * s, t + c * s) for s in steps] for a, b, c in np.eye(3))

    def d(weights, fields, name):
        return sum(w * getattr(f, name) for w, f in zip(weights, fields, strict=True))

    here = flow(x, y, t)
    yield d(slope, along_x, "u") + d(slope, along_y, "v")
    for q, along in (("u", along_x), ("v", along_y)):
        advection = here.u * d(slope, along_x, q) + here.v * d(slope, along_y, q)
        diffusion = nu * (d(curve, along_x, q) + d(curve, along_y, q))
        yield d(slope, along_t, q) + advection + d(slope, along, "p") - diffusion


@pytest.mark.parametrize(
    ("flow", "nu"),
    [
        (lambda x, y, t: exact_flow.taylor_green(x, y, t, 0.1, (0.7, -0.3)), 0.1),
        (lambda x, y, t: exact_flow.kovasznay(x, y, 40.0), 1 / 40),
    ],
    ids=["taylor_green with drift", "kovasznay"],
)
def test_they_solve_the_equations(flow, nu):
    x, y = np.random.default_rng(0).uniform(-0.5, 1, (2, 20))
    for residual in residuals(flow, x, y, 0.4, nu):
        assert np.abs(residual).max() < 1e-7
