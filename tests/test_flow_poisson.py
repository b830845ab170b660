"""The direct solver of the pressure equation against exact eigenfunctions, sparse matrices and series."""

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sparse
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.flow_modes import modes
from fieldgan.solvers.flow_poisson import plan_poisson, poisson_work, solve_poisson
from scipy.sparse.linalg import spsolve

RNG = np.random.default_rng(3)
PAIRS = [*product(("neumann", "dirichlet"), repeat=2), ("periodic", "periodic")]
CLOSED = [pair for pair in PAIRS if "dirichlet" not in pair]
SIZES = [(2, 2), (3, 2), (2, 5), (8, 8), (7, 12), (12, 7), (15, 11)]


def solve(rhs, spacing, kinds_x, kinds_y):
    plan = plan_poisson(*rhs.shape, *spacing, kinds_x, kinds_y, rhs.dtype)
    out = np.full_like(rhs, np.nan)
    work = poisson_work(plan)
    work[:] = np.nan
    solve_poisson(plan, rhs, out, work)
    return out


def second_difference(n, h, kinds):
    """δ² on n centres as a matrix, from its definition: neighbours across a side are 1, −1 or round the corner."""
    a = np.zeros((n, n))
    for i in range(n):
        a[i, i] -= 2
        for k, side in ((i - 1, kinds[0]), (i + 1, kinds[1])):
            if 0 <= k < n:
                a[i, k] += 1
            elif side == "periodic":
                a[i, k % n] += 1
            else:
                a[i, i] += 1 if side == "neumann" else -1
    return a / h**2


def laplacian(shape, spacing, kinds_x, kinds_y):
    along_y, along_x = second_difference(shape[0], spacing[0], kinds_y), second_difference(shape[1], spacing[1], kinds_x)
    return sparse.kron(along_y, sparse.eye_array(shape[1])) + sparse.kron(sparse.eye_array(shape[0]), along_x)


@pytest.mark.parametrize(("kinds_x", "kinds_y"), list(product(PAIRS, PAIRS)))
def test_random_right_hand_sides_against_a_sparse_solve(kinds_x, kinds_y):
    for shape in SIZES:
        spacing = (0.3, 0.2)
        a = laplacian(shape, spacing, kinds_x, kinds_y)
        rhs = RNG.standard_normal(shape)
        if kinds_x in CLOSED and kinds_y in CLOSED:
            out = solve(rhs, spacing, kinds_x, kinds_y)
            np.testing.assert_allclose(a @ out.ravel(), (rhs - rhs.mean()).ravel(), atol=1e-11)
            assert abs(out.mean()) < 1e-13
        else:
            exact = spsolve(a.tocsc(), rhs.ravel()).reshape(shape)
            np.testing.assert_allclose(solve(rhs, spacing, kinds_x, kinds_y), exact, atol=1e-13 * max(1, np.abs(exact).max()))


@pytest.mark.parametrize("shape", [(33, 64), (128, 20)])
def test_discrete_eigenfunctions_are_divided_by_their_eigenvalue(shape):
    """cos(π k (i+½)/n) and sin(π l (j+½)/n) with the eigenvalues (2 cos κ − 2)/h² of textbooks."""
    (ny, nx), (dy, dx), k, m = shape, (1 / 3, 1 / 7), 3, 5
    y, x = np.arange(ny)[:, None] + 0.5, np.arange(nx) + 0.5
    p = np.cos(np.pi * k * x / nx) * np.sin(np.pi * m * y / ny)
    eigenvalue = (2 * np.cos(np.pi * k / nx) - 2) / dx**2 + (2 * np.cos(np.pi * m / ny) - 2) / dy**2
    out = solve(eigenvalue * p, (dy, dx), ("neumann", "neumann"), ("dirichlet", "dirichlet"))
    np.testing.assert_allclose(out, p, atol=1e-12)


@pytest.mark.parametrize("kinds", PAIRS)
@pytest.mark.parametrize("n", [2, 3, 8, 9])
def test_modes_are_orthonormal_and_complete(n, kinds):
    found = modes(n, kinds)
    odds, mirror = found.odd.shape[1], found.odd[::-1]
    middle = np.zeros((found.even.shape[0] - odds, odds)) if odds else np.empty((n, 0))
    even = np.concatenate([found.even, found.even[: found.odd.shape[0]][::-1]])
    basis = np.hstack([even, np.concatenate([found.odd, middle, -mirror])])
    np.testing.assert_allclose(basis.T @ basis, np.eye(n), atol=1e-14)
    values = np.concatenate([found.even_values, found.odd_values])
    np.testing.assert_allclose(second_difference(n, 1.0, kinds) @ basis, -basis * values, atol=1e-13)


@pytest.mark.parametrize(("kinds_x", "kinds_y"), list(product(PAIRS, PAIRS)))
def test_single_precision_agrees_with_double(kinds_x, kinds_y):
    rhs = RNG.standard_normal((48, 64))
    double = solve(rhs, (1 / 48, 1 / 48), kinds_x, kinds_y)
    single = solve(rhs.astype(np.float32), (1 / 48, 1 / 48), kinds_x, kinds_y)
    assert single.dtype == np.float32
    assert np.abs(single - double).max() < 3e-6 * np.abs(double).max()


def test_the_solution_may_overwrite_the_right_hand_side():
    rhs = RNG.standard_normal((9, 14))
    plan = plan_poisson(9, 14, 0.1, 0.1, ("neumann", "neumann"), ("periodic", "periodic"))
    expected = solve(rhs, (0.1, 0.1), ("neumann", "neumann"), ("periodic", "periodic"))
    solve_poisson(plan, rhs, rhs, poisson_work(plan))
    np.testing.assert_array_equal(rhs, expected)


def test_a_heated_square_reaches_its_exact_maximum():
    """−∇²p = 1 with p = 0 on the sides of the unit square: maximum 0.0736713533 (tests/reference/heat_source_square.csv)."""
    held = ("dirichlet", "dirichlet")
    centre = [solve(np.full((n, n), -1.0), (1 / n, 1 / n), held, held)[n // 2, n // 2] for n in (45, 135)]
    assert (9 * centre[1] - centre[0]) / 8 == pytest.approx(0.0736713533, abs=2e-8)
    assert abs(centre[1] - 0.0736713533) < 2e-5


def test_large_grids_leave_a_residual_at_round_off():
    for shape, kinds in (((256, 192), ("neumann", "neumann")), ((300, 258), ("periodic", "periodic"))):
        rhs = RNG.standard_normal(shape)
        rhs -= rhs.mean()
        a = laplacian(shape, (1.0, 1.0), kinds, kinds)
        assert np.abs(a @ solve(rhs, (1.0, 1.0), kinds, kinds).ravel() - rhs.ravel()).max() < 1e-10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 8, 0.1, 0.1, PAIRS[0], PAIRS[0]), "1 × 8 cells are too few for a pressure equation; use at least 2 × 2"),
        ((8, 8, 0.0, 0.1, PAIRS[0], PAIRS[0]), r"spacing \(0.0, 0.1\) m is out of range; use positive numbers"),
        ((8, 8, 0.1, 0.1, ("wall", "wall"), PAIRS[0]), "unknown kind 'wall' of side in x; known are neumann, dirichlet"),
        ((8, 8, 0.1, 0.1, PAIRS[0], ("periodic", "neumann")), "in y: one side is periodic and the other is not; make both"),
    ],
)
def test_impossible_plans_are_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        plan_poisson(*arguments)
