"""Incompressible flow in a rectangle of uniform cells, with obstacles, vents, gusts, passive scalars and buoyancy.

    ∂u/∂t + ∇·(u u) = −∇p + ν ∇²u + f + e_y ∑ βₙ qₙ,   ∇·u = 0

Staggered grid, second order in space and time but for some of the diffusion of scalars, see `flow_scalar`; explicit: central
differences, Runge-Kutta, a projection in every step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .errors import NumericalError, UsageError
from .flow_checks import check_courant, check_numbers, check_outcome, check_state
from .flow_forces import obstacle_force, pressure_at
from .flow_gusts import Swells, blow, gust_rate, swells
from .flow_march import STEADY, Outcome, Rates, Run, Setting, march, step_limit
from .flow_momentum import balance_outflow, fastest_rates
from .flow_obstacle import check_obstacle, check_ways, hold_velocities, obstacle_places
from .flow_passive import Scalar, passive
from .flow_projection import Pressure, own_pressure, plan_pressure, project
from .flow_scalar import Passive, Scratch
from .flow_sides import PERIODIC, FlowSides, Rim, check_sides, own_rim
from .flow_state import FlowState, fitted, with_halo, without_halo
from .flow_vents import Vent, check_vents, emitted, with_vents

__all__ = ["Flow", "FlowState", "Scalar", "Vent"]

Array = NDArray[Any]
MOST_STEPS = 10**7  # of a march to a time
COURANT = 0.9  # share of the stable step that adaptive marches take


@dataclass(frozen=True, eq=False)
class Flow:
    """A flow problem.

    Attributes:
        shape: cells (ny, nx), at least 2 × 2.
        spacing: cell sizes (dy, dx) [m].
        viscosity: ν > 0 [m² s⁻¹].
        sides: what happens at each side; row 0 is south, column 0 west. Four walls unless given.
        obstacle: cells that are solid, (ny, nx).
        body_force: acceleration (x, y) [m s⁻²].
        scalars: what the flow carries.
        vents: mouths in the obstacle.
    Raises:
        UsageError: on first use, for sizes that do not fit, values out of range and sides that make no sense.
    """

    shape: tuple[int, int]
    spacing: tuple[float, float]
    viscosity: float
    sides: FlowSides = FlowSides()  # noqa: RUF009 - frozen
    obstacle: Array | None = None
    body_force: tuple[float, float] = (0.0, 0.0)
    scalars: Sequence[Scalar] = ()
    vents: Sequence[Vent] = ()
    order = 2
    time_order = 2

    @cached_property
    def rim(self) -> Rim:
        """The sides on this grid, without gusts."""
        check_numbers(self.shape, self.spacing, self.viscosity, self.body_force)
        return check_sides(self.sides, self.shape, self.spacing)

    @cached_property
    def swells(self) -> Swells:
        """The sides on this grid in time."""
        return swells(self.sides, self.rim)

    @cached_property
    def solid(self) -> Array:
        """Cells of the obstacle, (ny, nx) bool."""
        if self.obstacle is None:
            return np.zeros(self.shape, np.bool_)
        return check_obstacle(self.obstacle, self.shape, self.spacing, self.rim, self.swells)

    @cached_property
    def setting(self) -> Setting:
        """The numbers that the kernels work with."""
        dy, dx = map(float, self.spacing)
        nu, curvature = float(self.viscosity), 1 / dx**2 + 1 / dy**2
        spreading = 3 / min(dx, dy) ** 2 * max((float(s.diffusivity) for s in self.scalars), default=0.0)
        rates = Rates(4 * nu * curvature, spreading, gust_rate(self.swells, dy, dx))
        force_x, force_y = map(float, self.body_force)
        speed = check_vents(self.vents, self.solid, len(self.scalars), bool(self.rim.open.any()))
        if speed.any():
            check_ways(self.solid, speed, self.spacing, self.rim)
        obstacle = with_vents(obstacle_places(self.solid, self.rim), speed, dx, self.rim)
        return Setting(dy, dx, nu, force_x, force_y, rates, self.rim, self.swells, obstacle)

    def _setting_at(self, time: float) -> Setting:
        """The same with sides of its own, as they are at a time."""
        rim = own_rim(self.rim)
        blow(self.swells, time, rim)
        return self.setting._replace(rim=rim)

    @cached_property
    def passive(self) -> Passive:
        """The scalars on this grid."""
        carried = passive(self.scalars, self.sides, self.solid, self.spacing)
        carried.emitted[:, 1:-1, 1:-1] = emitted(self.vents, self.shape, len(self.scalars), self.spacing[0])
        return carried

    @cached_property
    def _pressures(self) -> dict[np.dtype[Any], Pressure]:
        return {}

    def _pressure(self, kind: np.dtype[Any]) -> Pressure:
        if kind not in self._pressures:
            self._pressures[kind] = plan_pressure(self.solid, self.spacing, self.rim, kind)
        return self._pressures[kind]

    def start(
        self, u: ArrayLike = 0.0, v: ArrayLike = 0.0, scalars: Sequence[ArrayLike] | None = None, dtype: DTypeLike = np.float64
    ) -> FlowState:
        """The divergence-free state at t = 0 that is next to given velocities and keeps to sides and obstacles.

        Args:
            u, v: one value or (ny, nx+1) and (ny+1, nx) [m s⁻¹].
            scalars: a value or (ny, nx) for each scalar; 0 unless given.
            dtype: float64 or float32, in which the flow is then computed.
        Raises:
            UsageError: for fields that do not fit or are not finite.
        """
        (ny, nx), rim, kind = self.shape, self._setting_at(0.0).rim, np.dtype(dtype)
        if kind not in (np.float32, np.float64):
            raise UsageError(f"dtype={kind} is no precision of the solver; use float32 or float64")
        fields = [0.0] * self.passive.diffusivity.size if scalars is None else scalars
        carried = tuple(fitted(q, (ny, nx), kind, f"scalar {n}") for n, q in enumerate(fields))
        across, along = fitted(u, (ny, nx + 1), kind, "u"), fitted(v, (ny + 1, nx), kind, "v")
        across[:, 0], across[:, -1] = _rim_velocity(rim, 0, across[:, 0]), _rim_velocity(rim, 1, across[:, -1])
        along[0], along[-1] = _rim_velocity(rim, 2, along[0]), _rim_velocity(rim, 3, along[-1])
        if self.sides.periodic_x:
            across[:, -1] = across[:, 0]
        if self.sides.periodic_y:
            along[-1] = along[0]
        return self._projected(FlowState(across, along, np.zeros((ny, nx), kind), carried, 0.0))

    def _projected(self, state: FlowState) -> FlowState:
        check_state(state, self.shape, len(self.scalars))
        (dy, dx), s, (motion, q) = self.spacing, self.setting, with_halo(state)
        hold_velocities(s.obstacle, motion.u, motion.v)
        balance_outflow(motion.u, motion.v, dy, dx, s.rim, s.obstacle.emission)
        pressure = own_pressure(self._pressure(state.u.dtype), state.p)
        if not project(pressure, s.obstacle, s.rim, motion.u, motion.v, dy, dx, 1.0):
            raise NumericalError("flow: the pressure did not converge at the start; use an obstacle without narrow gaps")
        return without_halo(motion, q, state.p, self.solid, state.time)

    def stable_dt(self, state: FlowState) -> float:
        """Largest stable step from a state [s]; `flow_march.step_limit` says why. The viscous limit is 0.314 h²/ν."""
        s, (motion, _) = self.setting, with_halo(state)
        return float(step_limit(s.rates, *fastest_rates(motion.u, motion.v, s.dy, s.dx), len(self.scalars)))

    def step(self, state: FlowState, dt: float) -> FlowState:
        """The state one step of dt [s] later."""
        return self.advance(state, dt, 1)

    def advance(self, state: FlowState, dt: float, steps: int) -> FlowState:
        """The state `steps` steps of dt [s] later, in its precision.

        Raises:
            UnstableStep: if dt exceeds `stable_dt`, now or later.
            UsageError: for a state or step out of range.
            NumericalError: for a flow that blows up or a pressure that does not converge.
        """
        if not (0 < dt < inf and steps >= 1):
            raise UsageError(f"dt={dt} s and steps={steps} are out of range; use a positive step and at least one")
        return self._march(state, dt, 0.0, steps, inf, -1.0)[0]

    def march(self, state: FlowState, until: float, courant: float = COURANT) -> FlowState:
        """The state at the time `until` [s], by steps of `courant` times the stable one.

        Raises:
            UsageError: for a time before that of the state, or courant not in (0, 1].
            NumericalError: as `advance`.
        """
        check_courant(courant)
        if not state.time <= until < inf:
            raise UsageError(f"until={until} s comes before the state at {state.time} s; use a later time")
        new, end = self._march(state, inf, courant, MOST_STEPS, until - state.time, -1.0)
        if end.time < until - state.time:
            raise NumericalError(
                f"flow: u, v allow no more than dt={end.dt:.3g} s, and {end.steps} steps end at {new.time:.6g} s; use a coarser "
                "grid or more viscosity"
            )
        return new._replace(time=float(until))

    def steady(
        self, tolerance: float = 1e-6, start: FlowState | None = None, courant: float = COURANT, most_steps: int = 10**6
    ) -> FlowState:
        """March until no velocity changes faster than `tolerance` [m s⁻²], and no scalar by more per second.

        From rest unless a start is given.

        Raises:
            UsageError: for a tolerance that is not positive, or courant not in (0, 1].
            NumericalError: if the flow is not steady after `most_steps`, and as `advance`.
        """
        check_courant(courant)
        if not tolerance > 0:
            raise UsageError(f"tolerance={tolerance} m s⁻² is out of range; use a positive one")
        state, outcome = self._march(self.start() if start is None else start, inf, courant, most_steps, inf, tolerance)
        if outcome.reason != STEADY:
            raise NumericalError(
                f"flow: ∂u/∂t or that of a scalar is still {outcome.change:.1e} m s⁻² after {outcome.steps} steps at "
                f"{state.time:.6g} s, tolerance {tolerance:.1e}; use more steps, a larger tolerance, float64, or average in time "
                "if it oscillates"
            )
        return state

    def prepare(self, state: FlowState) -> Run:
        """What the kernels march on, a copy of the state."""
        check_state(state, self.shape, len(self.scalars))
        motion, q = with_halo(state)
        pressure = own_pressure(self._pressure(state.u.dtype), state.p)
        scratch = Scratch(np.zeros_like(q), np.zeros(len(q)), *(np.zeros_like(motion.u) for _ in range(5)))
        kind, passive = state.u.dtype, self.passive
        carried = passive._replace(source=passive.source.astype(kind), emitted=passive.emitted.astype(kind))
        return Run(self._setting_at(state.time), motion, pressure, carried, scratch, q, float(state.time))

    def _march(
        self, state: FlowState, dt: float, courant: float, steps: int, until: float, tolerance: float
    ) -> tuple[FlowState, Outcome]:
        run = self.prepare(state)
        end = Outcome(*march(run, dt, courant, steps, until, tolerance, np.zeros((0, 0, 0))))
        new = without_halo(run.motion, run.q, run.pressure.p, self.solid, state.time + end.time)
        check_outcome(end, new)
        return new, end

    def divergence(self, state: FlowState) -> Array:
        """∂u/∂x + ∂v/∂y of each cell of fluid, (ny, nx) [s⁻¹]."""
        (dy, dx), u, v = self.spacing, state.u, state.v
        return np.asarray(((u[:, 1:] - u[:, :-1]) / dx + (v[1:] - v[:-1]) / dy) * ~self.solid)

    def forces(self, state: FlowState) -> tuple[float, float]:
        """Drag and lift: force (x, y) on all obstacles per unit of density and depth [m³ s⁻²], see `flow_forces`."""
        check_state(state, self.shape, len(self.scalars))
        return obstacle_force(self._setting_at(state.time), with_halo(state)[0], state.p)

    def pressure_difference(self, state: FlowState, front: tuple[float, float], rear: tuple[float, float]) -> float:
        """p(front) − p(rear) at two points (x, y) [m] from the south-west corner [m² s⁻²]; `pressure_at` says how."""
        places = (pressure_at(state.p, self.solid, self.spacing, point) for point in (front, rear))
        return next(places) - next(places)


def _rim_velocity(rim: Rim, n: int, given: Array) -> Array:
    """Velocity through side n: prescribed unless the side is open or periodic."""
    return given if rim.open[n] or rim.kinds[n] == PERIODIC else rim.through[n]
