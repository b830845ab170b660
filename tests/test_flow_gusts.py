"""Gusts: the prescribed velocities at every time, no divergence, second order in time, set-ups without sense."""

from dataclasses import replace

import numpy as np
import pytest
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.flow import Flow
from fieldgan.solvers.flow_newton import solve_newton
from fieldgan.solvers.flow_sides import FlowSides, FreeSlip, Gusts, Inflow, Outflow, Periodic, Wall
from fieldgan.solvers.validation.checks import observed_order
from flow_cases import largest_divergence

MODES, NY, NX = 3, 12, 16
SPACING = (0.1, 0.12)


def patterns(n, seed=0):
    """Three modes of velocities around 0.1 without net flux."""
    rng = np.random.default_rng(seed)
    normal = 0.1 * rng.standard_normal((2, MODES, n))
    tangential = 0.1 * rng.standard_normal((2, MODES, n + 1))
    return Gusts(rng.uniform(1, 6, MODES), *(normal - normal.mean(axis=2, keepdims=True)), *tangential)


def at(gusts, t):
    """What the modes add to normal and tangential velocities at t."""
    a, b = np.cos(np.multiply(gusts.frequency, t)), np.sin(np.multiply(gusts.frequency, t))
    return a @ gusts.normal_cos + b @ gusts.normal_sin, a @ gusts.tangential_cos + b @ gusts.tangential_sin


SIDES = {
    "west": (FlowSides(west=Inflow(1.0, 0.2, patterns(NY)), east=Outflow()), lambda s: s.u[:, 0], 1),
    "east": (FlowSides(east=Inflow(1.0, 0.2, patterns(NY)), west=Outflow()), lambda s: s.u[:, -1], -1),
    "south": (FlowSides(south=Inflow(1.0, 0.2, patterns(NX)), north=Outflow()), lambda s: s.v[0], 1),
    "north": (FlowSides(north=Inflow(1.0, 0.2, patterns(NX)), south=Outflow(), west=FreeSlip()), lambda s: s.v[-1], -1),
}


@pytest.mark.parametrize("name", SIDES)
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_the_inflow_is_the_prescribed_one_at_every_time(name, kind):
    sides, through, sign = SIDES[name]
    flow, round_off = Flow((NY, NX), SPACING, 0.01, sides), 10 * np.finfo(kind).eps
    state = flow.start(dtype=kind)
    for until in (0.0, 0.3, 0.31, 1.7):
        state = flow.march(state, until)
        wanted = sign * (1.0 + at(getattr(sides, name).gusts, until)[0])
        np.testing.assert_allclose(through(state), wanted, atol=round_off, rtol=0)
        assert largest_divergence(flow, state) < 100 * np.finfo(kind).eps


def test_the_velocity_along_the_inflow_drags_fluid_along():
    """One mode blows up and down along the side and nothing through: v beside the side follows it through the viscosity.

    The oscillating plate of Stokes: v(x, t) = V exp(−kx) cos(ωt − kx), k = √(ω/2ν), in a box that is periodic along the plate.
    """
    n, frequency, viscosity = 32, 4.0, 0.02
    still, up = np.zeros((1, 4)), np.ones((1, 5))
    sides = FlowSides(Inflow(0.0, 0.0, Gusts([frequency], still, still, up, 0 * up)), Wall(), Periodic(), Periodic())
    flow = Flow((4, n), (1 / n, 1 / n), viscosity, sides)
    state = flow.march(flow.start(), 5 * 2 * np.pi / frequency)
    x, k = (np.arange(n) + 0.5) / n, np.sqrt(frequency / (2 * viscosity))
    np.testing.assert_allclose(state.v[2], np.exp(-k * x) * np.cos(k * x), atol=0.02)


def test_second_order_in_time_with_gusts():
    """Against the same with sixteen times as many steps, on one grid."""
    sides = FlowSides(Inflow(1.0, 0.0, patterns(NY)), Outflow(), Wall(), FreeSlip())
    flow = Flow((NY, NX), SPACING, 0.02, sides)
    start = flow.start(u=1.0)
    fine = flow.advance(start, 0.5 / 1600, 1600)
    steps = (50, 100, 200)
    errors = [np.abs(flow.advance(start, 0.5 / n, n).u - fine.u).max() for n in steps]
    assert observed_order([1 / n for n in steps], errors) == pytest.approx(Flow.time_order, abs=0.2)


def test_a_march_does_not_disturb_another():
    """Marches of one flow to different times leave the sides of the flow as they were."""
    flow = Flow((NY, NX), SPACING, 0.01, SIDES["west"][0])
    start = flow.start(u=1.0)
    once = flow.march(start, 0.5)
    flow.march(once, 0.9)
    np.testing.assert_array_equal(flow.march(start, 0.5).u, once.u)
    np.testing.assert_array_equal(flow.rim.through_west, 1.0)


def test_gusts_limit_the_step():
    """A single gust of 10 m s⁻¹ that is about to come forbids a step that the fluid at rest would allow."""
    n = 16
    blast = Gusts([1.0], np.zeros((1, n)), 10 * np.cos(np.pi * (np.arange(n)[None] + 0.5) / n), *np.zeros((2, 1, n + 1)))
    calm, gusty = (
        Flow((n, n), (1 / n, 1 / n), 1e-3, FlowSides(Inflow(0.0, gusts=g), Outflow(backflow=False))) for g in (None, blast)
    )
    assert gusty.stable_dt(gusty.start()) < 0.2 * calm.stable_dt(calm.start())


GUSTS = patterns(NY)
REFUSED = {
    "short pattern": (
        replace(GUSTS, normal_sin=np.zeros((MODES, NY - 1))),
        r"west normal gusts have shape \(3, 11\); use \(3, 12\)",
    ),
    "lone corner": (
        replace(GUSTS, tangential_cos=np.zeros((MODES, NY))),
        r"west tangential gusts have shape \(3, 12\); use \(3, 13\)",
    ),
    "frequencies": (replace(GUSTS, frequency=np.ones((MODES, 1))), r"west gust frequency have shape \(3, 1\); use \(3,\)"),
    "no number": (replace(GUSTS, normal_cos=np.full((MODES, NY), np.nan)), "west normal gusts have a value that is not finite"),
    "net flux": (replace(GUSTS, normal_cos=np.ones((MODES, NY))), "west normal gusts sum to 12 m s⁻¹ over the side"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_gusts_without_sense_get_one_line(name):
    gusts, message = REFUSED[name]
    with pytest.raises(UsageError, match=message) as caught:
        Flow((NY, NX), SPACING, 0.01, FlowSides(Inflow(1.0, gusts=gusts), Inflow(-1.0))).start()
    assert "\n" not in str(caught.value)


def test_newton_and_obstacles_know_of_gusts():
    sides, solid = FlowSides(Inflow(0.0, gusts=GUSTS)), np.zeros((NY, NX), bool)
    with pytest.raises(UsageError, match="Newton's method knows no gusts"):
        solve_newton(Flow((NY, NX), SPACING, 0.01, sides))
    solid[2, 0] = True
    with pytest.raises(UsageError, match="obstacle touches the west side where fluid passes"):
        Flow((NY, NX), SPACING, 0.01, sides, solid).start()
