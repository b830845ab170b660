"""Newton's method for steady flow: published cavities, an exact solution, the marching scheme, and what goes wrong."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from fieldgan.solvers import flow_newton
from fieldgan.solvers.errors import NumericalError, UsageError
from fieldgan.solvers.exact_flow import kovasznay
from fieldgan.solvers.flow import Flow, Scalar
from fieldgan.solvers.flow_newton import correct, solve_newton
from fieldgan.solvers.flow_sides import FlowSides, FreeSlip, Inflow, Outflow, Wall
from scipy.interpolate import CubicSpline, RectBivariateSpline
from scipy.optimize import minimize

REFERENCE = Path(__file__).parent / "reference"
RNG = np.random.default_rng(6)
LID = FlowSides(north=Wall(1.0))


def cavity(n, reynolds, sides=LID, rows=None):
    return Flow((rows or n, n), (1 / n, 1 / n), 1 / reynolds, sides)


@cache
def solved(n, reynolds):
    return solve_newton(cavity(n, reynolds), tolerance=1e-9)


def centrelines(n, reynolds):
    """Splines of u on x = ½ over y, and of v on y = ½ over x, through the walls."""
    flow, places = solved(n, reynolds), np.concatenate([[0], (np.arange(n) + 0.5) / n, [1]])
    u = CubicSpline(places, np.concatenate([[0], flow.u[:, n // 2], [1]]))
    return u, CubicSpline(places, np.concatenate([[0], flow.v[n // 2], [0]]))


def rows(name):
    """Rows of a table, without comments; the first is its header."""
    lines = (REFERENCE / f"{name}.csv").read_text().splitlines()
    return [line.split(",") for line in lines if not line.startswith("#")]


def ghia(component, reynolds):
    """Places and values as printed, without the masked one."""
    header, *table = rows(f"cavity_ghia_{component}")
    column = header.index(f"Re{reynolds}")
    suspect = [row[2] for row in rows("ghia_suspect_entries") if row[:2] == [component, str(reynolds)] and "MASK" in row[5]]
    kept = [row for row in table if row[0] not in suspect]
    return np.array([float(row[0]) for row in kept]), np.array([float(row[column]) for row in kept])


@pytest.mark.parametrize("reynolds", [100, 400, 1000])
def test_profiles_of_ghia(reynolds):
    for component, profile, gate in zip("uv", centrelines(128, reynolds), (0.01, 0.02), strict=True):
        places, values = ghia(component, reynolds)
        assert places.size >= 16
        assert np.abs(profile(places) - values).max() < gate


def vortex(n, reynolds):
    """ψ, x and y of the primary vortex, then the extrema of u on x = ½ and of v on y = ½."""
    psi, corners = solved(n, reynolds).psi, np.linspace(0, 1, n + 1)
    spline = RectBivariateSpline(corners, corners, psi)
    j, i = np.unravel_index(psi.argmin(), psi.shape)
    found = minimize(lambda yx: spline(*yx)[0, 0], (j / n, i / n), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13})
    u, v = (profile(np.linspace(0, 1, 20001)) for profile in centrelines(n, reynolds))
    return np.array([found.fun, found.x[1], found.x[0], u.min(), v.max(), v.min()])


@pytest.mark.parametrize(
    ("reynolds", "expected", "tolerance"),
    [
        (100, (np.nan, np.nan, np.nan, -0.2140424, 0.1795728, -0.2538030), 3e-4),  # Marchi et al. 2009
        (1000, (-0.1189366, 0.5308, 0.5652, -0.3885698, 0.3769447, -0.5270771), 3e-3),  # Botella & Peyret 1998
    ],
)
def test_published_vortex_and_extrema_by_extrapolation(reynolds, expected, tolerance):
    """tests/reference/cavity_vortex_and_extrema.csv; Richardson's extrapolation of 64² and 128² assumes second order."""
    coarse, fine = vortex(64, reynolds), vortex(128, reynolds)
    known = np.isfinite(expected)
    np.testing.assert_allclose(((4 * fine - coarse) / 3)[known], np.array(expected)[known], rtol=tolerance)


def kovasznay_error(n):
    """Largest error of u, v in the flow behind a row of obstacles, −½ < x < 1 and −½ < y < ½, all sides prescribed."""
    h, nx = 1 / n, 3 * n // 2
    x, y = -0.5 + h * np.arange(nx + 1), -0.5 + h * np.arange(n + 1)
    middle_x, middle_y = x[:-1] + h / 2, y[:-1] + h / 2
    rate = 20 - np.sqrt(400 + 4 * np.pi**2)

    def means(px):  # of u over the cells of a vertical side, so that the net inflow is exactly zero
        return 1 - np.exp(rate * px) * np.diff(np.sin(2 * np.pi * y)) / (2 * np.pi * h)

    sides = FlowSides(
        Inflow(means(x[0]), kovasznay(x[0], y, 40.0).v),
        Inflow(-means(x[-1]), kovasznay(x[-1], y, 40.0).v),
        Inflow(np.zeros(nx), kovasznay(x, y[0], 40.0).u),
        Inflow(np.zeros(nx), kovasznay(x, y[-1], 40.0).u),
    )
    found = solve_newton(Flow((n, nx), (h, h), 1 / 40, sides))
    exact_u, exact_v = kovasznay(x, middle_y[:, None], 40.0).u, kovasznay(middle_x, y[:, None], 40.0).v
    return max(np.abs(found.u - exact_u).max(), np.abs(found.v - exact_v).max())


def test_second_order_on_an_exact_flow_with_prescribed_sides():
    errors = [kovasznay_error(n) for n in (16, 32, 64)]
    assert errors[-1] < 2e-3
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2, abs=0.25)


SETTINGS = {
    "cavity": Flow((32, 32), (1 / 32, 1 / 32), 1 / 400, LID),
    "two walls, wide, forced": Flow(
        (18, 31), (0.05, 0.04), 0.004, FlowSides(east=Wall(-0.5), north=Wall(1.0)), body_force=(0.3, -0.2)
    ),
    "profile and free slip": Flow((20, 24), (0.05, 0.05), 0.01, FlowSides(west=FreeSlip(), north=Wall(np.linspace(0, 2, 25)))),
    "through flow": Flow((12, 24), (0.05, 0.05), 0.01, FlowSides(Inflow(1.0), Inflow(-1.0), north=FreeSlip())),
}


@pytest.mark.parametrize("flow", SETTINGS.values(), ids=SETTINGS)
def test_marching_stays_where_newton_arrives(flow):
    """The steady state of the very scheme that marches, pressure included."""
    found = solve_newton(flow, tolerance=1e-11)
    start = flow.start(found.u, found.v)
    end = flow.advance(start, 0.5 * flow.stable_dt(start), 20)
    scale = np.abs(found.u).max()
    for name in ("u", "v", "p"):
        assert np.abs(getattr(end, name) - getattr(found, name)).max() < 1e-11 * max(scale, scale**2)
    assert np.abs(flow.divergence(start)).max() < 1e-11 * scale / min(flow.spacing)
    assert abs(found.p.mean()) < 1e-13


def test_marching_arrives_where_newton_does():
    flow = cavity(16, 100)
    marched = flow.steady(1e-9)
    found = solve_newton(flow)
    assert np.abs(marched.u - found.u).max() < 1e-7
    assert np.abs(marched.p - found.p).max() < 1e-7


def test_convergence_is_quadratic():
    """With new factors in each iteration the residual's exponent doubles; with old ones it takes more, cheaper iterations."""
    plain = solve_newton(cavity(32, 400), tolerance=1e-12, reuse=0.0)
    exponents = np.log10(np.array(plain.residuals[-4:-1]))
    assert exponents[2] / exponents[1] > 1.8
    assert plain.factorisations == plain.iterations
    thrifty = solve_newton(cavity(32, 400), tolerance=1e-12)
    assert thrifty.factorisations < plain.factorisations
    np.testing.assert_allclose(thrifty.psi, plain.psi, atol=1e-12)


@pytest.mark.parametrize("n", [16, 32, 64, 128])
@pytest.mark.parametrize("reynolds", [1, 100, 1000, 2000, 5000])
def test_converges_from_rest(n, reynolds):
    found = solve_newton(cavity(n, reynolds))
    assert found.residual <= 1e-8
    assert -0.13 < found.psi.min() < -0.06


@pytest.mark.parametrize("seed", range(12))
def test_converges_for_random_walls_and_shapes(seed):
    """Smooth random speeds of two walls, both signs, squares and 2:1 rectangles, Re 100 to 2000."""
    rng = np.random.default_rng(seed)
    n, rows = 32, int(rng.choice([16, 32, 64]))
    waves = [np.cos(np.outer(np.linspace(0, np.pi, m + 1), np.arange(5))) for m in (n, rows)]
    lid, wall = (w @ (rng.standard_normal(5) / np.arange(1, 6)) for w in waves)
    sides = FlowSides(north=Wall(lid / np.abs(lid).max()), west=Wall(wall / np.abs(wall).max()))
    found = solve_newton(cavity(n, 10 ** rng.uniform(2, 3.3), sides, rows))
    assert found.residual <= 1e-8
    assert np.abs(np.diff(found.u, axis=1) + np.diff(found.v, axis=0)).max() < 1e-13


def test_a_start_nearby_gives_the_same_flow_in_fewer_iterations():
    flow, target = cavity(32, 1000), solved(32, 1000)
    noisy = tuple(q + 0.01 * RNG.standard_normal(q.shape) for q in (target.u, target.v))
    near = solve_newton(flow, start=noisy, tolerance=1e-9, reuse=0.0)
    np.testing.assert_allclose(near.psi, target.psi, atol=1e-9)
    assert near.iterations <= 5
    again = solve_newton(flow, start=near.psi)
    assert again.iterations == 0
    np.testing.assert_array_equal(again.psi, near.psi)


def test_a_start_far_away_does_no_harm():
    found = solve_newton(cavity(32, 1000), start=100 * RNG.standard_normal((33, 33)), tolerance=1e-9)
    np.testing.assert_allclose(found.psi, solved(32, 1000).psi, atol=1e-9)


def test_one_correction_removes_most_of_the_error():
    target = solved(32, 400)
    rough = 1.05 * target.psi
    once, twice = (correct(cavity(32, 400), rough, n) for n in (1, 2))
    errors = [np.abs(psi - target.psi).max() for psi in (rough, once.psi, twice.psi)]
    assert errors[1] < 0.1 * errors[0]
    assert errors[2] < 0.1 * errors[1]
    assert (once.iterations, twice.iterations) == (1, 2)


def test_turned_cavities_give_turned_flows():
    """The lid in the north going east, and the wall in the east going south: a quarter turn."""
    still = solve_newton(cavity(24, 500), tolerance=1e-11)
    turned = solve_newton(cavity(24, 500, FlowSides(east=Wall(-1.0))), tolerance=1e-11)
    np.testing.assert_allclose(turned.psi, np.rot90(still.psi), atol=1e-11)
    np.testing.assert_allclose(turned.p, np.rot90(still.p), atol=1e-10)


def test_two_equal_walls_give_a_flow_that_is_symmetric_about_the_middle():
    found = solve_newton(cavity(20, 300, FlowSides(south=Wall(-1.0), north=Wall(1.0)), rows=41), tolerance=1e-11)
    np.testing.assert_allclose(found.psi, found.psi[::-1, ::-1], atol=1e-11)
    assert found.psi.min() < -0.05


def test_nothing_moves_without_a_cause():
    found = solve_newton(Flow((8, 9), (0.1, 0.1), 0.01, body_force=(0.0, -9.81)))
    assert np.abs(found.u).max() == 0
    np.testing.assert_allclose(np.diff(found.p, axis=0), -0.981, atol=1e-12)


def test_threads_do_not_disturb_each_other():
    flows = [cavity(32, reynolds) for reynolds in (100, 200, 400, 800)] * 2
    alone = [solve_newton(flow).psi for flow in flows]
    with ThreadPoolExecutor(4) as pool:
        np.testing.assert_array_equal(alone, [found.psi for found in pool.map(solve_newton, flows)])


BLOCK = np.zeros((8, 8), bool)
BLOCK[3:5, 3:5] = True


@pytest.mark.parametrize(
    ("flow", "options", "message"),
    [
        (
            Flow((8, 8), (0.1, 0.1), 0.1, FlowSides(Inflow(1.0), Outflow())),
            {},
            "side east is an outflow, where the streamfunction is",
        ),
        (Flow((8, 8), (0.1, 0.1), 0.1, obstacle=BLOCK), {}, "Newton's method knows no obstacles; use Flow.steady"),
        (
            Flow((8, 8), (0.1, 0.1), 0.1, scalars=(Scalar(0.1, buoyancy=1.0),)),
            {},
            "Newton's method knows no buoyancy; use Flow.steady",
        ),
        (Flow((8, 8), (0.1, 0.1), -1.0), {}, "viscosity=-1.0 m² s⁻¹ is out of range"),
        (cavity(8, 10), {"tolerance": 0.0}, "tolerance=0.0 m s⁻² is out of range; use a positive one"),
        (cavity(8, 10), {"start": np.zeros((8, 8))}, r"start \(8, 8\) must be finite and fit the \(9, 9\) corners"),
        (cavity(8, 10), {"start": np.full((9, 9), np.nan)}, r"start \(9, 9\) must be finite"),
        (cavity(8, 10), {"start": (np.zeros((8, 8)), np.zeros((9, 8)))}, r"u has shape \(8, 8\) and v \(9, 8\); use"),
    ],
)
def test_what_does_not_fit_is_refused(flow, options, message):
    with pytest.raises(UsageError, match=message):
        solve_newton(flow, **options)


def test_corrections_are_counted_from_one():
    with pytest.raises(UsageError, match="iterations=0 is out of range; use at least 1"):
        correct(cavity(8, 10), np.zeros((9, 9)), 0)


def test_no_convergence_says_what_to_do(monkeypatch):
    monkeypatch.setattr(flow_newton, "STAGES", 1)
    with pytest.raises(NumericalError, match=r"u, v on 16 × 16 cells still change by .* use more viscosity than 0.0002 m² s⁻¹"):
        solve_newton(cavity(16, 5000))
