"""The flow solver against exact solutions: largest errors of the velocity and observed orders in space and time."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..exact_flow import Exact, couette_startup, kovasznay, lamb_oseen, poiseuille_startup, taylor_green
from ..flow import Flow, FlowState
from ..flow_sides import FlowSides, Inflow, Periodic, Wall
from .checks import Check, check, error_and_order, observed_order
from .staggered import sample

Array = NDArray[Any]
TAYLOR = "closed form, Taylor & Green (1937) Proc. R. Soc. A 158, 499, in a uniform flow"
KOVASZNAY = "closed form, Kovasznay (1948) Proc. Camb. Phil. Soc. 44, 58"
BATCHELOR = "series solution, Batchelor, An Introduction to Fluid Dynamics (1967), §4.3"
OSEEN = "closed form, Batchelor, An Introduction to Fluid Dynamics (1967), §4.5"
EVERYWHERE_PERIODIC = FlowSides(Periodic(), Periodic(), Periodic(), Periodic())
DRIFT = (1.0, 0.5)
REYNOLDS = 40.0


def exact_flows() -> list[Check]:
    """All comparisons with closed forms and series."""
    return [
        *error_and_order("Taylor-Green in a uniform flow", vortices_error, 64, 2.5e-3, TAYLOR),
        *taylor_green_in_time(),
        *error_and_order("Kovasznay, Re 40", kovasznay_error, 64, 2e-3, KOVASZNAY),
        check("Kovasznay, Re 40", "largest error of the pressure at 64 cells", kovasznay_errors(64)[1], 0.0, 2.5e-3, KOVASZNAY),
        *error_and_order("Poiseuille flow from rest, t = 0.1", poiseuille_error, 64, 6e-5, BATCHELOR),
        *error_and_order("Couette flow from rest, t = 0.1", couette_error, 64, 1.6e-4, BATCHELOR),
        *error_and_order("Lamb-Oseen vortex", lamb_oseen_error, 128, 5e-4, OSEEN),
    ]


def vortices(n: int) -> tuple[Flow, FlowState]:
    """Taylor-Green vortices on n × n cells, carried by a uniform flow, at t = 0; ν = 0.05 m² s⁻¹."""
    h = 2 * np.pi / n
    flow = Flow((n, n), (h, h), 0.05, EVERYWHERE_PERIODIC)
    return flow, flow.start(*_vortices_at(flow, 0.0)[:2])


def _vortices_at(flow: Flow, time: float) -> Any:
    return sample(partial(taylor_green, time=time, viscosity=flow.viscosity, drift=DRIFT), flow.shape, flow.spacing, (0.0, 0.0))


def vortices_error(n: int, time: float = 1.0) -> float:
    """Largest error of the velocity at t = 1 s, steps as long as they may be."""
    flow, start = vortices(n)
    return _velocity_error(flow.march(start, until=time), _vortices_at(flow, time))


def taylor_green_in_time() -> list[Check]:
    """Order of the time step alone, against sixteen times as many steps; what the projection leaves; the decay."""
    case, counts = "Taylor-Green in a uniform flow", (20, 40, 80)
    flow, start = vortices(16)
    truth = flow.advance(start, 1 / 1280, 1280)
    ends = [flow.advance(start, 1 / m, m) for m in counts]
    order = observed_order([1 / m for m in counts], [_velocity_error(end, truth) for end in ends])
    fine, fine_start = vortices(64)
    end = fine.march(fine_start, until=1.0)
    divergence = float(np.abs(fine.divergence(end)).max())
    energy = np.mean(end.u[:, 1:] ** 2) / 2 + np.mean(end.v[1:] ** 2) / 2 - np.dot(DRIFT, DRIFT) / 2
    return [
        check(case, "order in time", order, flow.time_order, 0.15, TAYLOR),
        check(case, "largest divergence", divergence, 0.0, 1e-12, "∇·u = 0"),
        check(case, "mean kinetic energy of the vortices", energy, np.exp(-4 * flow.viscosity) / 4, 3e-4, TAYLOR),
    ]


def kovasznay_error(n: int) -> float:
    """Largest error of the velocity."""
    return kovasznay_errors(n)[0]


def kovasznay_errors(n: int) -> tuple[float, float]:
    """Largest errors of velocity and pressure, marched to rest on [−½, 1] × [−½, ½] between exact in- and outflow."""
    shape, h = (n, 3 * n // 2), 1 / n
    exact = sample(partial(kovasznay, reynolds=REYNOLDS), shape, (h, h), (-0.5, -0.5))
    along = [kovasznay(x, np.linspace(-0.5, 0.5, n + 1), REYNOLDS).v for x in (-0.5, 1.0)]
    sides = FlowSides(Inflow(exact.u[:, 0], along[0]), Inflow(-exact.u[:, -1], along[1]), Periodic(), Periodic())
    flow = Flow(shape, (h, h), 1 / REYNOLDS, sides)
    state = flow.steady(1e-6, flow.start(u=1.0))
    pressure = np.abs(state.p - state.p.mean() - exact.p + exact.p.mean()).max()
    return _velocity_error(state, exact), float(pressure)


def poiseuille_error(n: int, time: float = 0.1) -> float:
    flow = _channel(n, Wall(), force=1.0)
    state = flow.march(flow.start(), until=time)
    return float(np.abs(state.u[:, 0] - poiseuille_startup((np.arange(n) + 0.5) / n, time)).max())


def couette_error(n: int, time: float = 0.1) -> float:
    flow = _channel(n, Wall(1.0), force=0.0)
    state = flow.march(flow.start(), until=time)
    return float(np.abs(state.u[:, 0] - couette_startup((np.arange(n) + 0.5) / n, time)).max())


def _channel(n: int, north: Wall, force: float) -> Flow:
    sides = FlowSides(Periodic(), Periodic(), Wall(), north)
    return Flow((n, 4), (1 / n, 1 / n), 1.0, sides, body_force=(force, 0.0))


def lamb_oseen_error(n: int) -> float:
    """Largest error of the velocity from t = 1 to 2 s in a square so wide that the flow through its sides is steady; ν = 0.01.

    Steps are short: by the longest ones the error in time is as large as that in space on coarse grids, and the order 2.4.
    """
    half, spacing = 1.25, (2.5 / n, 2.5 / n)
    side = np.linspace(-half, half, n + 1)
    middle = (side[1:] + side[:-1]) / 2

    def at(time: float) -> Exact:
        return sample(partial(lamb_oseen, time=time, viscosity=0.01), (n, n), spacing, (-half, -half))

    through = lamb_oseen(half, middle, 1.0, 0.01).u  # odd along the side, and the same on all four, up to sign
    along = lamb_oseen(half, side, 1.0, 0.01).v
    sides = FlowSides(Inflow(through, -along), Inflow(-through, along), Inflow(-through, along), Inflow(through, -along))
    flow = Flow((n, n), spacing, 0.01, sides)
    return _velocity_error(flow.march(flow.start(*at(1.0)[:2]), 1.0, courant=0.3), at(2.0))


def _velocity_error(state: Any, exact: Any) -> float:
    return float(max(np.abs(state.u - exact.u).max(), np.abs(state.v - exact.v).max()))
