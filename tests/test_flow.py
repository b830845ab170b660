"""Incompressible flow: what it conserves, mirror images, in- and outflow, precision, steps, Ghia's cavity."""

import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fieldgan.solvers.errors import UnstableStep
from fieldgan.solvers.flow import Flow
from fieldgan.solvers.flow_sides import FlowSides, FreeSlip, Inflow, Outflow, Periodic, Wall
from flow_cases import TORUS, box, channel, disc, energy, largest_divergence, random_flow

REFERENCE = Path(__file__).parent / "reference"


def test_a_periodic_box_keeps_its_momentum_and_loses_energy():
    flow = box(24, 1e-3, sides=TORUS)
    state = random_flow(flow, 1)
    momentum, before = (state.u[:, 1:].mean(), state.v[1:].mean()), energy(state)
    for _ in range(5):
        state = flow.march(state, state.time + 0.05)
        np.testing.assert_allclose((state.u[:, 1:].mean(), state.v[1:].mean()), momentum, atol=1e-14)
        assert energy(state) < before
        before = energy(state)


def test_energy_of_a_nearly_inviscid_box_is_kept():
    """Conservative central differences on a staggered grid conserve kinetic energy; upwind ones would lose a third here.

    Runge-Kutta loses some in time, with the third power of the step: a thousandth here by the longest steps.
    """
    flow = box(24, 1e-9, sides=TORUS)
    start = random_flow(flow, 2)
    end = flow.march(start, 0.05, courant=0.05)
    assert energy(end) == pytest.approx(energy(start), rel=1e-6)
    assert np.abs(end.u - start.u).max() > 0.5


def test_a_body_force_accelerates_a_periodic_box():
    flow = box(8, sides=TORUS, body_force=(0.5, -2.0))
    state = flow.advance(flow.start(u=0.1), 0.01, 20)
    np.testing.assert_allclose(state.u, 0.1 + 0.5 * 0.2, atol=1e-14)
    np.testing.assert_allclose(state.v, -2.0 * 0.2, atol=1e-14)


@pytest.mark.parametrize(
    "sides",
    [
        FlowSides(north=Wall(1.0)),
        TORUS,
        FlowSides(Periodic(), Periodic(), Wall(-0.3), FreeSlip()),
        FlowSides(Inflow(1.0, 0.2), Outflow(), FreeSlip(), Wall(0.5)),
        FlowSides(Inflow(0.5), Outflow(), Inflow(0.3), Outflow()),
        FlowSides(Inflow(1.0), Inflow(-1.0), Periodic(), Periodic()),
    ],
    ids=["cavity", "torus", "shear", "jet", "corner", "strip"],
)
@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 1e-12), (np.float32, 2e-5)])
def test_divergence_is_at_round_off_after_every_step(sides, dtype, limit):
    flow = Flow((14, 18), (0.07, 0.05), 0.01, sides)
    state = random_flow(flow, 3, dtype)
    for _ in range(5):
        state = flow.step(state, 0.1 * flow.stable_dt(state))
        assert largest_divergence(flow, state) < limit
        assert state.u.dtype == state.v.dtype == state.p.dtype == dtype


def test_single_precision_agrees_with_double():
    flow = box(32, 0.01, sides=FlowSides(north=Wall(1.0)))
    double, single = (flow.march(flow.start(dtype=kind), 0.5) for kind in (np.float64, np.float32))
    assert single.u.dtype == np.float32
    for name in ("u", "v", "p"):
        np.testing.assert_allclose(getattr(single, name), getattr(double, name), atol=2e-5)


def turned(state):
    """The state seen in a mirror along the diagonal."""
    return state._replace(u=state.v.T, v=state.u.T, p=state.p.T)


def mirrored(state):
    """The state seen in a mirror along y."""
    return state._replace(u=-state.u[:, ::-1], v=state.v[:, ::-1], p=state.p[:, ::-1])


def assert_close(one, other):
    for name in ("u", "v", "p"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-12)


@pytest.mark.parametrize("blocked", [False, True])
def test_mirror_images_of_a_problem_have_mirror_images_for_solutions(blocked):
    shape, spacing = (14, 20), (0.05, 0.06)
    profile = 0.5 + np.linspace(0, 1, 14) ** 2
    lid = np.linspace(0, 1, 21) ** 2
    solid = disc(shape, spacing, 0.5, 0.3, 0.12) if blocked else np.zeros(shape, bool)
    flow = Flow(shape, spacing, 0.02, FlowSides(Inflow(profile), Outflow(), Wall(lid), FreeSlip()), solid, (0.3, -0.2))
    mirror = Flow(
        shape, spacing, 0.02, FlowSides(Outflow(), Inflow(profile), Wall(-lid[::-1]), FreeSlip()), solid[:, ::-1], (-0.3, -0.2)
    )
    sides = FlowSides(Wall(lid), FreeSlip(), Inflow(profile), Outflow())
    diagonal = Flow(shape[::-1], spacing[::-1], 0.02, sides, solid.T, (-0.2, 0.3))
    end, seen, across = (f.march(f.start(), 0.3) for f in (flow, mirror, diagonal))
    assert_close(mirrored(end), seen)
    assert_close(turned(end), across)


def test_poiseuille_flow_passes_through_inflow_and_outflow():
    """u = 6 U y(1−y), ∂p/∂x = −12 ν U."""
    flow = channel(32, 64, viscosity=0.1)
    state = flow.steady(1e-6)
    y = (np.arange(32) + 0.5) / 32
    np.testing.assert_allclose(state.u[:, 32:], np.broadcast_to(6 * y[:, None] * (1 - y[:, None]), (32, 33)), atol=3e-3)
    np.testing.assert_allclose(np.diff(state.p[:, 32:], axis=1) * 32, -12 * 0.1, rtol=4e-3)


def test_vortices_leave_through_the_outflow():
    """A vortex of speed 0.3 is carried out at speed 1; hardly any of its energy stays or comes back."""
    n, nu = 32, 1e-3
    sides = FlowSides(Inflow(1.0), Outflow(), FreeSlip(), FreeSlip())
    flow = Flow((n, 2 * n), (1 / n, 1 / n), nu, sides)
    x, y = np.arange(2 * n + 1) / n - 1.3, np.arange(n + 1)[:, None] / n - 0.5
    psi = 0.03 * np.exp(0.5 - (x**2 + y**2) / (2 * 0.1**2))
    start = flow.start(1 + np.diff(psi, axis=0) * n, -np.diff(psi, axis=1) * n)

    def swirl(state):
        return ((state.u - 1) ** 2).sum() + (state.v**2).sum()

    assert swirl(flow.march(start, 0.2)) > 0.8 * swirl(start)
    assert swirl(flow.march(start, 1.5)) < 0.01 * swirl(start)


def test_stable_step_is_below_the_limit_of_runge_kutta():
    """Growth of Fourier modes of the linearised scheme, exp(z) cut off after z³/6; without flow the limit is where they grow."""
    wave = np.linspace(0, 2 * np.pi, 64, endpoint=False)

    def growth(dt, speed, nu, h):
        along, across = np.meshgrid(wave, wave)
        z = dt * (-1j * speed * np.sin(along) / h - 2 * nu / h**2 * (2 - np.cos(along) - np.cos(across)))
        return np.abs(1 + z + z**2 / 2 + z**3 / 6).max()

    for speed, nu in [(0.0, 0.01), (0.01, 0.01), (1.0, 0.1), (1.0, 0.01), (1.0, 1e-3), (1.0, 1e-6)]:
        flow = Flow((8, 8), (0.05, 0.05), nu, TORUS)
        dt = flow.stable_dt(flow.start(u=speed))
        assert growth(dt, speed, nu, 0.05) <= 1 + 1e-9
        assert growth(2 * dt, speed, nu, 0.05) > 1 + 1e-9
    still = Flow((8, 8), (0.05, 0.05), 0.01)
    assert still.stable_dt(still.start()) == pytest.approx(2.5127 * 0.05**2 / 0.08, rel=1e-3)
    assert growth(1.01 * still.stable_dt(still.start()), 0.0, 0.01, 0.05) > 1


def test_a_step_beyond_the_limit_is_refused_at_once_and_later():
    flow = Flow((8, 8), (0.1, 0.1), 0.01, TORUS)
    with pytest.raises(UnstableStep, match=r"dt=0.4 s exceeds the limit 0.314 s of CFL, viscosity and scalars; use dt <= 0.314"):
        flow.step(flow.start(), 0.4)
    pushed = Flow((8, 8), (0.1, 0.1), 0.01, TORUS, body_force=(1.0, 0.0))
    with pytest.raises(
        UnstableStep, match=r"u, v grew until step 10 at 1 s, dt=0.1 s exceeds the limit 0.0\d+ s; use a smaller dt"
    ):
        pushed.advance(pushed.start(), 0.1, 100)


def test_marching_adapts_the_step_and_meets_the_time():
    flow = Flow((8, 8), (0.1, 0.1), 0.01, TORUS, body_force=(1.0, 0.0))
    state = flow.march(flow.start(), 3.0)
    assert state.time == 3.0
    np.testing.assert_allclose(state.u, 3.0, atol=1e-12)


def test_steady_is_steady():
    flow = box(16, 0.02, sides=FlowSides(north=Wall(1.0)))
    state = flow.steady(1e-9)
    dt = 0.5 * flow.stable_dt(state)
    later = flow.advance(state, dt, 30)
    assert np.abs(later.u - state.u).max() < 30 * dt * 1e-9


def test_threads_may_share_a_flow():
    flow = box(24, 0.01, sides=FlowSides(north=Wall(1.0)), obstacle=disc((24, 24), (1 / 24, 1 / 24), 0.5, 0.4, 0.1))
    starts = [random_flow(flow, seed) for seed in range(4)]
    alone = [flow.march(start, 0.1) for start in starts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda start: flow.march(start, 0.1), starts))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.u, other.u)
        np.testing.assert_array_equal(one.p, other.p)


def profile(component):
    """Ghia's positions and values at Re 100."""
    with open(REFERENCE / f"cavity_ghia_{component}.csv") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return np.array([[float(row["y" if component == "u" else "x"]), float(row["Re100"])] for row in rows]).T


def test_lid_driven_cavity_at_re_100_agrees_with_ghia():
    n = 48
    state = box(n, 0.01, sides=FlowSides(north=Wall(1.0))).steady(1e-5)
    centres = np.concatenate([[0], (np.arange(n) + 0.5) / n, [1]])
    y, u = profile("u")
    x, v = profile("v")
    assert np.abs(np.interp(y, centres, [0, *state.u[:, n // 2], 1]) - u).max() < 0.01
    assert np.abs(np.interp(x, centres, [0, *state.v[n // 2], 0]) - v).max() < 0.01
