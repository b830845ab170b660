"""Set-ups of a flow that make no sense: one clear line each, with the value, the limit and a remedy."""

import numpy as np
import pytest
from fieldgan.solvers.boundary import Dirichlet, Sides
from fieldgan.solvers.boundary import Periodic as Joined
from fieldgan.solvers.errors import FieldganError, NumericalError, UnstableStep, UsageError
from fieldgan.solvers.flow import Flow, Scalar
from fieldgan.solvers.flow_sides import FlowSides, FreeSlip, Inflow, Outflow, Periodic, Wall

STREAM = FlowSides(Inflow(1.0), Outflow())


def cells(*places, shape=(6, 8)):
    solid = np.zeros(shape, bool)
    for place in places:
        solid[place] = True
    return solid


ALL = slice(None)
SETUPS = {
    "inflow without outflow": ({"sides": FlowSides(Inflow(1.0))}, "inflow of 0.6 m² s⁻¹ has no way out; make a side an Outflow"),
    "more out than in": ({"sides": FlowSides(Inflow(1.0), Inflow(-1.1))}, "inflow of -0.06 m² s⁻¹ has no way out"),
    "suction with outflow": (
        {"sides": FlowSides(Inflow(-1.0), Outflow())},
        "take 0.6 m² s⁻¹ out, which an outflow cannot let in",
    ),
    "lone periodic side": (
        {"sides": FlowSides(Periodic())},
        "side west is periodic and east is not; make both periodic or neither",
    ),
    "lone periodic north": ({"sides": FlowSides(north=Periodic())}, "side north is periodic and south is not"),
    "short wall profile": (
        {"sides": FlowSides(north=Wall(np.ones(8)))},
        r"north wall speed has shape \(8,\); use one value or 9",
    ),
    "long inflow": (
        {"sides": FlowSides(Inflow(np.ones(7)), Outflow())},
        r"west normal inflow has shape \(7,\); use one value or 6",
    ),
    "short tangential": ({"sides": FlowSides(Inflow(1.0, np.ones(6)), Outflow())}, r"west tangential inflow has shape \(6,\)"),
    "infinite lid": ({"sides": FlowSides(north=Wall(np.inf))}, "north wall speed has a value that is not finite"),
    "no viscosity": ({"viscosity": 0.0}, "viscosity=0.0 m² s⁻¹ is out of range; use a positive one"),
    "negative viscosity": ({"viscosity": -1.0}, "viscosity=-1.0 m² s⁻¹ is out of range"),
    "undefined viscosity": ({"viscosity": np.nan}, "viscosity=nan m² s⁻¹ is out of range"),
    "one row": ({"shape": (1, 8)}, r"shape=\(1, 8\) is out of range; use \(ny, nx\) of at least 2 × 2"),
    "one column": ({"shape": (8, 1)}, r"shape=\(8, 1\) is out of range"),
    "too many cells": ({"shape": (10**5, 10**5)}, "is out of range"),
    "no spacing": ({"spacing": (0.1, 0.0)}, r"spacing=\(0.1, 0.0\) m is out of range"),
    "infinite force": ({"body_force": (0.0, np.inf)}, "body_force=.* is not finite"),
    "obstacle of another size": ({"obstacle": cells(shape=(6, 7))}, r"obstacle has shape \(6, 7\) and the grid \(6, 8\)"),
    "obstacle everywhere": ({"obstacle": cells(ALL)}, "obstacle covers all cells; leave room for the flow"),
    "channel blocked": ({"sides": STREAM, "obstacle": cells((ALL, 4))}, "obstacle blocks the whole channel.*; leave a gap"),
    "obstacle on the inflow": ({"sides": STREAM, "obstacle": cells((2, 0))}, "obstacle touches the west side where fluid passes"),
    "obstacle on the outflow": (
        {"sides": STREAM, "obstacle": cells((2, -1))},
        "obstacle touches the east side where fluid passes",
    ),
    "negative diffusivity": ({"scalars": (Scalar(-0.1),)}, "scalar 0: diffusivity=-0.1 m² s⁻¹ is out of range; use 0 or more"),
    "infinite buoyancy": ({"scalars": (Scalar(0.1), Scalar(0.1, buoyancy=np.inf))}, "scalar 1: buoyancy=inf m s⁻² is not finite"),
    "source of another size": ({"scalars": (Scalar(0.1, source=np.ones(3)),)}, r"scalar 0: source has shape \(3,\)"),
    "source undefined": ({"scalars": (Scalar(0.1, source=np.nan),)}, "scalar 0: source has a value that is not finite"),
    "scalar profile": ({"scalars": (Scalar(0.1, Sides(Dirichlet(np.ones(3)))),)}, "scalar 0: west ambient temperature has shape"),
    "scalar periodic alone": (
        {"scalars": (Scalar(0.1, Sides(Joined(), Joined())),)},
        "scalar 0 and the flow differ in whether x is periodic; make both periodic or neither",
    ),
}


def flow(**changes):
    return Flow(**({"shape": (6, 8), "spacing": (0.1, 0.2), "viscosity": 0.1} | changes))


def refusal(kind, message, run):
    with pytest.raises(kind, match=message) as caught:
        run()
    assert isinstance(caught.value, FieldganError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", SETUPS)
def test_set_ups_without_sense_are_refused(name):
    changes, message = SETUPS[name]
    refusal(UsageError, message, flow(**changes).start)


def test_set_ups_that_look_odd_but_make_sense_run():
    """Suction that balances the blowing, an obstacle that parts a closed box, and outflow without inflow."""
    for sides, solid in [
        (FlowSides(Inflow(1.0), FreeSlip(), Inflow(-0.375), FreeSlip()), cells()),
        (FlowSides(north=Wall(1.0)), cells((ALL, 4))),
        (FlowSides(Periodic(), Periodic(), Inflow(0.2), Outflow()), cells()),
        (FlowSides(east=Outflow(), north=Wall(1.0)), cells()),
    ]:
        one = flow(sides=sides, obstacle=solid)
        state = one.march(one.start(), 0.05)
        assert np.abs(one.divergence(state)).max() < 1e-7


def test_a_periodic_channel_is_blocked_only_as_a_whole():
    """Fluid that enters in the south leaves north of a wall across the seam only through the gap."""
    sides = FlowSides(Periodic(), Periodic(), Inflow(0.2), Outflow())
    gap = cells((3, slice(1, None)))
    assert np.isfinite(flow(sides=sides, obstacle=gap).start().v).all()
    refusal(UsageError, "blocks the whole channel", flow(sides=sides, obstacle=cells((3, ALL))).start)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"u": np.zeros((6, 8))}, r"u has shape \(6, 8\); use one value or \(6, 9\) on this grid"),
        ({"v": np.zeros((6, 8))}, r"v has shape \(6, 8\); use one value or \(7, 8\)"),
        ({"u": np.nan}, "u has a value that is not finite"),
        ({"dtype": np.int64}, "dtype=int64 is no precision of the solver; use float32 or float64"),
        ({"scalars": [1.0]}, "the state has 1 scalars and the flow 0"),
    ],
)
def test_starts_that_do_not_fit_are_refused(change, message):
    refusal(UsageError, message, lambda: flow().start(**change))


def test_steps_out_of_range_are_refused():
    one = flow()
    state = one.start()
    refused = "dt=1 s exceeds the limit 0.05024 s of CFL, viscosity and scalars; use dt <= 0.05024"
    refusal(UnstableStep, refused, lambda: one.step(state, 1.0))
    for dt, steps in ((0.0, 1), (-1.0, 1), (np.nan, 1), (0.01, 0)):
        refusal(UsageError, f"dt={dt} s and steps={steps} are out of range", lambda dt=dt, n=steps: one.advance(state, dt, n))
    refusal(UsageError, "until=-1.0 s comes before the state at 0.0 s", lambda: one.march(state, -1.0))
    refusal(
        UsageError, r"courant=2.0 is out of range; use a share of the stable step in \(0, 1\]", lambda: one.march(state, 1.0, 2.0)
    )
    refusal(UsageError, "tolerance=0.0 m s⁻² is out of range", lambda: one.steady(0.0))
    refusal(UsageError, r"p has shape \(2, 2\)", lambda: one.step(state._replace(p=np.zeros((2, 2))), 0.01))


def test_a_flow_that_does_not_settle_says_how_far_it_came():
    one = flow(sides=FlowSides(north=Wall(1.0)))
    message = (
        r"∂u/∂t or that of a scalar is still \d\.\de[-+]\d\d m s⁻² after 20 steps at .* s, tolerance 1.0e-12; use more steps"
    )
    refusal(NumericalError, message, lambda: one.steady(1e-12, most_steps=20))


def test_a_flow_that_blows_up_names_field_step_and_time():
    """Buoyancy beyond all bounds overflows within a few steps."""
    one = flow(scalars=(Scalar(0.0, source=cells((2, 3)) * 1e300, buoyancy=1e10),))
    refusal(
        NumericalError,
        r"flow: u, v, p.* not finite after step \d+ at .* s; use a smaller dt",
        lambda: one.march(one.start(), 1.0),
    )
