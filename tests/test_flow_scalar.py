"""Passive scalars: bounds, conservation, order, sides, sources, buoyancy."""

import numpy as np
import pytest
from fieldgan.solvers.boundary import Dirichlet, Neumann, Robin, Sides
from fieldgan.solvers.boundary import Periodic as Joined
from fieldgan.solvers.flow import Flow, Scalar
from fieldgan.solvers.flow_sides import FlowSides, FreeSlip, Inflow, Outflow, Periodic, Wall
from fieldgan.solvers.validation.checks import observed_order
from hypothesis import given, settings
from hypothesis import strategies as st

TORUS = FlowSides(Periodic(), Periodic(), Periodic(), Periodic())
CLOSED = {"torus": TORUS, "walls": FlowSides(north=Wall(1.0)), "strip": FlowSides(Periodic(), Periodic(), FreeSlip(), Wall(-1.0))}


@settings(max_examples=20, deadline=None)
@given(
    sides=st.sampled_from(sorted(CLOSED)),
    seed=st.integers(0, 10**6),
    diffusivity=st.sampled_from([0.0, 1e-3]),
    blocked=st.booleans(),
)
def test_bounds_and_amounts_are_kept_in_any_flow(sides, seed, diffusivity, blocked):
    """Random blobs of zeros and ones in a random flow stay within [0, 1], and none is lost, however steep."""
    rng = np.random.default_rng(seed)
    solid = (rng.random((13, 17)) < 0.1) & blocked
    flow = Flow((13, 17), (0.08, 0.06), 0.005, CLOSED[sides], solid, scalars=(Scalar(diffusivity), Scalar(0.0)))
    blobs = (rng.random((2, 13, 17)) < 0.5).astype(float)
    state = flow.start(rng.standard_normal((13, 18)), rng.standard_normal((14, 17)), blobs)
    for _ in range(3):
        state = flow.march(state, state.time + 0.05, courant=1.0)
        for q, blob in zip(state.scalars, blobs, strict=True):
            assert q.min() > -1e-12
            assert q.max() < 1 + 1e-12
            assert q[~solid].sum() == pytest.approx(blob[~solid].sum(), rel=1e-12)


@pytest.mark.parametrize("diffusivity", [0.0, 1e-4, 0.05])
def test_bounds_are_kept_where_a_front_comes_in(diffusivity):
    """Clean air blows into smoke, by the longest steps: what stays in the first cell is no less than clean."""
    sides = FlowSides(Inflow(1.0), Outflow(), FreeSlip(), FreeSlip())
    flow = Flow((4, 24), (0.1, 0.1), 1e-3, sides, scalars=(Scalar(diffusivity, Sides(west=Dirichlet(0.0))),))
    state = flow.start(1.0, scalars=[1.0])
    for _ in range(12):
        state = flow.march(state, state.time + 0.25, courant=1.0)
        assert state.scalars[0].min() > -1e-12
        assert state.scalars[0].max() < 1 + 1e-12


def test_a_uniform_scalar_stays_uniform():
    flow = Flow((12, 16), (0.1, 0.1), 0.01, FlowSides(north=Wall(1.0)), scalars=(Scalar(0.01),))
    state = flow.march(flow.start(scalars=[2.5]), 1.0)
    np.testing.assert_allclose(state.scalars[0], 2.5, rtol=1e-12)


def drifting_errors(n):
    """Mean errors of a smooth profile that a uniform flow has carried once around a periodic box: of all, and off its ridges."""
    x = (np.arange(n) + 0.5) / n
    blob = np.exp(np.cos(2 * np.pi * x) + np.cos(2 * np.pi * x[:, None]))
    flow = Flow((n, n), (1 / n, 1 / n), 0.01, TORUS, scalars=(Scalar(0.0),))
    error, steep = np.abs(flow.march(flow.start(1.0, 1.0, [blob]), 1.0).scalars[0] - blob), np.abs(np.sin(2 * np.pi * x)) > 0.6
    return error.mean(), error[steep][:, steep].mean()


def test_order_on_a_smooth_profile():
    """Limiters flatten extrema, which leaves five thirds of an order in the mean; elsewhere it is two or better."""
    grids = (32, 64, 128)
    mean, steep = zip(*(drifting_errors(n) for n in grids), strict=True)
    assert observed_order([1 / n for n in grids], mean) == pytest.approx(5 / 3, abs=0.1)
    assert observed_order([1 / n for n in grids], steep) > Flow.order


@pytest.mark.parametrize("diffusivity", [2e-3, 0.01, 0.05])
def test_order_of_a_wave_that_drifts_and_fades(diffusivity):
    """By the longest steps, from those that the drift limits to those that diffusion does."""

    def wave(x, time):
        fading = np.exp(-8 * np.pi**2 * diffusivity * time)
        return fading * np.sin(2 * np.pi * (x - 0.7 * time)) * np.sin(2 * np.pi * (x[:, None] + 0.4 * time))

    def error(n):
        x = (np.arange(n) + 0.5) / n
        flow = Flow((n, n), (1 / n, 1 / n), 0.01, TORUS, scalars=(Scalar(diffusivity),))
        return np.abs(flow.march(flow.start(0.7, -0.4, [wave(x, 0.0)]), 1.0, 1.0).scalars[0] - wave(x, 1.0)).mean()

    grids = (32, 64, 128)
    assert observed_order([1 / n for n in grids], [error(n) for n in grids]) > Flow.order - 0.25


def test_diffusion_damps_a_wave_at_the_exact_rate():
    n, kappa = 64, 0.05
    wave = np.cos(2 * np.pi * (np.arange(n) + 0.5) / n) * np.ones((8, 1))
    flow = Flow((8, n), (1 / n, 1 / n), 0.01, TORUS, scalars=(Scalar(kappa),))
    state = flow.march(flow.start(scalars=[wave]), 0.5)
    np.testing.assert_allclose(state.scalars[0], wave * np.exp(-kappa * 4 * np.pi**2 * 0.5), atol=1e-3)


def test_a_steady_flow_has_steady_scalars():
    """The velocity is steady from the start; the scalar takes a diffusion time to reach its line."""
    flow = Flow((4, 12), (1 / 12, 1 / 12), 0.5, scalars=(Scalar(0.1, Sides(Dirichlet(0.0), Dirichlet(1.0))),))
    line = (np.arange(12) + 0.5) / 12 * np.ones((4, 1))
    np.testing.assert_allclose(flow.steady(1e-9).scalars[0], line, atol=1e-8)


def test_sources_fill_a_closed_box():
    source = np.random.default_rng(1).random((12, 12))
    flow = Flow((12, 12), (0.1, 0.1), 0.02, FlowSides(north=Wall(1.0)), scalars=(Scalar(0.01, source=source),))
    state = flow.march(flow.start(), 2.0)
    assert state.scalars[0].sum() == pytest.approx(2.0 * source.sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("west", "east", "left", "right"),
    [
        (Dirichlet(1.0), Dirichlet(3.0), 1.0, 3.0),
        (Dirichlet(1.0), Neumann(0.5), 1.0, 2.0),
        (Robin(2.0, 0.0), Dirichlet(3.0), 0.6, 3.0),
    ],
    ids=["held", "flux", "exchange"],
)
def test_conduction_through_resting_fluid_is_linear(west, east, left, right):
    """κ = ½, length 1: a flux of ½ needs the slope 1, and an exchange of 2 q(0) the slope 4 q(0) = 3 − q(0)."""
    n = 16
    flow = Flow((4, n), (1 / n, 1 / n), 0.5, scalars=(Scalar(0.5, Sides(west=west, east=east)),))
    state = flow.march(flow.start(), 12.0)
    line = left + (right - left) * (np.arange(n) + 0.5) / n
    np.testing.assert_allclose(state.scalars[0], np.broadcast_to(line, (4, n)), atol=1e-6)


def test_inflow_brings_its_value_and_outflow_lets_it_go():
    sides = FlowSides(Inflow(1.0), Outflow(), FreeSlip(), FreeSlip())
    flow = Flow((6, 24), (0.1, 0.1), 0.02, sides, scalars=(Scalar(0.0, Sides(west=Dirichlet(0.7))), Scalar(1e-3)))
    state = flow.march(flow.start(u=1.0, scalars=[0.0, 1.0]), 12.0)
    np.testing.assert_allclose(state.scalars[0], 0.7, atol=1e-8)
    np.testing.assert_allclose(state.scalars[1], 0.0, atol=1e-8)


def test_stratified_fluid_rests_on_its_pressure():
    """∂p/∂y = β q for a scalar that depends on height alone."""
    n = 16
    q = np.linspace(0, 1, n)[:, None] ** 2 * np.ones(n)
    flow = Flow((n, n), (1 / n, 1 / n), 0.01, scalars=(Scalar(0.0, buoyancy=3.0),))
    state = flow.advance(flow.start(scalars=[q]), 0.01, 30)
    np.testing.assert_allclose(state.u, 0.0, atol=1e-13)
    np.testing.assert_allclose(np.diff(state.p, axis=0) * n, 3.0 * (q[1:] + q[:-1]) / 2, atol=1e-11)


def test_buoyancy_acts_across_a_periodic_seam():
    """A box that is periodic in y accelerates as β q when q is uniform."""
    flow = Flow((8, 8), (0.1, 0.1), 0.01, TORUS, scalars=(Scalar(0.0, buoyancy=2.0), Scalar(0.0, buoyancy=-0.5)))
    state = flow.advance(flow.start(scalars=[0.25, 0.5]), 0.02, 10)
    np.testing.assert_allclose(state.v, (2.0 * 0.25 - 0.5 * 0.5) * 0.2, atol=1e-13)


def test_sides_of_a_scalar_follow_the_flow_unless_given():
    given_sides = Sides(Joined(), Joined(), Neumann(), Neumann())
    strip = FlowSides(Periodic(), Periodic(), Wall(), Wall(1.0))
    blob = np.random.default_rng(2).random((8, 10))
    ends = []
    for sides in (None, given_sides):
        flow = Flow((8, 10), (0.1, 0.1), 0.01, strip, scalars=(Scalar(1e-3, sides),))
        ends.append(flow.march(flow.start(u=1.0, scalars=[blob]), 0.5).scalars[0])
    np.testing.assert_array_equal(*ends)


def test_single_precision_scalars_agree_with_double():
    flow = Flow((16, 16), (1 / 16, 1 / 16), 0.01, FlowSides(north=Wall(1.0)), scalars=(Scalar(1e-3, buoyancy=0.5),))
    x = (np.arange(16) + 0.5) / 16
    blob = np.exp(-20 * ((x - 0.5) ** 2 + (x[:, None] - 0.6) ** 2))
    double, single = (flow.march(flow.start(scalars=[blob], dtype=kind), 0.5).scalars[0] for kind in (np.float64, np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, atol=1e-5)
