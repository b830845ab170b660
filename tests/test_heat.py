"""Steady heat: against a dense oracle, closed forms, and across methods, precisions and threads; bad input."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from dense_heat import dense_heat
from fieldgan.solvers.boundary import Dirichlet, Neumann, Periodic, Robin, Sides
from fieldgan.solvers.errors import NumericalError, UsageError
from fieldgan.solvers.heat import Heat, residual, solve_steady

NAMES = ("west", "east", "south", "north")


def random_problem(seed, ny, nx, holes=True, periodic_x=False):
    """Lognormal conductivity, partly held, convective and heated sides, holes of both kinds."""
    rng = np.random.default_rng(seed)
    length = {"west": ny, "east": ny, "south": nx, "north": nx}
    h = {s: rng.choice([0.0, 0.5, 20.0, np.inf], n) for s, n in length.items()}
    h["south"][0] = np.inf
    if periodic_x:
        h["west"][:], h["east"][:] = 0, 0
    ambient = {s: rng.standard_normal(n) for s, n in length.items()}
    closed = ("west", "east") if periodic_x else ()
    flux = {s: np.where(np.isinf(h[s]), 0, rng.standard_normal(n)) * (s not in closed) for s, n in length.items()}
    hole = np.zeros((ny, nx), bool)
    if holes:
        hole[ny // 3 : ny // 2, nx // 4 : nx // 2] = True
        hole[-2:, -1] = True
    held = np.where(np.arange(nx) < nx // 2, 0.7, np.nan) * np.ones((ny, 1))
    return {
        "k": np.exp(1.5 * rng.standard_normal((ny, nx))), "q": rng.standard_normal((ny, nx)), "dy": 0.1, "dx": 0.13,
        "h": h, "ambient": ambient, "flux": flux, "hole": hole, "held": held,
    }  # fmt: skip


def arrays(p):
    sides = [[p[name][side] for side in NAMES] for name in ("h", "ambient", "flux")]
    return (p["k"], p["q"], (p["dy"], p["dx"]), *sides, p["hole"], p["held"])


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 4), (13, 8), (12, 21)])
@pytest.mark.parametrize("method", ["multigrid", "direct"])
def test_any_mix_of_sides_sources_and_holes_solves_the_dense_equations(shape, method):
    p = random_problem(sum(shape), *shape, holes=min(shape) > 3)
    expected = np.linalg.solve(*dense_heat(**p)).reshape(shape)
    expected[p["hole"]] = np.nan_to_num(p["held"][p["hole"]])
    state = solve_steady(*arrays(p), tolerance=1e-12, method=method)
    np.testing.assert_allclose(state.temperature, expected, atol=1e-9 * np.abs(expected).max())
    assert state.residual < 1e-10
    assert residual(expected, *arrays(p)) < 1e-12


@pytest.mark.parametrize("shape", [(6, 7), (9, 16), (5, 1), (16, 4)])
@pytest.mark.parametrize("along", ["x", "y"])
def test_periodic_sides_solve_the_dense_equations(shape, along):
    p = random_problem(3, *shape, holes=False, periodic_x=True)
    pair = {"west": Periodic(), "east": Periodic()}
    others = {s: Robin(p["h"][s], p["ambient"][s]) for s in ("south", "north")}
    p["flux"] = {s: 0 * f for s, f in p["flux"].items()}
    a, b = dense_heat(**p, periodic_x=True)
    expected = np.linalg.solve(a, b).reshape(shape)
    k, q, spacing = p["k"], p["q"], (p["dy"], p["dx"])
    if along == "y":
        k, q, spacing, expected = k.T.copy(), q.T.copy(), spacing[::-1], expected.T
        pair = {"south": Periodic(), "north": Periodic()}
        others = {"west": others["south"], "east": others["north"]}
    state = Heat(k, spacing, Sides(**pair, **others), q).steady(1e-12)
    np.testing.assert_allclose(state.temperature, expected, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("shape", [(33, 20), (64, 64), (65, 129), (100, 3)])
@pytest.mark.parametrize(("contrast", "caution"), [(1.0, 3), (1e4, 20)])
def test_multigrid_agrees_with_sparse_lu_and_its_error_estimate_is_one(shape, contrast, caution):
    rng = np.random.default_rng(7)
    k = np.where(rng.random((shape[0] // 3 + 1, shape[1] // 3 + 1)) < 0.5, 1.0, contrast).repeat(3, 0).repeat(3, 1)
    plate = Heat(k[: shape[0], : shape[1]], (0.1, 0.1), Sides(west=Robin(3.0, 2.0)), source=rng.standard_normal(shape))
    exact = plate.steady(method="direct").temperature
    for tolerance in (1e-2, 1e-4, 1e-6):
        state = plate.steady(tolerance)
        error = relative_energy(plate, state.temperature - exact, exact)
        assert error <= tolerance
        assert 0.7 * error <= state.error_estimate <= max(caution * error, 1e-9), (tolerance, error)


def relative_energy(plate, error, solution):
    """‖error‖_A/‖solution − best uniform temperature‖_A, by the definition of the energy norm."""
    west, south, sink, supply = plate.stencil[:4]

    def energy(v):
        inner = (west[1:-1, 2:-1] * np.diff(v, axis=1) ** 2).sum() + (south[2:-1, 1:-1] * np.diff(v, axis=0) ** 2).sum()
        return inner + (sink[1:-1, 1:-1] * v**2).sum()

    return np.sqrt(energy(error) / energy(solution - supply.sum() / sink.sum()))


def test_insulated_body_takes_the_mean_it_is_given():
    rng = np.random.default_rng(0)
    q = rng.standard_normal((20, 31))
    q -= q.mean()
    plate = Heat(np.exp(rng.standard_normal((20, 31))), (0.1, 0.2), source=q)
    for method in ("multigrid", "direct"):
        state = plate.steady(1e-12, method, mean=5.0)
        assert state.temperature.mean() == pytest.approx(5.0, abs=1e-10)
        assert plate.residual(state.temperature) < 1e-9
    assert plate.steady(1e-12).temperature.mean() == pytest.approx(0.0, abs=1e-10)


def test_an_imbalance_that_cannot_leave_is_named():
    plate = Heat(np.ones((4, 4)), (0.5, 0.5), Sides(west=Neumann(1.0)), source=0.25)
    with pytest.raises(UsageError, match="supply 3 W per metre of depth that cannot leave"):
        plate.steady()
    balanced = Heat(np.ones((4, 4)), (0.5, 0.5), Sides(west=Neumann(1.0), east=Neumann(-1.0)))
    x = (np.arange(4) + 0.5) * 0.5
    np.testing.assert_allclose(balanced.steady().temperature, np.tile(x.mean() - x, (4, 1)), atol=1e-9)


def test_convection_gives_the_biot_profile():
    """T = 1 at x = 0 and −k T′ = h T at x = L: T = 1 − x h/(k + h L)."""
    k, h = 2.0, 7.0
    slab = Heat(np.full((3, 10), k), (0.1, 0.1), Sides(west=Dirichlet(1.0), east=Robin(h, 0.0)))
    x = (np.arange(10) + 0.5) / 10
    np.testing.assert_allclose(slab.steady(1e-13).temperature[1], 1 - x * h / (k + h), atol=1e-12)


def test_a_body_cut_in_two_by_an_insulated_slit_keeps_both_parts():
    hole = np.zeros((16, 17), bool)
    hole[:, 8] = True
    plate = Heat(np.ones((16, 17)), (1, 1), Sides(west=Dirichlet(1.0), east=Dirichlet(3.0)), hole=hole)
    temperature = plate.steady().temperature
    np.testing.assert_allclose(temperature[:, :8], 1, atol=1e-8)
    np.testing.assert_allclose(temperature[:, 9:], 3, atol=1e-8)
    assert (temperature[:, 8] == 0).all()


def test_threads_get_the_same_answers_as_one():
    problems = [arrays(random_problem(seed, 48, 40)) for seed in range(8)]
    alone = [solve_steady(*p).temperature for p in problems]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda p: solve_steady(*p).temperature, problems * 3))
    for expected, got in zip(alone * 3, together, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_single_precision_input_is_solved_in_double():
    p = random_problem(1, 20, 20)
    single = {**p, "k": p["k"].astype(np.float32), "q": p["q"].astype(np.float32)}
    state = solve_steady(*arrays(single))
    assert state.residual < 1e-8
    np.testing.assert_allclose(state.temperature, solve_steady(*arrays(p)).temperature, atol=1e-4)


ONES = np.ones((4, 5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"conductivity": -ONES}, r"conductivity=-1 W m⁻¹ K⁻¹ in cell \(0, 0\) is out of range; use 0 < k < inf"),
        ({"conductivity": ONES * np.nan}, "conductivity=nan"),
        ({"conductivity": np.ones(4)}, r"shape \(4,\); use \(ny, nx\)"),
        ({"conductivity": np.ones((0, 3))}, r"use \(ny, nx\) with 1 to"),
        ({"spacing": (0.1, 0.0)}, r"spacing=\(0.1, 0.0\) m is out of range"),
        ({"source": np.full((4, 5), np.inf)}, "source=inf"),
        ({"source": np.zeros((3, 3))}, r"\(3, 3\)"),
        ({"hole": np.ones((4, 5), bool)}, "hole covers all cells"),
        ({"hole": np.zeros((2, 2), bool)}, "give both on one grid"),
        ({"sides": Sides(west=Robin(-1.0, 0.0))}, "west transfer coefficient has -1"),
        ({"sides": Sides(north=Dirichlet(np.nan))}, "north ambient temperature has a value that is not finite"),
        ({"sides": Sides(south=Dirichlet(np.zeros(4)))}, r"south ambient temperature has shape \(4,\); use one value or 5"),
        ({"sides": Sides(west=Periodic())}, "side west is periodic and east is not"),
    ],
)
def test_bad_input_is_told_in_one_line(arguments, message):
    with pytest.raises(UsageError, match=message) as caught:
        Heat(**{"conductivity": ONES, "spacing": (0.1, 0.1), **arguments}).steady()
    assert "\n" not in str(caught.value)


def test_bad_options_are_told_in_one_line():
    plate = Heat(ONES, (0.1, 0.1), Sides(west=Dirichlet(0.0)), source=1.0)
    with pytest.raises(UsageError, match="unknown method 'magic'; known are multigrid, direct"):
        plate.steady(method="magic")
    with pytest.raises(UsageError, match="tolerance=1 is out of range"):
        plate.steady(tolerance=1.0)


def test_a_solve_that_does_not_converge_says_so(monkeypatch):
    from fieldgan.solvers import steady

    monkeypatch.setattr(steady, "conjugate_gradients", lambda *_: (ONES, 0.1, 0.5, 200))
    with pytest.raises(NumericalError, match=r"estimated error 5.0e-01 after 200 iterations misses the tolerance"):
        Heat(ONES, (0.1, 0.1), Sides(west=Dirichlet(0.0)), source=1.0).steady()
