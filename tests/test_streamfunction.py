"""Streamfunction and velocities: projection by its defining properties; the Jacobian against the momentum equation."""

import numpy as np
import pytest
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.flow_balance import imbalance, prepare_balance
from fieldgan.solvers.flow_jacobian import jacobian
from fieldgan.solvers.flow_sides import FlowSides, FreeSlip, Inflow, Outflow, Periodic, Wall, check_sides
from fieldgan.solvers.streamfunction import project_to_streamfunction, rim_streamfunction, velocities

RNG = np.random.default_rng(5)
SHAPE, SPACING = (6, 9), (0.3, 0.2)
THROUGH = FlowSides(
    Inflow(np.linspace(0.5, 1.5, 6), 0.3), Inflow(-np.linspace(1.2, 0.8, 6)), Wall(np.linspace(-1, 1, 10)), FreeSlip()
)
SIDES = {"cavity": FlowSides(north=Wall(1.0), west=Wall(np.linspace(0, 1, 7))), "channel": THROUGH}


def divergence(u, v):
    return np.diff(u, axis=1) / SPACING[1] + np.diff(v, axis=0) / SPACING[0]


def random_flow(sides):
    """A random streamfunction that meets the sides."""
    psi = rim_streamfunction(check_sides(sides, SHAPE, SPACING), SPACING)
    psi[1:-1, 1:-1] = RNG.standard_normal((5, 8))
    return psi


@pytest.mark.parametrize("sides", SIDES.values(), ids=SIDES)
def test_projection_returns_the_streamfunction_of_a_divergence_free_flow(sides):
    psi = random_flow(sides)
    np.testing.assert_allclose(project_to_streamfunction(*velocities(psi, SPACING), SPACING, sides), psi, atol=1e-13)


@pytest.mark.parametrize("sides", SIDES.values(), ids=SIDES)
def test_projection_is_divergence_free_meets_the_sides_and_is_the_closest(sides):
    """What it takes away is orthogonal to every flow that is divergence-free and stands still on the rim."""
    u, v = RNG.standard_normal((6, 10)), RNG.standard_normal((7, 9))
    psi = project_to_streamfunction(u, v, SPACING, sides)
    near_u, near_v = velocities(psi, SPACING)
    assert np.abs(divergence(near_u, near_v)).max() < 1e-12
    rim = check_sides(sides, SHAPE, SPACING)
    np.testing.assert_allclose(near_u[:, 0], rim.through_west, atol=1e-12)
    np.testing.assert_allclose(near_u[:, -1], rim.through_east, atol=1e-12)
    np.testing.assert_allclose(near_v[-1], rim.through_north, atol=1e-12)
    other = np.zeros((7, 10))
    other[1:-1, 1:-1] = RNG.standard_normal((5, 8))
    other_u, other_v = velocities(other, SPACING)
    inside_u, inside_v = (u - near_u)[:, 1:-1], (v - near_v)[1:-1]
    product = (inside_u * other_u[:, 1:-1]).sum() + (inside_v * other_v[1:-1]).sum()
    assert abs(product) < 1e-11


def test_projection_lowers_the_error_of_noisy_velocities():
    psi = random_flow(SIDES["cavity"])
    exact = velocities(psi, SPACING)
    noisy = [q + 0.1 * RNG.standard_normal(q.shape) for q in exact]
    near = velocities(project_to_streamfunction(*noisy, SPACING, SIDES["cavity"]), SPACING)
    before, after = (sum(((a - b) ** 2).sum() for a, b in zip(pair, exact, strict=True)) for pair in (noisy, near))
    assert after < 0.7 * before


def curl(psi, sides):
    """Of the momentum equation without pressure, at the inner corners."""
    balance = prepare_balance(SHAPE, SPACING)
    imbalance(psi, SPACING, 0.1, (0.3, -0.2), check_sides(sides, SHAPE, SPACING), balance)
    return balance.curl


def linear(psi, change, sides, share):
    """The Jacobian at ψ times a change of its inner values."""
    out, padded = np.empty((5, 8, 5, 5)), np.pad(change[1:-1, 1:-1], 2)
    jacobian(psi, *SPACING, 0.1, check_sides(sides, SHAPE, SPACING).kinds, share, out)
    return sum(out[:, :, a, b] * padded[a : a + 5, b : b + 8] for a in range(5) for b in range(5))


@pytest.mark.parametrize("sides", SIDES.values(), ids=SIDES)
def test_jacobian_is_the_derivative_of_the_curl_of_the_momentum_equation(sides):
    """Central differences of a quadratic function are exact."""
    psi, change = random_flow(sides), np.pad(RNG.standard_normal((5, 8)), 1)
    expected = (curl(psi + change, sides) - curl(psi - change, sides)) / 2
    np.testing.assert_allclose(linear(psi, change, sides, 1.0), expected, atol=1e-11 * np.abs(expected).max())


def test_picards_linearisation_times_the_flow_itself_is_the_equation():
    """Advection is quadratic in ψ: its derivative would count it twice."""
    sides = SIDES["cavity"]
    psi = random_flow(sides)
    expected = curl(psi, sides) - curl(0 * psi, sides)
    np.testing.assert_allclose(linear(psi, psi, sides, 0.0), expected, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("u", "v", "sides", "message"),
    [
        (np.zeros((6, 10)), np.zeros((6, 9)), FlowSides(), r"use \(ny, nx\+1\) and \(ny\+1, nx\)"),
        (np.zeros((6, 10)), np.full((7, 9), np.nan), FlowSides(), "use finite velocities"),
        (
            np.zeros((6, 10)),
            np.zeros((7, 9)),
            FlowSides(west=Inflow(1.0), east=Outflow()),
            r"side east is an outflow, .*; use Wall",
        ),
        (
            np.zeros((6, 10)),
            np.zeros((7, 9)),
            FlowSides(Periodic(), Periodic()),
            "side west is periodic, where the streamfunction",
        ),
    ],
)
def test_velocities_without_a_known_rim_are_refused(u, v, sides, message):
    with pytest.raises(UsageError, match=message):
        project_to_streamfunction(u, v, SPACING, sides)
