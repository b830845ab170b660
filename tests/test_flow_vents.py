"""Vents: what is emitted is there, no divergence, bounds, balance with what leaves, a steady background, bad set-ups."""

import numpy as np
import pytest
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.flow import Flow, Scalar, Vent
from fieldgan.solvers.flow_sides import FlowSides, FreeSlip, Inflow, Outflow, Periodic, Wall
from flow_cases import largest_divergence
from plume_cases import HEIGHT, plume, stack, wind

NY = 24
EPS = {np.float64: 1e-12, np.float32: 1e-6}


def inside(state, n, h, solid):
    """How much of scalar n is in the fluid [m²], added up in double precision."""
    return float(state.scalars[n][~solid].sum(dtype=np.float64)) * h**2


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_smoke_inside_is_velocity_times_width_times_time(kind):
    flow, (u, v, q) = plume(NY)
    state, h = flow.start(u, v, q, kind), HEIGHT / NY
    for until in (0.5, 1.0, 1.5):
        state = flow.march(state, until)
        assert np.abs(state.scalars[1][:, -8:]).max() < 1e-20
        assert inside(state, 1, h, flow.solid) == pytest.approx(2.0 * h * until, rel=EPS[kind])
        assert largest_divergence(flow, state) < 300 * np.finfo(kind).eps
        assert state.scalars[1].min() > -1e-6
        assert state.scalars[1].max() < 1 + 1e-6


def test_fluid_leaves_the_mouth_and_the_side_at_the_prescribed_rate():
    flow, start = plume(NY, velocity=3.0)
    mouth = np.asarray(flow.vents[0].cells)
    state = flow.march(flow.start(*start), 1.0)
    np.testing.assert_array_equal(state.v[1:][mouth], 3.0)
    assert state.u[:, -1].sum() - state.u[:, 0].sum() == pytest.approx(3.0, abs=1e-10)
    assert not state.scalars[1][flow.solid].any()


def test_a_mouth_as_wide_as_the_box_makes_a_plug():
    solid = np.zeros((8, 6), bool)
    solid[:2] = True
    sides = FlowSides(FreeSlip(), FreeSlip(), Wall(), Outflow())
    vent = Vent(solid & (np.arange(8)[:, None] == 1), 0.5, (0.3,))
    flow = Flow((8, 6), (0.1, 0.1), 0.02, sides, solid, scalars=(Scalar(0.0),), vents=(vent,))
    state = flow.march(flow.start(v=0.5), 5.0)
    np.testing.assert_allclose(state.v[2:], 0.5, atol=1e-12)
    np.testing.assert_allclose(state.u, 0.0, atol=1e-12)
    np.testing.assert_allclose(state.scalars[0][2:], 0.3, atol=1e-6)


def test_a_jet_in_still_air_is_symmetric():
    ny, h = 24, 1 / 12
    solid = np.zeros((ny, ny), bool)
    solid[:4, 10:14] = True
    sides = FlowSides(FreeSlip(), FreeSlip(), Wall(), Outflow())
    vent = Vent(solid & (np.arange(ny)[:, None] == 3), 1.0, (1.0,))
    flow = Flow((ny, ny), (h, h), 0.02, sides, solid, scalars=(Scalar(0.02, buoyancy=1.0),), vents=(vent,))
    state = flow.march(flow.start(), 1.0)
    np.testing.assert_allclose(state.v, state.v[:, ::-1], atol=1e-10)
    np.testing.assert_allclose(state.scalars[0], state.scalars[0][:, ::-1], atol=1e-10)


def test_a_stratified_background_stays_as_it_is():
    """b = N² y in a uniform wind over smooth ground rests on its pressure."""
    flow, _ = plume(NY, stratification=0.4)
    sides = FlowSides(Inflow(1.0), Outflow(backflow=False), FreeSlip(), FreeSlip())
    flow = Flow(flow.shape, flow.spacing, flow.viscosity, sides, scalars=flow.scalars[:1])
    background = 0.4 * (np.arange(NY) + 0.5)[:, None] * HEIGHT / NY * np.ones(2 * NY)
    state = flow.march(flow.start(1.0, 0.0, [background]), 3.0)
    np.testing.assert_allclose(state.u, 1.0, atol=1e-12)
    np.testing.assert_allclose(state.v, 0.0, atol=1e-12)
    np.testing.assert_allclose(state.scalars[0], background, atol=1e-12)


def test_buoyant_smoke_rises_higher():
    heights = []
    for excess in (0.0, 3.0):
        flow, start = plume(NY, buoyancy=excess, intensity=0.0)
        smoke = flow.march(flow.start(*start), 3.0).scalars[1]
        heights.append((smoke.sum(axis=1) * (np.arange(NY) + 0.5)).sum() / smoke.sum() * HEIGHT / NY)
    assert heights[1] > heights[0] + 0.05


def test_vents_work_beside_obstacles_of_every_size_and_across_a_seam():
    """A wide mouth, one with the iterative pressure solver, and one on both sides of a periodic seam emit alike."""
    for ny, columns, west in ((NY, 3, 9), (64, 40, 24), (NY, 2, 47)):
        solid = np.roll(stack(ny, columns)[0], west - round(1.5 * ny / HEIGHT), axis=1)
        mouth = solid & ~np.roll(solid, -1, axis=0)
        if ny == 64:
            solid |= (np.indices(solid.shape) % 2 == 0).all(axis=0) & (np.arange(ny)[:, None] > 40)
        h = HEIGHT / ny
        sides = FlowSides(Periodic(), Periodic(), Wall(), Outflow())
        flow = Flow((ny, 2 * ny), (h, h), 0.01, sides, solid, scalars=(Scalar(0.01),), vents=(Vent(mouth, 1.5, (1.0,)),))
        state = flow.march(flow.start(), 0.2)
        assert inside(state, 0, h, flow.solid) == pytest.approx(1.5 * columns * h * 0.2, rel=1e-9)
        assert state.v[-1].sum() == pytest.approx(1.5 * columns, rel=1e-9)
        assert np.abs(flow.divergence(state)).max() < 1e-6


def cells(*places):
    solid = np.zeros((6, 8), bool)
    for place in places:
        solid[place] = True
    return solid


MOUTH = cells((1, 3))
REFUSED = {
    "fluid": ({"vents": (Vent(cells((1, 5)), 1.0, (1.0,)),)}, "vent 0 needs cells that are solid with fluid above"),
    "covered": ({"vents": (Vent(cells((0, 3)), 1.0, (1.0,)),)}, "vent 0 needs cells that are solid with fluid above"),
    "no cell": ({"vents": (Vent(cells(), 1.0, (1.0,)),)}, "vent 0 needs cells"),
    "another grid": ({"vents": (Vent(MOUTH[1:], 1.0, (1.0,)),)}, r"vent 0 has shape \(5, 8\) and the grid \(6, 8\)"),
    "downwards": ({"vents": (Vent(MOUTH, -1.0, (1.0,)),)}, "vent 0: velocity=-1.0 m s⁻¹ is out of range; use a positive one"),
    "no scalar": ({"vents": (Vent(MOUTH, 1.0, ()),)}, r"vent 0: scalars=\(\) do not fit; use 1 finite values"),
    "undefined": ({"vents": (Vent(MOUTH, 1.0, (np.nan,)),)}, "vent 0: scalars=.* do not fit"),
    "twice": ({"vents": (Vent(MOUTH, 1.0, (1.0,)),) * 2}, "vent 1 has cells of a vent before it; give each cell to one vent"),
    "no outflow": ({"sides": FlowSides()}, r"what the vents emit has no way out; make a side an Outflow\(\)"),
    "walled in": ({"obstacle": cells((slice(0, 2), 3), (slice(None), 6))}, "obstacle blocks the whole channel"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_vents_without_sense_get_one_line(name):
    changes, message = REFUSED[name]
    usual = {
        "sides": FlowSides(east=Outflow()),
        "obstacle": cells((slice(0, 2), 3)),
        "scalars": (Scalar(0.1),),
        "vents": (Vent(MOUTH, 1.0, (1.0,)),),
    }
    with pytest.raises(UsageError, match=message) as caught:
        Flow((6, 8), (0.1, 0.2), 0.1, **(usual | changes)).start()
    assert "\n" not in str(caught.value)


def test_the_wind_of_the_cases_has_unit_speed_at_unit_height():
    assert wind(64, 0.3)[15:17].mean() == pytest.approx(1.0, abs=1e-3)
