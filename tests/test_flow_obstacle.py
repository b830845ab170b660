"""Obstacles in a flow: divergence, walls, seams, forces on them, vortices behind them."""

import numpy as np
import pytest
from fieldgan.solvers import flow_projection
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.flow import Flow
from fieldgan.solvers.flow_sides import FlowSides, FreeSlip, Inflow, Outflow, Periodic, Wall
from flow_cases import TORUS, box, channel, disc, largest_divergence, random_flow
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(params=["direct", "iterative"])
def solver_beside_obstacles(request, monkeypatch):
    """Small obstacles get a direct pressure solver, large ones conjugate gradients; here all get one or the other."""
    if request.param == "iterative":
        monkeypatch.setattr(flow_projection, "MOST_FACES", 0)
    return {"direct": 1e-12, "iterative": 1e-8}[request.param]


def test_what_flows_in_flows_out_beside_an_obstacle(solver_beside_obstacles):
    solid = disc((24, 48), (1 / 24, 1 / 24), 0.6, 0.45, 0.15)
    flow = channel(obstacle=solid)
    state = flow.start()
    for _ in range(4):
        state = flow.march(state, state.time + 0.1)
        assert state.u[:, -1].sum() / 24 == pytest.approx(1.0, abs=1e-12)
        assert largest_divergence(flow, state) < solver_beside_obstacles
        np.testing.assert_allclose(state.u.sum(axis=0) / 24, 1.0, atol=10 * solver_beside_obstacles)
        assert (state.u[:, :-1][solid] == 0).all()
        assert (state.v[1:][solid] == 0).all()


@settings(max_examples=20, deadline=None)
@given(sides=st.sampled_from([TORUS, FlowSides(north=Wall(1.0))]), share=st.floats(0, 0.7), seed=st.integers(0, 10**6))
def test_any_cells_may_be_solid(sides, share, seed):
    """Scattered cells, pockets without a way out and lone fluid cells leave the flow divergence-free and their faces at rest."""
    solid = np.random.default_rng(seed).random((12, 15)) < share
    solid[3, 4] = False
    flow = Flow((12, 15), (0.1, 0.08), 0.02, sides, solid)
    state = flow.march(random_flow(flow, seed), 0.02)
    assert np.abs(flow.divergence(state)).max() < 1e-10
    assert (state.u[:, 1:][solid] == 0).all()
    assert (state.u[:, :-1][solid] == 0).all()
    assert (state.v[1:][solid] == 0).all()
    assert (state.v[:-1][solid] == 0).all()


def test_an_obstacle_along_a_side_is_a_wall(solver_beside_obstacles):
    """A cavity of which four columns and three rows are solid is a smaller cavity."""
    solid = np.zeros((19, 20), bool)
    solid[:3] = True
    solid[:, :4] = True
    lid = np.concatenate([np.zeros(4), np.sin(np.linspace(0, np.pi, 17))])
    wide = Flow((19, 20), (1 / 16, 1 / 16), 0.01, FlowSides(north=Wall(lid)), solid)
    narrow = Flow((16, 16), (1 / 16, 1 / 16), 0.01, FlowSides(north=Wall(lid[4:])))
    one, other = wide.march(wide.start(), 1.0), narrow.march(narrow.start(), 1.0)
    np.testing.assert_allclose(one.u[3:, 4:], other.u, atol=solver_beside_obstacles)
    np.testing.assert_allclose(one.v[3:, 4:], other.v, atol=solver_beside_obstacles)
    np.testing.assert_allclose(one.p[3:, 4:], other.p, atol=10 * solver_beside_obstacles)


def test_an_obstacle_across_a_periodic_seam_is_one_moved_into_the_middle():
    flow = box(16, 0.02, sides=TORUS, body_force=(1.0, 0.5), obstacle=disc((16, 16), (1 / 16, 1 / 16), 0.5, 0.5, 0.2))
    moved = box(16, 0.02, sides=TORUS, body_force=(1.0, 0.5), obstacle=np.roll(flow.obstacle, (8, 8), (0, 1)))
    one, other = flow.march(flow.start(), 0.2), moved.march(moved.start(), 0.2)
    np.testing.assert_allclose(np.roll(one.u[:, 1:], (8, 8), (0, 1)), other.u[:, 1:], atol=1e-12)
    np.testing.assert_allclose(np.roll(one.v[1:], (8, 8), (0, 1)), other.v[1:], atol=1e-12)
    np.testing.assert_allclose(flow.forces(one), moved.forces(other), rtol=1e-9)


def test_drag_balances_the_force_that_drives_a_steady_flow():
    """In a periodic box the obstacle takes up all the momentum that the body force supplies to free faces."""
    solid = disc((20, 20), (0.05, 0.05), 0.5, 0.4, 0.17)
    flow = Flow((20, 20), (0.05, 0.05), 0.1, FlowSides(Periodic(), Periodic(), Wall(), Wall()), solid, body_force=(2.0, 0.0))
    free = Flow((20, 20), (0.05, 0.05), 0.1, TORUS, solid, body_force=(2.0, 0.0))
    state = free.steady(1e-9)
    faces = (~(solid | np.roll(solid, 1, axis=1))).sum()
    drag, lift = free.forces(state)
    assert drag == pytest.approx(2.0 * faces * 0.05**2, rel=1e-6)
    assert abs(lift) < 1e-6 * drag
    between = flow.steady(1e-9)
    shear = 0.1 * (between.u[0, 1:].sum() + between.u[-1, 1:].sum()) * 2 / 0.05 * 0.05
    assert flow.forces(between)[0] + shear == pytest.approx(2.0 * faces * 0.05**2, rel=1e-6)


def test_pressure_difference_between_points_beside_an_obstacle():
    """A linear pressure is interpolated exactly in the fluid; solid cells do not count."""
    solid = disc((10, 20), (0.1, 0.1), 1.0, 0.5, 0.25)
    flow = channel(10, 20, obstacle=solid)
    x = (np.arange(20) + 0.5) / 10 * np.ones((10, 1))
    state = flow.start()._replace(p=np.where(solid, 0.0, 5 * x))
    assert flow.pressure_difference(state, (0.33, 0.71), (1.58, 0.2)) == pytest.approx(5 * (0.33 - 1.58))
    assert flow.pressure_difference(state, (0.8, 0.5), (1.2, 0.5)) == pytest.approx(5 * (0.75 - 1.25))
    with pytest.raises(UsageError, match=r"point \(1.0, 0.5\) m lies outside the fluid"):
        flow.pressure_difference(state, (1.0, 0.5), (1.3, 0.5))


def shedding_frequency(flow, state, samples):
    """Frequency of the lift from its upward zero crossings, quarter of a second apart."""
    lift = []
    for _ in range(samples):
        state = flow.march(state, state.time + 0.25)
        lift.append(flow.forces(state)[1])
    lift = np.array(lift) - np.mean(lift)
    up = np.flatnonzero((lift[:-1] < 0) & (lift[1:] >= 0))
    times = 0.25 * (up - lift[up] / (lift[up + 1] - lift[up]))
    return 1 / np.diff(times).mean()


def test_a_cylinder_sheds_vortices_at_the_measured_frequency():
    """St = −3.3265/Re + 0.1816 + 1.6e-4 Re = 0.1643 at Re 100, Williamson (1988); here with eight cells per diameter."""
    h, (ny, nx) = 1 / 8, (128, 224)
    x, y = np.arange(nx) * h - 10, np.arange(ny + 1)[:, None] * h - 8
    sides = FlowSides(Inflow(1.0), Outflow(), FreeSlip(), FreeSlip())
    flow = Flow((ny, nx), (h, h), 1 / 100, sides, disc((ny, nx), (h, h), 8.0, 8.0, 0.5))
    start = flow.start(u=1.0, v=0.5 * np.exp(-(x**2) - y**2))
    assert shedding_frequency(flow, flow.march(start, 80.0), 160) == pytest.approx(0.1643, rel=0.04)
